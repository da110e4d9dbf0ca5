// libcrypto's signatures with a kept key, digest and contexts, as a C programmer uses them who cares for speed.
// SPDX-License-Identifier: Apache-2.0

#include "CBaseline.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

struct baseline_signer {
  EVP_PKEY *key;
  // NULL for a scheme that signs messages, not digests.
  EVP_MD *digest;
  EVP_MD_CTX *hash;
  EVP_PKEY_CTX *signing;
  EVP_PKEY_CTX *verifying;
  EVP_MD_CTX *message_signing;
  EVP_MD_CTX *message_verifying;
};

static void require(int holds) {
  if (!holds) abort();
}

static void prepare(EVP_PKEY_CTX *context, const EVP_MD *digest, bool pss) {
  require(EVP_PKEY_CTX_set_signature_md(context, digest) > 0);
  if (!pss) return;
  require(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0);
  require(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0);
}

struct baseline_signer *baseline_signer_open(const void *pkcs8, size_t length, const char *digest, bool pss) {
  struct baseline_signer *signer = calloc(1, sizeof *signer);
  require(signer != NULL);
  const unsigned char *bytes = pkcs8;
  signer->key = d2i_AutoPrivateKey(NULL, &bytes, (long)length);
  require(signer->key != NULL);
  if (digest == NULL) {
    signer->message_signing = EVP_MD_CTX_new();
    signer->message_verifying = EVP_MD_CTX_new();
    require(EVP_DigestSignInit(signer->message_signing, NULL, NULL, NULL, signer->key));
    require(EVP_DigestVerifyInit(signer->message_verifying, NULL, NULL, NULL, signer->key));
    return signer;
  }
  signer->digest = EVP_MD_fetch(NULL, digest, NULL);
  signer->hash = EVP_MD_CTX_new();
  require(EVP_DigestInit_ex2(signer->hash, signer->digest, NULL));
  signer->signing = EVP_PKEY_CTX_new_from_pkey(NULL, signer->key, NULL);
  signer->verifying = EVP_PKEY_CTX_new_from_pkey(NULL, signer->key, NULL);
  require(EVP_PKEY_sign_init(signer->signing) > 0 && EVP_PKEY_verify_init(signer->verifying) > 0);
  prepare(signer->signing, signer->digest, pss);
  prepare(signer->verifying, signer->digest, pss);
  return signer;
}

void baseline_signer_close(struct baseline_signer *signer) {
  EVP_PKEY_CTX_free(signer->signing);
  EVP_PKEY_CTX_free(signer->verifying);
  EVP_MD_CTX_free(signer->message_signing);
  EVP_MD_CTX_free(signer->message_verifying);
  EVP_MD_CTX_free(signer->hash);
  EVP_MD_free(signer->digest);
  EVP_PKEY_free(signer->key);
  free(signer);
}

static unsigned hash(struct baseline_signer *signer, const void *data, size_t length, unsigned char *out) {
  unsigned written;
  require(EVP_DigestInit_ex2(signer->hash, NULL, NULL) && EVP_DigestUpdate(signer->hash, data, length)
          && EVP_DigestFinal_ex(signer->hash, out, &written));
  return written;
}

size_t baseline_sign(struct baseline_signer *signer, const void *data, size_t length, void *signature,
                     size_t capacity, size_t count) {
  size_t written = 0;
  for (size_t i = 0; i < count; i++) {
    written = capacity;
    if (signer->digest == NULL) {
      require(EVP_DigestSign(signer->message_signing, signature, &written, data, length));
    } else {
      unsigned char digest[EVP_MAX_MD_SIZE];
      const unsigned size = hash(signer, data, length, digest);
      require(EVP_PKEY_sign(signer->signing, signature, &written, digest, size) > 0);
    }
  }
  return written;
}

void baseline_verify(struct baseline_signer *signer, const void *data, size_t length, const void *signature,
                     size_t signature_length, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (signer->digest == NULL) {
      require(EVP_DigestVerify(signer->message_verifying, signature, signature_length, data, length) == 1);
    } else {
      unsigned char digest[EVP_MAX_MD_SIZE];
      const unsigned size = hash(signer, data, length, digest);
      require(EVP_PKEY_verify(signer->verifying, signature, signature_length, digest, size) == 1);
    }
  }
}
