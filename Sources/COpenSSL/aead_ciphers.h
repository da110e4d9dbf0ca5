// The EVP ciphers that the authenticated ciphers are made of, each fetched once for the process.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_AEAD_CIPHERS_H
#define COSSL_AEAD_CIPHERS_H

#include "symbols.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cossl_aead_cipher {
  COSSL_AEAD_AES_GCM,
  COSSL_AEAD_AES_CCM,
  COSSL_AEAD_AES_OCB,
  COSSL_AEAD_AES_CBC,
  COSSL_AEAD_AES_CTR,
  COSSL_AEAD_ARIA_GCM,
  COSSL_AEAD_ARIA_CCM,
  COSSL_AEAD_SM4_GCM,
  COSSL_AEAD_SM4_CCM,
  COSSL_AEAD_CHACHA20_POLY1305,
  COSSL_AEAD_CIPHERS,
};

// The process's fetched cipher for a key of that many bytes; NULL where there is none.
const EVP_CIPHER *cossl_aead_cipher(enum cossl_aead_cipher cipher, size_t key_length);

// Whether this libcrypto has the cipher, for its longest key.
bool cossl_has_aead_cipher(enum cossl_aead_cipher cipher);

// Updates a context with any length and adds what it wrote to `written`: EVP_CipherUpdate takes an int, so that longer
// data goes in pieces, each a whole number of blocks. `out` is NULL for associated data, which writes nothing.
static inline bool cossl_aead_update(EVP_CIPHER_CTX *context, const uint8_t *in, size_t length, uint8_t *out,
                                     size_t *written) {
  const size_t piece = (size_t)1 << 30;
  while (length > 0) {
    const int size = (int)(length < piece ? length : piece);
    int count = 0;
    if (cossl_libcrypto.EVP_CipherUpdate(context, out, &count, in, size) != 1) return false;
    in += size;
    length -= (size_t)size;
    if (out == NULL) continue;
    out += count;
    *written += (size_t)count;
  }
  return true;
}

#endif
