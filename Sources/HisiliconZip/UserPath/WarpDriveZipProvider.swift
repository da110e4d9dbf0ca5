// The user path's drivers: queues of this program's own, without a system call for a request.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
public import WarpDriveCore
public import WarpDriveQueue

/// `wd-hisi-deflate`, `wd-hisi-zlib` and `wd-hisi-gzip`.
///
/// One queue for each direction is requested with the first stream, more while many streams run at once, and given back
/// when idle. Payload is copied into the queue's pool once and out of it once. What a queue fails is the driver's fault,
/// so that the registry's fallback answers it; a stream goes on in software from where it was.
public struct WarpDriveZipProvider: Provider {
  /// The priority on hardware: before the kernel path.
  public static let hardwarePriority = 310
  /// The priority on a model: below all software.
  public static let modelPriority = 11

  /// `wd_hisi_zip`.
  public let name = "wd_hisi_zip"
  /// What people are told of the version: the driver has none.
  public let version = ""
  /// Where the queues come from.
  public let source: String
  /// The drivers.
  public let drivers: [any AlgorithmDriver]
  let path: UserPath
  let timeLimit: UInt64
  private let findObstacle: @Sendable () -> String?

  /// Makes the provider.
  ///
  /// - Parameters:
  ///   - source: where the queues come from, for people.
  ///   - isEmulated: whether the device is a model.
  ///   - software: goes on with streams whose device fails.
  ///   - timeLimit: the most nanoseconds for one request of up to 8 MiB.
  ///   - obstacle: why there are no queues at present; asked for people, and opens nothing.
  ///   - request: requests a queue; called when one is needed, on one thread at a time.
  public init(
    source: String = "built-in", isEmulated: Bool, software: ZipSoftware = .none, timeLimit: UInt64 = 10_000_000_000,
    obstacle: @escaping @Sendable () -> String? = { nil },
    request: @escaping @Sendable (QueueCapability) throws(QueueError) -> Queue
  ) {
    self.init(
      source: source, isEmulated: isEmulated, software: software, timeLimit: timeLimit, limits: UserPath.Limits(),
      obstacle: obstacle, request: request)
  }

  init(
    source: String, isEmulated: Bool, software: ZipSoftware, timeLimit: UInt64, limits: UserPath.Limits,
    obstacle: @escaping @Sendable () -> String? = { nil },
    request: @escaping @Sendable (QueueCapability) throws(QueueError) -> Queue
  ) {
    self.source = source
    self.timeLimit = timeLimit
    findObstacle = obstacle
    let userPath = UserPath(limits, request: request)
    path = userPath
    let path = ZipPath(
      driverName: { "wd-hisi-\($0.name)" }, priority: isEmulated ? Self.modelPriority : Self.hardwarePriority,
      isEmulated: isEmulated,
      queue: { (direction, format) throws(QueueError) in try userPath.queue(direction, format) },
      software: software, timeLimit: timeLimit)
    drivers = [
      ZipCompressionDriver(.deflate, path), ZipCompressionDriver(.zlib, path), ZipCompressionDriver(.gzip, path),
    ]
  }

  /// Why there are no queues at present.
  public var obstacle: String? { findObstacle() }

  /// Requests a queue.
  ///
  /// - Throws: ``ProviderError/Code/unavailable`` and the like where there is none.
  public func checkAvailability() throws(ProviderError) {
    do throws(QueueError) { _ = try path.queue(.compress, .zlib) } catch { throw ProviderError(error) }
  }
}
