// Keys of public-key algorithms, made from numbers and octets that the caller has taken out of their encodings.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_PKEY_H
#define COSSL_PKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a key is for.
typedef enum : uint8_t {
  COSSL_KEY_RSA = 1,
  COSSL_KEY_P256 = 2,
  COSSL_KEY_P384 = 3,
  COSSL_KEY_P521 = 4,
  COSSL_KEY_SM2 = 5,
  COSSL_KEY_ED25519 = 6,
  COSSL_KEY_ED448 = 7,
  COSSL_KEY_X25519 = 8,
  COSSL_KEY_X448 = 9,
} cossl_key_type;

/// The longest point of these curves: 04, x and y of P-521.
#define COSSL_POINT_MAX 133

/// Bytes that are read during a call only.
typedef struct cossl_octets {
  const void *_Nullable bytes;
  size_t length;
} cossl_octets;

/// An RSA key (RFC 8017 3.2), big-endian; all but the first two are empty for a public key.
typedef struct cossl_rsa_numbers {
  cossl_octets modulus;
  cossl_octets public_exponent;
  cossl_octets private_exponent;
  cossl_octets prime1;
  cossl_octets prime2;
  cossl_octets exponent1;
  cossl_octets exponent2;
  cossl_octets coefficient;
} cossl_rsa_numbers;

/// A key pair or a public key; it never changes, and one user at a time may derive with it.
typedef struct cossl_pkey {
  cossl_key_type type;
  bool is_private;
  /// Bits of the modulus or the field.
  uint32_t bits;
} cossl_pkey;

/// Makes an RSA key.
///
/// NULL when libcrypto refuses the numbers, or those of a private key do not belong together: p times q is n, and what
/// the public half encrypts the private half decrypts.
cossl_pkey *_Nullable cossl_pkey_rsa(const cossl_rsa_numbers *_Nonnull numbers);

/// Makes a key pair of a curve from its private number, big-endian; NULL unless it is 1 to the group's order - 1.
cossl_pkey *_Nullable cossl_pkey_ec_private(cossl_key_type type, cossl_octets number);

/// Makes a public key of a curve from a point in SEC 1's uncompressed form; NULL unless it is on the curve.
cossl_pkey *_Nullable cossl_pkey_ec_public(cossl_key_type type, cossl_octets point);

/// Makes a key of RFC 7748 or RFC 8032 from its octets; NULL for another length.
cossl_pkey *_Nullable cossl_pkey_raw(cossl_key_type type, cossl_octets key, bool is_private);

/// Makes a fresh key pair; `bits` is the length of an RSA modulus and means nothing elsewhere.
cossl_pkey *_Nullable cossl_pkey_generate(cossl_key_type type, uint32_t bits);

/// Wipes and frees a key.
void cossl_pkey_destroy(cossl_pkey *_Nonnull key);

/// Writes the public point (04, x, y) or the public octets; their number, or 0 when it fails.
size_t cossl_pkey_public_octets(const cossl_pkey *_Nonnull key, void *_Nonnull out, size_t capacity);

/// Writes the private number, padded to the length of the curve's order, or the private octets; 0 when it fails.
size_t cossl_pkey_private_octets(const cossl_pkey *_Nonnull key, void *_Nonnull out, size_t capacity);

/// The key's SubjectPublicKeyInfo (RFC 5280) in DER, to be given to `cossl_free`; NULL when it fails.
uint8_t *_Nullable cossl_pkey_spki(const cossl_pkey *_Nonnull key, size_t *_Nonnull length);

/// The key's PrivateKeyInfo (PKCS #8, RFC 5208) in DER, to be given to `cossl_free`; NULL when it fails.
uint8_t *_Nullable cossl_pkey_pkcs8(const cossl_pkey *_Nonnull key, size_t *_Nonnull length);

/// Wipes and frees what a function of this module returned.
void cossl_free(uint8_t *_Nonnull bytes, size_t length);

/// Wipes bytes in a way that compilers keep. Needs a loaded library.
void cossl_cleanse(void *_Nullable bytes, size_t length);

/// Writes the secret that `own` shares with the owner of `peer`, of the field's length in bytes.
///
/// False when the peer's key does not fit, or on X25519 and X448 the secret is all zeros (RFC 7748 6.1 and 6.2);
/// nothing is left in `out` then.
bool cossl_pkey_derive(cossl_pkey *_Nonnull own, const cossl_pkey *_Nonnull peer, void *_Nonnull out, size_t length);

/// Forgets the errors that this thread's queue has; for refusals whose reason is known.
void cossl_forget_errors(void);

#endif
