// The sockets of a run directory over which programs get queues.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem
import VFIOUser
public import WarpDriveQueue

/// Serves the devices of a class: `NAME.sock`, where connecting is opening a queue of one's own, and `mdev/UUID.sock` for
/// each mediated device that was created.
///
/// What a process has is given back when its connection ends, or the process, even if a child keeps the connection open.
public final class MediatedDeviceServer: Sendable {
  /// How a server behaves.
  public struct Options: Sendable {
    /// The sockets' permission bits.
    public var mode: UInt32 = 0o600
    /// The sockets' group, and that of the folder of mediated devices; nil leaves it to the system.
    public var groupID: UInt32?
    /// How many clients a device's own socket serves at once.
    public var mostClients = 1024
    /// Which processes may be clients, of those that may write the socket.
    public var authorize: @Sendable (UnixSocket.PeerCredentials) -> Bool = { _ in true }
    /// How long a client may take before its first command, in nanoseconds.
    public var negotiationTimeLimit: UInt64 = 10_000_000_000
    /// How long `stop` waits for clients that do not read, in nanoseconds.
    public var stopTimeLimit: UInt64 = 2_000_000_000

    /// The usual behaviour.
    public init() {}
  }

  private struct State {
    /// By the device's name.
    var devices: [String: VFIOUserServer] = [:]
    var mediated: [MediatedDeviceID: VFIOUserServer] = [:]
    var isStopped = false
  }

  /// The class whose devices are served.
  public let sdmdevs: SDMDEVClass
  /// The run directory.
  public let directory: String
  private let options: Options
  private let state = Guarded(State())
  private let timer = WaitTimer()
  private let watch: PeerWatch
  private let folder: String

  /// Serves every device that is registered, and, from then on, those that are added by `serve`.
  ///
  /// - Parameters:
  ///   - sdmdevs: the class.
  ///   - directory: the run directory, which is this process's alone.
  ///   - options: how the server behaves.
  /// - Throws: `exists` where a socket is in use, `denied`, `resourceExhausted`, `failed`.
  public init(
    _ sdmdevs: SDMDEVClass, directory: String, options: Options = Options()
  ) throws(QueueError) {
    self.sdmdevs = sdmdevs
    self.directory = directory
    self.options = options
    folder = directory + "/mdev"
    do throws(SystemError) {
      watch = try PeerWatch()
      try Self.prepare(folder, groupID: options.groupID)
    } catch {
      throw QueueError(error, "no sockets in \(directory)")
    }
    do throws(QueueError) {
      for device in sdmdevs.devices { try serve(device) }
    } catch {
      stop()
      throw error
    }
  }

  deinit {
    stop()
  }

  private static func prepare(_ folder: String, groupID: UInt32?) throws(SystemError) {
    do throws(SystemError) {
      try Pathname.makeDirectory(folder, mode: 0o700)
    } catch  where error.errno == SystemError.exists {}
    // A dead host's sockets would be taken for this one's.
    for name in try DirectoryListing.names(in: folder) where name.hasSuffix(".sock") {
      try? Pathname.unlink("\(folder)/\(name)")
    }
    if let groupID {
      try Pathname.setOwner(of: folder, groupID: groupID)
      try Pathname.setMode(0o750, of: folder)
    }
  }

  // MARK: - Files

  /// The socket that opens a queue of one's own on a device.
  public func socket(of device: SDMDEVDevice) -> String { "\(directory)/\(device.name).sock" }

  /// The socket of a mediated device that was created.
  public func socket(of mediated: MediatedDevice) -> String { "\(folder)/\(mediated.id).sock" }

  /// Removes the sockets' files and nothing else, without waiting for anybody: for a process that ends at once.
  public func removeFiles() {
    for device in sdmdevs.devices {
      for mediated in device.mediatedDevices { try? Pathname.unlink(socket(of: mediated)) }
      try? Pathname.unlink(socket(of: device))
    }
    try? Pathname.removeDirectory(folder)
  }

  // MARK: - Devices

  /// Serves a device's own socket.
  ///
  /// - Throws: as `init`; `exists` for a device that is served.
  public func serve(_ device: SDMDEVDevice) throws(QueueError) {
    let place = MediatedDeviceSession.Place(
      take: { [weak device] (owner) throws(QueueError) in
        guard let device else { throw MediatedDevice.removed }
        return try device.createMediatedDevice(userID: owner.userID, isImplicit: true)
      },
      disconnect: { [weak self, name = device.name] process in
        self?.state.withLock { $0.devices[name] }?.disconnect { $0.processID == process }
      }, timer: timer, watch: watch)
    // Some more than queues, so that one too many learns why.
    let most = min(sdmdevs.limits.queuesOfUser, Int(Int32.max)) + 16
    let server = try makeServer(
      socket(of: device), device, place, mostClients: options.mostClients, mostOfUser: most)
    let isTaken = state.withLock { state in
      guard !state.isStopped, state.devices[device.name] == nil else { return false }
      state.devices[device.name] = server
      return true
    }
    guard isTaken else {
      server.stop()
      throw QueueError(.exists, "\(device.name) is served already, or no longer")
    }
  }

