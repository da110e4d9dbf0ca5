// What the two ways to be told of a request to end share inside this module.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_SIGNALS_INTERNAL_H
#define CLINUX_SIGNALS_INTERNAL_H

#include <stddef.h>

// Lets `handler` take each of `count` signals with all others blocked; calls that it interrupts are made again. One
// that is ignored stays ignored (nohup). Returns 0, or -1 with errno.
int clinux_handle_signals(const int *signals, size_t count, void (*handler)(int));

#endif
