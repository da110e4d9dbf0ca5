// Constant-time comparison and error messages.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

bool clinux_equal_constant_time(const void *a, const void *b, size_t count) {
  const uint8_t *left = a;
  const uint8_t *right = b;
  uint8_t difference = 0;
  for (size_t i = 0; i < count; i++) {
    difference |= left[i] ^ right[i];
  }
  // The compiler must assume that this changes `difference`, so it cannot derive an early exit from the test below.
  __asm__ volatile("" : "+r"(difference));
  return difference == 0;
}

void clinux_error_message(int number, char *buffer, size_t count) {
  if (count == 0) {
    return;
  }
  // The GNU variant: it may return a static string and leave the buffer alone.
  const char *message = strerror_r(number, buffer, count);
  if (message != buffer) {
    snprintf(buffer, count, "%s", message);
  }
}

size_t clinux_allocated_bytes(void) {
  const struct mallinfo2 usage = mallinfo2();
  // Large blocks are mapped one by one and counted apart.
  return usage.uordblks + usage.hblkhd;
}
