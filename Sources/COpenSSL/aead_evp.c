// GCM, OCB and ChaCha20-Poly1305 on kept EVP contexts.
// SPDX-License-Identifier: Apache-2.0

#include "aead.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

// A context, and what it was last told; 0 where a new key may have changed it.
struct side {
  EVP_CIPHER_CTX *context;
  size_t nonce_length;
  size_t tag_length;
};

struct evp_aead {
  cossl_aead head;
  enum cossl_aead_cipher cipher;
  // OCB's key schedule is made for one direction; the other ciphers have the first side alone.
  struct side sides[2];
  struct side *opening;
  // The tag as the one parameter of a call, and the end of the list. EVP_CIPHER_CTX_ctrl would make the same of it
  // after looking up what its number means, which takes 15 ns of the 270 for 64 bytes.
  OSSL_PARAM tag[2];
};

static bool has_two_sides(const struct evp_aead *aead) { return aead->opening != &aead->sides[0]; }

static void destroy(cossl_aead *head) {
  struct evp_aead *aead = (struct evp_aead *)head;
  // The provider wipes its key as it frees its state.
  cossl_libcrypto.EVP_CIPHER_CTX_free(aead->sides[0].context);
  cossl_libcrypto.EVP_CIPHER_CTX_free(aead->sides[1].context);
  cossl_release(aead, sizeof *aead);
}

static bool set_side_key(struct side *side, const EVP_CIPHER *cipher, const void *key, bool sealing) {
  side->nonce_length = side->tag_length = 0;
  return cossl_libcrypto.EVP_CipherInit_ex2(side->context, cipher, key, NULL, sealing, NULL) == 1;
}

static cossl_key_status set_key(cossl_aead *head, const void *key, size_t length) {
  struct evp_aead *aead = (struct evp_aead *)head;
  const bool two = has_two_sides(aead);
  const EVP_CIPHER *cipher = cossl_aead_cipher(aead->cipher, length);
  if (cipher != NULL && set_side_key(&aead->sides[0], cipher, key, true)
      && (!two || set_side_key(&aead->sides[1], cipher, key, false))) {
    return COSSL_KEY_TAKEN;
  }
  cossl_libcrypto.EVP_CIPHER_CTX_reset(aead->sides[0].context);
  if (two) cossl_libcrypto.EVP_CIPHER_CTX_reset(aead->sides[1].context);
  return COSSL_KEY_FAILED;
}

// OCB's offsets depend on the length of the tag, which its provider takes as a tag without bytes.
static bool tell_tag_length(struct evp_aead *aead, struct side *side, size_t tag_length) {
  if (aead->cipher != COSSL_AEAD_AES_OCB || side->tag_length == tag_length) return true;
  aead->tag[0].data = NULL;
  aead->tag[0].data_size = tag_length;
  if (cossl_libcrypto.EVP_CIPHER_CTX_set_params(side->context, aead->tag) != 1) return false;
  side->tag_length = tag_length;
  return true;
}

static bool begin(struct evp_aead *aead, struct side *side, bool sealing, const void *nonce, size_t length,
                  size_t tag_length) {
  if (length != side->nonce_length) {
    if (length == 0 || length > INT_MAX
        || cossl_libcrypto.EVP_CIPHER_CTX_ctrl(side->context, EVP_CTRL_AEAD_SET_IVLEN, (int)length, NULL) != 1) {
      return false;
    }
    side->nonce_length = length;
  }
  return tell_tag_length(aead, side, tag_length)
      && cossl_libcrypto.EVP_CipherInit_ex2(side->context, NULL, NULL, nonce, sealing, NULL) == 1;
}

// Ends a message of which `written` bytes are at `out`. OCB keeps back what is no whole block; the others nothing.
static bool end(struct side *side, uint8_t *out, size_t written, size_t length) {
  uint8_t last[EVP_MAX_BLOCK_LENGTH];
  int count = 0;
  const bool is_done = cossl_libcrypto.EVP_CipherFinal_ex(side->context, last, &count) == 1
      && written + (size_t)count == length;
  if (written == length) return is_done;
  if (is_done) memcpy(out + written, last, (size_t)count);
  cossl_libcrypto.OPENSSL_cleanse(last, sizeof last);
  return is_done;
}

static bool get_tag(struct evp_aead *aead, struct side *side, uint8_t *tag, size_t tag_length) {
  aead->tag[0].data = tag;
  aead->tag[0].data_size = tag_length;
  return cossl_libcrypto.EVP_CIPHER_CTX_get_params(side->context, aead->tag) == 1;
}

