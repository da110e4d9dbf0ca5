// Temporary files that a fatal signal must remove, and dying by a signal.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_TEMPORARY_H
#define CLINUX_TEMPORARY_H

#include <signal.h>

// Why C, for all of this file: a signal handler may call async-signal-safe functions only, and any Swift code may
// allocate or take a lock of its runtime.

// Reserves a place in the table of temporary files for `name` in `directory`, and blocks all signals of this thread
// until clinux_temporary_created. `previous` receives the thread's signal mask.
// Returns the place, or -1 with errno: EMFILE if the table is full, ENAMETOOLONG.
int clinux_temporary_begin(int directory, const char *_Nonnull name, sigset_t *_Nonnull previous);

// Tells that the file of clinux_temporary_begin was made now (`created` is not 0) or could not be made, in which case
// the place is free again. Restores the signal mask.
void clinux_temporary_created(int place, int created, const sigset_t *_Nonnull previous);

// Frees a place: the file has another name now or is gone. The descriptor given as its directory may be closed after.
void clinux_temporary_end(int place);

// From now on SIGINT, SIGTERM, SIGHUP, SIGXCPU and SIGXFSZ remove the temporary files of the table before the process
// dies by that signal. One that is ignored stays ignored (nohup). Returns 0, or -1 with errno.
int clinux_remove_temporary_files_on_termination(void);

// Removes the temporary files, then ends the process by `signal`, so that the parent sees that signal.
_Noreturn void clinux_die_by_signal(int signal);

#endif
