// Files that have no name yet, and names that must not exist.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_FILE_H
#define CLINUX_FILE_H

#include <sys/types.h>

// Why C, for all of this file: O_PATH, O_TMPFILE and renameat2 are declared under _GNU_SOURCE only, which Swift's Glibc
// module does not define, and O_TMPFILE is an expression that Swift cannot import.
// Each returns what the system call returns, with `errno` set after -1.

// A reference to a directory for use with the *at calls (O_PATH: needs no permission to read the directory).
int clinux_open_directory_reference(const char *_Nonnull path);

// A new file in `directory`, open for writing, that has no name.
int clinux_open_unnamed(int directory, mode_t mode);

// Renames within `directory`; fails with EEXIST if `to` exists.
int clinux_rename_exclusively(int directory, const char *_Nonnull from, const char *_Nonnull to);

#endif
