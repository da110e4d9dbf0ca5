// A second deflate beside zlib, for selection by measurement to choose: libdeflate, opened when it is asked for.
// SPDX-License-Identifier: Apache-2.0
#include "CBaseline.h"

#include <dlfcn.h>

// The functions of libdeflate.h that are used; contexts are opaque.
static void *(*allocate_compressor)(int level);
static void (*free_compressor)(void *);
static size_t (*deflate_compress)(void *, const void *, size_t, void *, size_t);
static void *(*allocate_decompressor)(void);
static void (*free_decompressor)(void *);
static int (*deflate_decompress_ex)(void *, const void *, size_t, void *, size_t, size_t *, size_t *);

bool baseline_rival_open(void) {
  static void *library;
  if (library != NULL) return true;
  void *const opened = dlopen("libdeflate.so.0", RTLD_NOW | RTLD_LOCAL);
  if (opened == NULL) return false;
  *(void **)&allocate_compressor = dlsym(opened, "libdeflate_alloc_compressor");
  *(void **)&free_compressor = dlsym(opened, "libdeflate_free_compressor");
  *(void **)&deflate_compress = dlsym(opened, "libdeflate_deflate_compress");
  *(void **)&allocate_decompressor = dlsym(opened, "libdeflate_alloc_decompressor");
  *(void **)&free_decompressor = dlsym(opened, "libdeflate_free_decompressor");
  *(void **)&deflate_decompress_ex = dlsym(opened, "libdeflate_deflate_decompress_ex");
  if (allocate_compressor == NULL || free_compressor == NULL || deflate_compress == NULL ||
      allocate_decompressor == NULL || free_decompressor == NULL || deflate_decompress_ex == NULL) {
    return false;
  }
  library = opened;
  return true;
}

void *baseline_rival_compressor(int level) { return allocate_compressor(level); }
void baseline_rival_free_compressor(void *context) { free_compressor(context); }
size_t baseline_rival_compress(void *context, const void *data, size_t length, void *out, size_t capacity) {
  return deflate_compress(context, data, length, out, capacity);
}
void *baseline_rival_decompressor(void) { return allocate_decompressor(); }
void baseline_rival_free_decompressor(void *context) { free_decompressor(context); }
int baseline_rival_decompress(void *context, const void *data, size_t length, void *out, size_t capacity,
                              size_t *used, size_t *written) {
  return deflate_decompress_ex(context, data, length, out, capacity, used, written);
}
