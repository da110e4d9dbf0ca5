// GCM, CCM and GMAC as IPsec has them: part of the nonce is a salt at the end of the key.
// SPDX-License-Identifier: Apache-2.0

#include "aead.h"

#include <string.h>

// The explicit part of the nonce, which travels with each packet: RFC 4106 section 3.1, RFC 4309 section 3.1, RFC 4543
// section 3.1.
#define COSSL_EXPLICIT_NONCE 8
// RFC 4106 section 4 and RFC 4543 section 3.2.
#define COSSL_GCM_SALT 4
// RFC 4309 section 4.
#define COSSL_CCM_SALT 3

struct ipsec {
  cossl_aead head;
  // GCM or CCM with the whole nonce.
  cossl_aead *inner;
  // The salt, where each request writes the explicit part behind it.
  uint8_t nonce[COSSL_GCM_SALT + COSSL_EXPLICIT_NONCE];
  size_t salt_length;
};

static void destroy(cossl_aead *head) {
  struct ipsec *ipsec = (struct ipsec *)head;
  if (ipsec->inner != NULL) cossl_aead_destroy(ipsec->inner);
  cossl_release(ipsec, sizeof *ipsec);
}

static cossl_key_status set_key(cossl_aead *head, const void *key, size_t length) {
  struct ipsec *ipsec = (struct ipsec *)head;
  if (length < ipsec->salt_length) return COSSL_KEY_LENGTH;
  const size_t rest = length - ipsec->salt_length;
  memcpy(ipsec->nonce, (const uint8_t *)key + rest, ipsec->salt_length);
  return cossl_aead_set_key(ipsec->inner, key, rest);
}

// The message's parameters with the whole nonce; false where the explicit part has another length.
static bool complete(struct ipsec *ipsec, const cossl_aead_parameters *parameters, cossl_aead_parameters *whole) {
  if (parameters->nonce_length != COSSL_EXPLICIT_NONCE) return false;
  memcpy(ipsec->nonce + ipsec->salt_length, parameters->nonce, COSSL_EXPLICIT_NONCE);
  *whole = *parameters;
  whole->nonce = ipsec->nonce;
  whole->nonce_length = ipsec->salt_length + COSSL_EXPLICIT_NONCE;
  return true;
}

static bool seal_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in, size_t length,
                 uint8_t *out, uint8_t *tag, size_t tag_length) {
  struct ipsec *ipsec = (struct ipsec *)head;
  cossl_aead_parameters whole;
  return complete(ipsec, parameters, &whole)
      && ipsec->inner->operations->seal(ipsec->inner, &whole, in, length, out, tag, tag_length);
}

static cossl_open_status open_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in,
                              size_t length, uint8_t *out, const uint8_t *tag, size_t tag_length) {
  struct ipsec *ipsec = (struct ipsec *)head;
  cossl_aead_parameters whole;
  if (!complete(ipsec, parameters, &whole)) return COSSL_OPEN_FAILED;
  return ipsec->inner->operations->open(ipsec->inner, &whole, in, length, out, tag, tag_length);
}

// RFC 4543 section 3.3: what GMAC covers is the associated data, then the explicit nonce, then the text.
static bool seal_gmac(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in, size_t length,
                      uint8_t *out, uint8_t *tag, size_t tag_length) {
  struct ipsec *ipsec = (struct ipsec *)head;
  cossl_aead_parameters whole;
  if (!complete(ipsec, parameters, &whole)) return false;
  const struct cossl_string strings[3] = {
      {parameters->associated, parameters->associated_length},
      {parameters->nonce, parameters->nonce_length},
      {in, length},
  };
  if (!cossl_gmac_make(ipsec->inner, whole.nonce, whole.nonce_length, strings, tag, tag_length)) return false;
  if (length > 0 && out != in) memcpy(out, in, length);
  return true;
}

static cossl_open_status open_gmac(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in,
                                   size_t length, uint8_t *out, const uint8_t *tag, size_t tag_length) {
  struct ipsec *ipsec = (struct ipsec *)head;
  cossl_aead_parameters whole;
  if (!complete(ipsec, parameters, &whole)) return COSSL_OPEN_FAILED;
  const struct cossl_string strings[3] = {
      {parameters->associated, parameters->associated_length},
      {parameters->nonce, parameters->nonce_length},
      {in, length},
  };
  const cossl_open_status status =
      cossl_gmac_verify(ipsec->inner, whole.nonce, whole.nonce_length, strings, tag, tag_length);
  if (status == COSSL_OPENED && length > 0 && out != in) memcpy(out, in, length);
  return status;
}

static const struct cossl_aead_operations operations = {
    .set_key = set_key,
    .seal = seal_message,
    .open = open_message,
    .destroy = destroy,
};

static const struct cossl_aead_operations gmac_operations = {
    .set_key = set_key,
    .seal = seal_gmac,
    .open = open_gmac,
    .destroy = destroy,
};

cossl_aead *cossl_ipsec_create(cossl_aead_algorithm algorithm) {
  struct ipsec *ipsec = cossl_allocate(sizeof *ipsec);
  if (ipsec == NULL) return NULL;
  const bool is_ccm = algorithm == COSSL_RFC4309_CCM_AES;
  ipsec->head.operations = algorithm == COSSL_RFC4543_GCM_AES ? &gmac_operations : &operations;
  ipsec->salt_length = is_ccm ? COSSL_CCM_SALT : COSSL_GCM_SALT;
  ipsec->inner = is_ccm ? cossl_ccm_create(COSSL_AEAD_AES_CCM) : cossl_evp_aead_create(COSSL_AEAD_AES_GCM);
  if (ipsec->inner != NULL) return &ipsec->head;
  destroy(&ipsec->head);
  return NULL;
}
