// Ciphers on kept EVP contexts: one per direction where decrypting differs from encrypting, one where it does not.
// SPDX-License-Identifier: Apache-2.0

#include "include/cossl_cipher.h"

#include "cipher_methods.h"
#include "ciphers.h"
#include "include/cossl_library.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

struct cipher {
  cossl_cipher head;
  uint8_t block;
  // RFC 3686's, from the end of the key.
  uint8_t nonce[COSSL_RFC3686_NONCE];
  EVP_CIPHER_CTX *forward;
  // NULL where decrypting is encrypting.
  EVP_CIPHER_CTX *backward;
  // The block cipher by itself, for short messages in counter mode; NULL elsewhere.
  EVP_CIPHER_CTX *blocks;
  // The counter that the forward context of a counter mode has come to, where it is at the beginning of a block.
  uint8_t position[16];
  bool is_positioned;
};

static bool is_involution(cossl_cipher_mode mode) {
  return mode == COSSL_CTR || mode == COSSL_OFB || mode == COSSL_RFC3686 || mode == COSSL_STREAM;
}

static bool is_counter(cossl_cipher_mode mode) { return mode == COSSL_CTR || mode == COSSL_RFC3686; }

static uint8_t iv_length(cossl_cipher_base base, cossl_cipher_mode mode) {
  switch (mode) {
    case COSSL_ECB: return 0;
    case COSSL_RFC3686:
    case COSSL_KW: return COSSL_SHORT_IV;
    case COSSL_STREAM: return 16;
    default: return (uint8_t)cossl_cipher_block(base);
  }
}

// The longest key, which every libcrypto with the cipher has.
static size_t longest_key(cossl_cipher_base base, cossl_cipher_mode mode) {
  if (base == COSSL_SM4) return 16;
  if (base == COSSL_DES3_EDE) return 24;
  return mode == COSSL_XTS ? 64 : mode == COSSL_RFC3686 ? 32 + COSSL_RFC3686_NONCE : 32;
}

void cossl_cipher_destroy(cossl_cipher *head) {
  struct cipher *cipher = (struct cipher *)head;
  // The provider wipes its key as it frees its state.
  cossl_libcrypto.EVP_CIPHER_CTX_free(cipher->forward);
  cossl_libcrypto.EVP_CIPHER_CTX_free(cipher->backward);
  cossl_libcrypto.EVP_CIPHER_CTX_free(cipher->blocks);
  cossl_release(cipher, sizeof *cipher);
}

cossl_cipher *cossl_cipher_create(cossl_cipher_base base, cossl_cipher_mode mode) {
  // A libcrypto without the mode is found out here, before there is a key.
  if (!cossl_load(NULL, 0) || cossl_cipher_method(base, mode, longest_key(base, mode)) == NULL) return NULL;
  struct cipher *cipher = cossl_allocate(sizeof *cipher);
  if (cipher == NULL) return NULL;
  cipher->head.base = base;
  cipher->head.mode = mode;
  cipher->head.iv_length = iv_length(base, mode);
  cipher->block = (uint8_t)cossl_cipher_block(base);
  cipher->forward = cossl_libcrypto.EVP_CIPHER_CTX_new();
  const bool two = !is_involution(mode), counter = is_counter(mode);
  if (two) cipher->backward = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (counter) cipher->blocks = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (cipher->forward != NULL && (!two || cipher->backward != NULL) && (!counter || cipher->blocks != NULL)) {
    return &cipher->head;
  }
  cossl_cipher_destroy(&cipher->head);
  return NULL;
}

static bool set_key(EVP_CIPHER_CTX *context, const EVP_CIPHER *evp, const void *key, bool encrypting,
                    cossl_cipher_mode mode) {
  char cs3[] = "CS3";
  const OSSL_PARAM stealing[2] = {
      OSSL_PARAM_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE, cs3, sizeof cs3 - 1), OSSL_PARAM_END};
  const OSSL_PARAM *parameters = mode == COSSL_CTS ? stealing : NULL;
  if (cossl_libcrypto.EVP_CipherInit_ex2(context, evp, key, NULL, encrypting, parameters) != 1) return false;
  // Decrypting with padding keeps the last block back. Encrypting adds it at the end, which never comes here, and a
  // context without padding says so to the provider again at each IV, for 60 ns.
  return encrypting || cossl_libcrypto.EVP_CIPHER_CTX_set_padding(context, 0) == 1;
}

