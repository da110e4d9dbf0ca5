// Looking for devices: what there is, and which queue to take.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The devices of several sources.
public enum QueueDirectory {
  /// A device, and where it was found.
  public struct Entry: Sendable {
    /// What it says of itself.
    public let attributes: QueueAttributes
    /// Who opens its queues.
    public let source: any QueueSource
  }

  /// Every device of every source; a source that cannot be read has none.
  public static func devices(in sources: [any QueueSource]) -> [Entry] {
    sources.flatMap { source in ((try? source.devices()) ?? []).map { Entry(attributes: $0, source: source) } }
  }

  /// Every algorithm, and the devices that have it, a line each: `wd_dump_all_algos`.
  ///
  /// - Returns: lines such as `gzip: hisi_zip-0 (hisi_qm_v2, 1021 queues)`, sorted.
  public static func dumpAlgorithms(_ sources: [any QueueSource]) -> [String] {
    var lines: [String] = []
    for entry in devices(in: sources) {
      let device = entry.attributes
      let free = device.isIsolated ? "isolated" : "\(device.availableInstances) queues"
      for algorithm in device.algorithms {
        lines.append("\(algorithm): \(device.device) (\(device.deviceAPI), \(free))")
      }
    }
    return lines.sorted()
  }

  /// How many queues are free that meet demands: `wd_get_available_dev_num`, in queues.
  public static func availableCount(_ capability: QueueCapability, in sources: [any QueueSource]) -> Int {
    devices(in: sources).filter { capability.isMet(by: $0.attributes) && !$0.attributes.isIsolated }
      .reduce(0) { $0 + $1.attributes.availableInstances }
  }

  /// What keeps devices from giving queues at present, for people: all are isolated after too many errors.
  ///
  /// - Returns: nil where one is not, or there is none.
  public static func isolation(of devices: [QueueAttributes]) -> String? {
    guard !devices.isEmpty, devices.allSatisfy(\.isIsolated) else { return nil }
    let names = devices.map(\.device).sorted().joined(separator: ", ")
    return "\(names) is isolated after too many errors: its owner can start it again; software answers meanwhile"
  }

  /// The devices that meet demands, best first: nearest to the calling thread's NUMA node, then most free queues.
  ///
  /// Isolated devices, and those without a free queue, are not among them.
  ///
  /// - Throws: `notFound` where no device meets the demands, with what a source said that could not be read; `busy` where
  ///   all that do have no queue left; `unsupported` where `adapters` has no driver for them; `deviceLost` where all are
  ///   isolated.
  static func candidates(
    _ capability: QueueCapability, in sources: [any QueueSource], _ adapters: AdapterTable
  ) throws(QueueError) -> [Entry] {
    var failure: QueueError?
    var found: [Entry] = []
    for source in sources {
      do throws(QueueError) {
        found += try source.devices().map { Entry(attributes: $0, source: source) }
      } catch {
        // A source that is not there says nothing; one that may not be used is worth telling of.
        if failure == nil || failure?.code == .notFound { failure = error }
      }
    }
    let suitable = found.filter { capability.isMet(by: $0.attributes) }
    guard !suitable.isEmpty else {
      if let failure, failure.code != .notFound { throw failure }
      throw QueueError(
        .notFound, "no device has queues for \(description(of: capability)): start `wdprov serve`, or use software")
    }
    let working = suitable.filter { !$0.attributes.isIsolated }
    guard !working.isEmpty else {
      throw QueueError(
        .deviceLost, "isolated after too many errors: reset \(suitable[0].attributes.device), or use software")
    }
    var unsupported: QueueError?
    let driven = working.filter { entry in
      do throws(QueueError) {
        _ = try adapters.adapter(for: entry.attributes.deviceAPI)
        return true
      } catch {
        unsupported = error
        return false
      }
    }
    if driven.isEmpty, let unsupported { throw unsupported }
    let free = driven.filter { $0.attributes.availableInstances > 0 }
    guard !free.isEmpty else { throw exhausted(capability) }
    return sorted(free)
  }

  /// The error of a request that found every queue taken.
  static func exhausted(_ capability: QueueCapability) -> QueueError {
    QueueError(.busy, "every queue for \(description(of: capability)) is taken: try again later, or use software")
  }

  private static func sorted(_ entries: [Entry]) -> [Entry] {
    // Distances are files of the system's.
    guard entries.count > 1 else { return entries }
    let node = Processor.currentNode
    let ranked = entries.enumerated().map { index, entry in
      (distance: distance(from: node, to: entry.attributes.numaNode), index: index, entry: entry)
    }
    return ranked.sorted { first, second in
      if first.distance != second.distance { return first.distance < second.distance }
      let (most, other) = (first.entry.attributes.availableInstances, second.entry.attributes.availableInstances)
      return most == other ? first.index < second.index : most > other
    }.map(\.entry)
  }

  /// A device that does not tell its node is taken for a near one: so are all on a machine without nodes.
  private static func distance(from node: Int, to other: Int?) -> Int {
    guard let other, other >= 0 else { return nearest }
    return Processor.distance(from: node, to: other) ?? (other == node ? nearest : 2 * nearest)
  }

  /// What the firmware calls the distance of a node to itself.
  private static let nearest = 10

  private static func description(of capability: QueueCapability) -> String {
    let algorithm = capability.algorithm.map { "'\($0)'" } ?? "any algorithm"
    return capability.device.map { "\(algorithm) on \($0)" } ?? algorithm
  }
}
