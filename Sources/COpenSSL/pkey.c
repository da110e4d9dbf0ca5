// Keys as EVP_PKEY: made from numbers, generated, written as DER, and used to agree on a secret.
// SPDX-License-Identifier: Apache-2.0

#include "pkey.h"

#include "include/cossl_library.h"

#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <string.h>

// By type: libcrypto's name of the key's kind, the group's name and number, and bytes of a coordinate or key.
static const struct {
  const char *name;
  const char *group;
  int nid;
  size_t size;
} kinds[] = {
    [COSSL_KEY_RSA] = {"RSA", NULL, 0, 0},
    [COSSL_KEY_P256] = {"EC", "P-256", NID_X9_62_prime256v1, 32},
    [COSSL_KEY_P384] = {"EC", "P-384", NID_secp384r1, 48},
    [COSSL_KEY_P521] = {"EC", "P-521", NID_secp521r1, 66},
    [COSSL_KEY_SM2] = {"SM2", "SM2", NID_sm2, 32},
    [COSSL_KEY_ED25519] = {"ED25519", NULL, 0, 32},
    [COSSL_KEY_ED448] = {"ED448", NULL, 0, 57},
    [COSSL_KEY_X25519] = {"X25519", NULL, 0, 32},
    [COSSL_KEY_X448] = {"X448", NULL, 0, 56},
};

const char *cossl_digest_name(cossl_digest_algorithm algorithm) {
  switch (algorithm) {
    case COSSL_SHA1: return "SHA1";
    case COSSL_SHA224: return "SHA2-224";
    case COSSL_SHA256: return "SHA2-256";
    case COSSL_SHA384: return "SHA2-384";
    case COSSL_SHA512: return "SHA2-512";
    case COSSL_SHA512_224: return "SHA2-512/224";
    case COSSL_SHA512_256: return "SHA2-512/256";
    case COSSL_SHA3_224: return "SHA3-224";
    case COSSL_SHA3_256: return "SHA3-256";
    case COSSL_SHA3_384: return "SHA3-384";
    case COSSL_SHA3_512: return "SHA3-512";
    case COSSL_SM3: return "SM3";
    default: return NULL;
  }
}

void cossl_pkey_destroy(cossl_pkey *head) {
  struct pkey *key = (struct pkey *)head;
  cossl_libcrypto.EVP_PKEY_CTX_free(key->deriving);
  cossl_libcrypto.EVP_PKEY_free(key->evp);
  cossl_release(key, sizeof *key);
}

// Takes over `evp`, which may be NULL.
static cossl_pkey *wrap(EVP_PKEY *evp, cossl_key_type type, bool is_private) {
  if (evp == NULL) return NULL;
  struct pkey *key = cossl_allocate(sizeof *key);
  if (key == NULL) {
    cossl_libcrypto.EVP_PKEY_free(evp);
    return NULL;
  }
  key->evp = evp;
  key->head.type = type;
  key->head.is_private = is_private;
  key->head.bits = (uint32_t)cossl_libcrypto.EVP_PKEY_get_bits(evp);
  return &key->head;
}

static EVP_PKEY *from_data(const char *name, int selection, OSSL_PARAM *parameters) {
  EVP_PKEY *evp = NULL;
  EVP_PKEY_CTX *context = cossl_libcrypto.EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
  if (context == NULL || cossl_libcrypto.EVP_PKEY_fromdata_init(context) != 1
      || cossl_libcrypto.EVP_PKEY_fromdata(context, &evp, selection, parameters) != 1) {
    evp = NULL;
  }
  cossl_libcrypto.EVP_PKEY_CTX_free(context);
  return evp;
}

// Parameters have their numbers in the machine's order.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Swift runs on no big-endian Linux");

// Writes a number's octets in reverse to `*next`, which moves on, and makes a parameter of them.
static OSSL_PARAM number_parameter(const char *key, cossl_octets number, unsigned char **next) {
  const unsigned char *bytes = number.bytes;
  unsigned char *place = *next;
  for (size_t i = 0; i < number.length; i++) place[i] = bytes[number.length - 1 - i];
  *next += number.length;
  return (OSSL_PARAM)OSSL_PARAM_BN(key, place, number.length);
}

