// Diffie-Hellman on libcrypto's big numbers, in time that does not depend on the private key.
// SPDX-License-Identifier: Apache-2.0

#include "pkey.h"

#include "include/cossl_dh.h"
#include "include/cossl_library.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

struct dh {
  cossl_dh head;
  BIGNUM *p;
  BIGNUM *g;
  // The order of the subgroup; (p - 1) / 2 for a safe prime.
  BIGNUM *q;
  // p - 1.
  BIGNUM *top;
  BIGNUM *x;
  BN_MONT_CTX *montgomery;
  BN_CTX *scratch;
  // Whether only 1 and p - 1 lie outside the group's large subgroups.
  bool is_safe;
};

void cossl_dh_destroy(cossl_dh *head) {
  struct dh *dh = (struct dh *)head;
  cossl_libcrypto.BN_clear_free(dh->x);
  cossl_libcrypto.BN_clear_free(dh->p);
  cossl_libcrypto.BN_clear_free(dh->g);
  cossl_libcrypto.BN_clear_free(dh->q);
  cossl_libcrypto.BN_clear_free(dh->top);
  cossl_libcrypto.BN_MONT_CTX_free(dh->montgomery);
  // Its numbers are wiped when they are given back to it.
  cossl_libcrypto.BN_CTX_free(dh->scratch);
  cossl_release(dh, sizeof *dh);
}

static EVP_PKEY *parameters_key(OSSL_PARAM *parameters) {
  EVP_PKEY *evp = NULL;
  EVP_PKEY_CTX *context = cossl_libcrypto.EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
  if (context == NULL || cossl_libcrypto.EVP_PKEY_fromdata_init(context) != 1
      || cossl_libcrypto.EVP_PKEY_fromdata(context, &evp, EVP_PKEY_KEY_PARAMETERS, parameters) != 1) {
    evp = NULL;
  }
  cossl_libcrypto.EVP_PKEY_CTX_free(context);
  return evp;
}

// Takes over p and g, and q unless it is NULL.
static struct dh *make(BIGNUM *p, BIGNUM *g, BIGNUM *q) {
  struct dh *dh = cossl_allocate(sizeof *dh);
  if (dh == NULL) {
    cossl_libcrypto.BN_clear_free(p);
    cossl_libcrypto.BN_clear_free(g);
    cossl_libcrypto.BN_clear_free(q);
    return NULL;
  }
  dh->p = p;
  dh->g = g;
  dh->q = q;
  dh->scratch = cossl_libcrypto.BN_CTX_new();
  dh->montgomery = cossl_libcrypto.BN_MONT_CTX_new();
  bool done = p != NULL && g != NULL && cossl_libcrypto.BN_is_odd(p) && dh->scratch != NULL && dh->montgomery != NULL
      && cossl_libcrypto.BN_MONT_CTX_set(dh->montgomery, p, dh->scratch) == 1;
  if (done) {
    dh->top = cossl_libcrypto.BN_dup(p);
    done = dh->top != NULL && cossl_libcrypto.BN_sub_word(dh->top, 1) == 1;
  }
  if (done && dh->q == NULL) {
    dh->q = cossl_libcrypto.BN_new();
    done = dh->q != NULL && cossl_libcrypto.BN_rshift1(dh->q, dh->top) == 1;
    dh->is_safe = true;
  }
  // The generator is 2 to p - 2.
  done = done && !cossl_libcrypto.BN_is_zero(g) && !cossl_libcrypto.BN_is_one(g)
      && cossl_libcrypto.BN_cmp(g, dh->top) < 0;
  if (!done) {
    cossl_dh_destroy(&dh->head);
    return NULL;
  }
  dh->head.bits = (uint32_t)cossl_libcrypto.BN_num_bits(p);
  dh->head.length = ((size_t)dh->head.bits + 7) / 8;
  return dh;
}

cossl_dh *cossl_dh_named(cossl_dh_group group) {
  static const char *const names[] = {
      [COSSL_FFDHE2048] = "ffdhe2048", [COSSL_FFDHE3072] = "ffdhe3072", [COSSL_FFDHE4096] = "ffdhe4096",
      [COSSL_FFDHE6144] = "ffdhe6144", [COSSL_FFDHE8192] = "ffdhe8192",
  };
  if (!cossl_load(NULL, 0)) return NULL;
  OSSL_PARAM parameters[] = {cossl_text_parameter(OSSL_PKEY_PARAM_GROUP_NAME, names[group]), OSSL_PARAM_END};
  EVP_PKEY *evp = parameters_key(parameters);
  if (evp == NULL) return NULL;
  BIGNUM *p = NULL, *g = NULL;
  struct dh *dh = NULL;
  if (cossl_libcrypto.EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_FFC_P, &p) == 1
      && cossl_libcrypto.EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_FFC_G, &g) == 1) {
    dh = make(p, g, NULL);
  } else {
    cossl_libcrypto.BN_clear_free(p);
    cossl_libcrypto.BN_clear_free(g);
  }
  cossl_libcrypto.EVP_PKEY_free(evp);
  return dh != NULL ? &dh->head : NULL;
}

