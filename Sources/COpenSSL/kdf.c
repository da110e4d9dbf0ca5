// Key derivations through EVP_KDF: each function is fetched once for the process, a request has a context of its own.
// SPDX-License-Identifier: Apache-2.0

#include "include/cossl_kdf.h"

#include "include/cossl_library.h"
#include "symbols.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

// Scrypt has the most parameters: secret, salt, three numbers, the limit; the end is one more.
#define MOST_PARAMETERS 10

static struct {
  const char *name;
  _Atomic(EVP_KDF *) fetched;
} functions[] = {
    [COSSL_PBKDF2] = {.name = "PBKDF2"},
    [COSSL_SCRYPT] = {.name = "SCRYPT"},
    [COSSL_KBKDF_COUNTER_HMAC] = {.name = "KBKDF"},
    [COSSL_KBKDF_COUNTER_CMAC] = {.name = "KBKDF"},
    [COSSL_KBKDF_FEEDBACK_HMAC] = {.name = "KBKDF"},
    [COSSL_KBKDF_FEEDBACK_CMAC] = {.name = "KBKDF"},
    [COSSL_TLS1_PRF] = {.name = "TLS1-PRF"},
};

static EVP_KDF *fetch(cossl_kdf_function function) {
  return cossl_fetch_EVP_KDF(&functions[function].fetched, functions[function].name);
}

// A list of parameters in the making. Names and values are only read: parameters have no const because others of them
// are written.
struct list {
  OSSL_PARAM parameters[MOST_PARAMETERS];
  size_t count;
};

static void add(struct list *list, OSSL_PARAM parameter) { list->parameters[list->count++] = parameter; }

static void add_text(struct list *list, const char *name, const char *text) {
  add(list, (OSSL_PARAM)OSSL_PARAM_utf8_string(name, (char *)text, strlen(text)));
}

// No bytes are given at a valid address: several functions tell "empty" from "not given" by it.
static void add_bytes(struct list *list, const char *name, const void *bytes, size_t length) {
  static unsigned char none[1];
  add(list, (OSSL_PARAM)OSSL_PARAM_octet_string(name, length > 0 ? (void *)bytes : none, length));
}

static void describe_kbkdf(struct list *list, const cossl_kdf_request *request, int *is_framed) {
  const bool is_cmac = request->function == COSSL_KBKDF_COUNTER_CMAC || request->function == COSSL_KBKDF_FEEDBACK_CMAC;
  const bool is_feedback =
      request->function == COSSL_KBKDF_FEEDBACK_HMAC || request->function == COSSL_KBKDF_FEEDBACK_CMAC;
  add_text(list, OSSL_KDF_PARAM_MAC, is_cmac ? "CMAC" : "HMAC");
  add_text(list, is_cmac ? OSSL_KDF_PARAM_CIPHER : OSSL_KDF_PARAM_DIGEST, request->algorithm);
  add_text(list, OSSL_KDF_PARAM_MODE, is_feedback ? "FEEDBACK" : "COUNTER");
  add_bytes(list, OSSL_KDF_PARAM_KEY, request->secret, request->secret_length);
  if (request->label_length > 0) add_bytes(list, OSSL_KDF_PARAM_SALT, request->label, request->label_length);
  if (request->info_length > 0) add_bytes(list, OSSL_KDF_PARAM_INFO, request->info, request->info_length);
  if (is_feedback && request->salt_length > 0) {
    add_bytes(list, OSSL_KDF_PARAM_SEED, request->salt, request->salt_length);
  }
  add(list, (OSSL_PARAM)OSSL_PARAM_int(OSSL_KDF_PARAM_KBKDF_USE_L, is_framed));
  add(list, (OSSL_PARAM)OSSL_PARAM_int(OSSL_KDF_PARAM_KBKDF_USE_SEPARATOR, is_framed));
}

static bool derive(const cossl_kdf_request *request, struct list *list, void *out, size_t length) {
  EVP_KDF *kdf = fetch(request->function);
  EVP_KDF_CTX *context = kdf == NULL ? NULL : cossl_libcrypto.EVP_KDF_CTX_new(kdf);
  if (context == NULL) return false;
  add(list, (OSSL_PARAM)OSSL_PARAM_END);
  const bool done = cossl_libcrypto.EVP_KDF_derive(context, out, length, list->parameters) == 1;
  // The provider wipes the secrets that it copied as it frees them.
  cossl_libcrypto.EVP_KDF_CTX_free(context);
  if (!done) cossl_libcrypto.OPENSSL_cleanse(out, length);
  return done;
}

