// Zstandard (RFC 8878) as streams, by libzstd.
// SPDX-License-Identifier: Apache-2.0

#include <zstd.h>
#include <zstd_errors.h>

#include "../common/frames.h"
#include "../common/plugin.h"

/// Negative levels trade ratio for speed; beyond 19 libzstd calls its levels "ultra", for the memory that they take.
enum { MINIMUM_LEVEL = -7, DEFAULT_LEVEL = 3, MAXIMUM_LEVEL = 19 };

/// Windows of 1 KiB (the format's least) to 128 MiB, the most memory that decompression is to take (zstd's own limit).
enum { MINIMUM_WINDOW = 10, MAXIMUM_WINDOW = 27 };

static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};

struct compressor {
  ZSTD_CCtx *context;
  /// A frame was begun and is not complete.
  int open;
  /// At least one frame is complete.
  int written;
};

struct decompressor {
  ZSTD_DCtx *context;
  struct frames frames;
};

/// A state: one of the two.
struct state {
  struct compressor *compressor;
  struct decompressor *decompressor;
};

static struct plugin_pool compressors = PLUGIN_POOL;
static struct plugin_pool decompressors = PLUGIN_POOL;

static int32_t tell(ZSTD_ErrorCode code, int32_t error, const char *advice) {
  return plugin_fail(error, (int32_t)code, "libzstd: %s: %s", ZSTD_getErrorString(code), advice);
}

/// Reports an error of libzstd in compression or in setting up, and returns the ABI's number for it.
static int32_t fail(size_t result) {
  ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
  switch (code) {
    case ZSTD_error_memory_allocation:
      return tell(code, WDPROV_ERROR_EXHAUSTED, "free memory, or take a smaller window or level");
    case ZSTD_error_dictionary_wrong:
    case ZSTD_error_dictionary_corrupted:
    case ZSTD_error_dictionaryCreation_failed:
      return tell(code, WDPROV_ERROR_INVALID, "the dictionary begins like a trained one and is none");
    case ZSTD_error_srcSize_wrong:
      return tell(code, WDPROV_ERROR_INVALID, "the input is not as long as the step said that began the end");
    case ZSTD_error_parameter_outOfBound:
    case ZSTD_error_parameter_unsupported:
      return tell(code, WDPROV_ERROR_INVALID, "this libzstd does not have that level or window");
    default: return tell(code, WDPROV_ERROR_BACKEND, "the library failed for a reason of its own");
  }
}

/// The same in decompression: whatever is wrong there is wrong with the input, but for these.
static int32_t refuse(size_t result) {
  ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
  switch (code) {
    case ZSTD_error_memory_allocation: return tell(code, WDPROV_ERROR_EXHAUSTED, "free memory for the frame's window");
    case ZSTD_error_dictionary_wrong:
      return tell(code, WDPROV_ERROR_NO_KEY, "give the dictionary that the data was compressed with");
    case ZSTD_error_frameParameter_windowTooLarge:
      return tell(
          code, WDPROV_ERROR_CORRUPT, "the frame is damaged, or wants a window of more than 128 MiB, which is refused");
    default: return tell(code, WDPROV_ERROR_CORRUPT, "the input is no zstd data, or damaged");
  }
}

// MARK: Compression

static void free_compressor(struct compressor *self) {
  ZSTD_freeCCtx(self->context);
  free(self);
}

static size_t set_up_compressor(ZSTD_CCtx *context, const struct wdprov_compression_options *options) {
  size_t result = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, options->level);
  if (!ZSTD_isError(result)) result = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  if (!ZSTD_isError(result) && options->window_bits != 0)
    result = ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, (int)options->window_bits);
  if (!ZSTD_isError(result) && options->dictionary_size > 0)
    result = ZSTD_CCtx_loadDictionary(context, options->dictionary, options->dictionary_size);
  return result;
}

