// HMAC (RFC 2104) with a kept key: the key is hashed once, a message costs only its own blocks and one more.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_MAC_H
#define COSSL_MAC_H

#include "cossl_digest.h"

struct cossl_hmac_operations;

/// An HMAC in progress: the visible head of a context that one user at a time may touch.
typedef struct cossl_hmac {
  const struct cossl_hmac_operations *_Nonnull operations;
} cossl_hmac;

/// What an HMAC does. The inline functions below are the way to call it.
struct cossl_hmac_operations {
  bool (*_Nonnull set_key)(cossl_hmac *_Nonnull, const void *_Nullable key, size_t length);
  bool (*_Nonnull authenticate)(cossl_hmac *_Nonnull, const void *_Nullable data, size_t length, void *_Nonnull out,
                                size_t out_length);
  bool (*_Nonnull init)(cossl_hmac *_Nonnull);
  bool (*_Nonnull update)(cossl_hmac *_Nonnull, const void *_Nullable data, size_t length);
  bool (*_Nonnull final)(cossl_hmac *_Nonnull, void *_Nonnull out, size_t out_length);
  void (*_Nonnull destroy)(cossl_hmac *_Nonnull);
};

/// Makes a context without a key.
///
/// NULL when libcrypto cannot be opened, does not have the digest or has no memory, and for SHAKE, whose digest has no
/// length of its own.
cossl_hmac *_Nullable cossl_hmac_create(cossl_digest_algorithm algorithm);

/// Wipes and frees a context.
static inline void cossl_hmac_destroy(cossl_hmac *_Nonnull hmac) { hmac->operations->destroy(hmac); }

/// Takes a key of any length; one that is longer than the digest's block is hashed first.
///
/// Only the two chaining states that the key leads to are kept. When it fails there is no key.
static inline bool cossl_hmac_set_key(cossl_hmac *_Nonnull hmac, const void *_Nullable key, size_t length) {
  return hmac->operations->set_key(hmac, key, length);
}

/// One-shot: init, update and final. `out_length` is the digest's length; false for another one, or without a key.
static inline bool cossl_hmac_authenticate(cossl_hmac *_Nonnull hmac, const void *_Nullable data, size_t length,
                                           void *_Nonnull out, size_t out_length) {
  return hmac->operations->authenticate(hmac, data, length, out, out_length);
}

/// Begins a message; false without a key.
static inline bool cossl_hmac_init(cossl_hmac *_Nonnull hmac) { return hmac->operations->init(hmac); }

/// Adds bytes to the message.
static inline bool cossl_hmac_update(cossl_hmac *_Nonnull hmac, const void *_Nullable data, size_t length) {
  return hmac->operations->update(hmac, data, length);
}

/// Ends the message and writes its code. `out_length` as for `cossl_hmac_authenticate`.
static inline bool cossl_hmac_final(cossl_hmac *_Nonnull hmac, void *_Nonnull out, size_t out_length) {
  return hmac->operations->final(hmac, out, out_length);
}

#endif
