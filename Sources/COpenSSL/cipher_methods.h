// The EVP ciphers behind `cossl_cipher` and the MACs made of them, each fetched once for the process.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_CIPHER_METHODS_H
#define COSSL_CIPHER_METHODS_H

#include "include/cossl_cipher.h"

#include "symbols.h"

// GCM is here for GMAC alone.
#define COSSL_METHOD_GCM ((cossl_cipher_mode)10)
#define COSSL_METHOD_MODES 11
#define COSSL_METHOD_BASES 6

// Bytes of a block: 8 of triple DES, 16 of the others, COSSL_CHACHA20_BLOCK of ChaCha20.
static inline size_t cossl_cipher_block(cossl_cipher_base base) {
  return base == COSSL_DES3_EDE ? 8 : base == COSSL_CHACHA20 ? COSSL_CHACHA20_BLOCK : 16;
}

// The process's fetched EVP cipher for keys of that many bytes; NULL where there is none. Needs a loaded library.
const EVP_CIPHER *cossl_cipher_method(cossl_cipher_base base, cossl_cipher_mode mode, size_t key_length);

// Whether two parts of a key are the same in the bits that `mask` has, found in time that is the same for all keys.
static inline bool cossl_is_same(const uint8_t *left, const uint8_t *right, size_t length, uint8_t mask) {
  uint8_t difference = 0;
  for (size_t i = 0; i < length; i++) difference |= (uint8_t)((left[i] ^ right[i]) & mask);
  return difference == 0;
}

#endif
