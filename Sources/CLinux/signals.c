// Installs a handler for several signals.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "signals.h"

#include <signal.h>
#include <string.h>

int clinux_handle_signals(const int *signals, size_t count, void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  // The others wait: the first signal decides what the process dies of.
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < count; i++) {
    struct sigaction current;
    if (sigaction(signals[i], NULL, &current) != 0) {
      return -1;
    }
    if (current.sa_handler == SIG_IGN) {
      continue;
    }
    if (sigaction(signals[i], &action, NULL) != 0) {
      return -1;
    }
  }
  return 0;
}
