// Prints every row with its peer, ratio, goal and whether it holds: `make bench`; with `device`, the device alone; with
// `warpdrive`, programs' queues alone; with `crypto`, cryptography alone; with `selection`, selection by measurement;
// with `plugin`, a call of a plugin; with `gzip FILE`, gzip by its name beside zlib over a file.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import WarpDrive

func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let rounded = (value * scale).rounded() / scale
  let text = String(rounded)
  guard let point = text.firstIndex(of: ".") else { return text }
  let decimals = text.distance(from: point, to: text.endIndex) - 1
  return digits == 0 ? String(text[..<point]) : text + String(repeating: "0", count: max(0, digits - decimals))
}

func show(_ rows: [Comparison], unit: Double, _ name: String) {
  for row in rows {
    let verdict = row.holds.map { $0 ? "holds" : "MISSED" } ?? ""
    let goal = row.goal.map { "<= \(fixed($0, 2))" } ?? ""
    print(
      padded(row.name, 38), padded(row.peer, 28), padded("\(fixed(row.ours / unit, 1)) \(name)", 12),
      padded("\(fixed(row.theirs / unit, 1)) \(name)", 12), padded(fixed(row.ratio, 3), 7), padded(goal, 8), verdict)
  }
}

func show(_ figures: [Figure]) {
  for row in figures {
    let verdict = row.holds.map { $0 ? "holds" : "MISSED" } ?? ""
    print(
      padded(row.name, 42), padded(row.measured, 16), padded(row.peer, 36), padded(row.result, 22),
      padded(row.goal, 12), verdict)
  }
}

let arguments = CommandLine.arguments
do {
  if arguments.count == 4, arguments[1] == "profile", let count = Int(arguments[3]) {
    try Suite.repeatOne(arguments[2], count)
  } else if arguments.count >= 2, arguments[1] == "device" {
    try measureDevice(arguments.dropFirst(2))
  } else if arguments.count == 2, arguments[1] == "crypto" {
    try compareCryptography()
  } else if arguments.count == 2, arguments[1] == "plugin" {
    show(try measurePluginCall())
  } else if arguments.count == 3, arguments[1] == "gzip" {
    try measureGzip(arguments[2])
  } else if arguments.count >= 2, arguments[1] == "selection" {
    try measureSelection(arguments.dropFirst(2))
  } else if arguments.count == 6, arguments[1] == "warpdrive", arguments[2] == WarpDriveProcess.argument,
    let place = UInt32(arguments[4]), let client = WarpDriveProcess(rawValue: arguments[5])
  {
    try client.run(arguments[3], place)
  } else if arguments.count >= 2, arguments[1] == "warpdrive" {
    try measureWarpDrive(arguments.dropFirst(2))
  } else {
    try compare()
  }
} catch {
  print("a benchmark failed: \(error)")
  exit(1)
}

/// Prints the rows of gzip over a file.
func measureGzip(_ path: String) throws {
  let data = Inputs.bytes(of: path, limit: 1 << 30)
  guard data.count >= 32 << 20 else { throw BenchmarkFailure("\(path): a file of 32 MiB or more is needed") }
  show(try GzipSuite(data).rows())
}

/// Prints the rows of the accelerator's model, all of them or those that are named.
func measureDevice(_ names: ArraySlice<String> = []) throws {
  let known = DeviceSuite.rows.map(\.name)
  if let name = names.first(where: { !known.contains($0) }) {
    throw BenchmarkFailure("no row \(name): there are \(known.joined(separator: ", "))")
  }
  print(
    padded("row", 42), padded("measured", 16), padded("peer", 36), padded("result", 22), padded("goal", 12))
  for row in DeviceSuite.rows where names.isEmpty || names.contains(row.name) { show(try row.measure()) }
}

/// Prints the rows and tables of programs' queues, all of them or those that are named.
///
/// `--quick` measures a fifth as long. `WDPROV` names the command that is the host.
func measureWarpDrive(_ words: ArraySlice<String> = [], wdprov: String? = nil) throws {
  var options = WarpDriveOptions()
  if let wdprov = wdprov ?? (unsafe getenv("WDPROV").map { unsafe String(cString: $0) }) { options.wdprov = wdprov }
  options.isQuick = words.contains("--quick")
  let names = words.filter { $0 != "--quick" }
  let known = WarpDriveSuite.rows.map(\.name) + WarpDriveTables.all.map(\.name)
  if let name = names.first(where: { !known.contains($0) }) {
    throw BenchmarkFailure("no row or table \(name): there are \(known.joined(separator: ", "))")
  }
  func isWanted(_ name: String) -> Bool { names.isEmpty || names.contains(name) }
  let rows = WarpDriveSuite.rows.filter { isWanted($0.name) }
  if !rows.isEmpty {
    print(
      padded("row", 42), padded("measured", 16), padded("peer", 36), padded("result", 22), padded("goal", 12))
  }
  for row in rows { show(try row.measure(options)) }
  for table in WarpDriveTables.all where isWanted(table.name) {
    print()
    print(try table.measure(options).text)
  }
}

/// Prints the rows of lookup and of cryptography.
func compareCryptography() throws {
  print(padded("row", 38), padded("peer", 28), padded("ours", 12), padded("peer's", 12), padded("ratio", 7), "goal")
  show(try Suite.lookup(), unit: 1, "ns")
  show(try Suite.hashes(), unit: 1, "ns")
  show(try Suite.macs(), unit: 1, "ns")
  show(try SymmetricSuite.rows(), unit: 1, "ns")
  show(try Suite.aeads(), unit: 1, "ns")
  show(try SignatureSuite.rows(), unit: 1000, "us")
}

func compare() throws {
  try compareCryptography()
  show(try Suite.compression(), unit: 1, "ns")
  if arguments.count > 2 { show(Startup.rows(arguments[1], arguments[2]), unit: 1_000_000, "ms") }
  print()
  print(padded("on a held handle", 24), padded("operations", 12), padded("allocations", 12), "locks")
  for row in try Suite.hotPaths() + SymmetricSuite.hotPaths() {
    print(padded(row.name, 24), padded("\(row.operations)", 12), padded("\(row.allocations)", 12), row.locks)
  }
  print()
  show(try measurePluginCall())
  print()
  try measureSelection([])
  print()
  try measureDevice()
  print()
  try measureWarpDrive(wdprov: arguments.count > 2 ? arguments[1] : nil)
}
