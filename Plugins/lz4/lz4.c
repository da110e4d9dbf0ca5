// LZ4 in its frame format, which .lz4 files have, as streams by liblz4.
// SPDX-License-Identifier: Apache-2.0

#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>

#include "../common/frames.h"
#include "../common/plugin.h"

/// The fast compressor: below 1 each level is one more step of acceleration, 1 is none; 0 is the library's word for 1.
enum { FAST_MINIMUM = -12, FAST_DEFAULT = 1, FAST_MAXIMUM = 1 };

/// Blocks of the format's least size: linked ones lose little ratio by it, and a state takes little memory.
enum { BLOCK_SIZE = 1 << 16 };

static const uint8_t magic[] = {0x04, 0x22, 0x4d, 0x18};
/// The format from before there were frames, which `lz4 -l` writes.
static const uint8_t legacy_magic[] = {0x02, 0x21, 0x4c, 0x18};

struct compressor {
  LZ4F_cctx *context;
  LZ4F_preferences_t preferences;
  int is_used;
  int open;
  int written;
  int ended;
  /// Output that did not fit: the library writes a block whole or fails.
  size_t pending_start;
  size_t pending_end;
  size_t pending_capacity;
  uint8_t *pending;
};

struct decompressor {
  LZ4F_dctx *context;
  struct frames frames;
  /// Bytes of the legacy format's magic that were seen.
  size_t legacy_seen;
};

/// A state: one of the two.
struct state {
  struct compressor *compressor;
  struct decompressor *decompressor;
};

static struct plugin_pool compressors = PLUGIN_POOL;
static struct plugin_pool decompressors = PLUGIN_POOL;

/// Reports an error of liblz4, which tells its shared object's users names, and numbers only as negative results.
static int32_t fail(size_t result, int32_t error, const char *advice) {
  const char *name = LZ4F_getErrorName(result);
  if (strstr(name, "allocation") != NULL) error = WDPROV_ERROR_EXHAUSTED;
  return plugin_fail(error, (int32_t)-(ptrdiff_t)result, "liblz4: %s: %s", name, advice);
}

// MARK: Compression

static void free_compressor(struct compressor *self) {
  LZ4F_freeCompressionContext(self->context);
  free(self->pending);
  free(self);
}

static int32_t make_compressor(int32_t level, struct compressor **made) {
  struct compressor *self = plugin_pool_take(&compressors);
  if (self == NULL) {
    self = calloc(1, sizeof *self);
    if (self == NULL) return plugin_no_memory("an lz4 compressor");
    LZ4F_preferences_t worst = {.frameInfo = {.blockSizeID = LZ4F_max64KB, .contentChecksumFlag = 1}};
    // A block, what the library still holds back, and the ends of block and frame; the header comes with the first.
    self->pending_capacity = LZ4F_compressBound(BLOCK_SIZE, &worst) + LZ4F_HEADER_SIZE_MAX;
    self->pending = malloc(self->pending_capacity);
    if (self->pending == NULL || LZ4F_isError(LZ4F_createCompressionContext(&self->context, LZ4F_VERSION))) {
      free(self->pending);
      free(self);
      return plugin_no_memory("an lz4 compressor");
    }
  }
  self->preferences = (LZ4F_preferences_t){
      .frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockLinked, .contentChecksumFlag = 1},
      .compressionLevel = level == FAST_MAXIMUM ? 0 : level,
  };
  self->pending_start = self->pending_end = 0;
  self->open = self->written = self->ended = 0;
  *made = self;
  return 0;
}

static int drain(struct compressor *self, struct wdprov_step *step) {
  size_t count = plugin_least(self->pending_end - self->pending_start, step->output_size - step->produced);
  if (count > 0) memcpy((uint8_t *)step->output + step->produced, self->pending + self->pending_start, count);
  self->pending_start += count;
  step->produced += count;
  return self->pending_start == self->pending_end;
}

/// Room for what the library writes at once: the caller's, or else our own.
static uint8_t *room(struct compressor *self, const struct wdprov_step *step, size_t size, size_t *capacity) {
  if (step->output_size - step->produced >= size) {
    *capacity = step->output_size - step->produced;
    return (uint8_t *)step->output + step->produced;
  }
  *capacity = self->pending_capacity;
  return self->pending;
}

/// Counts what the library wrote into `place`.
static int32_t wrote(struct compressor *self, struct wdprov_step *step, const uint8_t *place, size_t result) {
  if (LZ4F_isError(result))
    return fail(result, WDPROV_ERROR_BACKEND, "the input may not be as long as its last step said");
  if (place != self->pending) {
    step->produced += result;
  } else {
    self->pending_start = 0;
    self->pending_end = result;
  }
  return 0;
}

