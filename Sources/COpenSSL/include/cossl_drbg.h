// The deterministic generators of SP 800-90A, one context a user, seeded from libcrypto's primary generator.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_DRBG_H
#define COSSL_DRBG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The mechanism: SP 800-90A sections 10.2.1 (with the derivation function), 10.1.2 and 10.1.1.
typedef enum : uint8_t {
  COSSL_CTR_DRBG = 1,
  COSSL_HMAC_DRBG = 2,
  COSSL_HASH_DRBG = 3,
} cossl_drbg_mechanism;

/// Which generator to make.
typedef struct cossl_drbg_description {
  cossl_drbg_mechanism mechanism;
  /// Whether each request takes fresh entropy first (prediction resistance).
  bool is_resistant;
  /// libcrypto's name of the cipher, in CTR mode, or of the digest.
  const char *_Nonnull algorithm;
} cossl_drbg_description;

/// A generator, which one user at a time may touch.
typedef struct cossl_drbg {
  bool is_resistant;
} cossl_drbg;

/// Makes a generator that is seeded; NULL when libcrypto cannot be opened, lacks the mechanism or fails.
cossl_drbg *_Nullable cossl_drbg_create(const cossl_drbg_description *_Nonnull description);

/// What a generator under test is made from.
typedef struct cossl_drbg_seed {
  const void *_Nullable entropy;
  size_t entropy_length;
  const void *_Nullable nonce;
  size_t nonce_length;
  const void *_Nullable personalization;
  size_t personalization_length;
} cossl_drbg_seed;

/// Makes a generator whose entropy is given: for known-answer tests.
cossl_drbg *_Nullable cossl_drbg_create_for_test(const cossl_drbg_description *_Nonnull description,
                                                 const cossl_drbg_seed *_Nonnull seed);

/// Gives a generator under test the entropy that it takes next; false for one that is not.
bool cossl_drbg_feed(cossl_drbg *_Nonnull drbg, const void *_Nullable entropy, size_t length);

/// Wipes the state and frees the generator.
void cossl_drbg_destroy(cossl_drbg *_Nonnull drbg);

/// Fills `out`, with the caller's `additional` input mixed in, which may have no bytes.
///
/// libcrypto notices by itself that a process was forked, and that the interval between reseeds is over.
bool cossl_drbg_generate(cossl_drbg *_Nonnull drbg, void *_Nullable out, size_t length,
                         const void *_Nullable additional, size_t additional_length);

/// Takes fresh entropy of the operating system, and mixes `additional` input in, which may have no bytes.
bool cossl_drbg_reseed(cossl_drbg *_Nonnull drbg, const void *_Nullable additional, size_t length);

#endif
