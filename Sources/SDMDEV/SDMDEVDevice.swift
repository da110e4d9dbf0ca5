// A device of the class: a registered parent with its mediated devices and its domains.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
public import WarpDriveQueue

/// A parent that was registered (`struct vfio_sdmdev`).
public final class SDMDEVDevice: Sendable {
  /// Its name in the class: that of the parent's attributes.
  public let name: String
  /// The device's driver.
  public let parent: any SDMDEVParent
  let domains: DomainTable
  let accounts: UserAccounts
  let copies = CopyCounter()
  private let changed: @Sendable (SDMDEVDevice) -> Void
  private let names: MediatedDeviceNames
  private let mediated = Guarded([MediatedDeviceID: MediatedDevice]())
  private let isGone = Guarded(false)

  init(
    _ parent: any SDMDEVParent, accounts: UserAccounts, names: MediatedDeviceNames,
    changed: @escaping @Sendable (SDMDEVDevice) -> Void
  ) throws(QueueError) {
    let attributes = parent.attributes
    name = attributes.device
    self.parent = parent
    self.accounts = accounts
    self.names = names
    self.changed = changed
    domains = try DomainTable(parent.function, mode: attributes.dmaFlags, reserved: parent.reservedAddresses)
  }

  /// What the class shows of it.
  public var attributes: QueueAttributes {
    var attributes = parent.attributes
    if isTranslating { attributes.flags.insert(.translated) }
    return attributes
  }

  /// The mediated devices' type: the driver's name and the group's, such as `hisi_zip-hisi_zip`.
  public var typeName: String { "\(driverName)-\(driverName)" }

  /// The driver's name: the device's without its number.
  public var driverName: String {
    guard let hyphen = name.lastIndex(of: "-"), name[hyphen...].dropFirst().allSatisfy(\.isNumber) else { return name }
    return String(name[..<hyphen])
  }

  /// Whether the device sees shared memory at addresses of its own, as its IOMMU has too few bits for the processes'.
  var isTranslating: Bool { parent.function.addressWidth < 57 }

  /// How many bytes were copied from and to processes, since they were not shared with a descriptor.
  public var copiedByteCount: UInt64 { copies.count }

  /// How many pieces of processes' memory the device can reach.
  public var mappingCount: Int { domains.mappingCount }

  /// How many address spaces of processes there are.
  public var pasidCount: Int { domains.pasidCount }

  // MARK: - Mediated devices

  /// The mediated devices, by name.
  public var mediatedDevices: [MediatedDevice] {
    mediated.withLock { Array($0.values) }.sorted { $0.id < $1.id }
  }

  /// The mediated device of a name.
  public func mediatedDevice(_ id: MediatedDeviceID) -> MediatedDevice? {
    mediated.withLock { $0[id] }
  }

  /// Makes a mediated device, which takes a queue (`get_queue`).
  ///
  /// - Parameters:
  ///   - id: its name; nil makes one.
  ///   - userID: the user whose quota counts.
  ///   - isImplicit: whether it goes when it is closed.
  /// - Throws: `exists` for a name that is in use, also by another device's; `busy` where no queue is free or the user has
  ///   as many as allowed; `deviceLost` for an isolated device, where that matters, or one that was unregistered; what the
  ///   device says.
  public func createMediatedDevice(
    _ id: MediatedDeviceID? = nil, userID: UInt32, isImplicit: Bool = false
  ) throws(QueueError) -> MediatedDevice {
    let id = id ?? MediatedDeviceID()
    guard names.take(id) else { throw QueueError(.exists, "there is a mediated device \(id) already") }
    do throws(QueueError) {
      try accounts.takeQueue(user: userID)
      do throws(QueueError) {
        let made = MediatedDevice(id, of: self, queue: try takeQueue(), userID: userID, isImplicit: isImplicit)
        // Either `retire` finds it, or this sees that the device is going.
        mediated.withLock { $0[id] = made }
        if isGone.withLock({ $0 }) {
          mediated.withLock { $0[id] = nil }
          try? made.retire(isForced: true)
          throw Self.gone
        }
        noteChange()
        return made
      } catch {
        accounts.putQueue(user: userID)
        throw error
      }
    } catch {
      names.put(id)
      throw error
    }
  }

  /// Removes a mediated device, which gives its queue back (`put_queue`).
  ///
  /// - Parameters:
  ///   - id: its name.
  ///   - isForced: whether it is closed if it is open; its process finds it lost.
  /// - Throws: `notFound` for a name that there is not, `busy` while it is open.
  public func removeMediatedDevice(_ id: MediatedDeviceID, isForced: Bool = false) throws(QueueError) {
    guard let mediated = mediatedDevice(id) else {
      throw QueueError(.notFound, "\(name) has no mediated device \(id)")
    }
    try mediated.retire(isForced: isForced)
    forget(mediated)
  }

  private func forget(_ device: MediatedDevice) {
    // Of two who remove it at once, one counts.
    guard mediated.withLock({ $0.removeValue(forKey: device.id) }) != nil else { return }
    accounts.putQueue(user: device.userID)
    names.put(device.id)
    noteChange()
  }

  /// A queue of the parent's.
  func takeQueue() throws(QueueError) -> any SDMDEVQueue {
    if isGone.withLock({ $0 }) { throw Self.gone }
    if accounts.limits.refusesIsolatedDevices && parent.attributes.isIsolated {
      throw QueueError(.deviceLost, "\(name) is isolated after too many errors: use another device or software")
    }
    return try parent.getQueue()
  }

  private static let gone = QueueError(.deviceLost, "the device was unregistered: use another, or software")

  // MARK: - The device

  /// Resets the device (`reset`); its queues are only fit for being closed then.
  ///
  /// - Throws: what the device says.
  public func reset() throws(QueueError) {
    try parent.reset()
    noteChange()
  }

  /// Maps everything again, for a driver whose function forgot its mappings when it was reset.
  ///
  /// - Throws: `failed` or `deviceLost`, with the rest mapped as far as possible.
  public func replayMappings() throws(QueueError) {
    try domains.replay()
  }

  /// Tells who observes the class that attributes may have changed.
  public func noteChange() { changed(self) }

  /// Removes mediated devices, open or not; there will be no other.
  ///
  /// - Parameter withImplicit: whether those are removed too that go with their connections.
  func retire(withImplicit: Bool = true) {
    isGone.withLock { $0 = true }
    for device in mediatedDevices where withImplicit || !device.isImplicit {
      // Forced: nothing is thrown.
      try? device.retire(isForced: true)
      forget(device)
    }
  }

  /// Tells a queue's mediated device of an event.
  func wakeUp(_ queue: any SDMDEVQueue) -> Bool {
    let devices = mediated.withLock { Array($0.values) }
    guard let device = devices.first(where: { $0.state.withLock { $0.queue === queue } }) else { return false }
    device.noteEvent()
    return true
  }
}

/// The names of all mediated devices of a class: each is given once.
final class MediatedDeviceNames: Sendable {
  private let names = Guarded(Set<MediatedDeviceID>())

  /// Takes a name; false where it is taken.
  func take(_ id: MediatedDeviceID) -> Bool { names.withLock { $0.insert(id).inserted } }

  /// Gives a name back.
  func put(_ id: MediatedDeviceID) { names.withLock { _ = $0.remove(id) } }
}