  /// Ends the service of a device and of its mediated devices; their clients find their queues lost.
  ///
  /// It must not be called by an observer of the class.
  public func endService(of device: SDMDEVDevice) {
    let ids = device.mediatedDevices.map(\.id)
    let servers = state.withLock { state in
      let found = [state.devices.removeValue(forKey: device.name)] + ids.map { state.mediated.removeValue(forKey: $0) }
      return found.compactMap { $0 }
    }
    for server in servers { server.stop() }
  }

  /// How many clients a device's own socket has.
  public func clientCount(of device: SDMDEVDevice) -> Int {
    state.withLock { $0.devices[device.name] }?.clientCount ?? 0
  }

  // MARK: - Mediated devices

  /// Makes a mediated device and serves its socket.
  ///
  /// - Parameters:
  ///   - device: the device's name.
  ///   - uuid: the UUID; nil makes one.
  ///   - userID: the user whose quota counts.
  /// - Throws: `notFound` for a device that is not there, `invalid` for a malformed UUID, `exists` for one that is in use,
  ///   `busy` where no queue is free, and what making a socket reports; nothing is made then.
  @discardableResult
  public func createMediatedDevice(
    on device: String, uuid: String? = nil, userID: UInt32 = CurrentProcess.effectiveUserID
  ) throws(QueueError) -> MediatedDevice {
    guard let parent = sdmdevs[device] else { throw QueueError(.notFound, "there is no device \(device)") }
    var id: MediatedDeviceID?
    if let uuid { id = try MediatedDeviceID(uuid) }
    let mediated = try parent.createMediatedDevice(id, userID: userID)
    do throws(QueueError) {
      try serve(mediated)
    } catch {
      try? parent.removeMediatedDevice(mediated.id, isForced: true)
      throw error
    }
    return mediated
  }

  private func serve(_ mediated: MediatedDevice) throws(QueueError) {
    let place = MediatedDeviceSession.Place(
      take: { [weak mediated] (_) throws(QueueError) in
        guard let mediated else { throw MediatedDevice.removed }
        return mediated
      },
      disconnect: { [weak self, id = mediated.id] process in
        self?.state.withLock { $0.mediated[id] }?.disconnect { $0.processID == process }
      }, timer: timer, watch: watch)
    let server = try makeServer(
      socket(of: mediated), mediated.parent, place, mostClients: 1, mostOfUser: .max)
    let isTaken = state.withLock { state in
      if state.isStopped { return false }
      state.mediated[mediated.id] = server
      return true
    }
    guard isTaken else {
      server.stop()
      throw QueueError(.deviceLost, "the host stops")
    }
  }

  /// Removes a mediated device and its socket.
  ///
  /// - Parameters:
  ///   - uuid: the UUID.
  ///   - isForced: whether it is removed also while it is open; its client finds it lost.
  /// - Throws: `invalid` for a malformed UUID, `notFound` for one that there is not, `busy` while it is open.
  public func removeMediatedDevice(_ uuid: String, isForced: Bool = false) throws(QueueError) {
    let id = try MediatedDeviceID(uuid)
    guard let mediated = sdmdevs.mediatedDevice(id) else {
      throw QueueError(.notFound, "there is no mediated device \(id): `wdprov mdev list` shows what there is")
    }
    try mediated.parent.removeMediatedDevice(id, isForced: isForced)
    state.withLock { $0.mediated.removeValue(forKey: id) }?.stop()
  }

  // MARK: - End

  /// Ends the service: clients are disconnected, created mediated devices removed, and the sockets' files with them.
  ///
  /// Returns when all of it has ended. It must not be called by an observer of the class.
  public func stop() {
    let (devices, mediated) = state.withLock { state in
      let found = (Array(state.devices.values), state.mediated)
      state = State(isStopped: true)
      return found
    }
    for server in devices { server.stop() }
    for server in mediated.values { server.stop() }
    for id in mediated.keys {
      if let found = sdmdevs.mediatedDevice(id) { try? found.parent.removeMediatedDevice(id, isForced: true) }
    }
    timer.end()
    watch.end()
    try? Pathname.removeDirectory(folder)
  }

  private func makeServer(
    _ path: String, _ device: SDMDEVDevice, _ place: MediatedDeviceSession.Place, mostClients: Int, mostOfUser: Int
  ) throws(QueueError) -> VFIOUserServer {
    var settings = VFIOUserServer.Options()
    settings.mode = options.mode
    settings.groupID = options.groupID
    settings.authorize = options.authorize
    settings.negotiationTimeLimit = options.negotiationTimeLimit
    settings.stopTimeLimit = options.stopTimeLimit
    settings.mostClientsOfUser = mostOfUser
    let sizes = device.parent.regionSizes
    do throws(VFIOUserError) {
      return try VFIOUserServer(path: path, options: settings, mostClients: mostClients) { _ in
        MediatedDeviceSession(place, regionSizes: sizes)
      }
    } catch {
      throw QueueError(error, "no socket \(path)")
    }
  }
}
