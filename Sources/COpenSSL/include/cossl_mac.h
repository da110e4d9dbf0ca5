// Message authentication codes with a kept key.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_MAC_H
#define COSSL_MAC_H

#include "cossl_cipher.h"
#include "cossl_digest.h"

/// A MAC that is none over a hash.
typedef enum : uint8_t {
  /// SP 800-38B over AES, keys of 16, 24 or 32 bytes, tags of 16.
  COSSL_CMAC_AES = 1,
  /// SP 800-38B over triple DES, keys of 24 bytes, tags of 8.
  COSSL_CMAC_DES3_EDE = 2,
  /// SP 800-38B's mode over Camellia, keys of 16, 24 or 32 bytes, tags of 16.
  COSSL_CMAC_CAMELLIA = 3,
  /// SP 800-38D: GCM with nothing to encrypt; a nonce for each message, tags of 16 bytes.
  COSSL_GMAC_AES = 4,
  /// RFC 8439 section 2.5: a key of 32 bytes for each message, tags of 16.
  COSSL_POLY1305 = 5,
  /// SipHash-2-4, keys of 16 bytes, tags of 8 or 16.
  COSSL_SIPHASH = 6,
  /// SP 800-185 section 4: tags of any length, which changes the whole tag.
  COSSL_KMAC128 = 7,
  COSSL_KMAC256 = 8,
  /// SP 800-185 section 4.3.1: shorter tags are the beginnings of longer ones.
  COSSL_KMAC_XOF128 = 9,
  COSSL_KMAC_XOF256 = 10,
  /// RFC 7693 with a key: of 1 to 64 bytes and tags as long of BLAKE2b, of 1 to 32 of BLAKE2s.
  COSSL_BLAKE2B_MAC = 11,
  COSSL_BLAKE2S_MAC = 12,
} cossl_mac_algorithm;

/// What a MAC is told before it gets its key; pointers are read during the call only.
typedef struct cossl_mac_parameters {
  /// Bytes of tag that `cossl_mac_final` will be asked for.
  size_t tag_length;
  /// KMAC's customization string, BLAKE2's personalization.
  const void *_Nullable customization;
  size_t customization_length;
  /// BLAKE2's.
  const void *_Nullable salt;
  size_t salt_length;
} cossl_mac_parameters;

struct cossl_mac_operations;

/// A MAC in progress: the visible head of a context that one user at a time may touch.
typedef struct cossl_mac {
  const struct cossl_mac_operations *_Nonnull operations;
} cossl_mac;

/// What a MAC does. The inline functions below are the way to call it.
struct cossl_mac_operations {
  bool (*_Nonnull set_key)(cossl_mac *_Nonnull, const void *_Nullable key, size_t length);
  bool (*_Nonnull authenticate)(cossl_mac *_Nonnull, const void *_Nullable data, size_t length, void *_Nonnull out,
                                size_t out_length);
  bool (*_Nonnull init)(cossl_mac *_Nonnull);
  bool (*_Nonnull update)(cossl_mac *_Nonnull, const void *_Nullable data, size_t length);
  bool (*_Nonnull final)(cossl_mac *_Nonnull, void *_Nonnull out, size_t out_length);
  void (*_Nonnull destroy)(cossl_mac *_Nonnull);
  /// NULL where there is nothing to be told.
  bool (*_Nullable configure)(cossl_mac *_Nonnull, const cossl_mac_parameters *_Nonnull);
  /// NULL where messages have no nonce.
  bool (*_Nullable set_iv)(cossl_mac *_Nonnull, const void *_Nullable iv, size_t length);
};

/// Makes a context of HMAC (RFC 2104) without a key: a key is hashed once, a message costs its own blocks and one more.
///
/// NULL when libcrypto cannot be opened, does not have the digest or has no memory, and for SHAKE, whose digest has no
/// length of its own.
cossl_mac *_Nullable cossl_hmac_create(cossl_digest_algorithm algorithm);

/// Makes a context of another MAC without a key.
///
/// NULL when libcrypto cannot be opened, does not have the MAC or has no memory.
cossl_mac *_Nullable cossl_mac_create(cossl_mac_algorithm algorithm);

/// Wipes and frees a context.
static inline void cossl_mac_destroy(cossl_mac *_Nonnull mac) { mac->operations->destroy(mac); }

/// Tells the MAC what it needs besides a key. False where there is nothing to be told.
static inline bool cossl_mac_configure(cossl_mac *_Nonnull mac, const cossl_mac_parameters *_Nonnull parameters) {
  return mac->operations->configure != NULL && mac->operations->configure(mac, parameters);
}

/// Takes a key. When it fails there is no key.
///
/// HMAC takes any length, of which one that is longer than the digest's block is hashed first; of the others, false for
/// a length that they do not have, and for triple DES whose first or last two keys are equal but for parity.
static inline bool cossl_mac_set_key(cossl_mac *_Nonnull mac, const void *_Nullable key, size_t length) {
  return mac->operations->set_key(mac, key, length);
}

/// Sets the nonce of the messages that follow. False where they have none, or for a length that is none of the MAC's.
static inline bool cossl_mac_set_iv(cossl_mac *_Nonnull mac, const void *_Nullable iv, size_t length) {
  return mac->operations->set_iv != NULL && mac->operations->set_iv(mac, iv, length);
}

/// One-shot: init, update and final. False for an `out_length` that the MAC does not have, and without a key.
static inline bool cossl_mac_authenticate(cossl_mac *_Nonnull mac, const void *_Nullable data, size_t length,
                                          void *_Nonnull out, size_t out_length) {
  return mac->operations->authenticate(mac, data, length, out, out_length);
}

/// Begins a message; false without a key.
static inline bool cossl_mac_init(cossl_mac *_Nonnull mac) { return mac->operations->init(mac); }

/// Adds bytes to the message.
static inline bool cossl_mac_update(cossl_mac *_Nonnull mac, const void *_Nullable data, size_t length) {
  return mac->operations->update(mac, data, length);
}

/// Ends the message and writes its code. `out_length` as for `cossl_mac_authenticate`.
static inline bool cossl_mac_final(cossl_mac *_Nonnull mac, void *_Nonnull out, size_t out_length) {
  return mac->operations->final(mac, out, out_length);
}

#endif
