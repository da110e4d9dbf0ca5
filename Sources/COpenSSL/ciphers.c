// Fetches EVP ciphers, each once for the process.
// SPDX-License-Identifier: Apache-2.0

#include "ciphers.h"

#include <stdatomic.h>

static struct {
  enum cossl_mode mode;
  size_t key_length;
  const char *name;
  _Atomic(EVP_CIPHER *) fetched;
} ciphers[] = {
    {.mode = COSSL_MODE_CBC, .key_length = 16, .name = "AES-128-CBC"},
    {.mode = COSSL_MODE_CBC, .key_length = 24, .name = "AES-192-CBC"},
    {.mode = COSSL_MODE_CBC, .key_length = 32, .name = "AES-256-CBC"},
    {.mode = COSSL_MODE_CTR, .key_length = 16, .name = "AES-128-CTR"},
    {.mode = COSSL_MODE_CTR, .key_length = 24, .name = "AES-192-CTR"},
    {.mode = COSSL_MODE_CTR, .key_length = 32, .name = "AES-256-CTR"},
};

const EVP_CIPHER *cossl_evp_cipher(enum cossl_mode mode, size_t key_length) {
  for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
    if (ciphers[i].mode != mode || ciphers[i].key_length != key_length) continue;
    EVP_CIPHER *known = atomic_load_explicit(&ciphers[i].fetched, memory_order_acquire);
    if (known != NULL) return known;
    // Fetched outside any lock: of two that come at once, the second keeps the first's. A failure is not remembered.
    EVP_CIPHER *cipher = cossl_libcrypto.EVP_CIPHER_fetch(NULL, ciphers[i].name, NULL);
    if (cipher == NULL) return NULL;
    if (atomic_compare_exchange_strong_explicit(
            &ciphers[i].fetched, &known, cipher, memory_order_acq_rel, memory_order_acquire)) {
      return cipher;
    }
    cossl_libcrypto.EVP_CIPHER_free(cipher);
    return known;
  }
  return NULL;
}
