// Fetches the EVP ciphers of the block ciphers and their modes by the names that libcrypto makes of both.
// SPDX-License-Identifier: Apache-2.0

#include "cipher_methods.h"

#include <stdio.h>

// By cipher, mode and key length: 0, 1, 2 for 128, 192 and 256 bits.
static _Atomic(EVP_CIPHER *) fetched[COSSL_METHOD_BASES][COSSL_METHOD_MODES][3];

static const char *const families[COSSL_METHOD_BASES] = {
    [COSSL_AES] = "AES", [COSSL_CAMELLIA] = "CAMELLIA", [COSSL_ARIA] = "ARIA"};
static const char *const modes[COSSL_METHOD_MODES] = {
    [COSSL_ECB] = "ECB",
    [COSSL_CBC] = "CBC",
    [COSSL_CTR] = "CTR",
    [COSSL_CFB] = "CFB",
    [COSSL_OFB] = "OFB",
    [COSSL_XTS] = "XTS",
    [COSSL_CTS] = "CBC-CTS",
    [COSSL_RFC3686] = "CTR",
    // Key wrap is done here, block by block.
    [COSSL_KW] = "ECB",
    [COSSL_METHOD_GCM] = "GCM",
};

// Writes libcrypto's name; false for a key length that the cipher does not have. `*index` is the place in the table.
static bool name(char *out, size_t capacity, cossl_cipher_base base, cossl_cipher_mode mode, size_t key_length,
                 size_t *index) {
  *index = 0;
  switch (base) {
    case COSSL_SM4: return key_length == 16 && snprintf(out, capacity, "SM4-%s", modes[mode]) > 0;
    case COSSL_DES3_EDE: return key_length == 24 && snprintf(out, capacity, "DES-EDE3-%s", modes[mode]) > 0;
    case COSSL_CHACHA20: return key_length == 32 && snprintf(out, capacity, "ChaCha20") > 0;
    default: break;
  }
  if (mode == COSSL_RFC3686) key_length -= COSSL_RFC3686_NONCE;
  // XTS is named by one of its two keys.
  if (mode == COSSL_XTS) key_length = key_length % 2 == 0 ? key_length / 2 : 0;
  if (key_length != 16 && key_length != 24 && key_length != 32) return false;
  *index = key_length / 8 - 2;
  return snprintf(out, capacity, "%s-%zu-%s", families[base], key_length * 8, modes[mode]) > 0;
}

const EVP_CIPHER *cossl_cipher_method(cossl_cipher_base base, cossl_cipher_mode mode, size_t key_length) {
  char text[32];
  size_t index = 0;
  if (!name(text, sizeof text, base, mode, key_length, &index)) return NULL;
  return cossl_fetch_EVP_CIPHER(&fetched[base][mode][index], text);
}
