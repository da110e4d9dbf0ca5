// Fetches the EVP ciphers of the authenticated ciphers.
// SPDX-License-Identifier: Apache-2.0

#include "aead_ciphers.h"

// By key length: 16, 24 and 32 bytes.
#define COSSL_KEY_LENGTHS 3

static const char *const names[COSSL_AEAD_CIPHERS][COSSL_KEY_LENGTHS] = {
    [COSSL_AEAD_AES_GCM] = {"AES-128-GCM", "AES-192-GCM", "AES-256-GCM"},
    [COSSL_AEAD_AES_CCM] = {"AES-128-CCM", "AES-192-CCM", "AES-256-CCM"},
    [COSSL_AEAD_AES_OCB] = {"AES-128-OCB", "AES-192-OCB", "AES-256-OCB"},
    [COSSL_AEAD_AES_CBC] = {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC"},
    [COSSL_AEAD_AES_CTR] = {"AES-128-CTR", "AES-192-CTR", "AES-256-CTR"},
    [COSSL_AEAD_ARIA_GCM] = {"ARIA-128-GCM", "ARIA-192-GCM", "ARIA-256-GCM"},
    [COSSL_AEAD_ARIA_CCM] = {"ARIA-128-CCM", "ARIA-192-CCM", "ARIA-256-CCM"},
    [COSSL_AEAD_SM4_GCM] = {"SM4-GCM"},
    [COSSL_AEAD_SM4_CCM] = {"SM4-CCM"},
    [COSSL_AEAD_CHACHA20_POLY1305] = {NULL, NULL, "ChaCha20-Poly1305"},
};

static _Atomic(EVP_CIPHER *) fetched[COSSL_AEAD_CIPHERS][COSSL_KEY_LENGTHS];

static const EVP_CIPHER *fetch(enum cossl_aead_cipher cipher, size_t index) {
  if (names[cipher][index] == NULL) return NULL;
  return cossl_fetch_EVP_CIPHER(&fetched[cipher][index], names[cipher][index]);
}

const EVP_CIPHER *cossl_aead_cipher(enum cossl_aead_cipher cipher, size_t key_length) {
  if (key_length < 16 || key_length > 32 || key_length % 8 != 0) return NULL;
  return fetch(cipher, key_length / 8 - 2);
}

bool cossl_has_aead_cipher(enum cossl_aead_cipher cipher) {
  for (size_t index = COSSL_KEY_LENGTHS; index-- > 0;) {
    if (names[cipher][index] != NULL) return fetch(cipher, index) != NULL;
  }
  return false;
}
