// Processes that work together: how they are started, count for each other, and ask a host's control socket.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CBaseline.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { board_size = 4096, line_size = 64, largest_line = 4096 };

int baseline_start(const char *const *argv, bool quiet) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (quiet) posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  bool started = posix_spawn(&child, argv[0], &actions, NULL, (char *const *)argv, environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  return started ? child : -1;
}

bool baseline_finish(int process, bool asked) {
  int status = -1;
  if (asked) kill(process, SIGTERM);
  if (waitpid(process, &status, 0) != process) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void *baseline_board(const char *path) {
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return NULL;
  void *board = MAP_FAILED;
  if (ftruncate(file, board_size) == 0) board = mmap(NULL, board_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return board == MAP_FAILED ? NULL : board;
}

static _Atomic uint64_t *word(const void *board, unsigned place) {
  if (place >= board_size / line_size) abort();
  return (_Atomic uint64_t *)((char *)(uintptr_t)board + (size_t)place * line_size);
}

uint64_t baseline_board_load(const void *board, unsigned place) {
  return atomic_load_explicit(word(board, place), memory_order_acquire);
}

void baseline_board_store(void *board, unsigned place, uint64_t value) {
  atomic_store_explicit(word(board, place), value, memory_order_release);
}

int baseline_control_open(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  int control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (control < 0) return -1;
  if (connect(control, (struct sockaddr *)&address, sizeof address) == 0) return control;
  close(control);
  return -1;
}

static bool send_all(int control, const void *bytes, size_t length, int flags) {
  while (length > 0) {
    ssize_t sent = send(control, bytes, length, MSG_NOSIGNAL | flags);
    if (sent <= 0) return false;
    bytes = (const char *)bytes + sent;
    length -= (size_t)sent;
  }
  return true;
}

long baseline_control_ask(
    int control, const char *line, const void *bytes, size_t length, void *reply, size_t capacity) {
  if (!send_all(control, line, strlen(line), length > 0 ? MSG_MORE : 0) || !send_all(control, bytes, length, 0))
    return -1;
  char buffer[largest_line + 1];
  size_t filled = 0;
  char *end = NULL;
  while (end == NULL) {
    ssize_t received = recv(control, buffer + filled, largest_line - filled, 0);
    if (received <= 0) return -1;
    buffer[filled + (size_t)received] = 0;
    end = memchr(buffer + filled, '\n', (size_t)received);
    filled += (size_t)received;
  }
  *end = 0;
  const char *count = strstr(buffer, "\"length\":");
  if (strstr(buffer, "\"ok\":true") == NULL || count == NULL) {
    fprintf(stderr, "%s\n", buffer);
    return -1;
  }
  size_t total = strtoul(count + strlen("\"length\":"), NULL, 10);
  size_t have = filled - (size_t)(end + 1 - buffer);
  if (total > capacity || have > total) return -1;
  memcpy(reply, end + 1, have);
  while (have < total) {
    ssize_t received = recv(control, (char *)reply + have, total - have, 0);
    if (received <= 0) return -1;
    have += (size_t)received;
  }
  return (long)total;
}

void baseline_control_close(int control) { close(control); }
