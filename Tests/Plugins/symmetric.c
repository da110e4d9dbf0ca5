// Toy compression, hash, MAC, cipher, AEAD, generator and derivation.
// SPDX-License-Identifier: Apache-2.0
#include "toys.h"

// MARK: Compression
//
// "TY", level, strategy, window bits, 1 for a dictionary, a 0, the name's length and the name; then a 1 in front of
// each byte, and a 0 at the end. A dictionary's first byte is added to each byte.

enum { HEAD = 8, LONGEST_NAME = 32 };

struct stream {
  int32_t direction;
  uint8_t shift;
  uint8_t has_dictionary;
  uint8_t is_marked;  // decompressing: the 1 in front of a byte was read
  uint8_t is_done;
  size_t place;  // how many bytes of the head were written or read
  size_t head_size;
  uint8_t head[HEAD + LONGEST_NAME];
  char name[LONGEST_NAME + 1];
};

static int32_t stream_create(void *context, const struct wdprov_compression_options *options, void **state) {
  (void)context;
  const int32_t status = toy_create(sizeof(struct stream), state);
  if (status != 0 || *state == NULL) {
    return status;
  }
  struct stream *stream = *state;
  stream->direction = options->direction;
  stream->has_dictionary = options->dictionary_size > 0;
  stream->shift = stream->has_dictionary ? *(const uint8_t *)options->dictionary : 0;
  const char *name = options->header == NULL || options->header->name == NULL ? "" : options->header->name;
  const size_t length = strlen(name) < LONGEST_NAME ? strlen(name) : LONGEST_NAME;
  const uint8_t head[HEAD] = {'T', 'Y', (uint8_t)options->level, (uint8_t)options->strategy,
                              (uint8_t)options->window_bits, stream->has_dictionary, 0, (uint8_t)length};
  memcpy(stream->head, head, HEAD);
  memcpy(stream->head + HEAD, name, length);
  stream->head_size = options->direction == WDPROV_COMPRESS ? HEAD + length : HEAD;
  return 0;
}

static void compress(struct stream *stream, struct wdprov_step *step) {
  const uint8_t *input = step->input;
  uint8_t *output = step->output;
  while (stream->place < stream->head_size && step->produced < step->output_size) {
    output[step->produced++] = stream->head[stream->place++];
  }
  while (step->consumed < step->input_size && step->output_size - step->produced >= 2) {
    output[step->produced++] = 1;
    output[step->produced++] = (uint8_t)(input[step->consumed++] + stream->shift);
  }
  if (step->flush == WDPROV_FLUSH_FINISH && step->consumed == step->input_size &&
      stream->place == stream->head_size && step->produced < step->output_size) {
    output[step->produced++] = 0;
    step->finished = 1;
  }
}

static int32_t take_head(struct stream *stream, uint8_t byte) {
  stream->head[stream->place++] = byte;
  if (stream->place == 2 && memcmp(stream->head, "TY", 2) != 0) {
    return -WDPROV_ERROR_CORRUPT;
  }
  if (stream->place == HEAD) {
    if (byte > LONGEST_NAME) {
      return -WDPROV_ERROR_CORRUPT;
    }
    if (stream->head[5] && !stream->has_dictionary) {
      return -WDPROV_ERROR_NO_KEY;
    }
    stream->head_size = HEAD + byte;
  }
  return 0;
}

static int32_t decompress(struct stream *stream, struct wdprov_step *step) {
  const uint8_t *input = step->input;
  uint8_t *output = step->output;
  while (!stream->is_done && step->consumed < step->input_size) {
    const uint8_t byte = input[step->consumed];
    if (stream->place < stream->head_size) {
      const int32_t status = take_head(stream, byte);
      if (status != 0) {
        return status;
      }
    } else if (stream->is_marked) {
      if (step->produced == step->output_size) {
        break;
      }
      output[step->produced++] = (uint8_t)(byte - stream->shift);
      stream->is_marked = 0;
    } else if (byte > 1) {
      return -WDPROV_ERROR_CORRUPT;
    } else {
      stream->is_marked = byte;
      stream->is_done = byte == 0;
    }
    step->consumed++;
  }
  step->finished = stream->is_done;
  return 0;
}

