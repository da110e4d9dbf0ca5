// Which user driver serves which device: the table of the series' wd_adapter.c.
// SPDX-License-Identifier: Apache-2.0

/// User drivers by `device_api`.
public struct AdapterTable: Sendable {
  private let adapters: [String: any QueueAdapter]

  /// Makes a table.
  ///
  /// - Parameter adapters: the drivers; of two for one `device_api` the later one serves it.
  public init(_ adapters: [any QueueAdapter] = [DummyAdapter()]) {
    var table: [String: any QueueAdapter] = [:]
    for adapter in adapters {
      for name in adapter.deviceAPIs { table[name] = adapter }
    }
    self.adapters = table
  }

  /// The `device_api` strings that are served, sorted.
  public var deviceAPIs: [String] { adapters.keys.sorted() }

  /// The driver of a `device_api`.
  ///
  /// - Throws: `unsupported` where there is none (the series has `-ENODEV`).
  public func adapter(for deviceAPI: String) throws(QueueError) -> any QueueAdapter {
    guard let adapter = adapters[deviceAPI] else {
      let known = deviceAPIs.joined(separator: ", ")
      throw QueueError(.unsupported, "no user driver for '\(deviceAPI)': this program has those for \(known)")
    }
    return adapter
  }
}
