// What a program wants of a queue.
// SPDX-License-Identifier: Apache-2.0

/// The demands on a queue (`struct wd_capa`, and of `struct wd_queue` the path and the node mask).
public struct QueueCapability: Hashable, Sendable {
  /// What the queue has to be able to do, as `QueueAttributes.algorithms` names it (`capa.alg`); nil: anything.
  public var algorithm: String?
  /// What the queue is for, as the device numbers it: 0 compress, 1 decompress.
  public var type: UInt16
  /// Flags that the device must have (`capa.flags`).
  public var flags: QueueFlags
  /// Flags that the device must not have: `.emulated` asks for hardware.
  public var excludedFlags: QueueFlags
  /// The NUMA nodes that are good enough (`node_mask`); nil: any.
  ///
  /// A device that does not tell its node is on none.
  public var nodes: Set<Int>?
  /// The device's name (`dev_path`); nil: any.
  public var device: String?

  /// Makes demands; those left out are none.
  public init(
    algorithm: String? = nil, type: UInt16 = 0, flags: QueueFlags = [], excludedFlags: QueueFlags = [],
    nodes: Set<Int>? = nil, device: String? = nil
  ) {
    self.algorithm = algorithm
    self.type = type
    self.flags = flags
    self.excludedFlags = excludedFlags
    self.nodes = nodes
    self.device = device
  }

  /// Whether a device is of the right kind, free or not.
  public func isMet(by attributes: QueueAttributes) -> Bool {
    if let algorithm, !attributes.algorithms.contains(algorithm) { return false }
    if let device, attributes.device != device { return false }
    if let nodes, attributes.numaNode.map(nodes.contains) != true { return false }
    return attributes.flags.isSuperset(of: flags) && attributes.flags.isDisjoint(with: excludedFlags)
  }
}
