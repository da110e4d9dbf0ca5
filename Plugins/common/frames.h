// Members that are frames with skippable frames around them, as the formats of zstd and lz4 have them.
// SPDX-License-Identifier: Apache-2.0
//
// A member is one frame, and the skippable frames before and behind it (RFC 8878 section 3.1.2, and the LZ4 frame
// format, which took them from there): so a file with such frames decodes to its end. Those behind can be told from
// other data only by their first four bytes, so the end of a member is known when what follows it has begun, or when
// the input is said to end. Bytes that turn out to be no skippable frame are left unused, except where they came one
// by one: up to three bytes that begin like one (5x, then 2a, then 4d) are used before the fourth shows what they are.

#ifndef WDPROV_PLUGINS_FRAMES_H
#define WDPROV_PLUGINS_FRAMES_H

#include "plugin.h"

enum { FRAME_MAGIC_SIZE = 4 };

/// How far one call of a library came.
struct frame_progress {
  size_t consumed;
  size_t produced;
  /// Whether the frame is complete.
  int finished;
};

/// Lets a library go on with a frame; returns 0 or a negative number.
typedef int32_t (*frame_decoder)(
    void *state, const uint8_t *input, size_t input_size, void *output, size_t output_size,
    struct frame_progress *progress);

/// Where a member stands.
struct frames {
  /// The first bytes of a frame with data.
  const uint8_t *magic;
  /// The first bytes of the next frame, as far as they were seen.
  uint8_t held[FRAME_MAGIC_SIZE];
  uint8_t held_count;
  /// Within a frame: the library has its first bytes.
  uint8_t inside;
  /// The frame that was begun has data.
  uint8_t is_data;
  uint8_t seen_data;
  uint8_t seen_skippable;
  /// How much of the input and the output the last call without any progress had.
  uint8_t stuck;
  uint8_t stuck_had_input;
};

static inline void frames_reset(struct frames *self) {
  const uint8_t *magic = self->magic;
  memset(self, 0, sizeof *self);
  self->magic = magic;
}

/// Whether these bytes, which may be fewer than four, can begin a skippable frame: 184D2A50 to 184D2A5F, little-endian.
static inline int frames_skippable(const uint8_t *bytes, size_t count) {
  static const uint8_t rest[] = {0x2a, 0x4d, 0x18};
  return count == 0 || ((bytes[0] & 0xf0) == 0x50 && memcmp(bytes + 1, rest, count - 1) == 0);
}

/// Looks at what is between two frames. Sets `inside`, or `finished` where the member ended.
///
/// Returns 1 where a frame begins, 0 where more input is needed or the member ended, -EBADMSG for what is no frame.
static inline int32_t frames_begin(struct frames *self, struct wdprov_step *step) {
  const uint8_t *input = (const uint8_t *)plugin_bytes(step->input) + step->consumed;
  size_t taken = plugin_least(FRAME_MAGIC_SIZE - self->held_count, step->input_size - step->consumed);
  int between = self->seen_data || self->seen_skippable;
  memcpy(self->held + self->held_count, input, taken);
  size_t count = self->held_count + taken;
  int skippable = frames_skippable(self->held, count);
  int data = !self->seen_data && memcmp(self->held, self->magic, count) == 0;
  if (!skippable && !data) {
    if (!between) return -WDPROV_ERROR_CORRUPT;
    step->finished = 1;
    return 0;
  }
  if (count < FRAME_MAGIC_SIZE) {
    if (between && step->flush == WDPROV_FLUSH_FINISH) {
      step->finished = 1;
      return 0;
    }
    self->held_count = (uint8_t)count;
    step->consumed += taken;
    return 0;
  }
  step->consumed += taken;
  self->held_count = 0;
  self->inside = 1;
  self->is_data = data != 0;
  self->stuck = 0;
  return 1;
}

/// One step of a member.
static inline int32_t frames_step(
    struct frames *self, struct wdprov_step *step, frame_decoder decode, void *state) {
  static uint8_t no_room[1];
  uint8_t *output = step->output != NULL ? step->output : no_room;
  const uint8_t *input = plugin_bytes(step->input);
  for (;;) {
    struct frame_progress progress = {0};
    if (!self->inside) {
      int32_t status = frames_begin(self, step);
      if (status <= 0) return status;
      // The first bytes may have come in several steps: the library gets them from here, and has no output for them.
      status = decode(state, self->held, FRAME_MAGIC_SIZE, no_room, 0, &progress);
      if (status != 0) return status;
      if (progress.consumed != FRAME_MAGIC_SIZE)
        return plugin_fail(WDPROV_ERROR_BACKEND, 0, "the library did not take the first bytes of a frame");
      progress = (struct frame_progress){0};
    }
    size_t input_left = step->input_size - step->consumed;
    size_t output_left = step->output_size - step->produced;
    // The libraries take it for an error if they are called again and again for nothing.
    if (self->stuck && output_left == 0 && (input_left == 0 || self->stuck_had_input)) return 0;
    int32_t status = decode(
        state, input + step->consumed, input_left, output + step->produced, output_left, &progress);
    if (status != 0) return status;
    step->consumed += progress.consumed;
    step->produced += progress.produced;
    if (!progress.finished) {
      self->stuck = progress.consumed == 0 && progress.produced == 0;
      self->stuck_had_input = input_left > 0;
      return 0;
    }
    self->inside = 0;
    if (self->is_data) self->seen_data = 1;
    else self->seen_skippable = 1;
  }
}

#endif
