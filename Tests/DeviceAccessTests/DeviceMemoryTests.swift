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
    #expect(memory.file == nil)
  }

  @Test("memory of a known file carries it, and where it begins there")
  func file() throws {
    let file = try SharedMemory(name: "test", byteCount: 8192)
    let memory = DeviceMemory(try file.map(4096..<8192), of: file, at: 4096)
    #expect(memory.length == 4096)
    #expect(memory.file === file)
    #expect(memory.fileOffset == 4096)
  }
}
