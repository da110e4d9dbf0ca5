// A class with a device, its sockets, and what tests ask of both.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import SDMDEV
import TestPrograms
import Testing
import VFIOUser
import WarpDriveQueue

/// A class with one fake device.
struct Fixture {
  let sdmdevs: SDMDEVClass
  let parent: FakeParent
  let device: SDMDEVDevice

  init(
    mode: DMAFlags = .sharedVirtual, queues: Int = 4, function: FakeFunction = FakeFunction(), hasPages: Bool = true,
    limits: SDMDEVLimits = SDMDEVLimits()
  ) throws {
    sdmdevs = SDMDEVClass(limits: limits)
    parent = FakeParent(mode: mode, queues: queues, function: function, hasPages: hasPages)
    device = try sdmdevs.register(parent)
  }

  var function: FakeFunction { parent.fake }

  /// A mediated device of this process's.
  func mediated(isOpen: Bool = true) throws -> MediatedDevice {
    let mediated = try device.createMediatedDevice(userID: 1000)
    if isOpen { try mediated.open(try QueueOwner.thisProcess()) }
    return mediated
  }

  func transport() throws -> any QueueTransport {
    try InProcessSource(sdmdevs).open(device: "fake-0")
  }
}

/// A run directory with the sockets of a fixture's device; gone with its value.
final class Host {
  let fixture: Fixture
  let directory: String
  let server: MediatedDeviceServer

  init(_ fixture: Fixture, options: MediatedDeviceServer.Options = MediatedDeviceServer.Options()) throws {
    self.fixture = fixture
    directory = try newDirectory()
    server = try MediatedDeviceServer(fixture.sdmdevs, directory: directory, options: options)
  }

  deinit {
    server.stop()
    try? Pathname.removeDirectory(directory)
  }

  var socket: String { "\(directory)/fake-0.sock" }

  func client(_ path: String? = nil) throws -> VFIOUserClient {
    try VFIOUserClient(path: path ?? socket, timeLimit: 60_000_000_000)
  }
}

func newDirectory() throws -> String {
  let folder = CurrentProcess.environmentVariable("TMPDIR") ?? "/tmp"
  let path = "\(folder)/sdmdev-\(UInt64.random(in: 0 ... .max))"
  try Pathname.makeDirectory(path, mode: 0o700)
  return path
}

/// Another process, which sleeps.
func sleepingChild() throws -> ForkedChild {
  try ForkedChild {
    pause()
    return 0
  }
}

/// The code of the error that a body throws, also over a socket; nil if it throws none.
func code(_ body: () throws -> Void) -> QueueError.Code? {
  do {
    try body()
    return nil
  } catch {
    if let error = error as? QueueError { return error.code }
    return (error as? VFIOUserError).flatMap { QueueError.Code(rawValue: $0.errno) }
  }
}

/// A value that a thread leaves for another.
final class Box<Value: Sendable>: Sendable {
  private let value = Guarded<Value?>(nil)
  func set(_ new: Value) { value.withLock { $0 = new } }
  var get: Value? { value.withLock { $0 } }
}

/// A number as little-endian bytes.
func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
  (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

/// Little-endian bytes as a number.
func number(_ bytes: some Collection<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

func symbolicLink(to target: String, at path: String) throws {
  guard unsafe symlink(target, path) == 0 else { throw SystemError(errno: errno, operation: "symlink", path: path) }
}
