// deflate, zlib and gzip of whole messages, CRC-32 and Adler-32, by libdeflate.
// SPDX-License-Identifier: Apache-2.0
//
// libdeflate knows no streams: a step has a whole message, which is compressed or decompressed in one go or, where the
// output is too small, not at all.

#include <libdeflate.h>

#include "../common/checksum.h"
#include "../common/plugin.h"

enum { MINIMUM_LEVEL = 1, DEFAULT_LEVEL = 6, MAXIMUM_LEVEL = 12 };

typedef size_t (*compressor)(struct libdeflate_compressor *, const void *, size_t, void *, size_t);
typedef enum libdeflate_result (*decompressor)(
    struct libdeflate_decompressor *, const void *, size_t, void *, size_t, size_t *, size_t *);
typedef size_t (*bound)(struct libdeflate_compressor *, size_t);

/// A container of deflate data: the context of its driver.
struct format {
  const char *name;
  compressor compress;
  decompressor decompress;
  bound bound;
};

/// Copies of a short stream and of what it gives, each with some bytes to spare.
///
/// libdeflate decodes the last 299 bytes of the room for the output, and the last 25 of the input, with a second loop
/// that is slower, since it looks before each byte whether there is one (FASTLOOP_MAX_BYTES_WRITTEN and _READ in its
/// lib/deflate_decompress.c). Of a message of 4 KiB that is a twelfth: with bytes to spare it takes 2 to 7 % less time.
enum { SHORT = 8 << 10, SPARE_INPUT = 32, SPARE_OUTPUT = 320 };

struct roomy {
  uint8_t input[SHORT + SPARE_INPUT];
  uint8_t output[SHORT + SPARE_OUTPUT];
};

/// A state; it goes to a pool with its library context, and the next state of the same class takes it from there.
struct state {
  const struct format *format;
  int32_t level;
  /// One of these is not NULL.
  struct libdeflate_compressor *compressor;
  struct libdeflate_decompressor *decompressor;
  /// Of a decompressor.
  struct roomy *roomy;
};

static struct plugin_pool decompressors = PLUGIN_POOL;
/// A compressor is made for one level.
static struct plugin_pool compressors[MAXIMUM_LEVEL + 1] = {
    PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL,
    PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL,
};

static struct plugin_pool *pool_of(int compresses, int32_t level) {
  return compresses ? &compressors[level] : &decompressors;
}

static void release(struct state *self) {
  libdeflate_free_compressor(self->compressor);
  libdeflate_free_decompressor(self->decompressor);
  free(self->roomy);
  free(self);
}

static int32_t create(void *context, const struct wdprov_compression_options *options, void **state) {
  int compresses = options->direction == WDPROV_COMPRESS;
  int32_t level = options->level;
  if (compresses && (level < MINIMUM_LEVEL || level > MAXIMUM_LEVEL)) return -WDPROV_ERROR_INVALID;
  struct state *self = plugin_pool_take(pool_of(compresses, level));
  if (self == NULL) {
    self = calloc(1, sizeof *self);
    if (self == NULL) return plugin_no_memory("a libdeflate state");
    if (compresses) {
      self->compressor = libdeflate_alloc_compressor(level);
    } else {
      self->decompressor = libdeflate_alloc_decompressor();
      self->roomy = malloc(sizeof *self->roomy);
    }
    if (self->compressor == NULL && (self->decompressor == NULL || self->roomy == NULL)) {
      release(self);
      return plugin_no_memory("a libdeflate context");
    }
    self->level = level;
  }
  self->format = context;
  *state = self;
  return 0;
}

static void destroy(void *state) {
  struct state *self = state;
  if (!plugin_pool_put(pool_of(self->compressor != NULL, self->level), self)) release(self);
}

static int32_t reset(void *state) {
  (void)state;
  return 0;
}

// MARK: Compression

/// The bytes that libdeflate wants at the end of an output besides those that it writes (it stores words); generous.
enum { SPARE = 32 };

/// Compresses into an output that may be just large enough, which libdeflate is not sure of: it gets room of our own.
static size_t compress_closely(struct state *self, struct wdprov_step *step) {
  size_t most = plugin_least(step->output_size + SPARE, self->format->bound(self->compressor, step->input_size));
  void *scratch = malloc(most);
  if (scratch == NULL) return 0;
  size_t count = self->format->compress(
      self->compressor, plugin_bytes(step->input), step->input_size, scratch, most);
  if (count > step->output_size) count = 0;
  if (count > 0) memcpy(step->output, scratch, count);
  free(scratch);
  return count;
}

static void compress(struct state *self, struct wdprov_step *step) {
  if (step->output_size == 0) return;
  size_t count = self->format->compress(
      self->compressor, plugin_bytes(step->input), step->input_size, step->output, step->output_size);
  if (count == 0) count = compress_closely(self, step);
  if (count == 0) return;
  step->consumed = step->input_size;
  step->produced = count;
  step->finished = 1;
}

// MARK: Decompression

