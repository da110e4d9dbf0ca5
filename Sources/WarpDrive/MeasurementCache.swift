// Measurements that outlive the process: a small file of the user's, which nobody else can have written.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The file in which what was measured on this machine is kept from one process to the next.
///
/// It is `measurements` in the folder `wdprov` of `$XDG_CACHE_HOME`, or else of `~/.cache`. It counts only where the file
/// and its folder belong to this user and nobody else can write them, and only on the machine that it was written on. What
/// it does not have, or has wrong, is measured again and replaced. A file can make a driver be chosen that is slower, and
/// nothing else.
public struct MeasurementCache: MeasurementStore {
  /// The folder of the file.
  public let folder: String
  /// What the measurements depend on besides drivers; a file of another machine does not count.
  private let machine: @Sendable () -> String

  /// The name of the file.
  static let fileName = "measurements"
  /// The first line: what the file is, and the version of its format.
  private static let heading = "wdprov measurements 1"
  /// The most bytes that are read; a cell has some 100, and a table some 100 cells.
  private static let limit = 4 << 20

  /// The cache in a folder, which is made when something is first kept.
  public init(folder: String) {
    self.init(folder: folder) {
      let machine = MachineDescription.current()
      let model = machine.processorModel ?? machine.processorFeatures.joined(separator: " ")
      return "\(model), \(machine.architecture), \(Processor.onlineCount)"
    }
  }

  init(folder: String, machine: @escaping @Sendable () -> String) {
    self.folder = folder
    self.machine = machine
  }

  /// The cache of this user; nil in a set-user-ID program and where the environment names no folder.
  public static var usual: MeasurementCache? {
    CacheFolder.usual("wdprov").map { MeasurementCache(folder: $0.path) }
  }

  private var path: String { "\(folder)/\(Self.fileName)" }

  // MARK: Reading

  /// The table that the file has; nil where there is none.
  public func load(_ name: String, _ operation: MeasuredOperation) -> MeasurementTable? {
    tables().first { $0.name == name && $0.operation == operation }
  }

  /// All tables of the file; none where it is missing, not to be trusted, of another machine or malformed.
  private func tables() -> [MeasurementTable] {
    guard isTrusted(folder, .directory, followingLinks: true), let bytes = contents() else { return [] }
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)[...]
    guard lines.popFirst() == Self.heading[...], let of = lines.popFirst(), of == "machine\t\(Self.field(machine()))"
    else { return [] }
    var tables: [MeasurementTable] = []
    for line in lines where !line.isEmpty {
      // One malformed line makes all the others doubtful.
      guard Self.read(line.split(separator: "\t", omittingEmptySubsequences: false), into: &tables) else { return [] }
    }
    return tables
  }

  private static func read(_ fields: [Substring], into tables: inout [MeasurementTable]) -> Bool {
    guard fields.count > 4, let operation = MeasuredOperation(rawValue: String(fields[2])) else { return false }
    let name = String(fields[1])
    let index =
      tables.firstIndex { $0.name == name && $0.operation == operation }
      ?? {
        tables.append(MeasurementTable(name: name, operation: operation))
        return tables.count - 1
      }()
    switch fields[0] {
    case "cell":
      guard fields.count == 10, let level = Int(fields[5]), let size = Int(fields[6]), let input = Double(fields[7]),
        let output = Double(fields[8]), let time = Double(fields[9])
      else { return false }
      let cell = MeasurementCell(
        driver: String(fields[3]), version: String(fields[4]), level: level, size: size, inputBytes: input,
        outputBytes: output, nanoseconds: time)
      guard cell.isPlausible else { return false }
      tables[index].insert(cell)
    case "question":
      guard let level = Int(fields[4]) else { return false }
      tables[index].insert(
        MeasurementTable.Question(
          reference: String(fields[3]), level: level, drivers: Set(fields.dropFirst(5).map(String.init))))
    default: return false
    }
    return true
  }

  /// The bytes of the file; nil for one that somebody else may have written.
  private func contents() -> [UInt8]? {
    do throws(SystemError) {
      let file = try FileDescriptor.open(path, .readOnly, options: [.noFollow, .nonBlocking])
      let status = try file.status()
      guard Self.isTrusted(status, .regular), status.size <= Self.limit else { return nil }
      return try [UInt8](capacity: Int(status.size)) { (output) throws(SystemError) in
        while output.freeCapacity > 0, try file.fill(&output) > 0 {}
      }
    } catch {
      return nil
    }
  }

  private func isTrusted(_ path: String, _ kind: FileStatus.Kind, followingLinks: Bool) -> Bool {
    guard let status = try? Pathname.status(of: path, followingLinks: followingLinks) else { return false }
    return Self.isTrusted(status, kind)
  }

  private static func isTrusted(_ status: FileStatus, _ kind: FileStatus.Kind) -> Bool {
    status.kind == kind && status.userID == CurrentProcess.effectiveUserID && status.mode & 0o022 == 0
  }

  // MARK: Writing

  /// Puts a table into the file, in the place of an older one, in one step: a reader sees the old file or the new one.
  ///
  /// Of two processes that save at once the tables of one may be lost; they are measured again.
  public func save(_ table: MeasurementTable) {
    var tables = tables().filter { $0.name != table.name || $0.operation != table.operation }
    tables.append(table)
    do throws(SystemError) {
      try CacheFolder(path: folder).make()
      guard isTrusted(folder, .directory, followingLinks: true) else { return }
      let file = try OutputFile(path: path, mode: 0o600)
      try file.descriptor.writeAll(Array(text(tables).utf8).rawSpan)
      try file.commit(replacing: true)
    } catch {
      // Without a file the next process measures for itself.
    }
  }

  private func text(_ tables: [MeasurementTable]) -> String {
    var text = "\(Self.heading)\nmachine\t\(Self.field(machine()))\n"
    for table in tables {
      let place = "\(Self.field(table.name))\t\(table.operation.rawValue)"
      for cell in table.cells {
        text += "cell\t\(place)\t\(Self.field(cell.driver))\t\(Self.field(cell.version))\t\(cell.level)\t\(cell.size)"
        text += "\t\(cell.inputBytes)\t\(cell.outputBytes)\t\(cell.nanoseconds)\n"
      }
      for question in table.questions {
        let drivers = question.drivers.sorted().map(Self.field).joined(separator: "\t")
        text += "question\t\(place)\t\(Self.field(question.reference))\t\(question.level)\t\(drivers)\n"
      }
    }
    return text
  }

  /// A text as a field: tabs and ends of lines, which no name has but a version may, become spaces.
  private static func field(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 ? " " : $0 }))
  }
}
