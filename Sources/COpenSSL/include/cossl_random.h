// libcrypto's random generator for secrets: one per thread, seeded from the operating system, safe across fork.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_RANDOM_H
#define COSSL_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

/// Fills `out` from this thread's private generator (RAND_get0_private), with the caller's `additional` input mixed in.
///
/// The additional input (SP 800-90A 9.3) changes the output and adds no claim of entropy; its length may be 0.
bool cossl_random_generate(void *_Nullable out, size_t length, const void *_Nullable additional,
                           size_t additional_length);

/// Reseeds this thread's private generator with fresh entropy of the operating system, and `seed` mixed in.
bool cossl_random_reseed(const void *_Nullable seed, size_t length);

#endif
