// Makes the contexts of MACs that are none over a hash.
// SPDX-License-Identifier: Apache-2.0

#include "mac.h"

#include "include/cossl_library.h"

cossl_mac *cossl_mac_create(cossl_mac_algorithm algorithm) {
  if (!cossl_load(NULL, 0)) return NULL;
  switch (algorithm) {
    case COSSL_CMAC_AES: return cossl_cmac_create(COSSL_AES);
    case COSSL_CMAC_DES3_EDE: return cossl_cmac_create(COSSL_DES3_EDE);
    case COSSL_CMAC_CAMELLIA: return cossl_cmac_create(COSSL_CAMELLIA);
    case COSSL_GMAC_AES: return cossl_gmac_create();
    default: return cossl_evp_mac_create(algorithm);
  }
}
