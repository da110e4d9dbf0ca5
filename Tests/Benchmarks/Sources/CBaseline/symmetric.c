// libcrypto's ciphers and MACs with a kept key, as a C programmer uses them who cares for speed.
// SPDX-License-Identifier: Apache-2.0

#include "CBaseline.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>

static void require(int holds) {
  if (!holds) abort();
}

void baseline_ctr(const void *key, const void *iv, const void *data, size_t length, void *out, size_t count) {
  static EVP_CIPHER_CTX *context;
  if (context == NULL) {
    context = EVP_CIPHER_CTX_new();
    require(EVP_EncryptInit_ex(context, EVP_CIPHER_fetch(NULL, "AES-128-CTR", NULL), NULL, key, NULL));
  }
  for (size_t i = 0; i < count; i++) {
    int written;
    require(EVP_EncryptInit_ex(context, NULL, NULL, NULL, iv));
    require(EVP_EncryptUpdate(context, out, &written, data, (int)length));
  }
}

void baseline_cmac(const void *key, const void *data, size_t length, void *tag, size_t count) {
  static EVP_MAC_CTX *context;
  if (context == NULL) {
    context = EVP_MAC_CTX_new(EVP_MAC_fetch(NULL, "CMAC", NULL));
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, (char *)"AES-128-CBC", 0),
        OSSL_PARAM_construct_end()};
    require(EVP_MAC_init(context, key, 16, parameters));
  }
  for (size_t i = 0; i < count; i++) {
    size_t written;
    require(EVP_MAC_init(context, NULL, 0, NULL));
    require(EVP_MAC_update(context, data, length));
    require(EVP_MAC_final(context, tag, &written, 16));
  }
}