bool cossl_is_weak_triple_des(const void *key) {
  const uint8_t *bytes = key;
  // The lowest bit of each byte is its parity.
  const bool first = cossl_is_same(bytes, bytes + 8, 8, 0xfe), last = cossl_is_same(bytes + 8, bytes + 16, 8, 0xfe);
  return first || last;
}

static bool is_weak(const cossl_cipher *head, const uint8_t *key, size_t length) {
  if (head->base == COSSL_DES3_EDE) return cossl_is_weak_triple_des(key);
  return head->mode == COSSL_XTS && cossl_is_same(key, key + length / 2, length / 2, 0xff);
}

static bool set_block_key(struct cipher *cipher, const void *key, size_t length) {
  if (cipher->head.mode == COSSL_RFC3686) length -= COSSL_RFC3686_NONCE;
  const EVP_CIPHER *evp = cossl_cipher_method(cipher->head.base, COSSL_ECB, length);
  return evp != NULL && set_key(cipher->blocks, evp, key, true, COSSL_ECB);
}

cossl_cipher_status cossl_cipher_set_key(cossl_cipher *head, const void *key, size_t length) {
  struct cipher *cipher = (struct cipher *)head;
  const EVP_CIPHER *evp = cossl_cipher_method(head->base, head->mode, length);
  const bool weak = evp != NULL && is_weak(head, key, length);
  cipher->is_positioned = false;
  if (evp != NULL && !weak && set_key(cipher->forward, evp, key, true, head->mode)
      && (cipher->backward == NULL || set_key(cipher->backward, evp, key, false, head->mode))
      && (cipher->blocks == NULL || set_block_key(cipher, key, length))) {
    if (head->mode == COSSL_RFC3686) {
      memcpy(cipher->nonce, (const uint8_t *)key + length - COSSL_RFC3686_NONCE, COSSL_RFC3686_NONCE);
    }
    return COSSL_CIPHER_DONE;
  }
  cossl_libcrypto.EVP_CIPHER_CTX_reset(cipher->forward);
  if (cipher->backward != NULL) cossl_libcrypto.EVP_CIPHER_CTX_reset(cipher->backward);
  if (cipher->blocks != NULL) cossl_libcrypto.EVP_CIPHER_CTX_reset(cipher->blocks);
  return weak ? COSSL_CIPHER_WEAK_KEY : COSSL_CIPHER_FAILED;
}

// A 128-bit big-endian counter as two words; libcrypto has counter mode over blocks of that length alone.
struct counter {
  uint64_t high, low;
};

static struct counter load(const uint8_t *bytes) {
  struct counter counter;
  memcpy(&counter, bytes, sizeof counter);
  return (struct counter){__builtin_bswap64(counter.high), __builtin_bswap64(counter.low)};
}

static void store(uint8_t *bytes, struct counter counter) {
  const struct counter big = {__builtin_bswap64(counter.high), __builtin_bswap64(counter.low)};
  memcpy(bytes, &big, sizeof big);
}

// Adds modulo 2^128.
static struct counter add(struct counter counter, uint64_t blocks) {
  const uint64_t low = counter.low + blocks;
  return (struct counter){counter.high + (low < blocks), low};
}

static size_t blocks_of(size_t length, size_t block) { return length / block + (length % block != 0); }

static bool run(EVP_CIPHER_CTX *context, const uint8_t *iv, const void *in, size_t length, void *out) {
  return cossl_libcrypto.EVP_CipherInit_ex2(context, NULL, NULL, iv, -1, NULL) == 1
      && cossl_cipher_pieces(context, in, length, out);
}

// The modes whose next IV is a block of ciphertext, which ends at `end`.
static bool feed_back(EVP_CIPHER_CTX *context, bool encrypting, size_t block, size_t end, uint8_t *iv,
                      const uint8_t *in, size_t length, uint8_t *out) {
  // Kept before it is overwritten in place.
  uint8_t next[COSSL_MAX_CIPHER_BLOCK];
  const bool chained = end >= block;
  if (chained && !encrypting) memcpy(next, in + end - block, block);
  if (!run(context, iv, in, length, out)) return false;
  if (chained && encrypting) memcpy(next, out + end - block, block);
  if (chained) memcpy(iv, next, block);
  return true;
}

