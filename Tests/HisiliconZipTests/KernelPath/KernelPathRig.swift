// A registry with software and the kernel path of a model, for the tests of the providers.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import HisiliconModel
import HisiliconQueue
import HisiliconZip
import LinuxSystem
import Testing
import WarpDriveConformance
import WarpDriveCore
import WarpDriveQueue
import ZlibProvider

/// A model with its driver and a registry.
final class KernelPathRig: Sendable {
  let registry = Registry()
  private let shared: Shared

  /// The device, once it is open.
  private final class Shared: Sendable {
    let device = Guarded<ZipDevice?>(nil)
    let openings = Guarded(0)
    let refusal = Guarded<QueueError?>(nil)
  }

  init(options: Accelerator.Options = .init(), software: Bool = true, timeLimit: UInt64 = 60_000_000_000) throws {
    let shared = Shared()
    self.shared = shared
    let zlib = ZlibProvider()
    try registry.register(zlib)
    try registry.register(
      HisiliconZipProvider(
        isEmulated: true, software: software ? ZipSoftware(driversOf: zlib) : .none, timeLimit: timeLimit
      ) { () throws(QueueError) in
        if let refusal = shared.refusal.withLock({ $0 }) { throw refusal }
        shared.openings.withLock { $0 += 1 }
        do throws(DeviceError) {
          let device = try Self.makeDevice(options)
          shared.device.withLock { $0 = device }
          return device
        } catch {
          throw QueueError(.deviceLost, error.message)
        }
      })
  }

  private static func makeDevice(_ options: Accelerator.Options) throws(DeviceError) -> ZipDevice {
    let function = try ModelFunction(Accelerator(options))
    do throws(QueueError) {
      return try ZipDevice(function)
    } catch {
      throw DeviceError(.failed, error.message)
    }
  }

  var device: ZipDevice? { shared.device.withLock { $0 } }
  var openingCount: Int { shared.openings.withLock { $0 } }

  /// Has the next openings fail; nil: work again.
  func refuse(_ error: QueueError?) { shared.refusal.withLock { $0 = error } }
}

/// The drivers of the kernel path.
let kernelDrivers = ["hisi-deflate-acomp", "hisi-zlib-acomp", "hisi-gzip-acomp"]

/// Has a driver checked, and records each check that fails.
func expectConformance(of name: String, in registry: Registry) throws {
  let report = Conformance(registry: registry, effort: .quick).check(try registry.algorithm(name))
  for result in report.results {
    guard case .failed(let failing) = result.outcome else { continue }
    Issue.record("\(failing)")
  }
  let isPassed = report.isPassed
  #expect(isPassed)
}

/// Text-like bytes, the same in every run.
func sampleBytes(_ count: Int, seed: UInt64 = 5) -> [UInt8] {
  var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
  let words = ["queue ", "pair ", "doorbell ", "mailbox ", "share ", "domain ", "device\n", "and "].map {
    Array($0.utf8)
  }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 16)
  while bytes.count < count {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    if state & 0x300 == 0 { bytes.append(UInt8(truncatingIfNeeded: state >> 32)) }
    bytes += words[Int(state & 7)]
  }
  return Array(bytes.prefix(count))
}
