// libcrypto as a C programmer uses it who cares for speed.
// SPDX-License-Identifier: Apache-2.0

#define OPENSSL_SUPPRESS_DEPRECATED
#include "CBaseline.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

static void require(int holds) {
  if (!holds) abort();
}

void baseline_fetch(size_t count) {
  for (size_t i = 0; i < count; i++) {
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    require(md != NULL);
    EVP_MD_free(md);
  }
}

void baseline_sha256(const void *data, size_t length, void *digest, size_t count) {
  static SHA256_CTX context;
  for (size_t i = 0; i < count; i++) {
    SHA256_Init(&context);
    SHA256_Update(&context, data, length);
    SHA256_Final(digest, &context);
  }
}

void baseline_evp_sha256(const void *data, size_t length, void *digest, size_t count) {
  static EVP_MD_CTX *context;
  if (context == NULL) {
    context = EVP_MD_CTX_new();
    require(EVP_DigestInit_ex2(context, EVP_MD_fetch(NULL, "SHA2-256", NULL), NULL));
  }
  for (size_t i = 0; i < count; i++) {
    require(EVP_DigestInit_ex2(context, NULL, NULL));
    require(EVP_DigestUpdate(context, data, length));
    require(EVP_DigestFinal_ex(context, digest, NULL));
  }
}

void baseline_hmac(const void *key, size_t key_length, const void *data, size_t length, void *tag, size_t count) {
  static EVP_MAC_CTX *context;
  if (context == NULL) {
    context = EVP_MAC_CTX_new(EVP_MAC_fetch(NULL, "HMAC", NULL));
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0), OSSL_PARAM_construct_end()};
    require(EVP_MAC_init(context, key, key_length, parameters));
  }
  for (size_t i = 0; i < count; i++) {
    size_t written;
    require(EVP_MAC_init(context, NULL, 0, NULL));
    require(EVP_MAC_update(context, data, length));
    require(EVP_MAC_final(context, tag, &written, 32));
  }
}

static void seal(EVP_CIPHER_CTX *context, const void *nonce, const void *data, size_t length, unsigned char *out) {
  int written;
  require(EVP_EncryptInit_ex(context, NULL, NULL, NULL, nonce));
  require(EVP_EncryptUpdate(context, out, &written, data, (int)length));
  require(EVP_EncryptFinal_ex(context, out + written, &written));
  require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out + length));
}

void baseline_gcm(const void *key, const void *nonce, const void *data, size_t length, void *out, size_t count) {
  static EVP_CIPHER_CTX *context;
  if (context == NULL) {
    context = EVP_CIPHER_CTX_new();
    require(EVP_EncryptInit_ex(context, EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL), NULL, key, NULL));
  }
  for (size_t i = 0; i < count; i++) seal(context, nonce, data, length, out);
}

void baseline_chacha(const void *key, const void *nonce, const void *data, size_t length, void *out, size_t count) {
  static EVP_CIPHER_CTX *context;
  if (context == NULL) {
    context = EVP_CIPHER_CTX_new();
    require(EVP_EncryptInit_ex(context, EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL), NULL, key, NULL));
  }
  for (size_t i = 0; i < count; i++) seal(context, nonce, data, length, out);
}