static OSSL_PARAM number_parameter(const char *key, cossl_octets number, unsigned char *place) {
  const unsigned char *bytes = number.bytes;
  for (size_t i = 0; i < number.length; i++) place[i] = bytes[number.length - 1 - i];
  return (OSSL_PARAM)OSSL_PARAM_BN(key, place, number.length);
}

// Whether libcrypto has a name for the group, of which all that it knows are sound.
static bool is_known(cossl_octets p, cossl_octets g) {
  const size_t size = p.length + g.length;
  unsigned char *buffer = cossl_allocate(size);
  if (buffer == NULL) return false;
  OSSL_PARAM parameters[] = {
      number_parameter(OSSL_PKEY_PARAM_FFC_P, p, buffer),
      number_parameter(OSSL_PKEY_PARAM_FFC_G, g, buffer + p.length),
      OSSL_PARAM_END,
  };
  cossl_libcrypto.ERR_set_mark();
  EVP_PKEY *evp = parameters_key(parameters);
  char name[32] = "";
  size_t length = 0;
  const bool is = evp != NULL
      && cossl_libcrypto.EVP_PKEY_get_utf8_string_param(
             evp, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, &length) == 1
      && length > 0;
  cossl_libcrypto.EVP_PKEY_free(evp);
  cossl_libcrypto.ERR_pop_to_mark();
  cossl_release(buffer, size);
  // Of the named ones, RFC 5114's are no safe primes; RFC 7919's and RFC 3526's are.
  return is && (strncmp(name, "ffdhe", 5) == 0 || strncmp(name, "modp_", 5) == 0);
}

// Whether the numbers are a group: q is a prime, and p is one with it.
static bool is_group(struct dh *dh) {
  if (cossl_libcrypto.BN_check_prime(dh->q, dh->scratch, NULL) != 1) return false;
  BIGNUM *rest = cossl_libcrypto.BN_new();
  BIGNUM *base = cossl_libcrypto.BN_new();
  bool is = rest != NULL && base != NULL;
  if (is && dh->is_safe) {
    // Pocklington: with q a prime above the root of p, one power of 2 proves p; it has no factor with 2^2 - 1 either.
    is = cossl_libcrypto.BN_set_word(base, 2) == 1
        && cossl_libcrypto.BN_mod_exp(rest, base, dh->top, dh->p, dh->scratch) == 1
        && cossl_libcrypto.BN_is_one(rest) && cossl_libcrypto.BN_set_word(base, 3) == 1
        && cossl_libcrypto.BN_div(NULL, rest, dh->p, base, dh->scratch) == 1 && !cossl_libcrypto.BN_is_zero(rest);
  } else if (is) {
    is = cossl_libcrypto.BN_check_prime(dh->p, dh->scratch, NULL) == 1
        && cossl_libcrypto.BN_div(NULL, rest, dh->top, dh->q, dh->scratch) == 1 && cossl_libcrypto.BN_is_zero(rest)
        && cossl_libcrypto.BN_mod_exp(rest, dh->g, dh->q, dh->p, dh->scratch) == 1 && cossl_libcrypto.BN_is_one(rest);
  }
  cossl_libcrypto.BN_clear_free(rest);
  cossl_libcrypto.BN_clear_free(base);
  return is;
}

cossl_dh *cossl_dh_create(cossl_octets p, cossl_octets g, cossl_octets q) {
  if (!cossl_load(NULL, 0)) return NULL;
  BIGNUM *order = q.length > 0 ? cossl_libcrypto.BN_bin2bn(q.bytes, (int)q.length, NULL) : NULL;
  struct dh *dh = make(cossl_libcrypto.BN_bin2bn(p.bytes, (int)p.length, NULL),
                       cossl_libcrypto.BN_bin2bn(g.bytes, (int)g.length, NULL), order);
  if (dh == NULL) return NULL;
  if (is_known(p, g)) {
    // A q beside a safe prime says nothing new, if it is the right one.
    BIGNUM *half = cossl_libcrypto.BN_new();
    const bool same = half != NULL && cossl_libcrypto.BN_rshift1(half, dh->top) == 1
        && cossl_libcrypto.BN_cmp(half, dh->q) == 0;
    cossl_libcrypto.BN_clear_free(half);
    if (same) {
      dh->is_safe = true;
      return &dh->head;
    }
  } else if (is_group(dh)) {
    return &dh->head;
  }
  cossl_dh_destroy(&dh->head);
  return NULL;
}

