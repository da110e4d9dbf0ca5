// Signatures: the message is hashed on a kept context and its digest signed on another, so that nothing is fetched.
// SPDX-License-Identifier: Apache-2.0

#include "pkey.h"

#include "include/cossl_library.h"
#include "include/cossl_signature.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

// The longest digest, in bytes.
#define DIGEST_MAX 64
// The longest r or s, and the longest sequence of both: P-521's, with a byte before each that keeps it positive.
#define NUMBER_MAX 66
#define SEQUENCE_MAX (3 + 2 * (2 + 1 + NUMBER_MAX))

struct signature {
  cossl_signature head;
  // Hashes messages; NULL for EdDSA.
  cossl_digest *hash;
  size_t digest_length;
  struct pkey *key;
  // Ready to sign and to verify; the former only with a private key. EdDSA has the latter two.
  EVP_PKEY_CTX *signing;
  EVP_PKEY_CTX *verifying;
  EVP_MD_CTX *message_signing;
  EVP_MD_CTX *message_verifying;
  // SM2: what is hashed before each message.
  unsigned char prefix[32];
};

static void drop_contexts(struct signature *signature) {
  cossl_libcrypto.EVP_PKEY_CTX_free(signature->signing);
  cossl_libcrypto.EVP_PKEY_CTX_free(signature->verifying);
  cossl_libcrypto.EVP_MD_CTX_free(signature->message_signing);
  cossl_libcrypto.EVP_MD_CTX_free(signature->message_verifying);
}

void cossl_signature_destroy(cossl_signature *head) {
  struct signature *signature = (struct signature *)head;
  drop_contexts(signature);
  if (signature->key != NULL) cossl_pkey_destroy(&signature->key->head);
  if (signature->hash != NULL) cossl_digest_destroy(signature->hash);
  cossl_release(signature, sizeof *signature);
}

cossl_signature *cossl_signature_create(cossl_signature_scheme scheme, cossl_digest_algorithm digest,
                                        size_t digest_length) {
  if (!cossl_load(NULL, 0) || digest_length > DIGEST_MAX) return NULL;
  struct signature *signature = cossl_allocate(sizeof *signature);
  if (signature == NULL) return NULL;
  signature->head.scheme = scheme;
  signature->head.digest = digest;
  signature->digest_length = digest_length;
  if (scheme == COSSL_EDDSA) return &signature->head;
  signature->hash = cossl_digest_create(digest);
  if (signature->hash != NULL && cossl_digest_name(digest) != NULL) return &signature->head;
  cossl_signature_destroy(&signature->head);
  return NULL;
}

static bool fits(cossl_signature_scheme scheme, cossl_key_type type) {
  switch (scheme) {
    case COSSL_ECDSA_X962:
    case COSSL_ECDSA_P1363: return type >= COSSL_KEY_P256 && type <= COSSL_KEY_P521;
    case COSSL_RSA_PKCS1:
    case COSSL_RSA_PSS: return type == COSSL_KEY_RSA;
    case COSSL_SM2_SM3: return type == COSSL_KEY_SM2;
    case COSSL_EDDSA: return type == COSSL_KEY_ED25519 || type == COSSL_KEY_ED448;
  }
  return false;
}

