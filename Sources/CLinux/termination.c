// Requests to end, for programs that want to end in order.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_termination.h"

#include "clinux_temporary.h"
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

static atomic_int announced_to = -1;
static atomic_int is_announced;

static void announce(int signal) {
  if (atomic_exchange(&is_announced, 1)) {
    clinux_die_by_signal(signal);
  }
  const int number = errno;
  const uint64_t one = 1;
  while (write(atomic_load(&announced_to), &one, sizeof one) == -1 && errno == EINTR) {
  }
  errno = number;
}

int clinux_announce_termination(int descriptor) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  atomic_store(&announced_to, descriptor);
  sigset_t heard;
  sigemptyset(&heard);
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    sigaddset(&heard, signals[i]);
  }
  if (clinux_handle_signals(signals, sizeof signals / sizeof signals[0], announce) != 0) {
    return -1;
  }
  errno = pthread_sigmask(SIG_UNBLOCK, &heard, NULL);
  return errno == 0 ? 0 : -1;
}
