// HMAC over the low-level digests, from two chaining states that were made when the key was set.
// SPDX-License-Identifier: Apache-2.0

#include "hmac.h"

#include "direct.h"

struct direct_hmac {
  cossl_mac head;
  bool keyed;
  // After the block key XOR ipad, after the block key XOR opad, and the message in progress.
  union cossl_direct_state inner, outer, work;
};

size_t cossl_direct_hmac_size(void) { return sizeof(struct direct_hmac); }

static void destroy(cossl_mac *hmac) { cossl_release(hmac, sizeof(struct direct_hmac)); }

// Writing the inner digest where the code goes saves a buffer that would have to be wiped; the code replaces it.
#define COSSL_DEFINE(NAME, STATE, BLOCK, DIGEST, FAMILY) \
  static bool set_key_##NAME(cossl_mac *hmac, const void *key, size_t length) { \
    struct direct_hmac *direct = (struct direct_hmac *)hmac; \
    STATE *inner = (STATE *)&direct->inner, *outer = (STATE *)&direct->outer; \
    uint8_t short_key[DIGEST] = {0}, pad[BLOCK]; \
    direct->keyed = true; \
    if (length > BLOCK) { \
      direct->keyed = start_##NAME(inner) && absorb_##NAME(inner, key, length) && finish_##NAME(inner, short_key); \
      key = short_key; \
      length = DIGEST; \
    } \
    cossl_pad_key(pad, key, length, BLOCK, COSSL_INNER_PAD); \
    direct->keyed = direct->keyed && start_##NAME(inner) && absorb_##NAME(inner, pad, BLOCK); \
    cossl_pad_key(pad, key, length, BLOCK, COSSL_OUTER_PAD); \
    direct->keyed = direct->keyed && start_##NAME(outer) && absorb_##NAME(outer, pad, BLOCK); \
    cossl_libcrypto.OPENSSL_cleanse(short_key, sizeof short_key); \
    cossl_libcrypto.OPENSSL_cleanse(pad, sizeof pad); \
    return direct->keyed; \
  } \
  static bool init_##NAME(cossl_mac *hmac) { \
    struct direct_hmac *direct = (struct direct_hmac *)hmac; \
    *(STATE *)&direct->work = *(const STATE *)&direct->inner; \
    return direct->keyed; \
  } \
  static bool update_##NAME(cossl_mac *hmac, const void *data, size_t length) { \
    return absorb_##NAME((STATE *)&((struct direct_hmac *)hmac)->work, data, length); \
  } \
  static bool final_##NAME(cossl_mac *hmac, void *out, size_t out_length) { \
    struct direct_hmac *direct = (struct direct_hmac *)hmac; \
    STATE *work = (STATE *)&direct->work; \
    if (out_length != DIGEST || !finish_##NAME(work, out)) return false; \
    *work = *(const STATE *)&direct->outer; \
    return absorb_##NAME(work, out, DIGEST) && finish_##NAME(work, out); \
  } \
  static bool authenticate_##NAME( \
      cossl_mac *hmac, const void *data, size_t length, void *out, size_t out_length) { \
    return init_##NAME(hmac) && update_##NAME(hmac, data, length) && final_##NAME(hmac, out, out_length); \
  } \
  static const struct cossl_mac_operations operations_##NAME = { \
      .set_key = set_key_##NAME, \
      .authenticate = authenticate_##NAME, \
      .init = init_##NAME, \
      .update = update_##NAME, \
      .final = final_##NAME, \
      .destroy = destroy, \
  };
COSSL_DIRECT_DIGESTS(COSSL_DEFINE)
#undef COSSL_DEFINE

const struct cossl_mac_operations *cossl_direct_hmac_operations(cossl_digest_algorithm algorithm) {
  switch (algorithm) {
#define COSSL_CASE(NAME, STATE, BLOCK, DIGEST, FAMILY) \
  case COSSL_##NAME: return present_##NAME() ? &operations_##NAME : NULL;
    COSSL_DIRECT_DIGESTS(COSSL_CASE)
#undef COSSL_CASE
    default: return NULL;
  }
}
