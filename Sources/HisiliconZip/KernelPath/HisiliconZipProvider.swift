// The kernel path's drivers: those of the process that owns the device.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
public import WarpDriveCore
public import WarpDriveQueue

/// `hisi-deflate-acomp`, `hisi-zlib-acomp` and `hisi-gzip-acomp`, as the Linux driver registers them.
///
/// The device is opened with the first transform, and again after it was lost; registering opens nothing. A request that
/// the device fails, or does not answer in time, is the driver's fault, so that the registry's fallback answers it; a
/// stream goes on in software from where it was.
public struct HisiliconZipProvider: Provider {
  /// The priority on hardware, as in Linux.
  public static let hardwarePriority = 300
  /// The priority on a model: below all software.
  public static let modelPriority = 10

  /// `hisi_zip`.
  public let name = "hisi_zip"
  /// What people are told of the version: the driver has none.
  public let version = ""
  /// Where the device is.
  public let source: String
  /// The drivers.
  public let drivers: [any AlgorithmDriver]
  private let devices: KernelPathDevices

  /// Makes the provider of one device.
  ///
  /// - Parameters:
  ///   - source: where the device is, for people.
  ///   - isEmulated: whether it is a model.
  ///   - software: goes on with streams whose device fails.
  ///   - timeLimit: the most nanoseconds for one request of up to 8 MiB.
  ///   - device: opens the device; called when it is first needed, on one thread at a time.
  public init(
    source: String = "built-in", isEmulated: Bool, software: ZipSoftware = .none, timeLimit: UInt64 = 10_000_000_000,
    device: @escaping @Sendable () throws(QueueError) -> ZipDevice
  ) {
    self.init(source: source, isEmulated: isEmulated, software: software, timeLimit: timeLimit, devices: [device])
  }

  /// Makes the provider of several devices: each stream's requests go to the nearest one by NUMA node that has room.
  ///
  /// - Parameters:
  ///   - source: where the devices are, for people.
  ///   - isEmulated: whether they are models.
  ///   - software: goes on with streams whose device fails.
  ///   - timeLimit: the most nanoseconds for one request of up to 8 MiB.
  ///   - devices: each opens one; called when the first is needed, on one thread at a time. One that cannot be opened
  ///     is passed over.
  public init(
    source: String, isEmulated: Bool, software: ZipSoftware = .none, timeLimit: UInt64 = 10_000_000_000,
    devices: [@Sendable () throws(QueueError) -> ZipDevice]
  ) {
    self.source = source
    let opened = KernelPathDevices(devices)
    self.devices = opened
    let path = ZipPath(
      driverName: { "hisi-\($0.name)-acomp" }, priority: isEmulated ? Self.modelPriority : Self.hardwarePriority,
      isEmulated: isEmulated,
      queue: { (direction, format) throws(QueueError) in try opened.queue(direction, format) },
      software: software, timeLimit: timeLimit)
    drivers = [
      ZipCompressionDriver(.deflate, path), ZipCompressionDriver(.zlib, path), ZipCompressionDriver(.gzip, path),
    ]
  }

  /// Isolation of the devices that are open.
  public var obstacle: String? { devices.obstacle }

  /// Opens the device.
  ///
  /// - Throws: ``ProviderError/Code/unavailable`` and the like where it cannot be opened.
  public func checkAvailability() throws(ProviderError) {
    do throws(QueueError) { _ = try devices.device() } catch { throw ProviderError(error) }
  }
}