static int32_t stream_step(void *state, struct wdprov_step *step) {
  int32_t status = toy_enter();
  struct stream *stream = state;
  if (status == 0 && stream->direction == WDPROV_COMPRESS) {
    compress(stream, step);
  } else if (status == 0) {
    status = decompress(stream, step);
  }
  switch (toy_control.lie) {
    case TOY_CONSUMED_BEYOND: step->consumed = step->input_size + 1; break;
    case TOY_PRODUCED_BEYOND: step->produced = SIZE_MAX; break;
    case TOY_FINISHED_EARLY:
      step->consumed = step->input_size / 2;
      step->finished = 1;
      break;
    case TOY_PRODUCED_AND_FAILED: return -WDPROV_ERROR_BACKEND;
    default: break;
  }
  return status;
}

static int32_t stream_reset(void *state) {
  const int32_t status = toy_enter();
  struct stream *stream = state;
  stream->place = stream->is_marked = stream->is_done = 0;
  if (stream->direction == WDPROV_DECOMPRESS) {
    stream->head_size = HEAD;
  }
  return status;
}

static int32_t stream_header(void *state, struct wdprov_gzip_header *header) {
  struct stream *stream = state;
  if (stream->place < HEAD || stream->place < stream->head_size) {
    return -WDPROV_ERROR_TRUNCATED;
  }
  memcpy(stream->name, stream->head + HEAD, stream->head_size - HEAD);
  stream->name[stream->head_size - HEAD] = '\0';
  header->name = stream->name;
  header->operating_system = 3;
  return 0;
}

const struct wdprov_compression toy_compression = {
    WDPROV_HEAD(struct wdprov_compression), .minimum_level = 1, .maximum_level = 9, .default_level = 5,
    .capabilities = WDPROV_COMPRESSION_STREAMING | WDPROV_COMPRESSION_DICTIONARIES | WDPROV_COMPRESSION_HEADERS,
    .strategies = 1 << WDPROV_STRATEGY_FIXED, .joining = WDPROV_JOINING_MEMBERS, .minimum_window_bits = 9,
    .maximum_window_bits = 15, .bound_shift = 0, .bound_constant = HEAD + LONGEST_NAME + 1, .member_magic = "TY",
    .member_magic_size = 2, .create = stream_create, .destroy = toy_destroy, .step = stream_step,
    .reset = stream_reset, .read_header = stream_header};

// MARK: Hash: the sum of the bytes, from its lowest byte

static int32_t hash_create(void *context, void **state) {
  (void)context;
  return toy_create(sizeof(uint32_t), state);
}

static int32_t hash_update(void *state, const void *input, size_t input_size) {
  *(uint32_t *)state += toy_sum(input, input_size);
  return toy_enter();
}

static int32_t hash_reset(void *state) {
  *(uint32_t *)state = 0;
  return toy_enter();
}

static int32_t hash_finish(void *state, void *digest, size_t count) {
  toy_fill(*(uint32_t *)state, digest, count);
  *(uint32_t *)state = 0;
  return toy_enter();
}

static int32_t hash_digest(void *state, const void *input, size_t input_size, void *digest, size_t count) {
  toy_control.whole++;
  *(uint32_t *)state = 0;
  toy_fill(toy_sum(input, input_size), digest, count);
  return toy_enter();
}

static int32_t hash_clone(void *state, void **copy) {
  const int32_t status = toy_create(sizeof(uint32_t), copy);
  if (status == 0 && *copy != NULL) {
    *(uint32_t *)*copy = *(uint32_t *)state;
  }
  return status;
}

