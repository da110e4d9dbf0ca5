// Signatures with kept keys: what a message needs is made when the key is set.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_SIGNATURE_H
#define COSSL_SIGNATURE_H

#include "cossl_digest.h"
#include "cossl_pkey.h"

/// How a signature is made of a digest, or of a message.
typedef enum : uint8_t {
  /// ECDSA (FIPS 186-5 6) as a DER sequence of r and s (ANSI X9.62, RFC 3279 2.2.3).
  COSSL_ECDSA_X962 = 1,
  /// ECDSA as r and s of the order's length each (IEEE P1363).
  COSSL_ECDSA_P1363 = 2,
  /// RSASSA-PKCS1-v1_5 (RFC 8017 8.2).
  COSSL_RSA_PKCS1 = 3,
  /// RSASSA-PSS (RFC 8017 8.1) with MGF1 of the same hash and a salt of the hash's length.
  COSSL_RSA_PSS = 4,
  /// SM2 (GB/T 32918.2) with SM3 and the identifier 1234567812345678 (GM/T 0009), as a DER sequence of r and s.
  COSSL_SM2_SM3 = 5,
  /// Ed25519 and Ed448 (RFC 8032), which hash for themselves.
  COSSL_EDDSA = 6,
} cossl_signature_scheme;

/// What a signature is made of.
typedef enum : uint8_t {
  /// A message, which is hashed here.
  COSSL_MESSAGE = 0,
  /// The digest of one.
  COSSL_DIGEST = 1,
} cossl_signature_input;

/// A signature algorithm with its key, which one user at a time may touch.
typedef struct cossl_signature {
  cossl_signature_scheme scheme;
  cossl_digest_algorithm digest;
} cossl_signature;

/// Makes a signature algorithm without a key.
///
/// `digest_length` is the digest's, in bytes; EdDSA takes neither. NULL when libcrypto cannot be opened, does not have
/// the digest, or has no memory.
cossl_signature *_Nullable cossl_signature_create(cossl_signature_scheme scheme, cossl_digest_algorithm digest,
                                                  size_t digest_length);

/// Frees the algorithm and its key.
void cossl_signature_destroy(cossl_signature *_Nonnull signature);

/// Takes over a key of a type that the scheme has; when it fails the key before it stays, and `key` is the caller's.
bool cossl_signature_set_key(cossl_signature *_Nonnull signature, cossl_pkey *_Nonnull key);

/// The key; NULL before the first.
const cossl_pkey *_Nullable cossl_signature_key(const cossl_signature *_Nonnull signature);

/// The longest signature of the key, in bytes; 0 without one.
size_t cossl_signature_maximum(const cossl_signature *_Nonnull signature);

/// Signs; the signature's length, or 0 when it fails (also: no private key, a digest of another length).
///
/// ECDSA takes a digest of any length and uses as many of its first bits as the order has (FIPS 186-5 6.4.1).
size_t cossl_signature_sign(cossl_signature *_Nonnull signature, cossl_signature_input input,
                            const void *_Nullable data, size_t length, void *_Nonnull out, size_t capacity);

/// Whether `value` is right; false for whatever is not, malformed ones included. It leaves no error on the queue.
bool cossl_signature_verify(cossl_signature *_Nonnull signature, cossl_signature_input input,
                            const void *_Nullable data, size_t length, const void *_Nullable value,
                            size_t value_length);

#endif
