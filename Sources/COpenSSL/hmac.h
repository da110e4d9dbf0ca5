// What the two families of HMAC contexts share inside this module.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_HMAC_INTERNAL_H
#define COSSL_HMAC_INTERNAL_H

#include "include/cossl_mac.h"

#include "symbols.h"

// SHA3-224 has the longest block of all, 144 bytes (FIPS 202).
#define COSSL_MAX_BLOCK 144
#define COSSL_MAX_DIGEST 64

// RFC 2104, section 2.
#define COSSL_INNER_PAD 0x36
#define COSSL_OUTER_PAD 0x5c

// Writes key XOR pad, the key filled up with zeros to the block.
static inline void cossl_pad_key(uint8_t *out, const uint8_t *key, size_t key_length, size_t block, uint8_t pad) {
  for (size_t i = 0; i < block; i++) out[i] = (i < key_length ? key[i] : 0) ^ pad;
}

// Needs a loaded library; NULL where the digest is none of these, or this libcrypto lacks it.
const struct cossl_mac_operations *cossl_direct_hmac_operations(cossl_digest_algorithm algorithm);
size_t cossl_direct_hmac_size(void);

cossl_mac *cossl_evp_hmac_create(cossl_digest_algorithm algorithm);

#endif
