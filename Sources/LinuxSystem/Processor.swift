// The processors that this process may use, and where they are.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The processors of this machine.
public enum Processor {
  /// The number of processors that the calling thread may run on (`sched_getaffinity(2)`); at least 1.
  public static var onlineCount: Int {
    Int(clinux_processor_count())
  }

  /// The NUMA node of the processor that the calling thread is on, which may be another the next moment; 0 on a machine
  /// without nodes, or where a sandbox denies the question.
  public static var currentNode: Int {
    max(Int(clinux_current_node()), 0)
  }

  /// How far memory of one NUMA node is from another, as the firmware tells: 10 is the node itself, 20 twice as far.
  ///
  /// - Parameters:
  ///   - node: a node.
  ///   - other: another one, or the same.
  ///   - folder: where the nodes are described.
  /// - Returns: the distance; nil where the machine does not tell.
  public static func distance(
    from node: Int, to other: Int, folder: String = "/sys/devices/system/node"
  ) -> Int? {
    guard let online = try? SystemAttribute.text("\(folder)/online"),
      let text = try? SystemAttribute.text("\(folder)/node\(node)/distance")
    else { return nil }
    // One number for each node that is there, in their order.
    let nodes = online.split(separator: ",").flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last, last < 1 << 16 else { return [] }
      return Array(first...last)
    }
    let distances = text.split(separator: " ").map { Int($0) }
    guard let index = nodes.firstIndex(of: other), index < distances.count else { return nil }
    return distances[index]
  }
}
