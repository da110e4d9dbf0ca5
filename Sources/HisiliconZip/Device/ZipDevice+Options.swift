// What a ZIP device's driver can be told.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveQueue

extension ZipDevice {
  /// How the driver is to run a device.
  public struct Options: Sendable {
    /// The device's name, as the class shows it.
    public var name = "hisi_zip-0"
    /// How programs' memory is reached: one bit. Nil: `.sharedVirtual` where the function has page faults, else
    /// `.singleProcess`.
    public var dmaFlags: DMAFlags?
    /// Entries of each ring, 2 to 4,096; nil, and more than the device has: as many as it has.
    public var queueDepth: Int?
    /// Queue pairs of the physical function, 2 to 1,024; a virtual one has what it was given.
    public var queueCount = 64
    /// Virtual functions that get windows from this driver, the physical function's: 0 to 63.
    public var virtualFunctionCount = 0
    /// Queue pairs of each of them, 1 to 1,024.
    public var virtualQueueCount = 64
    /// Errors within an hour that isolate the device, 0 to 65,535; 0: never.
    public var isolateStrategy = 0
    /// The most bytes of kernel buffers, those that are kept for the next request included.
    public var bufferLimit = 512 << 20
    /// The most queues that the kernel path has for each direction at once.
    public var kernelQueueLimit = 4
    /// The time limits.
    public var limits = Limits()
    /// Takes a line for people about what the device reports; called on the driver's threads.
    public var notice: (@Sendable (String) -> Void)?

    /// Makes the options of a device with default names and limits.
    public init() {}

    /// Time limits, in nanoseconds.
    public struct Limits: Hashable, Sendable {
      /// For a register to show what it was asked for.
      public var register: UInt64 = 1_000_000_000
      /// For a mailbox command.
      public var mailbox: UInt64 = 1_000_000_000
      /// For a queue to answer what it has accepted.
      public var drain: UInt64 = 5_000_000_000
      /// For another function to read a message.
      public var message: UInt64 = 500_000_000
      /// For the physical function to reset the device, once it has said so; then the virtual one goes on by itself.
      public var suspension: UInt64 = 30_000_000_000

      /// Makes the default limits.
      public init() {}
    }

    /// Checks the ranges.
    ///
    /// - Throws: `invalid`, naming the option.
    func validate() throws(QueueError) {
      let ranges: [(String, Int, ClosedRange<Int>)] = [
        ("queueDepth", queueDepth ?? 2, 2...4096), ("queueCount", queueCount, 2...1024),
        ("virtualFunctionCount", virtualFunctionCount, 0...63), ("virtualQueueCount", virtualQueueCount, 1...1024),
        ("isolateStrategy", isolateStrategy, ErrorWindow.strategies), ("bufferLimit", bufferLimit, 0...Int.max),
        ("kernelQueueLimit", kernelQueueLimit, 1...1024),
      ]
      for (option, value, range) in ranges where !range.contains(value) {
        throw QueueError(.invalid, "\(option) \(value): \(range.lowerBound) to \(range.upperBound) are possible")
      }
      let modes: [DMAFlags] = [.singleProcess, .multiProcess, .sharedVirtual, .sharedVirtualLocked, .physical]
      if let dmaFlags, !modes.contains(dmaFlags) {
        throw QueueError(.invalid, "dmaFlags \(dmaFlags.rawValue): exactly one mode has to be given")
      }
    }
  }
}
