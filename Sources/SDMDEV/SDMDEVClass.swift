// The class of devices whose queues programs may have: the series' class "sdmdev".
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import WarpDriveQueue

/// The registry of parents, and with them of every mediated device.
///
/// It is a value that is passed in: a process may have several. Calls may come from any thread.
public final class SDMDEVClass: Sendable {
  /// What happened in a class.
  public enum Change: Sendable {
    /// A device was registered.
    case registered(SDMDEVDevice)
    /// A device's attributes or mediated devices may be others now.
    case changed(SDMDEVDevice)
    /// A device is gone.
    case unregistered(SDMDEVDevice)
  }

  /// The class's name.
  public static let name = "sdmdev"

  private struct State {
    var devices: [SDMDEVDevice] = []
    var observers: [UInt64: @Sendable (Change) -> Void] = [:]
    var next: UInt64 = 0
  }

  private let state = Guarded(State())
  private let accounts: UserAccounts
  private let names = MediatedDeviceNames()

  /// Makes a class without devices.
  ///
  /// - Parameter limits: what users and queues may have at most.
  public init(limits: SDMDEVLimits = SDMDEVLimits()) {
    accounts = UserAccounts(limits)
  }

  deinit {
    // What nobody can find any more by its name; connections' own go with these.
    for device in devices { device.retire(withImplicit: false) }
  }

  /// The limits.
  public var limits: SDMDEVLimits { accounts.limits }

  /// The devices, in the order in which they were registered.
  public var devices: [SDMDEVDevice] { state.withLock { $0.devices } }

  /// Registers a device (`vfio_sdmdev_register`).
  ///
  /// - Parameter parent: the device's driver, which is kept until it is unregistered.
  /// - Throws: `exists` for a name or a parent that is registered, `invalid` for a name that no file could have or a mode
  ///   that is not one bit, `unsupported` for a mode that the function cannot have.
  @discardableResult
  public func register(_ parent: any SDMDEVParent) throws(QueueError) -> SDMDEVDevice {
    let device = try SDMDEVDevice(parent, accounts: accounts, names: names) { [weak self] device in
      self?.announce(.changed(device))
    }
    guard QueueAttributes.isDeviceName(device.name) else {
      throw QueueError(.invalid, "a device is named with letters, digits, '_', '-', '.' and ':', not '\(device.name)'")
    }
    try state.withLock { (state) throws(QueueError) in
      guard !state.devices.contains(where: { $0.name == device.name || $0.parent === parent }) else {
        throw QueueError(.exists, "a device \(device.name) is registered already")
      }
      state.devices.append(device)
    }
    announce(.registered(device))
    return device
  }

  /// Unregisters a device (`vfio_sdmdev_unregister`); returns when every queue was given back.
  ///
  /// Processes that have a queue open find it lost.
  ///
  /// - Throws: `notFound` for a name that there is not.
  public func unregister(_ name: String) throws(QueueError) {
    guard let device = self[name] else { throw QueueError(.notFound, "there is no device \(name)") }
    device.retire()
    let isLast = state.withLock { state in
      let count = state.devices.count
      state.devices.removeAll { $0 === device }
      return state.devices.count < count
    }
    if isLast { announce(.unregistered(device)) }
  }

  /// The device of a name.
  public subscript(name: String) -> SDMDEVDevice? {
    state.withLock { $0.devices.first { $0.name == name } }
  }

  /// The device of a parent (`vfio_sdmdev_pdev_sdmdev`).
  public func device(of parent: any SDMDEVParent) -> SDMDEVDevice? {
    state.withLock { $0.devices.first { $0.parent === parent } }
  }

  /// Whether a parent is registered (`vfio_sdmdev_is_sdmdev`).
  public func isSDMDEV(_ parent: any SDMDEVParent) -> Bool { device(of: parent) != nil }

  /// The mediated device of a name, of whichever device (`mdev_sdmdev`).
  public func mediatedDevice(_ id: MediatedDeviceID) -> MediatedDevice? {
    for device in devices {
      if let found = device.mediatedDevice(id) { return found }
    }
    return nil
  }

  /// Wakes who waits for a queue (`vfio_sdmdev_wake_up`), for a driver that does not call the queue's notification.
  ///
  /// A wait ends only where the queue was updated or stopped.
  public func wakeUp(_ queue: any SDMDEVQueue) {
    for device in devices where device.wakeUp(queue) { return }
  }

  /// What a user has of all devices at present.
  public func usage(ofUser userID: UInt32) -> (queues: Int, lockedBytes: UInt64) { accounts.usage(of: userID) }

  // MARK: - Observers

  /// Has `handler` called after each change, on the thread that made it; it must not wait, nor change the class.
  ///
  /// - Returns: a number for `stopObserving`.
  public func observe(_ handler: @escaping @Sendable (Change) -> Void) -> UInt64 {
    state.withLock { state in
      state.next += 1
      state.observers[state.next] = handler
      return state.next
    }
  }

  /// Ends what `observe` began; a call that has begun goes on.
  public func stopObserving(_ number: UInt64) {
    state.withLock { _ = $0.observers.removeValue(forKey: number) }
  }

  private func announce(_ change: Change) {
    for observer in state.withLock({ $0.observers.sorted { $0.key < $1.key }.map(\.value) }) { observer(change) }
  }
}
