// Queues for an algorithm by one call: the user library's init2, with its variables.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// How many queues of which kind are requested: an element of `WD_COMP_CTX_NUM`.
public struct QueueContextCount: Hashable, Sendable {
  /// 0 compress, 1 decompress.
  public var type: UInt16
  /// How the queues' answers are taken.
  public var mode: QueueScheduler.Mode
  /// How many.
  public var count: Int
  /// The NUMA node that the queues are to be on; nil: any, nearest first.
  public var node: Int?

  /// Describes queues.
  public init(type: UInt16, mode: QueueScheduler.Mode = .synchronous, count: Int = 1, node: Int? = nil) {
    self.type = type
    self.mode = mode
    self.count = count
    self.node = node
  }

  /// Reads `sync-comp:10@0,async-decomp:2@1`: mode, type, number, NUMA node.
  ///
  /// A type is `comp` or `decomp`; a number is 1 to 1024; the node may be left out with its `@`.
  ///
  /// - Throws: `invalid` for anything else, with the part that is wrong.
  public static func parse(_ text: String) throws(QueueError) -> [QueueContextCount] {
    var counts: [QueueContextCount] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let count = element(part) else {
        throw QueueError(.invalid, "'\(part)' is no number of queues: write it like sync-comp:2@0")
      }
      counts.append(count)
    }
    return counts
  }

  private static func element(_ part: Substring) -> QueueContextCount? {
    let halves = part.split(separator: ":", omittingEmptySubsequences: false)
    guard halves.count == 2 else { return nil }
    let kind = halves[0].split(separator: "-", omittingEmptySubsequences: false)
    let number = halves[1].split(separator: "@", omittingEmptySubsequences: false)
    guard kind.count == 2, let mode = QueueScheduler.Mode(rawValue: String(kind[0])), (1...2).contains(number.count),
      let count = decimal(number[0]), (1...1024).contains(count)
    else { return nil }
    let types: [Substring: UInt16] = ["comp": 0, "decomp": 1]
    guard let type = types[kind[1]] else { return nil }
    var node: Int?
    if number.count == 2 {
      guard let value = decimal(number[1]) else { return nil }
      node = value
    }
    return QueueContextCount(type: type, mode: mode, count: count, node: node)
  }

  /// Digits only: no sign, no space.
  private static func decimal(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 6, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }
}

/// Queues for one algorithm, requested and scheduled by one call.
public final class QueueContext: Sendable {
  /// What a context is made of unless variables say otherwise.
  public struct Options: Sendable {
    /// How many queues of which kind.
    public var counts = [QueueContextCount(type: 0), QueueContextCount(type: 1)]
    /// How queues are chosen.
    public var policy = QueueScheduler.Policy.roundRobin
    /// How threads wait for answers.
    public var notification = Queue.NotificationMode.wait
    /// What else is demanded of the devices; its algorithm, type and nodes do not count.
    public var capability = QueueCapability()

    /// Two queues, one of each type.
    public init() {}
  }

  /// Chooses among the queues.
  public let scheduler: QueueScheduler

  /// Requests queues: `wd_comp_init2`.
  ///
  /// The environment overrides the options, except in a set-user-ID program: `WD_COMP_CTX_NUM`, as
  /// `QueueContextCount.parse` reads it, and `WD_COMP_EPOLL_EN`, 1 for sleeping and 0 for spinning.
  ///
  /// - Parameters:
  ///   - algorithm: what the queues have to be able to do.
  ///   - sources: where to look for devices.
  ///   - adapters: the user drivers.
  ///   - options: what is wanted.
  ///   - environment: the variables; nil: those of the process.
  /// - Throws: `invalid` for a variable that cannot be read, and as `Queue.request`; queues that were taken before are
  ///   given back then.
  public init(
    algorithm: String, from sources: [any QueueSource], adapters: AdapterTable, options: Options = Options(),
    environment: ((String) -> String?)? = nil
  ) throws(QueueError) {
    let options = try Self.overridden(options, environment ?? { CurrentProcess.environmentVariable($0) })
    var entries: [QueueScheduler.Entry] = []
    do throws(QueueError) {
      for wanted in options.counts {
        var capability = options.capability
        (capability.algorithm, capability.type) = (algorithm, wanted.type)
        capability.nodes = wanted.node.map { [$0] }
        for _ in 0..<wanted.count {
          let queue = try Queue.request(capability, from: sources, adapters: adapters)
          queue.set(.notification(options.notification))
          entries.append(QueueScheduler.Entry(queue, mode: wanted.mode))
        }
      }
      scheduler = try QueueScheduler(options.policy, entries)
    } catch {
      for entry in entries { entry.queue.release() }
      throw error
    }
  }

  deinit {
    scheduler.release()
  }

  private static func overridden(
    _ options: Options, _ environment: (String) -> String?
  ) throws(QueueError) -> Options {
    var options = options
    if let text = environment("WD_COMP_CTX_NUM") {
      do throws(QueueError) {
        options.counts = try QueueContextCount.parse(text)
      } catch {
        throw QueueError(error.code, "WD_COMP_CTX_NUM: \(error.message)")
      }
    }
    switch environment("WD_COMP_EPOLL_EN") {
    case nil: break
    case "0": options.notification = .poll
    case "1": options.notification = .wait
    case let text?: throw QueueError(.invalid, "WD_COMP_EPOLL_EN is '\(text)': it can be 0 or 1")
    }
    return options
  }
}
