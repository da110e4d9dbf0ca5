// Under which conditions a benchmark ran: without them its figures mean nothing.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HostControl
import LinuxSystem
import WarpDrive

/// When, where, with which libraries and by which command.
struct BenchConditions {
  /// A provider of a driver that was measured.
  struct Provider: Equatable {
    let name: String
    let version: String
    let source: String
  }

  /// When it began, in UTC as RFC 3339 writes it.
  var date = ""
  /// The processor's name, where the kernel tells it.
  var processor: String?
  var processors = 1
  var architecture = ""
  var kernel = ""
  /// The command line, as a shell would read it.
  var command = ""
  var seconds = 0.5
  var providers: [Provider] = []

  /// `date` for people.
  var dateText: String { date.replacing("T", with: " ").replacing("Z", with: " UTC") }

  /// The machine in one line.
  var machineText: String {
    "\(processor ?? "unnamed processor"), \(processors) processor\(processors == 1 ? "" : "s"), \(architecture), "
      + "Linux \(kernel)"
  }

  /// The members of the contract's JSON.
  var json: [(key: String, value: JSONValue)] {
    [
      ("date", .string(date)), ("command", .string(command)), ("seconds", .number(seconds)),
      (
        "machine",
        .object([
          ("processor", JSONValue(processor)), ("processors", .integer(processors)),
          ("architecture", .string(architecture)), ("kernel", .string(kernel)),
        ])
      ),
      (
        "providers",
        .array(
          providers.map {
            .object([
              ("name", .string($0.name)), ("version", .string($0.version)), ("source", .string($0.source)),
            ])
          })
      ),
    ]
  }

  /// `arguments` as a line that a POSIX shell splits into them again.
  static func shellLine(_ arguments: [String]) -> String {
    arguments.map { argument in
      let plain = argument.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./,:=+@%".unicodeScalars.contains($0)
      }
      if plain, !argument.isEmpty { return argument }
      return "'" + argument.replacing("'", with: "'\\''") + "'"
    }.joined(separator: " ")
  }

  /// A time in seconds after 1970 as RFC 3339 writes it, in UTC.
  static func timestamp(_ seconds: Int) -> String {
    let (days, rest) = (Int((Double(seconds) / 86_400).rounded(.down)), ((seconds % 86_400) + 86_400) % 86_400)
    // Years begin in March here, so that a leap day is a year's last; 146097 days are 400 years.
    let shifted = days + 719_468
    let era = Int((Double(shifted) / 146_097).rounded(.down))
    let day = shifted - era * 146_097
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let civilMonth = month < 10 ? month + 3 : month - 9
    let civilYear = year + era * 400 + (civilMonth <= 2 ? 1 : 0)
    func padded(_ number: Int, _ width: Int = 2) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return "\(padded(civilYear, 4))-\(padded(civilMonth))-\(padded(dayOfYear - (153 * month + 2) / 5 + 1))"
      + "T\(padded(rest / 3600)):\(padded(rest / 60 % 60)):\(padded(rest % 60))Z"
  }
}

extension BenchConditions {
  /// Those of this process, now.
  init(measuring algorithms: [Algorithm], in registry: Registry, seconds: Double) {
    let machine = MachineDescription.current()
    date = Self.timestamp(time(nil))
    processor = machine.processorModel
    processors = Processor.onlineCount
    architecture = machine.architecture
    kernel = machine.kernelRelease
    command = Self.shellLine(["wdprov"] + CommandLine.arguments.dropFirst())
    self.seconds = seconds
    let names = Set(algorithms.map(\.providerName))
    providers = registry.providers.filter { names.contains($0.name) }.map {
      Provider(name: $0.name, version: $0.version, source: $0.source)
    }
  }
}
