// The life of `wdprov serve`: everything listens before anything is said, and everything ends when a signal asks for it.
// SPDX-License-Identifier: Apache-2.0

import HisiliconModel
import HostControl
import LinuxSystem
import Logging
import SDMDEV
import WarpDrive
import WarpDriveQueue

/// The host of an accelerator.
enum Host {
  /// How long queues may take to answer what they have accepted, in nanoseconds.
  private static let drainLimit: UInt64 = 2_000_000_000
  /// How long the whole end may take, in nanoseconds.
  private static let endLimit: UInt64 = 4_000_000_000

  /// Serves until `SIGTERM`, `SIGINT` or `SIGHUP`, then drains.
  ///
  /// A second signal ends the process at once.
  ///
  /// - Parameter trace: the file to which accesses are written, if any.
  /// - Throws: why nothing can be served; nothing of it is left then.
  static func run(_ plan: HostedDevice.Plan, in directory: RunDirectory, trace: String?) throws(CommandFailure) {
    let log = Logger(label: "wdprov", factory: StreamLogHandler.standardError(label:))
    let lock: FileDescriptor
    do throws(ControlFailure) { lock = try directory.take(group: plan.groupID) } catch { throw CommandFailure(error) }
    // From here on a signal ends the host in order: no socket file is left behind.
    let requests: EventCounter
    do throws(SystemError) {
      requests = try EventCounter()
      try Signals.onTermination(signal: requests)
    } catch {
      throw CommandFailure(.internalError, "the process cannot be set up: \(error)")
    }
    let connections = ConnectionLog(log)
    let hosted = try HostedDevice(
      plan, in: directory, trace: trace.map { path throws(CommandFailure) in try TraceFile(path, log: log) }, log: log,
      connections: connections)
    let isEnding = Gate()
    let control: ControlServer
    var version: SocketFile?
    do throws(ControlFailure) {
      // The class's files have one of their own.
      if hosted.driver == nil { version = try directory.publishVersion() }
      control = try Self.control(hosted, in: directory, plan.groupID, isEnding, connections)
    } catch {
      version?.remove()
      _ = hosted.stop(drainingFor: 0)
      throw CommandFailure(error)
    }
    announce(hosted, plan, control, log)

    _ = requests.wait(nanoseconds: .max)
    log.info("ending: queues answer what they have accepted")
    isEnding.open()
    let hasEnded = Gate()
    let files = hosted.files + [control.file] + (version.map { [$0] } ?? [])
    let watch = try? Thread(name: "end-limit") {
      if hasEnded.wait(nanoseconds: endLimit) { return }
      log.warning("ending without waiting any longer: requests under way are lost")
      for file in files { file.remove() }
      hosted.driver?.removeFiles()
      CurrentProcess.exit(ExitStatus.success.code)
    }
    // Clients of the control socket come last: one that reads nothing is waited for longer than a queue may take.
    if !hosted.stop(drainingFor: drainLimit) { log.warning("not every request could be answered in time") }
    control.stop()
    version?.remove()
    hasEnded.open()
    watch?.join()
    log.info("ended")
    _ = consume lock
  }

  private static func control(
    _ hosted: HostedDevice, in directory: RunDirectory, _ group: UInt32?, _ isEnding: Gate,
    _ connections: ConnectionLog
  ) throws(ControlFailure) -> ControlServer {
    do throws(SystemError) {
      let answers = HostRequests(hosted: hosted, isEnding: isEnding)
      let control = try ControlServer(path: directory.controlSocket, group: group) { peer in
        connections.note(peer, "refused a control client", level: .warning)
      } answer: { request in
        answers.answer(request)
      }
      try control.start()
      return control
    } catch {
      throw ControlFailure(creating: directory.controlSocket, error)
    }
  }

  private static func announce(
    _ hosted: HostedDevice, _ plan: HostedDevice.Plan, _ control: ControlServer, _ log: Logger
  ) {
    for service in hosted.model?.services ?? [] {
      log.info("\(HostedModel.name(ofFunction: service.function)) of \(hosted.name) listens on \(service.file.path)")
    }
    if let driver = hosted.driver {
      let attributes = driver.registered.attributes
      log.info(
        "queues of \(hosted.name) for programs",
        metadata: [
          "socket": "\(driver.deviceSocket)", "api": "\(attributes.deviceAPI)", "dma": "\(attributes.dmaFlags.names)",
          "free": "\(attributes.availableInstances)",
        ])
    }
    var metadata: Logger.Metadata = ["kind": "\(hosted.address.kind)"]
    if let model = hosted.model {
      metadata["revision"] = "\(model.accelerator.options.revision.name)"
      metadata["engines"] = "\(plan.model.engineCount)"
    }
    metadata["control"] = "\(control.file.path)"
    metadata["process"] = "\(CurrentProcess.id)"
    log.info("serving \(hosted.name)", metadata: metadata)
  }
}
