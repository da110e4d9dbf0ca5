// What a host tells of its devices, as tables for people.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import WarpDrive

/// The text of `wdprov device list` and `status`.
enum DeviceRendering {
  /// The devices, a line each.
  static func list(_ devices: [JSONValue]) -> String {
    var table = TextTable([
      .init(heading: "NAME"), .init(heading: "KIND"), .init(heading: "REVISION"), .init(heading: "EMULATED"),
      .init(heading: "DMA"), .init(heading: "FREE", isNumeric: true), .init(heading: "ISOLATED"),
      .init(heading: "FUNCTIONS"),
    ])
    for device in devices {
      let functions = (device["functions"]?.elements ?? []).map { text($0["name"]) }
      table.add([
        text(device["name"]), text(device["kind"]), text(device["revision"]), text(device["emulated"]),
        text(device["driver"]?["dmaFlag"]), text(device["driver"]?["availableInstances"]),
        text(device["driver"]?["isolated"]), functions.isEmpty ? "-" : functions.joined(separator: ","),
      ])
    }
    return table.text
  }

  /// The accelerators of this machine, a line each; nothing where there are none.
  static func machine(_ machine: MachineDevices) -> String {
    guard !machine.isEmpty else { return "" }
    var table = TextTable([
      .init(heading: "MACHINE"), .init(heading: "KIND"), .init(heading: "REVISION"), .init(heading: "DRIVER"),
      .init(heading: "GROUP"), .init(heading: "NODE"),
    ])
    for function in machine.functions {
      table.add([
        function.address, function.isVirtual ? "virtual function" : "function", function.revision,
        function.driver ?? "-", function.group ?? "-", function.node ?? "-",
      ])
    }
    for device in machine.uacce { table.add(["/dev/\(device.name)", "uacce", device.api, "-", "-", "-"]) }
    return table.text
  }

  /// What a device is and has done.
  static func status(_ device: JSONValue) -> String {
    let functions = device["functions"]?.elements ?? []
    var sections = [heading(device), DriverRendering.text(device["driver"])]
    if device["errors"] != nil { sections.append(errors(device)) }
    if !functions.isEmpty { sections += [functionTable(functions), queueTable(functions)] }
    if let engines = device["engines"]?.elements { sections.append(engineTable(engines)) }
    sections += functions.compactMap(registers)
    return sections.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static func heading(_ device: JSONValue) -> String {
    let what = device["kind"]?.text == "model" ? "a model of revision" : "revision"
    return "\(text(device["name"])): \(what) \(text(device["revision"]))\n"
  }

  private static func errors(_ device: JSONValue) -> String {
    var table = TextTable([
      .init(heading: "ERRORS"), .init(heading: "SOURCE"), .init(heading: "MASK"), .init(heading: "STATUS"),
      .init(heading: "RAISED", isNumeric: true),
    ])
    for (name, member) in [("queue manager", "queueManager"), ("engine", "engine")] {
      let block = device["errors"]?[member]
      table.add(
        [name] + ["source", "mask", "status"].map { hexadecimal(block?[$0], digits: 4) } + [text(block?["raised"])])
    }
    return table.text
  }

  private static func functionTable(_ functions: [JSONValue]) -> String {
    let columns: [(heading: String, members: [String])] = [
      ("QUEUES", ["queueCount"]), ("FIRST", ["firstQueue"]), ("MAPPINGS", ["mappings"]),
      ("MAILBOX", ["mailboxCommands"]), ("DOORBELLS", ["doorbells"]), ("INVALID", ["invalidDoorbells"]),
      ("RESETS", ["resets"]), ("EVENTS", ["events", "written"]), ("ASYNC", ["asynchronousEvents", "written"]),
      ("LOST", ["events", "lost"]),
    ]
    var table = TextTable(
      [.init(heading: "FUNCTION"), .init(heading: "CLIENT")]
        + columns.map { .init(heading: $0.heading, isNumeric: true) }
        + [.init(heading: "INTERRUPTS"), .init(heading: "SOCKET")])
    for function in functions {
      table.add(
        [text(function["name"]), text(function["connected"])] + columns.map { text(function, $0.members) } + [
          (function["interrupts"]?.elements ?? []).map { text($0) }.joined(separator: ","), text(function["socket"]),
        ])
    }
    return table.text
  }

  private static func queueTable(_ functions: [JSONValue]) -> String {
    let columns: [(heading: String, member: String)] = [
      ("WEIGHT", "weight"), ("REQUESTS", "requests"), ("COMPLETIONS", "completions"), ("ERRORS", "errors"),
      ("DROPPED", "dropped"), ("BYTES-IN", "bytesIn"), ("BYTES-OUT", "bytesOut"), ("ENGINE-NS", "engineNanoseconds"),
      ("FAULTS", "ringFaults"), ("PAGE-FAULTS", "pageFaults"), ("COPIED", "copiedBytes"),
    ]
    var table = TextTable(
      [.init(heading: "FUNCTION"), .init(heading: "QUEUE", isNumeric: true), .init(heading: "RUNS")]
        + columns.map { .init(heading: $0.heading, isNumeric: true) } + [.init(heading: "SHARE", isNumeric: true)])
    var isEmpty = true
    for function in functions {
      for queue in function["queues"]?.elements ?? [] {
        isEmpty = false
        table.add(
          [text(function["name"]), text(queue["number"]), text(queue["running"])]
            + columns.map { text(queue[$0.member]) } + [percentage(queue["share"])])
      }
    }
    return isEmpty ? "" : table.text
  }

  private static func engineTable(_ engines: [JSONValue]) -> String {
    let columns: [(heading: String, member: String)] = [
      ("REQUESTS", "finished"), ("ERRORS", "errors"), ("BYTES-IN", "bytesIn"), ("BYTES-OUT", "bytesOut"),
      ("NS", "nanoseconds"),
    ]
    var table = TextTable(
      [.init(heading: "ENGINE", isNumeric: true), .init(heading: "DIRECTION")]
        + columns.map { .init(heading: $0.heading, isNumeric: true) })
    for engine in engines {
      for direction in ["compress", "decompress"] {
        table.add([text(engine["index"]), direction] + columns.map { text(engine[direction]?[$0.member]) })
      }
    }
    return table.text
  }

  private static func registers(_ function: JSONValue) -> String? {
    guard let registers = function["registers"] else { return nil }
    var table = TextTable([.init(heading: "FUNCTION"), .init(heading: "REGISTER"), .init(heading: "VALUE")])
    for (offset, value) in registers.members {
      table.add([text(function["name"]), offset, hexadecimal(value, digits: 8)])
    }
    return table.text
  }

  // MARK: Cells

  private static func text(_ value: JSONValue?) -> String { Cell.text(value) }

  private static func text(_ value: JSONValue, _ members: [String]) -> String {
    text(members.reduce(JSONValue?.some(value)) { $0?[$1] })
  }

  /// A part of 1 as a percentage with one digit behind the point.
  private static func percentage(_ value: JSONValue?) -> String {
    guard let part = value.flatMap({ Double($0.line) }) else { return "-" }
    return "\((part * 1000).rounded() / 10)%"
  }

  private static func hexadecimal(_ value: JSONValue?, digits: Int) -> String {
    guard let number = value?.count else { return "-" }
    let text = String(number, radix: 16)
    return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
