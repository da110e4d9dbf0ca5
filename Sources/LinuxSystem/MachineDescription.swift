// What this machine is: its kernel and its processor.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The kernel and the processor of a machine.
public struct MachineDescription: Sendable, Equatable {
  /// The kernel's release, such as `6.1.0-18-amd64`.
  public let kernelRelease: String
  /// The instruction set, such as `x86_64` or `aarch64`.
  public let architecture: String
  /// The processor's name as the kernel tells it; nil where it does not, as on most 64-bit Arm machines.
  public let processorModel: String?
  /// The processor's features in the kernel's words, such as `aes` and `avx2`, in its order; empty if not told.
  public let processorFeatures: [String]

  /// This machine; what cannot be learnt is empty or nil.
  public static func current() -> MachineDescription {
    // A line on each flag of hundreds of processors is below this; only the first processor is used.
    let contents = try? FileDescriptor.contents(of: "/proc/cpuinfo", limit: 64 << 20)
    return MachineDescription(system: systemNames(), cpuinfo: String(decoding: contents ?? [], as: UTF8.self))
  }

  /// Reads the text of `/proc/cpuinfo`: lines `key : value`, an empty line after each processor.
  package init(system: (release: String, machine: String), cpuinfo: String) {
    var model: String?
    var features: [String]?
    for line in cpuinfo.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      switch line[..<colon].prefix(while: { $0 != "\t" }) {
      // The first is the key of x86, the second that of Arm.
      case "flags" where features == nil, "Features" where features == nil:
        features = value.split(separator: " ").map(String.init)
      case "model name" where model == nil && !value.isEmpty:
        model = String(value)
      default: break
      }
    }
    kernelRelease = system.release
    architecture = system.machine
    processorModel = model
    processorFeatures = features ?? []
  }

  private static func systemNames() -> (release: String, machine: String) {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return ("", "") }
    return (text(names.release), text(names.machine))
  }

  /// The text in an array of C characters, which Swift imports as a tuple.
  private static func text<Characters: BitwiseCopyable>(_ characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
