// The plugin ABI of WarpDrive, version 1: what a shared object offers to add drivers, and what its host offers it.
// SPDX-License-Identifier: Apache-2.0
// C11 and C++. A plugin is a shared object that exports `wdprov_provider_init` and links nothing of WarpDrive's.
//
// Rules that hold for every struct
//   - `abi_version` (WDPROV_ABI_VERSION) and `size` (sizeof the struct, as its maker knows it) come first. WDPROV_HEAD
//     writes both.
//   - Structs only grow at their end. Who reads one that is shorter than expected takes what is missing as zero; a
//     longer one is accepted only where all bytes of the unknown tail are zero. So zero means "not there", everywhere.
//   - Bytes that are reserved are zero.
// Rules that hold for every function
//   - It returns 0, or the negative of a WDPROV_ERROR number; where it fails it has written no output that counts.
//   - It does not throw, does not longjmp out, does not end the process, and starts no thread that outlives the states.
//   - Pointers that it is given are valid during the call, except where a comment says longer. Lengths are in bytes; a
//     pointer whose length is 0 may be NULL.
// Threads
//   - Functions that take a `context` (create, derive, queue open) may be called by any threads at once.
//   - Functions that take a `state` are called by one thread at a time, not always the same one.
//   - Functions of a queue may be called by any threads at once, except `close`, which is the last.

#ifndef WDPROV_H
#define WDPROV_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The version of this ABI; a host refuses plugins of another. Within one version structs grow, and nothing changes.
#define WDPROV_ABI_VERSION 1u

/// The first two members of an initialiser: `struct wdprov_step step = {WDPROV_HEAD(struct wdprov_step)}`.
#define WDPROV_HEAD(type) WDPROV_ABI_VERSION, (uint32_t)sizeof(type)

// Flags of a driver. The low bits are the kernel's (Linux include/linux/crypto.h, CRYPTO_ALG_*); ours begin at bit 32.

#define WDPROV_FLAG_ASYNC UINT64_C(0x80)  ///< requests are completed later (CRYPTO_ALG_ASYNC)
/// The driver may hand requests back and wants a fallback of the same name (CRYPTO_ALG_NEED_FALLBACK).
#define WDPROV_FLAG_NEED_FALLBACK UINT64_C(0x100)
#define WDPROV_FLAG_INSTANCE UINT64_C(0x800)  ///< made by a template (CRYPTO_ALG_INSTANCE); set by the registry alone
/// Found only by those who ask for internal algorithms (CRYPTO_ALG_INTERNAL).
#define WDPROV_FLAG_INTERNAL UINT64_C(0x2000)
#define WDPROV_FLAG_OPTIONAL_KEY UINT64_C(0x4000)  ///< a key may be set but need not be (CRYPTO_ALG_OPTIONAL_KEY)
#define WDPROV_FLAG_HARDWARE (UINT64_C(1) << 32)  ///< runs in an accelerator
#define WDPROV_FLAG_EMULATED (UINT64_C(1) << 33)  ///< runs on a model of a device
/// The implementation that others of its name are checked against; refused from plugins.
#define WDPROV_FLAG_REFERENCE (UINT64_C(1) << 34)
#define WDPROV_FLAG_SLOW_TEST (UINT64_C(1) << 35)  ///< its known-answer tests take long
#define WDPROV_FLAG_EXPORTABLE (UINT64_C(1) << 36)  ///< its state can be exported and imported

