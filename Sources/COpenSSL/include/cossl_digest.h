// Message digests with kept contexts: libcrypto's low-level functions where it has them, fetched EVP digests elsewhere.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_DIGEST_H
#define COSSL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A message digest. The numbers are part of the exported state's format: they never change.
typedef enum : uint8_t {
  COSSL_MD5 = 1,
  COSSL_SHA1 = 2,
  COSSL_SHA224 = 3,
  COSSL_SHA256 = 4,
  COSSL_SHA384 = 5,
  COSSL_SHA512 = 6,
  COSSL_SHA512_224 = 7,
  COSSL_SHA512_256 = 8,
  COSSL_RIPEMD160 = 9,
  COSSL_SHA3_224 = 10,
  COSSL_SHA3_256 = 11,
  COSSL_SHA3_384 = 12,
  COSSL_SHA3_512 = 13,
  COSSL_SHAKE128 = 14,
  COSSL_SHAKE256 = 15,
  COSSL_SM3 = 16,
  COSSL_BLAKE2B_512 = 17,
  COSSL_BLAKE2S_256 = 18,
} cossl_digest_algorithm;

struct cossl_digest_operations;

/// A digest in progress: the visible head of a context that one user at a time may touch.
typedef struct cossl_digest {
  const struct cossl_digest_operations *_Nonnull operations;
} cossl_digest;

/// Why a state was not imported.
typedef enum : uint8_t {
  /// It was imported.
  COSSL_STATE_VALID = 0,
  /// This digest has no serialised form (an EVP digest: its state is the provider's own).
  COSSL_STATE_UNSUPPORTED,
  /// It is not of the length that this digest's states have.
  COSSL_STATE_LENGTH,
  /// It does not begin as a state does, or is of another version.
  COSSL_STATE_FORMAT,
  /// It is another digest's.
  COSSL_STATE_ALGORITHM,
  /// Its length field or its buffered bytes contradict each other.
  COSSL_STATE_CONTENT,
} cossl_state_status;

/// What a digest does. The inline functions below are the way to call it.
struct cossl_digest_operations {
  bool (*_Nonnull hash)(cossl_digest *_Nonnull, const void *_Nullable data, size_t length, void *_Nullable out,
                        size_t out_length);
  bool (*_Nonnull init)(cossl_digest *_Nonnull);
  bool (*_Nonnull update)(cossl_digest *_Nonnull, const void *_Nullable data, size_t length);
  bool (*_Nonnull final)(cossl_digest *_Nonnull, void *_Nullable out, size_t out_length);
  cossl_digest *_Nullable (*_Nonnull clone)(const cossl_digest *_Nonnull);
  void (*_Nonnull destroy)(cossl_digest *_Nonnull);
  cossl_digest_algorithm algorithm;
};

/// Makes a context, ready for `cossl_digest_hash` or `cossl_digest_init`.
///
/// NULL when libcrypto cannot be opened, does not have the digest, or has no memory; its error queue says which.
cossl_digest *_Nullable cossl_digest_create(cossl_digest_algorithm algorithm);

/// Wipes and frees a context.
static inline void cossl_digest_destroy(cossl_digest *_Nonnull digest) { digest->operations->destroy(digest); }

/// A second context in the same state; NULL when there is no memory.
static inline cossl_digest *_Nullable cossl_digest_clone(const cossl_digest *_Nonnull digest) {
  return digest->operations->clone(digest);
}

/// One-shot: init, update and final on the kept context.
///
/// `out_length` is the digest's length in bytes, or any length for SHAKE; false for another one, or with libcrypto's
/// error on its queue.
static inline bool cossl_digest_hash(cossl_digest *_Nonnull digest, const void *_Nullable data, size_t length,
                                     void *_Nullable out, size_t out_length) {
  return digest->operations->hash(digest, data, length, out, out_length);
}

/// Begins a message, whatever the context did before.
static inline bool cossl_digest_init(cossl_digest *_Nonnull digest) { return digest->operations->init(digest); }

/// Adds bytes to the message.
static inline bool cossl_digest_update(cossl_digest *_Nonnull digest, const void *_Nullable data, size_t length) {
  return digest->operations->update(digest, data, length);
}

/// Ends the message and writes its digest. `out_length` as for `cossl_digest_hash`.
static inline bool cossl_digest_final(cossl_digest *_Nonnull digest, void *_Nullable out, size_t out_length) {
  return digest->operations->final(digest, out, out_length);
}

/// The length in bytes of a digest's exported state; 0 where it cannot be exported.
size_t cossl_digest_state_length(cossl_digest_algorithm algorithm);

/// Writes the state of a message in progress; `capacity` is at least `cossl_digest_state_length`.
///
/// The format, version 1, the same on every machine; integers are big-endian:
///
///     bytes           what
///     4               "WDHS"
///     1               1, the version
///     1               the cossl_digest_algorithm
///     2               0
///     words × width   the chaining words in the standard's order (width 4; SHA-384 and up: 8)
///     2 × width       the message's length so far, in bits
///     block           the (length / 8) mod block bytes that do not fill a block yet, then zeros
///
/// Words: MD5 4, SHA-1 and RIPEMD-160 5, SHA-2 8. The state reveals as much as the message: treat it alike.
bool cossl_digest_export(const cossl_digest *_Nonnull digest, void *_Nonnull out, size_t capacity);

/// Takes over an exported state; when it is refused the context is as before.
cossl_state_status cossl_digest_import(cossl_digest *_Nonnull digest, const void *_Nullable state, size_t length);

#endif
