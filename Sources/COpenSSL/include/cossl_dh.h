// Finite-field Diffie-Hellman: the groups of RFC 7919, and groups that come with a key.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_DH_H
#define COSSL_DH_H

#include "cossl_pkey.h"

/// A group of RFC 7919.
typedef enum : uint8_t {
  COSSL_FFDHE2048 = 1,
  COSSL_FFDHE3072 = 2,
  COSSL_FFDHE4096 = 3,
  COSSL_FFDHE6144 = 4,
  COSSL_FFDHE8192 = 5,
} cossl_dh_group;

/// One party of Diffie-Hellman: a group and a private key, which one user at a time may touch.
typedef struct cossl_dh {
  /// Bytes of the prime, which public keys and secrets have too.
  size_t length;
  /// Bits of the prime.
  uint32_t bits;
  bool has_key;
} cossl_dh;

/// What came of a peer's public key.
typedef enum : uint8_t {
  /// libcrypto failed; its error queue says why.
  COSSL_DH_FAILED = 0,
  COSSL_DH_DONE = 1,
  /// The public key is not of the group's large subgroup: 0, 1, p - 1, p and above, or another length than the prime.
  COSSL_DH_INVALID_PEER = 2,
} cossl_dh_status;

/// Makes a party of a named group; NULL when libcrypto cannot be opened, lacks the group, or has no memory.
cossl_dh *_Nullable cossl_dh_named(cossl_dh_group group);

/// Makes a party of another group; q may be empty.
///
/// NULL unless p is a prime and (p - 1) / 2 one too, or q is a prime that divides p - 1 and the order of g: libcrypto
/// knows the groups of RFC 3526 and RFC 7919, and others take about half a second of tests.
cossl_dh *_Nullable cossl_dh_create(cossl_octets p, cossl_octets g, cossl_octets q);

/// Wipes and frees a party.
void cossl_dh_destroy(cossl_dh *_Nonnull dh);

/// Takes a private key, big-endian; false, with the one before it kept, unless it is 2 to p - 2
/// (PKCS #3 section 7), or 2 to q - 1 where q was given.
bool cossl_dh_set_private(cossl_dh *_Nonnull dh, cossl_octets x);

/// Makes a private key of twice the group's strength in bits (RFC 7919 5.2, NIST SP 800-56A 5.6.1.1.4).
bool cossl_dh_generate(cossl_dh *_Nonnull dh);

/// Writes the private key, the public key, the prime or the generator, `dh->length` bytes each.
bool cossl_dh_private(const cossl_dh *_Nonnull dh, void *_Nonnull out);
bool cossl_dh_public(cossl_dh *_Nonnull dh, void *_Nonnull out);
bool cossl_dh_prime(const cossl_dh *_Nonnull dh, void *_Nonnull out);
bool cossl_dh_generator(const cossl_dh *_Nonnull dh, void *_Nonnull out);

/// Writes the secret shared with a peer, `dh->length` bytes; zeros unless it returns COSSL_DH_DONE.
cossl_dh_status cossl_dh_derive(cossl_dh *_Nonnull dh, cossl_octets peer, void *_Nonnull out);

#endif
