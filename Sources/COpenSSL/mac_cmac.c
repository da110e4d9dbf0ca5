// CMAC (SP 800-38B) on a kept CBC context that is never told an IV, which takes most of the time of a short message.
// SPDX-License-Identifier: Apache-2.0

#include "mac.h"

#include "cipher_methods.h"
#include "ciphers.h"

#include <string.h>

enum {
  // What goes through the cipher at once, whole blocks of either length.
  PIECE = 512,
  MAX_BLOCK = COSSL_MAX_CIPHER_BLOCK,
};

struct cmac {
  cossl_mac head;
  cossl_cipher_base base;
  bool keyed;
  uint8_t block;
  // Bytes in `last`.
  uint8_t held;
  EVP_CIPHER_CTX *context;
  // The two subkeys of SP 800-38B 6.1: for a last block that is whole, and for one that is padded.
  uint8_t whole_key[MAX_BLOCK], padded_key[MAX_BLOCK];
  // The block that CBC adds to the next one: it ended the last message, or is the state of this one.
  uint8_t chain[MAX_BLOCK];
  // The end of the message so far: a block is held back until it is known not to be the last.
  uint8_t last[MAX_BLOCK];
  // What of `chain` does not belong to the message in progress, for its first block to undo.
  uint8_t stale[MAX_BLOCK];
};

static void destroy(cossl_mac *mac) {
  struct cmac *cmac = (struct cmac *)mac;
  // The provider wipes its key as it frees its state.
  cossl_libcrypto.EVP_CIPHER_CTX_free(cmac->context);
  cossl_release(cmac, sizeof *cmac);
}

static void add(uint8_t *to, const uint8_t *what, size_t length) {
  for (size_t i = 0; i < length; i++) to[i] ^= what[i];
}

// Doubles in GF(2^b), where a block's bits are a polynomial: shifts left and reduces (SP 800-38B 5.3: R_128, R_64).
static void twice(uint8_t *out, const uint8_t *in, size_t block) {
  const uint8_t top = in[0] >> 7;
  for (size_t i = 0; i < block; i++) out[i] = (uint8_t)(in[i] << 1 | (i + 1 < block ? in[i + 1] >> 7 : 0));
  // No branch on what is secret.
  out[block - 1] ^= (uint8_t)(-top & (block == 16 ? 0x87 : 0x1b));
}

// Encrypts whole blocks that lie in `piece` and takes note of the last as the chain.
static bool encrypt(struct cmac *cmac, uint8_t *piece, size_t length) {
  if (!cossl_cipher_pieces(cmac->context, piece, length, piece)) {
    // The chain is lost.
    cmac->keyed = false;
    return false;
  }
  memcpy(cmac->chain, piece + length - cmac->block, cmac->block);
  return true;
}

static bool set_key(cossl_mac *mac, const void *key, size_t length) {
  struct cmac *cmac = (struct cmac *)mac;
  const EVP_CIPHER *cipher = cossl_cipher_method(cmac->base, COSSL_CBC, length);
  const uint8_t zeros[MAX_BLOCK] = {0};
  uint8_t subkey[MAX_BLOCK] = {0};
  cmac->held = 0;
  cmac->keyed = cipher != NULL && !(cmac->base == COSSL_DES3_EDE && cossl_is_weak_triple_des(key))
      && cossl_libcrypto.EVP_CipherInit_ex2(cmac->context, cipher, key, zeros, 1, NULL) == 1
      && encrypt(cmac, subkey, cmac->block);
  if (cmac->keyed) {
    twice(cmac->whole_key, subkey, cmac->block);
    twice(cmac->padded_key, cmac->whole_key, cmac->block);
  } else {
    cossl_libcrypto.EVP_CIPHER_CTX_reset(cmac->context);
  }
  cossl_libcrypto.OPENSSL_cleanse(subkey, sizeof subkey);
  return cmac->keyed;
}

static bool init(cossl_mac *mac) {
  struct cmac *cmac = (struct cmac *)mac;
  cmac->held = 0;
  // CBC will add the end of the message before to the first block: adding it twice is adding nothing, the zero IV.
  memcpy(cmac->stale, cmac->chain, MAX_BLOCK);
  return cmac->keyed;
}

