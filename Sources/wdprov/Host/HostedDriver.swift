// The driver of a device that this host owns: the kernel path, and its queues as mediated devices for programs.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import HisiliconZip
import HostControl
import LinuxSystem
import Logging
import SDMDEV
import WarpDriveQueue

/// A function that this process drives, with everything that it offers to others in the run folder.
final class HostedDriver: Sendable {
  /// How the driver and the class are to behave.
  struct Options: Sendable {
    var dmaFlags: DMAFlags?
    var queueDepth: Int?
    var isolateStrategy = 0
    /// Queues that one user may have at once; nil for the usual number.
    var quota: Int?
  }

  let device: ZipDevice
  let sdmdevs: SDMDEVClass
  let registered: SDMDEVDevice
  let kernelPath: KernelPathService
  let server: MediatedDeviceServer
  private let tree: ClassTree

  /// Brings the device up and listens.
  ///
  /// - Parameters:
  ///   - function: the function that is driven.
  ///   - name: what the class calls the device.
  ///   - options: how it is to behave.
  ///   - virtualFunctionCount: virtual functions that get windows of queues from this driver.
  ///   - groupID: whose members may have queues; nil for nobody else.
  ///   - directory: where the sockets and files are made.
  ///   - log: where the device's notices go.
  ///   - connections: notes who connects.
  /// - Throws: 69 for a device that does not come up, 73 for sockets and files that cannot be made.
  init(
    _ function: any DeviceFunction, named name: String, _ options: Options, virtualFunctionCount: Int, groupID: UInt32?,
    in directory: RunDirectory, log: Logger, connections: ConnectionLog
  ) throws(CommandFailure) {
    var settings = ZipDevice.Options()
    settings.name = name
    settings.dmaFlags = options.dmaFlags
    settings.queueDepth = options.queueDepth
    settings.isolateStrategy = options.isolateStrategy
    settings.virtualFunctionCount = virtualFunctionCount
    settings.notice = { line in log.warning("\(line)") }
    var limits = SDMDEVLimits()
    if let quota = options.quota { limits.queuesOfUser = quota }
    sdmdevs = SDMDEVClass(limits: limits)
    do throws(QueueError) {
      device = try ZipDevice(function, options: settings)
      registered = try sdmdevs.register(device)
    } catch {
      throw CommandFailure(ControlFailure(error))
    }
    kernelPath = KernelPathService(device)
    var serving = MediatedDeviceServer.Options()
    if let groupID {
      serving.mode = 0o660
      serving.groupID = groupID
    }
    serving.authorize = { peer in
      connections.note(peer, "a program connects to a queue of \(name)", level: .debug)
      return true
    }
    do throws(QueueError) {
      server = try MediatedDeviceServer(sdmdevs, directory: directory.path, options: serving)
      tree = try ClassTree(sdmdevs, directory: directory.path)
    } catch {
      device.shutdown()
      throw CommandFailure(error.code == .denied ? .permission : .cannotCreate, error.message)
    }
  }

  /// The socket that opens a queue of one's own.
  var deviceSocket: String { server.socket(of: registered) }

  /// The socket of a mediated device that was created.
  func socket(of mediated: MediatedDevice) -> String { server.socket(of: mediated) }

  /// Resets the device and waits until it works again; queues of programs end.
  func reset() throws(ControlFailure) {
    do throws(QueueError) { try registered.reset() } catch { throw ControlFailure(error) }
  }

  /// Ends: programs find their queues lost, sockets and files go.
  func stop() {
    server.stop()
    tree.remove()
    // Thrown only for a name that there is not.
    try? sdmdevs.unregister(device.name)
    device.shutdown()
  }

  /// Removes what others see, without waiting for anybody.
  func removeFiles() {
    tree.remove()
    server.removeFiles()
  }
}
