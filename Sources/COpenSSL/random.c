// Random bytes from libcrypto's private generator.
// SPDX-License-Identifier: Apache-2.0

#include "include/cossl_random.h"

#include "include/cossl_library.h"
#include "symbols.h"

bool cossl_random_generate(void *out, size_t length, const void *additional, size_t additional_length) {
  if (!cossl_load(NULL, 0)) return false;
  EVP_RAND_CTX *generator = cossl_libcrypto.RAND_get0_private(NULL);
  // Whatever strength the machine's configuration gave it, and no reseeding beyond its own intervals.
  return generator != NULL
      && cossl_libcrypto.EVP_RAND_generate(generator, out, length, 0, 0, additional, additional_length) == 1;
}

bool cossl_random_reseed(const void *seed, size_t length) {
  if (!cossl_load(NULL, 0)) return false;
  EVP_RAND_CTX *generator = cossl_libcrypto.RAND_get0_private(NULL);
  // With prediction resistance the entropy comes from the operating system, not from the generator above this one.
  return generator != NULL && cossl_libcrypto.EVP_RAND_reseed(generator, 1, NULL, 0, seed, length) == 1;
}
