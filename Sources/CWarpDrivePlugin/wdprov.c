// The header stands by itself: this file compiles it as C.
// SPDX-License-Identifier: Apache-2.0

#include "wdprov.h"

_Static_assert(
    WDPROV_FLAG_ASYNC == 0x80 && WDPROV_FLAG_NEED_FALLBACK == 0x100 && WDPROV_FLAG_INSTANCE == 0x800 &&
        WDPROV_FLAG_INTERNAL == 0x2000 && WDPROV_FLAG_OPTIONAL_KEY == 0x4000,
    "these bits are the kernel's");
_Static_assert(
    WDPROV_FLAG_HARDWARE == UINT64_C(1) << 32 && WDPROV_FLAG_EMULATED == UINT64_C(1) << 33 &&
        WDPROV_FLAG_REFERENCE == UINT64_C(1) << 34 && WDPROV_FLAG_SLOW_TEST == UINT64_C(1) << 35 &&
        WDPROV_FLAG_EXPORTABLE == UINT64_C(1) << 36,
    "these bits are part of the ABI");
_Static_assert(WDPROV_EXIT_PERMISSION == 77, "the exit statuses are sysexits.h's");

// The layout is the ABI where pointers have 64 bits: a struct may grow at its end, and nothing in it may move.
#if UINTPTR_MAX == UINT64_MAX
#define LAYOUT(type, bytes, condition) \
  _Static_assert(sizeof(struct type) >= (bytes) && (condition), "the layout of " #type " is part of the ABI")
#define AT(type, member, place) (offsetof(struct type, member) == (place))
LAYOUT(wdprov_provider, 40, AT(wdprov_provider, name, 8) && AT(wdprov_provider, driver_count, 32));
LAYOUT(
    wdprov_driver, 168,
    AT(wdprov_driver, priority, 24) && AT(wdprov_driver, flags, 32) && AT(wdprov_driver, maximum_request, 48) &&
        AT(wdprov_driver, context, 64) && AT(wdprov_driver, compression, 72) &&
        AT(wdprov_driver, key_derivation, 144) && AT(wdprov_driver, known_answer_count, 160));
LAYOUT(wdprov_known_answer, 64, AT(wdprov_known_answer, source, 8) && AT(wdprov_known_answer, iterations, 56));
LAYOUT(wdprov_gzip_header, 48, AT(wdprov_gzip_header, extra_size, 32) && AT(wdprov_gzip_header, has_checksum, 42));
LAYOUT(
    wdprov_compression_options, 48,
    AT(wdprov_compression_options, direction, 8) && AT(wdprov_compression_options, dictionary, 24) &&
        AT(wdprov_compression_options, header, 40));
LAYOUT(
    wdprov_step, 64,
    AT(wdprov_step, input, 8) && AT(wdprov_step, flush, 40) && AT(wdprov_step, consumed, 48) &&
        AT(wdprov_step, produced, 56));
LAYOUT(
    wdprov_compression, 112,
    AT(wdprov_compression, capabilities, 20) && AT(wdprov_compression, member_magic, 48) &&
        AT(wdprov_compression, create, 64) && AT(wdprov_compression, queue, 104));
LAYOUT(wdprov_segment, 16, 1);
LAYOUT(wdprov_request, 48, AT(wdprov_request, tag, 8) && AT(wdprov_request, output_count, 40));
LAYOUT(wdprov_completion, 40, AT(wdprov_completion, status, 16) && AT(wdprov_completion, produced, 32));
LAYOUT(wdprov_queue, 40, AT(wdprov_queue, open, 8) && AT(wdprov_queue, receive, 32));
LAYOUT(wdprov_hash, 88, AT(wdprov_hash, create, 16) && AT(wdprov_hash, import_state, 80));
LAYOUT(wdprov_key_lengths, 16, 1);
LAYOUT(wdprov_mac, 88, AT(wdprov_mac, key_lengths, 16) && AT(wdprov_mac, create, 32) && AT(wdprov_mac, reset, 80));
LAYOUT(wdprov_cipher_request, 48, AT(wdprov_cipher_request, input, 16) && AT(wdprov_cipher_request, iv, 40));
LAYOUT(wdprov_cipher, 64, AT(wdprov_cipher, iv_size, 24) && AT(wdprov_cipher, process, 56));
LAYOUT(wdprov_aead_request, 80, AT(wdprov_aead_request, nonce, 8) && AT(wdprov_aead_request, tag_size, 72));
LAYOUT(
    wdprov_aead, 88,
    AT(wdprov_aead, nonce_size, 24) && AT(wdprov_aead, tag_sizes, 40) && AT(wdprov_aead, open, 80));
LAYOUT(wdprov_random, 48, AT(wdprov_random, create, 16) && AT(wdprov_random, generate, 40));
LAYOUT(wdprov_derivation, 96, AT(wdprov_derivation, iterations, 56) && AT(wdprov_derivation, count, 88));
LAYOUT(
    wdprov_key_derivation, 32,
    AT(wdprov_key_derivation, maximum_output, 8) && AT(wdprov_key_derivation, derive, 24));
LAYOUT(wdprov_key_agreement, 64, AT(wdprov_key_agreement, create, 16) && AT(wdprov_key_agreement, shared_secret, 56));
LAYOUT(wdprov_signature, 80, AT(wdprov_signature, create, 16) && AT(wdprov_signature, verify, 72));
LAYOUT(
    wdprov_asymmetric_cipher, 64,
    AT(wdprov_asymmetric_cipher, create, 16) && AT(wdprov_asymmetric_cipher, decrypt, 56));
LAYOUT(
    wdprov_host, 80,
    AT(wdprov_host, host_data, 16) && AT(wdprov_host, register_provider, 24) &&
        AT(wdprov_host, release_algorithm, 72));
#endif
