// zlib's header, and the two entry points of zlib that Swift cannot import.
// SPDX-License-Identifier: Apache-2.0
#ifndef CZLIB_H
#define CZLIB_H

// Makes `next_in` a pointer to const, as inflate and deflate treat it: input need not be cast from const.
#define ZLIB_CONST
#include <zlib.h>

// deflateInit2 with the one method there is.
// Why C: deflateInit2 is a function-like macro. It passes the version and the size of z_stream that its caller was
// compiled with, so that zlib can refuse a caller of another layout.
static inline int czlib_deflate_init(z_streamp stream, int level, int window_bits, int mem_level, int strategy) {
  return deflateInit2(stream, level, Z_DEFLATED, window_bits, mem_level, strategy);
}

// inflateInit2.
// Why C: as above.
static inline int czlib_inflate_init(z_streamp stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}

#endif
