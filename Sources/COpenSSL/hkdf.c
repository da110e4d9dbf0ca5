// HKDF (RFC 5869) on HMAC contexts: no limit to the information's length, and no fetch, unlike libcrypto's own.
// SPDX-License-Identifier: Apache-2.0

#include "hmac.h"
#include "include/cossl_kdf.h"
#include "include/cossl_library.h"

#include <string.h>

// Section 2.2. Without a salt the key is a digest's length of zeros, to which HMAC pads an empty key anyway.
static bool extract(cossl_mac *hmac, const cossl_hkdf_request *request, uint8_t *key) {
  return cossl_mac_set_key(hmac, request->salt, request->salt_length)
      && cossl_mac_authenticate(hmac, request->secret, request->secret_length, key, request->digest_length);
}

// Section 2.3: each block is the code of the block before it, the information and the block's number from 1.
static bool expand(cossl_mac *hmac, const cossl_hkdf_request *request, const void *key, size_t key_length,
                   uint8_t *out, size_t length) {
  uint8_t block[COSSL_MAX_DIGEST];
  bool done = cossl_mac_set_key(hmac, key, key_length);
  for (unsigned number = 1; done && length > 0; number++) {
    const uint8_t counter = (uint8_t)number;
    done = number <= UINT8_MAX && cossl_mac_init(hmac)
        && (number == 1 || cossl_mac_update(hmac, block, request->digest_length))
        && cossl_mac_update(hmac, request->info, request->info_length) && cossl_mac_update(hmac, &counter, 1)
        && cossl_mac_final(hmac, block, request->digest_length);
    if (!done) break;
    const size_t part = length < request->digest_length ? length : request->digest_length;
    memcpy(out, block, part);
    out += part;
    length -= part;
  }
  cossl_libcrypto.OPENSSL_cleanse(block, sizeof block);
  return done;
}

bool cossl_hkdf(const cossl_hkdf_request *request, void *out, size_t length) {
  const size_t most = request->part == COSSL_HKDF_EXTRACT ? 1 : 255;
  if (!cossl_load(NULL, 0) || request->digest_length == 0 || request->digest_length > COSSL_MAX_DIGEST
      || length > most * request->digest_length) {
    return false;
  }
  cossl_mac *hmac = cossl_hmac_create(request->digest);
  if (hmac == NULL) return false;
  uint8_t key[COSSL_MAX_DIGEST];
  bool done = true;
  if (request->part == COSSL_HKDF_EXPAND) {
    done = expand(hmac, request, request->secret, request->secret_length, out, length);
  } else {
    done = extract(hmac, request, key);
    if (done && request->part == COSSL_HKDF_EXTRACT) memcpy(out, key, length);
    if (done && request->part == COSSL_HKDF_WHOLE) {
      done = expand(hmac, request, key, request->digest_length, out, length);
    }
    cossl_libcrypto.OPENSSL_cleanse(key, sizeof key);
  }
  if (!done) cossl_libcrypto.OPENSSL_cleanse(out, length);
  cossl_mac_destroy(hmac);
  return done;
}
