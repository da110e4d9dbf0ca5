// The peers as a C programmer would write them: linked against libcrypto and zlib, contexts kept.
// SPDX-License-Identifier: Apache-2.0

#ifndef CBASELINE_H
#define CBASELINE_H

#include <stdbool.h>
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
/// AES-128-CTR by EVP with the key kept in one context and the same IV each time, count times.
void baseline_ctr(const void *key, const void *iv, const void *data, size_t length, void *out, size_t count);
/// CMAC with AES-128 by EVP_MAC with the key kept in one context, count times.
void baseline_cmac(const void *key, const void *data, size_t length, void *tag, size_t count);
/// AES-128-GCM by EVP with the key kept in one context and a 12-byte nonce; ciphertext and 16-byte tag to out, count
/// times.
void baseline_gcm(const void *key, const void *nonce, const void *data, size_t length, void *out, size_t count);
/// ChaCha20-Poly1305 by EVP, as baseline_gcm, with a 32-byte key.
void baseline_chacha(const void *key, const void *nonce, const void *data, size_t length, void *out, size_t count);

/// A private key of libcrypto with what signing and verifying by it need, kept.
struct baseline_signer;
/// From PKCS#8 DER, with a digest's name, or NULL for EdDSA; `pss` for RSA's PSS with a salt as long as the digest.
struct baseline_signer *baseline_signer_open(const void *pkcs8, size_t length, const char *digest, bool pss);
void baseline_signer_close(struct baseline_signer *signer);
/// Hashes and signs a message count times; returns the last signature's length.
size_t baseline_sign(struct baseline_signer *signer, const void *data, size_t length, void *signature,
                     size_t capacity, size_t count);
/// Hashes a message and verifies its signature, count times; aborts where it is not right.
void baseline_verify(struct baseline_signer *signer, const void *data, size_t length, const void *signature,
                     size_t signature_length, size_t count);

/// deflateReset and deflate(Z_FINISH) on one kept raw stream of level 6, count times; returns the compressed length.
size_t baseline_deflate(const void *data, size_t length, void *out, size_t capacity, size_t count);
/// inflateReset and inflate on one kept raw stream, count times; returns the plain length.
size_t baseline_inflate(const void *data, size_t length, void *out, size_t capacity, size_t count);

/// A gzip member, by a stream that is kept for its level, 0 to 9; returns its length, and aborts where it does not fit.
size_t baseline_gzip(int level, const void *data, size_t length, void *out, size_t capacity);
/// inflateReset and inflate of a gzip member on one kept stream; returns the plain length.
size_t baseline_gunzip(const void *data, size_t length, void *out, size_t capacity);

/// baseline_deflate in two threads, each with a stream and a buffer of its own, count times in all.
void baseline_deflate_in_two_threads(const void *data, size_t length, size_t count);

/// Opens libdeflate, for a second driver of deflate; false where it is not installed.
bool baseline_rival_open(void);
/// A context of libdeflate for one level, 1 to 12; NULL without memory. The functions need baseline_rival_open.
void *baseline_rival_compressor(int level);
void baseline_rival_free_compressor(void *context);
/// Returns the compressed length, or 0 where it does not fit.
size_t baseline_rival_compress(void *context, const void *data, size_t length, void *out, size_t capacity);
void *baseline_rival_decompressor(void);
void baseline_rival_free_decompressor(void *context);
/// Returns 0 for success; 3 where the output is too small (enum libdeflate_result).
int baseline_rival_decompress(void *context, const void *data, size_t length, void *out, size_t capacity,
                              size_t *used, size_t *written);

/// A client's rings and doorbell page, and where it is in them.
///
/// The page has the words of HiSilicon's doorbells: at 0x1000 the submission queue's, at 0x1008 the completion queue's,
/// at 0x1040 "sleeping".
struct baseline_ring {
  void *entries;     ///< depth entries of 128 bytes
  void *completions; ///< depth entries of 16 bytes, zeroed; bit 0 of the last word is the phase, 1 on the first lap
  void *doorbells;
  int wake_up; ///< an eventfd to write where the other side sleeps; -1 where it never does
  uint32_t depth;
  uint16_t queue;
  uint16_t phase; ///< 1 at first
  uint32_t tail;
  uint32_t head;
  uint32_t unacknowledged;
  uint64_t wake_ups; ///< how often wake_up was written
  void *answer;      ///< where to copy an entry when it is answered; NULL: nowhere
};

/// Consumes a completion, if there is one.
bool baseline_ring_poll(struct baseline_ring *ring);
/// Submits one entry count times, at most window at once, and looks for the completions without pause.
///
/// Rings once for all entries that there was room for, and acknowledges each quarter lap. Returns false after 30 s.
bool baseline_ring_run(struct baseline_ring *ring, const void *entry, size_t count, uint32_t window);
/// The same with the bare ring: a thread of this file's that copies an entry and writes a completion, and no more; with
/// answers, it writes the entry back before, and the client copies it out.
bool baseline_bare_ring_run(const void *entry, size_t count, uint32_t window, bool answers);

/// Connects to a thread that answers each request bytes with reply bytes over a UNIX stream socket; one at a time.
void baseline_socket_open(size_t request, size_t reply);
/// Sends a request and receives its reply, count times.
void baseline_socket_round_trips(size_t count);
/// Ends the connection and the thread.
void baseline_socket_close(void);

/// ioctl(FIONREAD) on an empty pipe, count times.
void baseline_ioctls(size_t count);

/// Keeps this thread, and those that it makes, to the processor on which it is; not nested.
void baseline_pin(void);
/// Ends that for this thread.
void baseline_unpin(void);

/// Runs a command with its output discarded and returns the wall time in nanoseconds, or 0 where it failed.
uint64_t baseline_run(const char *const *argv);

/// Starts a command, its standard input and output /dev/null, its errors too where quiet.
///
/// Returns its pid, -1 on failure.
int baseline_start(const char *const *argv, bool quiet);
/// Waits for a command; asks it to end before where asked (SIGTERM). Returns whether its status was 0.
bool baseline_finish(int process, bool asked);

/// Words that processes share, of a file of that path, each in a cache line of its own; NULL on failure.
void *baseline_board(const char *path);
uint64_t baseline_board_load(const void *board, unsigned place);
void baseline_board_store(void *board, unsigned place, uint64_t value);

/// Connects to a host's control socket; -1 where there is none.
int baseline_control_open(const char *path);
/// Sends a line and the bytes behind it, and receives the reply's line and bytes.
///
/// Returns how many bytes the reply has, -1 where it is no success, which is printed, or does not fit.
long baseline_control_ask(
    int control, const char *line, const void *bytes, size_t length, void *reply, size_t capacity);
void baseline_control_close(int control);

/// Allocations (malloc, calloc, realloc, aligned ones) of this process so far.
uint64_t baseline_allocations(void);
/// Locks taken through pthread_mutex_lock by this process so far.
uint64_t baseline_locks(void);

#endif
