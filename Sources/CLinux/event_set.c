// Waiting for many descriptors, each reported once for each of its events.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_event_set.h"

#include <stddef.h>
#include <sys/epoll.h>

// How many events one wait takes: what is left is reported by the next.
enum { most_events = 64 };

int clinux_event_set(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_event_set_add(int set, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.fd = descriptor}};
  return epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event);
}

int clinux_event_set_remove(int set, int descriptor) {
  return epoll_ctl(set, EPOLL_CTL_DEL, descriptor, NULL);
}

int clinux_event_set_wait(int set, int milliseconds) {
  struct epoll_event events[most_events];
  return epoll_wait(set, events, most_events, milliseconds);
}
