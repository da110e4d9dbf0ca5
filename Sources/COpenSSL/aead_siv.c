// AES-SIV (RFC 5297) on AES-CBC, which makes its CMACs, and AES-CTR. libcrypto's own SIV wants the key again for each
// message and has no empty text.
// SPDX-License-Identifier: Apache-2.0

#include "aead.h"

#include <string.h>

struct siv {
  cossl_aead head;
  bool keyed;
  EVP_CIPHER_CTX *cbc, *ctr;
  // CMAC's two subkeys (SP 800-38B section 6.1), and the CMAC of a block of zeros, with which S2V begins.
  uint8_t k1[COSSL_BLOCK], k2[COSSL_BLOCK], start[COSSL_BLOCK];
};

static const uint8_t zeros[COSSL_BLOCK];

static void destroy(cossl_aead *head) {
  struct siv *siv = (struct siv *)head;
  cossl_libcrypto.EVP_CIPHER_CTX_free(siv->cbc);
  cossl_libcrypto.EVP_CIPHER_CTX_free(siv->ctr);
  cossl_release(siv, sizeof *siv);
}

// Multiplies by x in GF(2^128) with the polynomial x^128 + x^7 + x^2 + x + 1 (SP 800-38B section 5.3), in time that
// does not depend on the value.
static void twice(uint8_t block[static COSSL_BLOCK]) {
  const uint8_t carry = (uint8_t)-(block[0] >> 7);
  for (int i = 0; i < COSSL_BLOCK - 1; i++) block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
  block[COSSL_BLOCK - 1] = (uint8_t)(block[COSSL_BLOCK - 1] << 1) ^ (0x87 & carry);
}

static void add(uint8_t block[static COSSL_BLOCK], const uint8_t *other) {
  for (int i = 0; i < COSSL_BLOCK; i++) block[i] ^= other[i];
}

static bool mac_begin(struct siv *siv) {
  return cossl_libcrypto.EVP_CipherInit_ex2(siv->cbc, NULL, NULL, zeros, 1, NULL) == 1;
}

// Chains whole blocks that are not the last.
static bool mac_blocks(struct siv *siv, const uint8_t *data, size_t length) {
  uint8_t chain[64 * COSSL_BLOCK];
  bool is_done = true;
  while (is_done && length > 0) {
    const size_t size = length < sizeof chain ? length : sizeof chain;
    size_t written = 0;
    is_done = cossl_aead_update(siv->cbc, data, size, chain, &written) && written == size;
    data += size;
    length -= size;
  }
  cossl_libcrypto.OPENSSL_cleanse(chain, sizeof chain);
  return is_done;
}

// Chains the last 1 to 16 bytes, or none of an empty string.
static bool mac_end(struct siv *siv, const uint8_t *data, size_t length, uint8_t out[static COSSL_BLOCK]) {
  uint8_t block[COSSL_BLOCK] = {0};
  if (length > 0) memcpy(block, data, length);
  if (length < COSSL_BLOCK) block[length] = 0x80;
  add(block, length < COSSL_BLOCK ? siv->k2 : siv->k1);
  size_t written = 0;
  const bool is_done = cossl_aead_update(siv->cbc, block, COSSL_BLOCK, out, &written) && written == COSSL_BLOCK;
  cossl_libcrypto.OPENSSL_cleanse(block, sizeof block);
  return is_done;
}

static bool cmac(struct siv *siv, const uint8_t *data, size_t length, uint8_t out[static COSSL_BLOCK]) {
  const size_t whole = length == 0 ? 0 : (length - 1) / COSSL_BLOCK * COSSL_BLOCK;
  return mac_begin(siv) && mac_blocks(siv, data, whole)
      && mac_end(siv, whole == 0 ? data : data + whole, length - whole, out);
}

// Adds a component to S2V's sum.
static bool absorb(struct siv *siv, uint8_t sum[static COSSL_BLOCK], const uint8_t *data, size_t length) {
  uint8_t code[COSSL_BLOCK];
  if (!cmac(siv, data, length, code)) return false;
  twice(sum);
  add(sum, code);
  return true;
}

// RFC 5297 section 2.4: the text is the last component, to whose end the sum is added.
static bool finish(struct siv *siv, uint8_t sum[static COSSL_BLOCK], const uint8_t *text, size_t length,
                   uint8_t out[static COSSL_BLOCK]) {
  uint8_t tail[2 * COSSL_BLOCK] = {0};
  bool is_done;
  if (length >= COSSL_BLOCK) {
    // The sum lies over the last one or two blocks.
    const size_t head = (length - COSSL_BLOCK) / COSSL_BLOCK * COSSL_BLOCK;
    const size_t rest = length - head;
    memcpy(tail, text + head, rest);
    add(tail + rest - COSSL_BLOCK, sum);
    const size_t whole = rest == COSSL_BLOCK ? 0 : COSSL_BLOCK;
    is_done = mac_begin(siv) && mac_blocks(siv, text, head) && mac_blocks(siv, tail, whole)
        && mac_end(siv, tail + whole, rest - whole, out);
  } else {
    if (length > 0) memcpy(tail, text, length);
    tail[length] = 0x80;
    twice(sum);
    add(tail, sum);
    is_done = mac_begin(siv) && mac_end(siv, tail, COSSL_BLOCK, out);
  }
  cossl_libcrypto.OPENSSL_cleanse(tail, sizeof tail);
  return is_done;
}

