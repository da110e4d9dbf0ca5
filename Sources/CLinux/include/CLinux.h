// The C that Swift cannot write or import: each shim says why it exists. No policy lives here.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_H
#define CLINUX_H

#include "clinux_device.h"
#include "clinux_event_set.h"
#include "clinux_file.h"
#include "clinux_library.h"
#include "clinux_memory.h"
#include "clinux_process.h"
#include "clinux_shared.h"
#include "clinux_socket.h"
#include "clinux_temporary.h"
#include "clinux_terminal.h"
#include "clinux_termination.h"
#include "clinux_thread.h"
#include "clinux_vfio.h"

#endif
