// The class as files that read like sysfs.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import WarpDriveQueue

/// The files `version` and `class/` of a run directory, kept as the class is.
///
/// Every file has one value and a line feed (`algorithms`: a line each), and is replaced as a whole. The files are there
/// from when the initialiser returns until `remove`.
public final class ClassTree: Sendable {
  /// How often attributes are looked at of which nobody tells, such as a queue that the kernel path took, in nanoseconds.
  private static let interval: UInt64 = 1_000_000_000
  /// How long an update may take, in nanoseconds.
  private static let timeLimit: UInt64 = 60_000_000_000

  private struct State {
    /// What the files hold, by their paths below the directory.
    var written: [String: String] = [:]
    var isEnded = false
  }

  private let sdmdevs: SDMDEVClass
  private let directory: String
  private let state = Guarded(State())
  private let turn = TimedSemaphore(value: 1)
  private let wakeUp = TimedSemaphore(value: 0)
  private let observation = Guarded(UInt64?.none)

  /// Writes the files of a class, in place of those that another host may have left behind.
  ///
  /// - Parameters:
  ///   - sdmdevs: the class.
  ///   - directory: the run directory, which is this process's alone.
  /// - Throws: `denied`, `resourceExhausted` or `failed` where a file cannot be written.
  public init(_ sdmdevs: SDMDEVClass, directory: String) throws(QueueError) {
    self.sdmdevs = sdmdevs
    self.directory = directory
    do throws(SystemError) {
      try FileTree.remove("\(directory)/class")
    } catch {
      throw QueueError(error, "what a host left in \(directory) cannot be removed")
    }
    try update()
    do throws(SystemError) {
      // Weakly: the thread must not keep what ends it.
      _ = try Thread(name: "sdmdev-tree") { [wakeUp, weak self] in
        while true {
          _ = wakeUp.wait(nanoseconds: Self.interval)
          while wakeUp.tryWait() {}
          guard let self, !self.state.withLock({ $0.isEnded }) else { return }
          // A full disk may have room the next time.
          try? self.update()
        }
      }
    } catch {
      remove()
      throw QueueError(error, "no thread for the files of \(directory)")
    }
    let number = sdmdevs.observe { [wakeUp] _ in wakeUp.signal() }
    observation.withLock { $0 = number }
    wakeUp.signal()
  }

  deinit {
    remove()
  }

  /// Writes what has changed since the last time; returns when the files are as the class was when this was called.
  ///
  /// - Throws: as `init`.
  public func update() throws(QueueError) {
    guard turn.wait(nanoseconds: Self.timeLimit) else {
      throw QueueError(.timedOut, "the files of \(directory) take too long to write")
    }
    defer { turn.signal() }
    if state.withLock({ $0.isEnded }) { return }
    let wanted = Self.files(of: sdmdevs)
    var written = state.withLock { $0.written }
    defer { state.withLock { [written] in $0.written = written } }
    do throws(SystemError) {
      for path in written.keys.filter({ wanted[$0] == nil }).sorted(by: >) {
        try FileTree.removeFile(path, in: directory)
        written[path] = nil
      }
      for (path, text) in wanted.sorted(by: { $0.key < $1.key }) where written[path] != text {
        try FileTree.write(text, to: path, in: directory)
        written[path] = text
      }
    } catch {
      throw QueueError(error, "the files of \(directory) cannot be kept up to date")
    }
  }

  /// Removes the files; the class is not followed any more.
  public func remove() {
    let wasEnded = state.withLock { state in
      defer { state.isEnded = true }
      return state.isEnded
    }
    guard !wasEnded else { return }
    if let number = observation.withLock({ $0.take() }) { sdmdevs.stopObserving(number) }
    wakeUp.signal()
    let isOwn = turn.wait(nanoseconds: Self.timeLimit)
    try? Pathname.unlink("\(directory)/version")
    try? FileTree.remove("\(directory)/class")
    if isOwn { turn.signal() }
  }

  // MARK: - What the files hold

  private static func files(of sdmdevs: SDMDEVClass) -> [String: String] {
    var files = ["version": "\(protocolVersion)\n"]
    for device in sdmdevs.devices {
      let attributes = device.attributes
      let sizes = device.parent.regionSizes
      let own = "class/\(SDMDEVClass.name)/\(device.name)/device"
      let type = "\(own)/mdev_supported_types/\(device.typeName)"
      let uacce = "class/uacce/\(device.name)"
      let values: [(String, String)] = [
        ("\(own)/params/iommu_type", "\(attributes.iommuType)"),
        ("\(own)/params/dma_flag", "\(attributes.dmaFlags.rawValue)"),
        ("\(type)/name", device.driverName),
        ("\(type)/device_api", attributes.deviceAPI),
        ("\(type)/available_instances", "\(attributes.availableInstances)"),
        ("\(type)/flags", "\(attributes.flags.rawValue)"),
        ("\(uacce)/api", attributes.deviceAPI),
        ("\(uacce)/flags", "\(attributes.flags.rawValue)"),
        ("\(uacce)/available_instances", "\(attributes.availableInstances)"),
        ("\(uacce)/algorithms", attributes.algorithms.joined(separator: "\n")),
        ("\(uacce)/region_mmio_size", "\(sizes.doorbells)"),
        ("\(uacce)/region_dus_size", "\(sizes.rings)"),
        ("\(uacce)/node_id", "\(attributes.numaNode ?? -1)"),
        ("\(uacce)/isolate", attributes.isIsolated ? "1" : "0"),
        ("\(uacce)/isolate_strategy", "\(device.parent.isolateStrategy)"),
      ]
      for (path, value) in values { files[path] = value + "\n" }
      // A queue of a connection goes with it: only those that were created have a name to be opened by.
      for mediated in device.mediatedDevices where !mediated.isImplicit {
        files["\(type)/devices/\(mediated.id)"] = "\(mediated.queueState.word)\n"
      }
    }
    return files
  }
}