static bool synthesize(struct siv *siv, const cossl_aead_parameters *parameters, const uint8_t *text, size_t length,
                       uint8_t out[static COSSL_BLOCK]) {
  uint8_t sum[COSSL_BLOCK];
  memcpy(sum, siv->start, sizeof sum);
  return siv->keyed && absorb(siv, sum, parameters->associated, parameters->associated_length)
      && (parameters->nonce_length == 0 || absorb(siv, sum, parameters->nonce, parameters->nonce_length))
      && finish(siv, sum, text, length, out);
}

static bool crypt(struct siv *siv, const uint8_t vector[static COSSL_BLOCK], const uint8_t *in, size_t length,
                  uint8_t *out) {
  uint8_t counter[COSSL_BLOCK];
  memcpy(counter, vector, sizeof counter);
  // RFC 5297 section 2.5: two bits are cleared, so that 32-bit and 64-bit counters do not overflow.
  counter[8] &= 0x7f;
  counter[12] &= 0x7f;
  size_t written = 0;
  return cossl_libcrypto.EVP_CipherInit_ex2(siv->ctr, NULL, NULL, counter, 1, NULL) == 1
      && cossl_aead_update(siv->ctr, in, length, out, &written) && written == length;
}

static bool make_subkeys(struct siv *siv) {
  size_t written = 0;
  if (!mac_begin(siv) || !cossl_aead_update(siv->cbc, zeros, COSSL_BLOCK, siv->k1, &written)
      || written != COSSL_BLOCK) {
    return false;
  }
  twice(siv->k1);
  memcpy(siv->k2, siv->k1, sizeof siv->k2);
  twice(siv->k2);
  return cmac(siv, zeros, COSSL_BLOCK, siv->start);
}

static cossl_key_status set_key(cossl_aead *head, const void *key, size_t length) {
  struct siv *siv = (struct siv *)head;
  const size_t half = length / 2;
  const EVP_CIPHER *cbc = cossl_aead_cipher(COSSL_AEAD_AES_CBC, half);
  const EVP_CIPHER *ctr = cossl_aead_cipher(COSSL_AEAD_AES_CTR, half);
  // The first half authenticates, the second encrypts (RFC 5297 section 2.6).
  siv->keyed = length % 2 == 0 && cbc != NULL && ctr != NULL
      && cossl_libcrypto.EVP_CipherInit_ex2(siv->cbc, cbc, key, zeros, 1, NULL) == 1
      && cossl_libcrypto.EVP_CipherInit_ex2(siv->ctr, ctr, (const uint8_t *)key + half, zeros, 1, NULL) == 1
      && make_subkeys(siv);
  if (siv->keyed) return COSSL_KEY_TAKEN;
  cossl_libcrypto.EVP_CIPHER_CTX_reset(siv->cbc);
  cossl_libcrypto.EVP_CIPHER_CTX_reset(siv->ctr);
  return COSSL_KEY_FAILED;
}

static bool seal_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in, size_t length,
                 uint8_t *out, uint8_t *tag, size_t tag_length) {
  struct siv *siv = (struct siv *)head;
  uint8_t vector[COSSL_BLOCK];
  if (tag_length != COSSL_BLOCK || !synthesize(siv, parameters, in, length, vector)
      || !crypt(siv, vector, in, length, out)) {
    return false;
  }
  memcpy(tag, vector, COSSL_BLOCK);
  return true;
}

static cossl_open_status open_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in,
                              size_t length, uint8_t *out, const uint8_t *tag, size_t tag_length) {
  struct siv *siv = (struct siv *)head;
  uint8_t given[COSSL_BLOCK], vector[COSSL_BLOCK];
  if (tag_length != COSSL_BLOCK || !siv->keyed) return COSSL_OPEN_FAILED;
  memcpy(given, tag, COSSL_BLOCK);
  if (!crypt(siv, given, in, length, out) || !synthesize(siv, parameters, out, length, vector)) {
    return COSSL_OPEN_FAILED;
  }
  const bool is_equal = cossl_libcrypto.CRYPTO_memcmp(vector, given, COSSL_BLOCK) == 0;
  cossl_libcrypto.OPENSSL_cleanse(vector, sizeof vector);
  return is_equal ? COSSL_OPENED : COSSL_UNAUTHENTIC;
}

static const struct cossl_aead_operations operations = {
    .set_key = set_key,
    .seal = seal_message,
    .open = open_message,
    .destroy = destroy,
};

cossl_aead *cossl_siv_create(void) {
  if (!cossl_has_aead_cipher(COSSL_AEAD_AES_CBC) || !cossl_has_aead_cipher(COSSL_AEAD_AES_CTR)) return NULL;
  struct siv *siv = cossl_allocate(sizeof *siv);
  if (siv == NULL) return NULL;
  siv->head.operations = &operations;
  siv->cbc = cossl_libcrypto.EVP_CIPHER_CTX_new();
  siv->ctr = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (siv->cbc != NULL && siv->ctr != NULL) return &siv->head;
  destroy(&siv->head);
  return NULL;
}