// The IV is the last block of key stream, which is what the text changes by.
static bool output_feedback(EVP_CIPHER_CTX *context, size_t block, uint8_t *iv, const uint8_t *in, size_t length,
                            uint8_t *out) {
  const size_t rest = length % block, whole = length - rest;
  uint8_t last[COSSL_MAX_CIPHER_BLOCK] = {0}, stream[COSSL_MAX_CIPHER_BLOCK] = {0};
  if (rest == 0 && whole > 0) memcpy(stream, in + whole - block, block);
  if (rest > 0) memcpy(last, in + whole, rest);
  if (!run(context, iv, in, whole, out)) return false;
  if (rest > 0) {
    memcpy(stream, last, block);
    // A whole block, of whose key stream the rest of the message takes the beginning.
    if (!cossl_cipher_pieces(context, last, block, last)) return false;
    memcpy(out + whole, last, rest);
  } else if (whole > 0) {
    memcpy(last, out + whole - block, block);
  }
  for (size_t i = 0; length > 0 && i < block; i++) iv[i] = last[i] ^ stream[i];
  cossl_libcrypto.OPENSSL_cleanse(last, sizeof last);
  cossl_libcrypto.OPENSSL_cleanse(stream, sizeof stream);
  return true;
}

// Up to so many bytes of counter blocks go through the cipher by itself: telling the context of a mode its IV takes
// nearly half of the time of such a message.
enum { SHORT_MESSAGE = 128 };

static bool count(struct cipher *cipher, uint8_t *iv, const uint8_t *in, size_t length, uint8_t *out) {
  const size_t blocks = blocks_of(length, 16);
  const struct counter first = load(iv), next = add(first, blocks);
  if (length > SHORT_MESSAGE) {
    // A stream that goes on where the one before ended: the context need not be told.
    const bool goes_on = cipher->is_positioned && memcmp(cipher->position, iv, sizeof cipher->position) == 0;
    cipher->is_positioned = false;
    if (goes_on ? !cossl_cipher_pieces(cipher->forward, in, length, out) : !run(cipher->forward, iv, in, length, out)) {
      return false;
    }
    store(cipher->position, next);
    cipher->is_positioned = length % 16 == 0;
  } else {
    uint8_t stream[SHORT_MESSAGE];
    for (size_t i = 0; i < blocks; i++) store(stream + 16 * i, add(first, i));
    if (!cossl_cipher_pieces(cipher->blocks, stream, 16 * blocks, stream)) return false;
    for (size_t i = 0; i < length; i++) out[i] = in[i] ^ stream[i];
    cossl_libcrypto.OPENSSL_cleanse(stream, 16 * blocks);
  }
  store(iv, next);
  return true;
}

static bool count_from_one(struct cipher *cipher, const uint8_t *iv, const void *in, size_t length, void *out) {
  uint8_t counter[16] = {0};
  memcpy(counter, cipher->nonce, COSSL_RFC3686_NONCE);
  memcpy(counter + COSSL_RFC3686_NONCE, iv, COSSL_SHORT_IV);
  // RFC 3686 section 4: the block counter begins at one.
  counter[15] = 1;
  return count(cipher, counter, in, length, out);
}

// RFC 3394 section 2.2.1: the initial value, and the number of times that every semiblock is gone over.
static const uint8_t initial_value[COSSL_SHORT_IV] = {0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6};
enum { WRAP_ROUNDS = 6 };

// One step: the register and semiblock `at` through the cipher, the step's number into the register.
static bool wrap_step(EVP_CIPHER_CTX *context, bool encrypting, uint8_t *block, uint8_t *at, uint64_t step) {
  uint8_t number[COSSL_SHORT_IV];
  for (int i = 0; i < COSSL_SHORT_IV; i++) number[i] = (uint8_t)(step >> (56 - 8 * i));
  for (int i = 0; !encrypting && i < COSSL_SHORT_IV; i++) block[i] ^= number[i];
  memcpy(block + COSSL_SHORT_IV, at, COSSL_SHORT_IV);
  if (!cossl_cipher_pieces(context, block, 2 * COSSL_SHORT_IV, block)) return false;
  memcpy(at, block + COSSL_SHORT_IV, COSSL_SHORT_IV);
  for (int i = 0; encrypting && i < COSSL_SHORT_IV; i++) block[i] ^= number[i];
  return true;
}