/// Gives a used context up where its successor would be influenced by it.
///
/// From level 10 on liblz4's search finds other matches in a context that was used before, and so the same data would
/// become another frame of another length. A new context costs little beside such a level.
static int32_t renew(struct compressor *self) {
  if (self->preferences.compressionLevel >= LZ4HC_CLEVEL_OPT_MIN && self->is_used) {
    LZ4F_freeCompressionContext(self->context);
    self->context = NULL;
    if (LZ4F_isError(LZ4F_createCompressionContext(&self->context, LZ4F_VERSION))) {
      self->context = NULL;
      return plugin_no_memory("an lz4 compressor");
    }
  }
  self->is_used = 1;
  return 0;
}

static int32_t begin_frame(struct compressor *self, struct wdprov_step *step) {
  size_t capacity;
  int32_t status = renew(self);
  if (status != 0) return status;
  uint8_t *place = room(self, step, LZ4F_HEADER_SIZE_MAX, &capacity);
  // Where all of the input is there, the header carries its length.
  int whole = step->flush == WDPROV_FLUSH_FINISH && !self->written;
  self->preferences.frameInfo.contentSize = whole ? step->input_size - step->consumed : 0;
  self->open = 1;
  return wrote(self, step, place, LZ4F_compressBegin(self->context, place, capacity, &self->preferences));
}

static int32_t compress(struct compressor *self, struct wdprov_step *step) {
  const LZ4F_preferences_t *preferences = &self->preferences;
  const int ends = step->flush == WDPROV_FLUSH_FULL || step->flush == WDPROV_FLUSH_FINISH;
  const uint8_t *input = plugin_bytes(step->input);
  for (;;) {
    if (!drain(self, step)) return 0;
    size_t left = step->input_size - step->consumed;
    size_t capacity;
    uint8_t *place;
    int32_t status;
    if (self->ended || (left == 0 && step->flush == WDPROV_FLUSH_FINISH && self->written && !self->open)) {
      self->ended = 1;
      step->finished = 1;
      return 0;
    }
    if (!self->open) {
      if (left == 0 && step->flush != WDPROV_FLUSH_FINISH) return 0;
      status = begin_frame(self, step);
    } else if (left > 0) {
      size_t count = plugin_least(left, BLOCK_SIZE);
      place = room(self, step, LZ4F_compressBound(count, preferences), &capacity);
      status = wrote(
          self, step, place,
          LZ4F_compressUpdate(self->context, place, capacity, input + step->consumed, count, NULL));
      if (status == 0) step->consumed += count;
    } else if (ends) {
      // A full flush ends the frame: within one, everything may refer back.
      place = room(self, step, LZ4F_compressBound(0, preferences), &capacity);
      status = wrote(self, step, place, LZ4F_compressEnd(self->context, place, capacity, NULL));
      self->open = 0;
      self->written = 1;
      self->ended = step->flush == WDPROV_FLUSH_FINISH;
      if (status == 0 && !self->ended) {
        drain(self, step);
        return 0;
      }
    } else if (step->flush == WDPROV_FLUSH_SYNC) {
      place = room(self, step, LZ4F_compressBound(0, preferences), &capacity);
      status = wrote(self, step, place, LZ4F_flush(self->context, place, capacity, NULL));
      if (status == 0) drain(self, step);
      return status;
    } else {
      return 0;
    }
    if (status != 0) return status;
  }
}

// MARK: Decompression

static void free_decompressor(struct decompressor *self) {
  LZ4F_freeDecompressionContext(self->context);
  free(self);
}

/// Ready for another member.
///
/// A context that is in the middle of a frame is not reset but replaced: liblz4 1.9.4 keeps what is left of the frame's
/// length, and then refuses the next frame where that does not carry a length of its own.
static int32_t reset_decompressor(struct decompressor *self) {
  if (self->frames.inside) {
    LZ4F_freeDecompressionContext(self->context);
    self->context = NULL;
  }
  if (self->context == NULL && LZ4F_isError(LZ4F_createDecompressionContext(&self->context, LZ4F_VERSION))) {
    self->context = NULL;
    return plugin_no_memory("an lz4 decompressor");
  }
  frames_reset(&self->frames);
  self->legacy_seen = 0;
  return 0;
}

static int32_t make_decompressor(struct decompressor **made) {
  struct decompressor *self = plugin_pool_take(&decompressors);
  if (self == NULL) {
    self = calloc(1, sizeof *self);
    if (self == NULL) return plugin_no_memory("an lz4 decompressor");
    self->frames.magic = magic;
  }
  int32_t status = reset_decompressor(self);
  if (status != 0) free_decompressor(self);
  else *made = self;
  return status;
}

static int32_t decode(
    void *state, const uint8_t *input, size_t input_size, void *output, size_t output_size,
    struct frame_progress *progress) {
  struct decompressor *self = state;
  for (;;) {
    size_t used = input_size - progress->consumed;
    size_t written = output_size - progress->produced;
    size_t result = LZ4F_decompress(
        self->context, (uint8_t *)output + progress->produced, &written, input + progress->consumed, &used, NULL);
    if (LZ4F_isError(result)) return fail(result, WDPROV_ERROR_CORRUPT, "the input is no lz4 frame, or damaged");
    progress->consumed += used;
    progress->produced += written;
    progress->finished = result == 0;
    if (result == 0 || (used == 0 && written == 0)) return 0;
  }
}

