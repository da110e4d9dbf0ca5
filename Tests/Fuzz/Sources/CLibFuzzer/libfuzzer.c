// A package's C target needs a source file; libFuzzer itself comes with the compiler.
// SPDX-License-Identifier: Apache-2.0

#include "CLibFuzzer.h"
