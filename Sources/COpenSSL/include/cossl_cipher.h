// Block ciphers, their modes and ChaCha20 with a kept key; each call takes an IV and gives the next one.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_CIPHER_H
#define COSSL_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The longest block of a block cipher and the longest IV, in bytes.
#define COSSL_MAX_CIPHER_BLOCK 16

/// The length of a block of ChaCha20's key stream, in bytes (RFC 8439 section 2.3).
#define COSSL_CHACHA20_BLOCK 64

/// The length of the nonce at the end of an RFC 3686 key, in bytes (section 5.1 there).
#define COSSL_RFC3686_NONCE 4

/// The length of an RFC 3686 IV (section 4) and of a key-wrap semiblock (RFC 3394 section 2.2), in bytes.
#define COSSL_SHORT_IV 8

/// A cipher. The numbers index a table.
typedef enum : uint8_t {
  /// FIPS 197; keys of 16, 24 or 32 bytes, blocks of 16.
  COSSL_AES = 0,
  /// RFC 3713; keys of 16, 24 or 32 bytes, blocks of 16.
  COSSL_CAMELLIA = 1,
  /// RFC 5794; keys of 16, 24 or 32 bytes, blocks of 16.
  COSSL_ARIA = 2,
  /// GB/T 32907; keys of 16 bytes, blocks of 16.
  COSSL_SM4 = 3,
  /// SP 800-67 with three keys: 24 bytes, blocks of 8.
  COSSL_DES3_EDE = 4,
  /// RFC 8439; keys of 32 bytes, a stream.
  COSSL_CHACHA20 = 5,
} cossl_cipher_base;

/// What is done with the blocks. The numbers index a table.
typedef enum : uint8_t {
  /// Each whole block by itself; no IV.
  COSSL_ECB = 0,
  /// Whole blocks, no padding (SP 800-38A).
  COSSL_CBC = 1,
  /// Any length; the IV is the big-endian counter of the first block, as wide as the block (SP 800-38A).
  COSSL_CTR = 2,
  /// Any length; feedback of whole blocks (SP 800-38A, s = b).
  COSSL_CFB = 3,
  /// Any length (SP 800-38A).
  COSSL_OFB = 4,
  /// At least one block; two keys of equal length that differ (IEEE 1619). The IV is the tweak and stays.
  COSSL_XTS = 5,
  /// CBC with ciphertext stealing, CS3 of the addendum to SP 800-38A: at least one block.
  COSSL_CTS = 6,
  /// CTR with a nonce at the end of the key and an IV of COSSL_SHORT_IV bytes, which stays (RFC 3686).
  COSSL_RFC3686 = 7,
  /// Key wrap (RFC 3394): at least two semiblocks. The IV is the integrity check value: encrypting writes it.
  COSSL_KW = 8,
  /// A stream of its own: ChaCha20, whose IV is a little-endian counter of 4 bytes and a nonce of 12.
  COSSL_STREAM = 9,
} cossl_cipher_mode;

/// How a request ended.
typedef enum : uint8_t {
  /// libcrypto failed, or the length is none that the mode has.
  COSSL_CIPHER_FAILED = 0,
  /// It was carried out.
  COSSL_CIPHER_DONE = 1,
  /// Of a key: its parts are equal where the algorithm needs different ones.
  COSSL_CIPHER_WEAK_KEY = 2,
  /// Of key wrap: the integrity check value is wrong; the output holds zeros.
  COSSL_CIPHER_UNAUTHENTIC = 3,
  /// Of ChaCha20: the message needs more blocks than are left of the 32-bit counter; nothing was written.
  COSSL_CIPHER_EXHAUSTED = 4,
} cossl_cipher_status;

/// The context of a cipher, which one user at a time may touch.
typedef struct cossl_cipher {
  cossl_cipher_base base;
  cossl_cipher_mode mode;
  /// Bytes of the IV that `cossl_cipher_crypt` reads and writes.
  uint8_t iv_length;
} cossl_cipher;

/// Makes a context without a key; NULL when libcrypto cannot be opened, does not have the cipher, or has no memory.
cossl_cipher *_Nullable cossl_cipher_create(cossl_cipher_base base, cossl_cipher_mode mode);

/// Wipes the key and frees the context.
void cossl_cipher_destroy(cossl_cipher *_Nonnull cipher);

/// Takes a key; when it fails (also: a length that the cipher does not have) there is no key.
///
/// COSSL_CIPHER_WEAK_KEY: triple DES as `cossl_is_weak_triple_des` has it, and XTS whose two keys are equal (FIPS 140-3
/// IG C.I).
cossl_cipher_status cossl_cipher_set_key(cossl_cipher *_Nonnull cipher, const void *_Nullable key, size_t length);

/// Whether the 24 bytes of a triple-DES key amount to single DES: the first or the last two of its keys are equal but
/// for parity bits, and RFC 2451 section 2.3 has such keys refused.
bool cossl_is_weak_triple_des(const void *_Nonnull key);

/// Encrypts or decrypts `length` bytes from `in` to `out`, the same or disjoint.
///
/// `iv`, of `iv_length` bytes, is replaced by the one that continues the message: the last block of ciphertext of CBC
/// and CFB, of CTS the last that its CBC made (RFC 3962 section 5), OFB's last block of key stream, the counter of CTR
/// and ChaCha20 after the blocks used, a block begun counting as used.
cossl_cipher_status cossl_cipher_crypt(cossl_cipher *_Nonnull cipher, bool encrypting, void *_Nullable iv,
                                       const void *_Nullable in, size_t length, void *_Nullable out);

#endif
