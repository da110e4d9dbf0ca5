// Temporary files that a fatal signal must remove, and dying by a signal.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_temporary.h"

#include "clinux_terminal.h"
#include "signals.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum {
  // One for each output that is open at once; a command has one or two.
  place_count = 64,
  // How long a handler waits for another thread that is between "begin" and "created", in milliseconds.
  patience = 1000,
};

enum place_state {
  place_free = 0,
  place_claimed,  // its fields are being written
  place_creating, // the file may or may not exist
  place_present,  // the file exists
};

struct place {
  atomic_int state;
  int directory;
  char name[NAME_MAX + 1];
};

static struct place places[place_count];

// Set once a fatal signal is being handled: no temporary file may be made any more.
static atomic_int is_dying;

// Async-signal-safe.
static void remove_temporary_files(void) {
  atomic_store(&is_dying, 1);
  for (int i = 0; i < place_count; i++) {
    struct place *place = &places[i];
    // Who creates a file has the signals of its thread blocked, so this is another thread than that one.
    for (int waited = 0; atomic_load(&place->state) == place_creating && waited < patience; waited++) {
      (void)poll(NULL, 0, 1);
    }
    if (atomic_load(&place->state) == place_present) {
      (void)unlinkat(place->directory, place->name, 0);
    }
  }
}

// Async-signal-safe.
static _Noreturn void die(int signal) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  (void)sigaction(signal, &action, NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  (void)raise(signal);
  // In a handler the signal is blocked and was only noted by raise(); this delivers it.
  (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  // Only for a signal whose default action does not end a process: the shell's notation for death by a signal.
  _exit(128 + signal);
}

static void handle_termination(int signal) {
  clinux_terminal_show();
  remove_temporary_files();
  die(signal);
}

int clinux_temporary_begin(int directory, const char *name, sigset_t *previous) {
  const size_t length = strlen(name);
  if (length > NAME_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  sigset_t all;
  sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, previous);
  for (int i = 0; i < place_count; i++) {
    struct place *place = &places[i];
    int expected = place_free;
    if (!atomic_compare_exchange_strong(&place->state, &expected, place_claimed)) {
      continue;
    }
    place->directory = directory;
    memcpy(place->name, name, length + 1);
    atomic_store(&place->state, place_creating);
    // Either the handler's thread sees the place above, or this sees that it runs and lets it end the process.
    while (atomic_load(&is_dying)) {
      atomic_store(&place->state, place_free);
      (void)pthread_sigmask(SIG_SETMASK, previous, NULL);
      (void)poll(NULL, 0, -1);
    }
    return i;
  }
  (void)pthread_sigmask(SIG_SETMASK, previous, NULL);
  errno = EMFILE;
  return -1;
}

void clinux_temporary_created(int place, int created, const sigset_t *previous) {
  const int number = errno;
  atomic_store(&places[place].state, created ? place_present : place_free);
  (void)pthread_sigmask(SIG_SETMASK, previous, NULL);
  errno = number;
}

void clinux_temporary_end(int place) { atomic_store(&places[place].state, place_free); }

int clinux_remove_temporary_files_on_termination(void) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGXFSZ};
  return clinux_handle_signals(signals, sizeof signals / sizeof signals[0], handle_termination);
}

void clinux_die_by_signal(int signal) {
  clinux_terminal_show();
  remove_temporary_files();
  die(signal);
}