// Whether n is the product of the primes.
static bool is_product(const cossl_rsa_numbers *numbers) {
  BN_CTX *context = cossl_libcrypto.BN_CTX_new();
  BIGNUM *n = cossl_libcrypto.BN_bin2bn(numbers->modulus.bytes, (int)numbers->modulus.length, NULL);
  BIGNUM *p = cossl_libcrypto.BN_bin2bn(numbers->prime1.bytes, (int)numbers->prime1.length, NULL);
  BIGNUM *q = cossl_libcrypto.BN_bin2bn(numbers->prime2.bytes, (int)numbers->prime2.length, NULL);
  BIGNUM *product = cossl_libcrypto.BN_new();
  const bool is = context != NULL && n != NULL && p != NULL && q != NULL && product != NULL
      && !cossl_libcrypto.BN_is_one(p) && !cossl_libcrypto.BN_is_one(q)
      && cossl_libcrypto.BN_mul(product, p, q, context) == 1 && cossl_libcrypto.BN_cmp(product, n) == 0;
  cossl_libcrypto.BN_clear_free(product);
  cossl_libcrypto.BN_clear_free(q);
  cossl_libcrypto.BN_clear_free(p);
  cossl_libcrypto.BN_clear_free(n);
  cossl_libcrypto.BN_CTX_free(context);
  return is;
}

// Whether what the public half encrypts the private half decrypts.
static bool is_pair(EVP_PKEY *evp) {
  const size_t size = (size_t)cossl_libcrypto.EVP_PKEY_get_size(evp);
  unsigned char *buffer = cossl_allocate(3 * size);
  if (buffer == NULL) return false;
  unsigned char *plain = buffer, *encrypted = buffer + size, *decrypted = buffer + 2 * size;
  // Any number below every modulus would do.
  memset(plain + 1, 0x5a, size - 1);
  OSSL_PARAM parameters[] = {
      cossl_text_parameter(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_NONE), OSSL_PARAM_END};
  EVP_PKEY_CTX *context = cossl_libcrypto.EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);
  size_t length = size;
  bool is = context != NULL && cossl_libcrypto.EVP_PKEY_encrypt_init_ex(context, parameters) == 1
      && cossl_libcrypto.EVP_PKEY_encrypt(context, encrypted, &length, plain, size) == 1;
  length = size;
  is = is && cossl_libcrypto.EVP_PKEY_decrypt_init_ex(context, parameters) == 1
      && cossl_libcrypto.EVP_PKEY_decrypt(context, decrypted, &length, encrypted, size) == 1 && length == size
      && memcmp(plain, decrypted, size) == 0;
  cossl_libcrypto.EVP_PKEY_CTX_free(context);
  cossl_release(buffer, 3 * size);
  return is;
}

cossl_pkey *cossl_pkey_rsa(const cossl_rsa_numbers *numbers) {
  if (!cossl_load(NULL, 0)) return NULL;
  const bool is_private = numbers->private_exponent.length > 0;
  if (is_private && !is_product(numbers)) return NULL;
  const struct {
    const char *key;
    cossl_octets number;
  } parts[] = {
      {OSSL_PKEY_PARAM_RSA_N, numbers->modulus},
      {OSSL_PKEY_PARAM_RSA_E, numbers->public_exponent},
      {OSSL_PKEY_PARAM_RSA_D, numbers->private_exponent},
      {OSSL_PKEY_PARAM_RSA_FACTOR1, numbers->prime1},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, numbers->prime2},
      {OSSL_PKEY_PARAM_RSA_EXPONENT1, numbers->exponent1},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, numbers->exponent2},
      {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers->coefficient},
  };
  const size_t count = is_private ? sizeof parts / sizeof parts[0] : 2;
  size_t size = 0;
  for (size_t i = 0; i < count; i++) size += parts[i].number.length;
  unsigned char *buffer = cossl_allocate(size);
  if (buffer == NULL) return NULL;
  unsigned char *next = buffer;
  OSSL_PARAM parameters[sizeof parts / sizeof parts[0] + 1];
  for (size_t i = 0; i < count; i++) parameters[i] = number_parameter(parts[i].key, parts[i].number, &next);
  parameters[count] = (OSSL_PARAM)OSSL_PARAM_END;
  EVP_PKEY *evp = from_data("RSA", is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters);
  cossl_release(buffer, size);
  if (evp != NULL && is_private && !is_pair(evp)) {
    cossl_libcrypto.EVP_PKEY_free(evp);
    return NULL;
  }
  return wrap(evp, COSSL_KEY_RSA, is_private);
}

