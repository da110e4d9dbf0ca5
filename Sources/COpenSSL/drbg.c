// Generators of SP 800-90A through EVP_RAND, below libcrypto's primary generator, or below a source of known entropy.
// SPDX-License-Identifier: Apache-2.0

#include "include/cossl_drbg.h"

#include "include/cossl_library.h"
#include "symbols.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

struct drbg {
  cossl_drbg head;
  EVP_RAND_CTX *context;
  // The source of known entropy; NULL for all but a generator under test.
  EVP_RAND_CTX *test_source;
};

void cossl_drbg_destroy(cossl_drbg *head) {
  struct drbg *drbg = (struct drbg *)head;
  // The provider wipes its state as it frees it. The generator holds its source, so it goes first.
  cossl_libcrypto.EVP_RAND_CTX_free(drbg->context);
  cossl_libcrypto.EVP_RAND_CTX_free(drbg->test_source);
  cossl_release(drbg, sizeof *drbg);
}

// A context of the generator `name` below `parent`, which may be NULL; it holds the parent and the generator's type.
static EVP_RAND_CTX *make_context(const char *name, EVP_RAND_CTX *parent) {
  EVP_RAND *type = cossl_libcrypto.EVP_RAND_fetch(NULL, name, NULL);
  if (type == NULL) return NULL;
  EVP_RAND_CTX *context = cossl_libcrypto.EVP_RAND_CTX_new(type, parent);
  cossl_libcrypto.EVP_RAND_free(type);
  return context;
}

// Parameters have no const because others of them are written; these are only read.
static OSSL_PARAM text(const char *name, const char *value) {
  return (OSSL_PARAM)OSSL_PARAM_utf8_string(name, (char *)value, strlen(value));
}

static OSSL_PARAM octets(const char *name, const void *bytes, size_t length) {
  static unsigned char none[1];
  return (OSSL_PARAM)OSSL_PARAM_octet_string(name, length > 0 ? (void *)bytes : none, length);
}

static bool configure(EVP_RAND_CTX *context, const cossl_drbg_description *description) {
  int use_derivation = 1;
  OSSL_PARAM parameters[3];
  switch (description->mechanism) {
    case COSSL_CTR_DRBG:
      parameters[0] = text(OSSL_DRBG_PARAM_CIPHER, description->algorithm);
      parameters[1] = (OSSL_PARAM)OSSL_PARAM_int(OSSL_DRBG_PARAM_USE_DF, &use_derivation);
      break;
    case COSSL_HMAC_DRBG:
      parameters[0] = text(OSSL_DRBG_PARAM_MAC, "HMAC");
      parameters[1] = text(OSSL_DRBG_PARAM_DIGEST, description->algorithm);
      break;
    default:
      parameters[0] = text(OSSL_DRBG_PARAM_DIGEST, description->algorithm);
      parameters[1] = (OSSL_PARAM)OSSL_PARAM_END;
  }
  parameters[2] = (OSSL_PARAM)OSSL_PARAM_END;
  return cossl_libcrypto.EVP_RAND_CTX_set_params(context, parameters) == 1;
}

static const char *name_of(cossl_drbg_mechanism mechanism) {
  switch (mechanism) {
    case COSSL_CTR_DRBG: return "CTR-DRBG";
    case COSSL_HMAC_DRBG: return "HMAC-DRBG";
    default: return "HASH-DRBG";
  }
}

static bool start(struct drbg *drbg, const cossl_drbg_description *description, EVP_RAND_CTX *parent,
                  const void *personalization, size_t length) {
  if (parent == NULL) return false;
  drbg->context = make_context(name_of(description->mechanism), parent);
  // The strength that the mechanism has, whatever it is.
  return drbg->context != NULL && configure(drbg->context, description)
      && cossl_libcrypto.EVP_RAND_instantiate(
             drbg->context, 0, description->is_resistant, personalization, length, NULL)
          == 1;
}

static struct drbg *allocate(const cossl_drbg_description *description) {
  if (!cossl_load(NULL, 0)) return NULL;
  struct drbg *drbg = cossl_allocate(sizeof *drbg);
  if (drbg != NULL) drbg->head.is_resistant = description->is_resistant;
  return drbg;
}

cossl_drbg *cossl_drbg_create(const cossl_drbg_description *description) {
  struct drbg *drbg = allocate(description);
  if (drbg == NULL) return NULL;
  // The primary one locks itself, is seeded from the operating system, and is never used by programs.
  if (start(drbg, description, cossl_libcrypto.RAND_get0_primary(NULL), NULL, 0)) return &drbg->head;
  cossl_drbg_destroy(&drbg->head);
  return NULL;
}

static bool start_source(struct drbg *drbg, const cossl_drbg_seed *seed) {
  // The most that there is: a source must be as strong as the generator below it.
  unsigned int strength = 256;
  drbg->test_source = make_context("TEST-RAND", NULL);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
      octets(OSSL_RAND_PARAM_TEST_ENTROPY, seed->entropy, seed->entropy_length),
      octets(OSSL_RAND_PARAM_TEST_NONCE, seed->nonce, seed->nonce_length),
      OSSL_PARAM_END,
  };
  return drbg->test_source != NULL
      && cossl_libcrypto.EVP_RAND_CTX_set_params(drbg->test_source, parameters) == 1
      && cossl_libcrypto.EVP_RAND_instantiate(drbg->test_source, strength, 0, NULL, 0, parameters) == 1;
}

cossl_drbg *cossl_drbg_create_for_test(const cossl_drbg_description *description, const cossl_drbg_seed *seed) {
  struct drbg *drbg = allocate(description);
  if (drbg == NULL) return NULL;
  if (start_source(drbg, seed)
      && start(drbg, description, drbg->test_source, seed->personalization, seed->personalization_length)) {
    return &drbg->head;
  }
  cossl_drbg_destroy(&drbg->head);
  return NULL;
}

bool cossl_drbg_feed(cossl_drbg *head, const void *entropy, size_t length) {
  struct drbg *drbg = (struct drbg *)head;
  if (drbg->test_source == NULL) return false;
  OSSL_PARAM parameters[] = {octets(OSSL_RAND_PARAM_TEST_ENTROPY, entropy, length), OSSL_PARAM_END};
  return cossl_libcrypto.EVP_RAND_CTX_set_params(drbg->test_source, parameters) == 1;
}

bool cossl_drbg_generate(cossl_drbg *head, void *out, size_t length, const void *additional,
                         size_t additional_length) {
  struct drbg *drbg = (struct drbg *)head;
  return cossl_libcrypto.EVP_RAND_generate(
             drbg->context, out, length, 0, head->is_resistant, additional, additional_length)
      == 1;
}

bool cossl_drbg_reseed(cossl_drbg *head, const void *additional, size_t length) {
  struct drbg *drbg = (struct drbg *)head;
  // With prediction resistance the entropy comes from the operating system, not from the generator above this one.
  return cossl_libcrypto.EVP_RAND_reseed(drbg->context, 1, NULL, 0, additional, length) == 1;
}
