// What the families of authenticated ciphers share inside this module.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_AEAD_INTERNAL_H
#define COSSL_AEAD_INTERNAL_H

#include "include/cossl_aead.h"
#include "include/cossl_digest.h"

#include "aead_ciphers.h"

// The AES block (FIPS 197), which is also CBC's IV, SIV's tag and GCM's longest.
#define COSSL_BLOCK 16

// What an authenticated cipher does. Wiping after a failure is the caller's, who does it for all.
struct cossl_aead_operations {
  cossl_key_status (*set_key)(cossl_aead *, const void *key, size_t length);
  bool (*seal)(cossl_aead *, const cossl_aead_parameters *, const uint8_t *in, size_t length, uint8_t *out,
               uint8_t *tag, size_t tag_length);
  cossl_open_status (*open)(cossl_aead *, const cossl_aead_parameters *, const uint8_t *in, size_t length,
                            uint8_t *out, const uint8_t *tag, size_t tag_length);
  void (*destroy)(cossl_aead *);
};

// Each needs a loaded library, and returns NULL where that lacks the cipher or memory.
cossl_aead *cossl_evp_aead_create(enum cossl_aead_cipher cipher);
cossl_aead *cossl_ccm_create(enum cossl_aead_cipher cipher);
cossl_aead *cossl_siv_create(void);
cossl_aead *cossl_ipsec_create(cossl_aead_algorithm algorithm);
cossl_aead *cossl_authenc_create(cossl_digest_algorithm digest, size_t digest_length);

// GMAC (SP 800-38D) on a context that `cossl_evp_aead_create` made, over three strings as if they were one.
struct cossl_string {
  const void *bytes;
  size_t length;
};
bool cossl_gmac_make(cossl_aead *aead, const void *nonce, size_t nonce_length, const struct cossl_string strings[3],
                     uint8_t *tag, size_t tag_length);
cossl_open_status cossl_gmac_verify(cossl_aead *aead, const void *nonce, size_t nonce_length,
                                    const struct cossl_string strings[3], const uint8_t *tag, size_t tag_length);

#endif
