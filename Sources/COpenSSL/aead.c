// Authenticated ciphers on one EVP context each: neither has a key schedule of its own for opening.
// SPDX-License-Identifier: Apache-2.0

#include "include/cossl_aead.h"

#include "ciphers.h"
#include "include/cossl_library.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

struct aead {
  cossl_aead head;
  EVP_CIPHER_CTX *context;
  // What the context was last told; 0 where a new key may have changed it.
  size_t nonce_length;
  // The tag as the one parameter of a call, and the end of the list. EVP_CIPHER_CTX_ctrl would make the same of it
  // after looking up what its number means, which takes 15 ns of the 270 for 64 bytes.
  OSSL_PARAM tag[2];
};

static enum cossl_mode mode_of(cossl_aead_algorithm algorithm) {
  return algorithm == COSSL_GCM_AES ? COSSL_MODE_GCM : COSSL_MODE_CHACHA20_POLY1305;
}

void cossl_aead_destroy(cossl_aead *head) {
  struct aead *aead = (struct aead *)head;
  // The provider wipes its key as it frees its state.
  cossl_libcrypto.EVP_CIPHER_CTX_free(aead->context);
  cossl_release(aead, sizeof *aead);
}

cossl_aead *cossl_aead_create(cossl_aead_algorithm algorithm) {
  // Both take 32-byte keys: a libcrypto without that cipher is found out here, before there is a key.
  if (!cossl_load(NULL, 0) || cossl_evp_cipher(mode_of(algorithm), 32) == NULL) return NULL;
  struct aead *aead = cossl_allocate(sizeof *aead);
  if (aead == NULL) return NULL;
  aead->head.algorithm = algorithm;
  aead->tag[0] = (OSSL_PARAM)OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0);
  aead->tag[1] = (OSSL_PARAM)OSSL_PARAM_END;
  aead->context = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (aead->context != NULL) return &aead->head;
  cossl_aead_destroy(&aead->head);
  return NULL;
}

bool cossl_aead_set_key(cossl_aead *head, const void *key, size_t length) {
  struct aead *aead = (struct aead *)head;
  aead->nonce_length = 0;
  const EVP_CIPHER *cipher = cossl_evp_cipher(mode_of(head->algorithm), length);
  if (cipher != NULL && cossl_libcrypto.EVP_CipherInit_ex2(aead->context, cipher, key, NULL, 1, NULL) == 1) return true;
  cossl_libcrypto.EVP_CIPHER_CTX_reset(aead->context);
  return false;
}

static bool begin(struct aead *aead, bool sealing, const cossl_aead_parameters *parameters) {
  const size_t length = parameters->nonce_length;
  if (length != aead->nonce_length) {
    if (length == 0 || length > INT_MAX
        || cossl_libcrypto.EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_SET_IVLEN, (int)length, NULL) != 1) {
      return false;
    }
    aead->nonce_length = length;
  }
  return cossl_libcrypto.EVP_CipherInit_ex2(aead->context, NULL, NULL, parameters->nonce, sealing, NULL) == 1
      && cossl_cipher_pieces(aead->context, parameters->associated, parameters->associated_length, NULL);
}

static bool end(struct aead *aead) {
  unsigned char none[EVP_MAX_BLOCK_LENGTH];
  int written = 0;
  return cossl_libcrypto.EVP_CipherFinal_ex(aead->context, none, &written) == 1;
}

bool cossl_aead_seal(cossl_aead *head, const cossl_aead_parameters *parameters, const void *in, size_t length,
                     void *out, void *tag, size_t tag_length) {
  struct aead *aead = (struct aead *)head;
  aead->tag[0].data = tag;
  aead->tag[0].data_size = tag_length;
  return begin(aead, true, parameters) && cossl_cipher_pieces(aead->context, in, length, out) && end(aead)
      && cossl_libcrypto.EVP_CIPHER_CTX_get_params(aead->context, aead->tag) == 1;
}

cossl_open_status cossl_aead_open(cossl_aead *head, const cossl_aead_parameters *parameters, const void *in,
                                  size_t length, void *out, const void *tag, size_t tag_length) {
  struct aead *aead = (struct aead *)head;
  cossl_open_status status = COSSL_OPEN_FAILED;
  // The tag is only read: parameters have no const because others of them are written.
  aead->tag[0].data = (void *)tag;
  aead->tag[0].data_size = tag_length;
  if (begin(aead, false, parameters) && cossl_libcrypto.EVP_CIPHER_CTX_set_params(aead->context, aead->tag) == 1
      && cossl_cipher_pieces(aead->context, in, length, out)) {
    // Verifying is all that is left to do: a failure is the tag's.
    status = end(aead) ? COSSL_OPENED : COSSL_UNAUTHENTIC;
  }
  if (status != COSSL_OPENED && length > 0) cossl_libcrypto.OPENSSL_cleanse(out, length);
  return status;
}
