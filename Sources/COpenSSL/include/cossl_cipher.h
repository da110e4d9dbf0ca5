// AES-CBC and AES-CTR (SP 800-38A) with a kept key; each call takes an IV and gives the next one.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_CIPHER_H
#define COSSL_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The length of an AES block and of these modes' IVs, in bytes.
#define COSSL_AES_BLOCK 16

/// A mode of AES; keys of 16, 24 or 32 bytes.
typedef enum : uint8_t {
  /// Whole blocks, no padding.
  COSSL_CBC_AES = 1,
  /// Any length; the IV is the 128-bit big-endian counter of the first block.
  COSSL_CTR_AES = 2,
} cossl_cipher_algorithm;

/// The context of a cipher, which one user at a time may touch.
typedef struct cossl_cipher {
  cossl_cipher_algorithm algorithm;
} cossl_cipher;

/// Makes a context without a key; NULL when libcrypto cannot be opened, does not have the cipher, or has no memory.
cossl_cipher *_Nullable cossl_cipher_create(cossl_cipher_algorithm algorithm);

/// Wipes the key and frees the context.
void cossl_cipher_destroy(cossl_cipher *_Nonnull cipher);

/// Takes a key; when it fails (also: a length that AES does not have) there is no key.
bool cossl_cipher_set_key(cossl_cipher *_Nonnull cipher, const void *_Nullable key, size_t length);

/// Encrypts or decrypts `length` bytes from `in` to `out`, the same or disjoint.
///
/// `iv`, of COSSL_AES_BLOCK bytes, is replaced by the one that continues the message: CBC's last block of ciphertext,
/// CTR's counter after the blocks used, a block begun counting as used. False without a key, or when CBC's length is
/// not whole blocks.
bool cossl_cipher_crypt(cossl_cipher *_Nonnull cipher, bool encrypting, void *_Nonnull iv, const void *_Nullable in,
                        size_t length, void *_Nullable out);

#endif
