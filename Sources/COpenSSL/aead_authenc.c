// AES-CBC and then HMAC over associated data and ciphertext, as the kernel's authenc.
// SPDX-License-Identifier: Apache-2.0

#include "aead.h"

#include "include/cossl_mac.h"

#include <string.h>

// SHA-512's (FIPS 180-4).
#define COSSL_LONGEST_CODE 64

struct authenc {
  cossl_aead head;
  bool keyed;
  EVP_CIPHER_CTX *forward, *backward;
  cossl_mac *hmac;
  size_t digest_length;
};

static void destroy(cossl_aead *head) {
  struct authenc *authenc = (struct authenc *)head;
  cossl_libcrypto.EVP_CIPHER_CTX_free(authenc->forward);
  cossl_libcrypto.EVP_CIPHER_CTX_free(authenc->backward);
  if (authenc->hmac != NULL) cossl_mac_destroy(authenc->hmac);
  cossl_release(authenc, sizeof *authenc);
}

struct keys {
  const uint8_t *authentication, *encryption;
  size_t authentication_length, encryption_length;
};

// The kernel's form: `struct rtattr` of the machine's byte order (linux/rtnetlink.h), which holds a big-endian length
// and nothing else, then the two keys. The type is CRYPTO_AUTHENC_KEYA_PARAM (crypto/authenc.h).
static cossl_key_status split(const uint8_t *key, size_t length, struct keys *keys) {
  enum { header = 8, parameters = 1 };
  uint16_t attribute[2];
  if (length < header) return COSSL_KEY_MALFORMED;
  memcpy(attribute, key, sizeof attribute);
  const size_t encryption =
      (size_t)key[4] << 24 | (size_t)key[5] << 16 | (size_t)key[6] << 8 | (size_t)key[7];
  if (attribute[0] != header || attribute[1] != parameters || encryption > length - header) {
    return COSSL_KEY_MALFORMED;
  }
  keys->authentication = key + header;
  keys->authentication_length = length - header - encryption;
  keys->encryption = keys->authentication + keys->authentication_length;
  keys->encryption_length = encryption;
  return encryption == 16 || encryption == 24 || encryption == 32 ? COSSL_KEY_TAKEN : COSSL_KEY_LENGTH;
}

static cossl_key_status set_key(cossl_aead *head, const void *key, size_t length) {
  struct authenc *authenc = (struct authenc *)head;
  struct keys keys = {0};
  authenc->keyed = false;
  cossl_key_status status = split(key, length, &keys);
  if (status == COSSL_KEY_TAKEN) {
    const EVP_CIPHER *cbc = cossl_aead_cipher(COSSL_AEAD_AES_CBC, keys.encryption_length);
    authenc->keyed = cbc != NULL
        && cossl_libcrypto.EVP_CipherInit_ex2(authenc->forward, cbc, keys.encryption, NULL, 1, NULL) == 1
        && cossl_libcrypto.EVP_CipherInit_ex2(authenc->backward, cbc, keys.encryption, NULL, 0, NULL) == 1
        // Decrypting with padding would keep the last block back.
        && cossl_libcrypto.EVP_CIPHER_CTX_set_padding(authenc->backward, 0) == 1
        && cossl_mac_set_key(authenc->hmac, keys.authentication, keys.authentication_length);
    status = authenc->keyed ? COSSL_KEY_TAKEN : COSSL_KEY_FAILED;
  }
  if (!authenc->keyed) {
    cossl_libcrypto.EVP_CIPHER_CTX_reset(authenc->forward);
    cossl_libcrypto.EVP_CIPHER_CTX_reset(authenc->backward);
  }
  return status;
}

static bool is_message(const struct authenc *authenc, const cossl_aead_parameters *parameters, size_t length,
                       size_t tag_length) {
  return authenc->keyed && parameters->nonce_length == COSSL_BLOCK && length % COSSL_BLOCK == 0
      && tag_length <= authenc->digest_length;
}

static bool crypt(EVP_CIPHER_CTX *context, const void *iv, const uint8_t *in, size_t length, uint8_t *out) {
  size_t written = 0;
  return cossl_libcrypto.EVP_CipherInit_ex2(context, NULL, NULL, iv, -1, NULL) == 1
      && cossl_aead_update(context, in, length, out, &written) && written == length;
}

static bool authenticate(struct authenc *authenc, const cossl_aead_parameters *parameters, const uint8_t *ciphertext,
                         size_t length, uint8_t code[static COSSL_LONGEST_CODE]) {
  return cossl_mac_init(authenc->hmac)
      && (parameters->associated_length == 0
          || cossl_mac_update(authenc->hmac, parameters->associated, parameters->associated_length))
      && (length == 0 || cossl_mac_update(authenc->hmac, ciphertext, length))
      && cossl_mac_final(authenc->hmac, code, authenc->digest_length);
}

static bool seal_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in, size_t length,
                 uint8_t *out, uint8_t *tag, size_t tag_length) {
  struct authenc *authenc = (struct authenc *)head;
  uint8_t code[COSSL_LONGEST_CODE];
  if (!is_message(authenc, parameters, length, tag_length)
      || !crypt(authenc->forward, parameters->nonce, in, length, out)
      || !authenticate(authenc, parameters, out, length, code)) {
    return false;
  }
  memcpy(tag, code, tag_length);
  cossl_libcrypto.OPENSSL_cleanse(code, sizeof code);
  return true;
}

static cossl_open_status open_message(cossl_aead *head, const cossl_aead_parameters *parameters, const uint8_t *in,
                              size_t length, uint8_t *out, const uint8_t *tag, size_t tag_length) {
  struct authenc *authenc = (struct authenc *)head;
  uint8_t code[COSSL_LONGEST_CODE];
  if (!is_message(authenc, parameters, length, tag_length)
      || !authenticate(authenc, parameters, in, length, code)) {
    return COSSL_OPEN_FAILED;
  }
  // Nothing is decrypted before the code is right: padding, which the caller looks at, can then tell nothing.
  const bool is_equal = cossl_libcrypto.CRYPTO_memcmp(code, tag, tag_length) == 0;
  cossl_libcrypto.OPENSSL_cleanse(code, sizeof code);
  if (!is_equal) return COSSL_UNAUTHENTIC;
  return crypt(authenc->backward, parameters->nonce, in, length, out) ? COSSL_OPENED : COSSL_OPEN_FAILED;
}

static const struct cossl_aead_operations operations = {
    .set_key = set_key,
    .seal = seal_message,
    .open = open_message,
    .destroy = destroy,
};

cossl_aead *cossl_authenc_create(cossl_digest_algorithm digest, size_t digest_length) {
  if (!cossl_has_aead_cipher(COSSL_AEAD_AES_CBC)) return NULL;
  struct authenc *authenc = cossl_allocate(sizeof *authenc);
  if (authenc == NULL) return NULL;
  authenc->head.operations = &operations;
  authenc->digest_length = digest_length;
  authenc->forward = cossl_libcrypto.EVP_CIPHER_CTX_new();
  authenc->backward = cossl_libcrypto.EVP_CIPHER_CTX_new();
  authenc->hmac = cossl_hmac_create(digest);
  if (authenc->forward != NULL && authenc->backward != NULL && authenc->hmac != NULL) return &authenc->head;
  destroy(&authenc->head);
  return NULL;
}