/// Runs a stream that libdeflate refused through another driver of the host's, which is one that can go piece by piece.
///
/// Returns 1 where it finds that the input just ends too early, 0 where it finds no fault, or its error.
static int32_t examine(const struct wdprov_driver *other, const struct wdprov_step *step) {
  const struct wdprov_compression_options options = {
      WDPROV_HEAD(struct wdprov_compression_options),
      .direction = WDPROV_DECOMPRESS,
      .level = other->compression->default_level,
  };
  void *state = NULL;
  int32_t status = other->compression->create(other->context, &options, &state);
  if (status != 0) return status;
  enum { ROOM = 1 << 16 };
  void *plain = malloc(ROOM);
  size_t used = 0;
  size_t written = 0;
  status = plain != NULL ? 0 : -WDPROV_ERROR_EXHAUSTED;
  while (status == 0) {
    struct wdprov_step part = {
        WDPROV_HEAD(struct wdprov_step),
        .input = (const uint8_t *)plugin_bytes(step->input) + used,
        .input_size = step->input_size - used,
        .output = plain,
        .output_size = ROOM,
        .flush = WDPROV_FLUSH_FINISH,
    };
    status = other->compression->step(state, &part);
    if (status != 0 || part.finished) break;
    used += part.consumed;
    written += part.produced;
    // libdeflate found a fault within the room that it had; a bomb behind that is not for us to look into.
    if (written > step->output_size + ROOM) status = -WDPROV_ERROR_CORRUPT;
    else if (part.produced < ROOM && used == step->input_size) status = 1;
    else if (part.produced == 0 && part.consumed == 0) status = -WDPROV_ERROR_CORRUPT;
  }
  free(plain);
  other->compression->destroy(state);
  return status;
}

/// Tells input that ends early from corrupt input, for which libdeflate has one and the same answer.
static int32_t explain(struct state *self, struct wdprov_step *step, int32_t number) {
  const uint8_t *bytes = step->input;
  // RFC 1950 section 2.2: the method is 8, the two bytes divide by 31, and bit 5 of the second says FDICT.
  if (self->format->decompress == libdeflate_zlib_decompress_ex && step->input_size >= 2 && (bytes[0] & 15) == 8 &&
      bytes[0] >> 4 <= 7 && (bytes[0] << 8 | bytes[1]) % 31 == 0 && (bytes[1] & 0x20) != 0)
    return plugin_fail(
        WDPROV_ERROR_NO_KEY, number, "the stream needs a preset dictionary, which libdeflate cannot use: take "
        "another driver of %s and give it the dictionary", self->format->name);
  const struct wdprov_driver *other = NULL;
  int32_t verdict = -WDPROV_ERROR_CORRUPT;
  if (step->input_size == 0) {
    verdict = 1;
  } else if (plugin_host->find_algorithm(plugin_host, self->format->name, &other) == 0) {
    if (other->compression != NULL && (other->compression->capabilities & WDPROV_COMPRESSION_STREAMING) != 0)
      verdict = examine(other, step);
    plugin_host->release_algorithm(plugin_host, other);
  }
  if (verdict == 1) {
    // All of the input is used and the member is not complete: so the host sees that it was cut.
    step->consumed = step->input_size;
    return 0;
  }
  return plugin_fail(
      WDPROV_ERROR_CORRUPT, number, "libdeflate: LIBDEFLATE_BAD_DATA: the input is no %s data, or damaged",
      self->format->name);
}

/// Decompresses a short stream with bytes to spare; returns 0 where it is none, or not to be decompressed so.
static int decompress_roomily(struct state *self, struct wdprov_step *step) {
  if (step->input_size == 0 || step->input_size > SHORT || step->output_size == 0 || step->output_size > SHORT)
    return 0;
  struct roomy *roomy = self->roomy;
  memcpy(roomy->input, step->input, step->input_size);
  memset(roomy->input + step->input_size, 0, SPARE_INPUT);
  size_t used = 0;
  size_t written = 0;
  enum libdeflate_result result = self->format->decompress(
      self->decompressor, roomy->input, step->input_size + SPARE_INPUT, roomy->output,
      step->output_size + SPARE_OUTPUT, &used, &written);
  // What went beyond the caller's bytes, and what failed perhaps for that, is to be told by those bytes alone.
  if (result != LIBDEFLATE_SUCCESS || used > step->input_size || written > step->output_size) return 0;
  memcpy(step->output, roomy->output, written);
  step->consumed = used;
  step->produced = written;
  step->finished = 1;
  return 1;
}

static int32_t decompress(struct state *self, struct wdprov_step *step) {
  if (decompress_roomily(self, step)) return 0;
  size_t used = 0;
  size_t written = 0;
  uint8_t none[1];
  enum libdeflate_result result = self->format->decompress(
      self->decompressor, plugin_bytes(step->input), step->input_size, step->output != NULL ? step->output : none,
      step->output_size, &used, &written);
  switch (result) {
    case LIBDEFLATE_SUCCESS:
      step->consumed = used;
      step->produced = written;
      step->finished = 1;
      return 0;
    case LIBDEFLATE_INSUFFICIENT_SPACE: return 0;
    default: return explain(self, step, (int32_t)result);
  }
}

