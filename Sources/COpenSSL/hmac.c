// Makes HMAC contexts of either family.
// SPDX-License-Identifier: Apache-2.0

#include "hmac.h"

#include "include/cossl_library.h"

cossl_mac *cossl_hmac_create(cossl_digest_algorithm algorithm) {
  if (!cossl_load(NULL, 0)) return NULL;
  const struct cossl_mac_operations *operations = cossl_direct_hmac_operations(algorithm);
  if (operations == NULL) return cossl_evp_hmac_create(algorithm);
  cossl_mac *hmac = cossl_allocate(cossl_direct_hmac_size());
  if (hmac != NULL) hmac->operations = operations;
  return hmac;
}
