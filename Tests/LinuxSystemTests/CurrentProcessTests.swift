// What the library knows about the process and the machine.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import Testing

@Suite("CurrentProcess, Processor, MonotonicClock")
struct CurrentProcessTests {
  @Test("the clock does not go back, and a deadline does not wrap round")
  func clock() {
    var last = MonotonicClock.now()
    for _ in 0..<1000 {
      let now = MonotonicClock.now()
      #expect(now >= last)
      last = now
    }
    #expect(MonotonicClock.deadline(after: 0) >= last)
    #expect(MonotonicClock.deadline(after: .max) == .max)
  }

  @Test("the processors are those that the process may use")
  func processors() throws {
    // The kernel's mask of this thread: hexadecimal words, separated by commas.
    let status = try FileDescriptor.contents(of: "/proc/thread-self/status", limit: 1 << 20)
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }
    let mask = try #require(line).dropFirst("Cpus_allowed:".count).compactMap(\.hexDigitValue)
    #expect(Processor.onlineCount == mask.reduce(0) { $0 + $1.nonzeroBitCount })
    #expect(Processor.onlineCount >= 1)
  }

  @Test("the figures of the process are those of the kernel")
  func figures() throws {
    #expect(CurrentProcess.id == getpid())
    #expect(CurrentProcess.effectiveUserID == geteuid())
    #expect(CurrentProcess.pageSize == getpagesize())
    #expect(!CurrentProcess.isSetuid)
    var mapping = try AnonymousMapping(byteCount: 32 << 20)
    for offset in stride(from: 0, to: mapping.byteCount, by: CurrentProcess.pageSize) {
      unsafe mapping.withUnsafeMutableBytes { unsafe $0[offset] = 1 }
    }
    #expect(CurrentProcess.peakResidentBytes >= 32 << 20)
    let before = CurrentProcess.cpuNanoseconds
    let deadline = MonotonicClock.deadline(after: 60_000_000_000)
    while CurrentProcess.cpuNanoseconds < before + 1_000_000 && MonotonicClock.now() < deadline {}
    #expect(CurrentProcess.cpuNanoseconds >= before + 1_000_000)
  }

  @Test(
    "an environment variable is there when it is set", arguments: [CurrentProcess.EnvironmentTrust.anyone, .untrusted])
  func environment(trust: CurrentProcess.EnvironmentTrust) async {
    #expect(CurrentProcess.environmentVariable("LINUX_SYSTEM_TESTS_NOT_SET", trust) == nil)
    #expect(CurrentProcess.environmentVariable("PATH", trust)?.isEmpty == false)
    await #expect(processExitsWith: .exitCode(3)) {
      // In a process of its own: setenv is no thread's friend.
      guard unsafe setenv("EMPTY", "", 1) == 0, unsafe setenv("NOT_UTF8", [CChar(bitPattern: 0xFF), 0], 1) == 0 else {
        return
      }
      let empty = CurrentProcess.environmentVariable("EMPTY")
      let bad = CurrentProcess.environmentVariable("NOT_UTF8")
      CurrentProcess.exit(empty == "" && bad == nil ? 3 : 4)
    }
  }

  @Test("standard descriptors stay open when their values go")
  func standardDescriptorsStay() throws {
    for _ in 0..<2 {
      try FileDescriptor.standardError.close()
      #expect(fcntl(FileDescriptor.standardInput.number, F_GETFD) != -1)
      #expect(fcntl(FileDescriptor.standardOutput.number, F_GETFD) != -1)
      #expect(fcntl(FileDescriptor.standardError.number, F_GETFD) != -1)
    }
  }
}

@Suite("MachineDescription")
struct MachineDescriptionTests {
  private let system = (release: "6.1.0", machine: "x86_64")

  @Test("this machine is described")
  func current() throws {
    let machine = MachineDescription.current()
    let release = try FileDescriptor.contents(of: "/proc/sys/kernel/osrelease", limit: 1000)
    #expect(machine.kernelRelease + "\n" == String(decoding: release, as: UTF8.self))
    #expect(!machine.architecture.isEmpty)
    #expect(!machine.processorFeatures.isEmpty)
  }

  @Test("the first processor of an x86 machine counts")
  func x86() {
    let machine = MachineDescription(
      system: system,
      cpuinfo: """
        processor\t: 0
        model\t\t: 106
        model name\t: Some CPU @ 2.0GHz: special
        flags\t\t: fpu aes avx2
        vmx flags\t: ept

        processor\t: 1
        model name\t: Other
        flags\t\t: fpu

        """)
    #expect(machine.processorModel == "Some CPU @ 2.0GHz: special")
    #expect(machine.processorFeatures == ["fpu", "aes", "avx2"])
    #expect(machine.kernelRelease == "6.1.0")
    #expect(machine.architecture == "x86_64")
  }

  @Test("an Arm machine has features and no model")
  func arm() {
    let machine = MachineDescription(
      system: system, cpuinfo: "processor\t: 0\nFeatures\t: fp asimd aes crc32\nCPU part\t: 0xd01\n")
    #expect(machine.processorModel == nil)
    #expect(machine.processorFeatures == ["fp", "asimd", "aes", "crc32"])
  }

  @Test(
    "a text that tells nothing gives nothing", arguments: ["", "\n\n", "flags", "flags\t:", "model name\t: ", ":::"])
  func nothing(text: String) {
    let machine = MachineDescription(system: system, cpuinfo: text)
    #expect(machine.processorModel == nil)
    #expect(machine.processorFeatures == [])
  }
}