static bool expect_tag(struct evp_aead *aead, struct side *side, const uint8_t *tag, size_t tag_length) {
  // The tag is only read: parameters have no const because others of them are written.
  aead->tag[0].data = (void *)tag;
  aead->tag[0].data_size = tag_length;
  return cossl_libcrypto.EVP_CIPHER_CTX_set_params(side->context, aead->tag) == 1;
}

static bool seal_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in, size_t length,
                 uint8_t *out, uint8_t *tag, size_t tag_length) {
  struct evp_aead *aead = (struct evp_aead *)head;
  struct side *side = &aead->sides[0];
  size_t written = 0;
  return begin(aead, side, true, parameters->nonce, parameters->nonce_length, tag_length)
      && cossl_aead_update(side->context, parameters->associated, parameters->associated_length, NULL, NULL)
      && cossl_aead_update(side->context, in, length, out, &written) && end(side, out, written, length)
      && get_tag(aead, side, tag, tag_length);
}

static cossl_open_status open_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in,
                              size_t length, uint8_t *out, const uint8_t *tag, size_t tag_length) {
  struct evp_aead *aead = (struct evp_aead *)head;
  struct side *side = aead->opening;
  size_t written = 0;
  if (!begin(aead, side, false, parameters->nonce, parameters->nonce_length, tag_length)
      || !cossl_aead_update(side->context, parameters->associated, parameters->associated_length, NULL, NULL)
      || !expect_tag(aead, side, tag, tag_length) || !cossl_aead_update(side->context, in, length, out, &written)) {
    return COSSL_OPEN_FAILED;
  }
  // Verifying is all that is left to do: a failure is the tag's.
  return end(side, out, written, length) ? COSSL_OPENED : COSSL_UNAUTHENTIC;
}

static bool begin_gmac(struct evp_aead *aead, bool sealing, const void *nonce, size_t nonce_length,
                       const struct cossl_string strings[3], size_t tag_length) {
  struct side *side = &aead->sides[0];
  if (!begin(aead, side, sealing, nonce, nonce_length, tag_length)) return false;
  for (int i = 0; i < 3; i++) {
    if (!cossl_aead_update(side->context, strings[i].bytes, strings[i].length, NULL, NULL)) return false;
  }
  return true;
}

bool cossl_gmac_make(cossl_aead *head, const void *nonce, size_t nonce_length, const struct cossl_string strings[3],
                     uint8_t *tag, size_t tag_length) {
  struct evp_aead *aead = (struct evp_aead *)head;
  return begin_gmac(aead, true, nonce, nonce_length, strings, tag_length) && end(&aead->sides[0], NULL, 0, 0)
      && get_tag(aead, &aead->sides[0], tag, tag_length);
}

cossl_open_status cossl_gmac_verify(cossl_aead *head, const void *nonce, size_t nonce_length,
                                    const struct cossl_string strings[3], const uint8_t *tag, size_t tag_length) {
  struct evp_aead *aead = (struct evp_aead *)head;
  if (!begin_gmac(aead, false, nonce, nonce_length, strings, tag_length)
      || !expect_tag(aead, &aead->sides[0], tag, tag_length)) {
    return COSSL_OPEN_FAILED;
  }
  return end(&aead->sides[0], NULL, 0, 0) ? COSSL_OPENED : COSSL_UNAUTHENTIC;
}

static const struct cossl_aead_operations operations = {
    .set_key = set_key,
    .seal = seal_message,
    .open = open_message,
    .destroy = destroy,
};

cossl_aead *cossl_evp_aead_create(enum cossl_aead_cipher cipher) {
  // A libcrypto without the cipher is found out here, before there is a key.
  if (!cossl_has_aead_cipher(cipher)) return NULL;
  struct evp_aead *aead = cossl_allocate(sizeof *aead);
  if (aead == NULL) return NULL;
  aead->head.operations = &operations;
  aead->cipher = cipher;
  aead->tag[0] = (OSSL_PARAM)OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0);
  aead->tag[1] = (OSSL_PARAM)OSSL_PARAM_END;
  const bool two = cipher == COSSL_AEAD_AES_OCB;
  aead->opening = &aead->sides[two];
  aead->sides[0].context = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (two) aead->sides[1].context = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (aead->sides[0].context != NULL && (!two || aead->sides[1].context != NULL)) return &aead->head;
  destroy(&aead->head);
  return NULL;
}
