// The one list of libcrypto symbols that WarpDrive uses, and the table of function pointers made from it.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_SYMBOLS_H
#define COSSL_SYMBOLS_H

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/md5.h>
#include <openssl/rand.h>
#include <openssl/ripemd.h>
#include <openssl/sha.h>
#include <stdatomic.h>

#include "pkey_symbols.h"

// Declaration, filling and requirement are this list. REQUIRED: without it nothing of libcrypto is used.
// OPTIONAL: a libcrypto built without it (no-md5, no-rmd160, no-deprecated) has NULL there, and only the algorithms
// that need it are refused.
#define COSSL_SYMBOLS(REQUIRED, OPTIONAL) \
  REQUIRED(OpenSSL_version) \
  REQUIRED(OpenSSL_version_num) \
  REQUIRED(CRYPTO_zalloc) \
  REQUIRED(CRYPTO_clear_free) \
  REQUIRED(CRYPTO_memcmp) \
  REQUIRED(OPENSSL_cleanse) \
  COSSL_PKEY_SYMBOLS(REQUIRED, OPTIONAL) \
  REQUIRED(ERR_error_string_n) \
  REQUIRED(ERR_get_error_all) \
  REQUIRED(ERR_reason_error_string) \
  REQUIRED(EVP_MD_fetch) \
  REQUIRED(EVP_MD_free) \
  REQUIRED(EVP_MD_get_block_size) \
  REQUIRED(EVP_MD_get_size) \
  REQUIRED(EVP_MD_CTX_new) \
  REQUIRED(EVP_MD_CTX_free) \
  REQUIRED(EVP_MD_CTX_copy_ex) \
  REQUIRED(EVP_DigestInit_ex2) \
  REQUIRED(EVP_DigestUpdate) \
  REQUIRED(EVP_DigestFinal_ex) \
  REQUIRED(EVP_DigestFinalXOF) \
  REQUIRED(EVP_CIPHER_fetch) \
  REQUIRED(EVP_CIPHER_free) \
  REQUIRED(EVP_CIPHER_CTX_new) \
  REQUIRED(EVP_CIPHER_CTX_free) \
  REQUIRED(EVP_CIPHER_CTX_reset) \
  REQUIRED(EVP_CIPHER_CTX_ctrl) \
  REQUIRED(EVP_CIPHER_CTX_get_params) \
  REQUIRED(EVP_CIPHER_CTX_set_params) \
  REQUIRED(EVP_CIPHER_CTX_set_padding) \
  REQUIRED(EVP_CipherInit_ex2) \
  REQUIRED(EVP_CipherUpdate) \
  REQUIRED(EVP_CipherFinal_ex) \
  REQUIRED(EVP_MAC_fetch) \
  REQUIRED(EVP_MAC_free) \
  REQUIRED(EVP_MAC_CTX_new) \
  REQUIRED(EVP_MAC_CTX_free) \
  REQUIRED(EVP_MAC_init) \
  REQUIRED(EVP_MAC_update) \
  REQUIRED(EVP_MAC_final) \
  REQUIRED(RAND_get0_primary) \
  REQUIRED(RAND_get0_private) \
  REQUIRED(EVP_RAND_fetch) \
  REQUIRED(EVP_RAND_free) \
  REQUIRED(EVP_RAND_CTX_new) \
  REQUIRED(EVP_RAND_CTX_free) \
  REQUIRED(EVP_RAND_CTX_set_params) \
  REQUIRED(EVP_RAND_instantiate) \
  REQUIRED(EVP_RAND_generate) \
  REQUIRED(EVP_RAND_reseed) \
  REQUIRED(EVP_KDF_fetch) \
  REQUIRED(EVP_KDF_free) \
  REQUIRED(EVP_KDF_CTX_new) \
  REQUIRED(EVP_KDF_CTX_free) \
  REQUIRED(EVP_KDF_derive) \
  REQUIRED(EVP_Q_mac) \
  OPTIONAL(MD5_Init) \
  OPTIONAL(MD5_Update) \
  OPTIONAL(MD5_Final) \
  OPTIONAL(MD5_Transform) \
  OPTIONAL(SHA1_Init) \
  OPTIONAL(SHA1_Update) \
  OPTIONAL(SHA1_Final) \
  OPTIONAL(SHA1_Transform) \
  OPTIONAL(SHA224_Init) \
  OPTIONAL(SHA224_Update) \
  OPTIONAL(SHA224_Final) \
  OPTIONAL(SHA256_Init) \
  OPTIONAL(SHA256_Update) \
  OPTIONAL(SHA256_Final) \
  OPTIONAL(SHA256_Transform) \
  OPTIONAL(SHA384_Init) \
  OPTIONAL(SHA384_Update) \
  OPTIONAL(SHA384_Final) \
  OPTIONAL(SHA512_Init) \
  OPTIONAL(SHA512_Update) \
  OPTIONAL(SHA512_Final) \
  OPTIONAL(SHA512_Transform) \
  OPTIONAL(RIPEMD160_Init) \
  OPTIONAL(RIPEMD160_Update) \
  OPTIONAL(RIPEMD160_Final) \
  OPTIONAL(RIPEMD160_Transform)

struct cossl_symbols {
#define COSSL_MEMBER(symbol) __typeof__(&symbol) symbol;
  COSSL_SYMBOLS(COSSL_MEMBER, COSSL_MEMBER)
#undef COSSL_MEMBER
};

// Filled once by `cossl_load` and constant from then on. Whatever has a context has loaded: only functions that make a
// context, or need none, ask `cossl_load` first.
extern struct cossl_symbols cossl_libcrypto __attribute__((visibility("hidden")));

// Fetches an algorithm once for the process, into `slot`: outside any lock, and of two that come at once the second
// keeps the first's. A failure is not remembered.
#define COSSL_FETCH_ONCE(TYPE) \
  static inline TYPE *cossl_fetch_##TYPE(_Atomic(TYPE *) *slot, const char *name) { \
    TYPE *known = atomic_load_explicit(slot, memory_order_acquire); \
    if (known != NULL) return known; \
    TYPE *found = cossl_libcrypto.TYPE##_fetch(NULL, name, NULL); \
    if (found == NULL) return NULL; \
    if (atomic_compare_exchange_strong_explicit( \
            slot, &known, found, memory_order_acq_rel, memory_order_acquire)) { \
      return found; \
    } \
    cossl_libcrypto.TYPE##_free(found); \
    return known; \
  }
COSSL_FETCH_ONCE(EVP_CIPHER)
COSSL_FETCH_ONCE(EVP_KDF)
COSSL_FETCH_ONCE(EVP_MAC)
COSSL_FETCH_ONCE(EVP_MD)
#undef COSSL_FETCH_ONCE

// A zeroed block of `size` bytes, or NULL with libcrypto's error on its queue.
static inline void *cossl_allocate(size_t size) { return cossl_libcrypto.CRYPTO_zalloc(size, __FILE__, __LINE__); }

// Wipes and frees a block: contexts hold keys or the data that was hashed.
static inline void cossl_release(void *block, size_t size) {
  cossl_libcrypto.CRYPTO_clear_free(block, size, __FILE__, __LINE__);
}

#endif
