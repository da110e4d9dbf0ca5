// What memory for devices knows of itself.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import Testing

@Suite("DeviceMemory")
struct DeviceMemoryTests {
  @Test("memory of a mapping names all of it")
  func mapping() throws {
    let mapping = try SharedMemory(name: "test", byteCount: 8192).map()
    let memory = DeviceMemory(mapping)
    #expect(unsafe memory.base == mapping.base)
    #expect(memory.length == 8192)
    #expect(memory.mapping === mapping)
  }
}