// Takes in the block that was held back, now that another byte follows it, then whole blocks while more than one is
// left.
static bool absorb(struct cmac *cmac, const uint8_t *data, size_t length, uint8_t *piece) {
  const size_t block = cmac->block;
  while (length > 0) {
    size_t filled = 0;
    if (cmac->held == block) {
      memcpy(piece, cmac->last, block);
      filled = block;
      cmac->held = 0;
    }
    if (cmac->held == 0) {
      // All but the last block, which may be whole.
      const size_t ready = (length - 1) / block * block, room = PIECE - filled;
      const size_t size = ready < room ? ready : room;
      if (size > 0) memcpy(piece + filled, data, size);
      filled += size;
      data += size;
      length -= size;
    }
    if (filled > 0) {
      add(piece, cmac->stale, block);
      memset(cmac->stale, 0, block);
      if (!encrypt(cmac, piece, filled)) return false;
      if (length > block) continue;
    }
    const size_t room = block - cmac->held, size = length < room ? length : room;
    memcpy(cmac->last + cmac->held, data, size);
    cmac->held += (uint8_t)size;
    data += size;
    length -= size;
  }
  return true;
}

static bool update(cossl_mac *mac, const void *data, size_t length) {
  uint8_t piece[PIECE];
  const bool done = absorb((struct cmac *)mac, data, length, piece);
  // Only what was used: the chain of the message.
  cossl_libcrypto.OPENSSL_cleanse(piece, length + MAX_BLOCK < PIECE ? length + MAX_BLOCK : PIECE);
  return done;
}

static bool final(cossl_mac *mac, void *out, size_t out_length) {
  struct cmac *cmac = (struct cmac *)mac;
  const size_t block = cmac->block;
  if (out_length != block || !cmac->keyed) return false;
  const bool whole = cmac->held == block;
  if (!whole) {
    // SP 800-38B 6.2: a one and zeros fill the block up.
    memset(cmac->last + cmac->held, 0, block - cmac->held);
    cmac->last[cmac->held] = 0x80;
  }
  add(cmac->last, whole ? cmac->whole_key : cmac->padded_key, block);
  add(cmac->last, cmac->stale, block);
  cmac->held = 0;
  if (!encrypt(cmac, cmac->last, block)) return false;
  memcpy(out, cmac->chain, block);
  return true;
}

static bool authenticate(cossl_mac *mac, const void *data, size_t length, void *out, size_t out_length) {
  struct cmac *cmac = (struct cmac *)mac;
  const size_t block = cmac->block;
  if (length == 0 || length > PIECE || out_length != block || !cmac->keyed) {
    return init(mac) && update(mac, data, length) && final(mac, out, out_length);
  }
  // A short message goes through the cipher in one call.
  uint8_t piece[PIECE];
  const size_t rest = length % block, end = length - rest + (rest > 0 ? block : 0);
  cmac->held = 0;
  memcpy(piece, data, length);
  if (rest > 0) {
    memset(piece + length, 0, block - rest);
    piece[length] = 0x80;
  }
  add(piece + end - block, rest > 0 ? cmac->padded_key : cmac->whole_key, block);
  add(piece, cmac->chain, block);
  const bool done = encrypt(cmac, piece, end);
  if (done) memcpy(out, cmac->chain, block);
  cossl_libcrypto.OPENSSL_cleanse(piece, end);
  return done;
}

static const struct cossl_mac_operations operations = {
    .set_key = set_key,
    .authenticate = authenticate,
    .init = init,
    .update = update,
    .final = final,
    .destroy = destroy,
};

cossl_mac *cossl_cmac_create(cossl_cipher_base base) {
  if (cossl_cipher_method(base, COSSL_CBC, base == COSSL_DES3_EDE ? 24 : 32) == NULL) return NULL;
  struct cmac *cmac = cossl_allocate(sizeof *cmac);
  if (cmac == NULL) return NULL;
  cmac->head.operations = &operations;
  cmac->base = base;
  cmac->block = (uint8_t)cossl_cipher_block(base);
  cmac->context = cossl_libcrypto.EVP_CIPHER_CTX_new();
  if (cmac->context != NULL) return &cmac->head;
  destroy(&cmac->head);
  return NULL;
}
