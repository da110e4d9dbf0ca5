// What was measured of the drivers of one name, as a value: cells of a driver, its level and a size.
// SPDX-License-Identifier: Apache-2.0

/// What a request does that is measured.
public enum MeasuredOperation: String, Sendable, CaseIterable, Hashable {
  /// A whole message is compressed.
  case compress
  /// A whole message is decompressed.
  case decompress
  /// A whole message is hashed.
  case digest

  init(_ direction: CompressionDirection) { self = direction == .compress ? .compress : .decompress }
}

/// One measurement: what a request of one size cost one driver at one of its levels.
public struct MeasurementCell: Sendable, Equatable {
  /// The driver's name.
  public var driver: String
  /// The version of the driver's provider: a cell of another version says nothing about this one.
  public var version: String
  /// The driver's level; 0 where the operation has none.
  public var level: Int
  /// Plain bytes of the requests that were measured, one of the sizes of a table.
  public var size: Int
  /// Bytes given to a request, on average; in decompression less than ``size``.
  public var inputBytes: Double
  /// Bytes that a request wrote, on average.
  public var outputBytes: Double
  /// Nanoseconds a request: the least of several runs.
  public var nanoseconds: Double

  /// Makes a cell.
  public init(
    driver: String, version: String, level: Int = 0, size: Int, inputBytes: Double, outputBytes: Double,
    nanoseconds: Double
  ) {
    self.driver = driver
    self.version = version
    self.level = level
    self.size = size
    self.inputBytes = inputBytes
    self.outputBytes = outputBytes
    self.nanoseconds = nanoseconds
  }

  /// Input bytes for each output byte.
  public var ratio: Double { outputBytes > 0 ? inputBytes / outputBytes : 0 }

  /// Whether the numbers can be a measurement's: what was read from a file may be anything.
  public var isPlausible: Bool {
    size > 0 && level.magnitude < 1 << 16 && inputBytes.isFinite && inputBytes > 0 && outputBytes.isFinite
      && outputBytes > 0 && nanoseconds.isFinite && nanoseconds > 0
  }
}

/// What was measured of the drivers of one name, in one operation.
public struct MeasurementTable: Sendable, Equatable {
  /// What a measurement was to find out: the fastest of some drivers that gives a reference's ratio at a level.
  ///
  /// Cells alone do not tell it: levels are measured also for the sake of others.
  public struct Question: Sendable, Equatable {
    /// The driver that says the ratio, with its version: `gzip-zlib 1.2.13`.
    public let reference: String
    /// Its level; 0 where the operation has none.
    public let level: Int
    /// The drivers that competed, each with its version.
    public let drivers: Set<String>

    /// Makes a question.
    public init(reference: String, level: Int, drivers: Set<String>) {
      self.reference = reference
      self.level = level
      self.drivers = drivers
    }
  }

  /// The algorithm's name.
  public let name: String
  /// The operation.
  public let operation: MeasuredOperation
  /// The cells, in the order in which they were measured; never two of one driver, version, level and size.
  public private(set) var cells: [MeasurementCell]
  /// The questions that the cells answer.
  public private(set) var questions: [Question] = []

  /// Makes a table; of two cells of one place the last counts, and what cannot be a measurement is left out.
  public init(name: String, operation: MeasuredOperation, cells: [MeasurementCell] = [], questions: [Question] = []) {
    self.name = name
    self.operation = operation
    self.cells = []
    for cell in cells { insert(cell) }
    for question in questions { insert(question) }
  }

  /// Adds a cell, in the place of an older one.
  public mutating func insert(_ cell: MeasurementCell) {
    guard cell.isPlausible else { return }
    if let index = cells.firstIndex(where: { $0.isPlace(of: cell) }) {
      cells[index] = cell
    } else {
      cells.append(cell)
    }
  }

  /// Adds a question that the cells answer.
  public mutating func insert(_ question: Question) {
    questions.removeAll {
      $0.reference == question.reference && $0.level == question.level
        && $0.drivers.isSubset(of: question.drivers)
    }
    questions.append(question)
  }

  /// Adds what another table of the same name and operation has.
  public mutating func merge(_ other: MeasurementTable) {
    for cell in other.cells { insert(cell) }
    for question in other.questions { insert(question) }
  }

  /// Whether the cells answer a question, alone or among more drivers.
  public func answers(_ question: Question) -> Bool {
    questions.contains {
      $0.reference == question.reference && $0.level == question.level && $0.drivers.isSuperset(of: question.drivers)
    }
  }

  /// The cell of a place, if it was measured.
  func cell(_ driver: String, _ version: String, _ level: Int, _ size: Int) -> MeasurementCell? {
    cells.first { $0.driver == driver && $0.version == version && $0.level == level && $0.size == size }
  }
}

extension MeasurementCell {
  fileprivate func isPlace(of other: MeasurementCell) -> Bool {
    level == other.level && size == other.size && driver == other.driver && version == other.version
  }
}

/// Where tables are kept from one process to the next.
///
/// Calls come from any thread, and without a lock held. A store keeps its errors to itself: without a table drivers are
/// chosen by priority.
public protocol MeasurementStore: Sendable {
  /// The kept table; nil where there is none, or none that may be trusted.
  func load(_ name: String, _ operation: MeasuredOperation) -> MeasurementTable?
  /// Keeps a table, in the place of the one of the same name and operation.
  func save(_ table: MeasurementTable)
}