// Errors. A function of the ABI returns 0 or the negative of one of these; any other negative number counts as EIO.
#define WDPROV_ERROR_NOT_FOUND ENOENT           ///< no algorithm, driver or template of that name
#define WDPROV_ERROR_BACKEND EIO                ///< the library or device failed for a reason of its own
#define WDPROV_ERROR_DEVICE_LOST ENXIO          ///< the device went away or was reset
#define WDPROV_ERROR_EXHAUSTED ENOMEM           ///< memory, threads or descriptors ran out
#define WDPROV_ERROR_DENIED EACCES              ///< the registry's policy forbids it
#define WDPROV_ERROR_BUSY EBUSY                 ///< a queue is full
#define WDPROV_ERROR_EXISTS EEXIST              ///< a name or driver name collides
#define WDPROV_ERROR_UNAVAILABLE ENODEV         ///< a library or device is not on this machine
#define WDPROV_ERROR_INVALID EINVAL             ///< a parameter, name, state or length is out of its range
#define WDPROV_ERROR_LIMIT EFBIG                ///< a limit that the caller set was passed
#define WDPROV_ERROR_OUTPUT_TOO_SMALL ENOSPC    ///< the output is full; the request can be resumed
#define WDPROV_ERROR_TRUNCATED ENODATA          ///< the input ends before its format does
#define WDPROV_ERROR_CORRUPT EBADMSG            ///< malformed input, or a tag, MAC or signature that does not verify
#define WDPROV_ERROR_UNUSABLE ELIBBAD           ///< only drivers that failed their self-test were found
#define WDPROV_ERROR_UNSUPPORTED EOPNOTSUPP     ///< the driver lacks the capability
#define WDPROV_ERROR_TIMED_OUT ETIMEDOUT        ///< a time limit passed
#define WDPROV_ERROR_CANCELLED ECANCELED        ///< the caller cancelled the request
#define WDPROV_ERROR_NO_KEY ENOKEY              ///< no key or dictionary was set
#define WDPROV_ERROR_KEY_REJECTED EKEYREJECTED  ///< a key is malformed, weak or not on its curve

/// How the command `wdprov` exits; from 64 on the numbers are those of BSD's sysexits.h.
enum wdprov_exit {
  WDPROV_EXIT_SUCCESS = 0,
  WDPROV_EXIT_CHECK_FAILED = 1,    ///< what was checked does not hold
  WDPROV_EXIT_USAGE = 64,          ///< wrong usage
  WDPROV_EXIT_CORRUPT_INPUT = 65,  ///< corrupt input, a failed authentication, a limit
  WDPROV_EXIT_UNAVAILABLE = 69,    ///< no usable driver or device
  WDPROV_EXIT_INTERNAL = 70,       ///< an internal error
  WDPROV_EXIT_NO_OUTPUT = 73,      ///< the output cannot be made, or would be overwritten
  WDPROV_EXIT_IO = 74,             ///< reading or writing failed
  WDPROV_EXIT_PERMISSION = 77,     ///< not permitted
};

// MARK: Providers and drivers

/// A set of drivers that come and go together.
struct wdprov_provider {
  uint32_t abi_version;
  uint32_t size;
  /// The provider's name, unique in a registry: lower-case letters, digits and hyphens.
  const char *name;
  /// The version of the library or device behind it: "1.14".
  const char *version;
  /// `driver_count` pointers to drivers, at least one.
  const struct wdprov_driver *const *drivers;
  size_t driver_count;
};

/// One implementation of one algorithm (the kernel's `struct crypto_alg`).
struct wdprov_driver {
  uint32_t abi_version;
  uint32_t size;
  /// The algorithm, as the kernel names it: "gzip", "cbc(aes)" (`cra_name`).
  const char *name;
  /// This implementation, unique in a registry and no algorithm's name: "gzip-libdeflate" (`cra_driver_name`).
  const char *driver_name;
  /// 0 to 100,000; the highest usable one of a name serves it where nothing was measured (`cra_priority`).
  int32_t priority;
  /// Bytes of the unit that the algorithm works in, 1 for streams (`cra_blocksize`); 0 counts as 1.
  uint32_t block_size;
  /// WDPROV_FLAG_ bits (`cra_flags`).
  uint64_t flags;
  /// The address alignment at which it is fastest, a power of two; never required of callers. 0 counts as 1.
  uint32_t alignment;
  uint32_t reserved;
  /// The largest request in bytes; 0 for no limit.
  uint64_t maximum_request;
  /// Other names of the algorithm, ended by NULL; NULL for none.
  const char *const *aliases;
  /// Passed to the functions that make states; the plugin's own.
  void *context;
  // The kind: exactly one of these is not NULL.
  const struct wdprov_compression *compression;
  const struct wdprov_hash *hash;
  const struct wdprov_mac *mac;
  const struct wdprov_cipher *cipher;
  const struct wdprov_aead *aead;
  const struct wdprov_random *random;
  const struct wdprov_key_agreement *key_agreement;
  const struct wdprov_signature *signature;
  const struct wdprov_asymmetric_cipher *asymmetric_cipher;
  const struct wdprov_key_derivation *key_derivation;
  /// Answers that the driver must give before it is used, besides those that the host has for its name.
  const struct wdprov_known_answer *known_answers;
  size_t known_answer_count;
};