// The longest export is longer than the room that a host offers first.
enum { EXPORTED = 5000 };

static int32_t hash_export(void *state, void *bytes, size_t *count) {
  int32_t status = toy_enter();
  if (status == 0) {
    status = toy_room(EXPORTED, count);
  }
  if (status == 0 && toy_control.lie == TOY_HONEST) {
    memset(bytes, 0x55, EXPORTED);
    toy_fill(*(uint32_t *)state, bytes, 4);
  }
  return status;
}

static int32_t hash_import(void *state, const void *bytes, size_t count) {
  if (count != EXPORTED || ((const uint8_t *)bytes)[4] != 0x55) {
    return -WDPROV_ERROR_INVALID;
  }
  memcpy(state, bytes, sizeof(uint32_t));
  return toy_enter();
}

const struct wdprov_hash toy_hash = {
    WDPROV_HEAD(struct wdprov_hash), .digest_size = 4, .capabilities = WDPROV_HASH_EXTENDABLE | WDPROV_HASH_CHECKSUM,
    .create = hash_create, .destroy = toy_destroy, .update = hash_update, .finish = hash_finish,
    .digest = hash_digest, .reset = hash_reset, .clone = hash_clone, .export_state = hash_export,
    .import_state = hash_import};

// MARK: MAC: the sum of the key's bytes and three times each of the message's

struct mac {
  uint32_t key;
  uint32_t sum;
};

static int32_t mac_create(void *context, void **state) {
  (void)context;
  return toy_create(sizeof(struct mac), state);
}

static int32_t mac_set_key(void *state, const void *key, size_t key_size) {
  toy_control.key = key;
  *(struct mac *)state = (struct mac){toy_sum(key, key_size), 0};
  return toy_enter();
}

static int32_t mac_update(void *state, const void *input, size_t input_size) {
  ((struct mac *)state)->sum += 3 * toy_sum(input, input_size);
  return toy_enter();
}

static int32_t mac_reset(void *state) {
  ((struct mac *)state)->sum = 0;
  return toy_enter();
}

static int32_t mac_finish(void *state, void *tag) {
  struct mac *mac = state;
  toy_fill(mac->key + mac->sum, tag, 4);
  mac->sum = 0;
  return toy_enter();
}

static int32_t mac_authenticate(void *state, const void *input, size_t input_size, void *tag) {
  toy_control.whole++;
  struct mac *mac = state;
  mac->sum = 0;
  toy_fill(mac->key + 3 * toy_sum(input, input_size), tag, 4);
  return toy_enter();
}

const struct wdprov_mac toy_mac = {
    WDPROV_HEAD(struct wdprov_mac), .tag_size = 4, .key_lengths = {.minimum = 4, .maximum = 16, .step = 4},
    .create = mac_create, .destroy = toy_destroy, .set_key = mac_set_key, .update = mac_update, .finish = mac_finish,
    .authenticate = mac_authenticate, .reset = mac_reset};

// MARK: Cipher: each byte with one of the key and one of the IV, which grows by one for each four bytes

static int32_t key_create(void *context, void **state) {
  (void)context;
  return toy_create(4, state);
}

static int32_t key_set(void *state, const void *key, size_t key_size) {
  toy_control.key = key;
  memcpy(state, key, key_size < 4 ? key_size : 4);
  return toy_enter();
}

static int32_t cipher_process(void *state, const struct wdprov_cipher_request *request) {
  const uint8_t *key = state, *input = request->input;
  uint8_t *output = request->output, *iv = request->iv;
  for (size_t index = 0; index < request->count; index++) {
    output[index] = input[index] ^ key[index % 4] ^ (uint8_t)(iv[index % 4] + index / 4);
  }
  for (size_t index = 0; index < 4; index++) {
    iv[index] = (uint8_t)(iv[index] + request->count / 4);
  }
  return toy_enter();
}

