// What the two ends tell each other about themselves when they connect.
// SPDX-License-Identifier: Apache-2.0

/// The capabilities of one end; nil where it did not say anything, and the protocol's default holds.
public struct VFIOUserCapabilities: Hashable, Sendable {
  /// The longest text that is read.
  public static let longest = 4096
  /// The protocol's default of `maxDescriptors`.
  public static let defaultMaxDescriptors = 1
  /// The protocol's default of `maxTransfer`.
  public static let defaultMaxTransfer = 1 << 20
  /// The protocol's default of `maxMappings`.
  public static let defaultMaxMappings = 65_535

  /// `max_msg_fds`: how many descriptors one message to this end may carry.
  public var maxDescriptors: Int?
  /// `max_data_xfer_size`: how many bytes one access may transfer.
  public var maxTransfer: Int?
  /// `max_dma_maps`: how many mappings there may be at a time.
  public var maxMappings: Int?
  /// `pgsizes`: page sizes of mappings, or-ed together.
  public var pageSizes: UInt64?
  /// `write_multiple`: whether `VFIO_USER_REGION_WRITE_MULTI` may be sent.
  public var writesMultiple: Bool?

  /// Says nothing.
  public init() {}

  /// What this implementation can do.
  static var own: VFIOUserCapabilities {
    var own = VFIOUserCapabilities()
    own.maxDescriptors = 16
    own.maxTransfer = VFIOUserHeader.largestTransfer
    own.maxMappings = defaultMaxMappings
    own.pageSizes = 4096
    own.writesMultiple = true
    return own
  }

  /// The part of these that the other end has proposed, as a reply may hold only that.
  func proposed(by other: VFIOUserCapabilities) -> VFIOUserCapabilities {
    var common = VFIOUserCapabilities()
    common.maxDescriptors = other.maxDescriptors == nil ? nil : maxDescriptors
    common.maxTransfer = other.maxTransfer == nil ? nil : maxTransfer
    common.maxMappings = other.maxMappings == nil ? nil : maxMappings
    common.pageSizes = other.pageSizes == nil ? nil : pageSizes
    common.writesMultiple = other.writesMultiple == true ? writesMultiple : nil
    return common
  }

  /// Reads a JSON text; names that are not known are skipped.
  ///
  /// - Parameter text: UTF-8, without a final zero byte; empty says nothing.
  /// - Throws: `invalid` for what is no JSON object, is nested too deeply, or has a known name with an impossible value;
  ///   `tooLarge` above `longest` bytes.
  public init(parsing text: RawSpan) throws(VFIOUserError) {
    self.init()
    guard text.byteCount <= Self.longest else { throw VFIOUserError(.tooLarge, "the capabilities are too long") }
    guard text.byteCount > 0 else { return }
    var scanner = JSONScanner(text.array(0..<text.byteCount))
    try scanner.object { (name, scanner) throws(VFIOUserError) in
      if name == "capabilities" { try self.parse(&scanner) } else { try scanner.skipValue() }
    }
    try scanner.end()
  }

  private mutating func parse(_ scanner: inout JSONScanner) throws(VFIOUserError) {
    try scanner.object { (name, scanner) throws(VFIOUserError) in
      switch name {
      case "max_msg_fds": self.maxDescriptors = try Self.count(&scanner)
      case "max_data_xfer_size": self.maxTransfer = try Self.count(&scanner)
      case "max_dma_maps": self.maxMappings = try Self.count(&scanner)
      case "pgsizes": self.pageSizes = try scanner.number()
      case "write_multiple": self.writesMultiple = try scanner.boolean()
      default: try scanner.skipValue()
      }
    }
  }

  /// A count; what is beyond any use is as good as the largest.
  private static func count(_ scanner: inout JSONScanner) throws(VFIOUserError) -> Int {
    Int(clamping: min(try scanner.number(), UInt64(Int32.max)))
  }

  /// The JSON text, with a final zero byte, as short as it can be: QEMU takes no reply that is longer than its proposal.
  func text() -> [UInt8] {
    var members: [String] = []
    if let maxDescriptors { members.append("\"max_msg_fds\":\(maxDescriptors)") }
    if let maxTransfer { members.append("\"max_data_xfer_size\":\(maxTransfer)") }
    if let maxMappings { members.append("\"max_dma_maps\":\(maxMappings)") }
    if let pageSizes { members.append("\"pgsizes\":\(pageSizes)") }
    if let writesMultiple { members.append("\"write_multiple\":\(writesMultiple)") }
    return Array("{\"capabilities\":{\(members.joined(separator: ","))}}".utf8) + [0]
  }
}