// The parameters of a context that signs or verifies digests; at most five with the end.
static void parameters_of(const struct signature *signature, OSSL_PARAM *parameters) {
  const char *digest = cossl_digest_name(signature->head.digest);
  size_t count = 0;
  // ECDSA is told no digest: it would refuse those of other lengths, and does nothing else with it.
  if (signature->head.scheme == COSSL_RSA_PKCS1 || signature->head.scheme == COSSL_RSA_PSS) {
    parameters[count++] = cossl_text_parameter(OSSL_SIGNATURE_PARAM_DIGEST, digest);
    parameters[count++] = cossl_text_parameter(
        OSSL_SIGNATURE_PARAM_PAD_MODE,
        signature->head.scheme == COSSL_RSA_PSS ? OSSL_PKEY_RSA_PAD_MODE_PSS : OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
  }
  if (signature->head.scheme == COSSL_RSA_PSS) {
    parameters[count++] = cossl_text_parameter(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, digest);
    parameters[count++] =
        cossl_text_parameter(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST);
  }
  parameters[count] = (OSSL_PARAM)OSSL_PARAM_END;
}

// GB/T 32918.5: a, b, and the base point of the recommended curve. GB/T 32918.2 section 5.5 hashes them after the
// identifier and its length in bits, and before the public point.
static const unsigned char sm2_prefix[18 + 128] = {
    0x00, 0x80, '1',  '2',  '3',  '4',  '5',  '6',  '7',  '8',  '1',  '2',  '3',  '4',  '5',  '6',  '7',  '8',
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
    0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
    0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
};

static bool set_prefix(struct signature *signature, const cossl_pkey *key) {
  unsigned char point[COSSL_POINT_MAX];
  const size_t length = cossl_pkey_public_octets(key, point, sizeof point);
  return length == 65 && cossl_digest_init(signature->hash)
      && cossl_digest_update(signature->hash, sm2_prefix, sizeof sm2_prefix)
      && cossl_digest_update(signature->hash, point + 1, 64)
      && cossl_digest_final(signature->hash, signature->prefix, sizeof signature->prefix);
}

static bool make_contexts(struct signature *made, EVP_PKEY *evp, bool is_private) {
  if (made->head.scheme == COSSL_EDDSA) {
    made->message_verifying = cossl_libcrypto.EVP_MD_CTX_new();
    if (made->message_verifying == NULL
        || cossl_libcrypto.EVP_DigestVerifyInit_ex(made->message_verifying, NULL, NULL, NULL, NULL, evp, NULL) != 1) {
      return false;
    }
    if (!is_private) return true;
    made->message_signing = cossl_libcrypto.EVP_MD_CTX_new();
    return made->message_signing != NULL
        && cossl_libcrypto.EVP_DigestSignInit_ex(made->message_signing, NULL, NULL, NULL, NULL, evp, NULL) == 1;
  }
  OSSL_PARAM parameters[5];
  parameters_of(made, parameters);
  made->verifying = cossl_libcrypto.EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);
  if (made->verifying == NULL || cossl_libcrypto.EVP_PKEY_verify_init_ex(made->verifying, parameters) != 1) {
    return false;
  }
  if (!is_private) return true;
  made->signing = cossl_libcrypto.EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);
  return made->signing != NULL && cossl_libcrypto.EVP_PKEY_sign_init_ex(made->signing, parameters) == 1;
}

bool cossl_signature_set_key(cossl_signature *head, cossl_pkey *key) {
  struct signature *signature = (struct signature *)head;
  if (!fits(head->scheme, key->type)) return false;
  struct signature made = {.head = *head, .hash = signature->hash, .digest_length = signature->digest_length};
  if (!make_contexts(&made, cossl_evp_pkey(key), key->is_private)
      || (head->scheme == COSSL_SM2_SM3 && !set_prefix(&made, key))) {
    drop_contexts(&made);
    return false;
  }
  drop_contexts(signature);
  if (signature->key != NULL) cossl_pkey_destroy(&signature->key->head);
  *signature = made;
  signature->key = (struct pkey *)key;
  return true;
}

const cossl_pkey *cossl_signature_key(const cossl_signature *head) {
  const struct signature *signature = (const struct signature *)head;
  return signature->key != NULL ? &signature->key->head : NULL;
}

// Bytes of r and of s.
static size_t number_length(const struct signature *signature) {
  return ((size_t)signature->key->head.bits + 7) / 8;
}

size_t cossl_signature_maximum(const cossl_signature *head) {
  const struct signature *signature = (const struct signature *)head;
  if (signature->key == NULL) return 0;
  if (head->scheme == COSSL_ECDSA_P1363) return 2 * number_length(signature);
  return (size_t)cossl_libcrypto.EVP_PKEY_get_size(signature->key->evp);
}

// The digest to be signed: the given one, or that of the message; its length, or 0.
static size_t digest_of(struct signature *signature, cossl_signature_input input, const void *data, size_t length,
                        unsigned char out[static DIGEST_MAX]) {
  const size_t size = signature->digest_length;
  if (input == COSSL_DIGEST) {
    const bool is_ecdsa = signature->head.scheme == COSSL_ECDSA_X962 || signature->head.scheme == COSSL_ECDSA_P1363;
    if (length == 0 || length > DIGEST_MAX || (!is_ecdsa && length != size)) return 0;
    memcpy(out, data, length);
    return length;
  }
  if (signature->head.scheme != COSSL_SM2_SM3) {
    return cossl_digest_hash(signature->hash, data, length, out, size) ? size : 0;
  }
  return cossl_digest_init(signature->hash)
          && cossl_digest_update(signature->hash, signature->prefix, sizeof signature->prefix)
          && cossl_digest_update(signature->hash, data, length) && cossl_digest_final(signature->hash, out, size)
      ? size
      : 0;
}

// Reads a DER integer of at most `size` bytes into `out`, padded; libcrypto made it, so its form is known.
static const unsigned char *read_number(const unsigned char *der, const unsigned char *end, unsigned char *out,
                                        size_t size) {
  if (end - der < 2 || der[0] != 0x02) return NULL;
  size_t length = der[1];
  der += 2;
  if ((size_t)(end - der) < length) return NULL;
  const unsigned char *next = der + length;
  while (length > 0 && *der == 0) {
    der++;
    length--;
  }
  if (length > size) return NULL;
  memset(out, 0, size - length);
  memcpy(out + size - length, der, length);
  return next;
}

