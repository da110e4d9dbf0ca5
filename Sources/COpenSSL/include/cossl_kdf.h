// Key derivations: HKDF on HMAC contexts of this module, and those of libcrypto that are one call each.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_KDF_H
#define COSSL_KDF_H

#include "cossl_digest.h"

/// The part of HKDF (RFC 5869) to compute.
typedef enum : uint8_t {
  /// Extract, then expand.
  COSSL_HKDF_WHOLE = 1,
  /// Extract alone (section 2.2): the first bytes of the pseudorandom key.
  COSSL_HKDF_EXTRACT = 2,
  /// Expand alone (section 2.3): the secret is the pseudorandom key.
  COSSL_HKDF_EXPAND = 3,
} cossl_hkdf_part;

/// What HKDF starts from; pointers are read during the call only, and may be NULL where the length is 0.
typedef struct cossl_hkdf_request {
  cossl_digest_algorithm digest;
  cossl_hkdf_part part;
  /// The digest's length in bytes.
  size_t digest_length;
  const void *_Nullable secret;
  size_t secret_length;
  const void *_Nullable salt;
  size_t salt_length;
  const void *_Nullable info;
  size_t info_length;
} cossl_hkdf_request;

/// Derives `length` bytes; false when libcrypto fails, or for more than 255 digests (one for extraction alone).
bool cossl_hkdf(const cossl_hkdf_request *_Nonnull request, void *_Nonnull out, size_t length);

/// A derivation that libcrypto has as a whole.
typedef enum : uint8_t {
  /// RFC 8018 section 5.2: secret, salt, iterations; `algorithm` is the digest.
  COSSL_PBKDF2 = 1,
  /// RFC 7914: secret, salt, the three numbers and the memory limit.
  COSSL_SCRYPT = 2,
  /// SP 800-108 section 4.1 with HMAC: secret, label, info; `algorithm` is the digest. A counter of 32 bits is first.
  COSSL_KBKDF_COUNTER_HMAC = 3,
  /// The same with CMAC; `algorithm` is the cipher, in CBC mode.
  COSSL_KBKDF_COUNTER_CMAC = 4,
  /// SP 800-108 section 4.2 with HMAC; the salt is the IV, of none or as many bytes as the digest.
  COSSL_KBKDF_FEEDBACK_HMAC = 5,
  /// The same with CMAC.
  COSSL_KBKDF_FEEDBACK_CMAC = 6,
  /// RFC 5246 section 5, and of RFC 2246 for the digest MD5-SHA1: secret, label and info, which is the seed.
  COSSL_TLS1_PRF = 7,
  /// SP 800-108 section 4.4 with KMAC128: secret, label and info, which is the context.
  COSSL_KBKDF_KMAC128 = 8,
  /// The same with KMAC256.
  COSSL_KBKDF_KMAC256 = 9,
} cossl_kdf_function;

/// What a derivation starts from; pointers are read during the call only, and may be NULL where the length is 0.
typedef struct cossl_kdf_request {
  cossl_kdf_function function;
  /// libcrypto's name of the digest or cipher; NULL for scrypt and KMAC.
  const char *_Nullable algorithm;
  const void *_Nullable secret;
  size_t secret_length;
  const void *_Nullable salt;
  size_t salt_length;
  const void *_Nullable label;
  size_t label_length;
  const void *_Nullable info;
  size_t info_length;
  uint64_t iterations;
  /// scrypt's N, r and p.
  uint64_t cost;
  uint32_t block_size;
  uint32_t parallelism;
  /// The memory in bytes that scrypt may use.
  uint64_t memory_limit;
} cossl_kdf_request;

/// Derives `length` bytes; false when libcrypto fails, and then nothing is in `out`.
bool cossl_kdf(const cossl_kdf_request *_Nonnull request, void *_Nonnull out, size_t length);

#endif
