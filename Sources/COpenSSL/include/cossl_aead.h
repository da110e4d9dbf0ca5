// AES-GCM (SP 800-38D) and ChaCha20-Poly1305 (RFC 8439) with a kept key.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_AEAD_H
#define COSSL_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// An authenticated cipher.
typedef enum : uint8_t {
  /// Keys of 16, 24 or 32 bytes, nonces of 1 to 128, tags of 4, 8 and 12 to 16.
  COSSL_GCM_AES = 1,
  /// Keys of 32 bytes, nonces of 12, tags of 16.
  COSSL_CHACHA20_POLY1305 = 2,
} cossl_aead_algorithm;

/// How opening ended.
typedef enum : uint8_t {
  /// libcrypto failed; its error queue says why.
  COSSL_OPEN_FAILED = 0,
  /// The text is authentic.
  COSSL_OPENED = 1,
  /// The tag does not match.
  COSSL_UNAUTHENTIC = 2,
} cossl_open_status;

/// The context of an authenticated cipher, which one user at a time may touch.
typedef struct cossl_aead {
  cossl_aead_algorithm algorithm;
} cossl_aead;

/// Makes a context without a key; NULL when libcrypto cannot be opened, does not have the cipher, or has no memory.
cossl_aead *_Nullable cossl_aead_create(cossl_aead_algorithm algorithm);

/// Wipes the key and frees the context.
void cossl_aead_destroy(cossl_aead *_Nonnull aead);

/// Takes a key; when it fails (also: a length that the algorithm does not have) there is no key.
bool cossl_aead_set_key(cossl_aead *_Nonnull aead, const void *_Nullable key, size_t length);

/// What a message has besides its text; pointers are read during the call only.
typedef struct cossl_aead_parameters {
  const void *_Nullable nonce;
  size_t nonce_length;
  const void *_Nullable associated;
  size_t associated_length;
} cossl_aead_parameters;

/// Encrypts `length` bytes from `in` to `out` (the same or disjoint) and writes the tag.
bool cossl_aead_seal(cossl_aead *_Nonnull aead, const cossl_aead_parameters *_Nonnull parameters,
                     const void *_Nullable in, size_t length, void *_Nullable out, void *_Nonnull tag,
                     size_t tag_length);

/// Decrypts `length` bytes from `in` to `out` (the same or disjoint) and verifies the tag.
///
/// Unless it returns COSSL_OPENED, `out` holds zeros.
cossl_open_status cossl_aead_open(cossl_aead *_Nonnull aead, const cossl_aead_parameters *_Nonnull parameters,
                                  const void *_Nullable in, size_t length, void *_Nullable out,
                                  const void *_Nonnull tag, size_t tag_length);

#endif
