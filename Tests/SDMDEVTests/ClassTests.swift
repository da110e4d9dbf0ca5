// The class, and mediated devices from their creation to their removal.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import SDMDEV
import TestPrograms
import Testing
import WarpDriveQueue

@Suite("Class and life of mediated devices")
struct ClassTests {
  @Test("a parent is registered once, found by name and by itself, and gone after it was unregistered")
  func registry() throws {
    let fixture = try Fixture()
    let other = FakeParent("fake-1")
    #expect(fixture.sdmdevs["fake-0"] === fixture.device)
    #expect(fixture.sdmdevs.isSDMDEV(fixture.parent))
    #expect(!fixture.sdmdevs.isSDMDEV(other))
    #expect(code { try fixture.sdmdevs.register(fixture.parent) } == .exists)
    #expect(code { try fixture.sdmdevs.register(FakeParent("fake-0")) } == .exists)
    #expect(code { try fixture.sdmdevs.register(FakeParent("../etc")) } == .invalid)
    #expect(code { try fixture.sdmdevs.register(FakeParent("x", mode: [.sharedVirtual, .physical])) } == .invalid)
    let bare = FakeParent("bare", mode: .multiProcess, function: FakeFunction([]))
    #expect(code { try fixture.sdmdevs.register(bare) } == .unsupported)
    try fixture.sdmdevs.register(other)
    #expect(fixture.sdmdevs.devices.map(\.name) == ["fake-0", "fake-1"])
    let mediated = try fixture.mediated()
    try fixture.sdmdevs.unregister("fake-0")
    #expect(fixture.sdmdevs["fake-0"] == nil)
    #expect(fixture.parent.freeCount == 4)
    #expect(code { try mediated.start() } == .deviceLost)
    #expect(code { _ = try fixture.device.createMediatedDevice(userID: 0) } == .deviceLost)
    #expect(code { try fixture.sdmdevs.unregister("fake-0") } == .notFound)
  }

  @Test("observers learn of every change, until they stop")
  func observers() throws {
    let sdmdevs = SDMDEVClass()
    let seen = Guarded([String]())
    let number = sdmdevs.observe { change in
      seen.withLock { seen in
        switch change {
        case .registered(let device): seen.append("+\(device.name)")
        case .changed(let device): seen.append(device.name)
        case .unregistered(let device): seen.append("-\(device.name)")
        }
      }
    }
    let device = try sdmdevs.register(FakeParent())
    _ = try device.createMediatedDevice(userID: 0)
    try sdmdevs.unregister("fake-0")
    #expect(seen.withLock { $0 } == ["+fake-0", "fake-0", "fake-0", "-fake-0"])
    sdmdevs.stopObserving(number)
    try sdmdevs.register(FakeParent())
    #expect(seen.withLock { $0.count } == 4)
  }

