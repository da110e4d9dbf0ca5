// The accelerator: a physical function, its virtual functions, and the engines that work for all of them.
// SPDX-License-Identifier: Apache-2.0

public import DeviceAccess
import LinuxSystem
import Synchronization

/// A software model of HiSilicon's queue manager with its ZIP engine.
///
/// Its functions are used through ``ModelFunction`` in this process and through ``FunctionServer`` over sockets; both
/// may be used at the same time, for different functions. Methods may be called on any thread.
public final class Accelerator: Sendable {
  /// How long `shutdown` waits for the queues to drain where nothing else is said, nanoseconds.
  public static let drainLimit: UInt64 = 10_000_000_000

  /// What the model is.
  public let options: Options
  let platform: Platform
  let poller: DoorbellPoller
  private let engines: EnginePool
  private let hasStopped = Atomic<Bool>(false)

  /// Makes a model and starts its engines.
  ///
  /// - Throws: `invalid` for options out of their ranges, `failed` when there are no threads or descriptors to be had.
  public init(_ options: Options = Options()) throws(DeviceError) {
    try options.validate()
    self.options = options
    platform = Platform(options: options)
    do throws(SystemError) {
      engines = try EnginePool(engines: options.engineCount, scheduler: platform.scheduler)
      poller = try DoorbellPoller()
    } catch {
      throw DeviceError(.failed, "the engines cannot be started: \(error)")
    }
    let functions = (0...options.virtualFunctionCount).map { Function(index: $0, platform: platform) }
    for function in functions {
      function.state.withLock { Function.initialize(&$0.registers, isPhysical: function.isPhysical) }
    }
    platform.attach(functions: functions, engines: engines)
  }

  deinit {
    stop(within: 0)
  }

  /// How many functions there are; 0 is the physical one.
  public var functionCount: Int { 1 + options.virtualFunctionCount }

  /// Whether the engines are at work: true until `shutdown`.
  public var isWorking: Bool { !hasStopped.load(ordering: .acquiring) }

  /// Lets every queue answer what it has accepted, then stops the engines; nothing works afterwards.
  ///
  /// Stop the servers first, and keep clients' memory until this returns.
  ///
  /// - Parameter nanoseconds: how long to wait for the queues; what has not started by then is dropped.
  public func shutdown(drainingFor nanoseconds: UInt64 = drainLimit) {
    stop(within: nanoseconds)
  }

  /// Resets a function (a function-level reset).
  ///
  /// - Throws: `invalid` for a function that there is not, `lost` after `shutdown`.
  public func reset(function index: Int) throws(DeviceError) {
    try function(index).reset()
  }

  /// A function by its index.
  ///
  /// - Throws: `invalid` for a function that there is not, `lost` after `shutdown`.
  func function(_ index: Int) throws(DeviceError) -> Function {
    guard index >= 0 && index < functionCount else {
      throw DeviceError(.invalid, "no function \(index): there are 0 to \(functionCount - 1)")
    }
    guard let function = platform.function(index) else {
      throw DeviceError(.lost, "the accelerator has shut down")
    }
    return function
  }

  private func stop(within nanoseconds: UInt64) {
    guard !hasStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let functions = platform.functions
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    for function in functions {
      for queue in function.queues { queue.beginStop() }
    }
    for function in functions {
      for queue in function.queues {
        _ = queue.finishStop(within: MonotonicClock.remaining(until: deadline))
      }
      function.killQueues()
    }
    poller.stop()
    engines.stop()
    platform.detach()
  }
}
