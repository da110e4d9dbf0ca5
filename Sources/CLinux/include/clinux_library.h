// Shared objects that are tried in a child process before this process loads them.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_LIBRARY_H
#define CLINUX_LIBRARY_H

#include <stdint.h>

// How far a child came; its exit status, where it ends by itself.
enum {
  CLINUX_TRIAL_DONE = 0,
  CLINUX_TRIAL_NOT_LOADED = 10,
  CLINUX_TRIAL_NO_SYMBOL = 11,
};

// Starts a child that loads the shared object at `path`, hands the address of `symbol` and the writing end of a pipe to
// `body`, and ends. A failure to load is written to the pipe as text. The child has no core file, `seconds` of
// processor time, the signals' default actions and no open files but the pipe, and leads a process group. Returns its
// identifier with the reading end in `output`, or -1 with errno. The first byte written is zero and says that the child
// is about to load; one that does not come so far found a lock of the linker taken, and another has to be made.
// Why C: a child of a process with threads must not enter Swift's runtime, whose locks other threads may have held.
int32_t clinux_start_trial(
    const char *_Nonnull path, const char *_Nonnull symbol, int (*_Nonnull body)(void *_Nonnull, int),
    uint32_t seconds, int *_Nonnull output);

#endif
