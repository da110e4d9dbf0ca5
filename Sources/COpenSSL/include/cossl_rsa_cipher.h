// RSA encryption with a kept key: without padding, and with OAEP.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_RSA_CIPHER_H
#define COSSL_RSA_CIPHER_H

#include "cossl_digest.h"
#include "cossl_pkey.h"

/// RSA encryption with its key, which one user at a time may touch.
typedef struct cossl_rsa_cipher {
  /// Whether there is OAEP's padding (RFC 8017 7.1, MGF1 of the same hash, empty label) or none (5.1).
  bool is_padded;
  cossl_digest_algorithm digest;
} cossl_rsa_cipher;

/// Makes an encryption without a key; the digest is OAEP's. NULL when libcrypto cannot be opened or has no memory.
cossl_rsa_cipher *_Nullable cossl_rsa_cipher_create(bool is_padded, cossl_digest_algorithm digest);

/// Frees the encryption and its key.
void cossl_rsa_cipher_destroy(cossl_rsa_cipher *_Nonnull cipher);

/// Takes over an RSA key; when it fails the key before it stays, and `key` is the caller's.
bool cossl_rsa_cipher_set_key(cossl_rsa_cipher *_Nonnull cipher, cossl_pkey *_Nonnull key);

/// The key; NULL before the first.
const cossl_pkey *_Nullable cossl_rsa_cipher_key(const cossl_rsa_cipher *_Nonnull cipher);

/// Encrypts to `out`, of the modulus' length. Without padding the message is a number below the modulus, and may be
/// shorter than it.
bool cossl_rsa_cipher_encrypt(cossl_rsa_cipher *_Nonnull cipher, const void *_Nullable in, size_t length,
                              void *_Nonnull out, size_t out_length);

/// Decrypts to `out`, of the modulus' length at least; `*written` bytes of it are the message.
///
/// Whatever is wrong with a ciphertext is the same false, with zeros in `out` and nothing on the error queue.
bool cossl_rsa_cipher_decrypt(cossl_rsa_cipher *_Nonnull cipher, const void *_Nullable in, size_t length,
                              void *_Nonnull out, size_t out_length, size_t *_Nonnull written);

#endif
