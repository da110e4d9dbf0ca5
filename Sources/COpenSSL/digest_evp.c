// Contexts of the digests that libcrypto has through EVP only; each is fetched once for the process.
// SPDX-License-Identifier: Apache-2.0

#include "digest.h"

struct evp_digest {
  cossl_digest head;
  EVP_MD_CTX *context;
  size_t length;
};

static void destroy(cossl_digest *digest) {
  struct evp_digest *evp = (struct evp_digest *)digest;
  // The provider wipes its state as it frees it.
  cossl_libcrypto.EVP_MD_CTX_free(evp->context);
  cossl_release(evp, sizeof *evp);
}

static cossl_digest *clone(const cossl_digest *digest) {
  const struct evp_digest *evp = (const struct evp_digest *)digest;
  struct evp_digest *copy = cossl_allocate(sizeof *copy);
  if (copy == NULL) return NULL;
  *copy = *evp;
  copy->context = cossl_libcrypto.EVP_MD_CTX_new();
  if (copy->context == NULL || cossl_libcrypto.EVP_MD_CTX_copy_ex(copy->context, evp->context) != 1) {
    destroy(&copy->head);
    return NULL;
  }
  return &copy->head;
}

static bool init(cossl_digest *digest) {
  // No digest named: the context keeps the one it was made with. (libcrypto 3.0 still makes its state anew: of all that
  // a message needs here, this is the one allocation.)
  return cossl_libcrypto.EVP_DigestInit_ex2(((struct evp_digest *)digest)->context, NULL, NULL) == 1;
}

static bool update(cossl_digest *digest, const void *data, size_t length) {
  return cossl_libcrypto.EVP_DigestUpdate(((struct evp_digest *)digest)->context, data, length) == 1;
}

static bool final_fixed(cossl_digest *digest, void *out, size_t out_length) {
  struct evp_digest *evp = (struct evp_digest *)digest;
  return out_length == evp->length && cossl_libcrypto.EVP_DigestFinal_ex(evp->context, out, NULL) == 1;
}

static bool final_any(cossl_digest *digest, void *out, size_t out_length) {
  return cossl_libcrypto.EVP_DigestFinalXOF(((struct evp_digest *)digest)->context, out, out_length) == 1;
}

static bool hash_fixed(cossl_digest *digest, const void *data, size_t length, void *out, size_t out_length) {
  return init(digest) && update(digest, data, length) && final_fixed(digest, out, out_length);
}

static bool hash_any(cossl_digest *digest, const void *data, size_t length, void *out, size_t out_length) {
  return init(digest) && update(digest, data, length) && final_any(digest, out, out_length);
}

// X(NAME, libcrypto's name, digest length, how its length is chosen)
#define EVP_DIGESTS(X) \
  X(SHA3_224, "SHA3-224", 28, fixed) \
  X(SHA3_256, "SHA3-256", 32, fixed) \
  X(SHA3_384, "SHA3-384", 48, fixed) \
  X(SHA3_512, "SHA3-512", 64, fixed) \
  X(SHAKE128, "SHAKE-128", 0, any) \
  X(SHAKE256, "SHAKE-256", 0, any) \
  X(SM3, "SM3", 32, fixed) \
  X(BLAKE2B_512, "BLAKE2B-512", 64, fixed) \
  X(BLAKE2S_256, "BLAKE2S-256", 32, fixed)

static struct kind {
  const char *name;
  size_t length;
  struct cossl_digest_operations operations;
  _Atomic(EVP_MD *) fetched;
} kinds[] = {
#define EVP_KIND(NAME, TEXT, LENGTH, FORM) \
  {.name = TEXT, \
   .length = LENGTH, \
   .operations = { \
       .hash = hash_##FORM, \
       .init = init, \
       .update = update, \
       .final = final_##FORM, \
       .clone = clone, \
       .destroy = destroy, \
       .algorithm = COSSL_##NAME, \
   }},
    EVP_DIGESTS(EVP_KIND)
#undef EVP_KIND
};

static struct kind *kind_of(cossl_digest_algorithm algorithm) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (kinds[i].operations.algorithm == algorithm) return &kinds[i];
  }
  return NULL;
}

const EVP_MD *cossl_evp_digest(cossl_digest_algorithm algorithm) {
  struct kind *kind = kind_of(algorithm);
  return kind == NULL ? NULL : cossl_fetch_EVP_MD(&kind->fetched, kind->name);
}

cossl_digest *cossl_evp_digest_create(cossl_digest_algorithm algorithm) {
  struct kind *kind = kind_of(algorithm);
  if (kind == NULL) return NULL;
  const EVP_MD *digest = cossl_fetch_EVP_MD(&kind->fetched, kind->name);
  if (digest == NULL) return NULL;
  struct evp_digest *evp = cossl_allocate(sizeof *evp);
  if (evp == NULL) return NULL;
  evp->head.operations = &kind->operations;
  evp->length = kind->length;
  evp->context = cossl_libcrypto.EVP_MD_CTX_new();
  if (evp->context == NULL || cossl_libcrypto.EVP_DigestInit_ex2(evp->context, digest, NULL) != 1) {
    destroy(&evp->head);
    return NULL;
  }
  return &evp->head;
}
