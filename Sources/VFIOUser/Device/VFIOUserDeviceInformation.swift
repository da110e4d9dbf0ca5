// What a device has: regions, interrupts, flags.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// What a client learns about a device.
public struct VFIOUserDeviceInformation: Sendable {
  /// Properties of the device (`VFIO_DEVICE_FLAGS_*` of `<linux/vfio.h>`).
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The kernel's flags.
    public let rawValue: UInt32

    /// Makes flags from the kernel's.
    public init(rawValue: UInt32) {
      self.rawValue = rawValue
    }

    /// It can be reset.
    public static let reset = Flags(rawValue: 1 << 0)
    /// It is a PCI function.
    public static let pci = Flags(rawValue: 1 << 1)
  }

  /// Properties of the device.
  public var flags: Flags
  /// Its regions by index; a PCI function has 9 (`VFIO_PCI_NUM_REGIONS`), of which some are empty.
  public var regions: [VFIOUserRegion]
  /// Its types of interrupts by index; a PCI function has 5 (`VFIO_PCI_NUM_IRQS`), of which some have none.
  public var interrupts: [VFIOUserInterruptType]

  /// Describes a device.
  public init(flags: Flags, regions: [VFIOUserRegion], interrupts: [VFIOUserInterruptType]) {
    self.flags = flags
    self.regions = regions
    self.interrupts = interrupts
  }

  /// Describes a PCI function that can be reset.
  ///
  /// - Parameters:
  ///   - regions: the regions that are not empty, by index from 0 to 8.
  ///   - msiCount: how many MSI vectors it has.
  public static func pci(regions: [Int: VFIOUserRegion], msiCount: Int) -> VFIOUserDeviceInformation {
    VFIOUserDeviceInformation(
      flags: [.reset, .pci], regions: (0..<9).map { regions[$0] ?? .none },
      interrupts: [.none, VFIOUserInterruptType(count: msiCount, flags: [.eventfd, .noResize]), .none, .none, .none])
  }
}

/// What the client, or the device, may do.
public struct VFIOUserPermissions: OptionSet, Hashable, Sendable {
  /// Bit 0: read, bit 1: write, as in `DMA_MAP` and in the flags of a region.
  public let rawValue: UInt32

  /// Makes permissions from their bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Reading.
  public static let read = VFIOUserPermissions(rawValue: 1)
  /// Writing.
  public static let write = VFIOUserPermissions(rawValue: 2)
  /// Both.
  public static let readWrite: VFIOUserPermissions = [.read, .write]
}

/// One region of a device, as a server offers it.
public struct VFIOUserRegion: Sendable {
  /// The size in bytes; 0 for an index without a region.
  public var size: UInt64
  /// What the client may do with it.
  public var permissions: VFIOUserPermissions
  /// The memory behind it, if the client may map some of it.
  public var memory: SharedMemory?
  /// Where the region begins in `memory`; a multiple of the page size.
  public var memoryOffset: UInt64
  /// The parts that the client may map, in bytes from the region's start, in whole pages; empty: all of it.
  public var mappableAreas: [Range<UInt64>]
  /// Counters that stand for writes of certain addresses.
  public var writeEvents: [VFIOUserWriteEvent]

  /// Describes a region.
  public init(
    size: UInt64, permissions: VFIOUserPermissions = .readWrite, memory: SharedMemory? = nil, memoryOffset: UInt64 = 0,
    mappableAreas: [Range<UInt64>] = [], writeEvents: [VFIOUserWriteEvent] = []
  ) {
    self.size = size
    self.permissions = permissions
    self.memory = memory
    self.memoryOffset = memoryOffset
    self.mappableAreas = mappableAreas
    self.writeEvents = writeEvents
  }

  /// An index without a region.
  public static var none: VFIOUserRegion { VFIOUserRegion(size: 0, permissions: []) }
}

/// A counter that a client may signal instead of writing to an address (an ioeventfd, `KVM_IOEVENTFD`).
public struct VFIOUserWriteEvent: Sendable {
  /// The address, in bytes from the region's start.
  public var offset: UInt64
  /// The width of the write in bytes; 0: any.
  public var size: UInt64
  /// The counter.
  public var counter: EventCounter
  /// The value that is meant; nil: any (`KVM_IOEVENTFD_FLAG_DATAMATCH` where there is one).
  public var value: UInt64?

  /// Describes a counter that stands for writes.
  public init(offset: UInt64, size: UInt64, counter: EventCounter, value: UInt64? = nil) {
    self.offset = offset
    self.size = size
    self.counter = counter
    self.value = value
  }
}

/// One type of interrupt of a device.
public struct VFIOUserInterruptType: Hashable, Sendable {
  /// Properties of the type (`VFIO_IRQ_INFO_*` of `<linux/vfio.h>`).
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The kernel's flags.
    public let rawValue: UInt32

    /// Makes flags from the kernel's.
    public init(rawValue: UInt32) {
      self.rawValue = rawValue
    }

    /// It can signal a counter.
    public static let eventfd = Flags(rawValue: 1 << 0)
    /// It can be masked.
    public static let maskable = Flags(rawValue: 1 << 1)
    /// It is masked by being raised.
    public static let automasked = Flags(rawValue: 1 << 2)
    /// All interrupts are enabled and disabled together.
    public static let noResize = Flags(rawValue: 1 << 3)
  }

  /// How many interrupts there are.
  public var count: Int
  /// Properties of the type.
  public var flags: Flags

  /// Describes a type of interrupt.
  public init(count: Int, flags: Flags) {
    self.count = count
    self.flags = flags
  }

  /// A type that the device does not have.
  public static let none = VFIOUserInterruptType(count: 0, flags: [])
}