static int32_t make_compressor(const struct wdprov_compression_options *options, struct compressor **made) {
  struct compressor *self = plugin_pool_take(&compressors);
  if (self == NULL) {
    self = calloc(1, sizeof *self);
    if (self != NULL) self->context = ZSTD_createCCtx();
    if (self == NULL || self->context == NULL) {
      free(self);
      return plugin_no_memory("a zstd compressor");
    }
  }
  self->open = 0;
  self->written = 0;
  size_t result = set_up_compressor(self->context, options);
  if (ZSTD_isError(result)) {
    free_compressor(self);
    return fail(result);
  }
  *made = self;
  return 0;
}

/// Returns -errno. A full flush ends the frame: within one, everything may refer back.
static int32_t compress(struct compressor *self, struct wdprov_step *step) {
  ZSTD_EndDirective directive = ZSTD_e_continue;
  if (step->flush == WDPROV_FLUSH_SYNC) directive = ZSTD_e_flush;
  if (step->flush == WDPROV_FLUSH_FULL || step->flush == WDPROV_FLUSH_FINISH) directive = ZSTD_e_end;
  if (step->input_size == 0 && !self->open) {
    // Nothing to go on with: no frame without data is begun, except where there would be none at all.
    if (step->flush != WDPROV_FLUSH_FINISH) return 0;
    if (self->written) {
      step->finished = 1;
      return 0;
    }
  }
  uint8_t none[1];
  ZSTD_inBuffer input = {plugin_bytes(step->input), step->input_size, 0};
  ZSTD_outBuffer output = {step->output != NULL ? step->output : none, step->output_size, 0};
  self->open = 1;
  size_t result;
  // Where the first call of a frame ends it, libzstd knows the length, and writes it into the frame's header.
  do {
    size_t before = input.pos + output.pos;
    result = ZSTD_compressStream2(self->context, &output, &input, directive);
    if (ZSTD_isError(result)) return fail(result);
    if (input.pos + output.pos == before) break;
  } while (output.pos < output.size && (directive == ZSTD_e_continue ? input.pos < input.size : result != 0));
  step->consumed = input.pos;
  step->produced = output.pos;
  if (directive == ZSTD_e_end && result == 0) {
    self->open = 0;
    self->written = 1;
    step->finished = step->flush == WDPROV_FLUSH_FINISH;
  }
  return 0;
}

// MARK: Decompression

static void free_decompressor(struct decompressor *self) {
  ZSTD_freeDCtx(self->context);
  free(self);
}

static int32_t make_decompressor(const struct wdprov_compression_options *options, struct decompressor **made) {
  struct decompressor *self = plugin_pool_take(&decompressors);
  if (self == NULL) {
    self = calloc(1, sizeof *self);
    if (self != NULL) self->context = ZSTD_createDCtx();
    if (self == NULL || self->context == NULL) {
      free(self);
      return plugin_no_memory("a zstd decompressor");
    }
    self->frames.magic = magic;
  }
  frames_reset(&self->frames);
  size_t result = ZSTD_DCtx_setParameter(self->context, ZSTD_d_windowLogMax, MAXIMUM_WINDOW);
  if (!ZSTD_isError(result) && options->dictionary_size > 0)
    result = ZSTD_DCtx_loadDictionary(self->context, options->dictionary, options->dictionary_size);
  if (ZSTD_isError(result)) {
    free_decompressor(self);
    return fail(result);
  }
  *made = self;
  return 0;
}

static int32_t decode(
    void *state, const uint8_t *input, size_t input_size, void *output, size_t output_size,
    struct frame_progress *progress) {
  struct decompressor *self = state;
  ZSTD_inBuffer in = {input, input_size, 0};
  ZSTD_outBuffer out = {output, output_size, 0};
  size_t result;
  do {
    size_t before = in.pos + out.pos;
    result = ZSTD_decompressStream(self->context, &out, &in);
    if (ZSTD_isError(result)) return refuse(result);
    if (in.pos + out.pos == before) break;
  } while (result != 0 && (in.pos < in.size || out.pos < out.size));
  progress->consumed = in.pos;
  progress->produced = out.pos;
  progress->finished = result == 0;
  return 0;
}