/// A published answer. Byte strings are hexadecimal digits; NULL for what the kind does not have.
struct wdprov_known_answer {
  uint32_t abi_version;
  uint32_t size;
  /// Where it was published: "RFC 1951 section 3.2.4".
  const char *source;
  const char *key;         ///< key, secret; private key of an agreement or decryption, public key of a signature
  const char *iv;          ///< IV, nonce, salt
  const char *associated;  ///< associated data, info
  const char *input;       ///< message; plain bytes; ciphertext of public-key decryption; the peer's public key
  const char *output;      ///< digest, tag, ciphertext with tag, compressed stream, secret, signature, plaintext
  uint64_t iterations;
};

// MARK: Compression

/// Which way a state runs.
enum wdprov_direction { WDPROV_COMPRESS = 0, WDPROV_DECOMPRESS = 1 };

/// What becomes of what a compressor holds back.
enum wdprov_flush {
  WDPROV_FLUSH_NONE = 0,    ///< it may hold back as much as it likes
  WDPROV_FLUSH_SYNC = 1,    ///< all of it comes out and ends at a byte boundary
  WDPROV_FLUSH_FULL = 2,    ///< as SYNC, and what follows does not refer back
  WDPROV_FLUSH_FINISH = 3,  ///< the input ends here; decompressing: no more input follows
};

/// Strategies of deflate, as zlib names them.
enum wdprov_strategy {
  WDPROV_STRATEGY_AUTOMATIC = 0, WDPROV_STRATEGY_FILTERED, WDPROV_STRATEGY_HUFFMAN_ONLY,
  WDPROV_STRATEGY_RUN_LENGTH, WDPROV_STRATEGY_FIXED,
};

/// How parts that were compressed apart become one stream.
enum wdprov_joining {
  WDPROV_JOINING_NONE = 0,     ///< they do not
  WDPROV_JOINING_MEMBERS = 1,  ///< each part is a complete member, and members may follow one another
  WDPROV_JOINING_BLOCKS = 2,   ///< each part but the last ends by SYNC, as in raw deflate
};

/// Works piece by piece; else every `step` has a whole message and FINISH, and uses all of it (decompressing: a member
/// from its first byte on), or nothing for want of room; input that ends early is used up, without `finished`.
#define WDPROV_COMPRESSION_STREAMING UINT32_C(1)
#define WDPROV_COMPRESSION_DICTIONARIES UINT32_C(2)  ///< takes preset dictionaries
/// Writes and reads the fields of gzip's header (RFC 1952 section 2.3).
#define WDPROV_COMPRESSION_HEADERS UINT32_C(4)
#define WDPROV_COMPRESSION_UNDELIMITED UINT32_C(8)  ///< no mark of its end: a stream ends where its input does

/// The fields of a gzip member's header. Strings are ISO 8859-1 and end with a zero byte; NULL for none.
struct wdprov_gzip_header {
  uint32_t abi_version;
  uint32_t size;
  const char *name;
  const char *comment;
  const void *extra;  ///< `extra_size` bytes, at most 65,535; NULL for no such field
  uint32_t extra_size;
  uint32_t modification_time;  ///< seconds since 1970, 0 for none
  uint8_t operating_system;    ///< 3 for Unix, 255 for unknown
  uint8_t is_text;
  uint8_t has_checksum;
  uint8_t reserved[5];
};

/// How a stream is to be compressed or decompressed; the host has checked it against the driver's ranges.
struct wdprov_compression_options {
  uint32_t abi_version;
  uint32_t size;
  int32_t direction;
  int32_t level;         ///< the driver's default where none was asked for
  int32_t strategy;
  uint32_t window_bits;  ///< 0 for the driver's default
  /// Copied by `create` where it is kept: `dictionary_size` bytes, NULL for none.
  const void *dictionary;
  size_t dictionary_size;
  /// Copied by `create` where it is kept; NULL for the plainest header.
  const struct wdprov_gzip_header *header;
};

