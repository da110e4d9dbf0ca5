// What a model of the accelerator is made of.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess

extension Accelerator {
  /// What the model is: which hardware, how many engines and functions.
  public struct Options: Sendable {
    /// The most virtual functions: each has 64 of the device's 1,024 queues, and the physical function keeps 64.
    public static let mostVirtualFunctions = 15
    /// The most engine threads.
    public static let mostEngines = 64

    /// The hardware's revision.
    public var revision = Revision.v3
    /// The number of engine threads, 1 to `mostEngines`.
    public var engineCount = 1
    /// The number of virtual functions, 0 to `mostVirtualFunctions`; function k has the queues from 64 · k on.
    public var virtualFunctionCount = 0
    /// Whether each queue has a doorbell page of its own in BAR 4 (revision 0x30 only).
    public var isolatesDoorbells = false
    /// The capability word at 0x3100 (revision 0x30 only); with 0 in its low byte a driver assumes the defaults.
    public var capabilities: UInt32 = 0x6f01
    /// The submission queue depth that the capability registers advertise, 2 to 4,096 entries.
    public var submissionDepth: UInt16 = 1024
    /// The completion queue depth that the capability registers advertise, 2 to 4,096 entries.
    public var completionDepth: UInt16 = 1024
    /// Is called for every access to a function and for what it sets off; it must return quickly.
    public var trace: (@Sendable (TraceEvent) -> Void)?
    /// Takes a line for people about a client's mistake, at most one a second for each function or queue.
    public var notice: (@Sendable (String) -> Void)?

    /// Makes the options of a revision 0x30 with one engine and the physical function alone.
    public init() {}

    /// Checks the ranges.
    func validate() throws(DeviceError) {
      guard (1...Self.mostEngines).contains(engineCount) else {
        throw DeviceError(.invalid, "\(engineCount) engines: 1 to \(Self.mostEngines) are possible")
      }
      guard (0...Self.mostVirtualFunctions).contains(virtualFunctionCount) else {
        throw DeviceError(
          .invalid, "\(virtualFunctionCount) virtual functions: 0 to \(Self.mostVirtualFunctions) are possible")
      }
      guard revision == .v3 || !isolatesDoorbells else {
        throw DeviceError(.invalid, "doorbell isolation: only revision 0x30 has it")
      }
      for depth in [submissionDepth, completionDepth] where !(2...4096).contains(depth) {
        throw DeviceError(.invalid, "a queue depth of \(depth): 2 to 4096 are possible")
      }
    }
  }
}