  @Test("a UUID is taken in the form of RFC 4122 only, and one that is made has it")
  func identifiers() throws {
    let text = "22e09922-7a82-11e8-9cf6-d74cffa9e87b"
    #expect(try MediatedDeviceID(text.uppercased()).description == text)
    let malformed = [
      "", "22e09922", "22e099227a8211e89cf6d74cffa9e87b", text + "0", "{\(text)}", " \(text)",
      "22e09922-7a82-11e8-9cf6-d74cffa9e87g", "../../../../../../../../etc/passwd-aaaa",
      "00000000-0000-0000-0000-000000000000", "22e0-99227a82-11e8-9cf6-d74cffa9e87b",
    ]
    for each in malformed { #expect(code { _ = try MediatedDeviceID(each) } == .invalid, "\(each)") }
    let made = MediatedDeviceID()
    #expect(try MediatedDeviceID(made.description) == made)
    #expect(made != MediatedDeviceID())
    #expect(Array(made.description)[14] == "4")
  }

  @Test("creating takes a queue, and removing gives it back")
  func creation() throws {
    let fixture = try Fixture(queues: 2)
    let id = try MediatedDeviceID("22e09922-7a82-11e8-9cf6-d74cffa9e87b")
    let mediated = try fixture.device.createMediatedDevice(id, userID: 0)
    #expect(fixture.device.attributes.availableInstances == 1)
    #expect(mediated.queueState == .initial)
    #expect(code { _ = try fixture.device.createMediatedDevice(id, userID: 0) } == .exists)
    let second = FakeParent("fake-1")
    let other = try fixture.sdmdevs.register(second)
    #expect(code { _ = try other.createMediatedDevice(id, userID: 0) } == .exists)
    #expect(second.freeCount == 4)
    _ = try fixture.device.createMediatedDevice(userID: 0)
    #expect(code { _ = try fixture.device.createMediatedDevice(userID: 0) } == .busy)
    try fixture.device.removeMediatedDevice(id)
    #expect(fixture.parent.freeCount == 1)
    #expect(code { try fixture.device.removeMediatedDevice(id) } == .notFound)
    _ = try other.createMediatedDevice(id, userID: 0)
    #expect(fixture.sdmdevs.usage(ofUser: 0).queues == 2)
  }

  @Test("a user has no more queues than allowed, whichever device they are of")
  func quota() throws {
    var limits = SDMDEVLimits()
    limits.queuesOfUser = 2
    let fixture = try Fixture(limits: limits)
    let other = try fixture.sdmdevs.register(FakeParent("fake-1"))
    let first = try fixture.device.createMediatedDevice(userID: 7)
    _ = try other.createMediatedDevice(userID: 7)
    #expect(code { _ = try fixture.device.createMediatedDevice(userID: 7) } == .busy)
    _ = try fixture.device.createMediatedDevice(userID: 8)
    try fixture.device.removeMediatedDevice(first.id)
    _ = try fixture.device.createMediatedDevice(userID: 7)
  }

  @Test("an isolated device gives no queues")
  func isolation() throws {
    let fixture = try Fixture()
    fixture.parent.state.withLock { $0.isIsolated = true }
    #expect(code { _ = try fixture.device.createMediatedDevice(userID: 0) } == .deviceLost)
    var limits = SDMDEVLimits()
    limits.refusesIsolatedDevices = false
    let other = try Fixture(limits: limits)
    other.parent.state.withLock { $0.isIsolated = true }
    _ = try other.device.createMediatedDevice(userID: 0)
  }

  @Test("it is opened once, started once, and a new user gets another queue with other rings")
  func life() throws {
    let fixture = try Fixture(mode: .singleProcess, queues: 2)
    let mediated = try fixture.mediated(isOpen: false)
    #expect(code { try mediated.start() } == .invalid)
    let owner = try QueueOwner.thisProcess()
    try mediated.open(owner)
    #expect(code { try mediated.open(owner) } == .exists)
    #expect(mediated.owner == owner.process)
    let first = try #require(fixture.parent.last)
    try mediated.start()
    #expect(mediated.queueState == .started)
    #expect(code { try mediated.start() } == .invalid)
    #expect(code { try fixture.device.removeMediatedDevice(mediated.id) } == .busy)
    mediated.close()
    #expect(first.isPut)
    #expect(mediated.owner == nil)
    #expect(mediated.queueState == .initial)
    #expect(fixture.parent.freeCount == 1)
    mediated.close()
    try mediated.open(owner)
    let second = try #require(fixture.parent.last)
    #expect(second !== first)
    try mediated.start()
    try fixture.device.removeMediatedDevice(mediated.id, isForced: true)
    #expect(second.isPut)
    #expect(code { try mediated.open(owner) } == .deviceLost)
    #expect(fixture.parent.freeCount == 2)
  }

  @Test("a queue that was taken by another while nobody had it open is missed when it is opened")
  func lostQueue() throws {
    let fixture = try Fixture(mode: .singleProcess, queues: 1)
    let mediated = try fixture.mediated()
    fixture.parent.free.put(9)
    let other = try fixture.mediated()
    try mediated.start()
    fixture.parent.last?.fake.withLock { $0.startFailure = QueueError(.failed, "broken") }
    #expect(code { try other.start() } == .failed)
    #expect(other.queueState == .initial)
    fixture.parent.last?.fake.withLock { $0.startFailure = nil }
    try other.start()
  }

  @Test("a reset of the queue starts it again, a reset of the device ends it")
  func resets() throws {
    let fixture = try Fixture()
    let mediated = try fixture.mediated()
    #expect(code { try mediated.resetQueue() } == .invalid)
    try mediated.start()
    try mediated.resetQueue()
    #expect(fixture.parent.last?.fake.withLock { $0.starts } == 2)
    try fixture.device.reset()
    #expect(mediated.queueState == .stopped)
    #expect(code { try mediated.resetQueue() } == .invalid)
    #expect(code { try mediated.start() } == .resetting)
    #expect(code { _ = try mediated.wait(nanoseconds: .max) } == .resetting)
    mediated.close()
    #expect(mediated.queueState == .initial)
  }
}