// Writes the point that belongs to a private number; 0 unless the number is one of the group's.
static size_t point_of(cossl_key_type type, cossl_octets number, unsigned char *out, size_t capacity) {
  if (cossl_libcrypto.EC_GROUP_new_by_curve_name_ex == NULL || cossl_libcrypto.EC_POINT_mul == NULL) return 0;
  size_t length = 0;
  EC_GROUP *group = cossl_libcrypto.EC_GROUP_new_by_curve_name_ex(NULL, NULL, kinds[type].nid);
  BIGNUM *scalar = cossl_libcrypto.BN_bin2bn(number.bytes, (int)number.length, NULL);
  if (group != NULL && scalar != NULL) {
    cossl_libcrypto.BN_set_flags(scalar, BN_FLG_CONSTTIME);
    EC_POINT *point = cossl_libcrypto.EC_POINT_new(group);
    if (point != NULL && !cossl_libcrypto.BN_is_zero(scalar)
        && cossl_libcrypto.BN_cmp(scalar, cossl_libcrypto.EC_GROUP_get0_order(group)) < 0
        && cossl_libcrypto.EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1) {
      length = cossl_libcrypto.EC_POINT_point2oct(
          group, point, POINT_CONVERSION_UNCOMPRESSED, out, capacity, NULL);
    }
    cossl_libcrypto.EC_POINT_clear_free(point);
  }
  cossl_libcrypto.BN_clear_free(scalar);
  if (group != NULL) cossl_libcrypto.EC_GROUP_free(group);
  return length;
}

cossl_pkey *cossl_pkey_ec_private(cossl_key_type type, cossl_octets number) {
  if (!cossl_load(NULL, 0) || !cossl_is_weierstrass(type) || number.length == 0 || number.length > kinds[type].size) {
    return NULL;
  }
  unsigned char point[COSSL_POINT_MAX];
  unsigned char reversed[COSSL_POINT_MAX];
  const size_t length = point_of(type, number, point, sizeof point);
  if (length == 0) return NULL;
  unsigned char *next = reversed;
  OSSL_PARAM parameters[] = {
      cossl_text_parameter(OSSL_PKEY_PARAM_GROUP_NAME, kinds[type].group),
      OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, length),
      number_parameter(OSSL_PKEY_PARAM_PRIV_KEY, number, &next),
      OSSL_PARAM_END,
  };
  EVP_PKEY *evp = from_data(kinds[type].name, EVP_PKEY_KEYPAIR, parameters);
  cossl_libcrypto.OPENSSL_cleanse(reversed, sizeof reversed);
  return wrap(evp, type, true);
}

cossl_pkey *cossl_pkey_ec_public(cossl_key_type type, cossl_octets point) {
  // libcrypto reads the compressed forms too, which are none of this interface's.
  if (!cossl_load(NULL, 0) || !cossl_is_weierstrass(type) || point.length != 1 + 2 * kinds[type].size
      || *(const unsigned char *)point.bytes != POINT_CONVERSION_UNCOMPRESSED) {
    return NULL;
  }
  OSSL_PARAM parameters[] = {
      cossl_text_parameter(OSSL_PKEY_PARAM_GROUP_NAME, kinds[type].group),
      OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point.bytes, point.length),
      OSSL_PARAM_END,
  };
  return wrap(from_data(kinds[type].name, EVP_PKEY_PUBLIC_KEY, parameters), type, false);
}

cossl_pkey *cossl_pkey_raw(cossl_key_type type, cossl_octets key, bool is_private) {
  if (!cossl_load(NULL, 0) || type < COSSL_KEY_ED25519 || key.length != kinds[type].size) return NULL;
  EVP_PKEY *evp =
      is_private ? cossl_libcrypto.EVP_PKEY_new_raw_private_key_ex(NULL, kinds[type].name, NULL, key.bytes, key.length)
                 : cossl_libcrypto.EVP_PKEY_new_raw_public_key_ex(NULL, kinds[type].name, NULL, key.bytes, key.length);
  return wrap(evp, type, is_private);
}

cossl_pkey *cossl_pkey_generate(cossl_key_type type, uint32_t bits) {
  if (!cossl_load(NULL, 0)) return NULL;
  EVP_PKEY *evp = NULL;
  size_t size = bits;
  OSSL_PARAM parameters[2] = {OSSL_PARAM_END, OSSL_PARAM_END};
  if (type == COSSL_KEY_RSA) parameters[0] = (OSSL_PARAM)OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_BITS, &size);
  if (kinds[type].group != NULL) {
    parameters[0] = cossl_text_parameter(OSSL_PKEY_PARAM_GROUP_NAME, kinds[type].group);
  }
  EVP_PKEY_CTX *context = cossl_libcrypto.EVP_PKEY_CTX_new_from_name(NULL, kinds[type].name, NULL);
  if (context == NULL || cossl_libcrypto.EVP_PKEY_keygen_init(context) != 1
      || (parameters[0].key != NULL && cossl_libcrypto.EVP_PKEY_CTX_set_params(context, parameters) != 1)
      || cossl_libcrypto.EVP_PKEY_generate(context, &evp) != 1) {
    evp = NULL;
  }
  cossl_libcrypto.EVP_PKEY_CTX_free(context);
  return wrap(evp, type, true);
}

