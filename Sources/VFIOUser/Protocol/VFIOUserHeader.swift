// The 16 bytes that every message of the protocol begins with.
// SPDX-License-Identifier: Apache-2.0

/// The number of a command (the protocol's "Commands" table).
public struct VFIOUserCommand: RawRepresentable, Hashable, Sendable {
  /// The number as it is sent.
  public let rawValue: UInt16

  /// Makes a command from its number.
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// 1, `VFIO_USER_VERSION`: agrees on the protocol; the first message.
  public static let version = VFIOUserCommand(rawValue: 1)
  /// 2, `VFIO_USER_DMA_MAP`: lets the device reach memory.
  public static let mapMemory = VFIOUserCommand(rawValue: 2)
  /// 3, `VFIO_USER_DMA_UNMAP`: takes memory away.
  public static let unmapMemory = VFIOUserCommand(rawValue: 3)
  /// 4, `VFIO_USER_DEVICE_GET_INFO`.
  public static let deviceInformation = VFIOUserCommand(rawValue: 4)
  /// 5, `VFIO_USER_DEVICE_GET_REGION_INFO`.
  public static let regionInformation = VFIOUserCommand(rawValue: 5)
  /// 6, `VFIO_USER_DEVICE_GET_REGION_IO_FDS`.
  public static let regionWriteEvents = VFIOUserCommand(rawValue: 6)
  /// 7, `VFIO_USER_DEVICE_GET_IRQ_INFO`.
  public static let interruptInformation = VFIOUserCommand(rawValue: 7)
  /// 8, `VFIO_USER_DEVICE_SET_IRQS`.
  public static let setInterrupts = VFIOUserCommand(rawValue: 8)
  /// 9, `VFIO_USER_REGION_READ`.
  public static let readRegion = VFIOUserCommand(rawValue: 9)
  /// 10, `VFIO_USER_REGION_WRITE`.
  public static let writeRegion = VFIOUserCommand(rawValue: 10)
  /// 11, `VFIO_USER_DMA_READ`: from the server to the client.
  public static let readMemory = VFIOUserCommand(rawValue: 11)
  /// 12, `VFIO_USER_DMA_WRITE`: from the server to the client.
  public static let writeMemory = VFIOUserCommand(rawValue: 12)
  /// 13, `VFIO_USER_DEVICE_RESET`.
  public static let reset = VFIOUserCommand(rawValue: 13)
  /// 15, `VFIO_USER_REGION_WRITE_MULTI`.
  public static let writeRegions = VFIOUserCommand(rawValue: 15)
  /// 16, `VFIO_USER_DEVICE_FEATURE`.
  public static let feature = VFIOUserCommand(rawValue: 16)
  /// 17, `VFIO_USER_MIG_DATA_READ`.
  public static let readMigrationData = VFIOUserCommand(rawValue: 17)
  /// 18, `VFIO_USER_MIG_DATA_WRITE`.
  public static let writeMigrationData = VFIOUserCommand(rawValue: 18)
}

/// The header of a message; little-endian on the machines that this runs on, as the protocol has the host's order.
public struct VFIOUserHeader: Hashable, Sendable {
  /// The size of a header in bytes.
  public static let byteCount = 16
  /// The most bytes that one region or memory access may carry, unless a smaller limit was negotiated.
  public static let largestTransfer = 1 << 20
  /// The largest message that is accepted: the largest transfer and some room for what comes before it.
  public static let largestMessage = largestTransfer + 4096

  /// Names the message; a reply has its command's.
  ///
  /// It belongs to who sent the command.
  public var messageID: UInt16
  /// What is to be done, or was.
  public var command: VFIOUserCommand
  /// The size of the message in bytes, header included.
  public var size: UInt32
  /// Bits 0–3: type, bit 4: no reply, bit 5: error; the others are 0.
  public var flags: UInt32
  /// The error number of a reply with the error flag.
  public var errorNumber: UInt32

  private static let typeBits: UInt32 = 0xF
  private static let commandType: UInt32 = 0
  private static let replyType: UInt32 = 1
  private static let noReplyFlag: UInt32 = 1 << 4
  private static let errorFlag: UInt32 = 1 << 5

  /// Makes a command's header.
  public init(messageID: UInt16, command: VFIOUserCommand, bodySize: Int, isPosted: Bool = false) {
    self.messageID = messageID
    self.command = command
    size = UInt32(Self.byteCount + bodySize)
    flags = Self.commandType | (isPosted ? Self.noReplyFlag : 0)
    errorNumber = 0
  }

  /// Makes the header of the reply to a command.
  public init(replyTo header: VFIOUserHeader, bodySize: Int) {
    messageID = header.messageID
    command = header.command
    size = UInt32(Self.byteCount + bodySize)
    flags = Self.replyType
    errorNumber = 0
  }

  /// Makes the header of an error reply; it has no body.
  public init(replyTo header: VFIOUserHeader, error: VFIOUserError) {
    self.init(replyTo: header, bodySize: 0)
    flags |= Self.errorFlag
    errorNumber = UInt32(bitPattern: error.errno)
  }

  /// Whether this is a command.
  public var isCommand: Bool { flags & Self.typeBits == Self.commandType }
  /// Whether this is a reply.
  public var isReply: Bool { flags & Self.typeBits == Self.replyType }
  /// Whether the sender of this command wants no reply.
  public var isPosted: Bool { flags & Self.noReplyFlag != 0 }
  /// Whether this reply says that the command failed.
  public var isError: Bool { flags & Self.errorFlag != 0 }
  /// The number of bytes that follow the header.
  public var bodySize: Int { Int(size) - Self.byteCount }

  /// Whether a command has flags that are not a command's.
  var hasReservedFlags: Bool { flags & ~(Self.typeBits | Self.noReplyFlag) != 0 }

  /// Reads a header.
  ///
  /// After an error it is not known where the next message begins: the connection has to end.
  ///
  /// - Parameter bytes: at least 16 bytes.
  /// - Throws: `protocolViolation` for fewer bytes, a size below 16 or above `largestMessage`, or a type that does not
  ///   exist.
  public init(decoding bytes: RawSpan) throws(VFIOUserError) {
    guard bytes.byteCount >= Self.byteCount else {
      throw VFIOUserError(.protocolViolation, "a message ends within its header")
    }
    messageID = bytes.integer(at: 0)
    command = VFIOUserCommand(rawValue: bytes.integer(at: 2))
    size = bytes.integer(at: 4)
    flags = bytes.integer(at: 8)
    errorNumber = bytes.integer(at: 12)
    guard size >= Self.byteCount, size <= Self.largestMessage else {
      throw VFIOUserError(.protocolViolation, "a message has an impossible size")
    }
    guard isCommand || isReply else {
      throw VFIOUserError(.protocolViolation, "a message is neither a command nor a reply")
    }
  }

  /// Writes the header.
  ///
  /// - Parameter bytes: at least 16 bytes, of which the first 16 are written.
  func encode(into bytes: inout MutableRawSpan) {
    bytes.store(messageID, at: 0)
    bytes.store(command.rawValue, at: 2)
    bytes.store(size, at: 4)
    bytes.store(flags, at: 8)
    bytes.store(errorNumber, at: 12)
  }
}
