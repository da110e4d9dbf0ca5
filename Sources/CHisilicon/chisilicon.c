// Compiles the headers once on their own, so that their assertions are checked wherever the package builds.
// SPDX-License-Identifier: Apache-2.0

#include "CHisilicon.h"
