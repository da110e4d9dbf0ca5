// Toy key agreement, signature and public-key encryption.
// SPDX-License-Identifier: Apache-2.0
#include "toys.h"

struct keys {
  uint8_t secret;
  uint8_t has_secret;
};

static int32_t create(void *context, void **state) {
  (void)context;
  return toy_create(sizeof(struct keys), state);
}

static int32_t set(void *state, const void *key, size_t key_size, uint8_t flip) {
  toy_control.key = key;
  if (key_size != 1) {
    return -WDPROV_ERROR_KEY_REJECTED;
  }
  *(struct keys *)state = (struct keys){*(const uint8_t *)key ^ flip, 1};
  return toy_enter();
}

static int32_t set_private_key(void *state, const void *key, size_t key_size) { return set(state, key, key_size, 0); }
static int32_t set_public_key(void *state, const void *key, size_t key_size) { return set(state, key, key_size, 0xFF); }

static int32_t generate_key(void *state) {
  *(struct keys *)state = (struct keys){7, 1};
  return toy_enter();
}

// MARK: Agreement: powers of 6 modulo 251

static uint8_t power(uint32_t base, uint8_t exponent) {
  uint32_t result = 1;
  for (unsigned turn = 0; turn < exponent; turn++) {
    result = result * base % 251;
  }
  return (uint8_t)result;
}

static int32_t one_byte(uint8_t value, void *output, size_t *count) {
  int32_t status = toy_enter();
  if (status == 0) {
    status = toy_room(1, count);
  }
  if (status == 0 && toy_control.lie == TOY_HONEST) {
    *(uint8_t *)output = value;
  }
  return status;
}

static int32_t agreement_public(void *state, void *key, size_t *count) {
  return one_byte(power(6, ((struct keys *)state)->secret), key, count);
}

static int32_t shared_secret(void *state, const void *peer, size_t peer_size, void *secret, size_t *count) {
  if (peer_size != 1 || *(const uint8_t *)peer == 0) {
    return -WDPROV_ERROR_KEY_REJECTED;
  }
  return one_byte(power(*(const uint8_t *)peer, ((struct keys *)state)->secret), secret, count);
}

const struct wdprov_key_agreement toy_agreement = {
    WDPROV_HEAD(struct wdprov_key_agreement), .maximum_output = 1, .security_bits = 3, .create = create,
    .destroy = toy_destroy, .set_private_key = set_private_key, .generate_key = generate_key,
    .public_key = agreement_public, .shared_secret = shared_secret};

// MARK: Signature and encryption: the secret added to each byte; a public key is the secret's complement

static int32_t complement(void *state, void *key, size_t *count) {
  return one_byte(((struct keys *)state)->secret ^ 0xFF, key, count);
}

static uint8_t signed_byte(const struct keys *keys, const uint8_t *message, size_t size, size_t index) {
  return (uint8_t)((index < size ? message[index] : 0) + keys->secret);
}

// As long as the message, and a byte more.
static int32_t sign(void *state, const void *message, size_t message_size, void *signature, size_t *count) {
  int32_t status = toy_enter();
  if (status == 0) {
    status = toy_room(message_size + 1, count);
  }
  for (size_t index = 0; status == 0 && toy_control.lie == TOY_HONEST && index <= message_size; index++) {
    ((uint8_t *)signature)[index] = signed_byte(state, message, message_size, index);
  }
  return status;
}

static int32_t verify(
    void *state, const void *message, size_t message_size, const void *signature, size_t signature_size) {
  const int32_t status = toy_enter();
  if (status != 0) {
    return status;
  }
  if (signature_size != message_size + 1) {
    return -WDPROV_ERROR_CORRUPT;
  }
  for (size_t index = 0; index < signature_size; index++) {
    if (((const uint8_t *)signature)[index] != signed_byte(state, message, message_size, index)) {
      return -WDPROV_ERROR_CORRUPT;
    }
  }
  return 0;
}

const struct wdprov_signature toy_signature = {
    WDPROV_HEAD(struct wdprov_signature), .maximum_output = 0, .security_bits = 0, .create = create,
    .destroy = toy_destroy, .set_private_key = set_private_key, .set_public_key = set_public_key,
    .generate_key = generate_key, .public_key = complement, .sign = sign, .verify = verify};

static int32_t shift(void *state, const uint8_t *input, size_t size, uint8_t *output, size_t *count, int sense) {
  int32_t status = toy_enter();
  if (status == 0) {
    status = toy_room(size, count);
  }
  for (size_t index = 0; status == 0 && toy_control.lie == TOY_HONEST && index < size; index++) {
    output[index] = (uint8_t)(input[index] + sense * ((struct keys *)state)->secret);
  }
  return status;
}

static int32_t encrypt(void *state, const void *input, size_t input_size, void *output, size_t *count) {
  return shift(state, input, input_size, output, count, 1);
}

static int32_t decrypt(void *state, const void *input, size_t input_size, void *output, size_t *count) {
  return shift(state, input, input_size, output, count, -1);
}

const struct wdprov_asymmetric_cipher toy_asymmetric = {
    WDPROV_HEAD(struct wdprov_asymmetric_cipher), .maximum_output = 0, .security_bits = 0, .create = create,
    .destroy = toy_destroy, .set_private_key = set_private_key, .set_public_key = set_public_key,
    .encrypt = encrypt, .decrypt = decrypt};
