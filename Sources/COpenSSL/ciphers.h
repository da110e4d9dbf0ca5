// What the users of EVP ciphers share.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_CIPHERS_H
#define COSSL_CIPHERS_H

#include "symbols.h"

#include <stdbool.h>
#include <stddef.h>

// EVP_CipherUpdate takes an int: longer data goes in pieces, each a whole number of blocks.
static inline bool cossl_cipher_pieces(EVP_CIPHER_CTX *context, const unsigned char *in, size_t length,
                                       unsigned char *out) {
  const size_t piece = (size_t)1 << 30;
  while (length > 0) {
    const int size = (int)(length < piece ? length : piece);
    int written = 0;
    if (cossl_libcrypto.EVP_CipherUpdate(context, out, &written, in, size) != 1) return false;
    // None of these modes keeps bytes back for later.
    if (out != NULL && written != size) return false;
    in += size;
    // NULL means that these bytes are associated data.
    if (out != NULL) out += size;
    length -= (size_t)size;
  }
  return true;
}

#endif
