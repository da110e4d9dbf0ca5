// WarpDrive's numbers for C: what a driver's flags mean, which errno an error becomes, how the command exits.
// SPDX-License-Identifier: Apache-2.0
//
// This is the part of the plugin ABI that holds whatever loads a driver; it is append-only. C11 and C++.

#ifndef WDPROV_H
#define WDPROV_H

#include <errno.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Flags of a driver. The low bits are the kernel's (Linux include/linux/crypto.h, CRYPTO_ALG_*); ours begin at bit 32.

/// Requests are completed later (CRYPTO_ALG_ASYNC).
#define WDPROV_FLAG_ASYNC UINT64_C(0x80)
/// The driver may hand requests back and wants a fallback of the same name (CRYPTO_ALG_NEED_FALLBACK).
#define WDPROV_FLAG_NEED_FALLBACK UINT64_C(0x100)
/// Made by a template (CRYPTO_ALG_INSTANCE); set by the registry alone.
#define WDPROV_FLAG_INSTANCE UINT64_C(0x800)
/// Found only by those who ask for internal algorithms (CRYPTO_ALG_INTERNAL).
#define WDPROV_FLAG_INTERNAL UINT64_C(0x2000)
/// A key may be set but need not be (CRYPTO_ALG_OPTIONAL_KEY).
#define WDPROV_FLAG_OPTIONAL_KEY UINT64_C(0x4000)
/// Runs in an accelerator.
#define WDPROV_FLAG_HARDWARE (UINT64_C(1) << 32)
/// Runs on a model of a device.
#define WDPROV_FLAG_EMULATED (UINT64_C(1) << 33)
/// The implementation that others of its name are checked against.
#define WDPROV_FLAG_REFERENCE (UINT64_C(1) << 34)
/// Its known-answer tests take long.
#define WDPROV_FLAG_SLOW_TEST (UINT64_C(1) << 35)
/// Its state can be exported and imported.
#define WDPROV_FLAG_EXPORTABLE (UINT64_C(1) << 36)

// Errors. A function of the ABI returns 0 or the negative of one of these.

#define WDPROV_ERROR_NOT_FOUND ENOENT           ///< no algorithm, driver or template of that name
#define WDPROV_ERROR_BACKEND EIO                ///< the library or device failed for a reason of its own
#define WDPROV_ERROR_DEVICE_LOST ENXIO          ///< the device went away or was reset
#define WDPROV_ERROR_EXHAUSTED ENOMEM           ///< memory, threads or descriptors ran out
#define WDPROV_ERROR_DENIED EACCES              ///< the registry's policy forbids it
#define WDPROV_ERROR_BUSY EBUSY                 ///< a queue is full
#define WDPROV_ERROR_EXISTS EEXIST              ///< a name or driver name collides
#define WDPROV_ERROR_UNAVAILABLE ENODEV         ///< a library or device is not on this machine
#define WDPROV_ERROR_INVALID EINVAL             ///< a parameter, name, state or length is out of its range
#define WDPROV_ERROR_LIMIT EFBIG                ///< a limit that the caller set was passed
#define WDPROV_ERROR_OUTPUT_TOO_SMALL ENOSPC    ///< the output is full; the request can be resumed
#define WDPROV_ERROR_TRUNCATED ENODATA          ///< the input ends before its format does
#define WDPROV_ERROR_CORRUPT EBADMSG            ///< malformed input, or a tag, MAC or signature that does not verify
#define WDPROV_ERROR_UNUSABLE ELIBBAD           ///< only drivers that failed their self-test were found
#define WDPROV_ERROR_UNSUPPORTED EOPNOTSUPP     ///< the driver lacks the capability
#define WDPROV_ERROR_TIMED_OUT ETIMEDOUT        ///< a time limit passed
#define WDPROV_ERROR_CANCELLED ECANCELED        ///< the caller cancelled the request
#define WDPROV_ERROR_NO_KEY ENOKEY              ///< no key or dictionary was set
#define WDPROV_ERROR_KEY_REJECTED EKEYREJECTED  ///< a key is malformed, weak or not on its curve

/// How the command `wdprov` exits; from 64 on the numbers are those of BSD's sysexits.h.
enum wdprov_exit {
  WDPROV_EXIT_SUCCESS = 0,
  WDPROV_EXIT_CHECK_FAILED = 1,    ///< what was checked does not hold
  WDPROV_EXIT_USAGE = 64,          ///< wrong usage
  WDPROV_EXIT_CORRUPT_INPUT = 65,  ///< corrupt input, a failed authentication, a limit
  WDPROV_EXIT_UNAVAILABLE = 69,    ///< no usable driver or device
  WDPROV_EXIT_INTERNAL = 70,       ///< an internal error
  WDPROV_EXIT_NO_OUTPUT = 73,      ///< the output cannot be made, or would be overwritten
  WDPROV_EXIT_IO = 74,             ///< reading or writing failed
  WDPROV_EXIT_PERMISSION = 77,     ///< not permitted
};

#ifdef __cplusplus
}
#endif

#endif
