// The libcrypto symbols of public-key algorithms; symbols.h takes them into its list.
// SPDX-License-Identifier: Apache-2.0

#ifndef COSSL_PKEY_SYMBOLS_H
#define COSSL_PKEY_SYMBOLS_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

// OPTIONAL: what a libcrypto built with no-ec lacks.
#define COSSL_PKEY_SYMBOLS(REQUIRED, OPTIONAL) \
  REQUIRED(CRYPTO_free) \
  REQUIRED(ERR_set_mark) \
  REQUIRED(ERR_pop_to_mark) \
  REQUIRED(EVP_PKEY_free) \
  REQUIRED(EVP_PKEY_get_bits) \
  REQUIRED(EVP_PKEY_get_size) \
  REQUIRED(EVP_PKEY_get_bn_param) \
  REQUIRED(EVP_PKEY_get_octet_string_param) \
  REQUIRED(EVP_PKEY_get_utf8_string_param) \
  REQUIRED(EVP_PKEY_fromdata_init) \
  REQUIRED(EVP_PKEY_fromdata) \
  REQUIRED(EVP_PKEY_keygen_init) \
  REQUIRED(EVP_PKEY_generate) \
  REQUIRED(EVP_PKEY_new_raw_private_key_ex) \
  REQUIRED(EVP_PKEY_new_raw_public_key_ex) \
  REQUIRED(EVP_PKEY_CTX_new_from_name) \
  REQUIRED(EVP_PKEY_CTX_new_from_pkey) \
  REQUIRED(EVP_PKEY_CTX_free) \
  REQUIRED(EVP_PKEY_CTX_set_params) \
  REQUIRED(EVP_PKEY_derive_init) \
  REQUIRED(EVP_PKEY_derive_set_peer_ex) \
  REQUIRED(EVP_PKEY_derive) \
  REQUIRED(EVP_PKEY_sign_init_ex) \
  REQUIRED(EVP_PKEY_sign) \
  REQUIRED(EVP_PKEY_verify_init_ex) \
  REQUIRED(EVP_PKEY_verify) \
  REQUIRED(EVP_PKEY_encrypt_init_ex) \
  REQUIRED(EVP_PKEY_encrypt) \
  REQUIRED(EVP_PKEY_decrypt_init_ex) \
  REQUIRED(EVP_PKEY_decrypt) \
  REQUIRED(EVP_DigestSignInit_ex) \
  REQUIRED(EVP_DigestSign) \
  REQUIRED(EVP_DigestVerifyInit_ex) \
  REQUIRED(EVP_DigestVerify) \
  REQUIRED(EVP_PKEY2PKCS8) \
  REQUIRED(PKCS8_PRIV_KEY_INFO_free) \
  REQUIRED(i2d_PKCS8_PRIV_KEY_INFO) \
  REQUIRED(i2d_PUBKEY) \
  REQUIRED(BN_new) \
  REQUIRED(BN_clear_free) \
  REQUIRED(BN_bin2bn) \
  REQUIRED(BN_bn2binpad) \
  REQUIRED(BN_num_bits) \
  REQUIRED(BN_cmp) \
  REQUIRED(BN_is_zero) \
  REQUIRED(BN_is_one) \
  REQUIRED(BN_is_odd) \
  REQUIRED(BN_set_flags) \
  REQUIRED(BN_set_word) \
  REQUIRED(BN_sub_word) \
  REQUIRED(BN_dup) \
  REQUIRED(BN_rshift1) \
  REQUIRED(BN_mul) \
  REQUIRED(BN_div) \
  REQUIRED(BN_mod_exp) \
  REQUIRED(BN_mod_exp_mont_consttime) \
  REQUIRED(BN_check_prime) \
  REQUIRED(BN_priv_rand_ex) \
  REQUIRED(BN_priv_rand_range_ex) \
  REQUIRED(BN_CTX_new) \
  REQUIRED(BN_CTX_free) \
  REQUIRED(BN_MONT_CTX_new) \
  REQUIRED(BN_MONT_CTX_set) \
  REQUIRED(BN_MONT_CTX_free) \
  OPTIONAL(EC_GROUP_new_by_curve_name_ex) \
  OPTIONAL(EC_GROUP_free) \
  OPTIONAL(EC_GROUP_get0_order) \
  OPTIONAL(EC_POINT_new) \
  OPTIONAL(EC_POINT_clear_free) \
  OPTIONAL(EC_POINT_mul) \
  OPTIONAL(EC_POINT_point2oct)

#endif