// MARK: The driver

static int32_t create(void *context, const struct wdprov_compression_options *options, void **state) {
  (void)context;
  struct state *self = calloc(1, sizeof *self);
  if (self == NULL) return plugin_no_memory("a zstd state");
  int32_t status = options->direction == WDPROV_COMPRESS ? make_compressor(options, &self->compressor)
                                                         : make_decompressor(options, &self->decompressor);
  if (status != 0) {
    free(self);
    return status;
  }
  *state = self;
  return 0;
}

static void destroy(void *state) {
  struct state *self = state;
  if (self->compressor != NULL) {
    ZSTD_CCtx_reset(self->compressor->context, ZSTD_reset_session_and_parameters);
    if (!plugin_pool_put(&compressors, self->compressor)) free_compressor(self->compressor);
  }
  if (self->decompressor != NULL) {
    ZSTD_DCtx_reset(self->decompressor->context, ZSTD_reset_session_and_parameters);
    if (!plugin_pool_put(&decompressors, self->decompressor)) free_decompressor(self->decompressor);
  }
  free(self);
}

static int32_t step(void *state, struct wdprov_step *step) {
  struct state *self = state;
  if (self->compressor != NULL) return compress(self->compressor, step);
  int32_t status = frames_step(&self->decompressor->frames, step, decode, self->decompressor);
  // The library reports its own errors; this one is found before it is asked.
  if (status == -WDPROV_ERROR_CORRUPT && !self->decompressor->frames.inside)
    return plugin_fail(WDPROV_ERROR_CORRUPT, ZSTD_error_prefix_unknown, "the input does not begin as zstd data does");
  return status;
}

static int32_t reset(void *state) {
  struct state *self = state;
  size_t result;
  if (self->compressor != NULL) {
    self->compressor->open = 0;
    self->compressor->written = 0;
    result = ZSTD_CCtx_reset(self->compressor->context, ZSTD_reset_session_only);
  } else {
    frames_reset(&self->decompressor->frames);
    result = ZSTD_DCtx_reset(self->decompressor->context, ZSTD_reset_session_only);
  }
  return ZSTD_isError(result) ? fail(result) : 0;
}

static const struct wdprov_compression compression = {
    WDPROV_HEAD(struct wdprov_compression),
    .minimum_level = MINIMUM_LEVEL,
    .maximum_level = MAXIMUM_LEVEL,
    .default_level = DEFAULT_LEVEL,
    .capabilities = WDPROV_COMPRESSION_STREAMING | WDPROV_COMPRESSION_DICTIONARIES,
    .joining = WDPROV_JOINING_MEMBERS,
    .minimum_window_bits = MINIMUM_WINDOW,
    .maximum_window_bits = MAXIMUM_WINDOW,
    // A block that does not shrink is stored, for 3 bytes: each 128 KiB, with a small window each 1 KiB, which is less
    // than n / 256. A frame has a header of at most 18 bytes, an end of 3 and a checksum of 4 (RFC 8878 section 3.1.1).
    .bound_shift = 8,
    .bound_constant = 64,
    .member_magic = magic,
    .member_magic_size = sizeof magic,
    .create = create,
    .destroy = destroy,
    .step = step,
    .reset = reset,
};

static const char *const aliases[] = {"zst", NULL};

static const struct wdprov_driver driver = {
    WDPROV_HEAD(struct wdprov_driver),
    .name = "zstd",
    .driver_name = "zstd-zstd",
    .priority = 200,
    .aliases = aliases,
    .compression = &compression,
};

static const struct wdprov_driver *const drivers[] = {&driver};

int32_t wdprov_provider_init(const struct wdprov_host *host) {
  static struct wdprov_provider provider = {
      WDPROV_HEAD(struct wdprov_provider), .name = "zstd", .drivers = drivers, .driver_count = 1,
  };
  int32_t status = plugin_begin(host);
  if (status != 0) return status;
  provider.version = ZSTD_versionString();
  return host->register_provider(host, &provider);
}