/// Looks for the legacy format at the very beginning, whose first four bytes may come one by one.
static int32_t check_legacy(struct decompressor *self, struct wdprov_step *step) {
  const uint8_t *input = plugin_bytes(step->input);
  while (self->legacy_seen < sizeof legacy_magic && step->consumed < step->input_size &&
         input[step->consumed] == legacy_magic[self->legacy_seen]) {
    self->legacy_seen++;
    step->consumed++;
  }
  if (self->legacy_seen == sizeof legacy_magic)
    return plugin_fail(
        WDPROV_ERROR_UNSUPPORTED, 0, "this is lz4's legacy format, which liblz4 does not read: convert the file with "
        "`lz4 -dc FILE | lz4 -c`");
  if (self->legacy_seen > 0 && step->consumed < step->input_size)
    return plugin_fail(WDPROV_ERROR_CORRUPT, 0, "the input does not begin as lz4 data does");
  return 0;
}

static int32_t decompress(struct decompressor *self, struct wdprov_step *step) {
  struct frames *frames = &self->frames;
  if (!frames->inside && !frames->seen_data && !frames->seen_skippable && frames->held_count == 0) {
    int32_t status = check_legacy(self, step);
    if (status != 0 || self->legacy_seen > 0) return status;
  }
  int32_t status = frames_step(frames, step, decode, self);
  if (status == -WDPROV_ERROR_CORRUPT && !frames->inside)
    return plugin_fail(WDPROV_ERROR_CORRUPT, 0, "the input does not begin as lz4 data does");
  return status;
}

// MARK: The drivers

static int32_t create(void *context, const struct wdprov_compression_options *options, void **state) {
  (void)context;
  struct state *self = calloc(1, sizeof *self);
  if (self == NULL) return plugin_no_memory("an lz4 state");
  int32_t status = options->direction == WDPROV_COMPRESS ? make_compressor(options->level, &self->compressor)
                                                         : make_decompressor(&self->decompressor);
  if (status != 0) {
    free(self);
    return status;
  }
  *state = self;
  return 0;
}

static void destroy(void *state) {
  struct state *self = state;
  if (self->compressor != NULL &&
      (self->compressor->context == NULL || !plugin_pool_put(&compressors, self->compressor)))
    free_compressor(self->compressor);
  if (self->decompressor != NULL &&
      (self->decompressor->frames.inside || !plugin_pool_put(&decompressors, self->decompressor)))
    free_decompressor(self->decompressor);
  free(self);
}

static int32_t step(void *state, struct wdprov_step *step) {
  struct state *self = state;
  return self->compressor != NULL ? compress(self->compressor, step) : decompress(self->decompressor, step);
}

static int32_t reset(void *state) {
  struct state *self = state;
  if (self->compressor != NULL) {
    // The library begins anew with each frame's header.
    self->compressor->pending_start = self->compressor->pending_end = 0;
    self->compressor->open = self->compressor->written = self->compressor->ended = 0;
  } else {
    return reset_decompressor(self->decompressor);
  }
  return 0;
}

// A block that does not shrink is stored, for 4 bytes in 64 KiB. A frame has a header of at most 19 bytes, an end mark
// of 4 and a checksum of 4.
#define COMPRESSION(minimum, standard, maximum) \
  WDPROV_HEAD(struct wdprov_compression), .minimum_level = (minimum), .maximum_level = (maximum), \
  .default_level = (standard), .capabilities = WDPROV_COMPRESSION_STREAMING, .joining = WDPROV_JOINING_MEMBERS, \
  .bound_shift = 13, .bound_constant = 64, .member_magic = magic, .member_magic_size = sizeof magic, \
  .create = create, .destroy = destroy, .step = step, .reset = reset

static const struct wdprov_compression fast_compression = {COMPRESSION(FAST_MINIMUM, FAST_DEFAULT, FAST_MAXIMUM)};
static const struct wdprov_compression high_compression = {
    COMPRESSION(LZ4HC_CLEVEL_MIN, LZ4HC_CLEVEL_DEFAULT, LZ4HC_CLEVEL_MAX),
};

static const struct wdprov_driver fast_driver = {
    WDPROV_HEAD(struct wdprov_driver), .name = "lz4", .driver_name = "lz4-lz4", .priority = 200,
    .compression = &fast_compression,
};
static const struct wdprov_driver high_driver = {
    WDPROV_HEAD(struct wdprov_driver), .name = "lz4hc", .driver_name = "lz4hc-lz4", .priority = 200,
    .compression = &high_compression,
};

static const struct wdprov_driver *const drivers[] = {&fast_driver, &high_driver};

int32_t wdprov_provider_init(const struct wdprov_host *host) {
  static struct wdprov_provider provider = {
      WDPROV_HEAD(struct wdprov_provider), .name = "lz4", .drivers = drivers, .driver_count = 2,
  };
  int32_t status = plugin_begin(host);
  if (status != 0) return status;
  provider.version = LZ4_versionString();
  return host->register_provider(host, &provider);
}