/// One step of a stream.
struct wdprov_step {
  uint32_t abi_version;
  uint32_t size;
  const void *input;
  size_t input_size;
  /// Uninitialised; nothing is written behind `output_size`.
  void *output;
  size_t output_size;
  int32_t flush;
  /// Set to 1 by the driver when the member is complete; 0 when called.
  uint32_t finished;
  /// Set by the driver: bytes of the input that were used; 0 when called.
  size_t consumed;
  /// Set by the driver: bytes of the output that were written; 0 when called.
  size_t produced;
};

/// A compression format.
struct wdprov_compression {
  uint32_t abi_version;
  uint32_t size;
  int32_t minimum_level;
  int32_t maximum_level;
  int32_t default_level;
  uint32_t capabilities;        ///< WDPROV_COMPRESSION_ bits
  uint32_t strategies;          ///< bit 1 << WDPROV_STRATEGY_x for each that is taken besides AUTOMATIC
  uint32_t joining;
  uint32_t minimum_window_bits;  ///< 0, with the maximum, where there is no window to choose
  uint32_t maximum_window_bits;
  /// The most bytes that n bytes compress to at any level: n + (n >> bound_shift) + bound_constant.
  uint32_t bound_shift;
  uint32_t bound_constant;
  /// The first bytes of a member, at most 8, where members may follow one another (gzip: 1f 8b); NULL for none.
  const void *member_magic;
  size_t member_magic_size;
  /// Makes a state for one direction, ready for the first byte of a member, and writes it to `state`.
  int32_t (*create)(void *context, const struct wdprov_compression_options *options, void **state);
  /// Frees a state.
  void (*destroy)(void *state);
  /// Uses what it can of the input and writes what fits into the output.
  ///
  /// Decompressing, it stops behind the end of the member with `finished` and leaves the rest unused. A full output and
  /// input that ends early are no errors: no progress says both. After an error only `reset` and `destroy` are called.
  /// Returns -EBADMSG for corrupt input, -ENOKEY where a dictionary is missing.
  int32_t (*step)(void *state, struct wdprov_step *step);
  /// Ready for the first byte of another member with the same options.
  int32_t (*reset)(void *state);
  /// The header of the member that is being decompressed; optional. Returns -ENODATA while it has not been read.
  ///
  /// Its pointers are valid until the next call with the state.
  int32_t (*read_header)(void *state, struct wdprov_gzip_header *header);
  /// Requests that complete later; NULL for none. A driver with WDPROV_FLAG_ASYNC has them.
  const struct wdprov_queue *queue;
};

/// Bytes in memory.
struct wdprov_segment {
  void *bytes;
  size_t count;
};

/// A request for a queue. The host keeps its memory valid until its completion was received or the queue was closed.
struct wdprov_request {
  uint32_t abi_version;
  uint32_t size;
  /// The host's number for it, returned with its completion.
  uint64_t tag;
  const struct wdprov_segment *input;  ///< read only
  size_t input_count;
  const struct wdprov_segment *output;
  size_t output_count;
};

/// The end of a request.
struct wdprov_completion {
  uint32_t abi_version;
  uint32_t size;
  uint64_t tag;
  int32_t status;  ///< 0 or a negative number
  uint32_t reserved;
  uint64_t consumed;
  uint64_t produced;
};

/// Whole messages that are sent, and whose completions are received, in any order.
struct wdprov_queue {
  uint32_t abi_version;
  uint32_t size;
  /// Makes a queue for requests with these options, and writes how many it takes at once to `depth`.
  int32_t (*open)(
      void *context, const struct wdprov_compression_options *options, void **queue, uint32_t *depth);
  /// Ends a queue; when it returns nothing touches the memory of its requests any more.
  void (*close)(void *queue);
  /// Takes a request, or returns -EBUSY while it has as many as it takes.
  int32_t (*send)(void *queue, const struct wdprov_request *request);
  /// Writes at most `maximum` completions, each exactly once; waits for the first for at most `timeout` nanoseconds.
  /// Returns how many, or a negative number.
  int32_t (*receive)(
      void *queue, struct wdprov_completion *completions, uint32_t maximum, uint64_t timeout);
};

