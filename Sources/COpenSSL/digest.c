// Makes digest contexts of either family.
// SPDX-License-Identifier: Apache-2.0

#include "digest.h"

#include "include/cossl_library.h"

cossl_digest *cossl_digest_create(cossl_digest_algorithm algorithm) {
  if (!cossl_load(NULL, 0)) return NULL;
  cossl_digest *direct = cossl_direct_digest_create(algorithm);
  return direct != NULL ? direct : cossl_evp_digest_create(algorithm);
}
