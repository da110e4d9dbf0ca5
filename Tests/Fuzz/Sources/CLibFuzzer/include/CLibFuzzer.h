// libFuzzer's entry for programs that have a main of their own; the linker finds it through -sanitize=fuzzer.
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stddef.h>
#include <stdint.h>

// As https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library has it, and what may be null.
int LLVMFuzzerRunDriver(int *_Nonnull argc, char *_Nullable *_Nonnull *_Nonnull argv,
                        int (*_Nonnull test)(const uint8_t *_Nullable data, size_t size));