// MARK: Hashes and MACs

#define WDPROV_HASH_EXTENDABLE UINT32_C(1)  ///< any output length can be asked for
#define WDPROV_HASH_CHECKSUM UINT32_C(2)  ///< a checksum, worthless against an adversary

/// A hash.
struct wdprov_hash {
  uint32_t abi_version;
  uint32_t size;
  uint32_t digest_size;   ///< bytes; of an extendable one, its default
  uint32_t capabilities;  ///< WDPROV_HASH_ bits
  /// Makes a state, ready for the first byte of a message.
  int32_t (*create)(void *context, void **state);
  void (*destroy)(void *state);
  int32_t (*update)(void *state, const void *input, size_t input_size);
  /// Writes `count` bytes of digest and is ready for another message.
  int32_t (*finish)(void *state, void *digest, size_t count);
  /// Hashes one whole message; optional, and faster than update and finish where it is there.
  int32_t (*digest)(void *state, const void *input, size_t input_size, void *digest, size_t count);
  /// Forgets the message so far.
  int32_t (*reset)(void *state);
  /// Makes a second state that goes on from here; optional.
  int32_t (*clone)(void *state, void **copy);
  /// Writes the state as bytes for any machine; `*count` is the room, then the length. With WDPROV_FLAG_EXPORTABLE.
  int32_t (*export_state)(void *state, void *bytes, size_t *count);
  /// Goes on from an exported state; -EINVAL for what is none, and the state is as it was.
  int32_t (*import_state)(void *state, const void *bytes, size_t count);
};

/// Lengths of keys that are taken, in bytes: minimum, minimum + step, … maximum.
struct wdprov_key_lengths {
  uint32_t minimum;
  uint32_t maximum;
  uint32_t step;  ///< at least 1
  uint32_t reserved;
};

/// A MAC.
struct wdprov_mac {
  uint32_t abi_version;
  uint32_t size;
  uint32_t tag_size;
  uint32_t reserved;
  struct wdprov_key_lengths key_lengths;
  /// Makes a state without a key.
  int32_t (*create)(void *context, void **state);
  /// Wipes the key and frees the state.
  void (*destroy)(void *state);
  /// Takes a key of a length that was checked, and begins a message.
  int32_t (*set_key)(void *state, const void *key, size_t key_size);
  int32_t (*update)(void *state, const void *input, size_t input_size);
  /// Writes `tag_size` bytes of tag and begins another message under the same key.
  int32_t (*finish)(void *state, void *tag);
  /// Authenticates one whole message; optional.
  int32_t (*authenticate)(void *state, const void *input, size_t input_size, void *tag);
  /// Forgets the message so far; the key stays.
  int32_t (*reset)(void *state);
};

// MARK: Ciphers

/// A request to a cipher.
struct wdprov_cipher_request {
  uint32_t abi_version;
  uint32_t size;
  /// 1 to encrypt, 0 to decrypt.
  uint32_t encrypt;
  uint32_t reserved;
  const void *input;
  /// As many bytes as `input`: the same address, or no overlap.
  void *output;
  size_t count;
  /// `iv_size` bytes; replaced by the IV that goes on with the message.
  void *iv;
};

/// A cipher without authentication.
struct wdprov_cipher {
  uint32_t abi_version;
  uint32_t size;
  struct wdprov_key_lengths key_lengths;
  uint32_t iv_size;     ///< bytes, 0 for none
  uint32_t chunk_size;  ///< requests of a message but the last are multiples of so many bytes
  int32_t (*create)(void *context, void **state);
  /// Wipes the key and frees the state.
  void (*destroy)(void *state);
  int32_t (*set_key)(void *state, const void *key, size_t key_size);
  int32_t (*process)(void *state, const struct wdprov_cipher_request *request);
};

