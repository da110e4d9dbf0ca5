// Authenticated ciphers with a kept key: GCM, CCM, OCB, SIV, ChaCha20-Poly1305, their forms for IPsec, and authenc.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_AEAD_H
#define COSSL_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// An authenticated cipher. Lengths are in bytes.
typedef enum : uint8_t {
  /// SP 800-38D. Keys of 16, 24 or 32, nonces of 1 to 128, tags of 4, 8 and 12 to 16.
  COSSL_GCM_AES = 1,
  /// RFC 8439. Keys of 32, nonces of 12, tags of 16.
  COSSL_CHACHA20_POLY1305 = 2,
  /// As COSSL_GCM_AES.
  COSSL_GCM_ARIA = 3,
  /// As COSSL_GCM_AES, with keys of 16. Every libcrypto from 3.2 on has it.
  COSSL_GCM_SM4 = 4,
  /// SP 800-38C. Keys of 16, 24 or 32, nonces of 7 to 13, even tags of 4 to 16, texts below 256^(15 - nonce) and 2^31.
  COSSL_CCM_AES = 5,
  /// As COSSL_CCM_AES.
  COSSL_CCM_ARIA = 6,
  /// As COSSL_CCM_AES, with keys of 16. Every libcrypto from 3.2 on has it.
  COSSL_CCM_SM4 = 7,
  /// RFC 7253. Keys of 16, 24 or 32, nonces of 1 to 15, tags of 8, 12 and 16.
  COSSL_OCB_AES = 8,
  /// RFC 5297. Keys of 32, 48 or 64, tags of 16. The associated data is one component of S2V, also where it is empty,
  /// and a nonce that is not empty is the last one.
  COSSL_SIV_AES = 9,
  /// RFC 4106. An AES key and 4 of salt, nonces of 8, tags of 8, 12 and 16.
  COSSL_RFC4106_GCM_AES = 10,
  /// RFC 4309. An AES key and 3 of salt, nonces of 8, tags of 8, 12 and 16.
  COSSL_RFC4309_CCM_AES = 11,
  /// RFC 4543. An AES key and 4 of salt, nonces of 8, tags of 16. The text is authenticated and not encrypted.
  COSSL_RFC4543_GCM_AES = 12,
  /// AES-CBC, then HMAC over associated data and ciphertext (RFC 2404). Nonces of 16, texts in blocks of 16, tags of
  /// up to the digest. The key is as the kernel's authenc takes it: `struct rtattr`, the length of the encryption key
  /// as 4 bytes big endian, the authentication key, the encryption key.
  COSSL_AUTHENC_SHA1_CBC_AES = 13,
  /// As COSSL_AUTHENC_SHA1_CBC_AES (RFC 4868).
  COSSL_AUTHENC_SHA256_CBC_AES = 14,
  /// As COSSL_AUTHENC_SHA1_CBC_AES (RFC 4868).
  COSSL_AUTHENC_SHA384_CBC_AES = 15,
  /// As COSSL_AUTHENC_SHA1_CBC_AES (RFC 4868).
  COSSL_AUTHENC_SHA512_CBC_AES = 16,
} cossl_aead_algorithm;

/// How taking a key ended. Unless it is COSSL_KEY_TAKEN there is no key.
typedef enum : uint8_t {
  /// libcrypto failed; its error queue says why.
  COSSL_KEY_FAILED = 0,
  /// The key is taken.
  COSSL_KEY_TAKEN = 1,
  /// The key does not have the form that authenc wants.
  COSSL_KEY_MALFORMED = 2,
  /// The key, or the encryption key in it, has a length that the algorithm does not have.
  COSSL_KEY_LENGTH = 3,
} cossl_key_status;

/// How opening ended.
typedef enum : uint8_t {
  /// libcrypto failed; its error queue says why.
  COSSL_OPEN_FAILED = 0,
  /// The text is authentic.
  COSSL_OPENED = 1,
  /// The tag does not match.
  COSSL_UNAUTHENTIC = 2,
} cossl_open_status;

struct cossl_aead_operations;

/// The visible head of an authenticated cipher's context, which one user at a time may touch.
typedef struct cossl_aead {
  const struct cossl_aead_operations *_Nonnull operations;
} cossl_aead;

/// Whether the libcrypto that this was built against has SM4 in GCM and CCM, as every OpenSSL from 3.2 on.
bool cossl_built_with_sm4_aead(void);

/// Makes a context without a key; NULL when libcrypto cannot be opened, does not have the cipher, or has no memory.
cossl_aead *_Nullable cossl_aead_create(cossl_aead_algorithm algorithm);

/// Wipes the key and frees the context.
void cossl_aead_destroy(cossl_aead *_Nonnull aead);

/// Takes a key.
cossl_key_status cossl_aead_set_key(cossl_aead *_Nonnull aead, const void *_Nullable key, size_t length);

/// What a message has besides its text; pointers are read during the call only.
typedef struct cossl_aead_parameters {
  const void *_Nullable nonce;
  size_t nonce_length;
  const void *_Nullable associated;
  size_t associated_length;
} cossl_aead_parameters;

/// Encrypts `length` bytes from `in` to `out` (the same or disjoint) and writes the tag.
///
/// When it returns false, `out` holds zeros and `tag` is not to be used.
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
