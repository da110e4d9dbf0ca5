// CCM on kept EVP contexts, of which each message is one call.
// SPDX-License-Identifier: Apache-2.0

#include "aead.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

// The lengths of nonce and tag go into the state that libcrypto makes with the key: others need the key again.
struct side {
  EVP_CIPHER_CTX *context;
  size_t nonce_length;
  size_t tag_length;
};

struct ccm {
  cossl_aead head;
  enum cossl_aead_cipher cipher;
  // libcrypto chooses the code for a direction when it takes the key.
  struct side sealing, opening;
  OSSL_PARAM tag[2];
  size_t key_length;
  uint8_t key[32];
};

static void destroy(cossl_aead *head) {
  struct ccm *ccm = (struct ccm *)head;
  cossl_libcrypto.EVP_CIPHER_CTX_free(ccm->sealing.context);
  cossl_libcrypto.EVP_CIPHER_CTX_free(ccm->opening.context);
  cossl_release(ccm, sizeof *ccm);
}

// Takes the key away, and with it what was told before it.
static bool reset(struct side *side) {
  side->nonce_length = side->tag_length = 0;
  return cossl_libcrypto.EVP_CIPHER_CTX_reset(side->context) == 1;
}

static bool choose(struct side *side, const EVP_CIPHER *cipher, bool sealing) {
  return cossl_libcrypto.EVP_CipherInit_ex2(side->context, cipher, NULL, NULL, sealing, NULL) == 1;
}

static cossl_key_status set_key(cossl_aead *head, const void *key, size_t length) {
  struct ccm *ccm = (struct ccm *)head;
  cossl_libcrypto.OPENSSL_cleanse(ccm->key, sizeof ccm->key);
  ccm->key_length = 0;
  // Both, whatever comes of the first.
  const bool sealing = reset(&ccm->sealing), opening = reset(&ccm->opening);
  const EVP_CIPHER *cipher = cossl_aead_cipher(ccm->cipher, length);
  if (!sealing || !opening || cipher == NULL || !choose(&ccm->sealing, cipher, true)
      || !choose(&ccm->opening, cipher, false)) {
    return COSSL_KEY_FAILED;
  }
  memcpy(ccm->key, key, length);
  ccm->key_length = length;
  return COSSL_KEY_TAKEN;
}

// Gives the context its key for these lengths, unless it has it.
static bool prepare(struct ccm *ccm, struct side *side, bool sealing, size_t nonce_length, size_t tag_length) {
  if (side->nonce_length == nonce_length && side->tag_length == tag_length) return true;
  side->nonce_length = 0;
  ccm->tag[0].data = NULL;
  ccm->tag[0].data_size = tag_length;
  if (ccm->key_length == 0 || nonce_length == 0 || nonce_length >= COSSL_BLOCK
      || cossl_libcrypto.EVP_CIPHER_CTX_ctrl(side->context, EVP_CTRL_AEAD_SET_IVLEN, (int)nonce_length, NULL) != 1
      || cossl_libcrypto.EVP_CIPHER_CTX_set_params(side->context, ccm->tag) != 1
      || cossl_libcrypto.EVP_CipherInit_ex2(side->context, NULL, ccm->key, NULL, sealing, NULL) != 1) {
    return false;
  }
  side->nonce_length = nonce_length;
  side->tag_length = tag_length;
  return true;
}

static bool begin(struct ccm *ccm, struct side *side, bool sealing, const cossl_aead_parameters *parameters,
                  size_t length, const uint8_t *tag, size_t tag_length) {
  int count = 0;
  if (length > INT_MAX || parameters->associated_length > INT_MAX
      || !prepare(ccm, side, sealing, parameters->nonce_length, tag_length)
      || cossl_libcrypto.EVP_CipherInit_ex2(side->context, NULL, NULL, parameters->nonce, sealing, NULL) != 1) {
    return false;
  }
  if (!sealing) {
    // Only read: parameters have no const because others of them are written.
    ccm->tag[0].data = (void *)tag;
    ccm->tag[0].data_size = tag_length;
    if (cossl_libcrypto.EVP_CIPHER_CTX_set_params(side->context, ccm->tag) != 1) return false;
  }
  // The first block has the text's length in it (SP 800-38C, A.2.1), so that it comes before everything else.
  return cossl_libcrypto.EVP_CipherUpdate(side->context, NULL, &count, NULL, (int)length) == 1
      && (parameters->associated_length == 0
          || cossl_libcrypto.EVP_CipherUpdate(
                 side->context, NULL, &count, parameters->associated, (int)parameters->associated_length)
              == 1);
}

// The text in one call, which libcrypto wants, also where it is empty; without an address it would be an end.
static bool run(struct side *side, const uint8_t *in, size_t length, uint8_t *out) {
  uint8_t none[COSSL_BLOCK] = {0};
  int count = 0;
  return cossl_libcrypto.EVP_CipherUpdate(
             side->context, length == 0 ? none : out, &count, length == 0 ? none : in, (int)length)
      == 1
      && (size_t)count == length;
}

static bool seal_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in, size_t length,
                 uint8_t *out, uint8_t *tag, size_t tag_length) {
  struct ccm *ccm = (struct ccm *)head;
  struct side *side = &ccm->sealing;
  if (!begin(ccm, side, true, parameters, length, NULL, tag_length) || !run(side, in, length, out)) return false;
  ccm->tag[0].data = tag;
  ccm->tag[0].data_size = tag_length;
  return cossl_libcrypto.EVP_CIPHER_CTX_get_params(side->context, ccm->tag) == 1;
}

static cossl_open_status open_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in,
                              size_t length, uint8_t *out, const uint8_t *tag, size_t tag_length) {
  struct ccm *ccm = (struct ccm *)head;
  struct side *side = &ccm->opening;
  if (!begin(ccm, side, false, parameters, length, tag, tag_length)) return COSSL_OPEN_FAILED;
  // Nonce, lengths and tag have been taken: what is left to fail is the tag's comparison.
  return run(side, in, length, out) ? COSSL_OPENED : COSSL_UNAUTHENTIC;
}

static const struct cossl_aead_operations operations = {
    .set_key = set_key,
    .seal = seal_message,
    .open = open_message,
    .destroy = destroy,
};

cossl_aead *cossl_ccm_create(enum cossl_aead_cipher cipher) {
  if (!cossl_has_aead_cipher(cipher)) return NULL;
  struct ccm *ccm = cossl_allocate(sizeof *ccm);
  if (ccm == NULL) return NULL;
  ccm->head.operations = &operations;
  ccm->cipher = cipher;
  ccm->tag[0] = (OSSL_PARAM)OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0);
  ccm->tag[1] = (OSSL_PARAM)OSSL_PARAM_END;
  ccm->sealing.context = cossl_libcrypto.EVP_CIPHER_CTX_new();
  ccm->opening.context = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (ccm->sealing.context != NULL && ccm->opening.context != NULL) return &ccm->head;
  destroy(&ccm->head);
  return NULL;
}