/// A request to an AEAD.
struct wdprov_aead_request {
  uint32_t abi_version;
  uint32_t size;
  const void *nonce;
  size_t nonce_size;
  const void *associated;
  size_t associated_size;
  const void *input;
  /// As many bytes as `input`: the same address, or no overlap.
  void *output;
  size_t count;
  /// Written by `seal`, read by `open`.
  void *tag;
  size_t tag_size;
};

/// An AEAD.
struct wdprov_aead {
  uint32_t abi_version;
  uint32_t size;
  struct wdprov_key_lengths key_lengths;
  uint32_t nonce_size;          ///< the usual one, in bytes
  uint32_t minimum_nonce_size;  ///< 0, with the maximum, for `nonce_size` alone
  uint32_t maximum_nonce_size;
  uint32_t tag_size_count;
  /// The tag lengths in bytes that the standard allows, longest first.
  const uint32_t *tag_sizes;
  int32_t (*create)(void *context, void **state);
  /// Wipes the key and frees the state.
  void (*destroy)(void *state);
  int32_t (*set_key)(void *state, const void *key, size_t key_size);
  int32_t (*seal)(void *state, const struct wdprov_aead_request *request);
  /// Returns -EBADMSG for a wrong tag; the output is then wiped.
  int32_t (*open)(void *state, const struct wdprov_aead_request *request);
};

// MARK: Random numbers and derivation

/// A random number generator.
struct wdprov_random {
  uint32_t abi_version;
  uint32_t size;
  uint32_t seed_size;  ///< bytes for `reseed` before the first output; 0 where it seeds itself
  uint32_t reserved;
  int32_t (*create)(void *context, void **state);
  void (*destroy)(void *state);
  /// Mixes a seed in; of length 0: seeds itself anew.
  int32_t (*reseed)(void *state, const void *seed, size_t seed_size);
  int32_t (*generate)(void *state, const void *additional, size_t additional_size, void *output, size_t count);
};

/// What a derivation starts from; what an algorithm does not have is 0.
struct wdprov_derivation {
  uint32_t abi_version;
  uint32_t size;
  const void *secret;
  size_t secret_size;
  const void *salt;
  size_t salt_size;
  const void *info;
  size_t info_size;
  uint64_t iterations;   ///< 0 for the default
  uint64_t memory_cost;  ///< as a power of two; 0 for the default
  uint64_t parallelism;  ///< 0 for the default
  void *output;
  size_t count;
};

/// A key derivation.
struct wdprov_key_derivation {
  uint32_t abi_version;
  uint32_t size;
  uint64_t maximum_output;    ///< bytes, 0 for no limit
  uint32_t is_password_hash;  ///< 1 for what is slow on purpose
  uint32_t reserved;
  int32_t (*derive)(void *context, const struct wdprov_derivation *derivation);
};

// MARK: Public keys
//
// Outputs of varying length: `*count` is the room, then the length; -ENOSPC with the length where that is too small.

/// A key agreement.
struct wdprov_key_agreement {
  uint32_t abi_version;
  uint32_t size;
  uint32_t maximum_output;  ///< bytes of the largest secret, at least 1: a caller's output has as much room
  uint32_t security_bits;   ///< NIST SP 800-57 part 1; 0 where the key decides
  int32_t (*create)(void *context, void **state);
  /// Wipes the keys and frees the state.
  void (*destroy)(void *state);
  int32_t (*set_private_key)(void *state, const void *key, size_t key_size);
  int32_t (*generate_key)(void *state);
  int32_t (*public_key)(void *state, void *key, size_t *count);
  /// Returns -EKEYREJECTED for a peer's key that is not on the curve or gives no secret.
  int32_t (*shared_secret)(void *state, const void *peer, size_t peer_size, void *secret, size_t *count);
};

