// The life of `wdprov serve`: everything listens before anything is said, and everything ends when a signal asks for it.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem
import Logging
import WarpDrive

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
  static func run(_ plan: HostedModel.Plan, in directory: RunDirectory, trace: String?) throws(CommandFailure) {
    let log = Logger(label: "wdprov", factory: StreamLogHandler.standardError(label:))
    let lock: FileDescriptor
    do throws(ControlFailure) { lock = try directory.take() } catch { throw CommandFailure(error) }
    // From here on a signal ends the host in order: no socket file is left behind.
    let requests: EventCounter
    do throws(SystemError) {
      requests = try EventCounter()
      try Signals.onTermination(signal: requests)
    } catch {
      throw CommandFailure(.internalError, "the process cannot be set up: \(error)")
    }
    let connections = ConnectionLog(log)
    let model = try HostedModel(
      plan, trace: trace.map { path throws(CommandFailure) in try TraceFile(path, log: log) }, log: log,
      connections: connections)
    let isEnding = Gate()
    let control: ControlServer
    do throws(SystemError) {
      let answers = HostRequests(model: model, isEnding: isEnding)
      control = try ControlServer(path: directory.controlSocket) { peer in
        connections.note(peer, "refused a control client", level: .warning)
      } answer: { request in
        answers.answer(request)
      }
      try control.start()
    } catch {
      _ = model.stop(drainingFor: 0)
      throw CommandFailure(creating: directory.controlSocket, error)
    }
    announce(model, plan, control, log)

    _ = requests.wait(nanoseconds: .max)
    log.info("ending: queues answer what they have accepted")
    isEnding.open()
    let hasEnded = Gate()
    let files = model.services.map(\.file) + [control.file]
    let watch = try? Thread(name: "end-limit") {
      if hasEnded.wait(nanoseconds: endLimit) { return }
      log.warning("ending without waiting any longer: requests under way are lost")
      for file in files { file.remove() }
      CurrentProcess.exit(ExitStatus.success.code)
    }
    // Clients of the control socket come last: one that reads nothing is waited for longer than a queue may take.
    if !model.stop(drainingFor: drainLimit) { log.warning("not every request could be answered in time") }
    control.stop()
    hasEnded.open()
    watch?.join()
    log.info("ended")
    _ = consume lock
  }

  private static func announce(_ model: HostedModel, _ plan: HostedModel.Plan, _ control: ControlServer, _ log: Logger)
  {
    for service in model.services {
      log.info("\(HostedModel.name(ofFunction: service.function)) of \(model.name) listens on \(service.file.path)")
    }
    log.info(
      "serving \(model.name)",
      metadata: [
        "kind": "model", "revision": "\(plan.revision.name)", "engines": "\(plan.engineCount)",
        "control": "\(control.file.path)", "process": "\(CurrentProcess.id)",
      ])
  }
}