// Takes over x.
static bool keep(struct dh *dh, BIGNUM *x) {
  if (x == NULL || cossl_libcrypto.BN_is_zero(x) || cossl_libcrypto.BN_is_one(x)
      || cossl_libcrypto.BN_cmp(x, dh->is_safe ? dh->top : dh->q) >= 0) {
    cossl_libcrypto.BN_clear_free(x);
    return false;
  }
  cossl_libcrypto.BN_set_flags(x, BN_FLG_CONSTTIME);
  cossl_libcrypto.BN_clear_free(dh->x);
  dh->x = x;
  dh->head.has_key = true;
  return true;
}

bool cossl_dh_set_private(cossl_dh *head, cossl_octets x) {
  struct dh *dh = (struct dh *)head;
  if (x.length == 0 || x.length > head->length) return false;
  return keep(dh, cossl_libcrypto.BN_bin2bn(x.bytes, (int)x.length, NULL));
}

// Twice the strength that RFC 7919 appendix A gives the next larger group.
static int exponent_bits(uint32_t bits) {
  if (bits <= 2048) return 225;
  if (bits <= 3072) return 275;
  if (bits <= 4096) return 325;
  if (bits <= 6144) return 375;
  return 400;
}

bool cossl_dh_generate(cossl_dh *head) {
  struct dh *dh = (struct dh *)head;
  const int bits = exponent_bits(head->bits);
  BIGNUM *x = cossl_libcrypto.BN_new();
  if (x == NULL) return false;
  const bool done = bits < cossl_libcrypto.BN_num_bits(dh->q)
      ? cossl_libcrypto.BN_priv_rand_ex(x, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY, 0, dh->scratch) == 1
      : cossl_libcrypto.BN_priv_rand_range_ex(x, dh->q, 0, dh->scratch) == 1;
  if (done) return keep(dh, x);
  cossl_libcrypto.BN_clear_free(x);
  return false;
}

bool cossl_dh_private(const cossl_dh *head, void *out) {
  const struct dh *dh = (const struct dh *)head;
  return dh->x != NULL && cossl_libcrypto.BN_bn2binpad(dh->x, out, (int)head->length) == (int)head->length;
}

bool cossl_dh_prime(const cossl_dh *head, void *out) {
  return cossl_libcrypto.BN_bn2binpad(((const struct dh *)head)->p, out, (int)head->length) == (int)head->length;
}

bool cossl_dh_generator(const cossl_dh *head, void *out) {
  return cossl_libcrypto.BN_bn2binpad(((const struct dh *)head)->g, out, (int)head->length) == (int)head->length;
}

// Writes base to the power of the private key; false also where that is 0 or 1.
static bool power(struct dh *dh, const BIGNUM *base, void *out) {
  BIGNUM *result = cossl_libcrypto.BN_new();
  const bool done = dh->x != NULL && result != NULL
      && cossl_libcrypto.BN_mod_exp_mont_consttime(result, base, dh->x, dh->p, dh->scratch, dh->montgomery) == 1
      && !cossl_libcrypto.BN_is_zero(result) && !cossl_libcrypto.BN_is_one(result)
      && cossl_libcrypto.BN_bn2binpad(result, out, (int)dh->head.length) == (int)dh->head.length;
  cossl_libcrypto.BN_clear_free(result);
  return done;
}

bool cossl_dh_public(cossl_dh *head, void *out) {
  struct dh *dh = (struct dh *)head;
  return power(dh, dh->g, out);
}

// Whether a public key is of a large subgroup: 2 to p - 2 (RFC 7919 5.1), and of order q where p is no safe prime.
static bool is_public_key(struct dh *dh, const BIGNUM *y) {
  if (cossl_libcrypto.BN_is_zero(y) || cossl_libcrypto.BN_is_one(y) || cossl_libcrypto.BN_cmp(y, dh->top) >= 0) {
    return false;
  }
  if (dh->is_safe) return true;
  BIGNUM *one = cossl_libcrypto.BN_new();
  const bool is = one != NULL && cossl_libcrypto.BN_mod_exp(one, y, dh->q, dh->p, dh->scratch) == 1
      && cossl_libcrypto.BN_is_one(one);
  cossl_libcrypto.BN_clear_free(one);
  return is;
}

cossl_dh_status cossl_dh_derive(cossl_dh *head, cossl_octets peer, void *out) {
  struct dh *dh = (struct dh *)head;
  cossl_dh_status status = COSSL_DH_INVALID_PEER;
  if (peer.length == head->length) {
    BIGNUM *y = cossl_libcrypto.BN_bin2bn(peer.bytes, (int)peer.length, NULL);
    if (y == NULL) status = COSSL_DH_FAILED;
    else if (is_public_key(dh, y)) status = power(dh, y, out) ? COSSL_DH_DONE : COSSL_DH_FAILED;
    cossl_libcrypto.BN_clear_free(y);
  }
  if (status != COSSL_DH_DONE) cossl_libcrypto.OPENSSL_cleanse(out, head->length);
  return status;
}
