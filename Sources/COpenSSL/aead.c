// Makes authenticated ciphers of every family, and wipes what a failed request leaves.
// SPDX-License-Identifier: Apache-2.0

#include "aead.h"

#include "include/cossl_library.h"

bool cossl_built_with_sm4_aead(void) { return OPENSSL_VERSION_NUMBER >= 0x30200000L; }

cossl_aead *cossl_aead_create(cossl_aead_algorithm algorithm) {
  if (!cossl_load(NULL, 0)) return NULL;
  switch (algorithm) {
    case COSSL_GCM_AES: return cossl_evp_aead_create(COSSL_AEAD_AES_GCM);
    case COSSL_CHACHA20_POLY1305: return cossl_evp_aead_create(COSSL_AEAD_CHACHA20_POLY1305);
    case COSSL_GCM_ARIA: return cossl_evp_aead_create(COSSL_AEAD_ARIA_GCM);
    case COSSL_GCM_SM4: return cossl_evp_aead_create(COSSL_AEAD_SM4_GCM);
    case COSSL_CCM_AES: return cossl_ccm_create(COSSL_AEAD_AES_CCM);
    case COSSL_CCM_ARIA: return cossl_ccm_create(COSSL_AEAD_ARIA_CCM);
    case COSSL_CCM_SM4: return cossl_ccm_create(COSSL_AEAD_SM4_CCM);
    case COSSL_OCB_AES: return cossl_evp_aead_create(COSSL_AEAD_AES_OCB);
    case COSSL_SIV_AES: return cossl_siv_create();
    case COSSL_RFC4106_GCM_AES:
    case COSSL_RFC4309_CCM_AES:
    case COSSL_RFC4543_GCM_AES: return cossl_ipsec_create(algorithm);
    // Digest lengths: FIPS 180-4.
    case COSSL_AUTHENC_SHA1_CBC_AES: return cossl_authenc_create(COSSL_SHA1, 20);
    case COSSL_AUTHENC_SHA256_CBC_AES: return cossl_authenc_create(COSSL_SHA256, 32);
    case COSSL_AUTHENC_SHA384_CBC_AES: return cossl_authenc_create(COSSL_SHA384, 48);
    case COSSL_AUTHENC_SHA512_CBC_AES: return cossl_authenc_create(COSSL_SHA512, 64);
  }
  return NULL;
}

void cossl_aead_destroy(cossl_aead *aead) { aead->operations->destroy(aead); }

cossl_key_status cossl_aead_set_key(cossl_aead *aead, const void *key, size_t length) {
  return aead->operations->set_key(aead, key, length);
}

bool cossl_aead_seal(cossl_aead *aead, const cossl_aead_parameters *parameters, const void *in, size_t length,
                     void *out, void *tag, size_t tag_length) {
  if (aead->operations->seal(aead, parameters, in, length, out, tag, tag_length)) return true;
  if (length > 0) cossl_libcrypto.OPENSSL_cleanse(out, length);
  return false;
}

cossl_open_status cossl_aead_open(cossl_aead *aead, const cossl_aead_parameters *parameters, const void *in,
                                  size_t length, void *out, const void *tag, size_t tag_length) {
  const cossl_open_status status = aead->operations->open(aead, parameters, in, length, out, tag, tag_length);
  if (status != COSSL_OPENED && length > 0) cossl_libcrypto.OPENSSL_cleanse(out, length);
  return status;
}
