// Files that have no name yet, and names that must not exist.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_file.h"

#include <fcntl.h>
#include <stdio.h>

int clinux_open_directory_reference(const char *path) { return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }

int clinux_open_unnamed(int directory, mode_t mode) {
  return openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
}

int clinux_rename_exclusively(int directory, const char *from, const char *to) {
  return renameat2(directory, from, directory, to, RENAME_NOREPLACE);
}
