// A request and its reply over a UNIX socket, with nothing else done.
// SPDX-License-Identifier: Apache-2.0

#include "CBaseline.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { largest = 4096 };
static size_t request_size, reply_size;
static int ends[2];
static pthread_t thread;

static void *answer(void *argument) {
  int socket = *(int *)argument;
  char buffer[largest] = {0};
  while (recv(socket, buffer, request_size, MSG_WAITALL) == (ssize_t)request_size) {
    if (send(socket, buffer, reply_size, MSG_NOSIGNAL) != (ssize_t)reply_size) break;
  }
  return NULL;
}

void baseline_socket_open(size_t request, size_t reply) {
  if (request > largest || reply > largest) abort();
  request_size = request;
  reply_size = reply;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) abort();
  if (pthread_create(&thread, NULL, answer, &ends[1]) != 0) abort();
}

void baseline_socket_round_trips(size_t count) {
  char buffer[largest] = {0};
  for (size_t i = 0; i < count; i++) {
    if (send(ends[0], buffer, request_size, MSG_NOSIGNAL) != (ssize_t)request_size) abort();
    if (recv(ends[0], buffer, reply_size, MSG_WAITALL) != (ssize_t)reply_size) abort();
  }
}

void baseline_socket_close(void) {
  close(ends[0]);
  pthread_join(thread, NULL);
  close(ends[1]);
}
