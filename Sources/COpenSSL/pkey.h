// What the files of public-key algorithms share inside this module.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_PKEY_INTERNAL_H
#define COSSL_PKEY_INTERNAL_H

#include "include/cossl_digest.h"
#include "include/cossl_pkey.h"

#include "symbols.h"

struct pkey {
  cossl_pkey head;
  EVP_PKEY *evp;
  // Made with the first peer.
  EVP_PKEY_CTX *deriving;
};

static inline EVP_PKEY *cossl_evp_pkey(const cossl_pkey *key) { return ((const struct pkey *)key)->evp; }

// Whether a key is of a curve in Weierstrass form: NIST's and SM2's.
static inline bool cossl_is_weierstrass(cossl_key_type type) { return type >= COSSL_KEY_P256 && type <= COSSL_KEY_SM2; }

// libcrypto's name of a digest, as a parameter wants it; NULL for those that no scheme here goes with.
const char *cossl_digest_name(cossl_digest_algorithm algorithm);

// A parameter that is text; libcrypto reads it without changing it.
static inline OSSL_PARAM cossl_text_parameter(const char *key, const char *value) {
  return (OSSL_PARAM){key, OSSL_PARAM_UTF8_STRING, (void *)value, __builtin_strlen(value), 0};
}

#endif
