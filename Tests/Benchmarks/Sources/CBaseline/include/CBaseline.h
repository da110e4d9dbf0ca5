// The peers as a C programmer would write them: linked against libcrypto and zlib, contexts kept.
// SPDX-License-Identifier: Apache-2.0

#ifndef CBASELINE_H
#define CBASELINE_H

#include <stddef.h>
#include <stdint.h>

/// EVP_MD_fetch and EVP_MD_free of "SHA2-256", count times.
void baseline_fetch(size_t count);
/// SHA256_Init, _Update and _Final on one kept context, count times.
void baseline_sha256(const void *data, size_t length, void *digest, size_t count);
/// EVP_DigestInit_ex2 with a NULL type, _Update and _Final on one kept context of a fetched SHA-256, count times.
void baseline_evp_sha256(const void *data, size_t length, void *digest, size_t count);
/// HMAC-SHA-256 by EVP_MAC with the key kept in one context, count times.
void baseline_hmac(const void *key, size_t key_length, const void *data, size_t length, void *tag, size_t count);
/// AES-128-GCM by EVP with the key kept in one context and a 12-byte nonce; ciphertext and 16-byte tag to out, count
/// times.
void baseline_gcm(const void *key, const void *nonce, const void *data, size_t length, void *out, size_t count);
/// ChaCha20-Poly1305 by EVP, as baseline_gcm, with a 32-byte key.
void baseline_chacha(const void *key, const void *nonce, const void *data, size_t length, void *out, size_t count);
/// deflateReset and deflate(Z_FINISH) on one kept raw stream of level 6, count times; returns the compressed length.
size_t baseline_deflate(const void *data, size_t length, void *out, size_t capacity, size_t count);
/// inflateReset and inflate on one kept raw stream, count times; returns the plain length.
size_t baseline_inflate(const void *data, size_t length, void *out, size_t capacity, size_t count);

/// Runs a command with its output discarded and returns the wall time in nanoseconds, or 0 where it failed.
uint64_t baseline_run(const char *const *argv);

/// Allocations (malloc, calloc, realloc, aligned ones) of this process so far.
uint64_t baseline_allocations(void);
/// Locks taken through pthread_mutex_lock by this process so far.
uint64_t baseline_locks(void);

#endif
