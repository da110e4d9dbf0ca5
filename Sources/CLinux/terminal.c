// Turns a terminal's echo off and on again, also when a signal ends the process meanwhile.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_terminal.h"

#include <stdatomic.h>
#include <termios.h>
#include <unistd.h>

static struct termios shown;
// The terminal that is hidden, or -1; set after `shown` is complete.
static atomic_int hidden = -1;

int clinux_terminal_hide(int descriptor) {
  if (tcgetattr(descriptor, &shown) != 0) {
    return -1;
  }
  struct termios silent = shown;
  silent.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK);
  silent.c_lflag |= ICANON | ISIG | ECHONL;
  // Their default actions would leave the terminal as it is.
  silent.c_cc[VSUSP] = _POSIX_VDISABLE;
  silent.c_cc[VQUIT] = _POSIX_VDISABLE;
  // Before the change: a signal in between sets what is set already.
  atomic_store(&hidden, descriptor);
  if (tcsetattr(descriptor, TCSAFLUSH, &silent) != 0) {
    atomic_store(&hidden, -1);
    return -1;
  }
  return 0;
}

void clinux_terminal_show(void) {
  const int descriptor = atomic_exchange(&hidden, -1);
  if (descriptor != -1) {
    // Not TCSAFLUSH: what was typed ahead belongs to the shell.
    (void)tcsetattr(descriptor, TCSANOW, &shown);
  }
}
