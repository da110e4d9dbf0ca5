// libcrypto's low-level digests as one typed shape: start, absorb, finish on a plain C state that memcpy may copy.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_DIRECT_H
#define COSSL_DIRECT_H

#include "include/cossl_digest.h"

#include "symbols.h"

// The low-level functions, deprecated in favour of EVP, are the only ones with neither an allocation nor a fetch behind
// them, and the only ones whose state the headers give: half of EVP's time for 64 bytes, and exportable.
//
// X(NAME, state type, block length, digest length, family); COSSL_NAME is the algorithm. The family has the compression
// function, the words' width and their byte order.
#define COSSL_DIRECT_DIGESTS(X) \
  X(MD5, MD5_CTX, 64, 16, MD5) \
  X(SHA1, SHA_CTX, 64, 20, SHA1) \
  X(SHA224, SHA256_CTX, 64, 28, SHA256) \
  X(SHA256, SHA256_CTX, 64, 32, SHA256) \
  X(SHA384, SHA512_CTX, 128, 48, SHA512) \
  X(SHA512, SHA512_CTX, 128, 64, SHA512) \
  X(SHA512_224, SHA512_CTX, 128, 28, SHA512) \
  X(SHA512_256, SHA512_CTX, 128, 32, SHA512) \
  X(RIPEMD160, RIPEMD160_CTX, 64, 20, RIPEMD160)

#define COSSL_DIRECT_MAX_BLOCK 128
#define COSSL_DIRECT_MAX_DIGEST 64

union cossl_direct_state {
  MD5_CTX md5;
  SHA_CTX sha1;
  SHA256_CTX sha256;
  SHA512_CTX sha512;
  RIPEMD160_CTX ripemd160;
};

#define COSSL_DIRECT_FUNCTIONS(NAME, STATE) \
  static inline bool present_##NAME(void) { \
    return cossl_libcrypto.NAME##_Init != NULL && cossl_libcrypto.NAME##_Update != NULL \
        && cossl_libcrypto.NAME##_Final != NULL; \
  } \
  static inline bool start_##NAME(STATE *state) { return cossl_libcrypto.NAME##_Init(state) == 1; } \
  static inline bool absorb_##NAME(STATE *state, const void *data, size_t length) { \
    return cossl_libcrypto.NAME##_Update(state, data, length) == 1; \
  } \
  static inline bool finish_##NAME(STATE *state, unsigned char *out) { \
    return cossl_libcrypto.NAME##_Final(out, state) == 1; \
  }

COSSL_DIRECT_FUNCTIONS(MD5, MD5_CTX)
COSSL_DIRECT_FUNCTIONS(SHA1, SHA_CTX)
COSSL_DIRECT_FUNCTIONS(SHA224, SHA256_CTX)
COSSL_DIRECT_FUNCTIONS(SHA256, SHA256_CTX)
COSSL_DIRECT_FUNCTIONS(SHA384, SHA512_CTX)
COSSL_DIRECT_FUNCTIONS(SHA512, SHA512_CTX)
COSSL_DIRECT_FUNCTIONS(RIPEMD160, RIPEMD160_CTX)
#undef COSSL_DIRECT_FUNCTIONS

// SHA-512/t is SHA-512 with other initial words (FIPS 180-4, 5.3.6) and a cut digest, which SHA512_Final makes from
// `md_len`; libcrypto exports no init of theirs.
static inline bool start_SHA512_t(SHA512_CTX *state, const uint64_t words[static 8], unsigned length) {
  if (cossl_libcrypto.SHA512_Init(state) != 1) return false;
  for (int i = 0; i < 8; i++) state->h[i] = words[i];
  state->md_len = length;
  return true;
}

static inline bool start_SHA512_224(SHA512_CTX *state) {
  static const uint64_t words[8] = {
      0x8c3d37c819544da2, 0x73e1996689dcd4d6, 0x1dfab7ae32ff9c82, 0x679dd514582f9fcf,
      0x0f6d2b697bd44da8, 0x77e36f7304c48942, 0x3f9d85a86a1d36c8, 0x1112e6ad91d692a1,
  };
  return start_SHA512_t(state, words, 28);
}

static inline bool start_SHA512_256(SHA512_CTX *state) {
  static const uint64_t words[8] = {
      0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
      0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2,
  };
  return start_SHA512_t(state, words, 32);
}

static inline bool present_SHA512_224(void) { return present_SHA512(); }
static inline bool present_SHA512_256(void) { return present_SHA512(); }
static inline bool absorb_SHA512_224(SHA512_CTX *state, const void *data, size_t length) {
  return absorb_SHA512(state, data, length);
}
static inline bool absorb_SHA512_256(SHA512_CTX *state, const void *data, size_t length) {
  return absorb_SHA512(state, data, length);
}
static inline bool finish_SHA512_224(SHA512_CTX *state, unsigned char *out) { return finish_SHA512(state, out); }
static inline bool finish_SHA512_256(SHA512_CTX *state, unsigned char *out) { return finish_SHA512(state, out); }

#endif
