// What a whole command costs, from outside; and where this process runs.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CBaseline.h"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t baseline_run(const char *const *argv) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t child;
  uint64_t start = now();
  bool started = posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)argv, environ) == 0;
  int status = -1;
  if (started && waitpid(child, &status, 0) != child) status = -1;
  uint64_t end = now();
  posix_spawn_file_actions_destroy(&actions);
  return started && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? end - start : 0;
}

static cpu_set_t everywhere;

void baseline_pin(void) {
  cpu_set_t here;
  int processor = sched_getcpu();
  CPU_ZERO(&here);
  if (processor >= 0) CPU_SET((size_t)processor, &here);
  // Where it cannot be pinned, it is measured as it is.
  if (sched_getaffinity(0, sizeof everywhere, &everywhere) == 0) (void)sched_setaffinity(0, sizeof here, &here);
}

void baseline_unpin(void) { (void)sched_setaffinity(0, sizeof everywhere, &everywhere); }
