// The devices of a host: what its run directory shows.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The version of the protocol between a host and the programs that use its queues, which the run directory's `version`
/// names; others are refused.
public let protocolVersion = 1

/// Devices of a `wdprov serve`, found in its run directory and opened over its sockets.
public struct RunDirectorySource: QueueSource {
  /// The run directory.
  public let path: String
  private let timeLimit: UInt64

  /// Looks at a run directory, which need not be there yet.
  ///
  /// - Parameters:
  ///   - path: the directory.
  ///   - timeLimit: how long the host may take to answer, in nanoseconds.
  public init(_ path: String, timeLimit: UInt64 = 5_000_000_000) {
    self.path = path
    self.timeLimit = timeLimit
  }

  /// Where a host's run directory may be, in the order in which to look.
  ///
  /// `$WDPROV_RUN_DIR` alone if it is set, else `/run/wdprov` and `$XDG_RUNTIME_DIR/wdprov`. Variables do not count in a
  /// set-user-ID program.
  public static var usualPaths: [String] {
    if let path = CurrentProcess.environmentVariable("WDPROV_RUN_DIR"), !path.isEmpty { return [path] }
    let runtime = CurrentProcess.environmentVariable("XDG_RUNTIME_DIR").flatMap { $0.isEmpty ? nil : "\($0)/wdprov" }
    return ["/run/wdprov"] + (runtime.map { [$0] } ?? [])
  }

  /// A source for each of `usualPaths`.
  public static var usual: [RunDirectorySource] { usualPaths.map { RunDirectorySource($0) } }

  private var reader: AttributeReader {
    AttributeReader(uacce: "\(path)/class/uacce", sdmdev: "\(path)/class/sdmdev")
  }

  /// The host's devices.
  ///
  /// - Throws: `notFound` without a host, `denied` for a directory of somebody else's, `version` for a host of another
  ///   version.
  public func devices() throws(QueueError) -> [QueueAttributes] {
    _ = try checkedOwner()
    return try reader.devices()
  }

  /// Opens a queue of one's own: the host makes a mediated device for the connection, and removes it with it.
  ///
  /// - Throws: as `QueueSource.open`.
  public func open(device: String) throws(QueueError) -> any QueueTransport {
    let owner = try checkedOwner()
    let attributes = try reader.attributes(of: device)
    return try MediatedDeviceTransport(
      path: "\(path)/\(device).sock", attributes: attributes, hostOwner: owner, timeLimit: timeLimit)
  }

  /// Opens a mediated device that somebody made before.
  ///
  /// - Parameter mediatedDevice: its UUID.
  /// - Throws: `notFound` where there is none, `busy` while another has it open, and as `QueueSource.open`.
  public func open(mediatedDevice uuid: String) throws(QueueError) -> any QueueTransport {
    let owner = try checkedOwner()
    let name = try AttributeReader.checkedName(uuid.lowercased())
    return try MediatedDeviceTransport(
      path: "\(path)/mdev/\(name).sock", attributes: try reader.attributes(of: try parent(of: name)), hostOwner: owner,
      timeLimit: timeLimit)
  }

  /// The device whose mediated device it is.
  private func parent(of uuid: String) throws(QueueError) -> String {
    let folder = "\(path)/class/sdmdev"
    for device in (try? DirectoryListing.names(in: folder)) ?? [] {
      let types = "\(folder)/\(device)/device/mdev_supported_types"
      for type in (try? DirectoryListing.names(in: types)) ?? []
      where (try? Pathname.status(of: "\(types)/\(type)/devices/\(uuid)")) != nil { return device }
    }
    throw QueueError(.notFound, "no mediated device \(uuid): `wdprov mdev create` makes one")
  }

  /// Whether this is a host's directory that can be trusted, of this version.
  ///
  /// - Returns: the directory's owner.
  private func checkedOwner() throws(QueueError) -> UInt32 {
    let status: FileStatus
    do throws(SystemError) {
      status = try Pathname.status(of: path)
    } catch {
      throw QueueError(error, "no host")
    }
    guard status.kind == .directory else { throw QueueError(.notFound, "\(path) is no directory") }
    guard status.userID == 0 || status.userID == CurrentProcess.effectiveUserID else {
      throw QueueError(.denied, "\(path) belongs to user \(status.userID): only root's and one's own are used")
    }
    guard status.mode & 0o002 == 0 else {
      throw QueueError(.denied, "\(path) can be written by everyone: chmod o-w")
    }
    let version: String
    do throws(SystemError) {
      version = try SystemAttribute.text("\(path)/version")
    } catch {
      throw QueueError(error, "no host")
    }
    guard version == String(protocolVersion) else {
      throw QueueError(
        .version, "\(path) is of a host of version \(version), not \(protocolVersion): update one of the two")
    }
    return status.userID
  }
}