static size_t fixed_from_sequence(const unsigned char *der, size_t length, unsigned char *out, size_t size) {
  const unsigned char *end = der + length;
  // The sequence's own head: one byte of length, or two where there are more than 127.
  const size_t head = length > 2 && der[1] == 0x81 ? 3 : 2;
  if (length < head) return 0;
  const unsigned char *next = read_number(der + head, end, out, size);
  if (next == NULL) return 0;
  return read_number(next, end, out + size, size) == end ? 2 * size : 0;
}

static unsigned char *write_number(unsigned char *out, const unsigned char *number, size_t size) {
  while (size > 1 && *number == 0) {
    number++;
    size--;
  }
  const bool padded = (*number & 0x80) != 0;
  *out++ = 0x02;
  *out++ = (unsigned char)(size + padded);
  if (padded) *out++ = 0;
  memcpy(out, number, size);
  return out + size;
}

static size_t sequence_from_fixed(const unsigned char *value, size_t size, unsigned char out[static SEQUENCE_MAX]) {
  unsigned char body[SEQUENCE_MAX];
  const unsigned char *end = write_number(write_number(body, value, size), value + size, size);
  const size_t length = (size_t)(end - body);
  size_t head = 0;
  out[head++] = 0x30;
  if (length > 127) out[head++] = 0x81;
  out[head++] = (unsigned char)length;
  memcpy(out + head, body, length);
  return head + length;
}

size_t cossl_signature_sign(cossl_signature *head, cossl_signature_input input, const void *data, size_t length,
                            void *out, size_t capacity) {
  struct signature *signature = (struct signature *)head;
  size_t written = capacity;
  if (head->scheme == COSSL_EDDSA) {
    // Beginning anew without naming anything keeps the key and what was fetched for it.
    return input == COSSL_MESSAGE && signature->message_signing != NULL
            && cossl_libcrypto.EVP_DigestSignInit_ex(
                   signature->message_signing, NULL, NULL, NULL, NULL, NULL, NULL) == 1
            && cossl_libcrypto.EVP_DigestSign(signature->message_signing, out, &written, data, length) == 1
        ? written
        : 0;
  }
  if (signature->signing == NULL) return 0;
  unsigned char digest[DIGEST_MAX];
  const size_t digest_length = digest_of(signature, input, data, length, digest);
  if (digest_length == 0) return 0;
  if (head->scheme != COSSL_ECDSA_P1363) {
    return cossl_libcrypto.EVP_PKEY_sign(signature->signing, out, &written, digest, digest_length) == 1 ? written : 0;
  }
  unsigned char sequence[SEQUENCE_MAX];
  written = sizeof sequence;
  const size_t size = number_length(signature);
  if (capacity < 2 * size
      || cossl_libcrypto.EVP_PKEY_sign(signature->signing, sequence, &written, digest, digest_length) != 1) {
    return 0;
  }
  return fixed_from_sequence(sequence, written, out, size);
}

static bool verify(struct signature *signature, cossl_signature_input input, const void *data, size_t length,
                   const void *value, size_t value_length) {
  if (signature->head.scheme == COSSL_EDDSA) {
    return input == COSSL_MESSAGE && signature->message_verifying != NULL
        && cossl_libcrypto.EVP_DigestVerifyInit_ex(
               signature->message_verifying, NULL, NULL, NULL, NULL, NULL, NULL) == 1
        && cossl_libcrypto.EVP_DigestVerify(signature->message_verifying, value, value_length, data, length) == 1;
  }
  if (signature->verifying == NULL || value_length == 0) return false;
  unsigned char digest[DIGEST_MAX];
  const size_t digest_length = digest_of(signature, input, data, length, digest);
  if (digest_length == 0) return false;
  if (signature->head.scheme != COSSL_ECDSA_P1363) {
    return cossl_libcrypto.EVP_PKEY_verify(signature->verifying, value, value_length, digest, digest_length) == 1;
  }
  const size_t size = number_length(signature);
  if (value_length != 2 * size) return false;
  unsigned char sequence[SEQUENCE_MAX];
  const size_t sequence_length = sequence_from_fixed(value, size, sequence);
  return cossl_libcrypto.EVP_PKEY_verify(signature->verifying, sequence, sequence_length, digest, digest_length) == 1;
}

bool cossl_signature_verify(cossl_signature *head, cossl_signature_input input, const void *data, size_t length,
                            const void *value, size_t value_length) {
  cossl_libcrypto.ERR_set_mark();
  const bool is = verify((struct signature *)head, input, data, length, value, value_length);
  cossl_libcrypto.ERR_pop_to_mark();
  return is;
}