/// A signature algorithm. Keys are DER (PKCS#8, SubjectPublicKeyInfo), or the algorithm's raw form.
struct wdprov_signature {
  uint32_t abi_version;
  uint32_t size;
  uint32_t maximum_output;
  uint32_t security_bits;
  int32_t (*create)(void *context, void **state);
  /// Wipes the keys and frees the state.
  void (*destroy)(void *state);
  int32_t (*set_private_key)(void *state, const void *key, size_t key_size);
  int32_t (*set_public_key)(void *state, const void *key, size_t key_size);
  int32_t (*generate_key)(void *state);
  int32_t (*public_key)(void *state, void *key, size_t *count);
  int32_t (*sign)(void *state, const void *message, size_t message_size, void *signature, size_t *count);
  /// Returns 0 for a right signature, -EBADMSG for any other.
  int32_t (*verify)(
      void *state, const void *message, size_t message_size, const void *signature, size_t signature_size);
};

/// Public-key encryption.
struct wdprov_asymmetric_cipher {
  uint32_t abi_version;
  uint32_t size;
  uint32_t maximum_output;
  uint32_t security_bits;
  int32_t (*create)(void *context, void **state);
  /// Wipes the keys and frees the state.
  void (*destroy)(void *state);
  int32_t (*set_private_key)(void *state, const void *key, size_t key_size);
  int32_t (*set_public_key)(void *state, const void *key, size_t key_size);
  int32_t (*encrypt)(void *state, const void *input, size_t input_size, void *output, size_t *count);
  int32_t (*decrypt)(void *state, const void *input, size_t input_size, void *output, size_t *count);
};

// MARK: The host

/// How important a message is.
enum wdprov_log_level { WDPROV_LOG_DEBUG = 0, WDPROV_LOG_INFO = 1, WDPROV_LOG_WARNING = 2, WDPROV_LOG_ERROR = 3 };

/// What the host offers; it lives until the process ends, and any threads may call its functions.
struct wdprov_host {
  uint32_t abi_version;
  uint32_t size;
  /// The host's name and version for people: "WarpDrive 0.5".
  const char *version;
  /// For the host's own use.
  void *host_data;
  /// Offers drivers: to be called once, from within `wdprov_provider_init`. All are registered or none.
  ///
  /// `provider` and everything that it points to stays where it is and unchanged until the process ends.
  /// Returns -EINVAL for a struct that is short, of another version, or breaks a rule, -EEXIST for a second call.
  int32_t (*register_provider)(const struct wdprov_host *host, const struct wdprov_provider *provider);
  /// Writes one line to the host's log; `message` is UTF-8 and has no key or other secret in it.
  void (*log)(const struct wdprov_host *host, int32_t level, const char *message);
  /// `bytes` of memory, all zero, aligned to 64; NULL where there is none. Freed with `deallocate`, which wipes it.
  void *(*allocate)(const struct wdprov_host *host, size_t bytes);
  /// Wipes and frees what `allocate` returned; NULL does nothing.
  void (*deallocate)(const struct wdprov_host *host, void *memory);
  /// Tells why the call that this thread is in will fail: the library's own number, and a sentence.
  ///
  /// The host puts both into the error that its caller sees, if the call then returns a negative number. The text is
  /// copied.
  void (*report)(const struct wdprov_host *host, int32_t number, const char *message);
  /// Another implementation of `name`, one that itself wants no fallback and is not of this plugin, as a fallback.
  ///
  /// Within `wdprov_provider_init` nothing is. What is found is valid until `release_algorithm`, before which its
  /// states are destroyed. Compression and hashes are found so far. Returns -ENOENT, -ELIBBAD, -EOPNOTSUPP.
  int32_t (*find_algorithm)(
      const struct wdprov_host *host, const char *name, const struct wdprov_driver **algorithm);
  /// Gives back what `find_algorithm` found.
  void (*release_algorithm)(const struct wdprov_host *host, const struct wdprov_driver *algorithm);
};

/// The name of the entry symbol.
#define WDPROV_ENTRY_SYMBOL "wdprov_provider_init"

/// Marks the entry symbol in a plugin that hides its other symbols.
#define WDPROV_EXPORT __attribute__((visibility("default")))

/// The entry: looks whether what the plugin needs is there, and calls `register_provider`.
///
/// The host calls it once, after it has tried it in a process of its own that it throws away. A negative number refuses
/// to serve on this machine; the host lists the reason given to `report`. A device is opened by the first request.
WDPROV_EXPORT int32_t wdprov_provider_init(const struct wdprov_host *host);

#ifdef __cplusplus
}
#endif

#endif
