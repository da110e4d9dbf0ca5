// Poly1305, SipHash, KMAC and keyed BLAKE2 on kept EVP_MAC contexts.
// SPDX-License-Identifier: Apache-2.0

#include "mac.h"

#include "symbols.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

enum {
  // libcrypto's limits: KMAC takes keys and customization strings of up to 512 bytes, BLAKE2b salts of 16.
  MAX_KEY = 512,
  MAX_CUSTOMIZATION = 512,
  MAX_SALT = 16,
};

static const char *const names[] = {
    [COSSL_POLY1305] = "POLY1305",      [COSSL_SIPHASH] = "SIPHASH",        [COSSL_KMAC128] = "KMAC-128",
    [COSSL_KMAC256] = "KMAC-256",       [COSSL_KMAC_XOF128] = "KMAC-128",   [COSSL_KMAC_XOF256] = "KMAC-256",
    [COSSL_BLAKE2B_MAC] = "BLAKE2BMAC", [COSSL_BLAKE2S_MAC] = "BLAKE2SMAC",
};

static _Atomic(EVP_MAC *) fetched[sizeof names / sizeof names[0]];

struct evp_mac {
  cossl_mac head;
  cossl_mac_algorithm algorithm;
  bool keyed;
  EVP_MAC_CTX *context;
  size_t tag_length, customization_length, salt_length, key_length;
  uint8_t customization[MAX_CUSTOMIZATION], salt[MAX_SALT];
  // Given again for each message: what init does without a key differs among the MACs and the releases of libcrypto.
  uint8_t key[MAX_KEY];
};

static void destroy(cossl_mac *mac) {
  struct evp_mac *evp = (struct evp_mac *)mac;
  cossl_libcrypto.EVP_MAC_CTX_free(evp->context);
  cossl_release(evp, sizeof *evp);
}

static bool configure(cossl_mac *mac, const cossl_mac_parameters *parameters) {
  struct evp_mac *evp = (struct evp_mac *)mac;
  if (parameters->customization_length > MAX_CUSTOMIZATION || parameters->salt_length > MAX_SALT) return false;
  evp->tag_length = parameters->tag_length;
  evp->customization_length = parameters->customization_length;
  evp->salt_length = parameters->salt_length;
  if (evp->customization_length > 0) memcpy(evp->customization, parameters->customization, evp->customization_length);
  if (evp->salt_length > 0) memcpy(evp->salt, parameters->salt, evp->salt_length);
  return true;
}

static bool init(cossl_mac *mac) {
  struct evp_mac *evp = (struct evp_mac *)mac;
  if (!evp->keyed) return false;
  OSSL_PARAM parameters[5], *next = parameters;
  int xof = 1;
  if (evp->tag_length > 0) *next++ = (OSSL_PARAM)OSSL_PARAM_size_t(OSSL_MAC_PARAM_SIZE, &evp->tag_length);
  if (evp->customization_length > 0) {
    *next++ = (OSSL_PARAM)OSSL_PARAM_octet_string(OSSL_MAC_PARAM_CUSTOM, evp->customization, evp->customization_length);
  }
  if (evp->salt_length > 0) {
    *next++ = (OSSL_PARAM)OSSL_PARAM_octet_string(OSSL_MAC_PARAM_SALT, evp->salt, evp->salt_length);
  }
  if (evp->algorithm == COSSL_KMAC_XOF128 || evp->algorithm == COSSL_KMAC_XOF256) {
    *next++ = (OSSL_PARAM)OSSL_PARAM_int(OSSL_MAC_PARAM_XOF, &xof);
  }
  *next = (OSSL_PARAM)OSSL_PARAM_END;
  return cossl_libcrypto.EVP_MAC_init(evp->context, evp->key, evp->key_length, parameters) == 1;
}

static bool set_key(cossl_mac *mac, const void *key, size_t length) {
  struct evp_mac *evp = (struct evp_mac *)mac;
  cossl_libcrypto.OPENSSL_cleanse(evp->key, sizeof evp->key);
  evp->key_length = length;
  evp->keyed = length > 0 && length <= MAX_KEY;
  if (evp->keyed) memcpy(evp->key, key, length);
  // A key that libcrypto does not take is found out here.
  if (evp->keyed && init(mac)) return true;
  cossl_libcrypto.OPENSSL_cleanse(evp->key, sizeof evp->key);
  return evp->keyed = false;
}

static bool update(cossl_mac *mac, const void *data, size_t length) {
  return length == 0 || cossl_libcrypto.EVP_MAC_update(((struct evp_mac *)mac)->context, data, length) == 1;
}

static bool final(cossl_mac *mac, void *out, size_t out_length) {
  struct evp_mac *evp = (struct evp_mac *)mac;
  size_t written = 0;
  if (evp->tag_length > 0 && out_length != evp->tag_length) return false;
  return cossl_libcrypto.EVP_MAC_final(evp->context, out, &written, out_length) == 1 && written == out_length;
}

static bool authenticate(cossl_mac *mac, const void *data, size_t length, void *out, size_t out_length) {
  return init(mac) && update(mac, data, length) && final(mac, out, out_length);
}

static const struct cossl_mac_operations operations = {
    .set_key = set_key,
    .authenticate = authenticate,
    .init = init,
    .update = update,
    .final = final,
    .destroy = destroy,
    .configure = configure,
};

// The process's fetched MAC, as the digests and ciphers are.
static EVP_MAC *fetch(cossl_mac_algorithm algorithm) {
  if (algorithm >= sizeof names / sizeof names[0] || names[algorithm] == NULL) return NULL;
  return cossl_fetch_EVP_MAC(&fetched[algorithm], names[algorithm]);
}

cossl_mac *cossl_evp_mac_create(cossl_mac_algorithm algorithm) {
  EVP_MAC *mac = fetch(algorithm);
  if (mac == NULL) return NULL;
  struct evp_mac *evp = cossl_allocate(sizeof *evp);
  if (evp == NULL) return NULL;
  evp->head.operations = &operations;
  evp->algorithm = algorithm;
  evp->context = cossl_libcrypto.EVP_MAC_CTX_new(mac);
  if (evp->context != NULL) return &evp->head;
  destroy(&evp->head);
  return NULL;
}
