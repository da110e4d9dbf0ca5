// Waiting for many descriptors, each reported once for each of its events.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_EVENT_SET_H
#define CLINUX_EVENT_SET_H

#include <stdint.h>

// Why C, for all of this file: <sys/epoll.h> is not part of Swift's Glibc module.

// A new, empty set, closed on execution; or -1 with errno.
int clinux_event_set(void);

// Adds a descriptor that is waited for until it becomes readable once more (edge-triggered). Returns 0, or -1 with
// errno.
int clinux_event_set_add(int set, int descriptor);

// Removes a descriptor. Returns 0, or -1 with errno.
int clinux_event_set_remove(int set, int descriptor);

// Waits for at most `milliseconds` (-1: for ever). Returns how many descriptors had events, 0 at the time limit, or -1
// with errno.
int clinux_event_set_wait(int set, int milliseconds);

#endif
