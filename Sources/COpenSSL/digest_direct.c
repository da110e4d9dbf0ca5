// Contexts of the low-level digests: the whole state lies in one block, so that a clone is a copy of it.
// SPDX-License-Identifier: Apache-2.0

#include "digest.h"

#include <string.h>

// Per family: bytes of a word (the length of the message takes two), whether words are little-endian, and bytes of
// chaining words, which begin every state.
enum {
  WIDTH_MD5 = 4, LITTLE_MD5 = true, CHAIN_MD5 = 16,
  WIDTH_SHA1 = 4, LITTLE_SHA1 = false, CHAIN_SHA1 = 20,
  WIDTH_SHA256 = 4, LITTLE_SHA256 = false, CHAIN_SHA256 = 32,
  WIDTH_SHA512 = 8, LITTLE_SHA512 = false, CHAIN_SHA512 = 64,
  WIDTH_RIPEMD160 = 4, LITTLE_RIPEMD160 = true, CHAIN_RIPEMD160 = 20,
};

static void destroy(cossl_digest *digest) { cossl_release(digest, sizeof(struct cossl_direct_digest)); }

static cossl_digest *clone(const cossl_digest *digest) {
  struct cossl_direct_digest *copy = cossl_allocate(sizeof *copy);
  if (copy == NULL) return NULL;
  memcpy(copy, digest, sizeof *copy);
  return &copy->head;
}

// A one-shot pads and compresses by itself: libcrypto's update and final count what is buffered, and wipe a buffer
// that a one-shot never fills, for 15 ns of the 89 that 64 bytes of SHA-256 take. Every instruction between two
// messages counts more than its own time: it keeps the processor from beginning the next chain of compressions while
// this one ends. Hence no call for a length that the compiler could know, and only the words that are used. Callers
// pass constants, hence the inlining.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Swift runs on no big-endian Linux");
#define ALWAYS_INLINE static inline __attribute__((always_inline))

// Writes the padded end of a message of `length` bytes, whose last `rest` bytes fill no block; returns its length, one
// block or two (RFC 1321 3.1 and 3.2, FIPS 180-4 5.1).
ALWAYS_INLINE size_t pad(uint8_t *tail, const uint8_t *last, size_t rest, size_t length, size_t block, size_t width,
                         bool little) {
  const size_t size = rest + 1 + 2 * width > block ? 2 * block : block;
  memset(tail, 0, block);
  if (size > block) memset(tail + block, 0, block);
  if (rest > 0) memcpy(tail, last, rest);
  tail[rest] = 0x80;
  const uint64_t bits = little ? (uint64_t)length << 3 : __builtin_bswap64((uint64_t)length << 3);
  memcpy(tail + size - (little ? 2 * width : 8), &bits, 8);
  // Of a 128-bit length, the bits that shifting out of 64 would lose.
  if (width == 8) tail[size - 9] = (uint8_t)((uint64_t)length >> 61);
  return size;
}

// Writes the first `digest` bytes of the chaining words.
ALWAYS_INLINE void write_words(uint8_t *out, const void *state, size_t digest, size_t width, bool little) {
  const uint8_t *words = state;
  for (size_t i = 0; i < digest; i += width) {
    const size_t size = digest - i < width ? digest - i : width;
    if (width == 8) {
      uint64_t word;
      memcpy(&word, words + i, 8);
      if (!little) word = __builtin_bswap64(word);
      memcpy(out + i, &word, size);
    } else {
      uint32_t word;
      memcpy(&word, words + i, 4);
      if (!little) word = __builtin_bswap32(word);
      memcpy(out + i, &word, size);
    }
  }
}

#define COSSL_DEFINE(NAME, STATE, BLOCK, DIGEST, FAMILY) \
  static STATE *state_##NAME(cossl_digest *digest) { \
    return (STATE *)&((struct cossl_direct_digest *)digest)->state; \
  } \
  static bool init_##NAME(cossl_digest *digest) { \
    *state_##NAME(digest) = *(const STATE *)&((struct cossl_direct_digest *)digest)->empty; \
    return true; \
  } \
  static bool update_##NAME(cossl_digest *digest, const void *data, size_t length) { \
    return absorb_##NAME(state_##NAME(digest), data, length); \
  } \
  static bool final_##NAME(cossl_digest *digest, void *out, size_t out_length) { \
    return out_length == DIGEST && finish_##NAME(state_##NAME(digest), out); \
  } \
  static bool hash_##NAME(cossl_digest *digest, const void *data, size_t length, void *out, size_t out_length) { \
    STATE *state = state_##NAME(digest); \
    const size_t rest = length % BLOCK, whole = length - rest; \
    if (out_length != DIGEST) return false; \
    uint8_t tail[2 * BLOCK]; \
    const uint8_t *last = whole == 0 ? data : (const uint8_t *)data + whole; \
    const size_t size = pad(tail, last, rest, length, BLOCK, WIDTH_##FAMILY, LITTLE_##FAMILY); \
    bool done = true; \
    if (whole > 2 * BLOCK) { \
      done = init_##NAME(digest) && absorb_##NAME(state, data, whole); \
    } else { \
      memcpy(state, &((struct cossl_direct_digest *)digest)->empty, CHAIN_##FAMILY); \
      for (size_t i = 0; i < whole; i += BLOCK) { \
        cossl_libcrypto.FAMILY##_Transform(state, (const uint8_t *)data + i); \
      } \
    } \
    for (size_t i = 0; i < size; i += BLOCK) cossl_libcrypto.FAMILY##_Transform(state, tail + i); \
    write_words(out, state, DIGEST, WIDTH_##FAMILY, LITTLE_##FAMILY); \
    if (rest > 0) cossl_libcrypto.OPENSSL_cleanse(tail, rest); \
    return done; \
  } \
  static const struct cossl_digest_operations operations_##NAME = { \
      .hash = hash_##NAME, \
      .init = init_##NAME, \
      .update = update_##NAME, \
      .final = final_##NAME, \
      .clone = clone, \
      .destroy = destroy, \
      .algorithm = COSSL_##NAME, \
  };
COSSL_DIRECT_DIGESTS(COSSL_DEFINE)
#undef COSSL_DEFINE

cossl_digest *cossl_direct_digest_create(cossl_digest_algorithm algorithm) {
  const struct cossl_digest_operations *operations = NULL;
  union cossl_direct_state empty = {0};
  switch (algorithm) {
#define COSSL_CASE(NAME, STATE, BLOCK, DIGEST, FAMILY) \
  case COSSL_##NAME: \
    if (present_##NAME() && cossl_libcrypto.FAMILY##_Transform != NULL && start_##NAME((STATE *)&empty)) { \
      operations = &operations_##NAME; \
    } \
    break;
    COSSL_DIRECT_DIGESTS(COSSL_CASE)
#undef COSSL_CASE
    default: break;
  }
  struct cossl_direct_digest *direct = operations == NULL ? NULL : cossl_allocate(sizeof *direct);
  if (direct == NULL) return NULL;
  direct->head.operations = operations;
  direct->empty = empty;
  direct->state = empty;
  return &direct->head;
}