size_t cossl_pkey_public_octets(const cossl_pkey *key, void *out, size_t capacity) {
  size_t length = 0;
  const char *name = cossl_is_weierstrass(key->type) ? OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY : OSSL_PKEY_PARAM_PUB_KEY;
  return cossl_libcrypto.EVP_PKEY_get_octet_string_param(cossl_evp_pkey(key), name, out, capacity, &length) == 1
      ? length
      : 0;
}

size_t cossl_pkey_private_octets(const cossl_pkey *key, void *out, size_t capacity) {
  size_t length = 0;
  if (!cossl_is_weierstrass(key->type)) {
    return cossl_libcrypto.EVP_PKEY_get_octet_string_param(
               cossl_evp_pkey(key), OSSL_PKEY_PARAM_PRIV_KEY, out, capacity, &length) == 1
        ? length
        : 0;
  }
  BIGNUM *number = NULL;
  const size_t size = kinds[key->type].size;
  if (capacity >= size
      && cossl_libcrypto.EVP_PKEY_get_bn_param(cossl_evp_pkey(key), OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1
      && cossl_libcrypto.BN_bn2binpad(number, out, (int)size) == (int)size) {
    length = size;
  }
  cossl_libcrypto.BN_clear_free(number);
  return length;
}

uint8_t *cossl_pkey_spki(const cossl_pkey *key, size_t *length) {
  unsigned char *der = NULL;
  const int size = cossl_libcrypto.i2d_PUBKEY(cossl_evp_pkey(key), &der);
  *length = size > 0 ? (size_t)size : 0;
  return size > 0 ? der : NULL;
}

uint8_t *cossl_pkey_pkcs8(const cossl_pkey *key, size_t *length) {
  unsigned char *der = NULL;
  *length = 0;
  if (!key->is_private) return NULL;
  PKCS8_PRIV_KEY_INFO *info = cossl_libcrypto.EVP_PKEY2PKCS8(cossl_evp_pkey(key));
  if (info == NULL) return NULL;
  const int size = cossl_libcrypto.i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  cossl_libcrypto.PKCS8_PRIV_KEY_INFO_free(info);
  *length = size > 0 ? (size_t)size : 0;
  return size > 0 ? der : NULL;
}

void cossl_free(uint8_t *bytes, size_t length) { cossl_release(bytes, length); }

void cossl_cleanse(void *bytes, size_t length) {
  if (length > 0) cossl_libcrypto.OPENSSL_cleanse(bytes, length);
}

bool cossl_pkey_derive(cossl_pkey *head, const cossl_pkey *peer, void *out, size_t length) {
  struct pkey *own = (struct pkey *)head;
  if (own->deriving == NULL) {
    EVP_PKEY_CTX *context = cossl_libcrypto.EVP_PKEY_CTX_new_from_pkey(NULL, own->evp, NULL);
    if (context == NULL || cossl_libcrypto.EVP_PKEY_derive_init(context) != 1) {
      cossl_libcrypto.EVP_PKEY_CTX_free(context);
      return false;
    }
    own->deriving = context;
  }
  size_t written = length;
  // A point was found on the curve when the peer's key was made of it, and these curves have no cofactor.
  bool done = cossl_libcrypto.EVP_PKEY_derive_set_peer_ex(own->deriving, cossl_evp_pkey(peer), 0) == 1
      && cossl_libcrypto.EVP_PKEY_derive(own->deriving, out, &written) == 1 && written == length;
  // libcrypto refuses it too; on a curve of prime order a secret of zeros is the x of a point as good as any other.
  if (done && !cossl_is_weierstrass(head->type)) {
    unsigned char any = 0;
    for (size_t i = 0; i < length; i++) any |= ((const unsigned char *)out)[i];
    done = any != 0;
  }
  if (!done) cossl_libcrypto.OPENSSL_cleanse(out, length);
  return done;
}

void cossl_forget_errors(void) {
  unsigned long code = 0;
  char text[8];
  while (cossl_next_error(&code, text, sizeof text)) {}
}
