// Reading from a terminal without showing what is typed.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_TERMINAL_H
#define CLINUX_TERMINAL_H

// From now on the terminal `descriptor` shows line ends alone of what is typed, and no key suspends or aborts the
// process; what was typed before is dropped. One terminal at a time. Returns 0, or -1 with errno.
//
// Why C: a signal that ends the process has to undo it in its handler, which may call async-signal-safe functions only.
int clinux_terminal_hide(int descriptor);

// Undoes clinux_terminal_hide(); does nothing where it was not called. Async-signal-safe.
void clinux_terminal_show(void);

#endif
