// Modes of AES on kept EVP contexts: one per direction for CBC, whose key schedules differ, and one for CTR.
// SPDX-License-Identifier: Apache-2.0

#include "include/cossl_cipher.h"

#include "ciphers.h"
#include "include/cossl_library.h"

#include <string.h>

struct cipher {
  cossl_cipher head;
  EVP_CIPHER_CTX *forward;
  // NULL for CTR, which decrypts as it encrypts.
  EVP_CIPHER_CTX *backward;
};

static enum cossl_mode mode_of(cossl_cipher_algorithm algorithm) {
  return algorithm == COSSL_CBC_AES ? COSSL_MODE_CBC : COSSL_MODE_CTR;
}

void cossl_cipher_destroy(cossl_cipher *head) {
  struct cipher *cipher = (struct cipher *)head;
  // The provider wipes its key as it frees its state.
  cossl_libcrypto.EVP_CIPHER_CTX_free(cipher->forward);
  cossl_libcrypto.EVP_CIPHER_CTX_free(cipher->backward);
  cossl_release(cipher, sizeof *cipher);
}

cossl_cipher *cossl_cipher_create(cossl_cipher_algorithm algorithm) {
  // A libcrypto without the mode is found out here, before there is a key.
  if (!cossl_load(NULL, 0) || cossl_evp_cipher(mode_of(algorithm), 32) == NULL) return NULL;
  struct cipher *cipher = cossl_allocate(sizeof *cipher);
  if (cipher == NULL) return NULL;
  cipher->head.algorithm = algorithm;
  cipher->forward = cossl_libcrypto.EVP_CIPHER_CTX_new();
  const bool two = algorithm == COSSL_CBC_AES;
  if (two) cipher->backward = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (cipher->forward != NULL && (!two || cipher->backward != NULL)) return &cipher->head;
  cossl_cipher_destroy(&cipher->head);
  return NULL;
}

static bool set_key(EVP_CIPHER_CTX *context, const EVP_CIPHER *evp, const void *key, bool encrypting) {
  if (cossl_libcrypto.EVP_CipherInit_ex2(context, evp, key, NULL, encrypting, NULL) != 1) return false;
  // Decrypting with padding keeps the last block back. Encrypting adds it at the end, which never comes here, and a
  // context without padding says so to the provider again at each IV, for 60 ns.
  return encrypting || cossl_libcrypto.EVP_CIPHER_CTX_set_padding(context, 0) == 1;
}

bool cossl_cipher_set_key(cossl_cipher *head, const void *key, size_t length) {
  struct cipher *cipher = (struct cipher *)head;
  const EVP_CIPHER *evp = cossl_evp_cipher(mode_of(head->algorithm), length);
  if (evp != NULL && set_key(cipher->forward, evp, key, true)
      && (cipher->backward == NULL || set_key(cipher->backward, evp, key, false))) {
    return true;
  }
  cossl_libcrypto.EVP_CIPHER_CTX_reset(cipher->forward);
  if (cipher->backward != NULL) cossl_libcrypto.EVP_CIPHER_CTX_reset(cipher->backward);
  return false;
}

// Adds to a 128-bit big-endian counter, modulo 2^128.
static void advance(uint8_t counter[static COSSL_AES_BLOCK], size_t blocks) {
  uint64_t carry = blocks;
  for (int i = COSSL_AES_BLOCK - 1; i >= 0 && carry > 0; i--) {
    const uint64_t low = counter[i] + (carry & 0xff);
    counter[i] = (uint8_t)low;
    carry = (carry >> 8) + (low >> 8);
  }
}

static bool run(EVP_CIPHER_CTX *context, const uint8_t *iv, const void *in, size_t length, void *out) {
  return cossl_libcrypto.EVP_CipherInit_ex2(context, NULL, NULL, iv, -1, NULL) == 1
      && cossl_cipher_pieces(context, in, length, out);
}

bool cossl_cipher_crypt(cossl_cipher *head, bool encrypting, void *iv, const void *in, size_t length, void *out) {
  struct cipher *cipher = (struct cipher *)head;
  if (head->algorithm == COSSL_CTR_AES) {
    if (!run(cipher->forward, iv, in, length, out)) return false;
    advance(iv, length / COSSL_AES_BLOCK + (length % COSSL_AES_BLOCK != 0));
    return true;
  }
  if (length % COSSL_AES_BLOCK != 0) return false;
  if (length == 0) return true;
  if (encrypting) {
    if (!run(cipher->forward, iv, in, length, out)) return false;
    memcpy(iv, (const uint8_t *)out + length - COSSL_AES_BLOCK, COSSL_AES_BLOCK);
    return true;
  }
  // Kept before it is overwritten in place.
  uint8_t next[COSSL_AES_BLOCK];
  memcpy(next, (const uint8_t *)in + length - COSSL_AES_BLOCK, COSSL_AES_BLOCK);
  if (!run(cipher->backward, iv, in, length, out)) return false;
  memcpy(iv, next, COSSL_AES_BLOCK);
  return true;
}
