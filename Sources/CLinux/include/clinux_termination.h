// Requests to end, for programs that want to end in order.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_TERMINATION_H
#define CLINUX_TERMINATION_H

// From now on the first of SIGINT, SIGTERM and SIGHUP adds 1 to the eventfd `descriptor`, which stays open for ever;
// the next one ends the process as clinux_die_by_signal does. One that is ignored stays ignored (nohup); the calling
// thread no longer blocks them. Returns 0, or -1 with errno.
//
// Why C: a signal handler may call async-signal-safe functions only, and any Swift code may allocate or take a lock of
// its runtime.
int clinux_announce_termination(int descriptor);

#endif