static int32_t step(void *state, struct wdprov_step *step) {
  struct state *self = state;
  if (step->flush != WDPROV_FLUSH_FINISH)
    return plugin_fail(
        WDPROV_ERROR_UNSUPPORTED, 0, "libdeflate takes whole messages: give all of the input, with FINISH");
  if (self->decompressor != NULL) return decompress(self, step);
  compress(self, step);
  return 0;
}

// MARK: Drivers

// A block that does not shrink is stored, for 5 bytes; blocks have 5,000 bytes or more. So n / 1000 and what a message
// has once: a container, two blocks' ends, the words that libdeflate stores past its end. bounds_hold checks it.
#define BOUND_SHIFT 9
#define BOUND_CONSTANT 64

#define COMPRESSION \
  WDPROV_HEAD(struct wdprov_compression), .minimum_level = MINIMUM_LEVEL, .maximum_level = MAXIMUM_LEVEL, \
  .default_level = DEFAULT_LEVEL, .bound_shift = BOUND_SHIFT, .bound_constant = BOUND_CONSTANT, .create = create, \
  .destroy = destroy, .step = step, .reset = reset

static const struct wdprov_compression plain_compression = {COMPRESSION, .joining = WDPROV_JOINING_NONE};
static const struct wdprov_compression gzip_compression = {
    COMPRESSION, .joining = WDPROV_JOINING_MEMBERS, .member_magic = "\x1f\x8b", .member_magic_size = 2,
};

static const struct format deflate_format = {
    "deflate", libdeflate_deflate_compress, libdeflate_deflate_decompress_ex, libdeflate_deflate_compress_bound,
};
static const struct format zlib_format = {
    "zlib-deflate", libdeflate_zlib_compress, libdeflate_zlib_decompress_ex, libdeflate_zlib_compress_bound,
};
static const struct format gzip_format = {
    "gzip", libdeflate_gzip_compress, libdeflate_gzip_decompress_ex, libdeflate_gzip_compress_bound,
};

static const struct checksum crc32_checksum = CHECKSUM_CRC32(libdeflate_crc32);
static const struct checksum adler32_checksum = CHECKSUM_ADLER32(libdeflate_adler32);

static const char *const zlib_aliases[] = {"zlib", NULL};
static const char *const gzip_aliases[] = {"gz", NULL};

#define DRIVER(algorithm) \
  WDPROV_HEAD(struct wdprov_driver), .name = algorithm, .driver_name = algorithm "-libdeflate", .priority = 250

static const struct wdprov_driver deflate_driver = {
    DRIVER("deflate"), .context = (void *)&deflate_format, .compression = &plain_compression,
};
static const struct wdprov_driver zlib_driver = {
    DRIVER("zlib-deflate"), .aliases = zlib_aliases, .context = (void *)&zlib_format,
    .compression = &plain_compression,
};
static const struct wdprov_driver gzip_driver = {
    DRIVER("gzip"), .aliases = gzip_aliases, .context = (void *)&gzip_format, .compression = &gzip_compression,
};
static const struct wdprov_driver crc32_driver = {
    DRIVER("crc32"), .flags = WDPROV_FLAG_EXPORTABLE, .context = (void *)&crc32_checksum, .hash = &checksum_hash,
};
static const struct wdprov_driver adler32_driver = {
    DRIVER("adler32"), .flags = WDPROV_FLAG_EXPORTABLE, .context = (void *)&adler32_checksum, .hash = &checksum_hash,
};

static const struct wdprov_driver *const drivers[] = {
    &deflate_driver, &zlib_driver, &gzip_driver, &crc32_driver, &adler32_driver,
};

static const struct wdprov_provider provider = {
    WDPROV_HEAD(struct wdprov_provider),
    .name = "libdeflate",
    // The library does not tell its version at run time: this is the one that the plugin was built with.
    .version = LIBDEFLATE_VERSION_STRING,
    .drivers = drivers,
    .driver_count = sizeof drivers / sizeof drivers[0],
};

/// Whether this libdeflate's own bounds are within ours: another version may cut blocks otherwise.
static int bounds_hold(void) {
  for (size_t n = 0; n < (size_t)1 << 31; n = 3 * n + 1) {
    size_t ours = n + (n >> BOUND_SHIFT) + BOUND_CONSTANT;
    if (libdeflate_gzip_compress_bound(NULL, n) > ours) return 0;
  }
  return 1;
}

int32_t wdprov_provider_init(const struct wdprov_host *host) {
  int32_t status = plugin_begin(host);
  if (status != 0) return status;
  if (!bounds_hold())
    return plugin_fail(
        WDPROV_ERROR_UNAVAILABLE, 0, "this libdeflate needs more room than its plugin says: take version 1.14");
  return host->register_provider(host, &provider);
}
