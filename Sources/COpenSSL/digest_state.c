// Exports and imports the state of the low-level digests, in the format that cossl_digest.h documents.
// SPDX-License-Identifier: Apache-2.0

#include "digest.h"

#include <string.h>

// Where a state keeps what the format carries: all widths and offsets in bytes.
struct layout {
  uint8_t width;
  uint8_t words;
  uint8_t block;
  size_t length_low;
  size_t length_high;
  size_t buffer;
  size_t buffered;
};

#define LAYOUT(STATE, FIRST, LAST, WIDTH, WORDS, BLOCK, BUFFER) \
  { \
    .width = WIDTH, .words = WORDS, .block = BLOCK, .length_low = offsetof(STATE, Nl), \
    .length_high = offsetof(STATE, Nh), .buffer = offsetof(STATE, BUFFER), .buffered = offsetof(STATE, num), \
  }
// The chaining words begin the state and lie one after the other; the numbers are as wide as the format has them.
#define CHECK(STATE, FIRST, LAST, WIDTH, WORDS, BLOCK, BUFFER) \
  _Static_assert(offsetof(STATE, FIRST) == 0, "chaining words of " #STATE); \
  _Static_assert(offsetof(STATE, LAST) == (WORDS - 1) * WIDTH, "chaining words of " #STATE); \
  _Static_assert(sizeof(((STATE *)0)->Nl) == WIDTH && sizeof(((STATE *)0)->Nh) == WIDTH, "length of " #STATE); \
  _Static_assert(sizeof(((STATE *)0)->BUFFER) == BLOCK, "buffer of " #STATE); \
  _Static_assert(sizeof(((STATE *)0)->num) == sizeof(unsigned), "buffered count of " #STATE);

#define LAYOUT_MD5(X) X(MD5_CTX, A, D, 4, 4, 64, data)
#define LAYOUT_SHA1(X) X(SHA_CTX, h0, h4, 4, 5, 64, data)
#define LAYOUT_SHA256(X) X(SHA256_CTX, h[0], h[7], 4, 8, 64, data)
#define LAYOUT_SHA512(X) X(SHA512_CTX, h[0], h[7], 8, 8, 128, u)
#define LAYOUT_RIPEMD160(X) X(RIPEMD160_CTX, A, E, 4, 5, 64, data)

LAYOUT_MD5(CHECK)
LAYOUT_SHA1(CHECK)
LAYOUT_SHA256(CHECK)
LAYOUT_SHA512(CHECK)
LAYOUT_RIPEMD160(CHECK)

static const struct layout *layout_of(cossl_digest_algorithm algorithm) {
  static const struct layout md5 = LAYOUT_MD5(LAYOUT), sha1 = LAYOUT_SHA1(LAYOUT), sha256 = LAYOUT_SHA256(LAYOUT),
                             sha512 = LAYOUT_SHA512(LAYOUT), ripemd160 = LAYOUT_RIPEMD160(LAYOUT);
  switch (algorithm) {
    case COSSL_MD5: return &md5;
    case COSSL_SHA1: return &sha1;
    case COSSL_SHA224:
    case COSSL_SHA256: return &sha256;
    case COSSL_SHA384:
    case COSSL_SHA512:
    case COSSL_SHA512_224:
    case COSSL_SHA512_256: return &sha512;
    case COSSL_RIPEMD160: return &ripemd160;
    default: return NULL;
  }
}

enum { HEADER = 8, VERSION = 1 };

static void write_header(uint8_t *out, cossl_digest_algorithm algorithm) {
  memcpy(out, "WDHS", 4);
  out[4] = VERSION;
  out[5] = algorithm;
  out[6] = out[7] = 0;
}

// Writes a state's native integer of `width` bytes in big-endian order.
static uint8_t *put(uint8_t *out, const void *native, uint8_t width) {
  uint64_t value = 0;
  if (width == 4) {
    uint32_t narrow;
    memcpy(&narrow, native, sizeof narrow);
    value = narrow;
  } else {
    memcpy(&value, native, sizeof value);
  }
  for (int i = width - 1; i >= 0; i--, value >>= 8) out[i] = (uint8_t)value;
  return out + width;
}

// Reads what `put` wrote into a state's native integer; returns its value.
static uint64_t take(const uint8_t *in, void *native, uint8_t width) {
  uint64_t value = 0;
  for (uint8_t i = 0; i < width; i++) value = value << 8 | in[i];
  const uint32_t narrow = (uint32_t)value;
  memcpy(native, width == 4 ? (const void *)&narrow : (const void *)&value, width);
  return value;
}

static size_t state_length(const struct layout *layout) {
  return HEADER + (size_t)(layout->words + 2) * layout->width + layout->block;
}

size_t cossl_digest_state_length(cossl_digest_algorithm algorithm) {
  const struct layout *layout = layout_of(algorithm);
  return layout == NULL ? 0 : state_length(layout);
}

bool cossl_digest_export(const cossl_digest *digest, void *out, size_t capacity) {
  const cossl_digest_algorithm algorithm = digest->operations->algorithm;
  const struct layout *layout = layout_of(algorithm);
  if (layout == NULL || capacity < state_length(layout)) return false;
  const char *state = (const char *)&((const struct cossl_direct_digest *)digest)->state;
  write_header(out, algorithm);
  uint8_t *next = (uint8_t *)out + HEADER;
  for (uint8_t i = 0; i < layout->words; i++) {
    next = put(next, state + i * layout->width, layout->width);
  }
  next = put(next, state + layout->length_high, layout->width);
  next = put(next, state + layout->length_low, layout->width);
  unsigned buffered;
  memcpy(&buffered, state + layout->buffered, sizeof buffered);
  memcpy(next, state + layout->buffer, buffered);
  memset(next + buffered, 0, layout->block - buffered);
  return true;
}

cossl_state_status cossl_digest_import(cossl_digest *digest, const void *state, size_t length) {
  const cossl_digest_algorithm algorithm = digest->operations->algorithm;
  const struct layout *layout = layout_of(algorithm);
  if (layout == NULL) return COSSL_STATE_UNSUPPORTED;
  if (length != state_length(layout)) return COSSL_STATE_LENGTH;
  const uint8_t *in = state;
  uint8_t header[HEADER];
  write_header(header, in[5]);
  if (memcmp(in, header, sizeof header) != 0) return COSSL_STATE_FORMAT;
  if (in[5] != algorithm) return COSSL_STATE_ALGORITHM;

  // The empty state has what the format does not carry (the digest's length); it replaces the old one when all is well.
  struct cossl_direct_digest *direct = (struct cossl_direct_digest *)digest;
  union cossl_direct_state imported = direct->empty;
  char *words = (char *)&imported;
  const uint8_t *next = in + HEADER;
  for (uint8_t i = 0; i < layout->words; i++, next += layout->width) {
    take(next, words + i * layout->width, layout->width);
  }
  take(next, words + layout->length_high, layout->width);
  next += layout->width;
  const uint64_t bits = take(next, words + layout->length_low, layout->width);
  next += layout->width;
  // Whole bytes only; a block is a power of two, so the high half of the length has no say in what is buffered.
  const unsigned buffered = (unsigned)(bits / 8 % layout->block);
  bool valid = bits % 8 == 0;
  for (unsigned i = buffered; i < layout->block; i++) valid = valid && next[i] == 0;
  if (valid) {
    memcpy(words + layout->buffer, next, buffered);
    memcpy(words + layout->buffered, &buffered, sizeof buffered);
    direct->state = imported;
  }
  cossl_libcrypto.OPENSSL_cleanse(&imported, sizeof imported);
  return valid ? COSSL_STATE_VALID : COSSL_STATE_CONTENT;
}