static cossl_cipher_status wrap(struct cipher *cipher, bool encrypting, uint8_t *iv, const void *in, size_t length,
                                uint8_t *out) {
  const uint64_t count = length / COSSL_SHORT_IV;
  uint8_t block[2 * COSSL_SHORT_IV];
  if (count < 2 || length % COSSL_SHORT_IV != 0) return COSSL_CIPHER_FAILED;
  memcpy(block, encrypting ? initial_value : iv, COSSL_SHORT_IV);
  if (out != in) memcpy(out, in, length);
  bool done = true;
  for (uint64_t i = 0; done && i < WRAP_ROUNDS * count; i++) {
    const uint64_t step = encrypting ? i + 1 : WRAP_ROUNDS * count - i;
    uint8_t *at = out + (step - 1) % count * COSSL_SHORT_IV;
    done = wrap_step(encrypting ? cipher->forward : cipher->backward, encrypting, block, at, step);
  }
  cossl_cipher_status status = done ? COSSL_CIPHER_DONE : COSSL_CIPHER_FAILED;
  if (done && encrypting) memcpy(iv, block, COSSL_SHORT_IV);
  if (done && !encrypting && !cossl_is_same(block, initial_value, COSSL_SHORT_IV, 0xff)) {
    status = COSSL_CIPHER_UNAUTHENTIC;
  }
  if (status != COSSL_CIPHER_DONE) cossl_libcrypto.OPENSSL_cleanse(out, length);
  cossl_libcrypto.OPENSSL_cleanse(block, sizeof block);
  return status;
}

// libcrypto carries a full counter over into the nonce, the kernel begins again: neither is a stream to go on with.
static cossl_cipher_status stream(struct cipher *cipher, uint8_t *iv, const void *in, size_t length, void *out) {
  const uint64_t counter = iv[0] | (uint64_t)iv[1] << 8 | (uint64_t)iv[2] << 16 | (uint64_t)iv[3] << 24;
  const uint64_t blocks = blocks_of(length, COSSL_CHACHA20_BLOCK), next = counter + blocks;
  if (next > UINT64_C(1) << 32) return COSSL_CIPHER_EXHAUSTED;
  if (!run(cipher->forward, iv, in, length, out)) return COSSL_CIPHER_FAILED;
  for (int i = 0; i < 4; i++) iv[i] = (uint8_t)(next >> 8 * i);
  return COSSL_CIPHER_DONE;
}

cossl_cipher_status cossl_cipher_crypt(cossl_cipher *head, bool encrypting, void *iv, const void *in, size_t length,
                                       void *out) {
  struct cipher *cipher = (struct cipher *)head;
  EVP_CIPHER_CTX *context = encrypting || cipher->backward == NULL ? cipher->forward : cipher->backward;
  const size_t block = cipher->block;
  const bool whole = length % block == 0;
  bool done = false;
  switch (head->mode) {
    case COSSL_ECB: done = whole && cossl_cipher_pieces(context, in, length, out); break;
    case COSSL_CBC:
      done = whole && (length == 0 || feed_back(context, encrypting, block, length, iv, in, length, out));
      break;
    case COSSL_CTR: done = count(cipher, iv, in, length, out); break;
    case COSSL_CFB:
      done = feed_back(context, encrypting, block, length - length % block, iv, in, length, out);
      break;
    case COSSL_OFB: done = output_feedback(context, block, iv, in, length, out); break;
    case COSSL_XTS: done = length >= block && run(context, iv, in, length, out); break;
    case COSSL_CTS:
      // The last block that CBC made is the last but one that is written, since CS3 always exchanges the two.
      done = length >= block
          && feed_back(context, encrypting, block, length == block ? block : (length - 1) / block * block, iv, in,
                       length, out);
      break;
    case COSSL_RFC3686: done = count_from_one(cipher, iv, in, length, out); break;
    case COSSL_KW: return wrap(cipher, encrypting, iv, in, length, out);
    case COSSL_STREAM: return stream(cipher, iv, in, length, out);
  }
  return done ? COSSL_CIPHER_DONE : COSSL_CIPHER_FAILED;
}
