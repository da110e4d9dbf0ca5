// Opening libcrypto on first use, its version, and its error queue.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_LIBRARY_H
#define COSSL_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The library that `cossl_load` opens, by its soname, where the dynamic loader looks for it.
#define COSSL_LIBRARY_NAME "libcrypto.so.3"

/// Opens libcrypto and fills the table of its functions, once; any thread may call it at any time.
///
/// Returns false when the library is missing or lacks a required symbol; `reason` (of `capacity` bytes, may be NULL)
/// then holds a text that ends with NUL. A failure is not remembered: the next call tries again.
bool cossl_load(char *_Nullable reason, size_t capacity);

/// Whether a library of that name would do for `cossl_load`: it opens, and has every required symbol.
///
/// Nothing stays open. `reason` is filled as by `cossl_load`.
bool cossl_probe(const char *_Nonnull name, char *_Nullable reason, size_t capacity);

/// libcrypto's version as text, as `OpenSSL 3.0.19 27 Jan 2026`; NULL until `cossl_load` has succeeded once.
const char *_Nullable cossl_version(void);

/// libcrypto's version as 0xMNN00PP0 (OPENSSL_VERSION_NUMBER); 0 until `cossl_load` has succeeded once.
unsigned long cossl_version_number(void);

/// Takes the oldest entry off this thread's error queue.
///
/// Returns false when the queue is empty. `text` gets `error:CODE:library:function:reason`, then `: ` and the entry's
/// own data where it has any; it always ends with NUL. Needs a loaded library; without one the queue is empty.
bool cossl_next_error(unsigned long *_Nonnull code, char *_Nonnull text, size_t capacity);

/// libcrypto's words for the reason in an error code, or NULL where it has none.
const char *_Nullable cossl_error_reason(unsigned long code);

#endif