const struct wdprov_cipher toy_cipher = {
    WDPROV_HEAD(struct wdprov_cipher), .key_lengths = {.minimum = 4, .maximum = 4, .step = 1}, .iv_size = 4,
    .chunk_size = 4, .create = key_create, .destroy = toy_destroy, .set_key = key_set, .process = cipher_process};

// MARK: AEAD: each byte with the first of the key and of the nonce; the tag is a sum

static uint32_t aead_tag(const uint8_t *key, const struct wdprov_aead_request *request, const void *plain) {
  return toy_sum(plain, request->count) + 3 * toy_sum(request->associated, request->associated_size) +
         7 * toy_sum(request->nonce, request->nonce_size) + 11 * toy_sum(key, 4);
}

static void aead_mask(const uint8_t *key, const struct wdprov_aead_request *request) {
  const uint8_t mask = key[0] ^ ((const uint8_t *)request->nonce)[0];
  for (size_t index = 0; index < request->count; index++) {
    ((uint8_t *)request->output)[index] = ((const uint8_t *)request->input)[index] ^ mask;
  }
}

static int32_t aead_seal(void *state, const struct wdprov_aead_request *request) {
  const uint32_t tag = aead_tag(state, request, request->input);
  aead_mask(state, request);
  toy_fill(tag, request->tag, request->tag_size);
  return toy_enter();
}

// Leaves the plaintext where it is when the tag is wrong, against the rule.
static int32_t aead_open(void *state, const struct wdprov_aead_request *request) {
  aead_mask(state, request);
  uint8_t tag[8];
  toy_fill(aead_tag(state, request, request->output), tag, sizeof tag);
  const int32_t status = toy_enter();
  if (status != 0) {
    return status;
  }
  return memcmp(tag, request->tag, request->tag_size) == 0 ? 0 : -WDPROV_ERROR_CORRUPT;
}

static const uint32_t tag_sizes[] = {8, 4};
const struct wdprov_aead toy_aead = {
    WDPROV_HEAD(struct wdprov_aead), .key_lengths = {.minimum = 4, .maximum = 4, .step = 1}, .nonce_size = 4,
    .minimum_nonce_size = 1, .maximum_nonce_size = 8, .tag_size_count = 2, .tag_sizes = tag_sizes,
    .create = key_create, .destroy = toy_destroy, .set_key = key_set, .seal = aead_seal, .open = aead_open};

// MARK: Generator: a congruential one; derivation: a sum

static int32_t random_reseed(void *state, const void *seed, size_t seed_size) {
  *(uint32_t *)state = toy_sum(seed, seed_size);
  return toy_enter();
}

static int32_t random_generate(
    void *state, const void *additional, size_t additional_size, void *output, size_t count) {
  uint32_t *value = state;
  *value += toy_sum(additional, additional_size);
  for (size_t index = 0; index < count; index++) {
    *value = *value * 5 + 3;
    ((uint8_t *)output)[index] = (uint8_t)(*value >> 4);
  }
  return toy_enter();
}

const struct wdprov_random toy_random = {
    WDPROV_HEAD(struct wdprov_random), .seed_size = 0, .create = key_create, .destroy = toy_destroy,
    .reseed = random_reseed, .generate = random_generate};

static int32_t derive(void *context, const struct wdprov_derivation *request) {
  (void)context;
  const uint32_t sum = toy_sum(request->secret, request->secret_size) +
                       3 * toy_sum(request->salt, request->salt_size) + 5 * toy_sum(request->info, request->info_size) +
                       (uint32_t)(request->iterations + 7 * request->memory_cost + 11 * request->parallelism);
  for (size_t index = 0; index < request->count; index++) {
    ((uint8_t *)request->output)[index] = (uint8_t)(sum + index);
  }
  return toy_enter();
}

const struct wdprov_key_derivation toy_derivation = {
    WDPROV_HEAD(struct wdprov_key_derivation), .maximum_output = 8, .derive = derive};
