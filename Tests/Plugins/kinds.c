// A plugin with toy algorithms of all ten kinds, whose arithmetic is done in one's head.
// SPDX-License-Identifier: Apache-2.0
#include "toys.h"

struct toy_control toy_control;
const struct wdprov_host *toy_host;

#define ANSWER(...) {WDPROV_HEAD(struct wdprov_known_answer), .source = "arithmetic", __VA_ARGS__}
#define ANSWERS(kind, ...) static const struct wdprov_known_answer kind##_answers[] = {__VA_ARGS__}

ANSWERS(compression, ANSWER(.input = "616263", .output = "5459050000000000016101620163" "00"));
ANSWERS(hash, ANSWER(.input = "0102ff", .output = "02010000"), ANSWER(.input = "", .output = "000000000000"));
ANSWERS(mac, ANSWER(.key = "01020304", .input = "0102", .output = "13000000"));
ANSWERS(
    cipher, ANSWER(.key = "10203040", .iv = "00000001", .input = "0102030405060708", .output = "112233451427364a"));
ANSWERS(
    aead, ANSWER(.key = "10101010", .iv = "01000000", .associated = "02", .input = "0304",
                 .output = "1215" "d4020000d4020000"));
ANSWERS(random, ANSWER(.input = NULL));
ANSWERS(agreement, ANSWER(.key = "02", .input = "06", .output = "24"));
ANSWERS(signature, ANSWER(.key = "fe", .input = "010203", .output = "02030401"));
ANSWERS(asymmetric, ANSWER(.key = "01", .input = "020304", .output = "010203"));
ANSWERS(
    derivation,
    ANSWER(.key = "01", .iv = "02", .associated = "03", .iterations = 4, .output = "1a1b1c1d"));

#define DRIVER(algorithm, kind_member, kind, kind_flags)                                                             \
  static const struct wdprov_driver kind##_driver = {                                                               \
      WDPROV_HEAD(struct wdprov_driver), .name = algorithm, .driver_name = algorithm "-" SUFFIX,                      \
      .priority = PRIORITY, .flags = kind_flags, .kind_member = &toy_##kind, .known_answers = kind##_answers,       \
      .known_answer_count = sizeof kind##_answers / sizeof *kind##_answers}

DRIVER("toystream", compression, compression, 0);
DRIVER("toyhash", hash, hash, WDPROV_FLAG_EXPORTABLE);
DRIVER("toymac", mac, mac, 0);
DRIVER("toyxor", cipher, cipher, 0);
DRIVER("toyaead", aead, aead, 0);
DRIVER("toyrng", random, random, 0);
DRIVER("toydh", key_agreement, agreement, 0);
DRIVER("toysig", signature, signature, 0);
DRIVER("toypke", asymmetric_cipher, asymmetric, 0);
DRIVER("toykdf", key_derivation, derivation, 0);

static const struct wdprov_driver *const drivers[] = {
    &compression_driver, &hash_driver, &mac_driver, &cipher_driver, &aead_driver, &random_driver,
    &agreement_driver, &signature_driver, &asymmetric_driver, &derivation_driver};
static const struct wdprov_provider provider = {
    WDPROV_HEAD(struct wdprov_provider), .name = "toys-" SUFFIX, .version = "1.0", .drivers = drivers,
    .driver_count = sizeof drivers / sizeof *drivers};

int32_t wdprov_provider_init(const struct wdprov_host *host) {
  toy_host = host;
  return host->register_provider(host, &provider);
}
