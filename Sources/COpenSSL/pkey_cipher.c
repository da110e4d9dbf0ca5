// RSA encryption on kept contexts.
// SPDX-License-Identifier: Apache-2.0

#include "pkey.h"

#include "include/cossl_library.h"
#include "include/cossl_rsa_cipher.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

struct rsa_cipher {
  cossl_rsa_cipher head;
  struct pkey *key;
  EVP_PKEY_CTX *encrypting;
  // NULL with a public key.
  EVP_PKEY_CTX *decrypting;
};

cossl_rsa_cipher *cossl_rsa_cipher_create(bool is_padded, cossl_digest_algorithm digest) {
  if (!cossl_load(NULL, 0) || (is_padded && cossl_digest_name(digest) == NULL)) return NULL;
  struct rsa_cipher *cipher = cossl_allocate(sizeof *cipher);
  if (cipher == NULL) return NULL;
  cipher->head.is_padded = is_padded;
  cipher->head.digest = digest;
  return &cipher->head;
}

static void drop_contexts(struct rsa_cipher *cipher) {
  cossl_libcrypto.EVP_PKEY_CTX_free(cipher->encrypting);
  cossl_libcrypto.EVP_PKEY_CTX_free(cipher->decrypting);
}

void cossl_rsa_cipher_destroy(cossl_rsa_cipher *head) {
  struct rsa_cipher *cipher = (struct rsa_cipher *)head;
  drop_contexts(cipher);
  if (cipher->key != NULL) cossl_pkey_destroy(&cipher->key->head);
  cossl_release(cipher, sizeof *cipher);
}

bool cossl_rsa_cipher_set_key(cossl_rsa_cipher *head, cossl_pkey *key) {
  struct rsa_cipher *cipher = (struct rsa_cipher *)head;
  if (key->type != COSSL_KEY_RSA) return false;
  OSSL_PARAM parameters[] = {
      cossl_text_parameter(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_NONE), OSSL_PARAM_END,
      OSSL_PARAM_END, OSSL_PARAM_END};
  if (head->is_padded) {
    const char *digest = cossl_digest_name(head->digest);
    parameters[0] = cossl_text_parameter(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_OAEP);
    parameters[1] = cossl_text_parameter(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, digest);
    parameters[2] = cossl_text_parameter(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, digest);
  }
  struct rsa_cipher made = {.head = *head};
  EVP_PKEY *evp = cossl_evp_pkey(key);
  made.encrypting = cossl_libcrypto.EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);
  bool done = made.encrypting != NULL
      && cossl_libcrypto.EVP_PKEY_encrypt_init_ex(made.encrypting, parameters) == 1;
  if (done && key->is_private) {
    made.decrypting = cossl_libcrypto.EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);
    done = made.decrypting != NULL
        && cossl_libcrypto.EVP_PKEY_decrypt_init_ex(made.decrypting, parameters) == 1;
  }
  if (!done) {
    drop_contexts(&made);
    return false;
  }
  drop_contexts(cipher);
  if (cipher->key != NULL) cossl_pkey_destroy(&cipher->key->head);
  *cipher = made;
  cipher->key = (struct pkey *)key;
  return true;
}

const cossl_pkey *cossl_rsa_cipher_key(const cossl_rsa_cipher *head) {
  const struct rsa_cipher *cipher = (const struct rsa_cipher *)head;
  return cipher->key != NULL ? &cipher->key->head : NULL;
}

bool cossl_rsa_cipher_encrypt(cossl_rsa_cipher *head, const void *in, size_t length, void *out, size_t out_length) {
  struct rsa_cipher *cipher = (struct rsa_cipher *)head;
  size_t written = out_length;
  if (cipher->encrypting == NULL || length > out_length) return false;
  // libcrypto reads no empty message at NULL.
  static const unsigned char none[1];
  if (head->is_padded) {
    return cossl_libcrypto.EVP_PKEY_encrypt(cipher->encrypting, out, &written, length > 0 ? in : none, length) == 1
        && written == out_length;
  }
  unsigned char *padded = cossl_allocate(out_length);
  if (padded == NULL) return false;
  if (length > 0) memcpy(padded + out_length - length, in, length);
  const bool done = cossl_libcrypto.EVP_PKEY_encrypt(cipher->encrypting, out, &written, padded, out_length) == 1
      && written == out_length;
  cossl_release(padded, out_length);
  return done;
}

bool cossl_rsa_cipher_decrypt(cossl_rsa_cipher *head, const void *in, size_t length, void *out, size_t out_length,
                              size_t *written) {
  struct rsa_cipher *cipher = (struct rsa_cipher *)head;
  *written = out_length;
  cossl_libcrypto.ERR_set_mark();
  const bool done = cipher->decrypting != NULL && length > 0
      && length == (size_t)cossl_libcrypto.EVP_PKEY_get_size(cipher->key->evp)
      && cossl_libcrypto.EVP_PKEY_decrypt(cipher->decrypting, out, written, in, length) == 1
      && *written <= out_length;
  cossl_libcrypto.ERR_pop_to_mark();
  if (!done) {
    cossl_libcrypto.OPENSSL_cleanse(out, out_length);
    *written = 0;
  }
  return done;
}
