// GMAC (SP 800-38D): a kept GCM context that is given associated data alone.
// SPDX-License-Identifier: Apache-2.0

#include "mac.h"

#include "cipher_methods.h"
#include "ciphers.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

enum {
  // As libcrypto has them: nonces of 1 to 128 bytes, and one length of tags here.
  MAX_NONCE = 128,
  TAG = 16,
};

struct gmac {
  cossl_mac head;
  EVP_CIPHER_CTX *context;
  bool keyed;
  // What the context was last told; 0 where a new key may have changed it.
  size_t told_length;
  size_t nonce_length;
  uint8_t nonce[MAX_NONCE];
};

static void destroy(cossl_mac *mac) {
  struct gmac *gmac = (struct gmac *)mac;
  // The provider wipes its key as it frees its state.
  cossl_libcrypto.EVP_CIPHER_CTX_free(gmac->context);
  cossl_release(gmac, sizeof *gmac);
}

static bool set_key(cossl_mac *mac, const void *key, size_t length) {
  struct gmac *gmac = (struct gmac *)mac;
  const EVP_CIPHER *cipher = cossl_cipher_method(COSSL_AES, COSSL_METHOD_GCM, length);
  gmac->told_length = gmac->nonce_length = 0;
  gmac->keyed =
      cipher != NULL && cossl_libcrypto.EVP_CipherInit_ex2(gmac->context, cipher, key, NULL, 1, NULL) == 1;
  if (!gmac->keyed) cossl_libcrypto.EVP_CIPHER_CTX_reset(gmac->context);
  return gmac->keyed;
}

static bool set_iv(cossl_mac *mac, const void *iv, size_t length) {
  struct gmac *gmac = (struct gmac *)mac;
  if (length == 0 || length > MAX_NONCE) return false;
  memcpy(gmac->nonce, iv, length);
  gmac->nonce_length = length;
  return true;
}

static bool init(cossl_mac *mac) {
  struct gmac *gmac = (struct gmac *)mac;
  const size_t length = gmac->nonce_length;
  if (!gmac->keyed || length == 0) return false;
  if (length != gmac->told_length) {
    if (cossl_libcrypto.EVP_CIPHER_CTX_ctrl(gmac->context, EVP_CTRL_AEAD_SET_IVLEN, (int)length, NULL) != 1) {
      return false;
    }
    gmac->told_length = length;
  }
  return cossl_libcrypto.EVP_CipherInit_ex2(gmac->context, NULL, NULL, gmac->nonce, 1, NULL) == 1;
}

static bool update(cossl_mac *mac, const void *data, size_t length) {
  return cossl_cipher_pieces(((struct gmac *)mac)->context, data, length, NULL);
}

static bool final(cossl_mac *mac, void *out, size_t out_length) {
  struct gmac *gmac = (struct gmac *)mac;
  unsigned char none[EVP_MAX_BLOCK_LENGTH];
  int written = 0;
  OSSL_PARAM tag[2] = {OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, out, out_length), OSSL_PARAM_END};
  return out_length == TAG && cossl_libcrypto.EVP_CipherFinal_ex(gmac->context, none, &written) == 1
      && cossl_libcrypto.EVP_CIPHER_CTX_get_params(gmac->context, tag) == 1;
}

static bool authenticate(cossl_mac *mac, const void *data, size_t length, void *out, size_t out_length) {
  return init(mac) && update(mac, data, length) && final(mac, out, out_length);
}

static const struct cossl_mac_operations operations = {
    .set_key = set_key,
    .authenticate = authenticate,
    .init = init,
    .update = update,
    .final = final,
    .destroy = destroy,
    .set_iv = set_iv,
};

cossl_mac *cossl_gmac_create(void) {
  if (cossl_cipher_method(COSSL_AES, COSSL_METHOD_GCM, 32) == NULL) return NULL;
  struct gmac *gmac = cossl_allocate(sizeof *gmac);
  if (gmac == NULL) return NULL;
  gmac->head.operations = &operations;
  gmac->context = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (gmac->context != NULL) return &gmac->head;
  destroy(&gmac->head);
  return NULL;
}
