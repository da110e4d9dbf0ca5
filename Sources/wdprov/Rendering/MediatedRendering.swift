// Mediated devices and their types, as tables for people.
// SPDX-License-Identifier: Apache-2.0

import HostControl

/// The text of `wdprov mdev types` and `list`.
enum MediatedRendering {
  /// The members of one mediated device.
  static let members = [
    "uuid", "device", "type", "queue", "state", "implicit", "user", "process", "pasid", "lockedBytes", "socket",
  ]

  /// The types, a line each.
  static func types(_ types: [JSONValue]) -> String {
    var table = TextTable([
      .init(heading: "TYPE"), .init(heading: "DEVICE"), .init(heading: "API"), .init(heading: "ALGORITHMS"),
      .init(heading: "DMA"), .init(heading: "AVAILABLE", isNumeric: true), .init(heading: "ISOLATED"),
    ])
    for type in types {
      table.add([
        Cell.text(type["type"]), Cell.text(type["device"]), Cell.text(type["deviceAPI"]), Cell.list(type["algorithms"]),
        Cell.text(type["dmaFlag"]), Cell.text(type["availableInstances"]), Cell.text(type["isolated"]),
      ])
    }
    return table.text
  }

  /// The mediated devices, a line each; nothing but the heading where there are none.
  static func list(_ devices: [JSONValue]) -> String {
    var table = TextTable([
      .init(heading: "UUID"), .init(heading: "DEVICE"), .init(heading: "QUEUE", isNumeric: true),
      .init(heading: "STATE"), .init(heading: "PROCESS", isNumeric: true), .init(heading: "USER", isNumeric: true),
      .init(heading: "PASID", isNumeric: true), .init(heading: "LOCKED", isNumeric: true), .init(heading: "SOCKET"),
    ])
    for device in devices {
      table.add([
        Cell.text(device["uuid"]), Cell.text(device["device"]), Cell.text(device["queue"]), Cell.text(device["state"]),
        Cell.text(device["process"]), Cell.text(device["user"]), Cell.text(device["pasid"]),
        Cell.text(device["lockedBytes"]), Cell.text(device["socket"]),
      ])
    }
    return table.text
  }
}

/// Values of a host's reply as the cells of a table.
enum Cell {
  /// A scalar's text, `yes` or `no`, or a hyphen for nothing.
  static func text(_ value: JSONValue?) -> String {
    switch value {
    case nil, .null: "-"
    case .bool(let flag): flag ? "yes" : "no"
    case .string(let text): text
    case let value?: value.line
    }
  }

  /// An array's scalars with commas between them, or a hyphen for none.
  static func list(_ value: JSONValue?) -> String {
    let texts = (value?.elements ?? []).map { text($0) }
    return texts.isEmpty ? "-" : texts.joined(separator: ",")
  }
}
