// The lock of the registry is also the lock of providers' pools: whoever imports the core has it.
// SPDX-License-Identifier: Apache-2.0

@_exported public import struct LinuxSystem.Guarded