// The derivation is the code of the context, under the label as customization, as long as the key is to be; libcrypto
// has it as a derivation from 3.1 on.
static bool derive_by_kmac(const cossl_kdf_request *request, void *out, size_t length) {
  struct list list = {.count = 0};
  size_t size = length, written = 0;
  add_bytes(&list, OSSL_MAC_PARAM_CUSTOM, request->label, request->label_length);
  add(&list, (OSSL_PARAM)OSSL_PARAM_size_t(OSSL_MAC_PARAM_SIZE, &size));
  add(&list, (OSSL_PARAM)OSSL_PARAM_END);
  const char *name = request->function == COSSL_KBKDF_KMAC128 ? "KMAC-128" : "KMAC-256";
  const bool done = cossl_libcrypto.EVP_Q_mac(NULL, name, NULL, NULL, list.parameters, request->secret,
                                              request->secret_length, request->info, request->info_length, out, length,
                                              &written)
          != NULL
      && written == length;
  if (!done) cossl_libcrypto.OPENSSL_cleanse(out, length);
  return done;
}

bool cossl_kdf(const cossl_kdf_request *request, void *out, size_t length) {
  if (!cossl_load(NULL, 0)) return false;
  struct list list = {.count = 0};
  // With a label, the fixed input data has the layout that SP 800-108 section 4 proposes.
  int is_framed = request->label_length > 0, without_checks = 1;
  uint64_t iterations = request->iterations, cost = request->cost, memory_limit = request->memory_limit;
  uint32_t block_size = request->block_size, parallelism = request->parallelism;
  switch (request->function) {
    case COSSL_PBKDF2:
      add_text(&list, OSSL_KDF_PARAM_DIGEST, request->algorithm);
      add_bytes(&list, OSSL_KDF_PARAM_PASSWORD, request->secret, request->secret_length);
      add_bytes(&list, OSSL_KDF_PARAM_SALT, request->salt, request->salt_length);
      add(&list, (OSSL_PARAM)OSSL_PARAM_uint64(OSSL_KDF_PARAM_ITER, &iterations));
      // The lower bounds of SP 800-132 are a policy's business: RFC 8018 has none.
      add(&list, (OSSL_PARAM)OSSL_PARAM_int(OSSL_KDF_PARAM_PKCS5, &without_checks));
      break;
    case COSSL_SCRYPT:
      add_bytes(&list, OSSL_KDF_PARAM_PASSWORD, request->secret, request->secret_length);
      add_bytes(&list, OSSL_KDF_PARAM_SALT, request->salt, request->salt_length);
      add(&list, (OSSL_PARAM)OSSL_PARAM_uint64(OSSL_KDF_PARAM_SCRYPT_N, &cost));
      add(&list, (OSSL_PARAM)OSSL_PARAM_uint32(OSSL_KDF_PARAM_SCRYPT_R, &block_size));
      add(&list, (OSSL_PARAM)OSSL_PARAM_uint32(OSSL_KDF_PARAM_SCRYPT_P, &parallelism));
      add(&list, (OSSL_PARAM)OSSL_PARAM_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory_limit));
      break;
    case COSSL_TLS1_PRF:
      add_text(&list, OSSL_KDF_PARAM_DIGEST, request->algorithm);
      add_bytes(&list, OSSL_KDF_PARAM_SECRET, request->secret, request->secret_length);
      // Seeds follow one another: the label is the first of them.
      if (request->label_length > 0) add_bytes(&list, OSSL_KDF_PARAM_SEED, request->label, request->label_length);
      if (request->info_length > 0) add_bytes(&list, OSSL_KDF_PARAM_SEED, request->info, request->info_length);
      break;
    case COSSL_KBKDF_KMAC128:
    case COSSL_KBKDF_KMAC256: return derive_by_kmac(request, out, length);
    default: describe_kbkdf(&list, request, &is_framed);
  }
  return derive(request, &list, out, length);
}
