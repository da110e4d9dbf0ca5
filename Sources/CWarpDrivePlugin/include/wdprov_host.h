// The host's side of the plugin ABI in C: what a thread's last call reported, and the host of a trial.
// SPDX-License-Identifier: Apache-2.0
//
// Not installed: plugins include wdprov.h alone.

#ifndef WDPROV_HOST_H
#define WDPROV_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wdprov.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Keeps what a plugin says about the call that this thread is in; the text is cut at some 500 bytes.
///
/// Why C: Swift has no thread-local variables.
void wdprov_report_put(int32_t number, const char *_Nullable message);

/// Takes what this thread kept: copies the text, ended by a zero byte, into `room` bytes. False where there is nothing.
bool wdprov_report_take(int32_t *_Nonnull number, char *_Nonnull message, size_t room);

/// Whether this thread keeps something.
#ifdef __cplusplus
extern thread_local bool wdprov_report_is_there;
#else
extern _Thread_local bool wdprov_report_is_there;
#endif

/// Forgets what this thread kept: the call that it was about has succeeded.
///
/// In the header, since it follows every call of a plugin.
static inline void wdprov_report_forget(void) {
  wdprov_report_is_there = false;
}

/// Calls a plugin's entry with a host that registers nothing, and writes what it offers to a descriptor, in lines:
///
/// - `P NAME TAB VERSION` for the provider
/// - `D NAME TAB DRIVER` for each driver, `A ALIAS` for each alias of the one before
/// - `R NUMBER TAB TEXT` for what the entry reported, `E STATUS` last
///
/// For a process that is thrown away: everything is read as it stands in the plugin's memory.
/// Why C: it runs in a child of a process with threads, where Swift's runtime may find locks taken for ever.
int wdprov_trial(void *_Nonnull entry, int descriptor);

#ifdef __cplusplus
}
#endif

#endif
