// A plugin written in Swift: its provider, its drivers, and the entry that hands them to the host.
// SPDX-License-Identifier: Apache-2.0

public import CWarpDrivePlugin

/// What a plugin's entry registers.
///
/// A plugin is a shared library that exports `wdprov_provider_init`:
///
///     @_cdecl("wdprov_provider_init")
///     public func start(_ host: UnsafePointer<wdprov_host>) -> Int32 {
///       Plugin.start(host, name: "example", version: "1.0") { plugin in
///         plugin.add(Fletcher.self, Driver(name: "fletcher16", driverName: "fletcher16-example"))
///       }
///     }
///
/// It links nothing of WarpDrive's but this module, and is used by any host of the same version of the ABI.
@safe public final class Plugin {
  /// The drivers' structs; they stay for as long as the process lives, as the ABI demands.
  private var drivers: [UnsafePointer<wdprov_driver>?] = unsafe []
  /// What the host offers.
  public let host: PluginHost

  private init(_ host: PluginHost) { self.host = host }

  /// Registers what `body` adds.
  ///
  /// - Parameters:
  ///   - host: what the entry was given.
  ///   - name: the provider's name: lower-case letters, digits and hyphens.
  ///   - version: the version of the library or device behind it.
  ///   - body: adds the drivers; throws where the plugin cannot serve on this machine.
  /// - Returns: what the entry returns.
  public static func start(
    _ host: UnsafePointer<wdprov_host>, name: String, version: String,
    _ body: (Plugin) throws(PluginError) -> Void
  ) -> Int32 {
    guard unsafe host.pointee.abi_version == WDPROV_ABI_VERSION else { return -WDPROV_ERROR_INVALID }
    let plugin = Plugin(unsafe PluginHost(host))
    do throws(PluginError) {
      try body(plugin)
    } catch {
      return plugin.host.failed(error)
    }
    let list = unsafe UnsafeMutablePointer<UnsafePointer<wdprov_driver>?>.allocate(
      capacity: max(1, plugin.drivers.count))
    unsafe list.initialize(from: plugin.drivers, count: plugin.drivers.count)
    var provider = unsafe wdprov_provider()
    unsafe provider.abi_version = WDPROV_ABI_VERSION
    unsafe provider.size = UInt32(MemoryLayout<wdprov_provider>.size)
    unsafe provider.name = Lasting.text(name)
    unsafe provider.version = Lasting.text(version)
    unsafe provider.drivers = UnsafePointer(list)
    unsafe provider.driver_count = plugin.drivers.count
    return unsafe host.pointee.register_provider(host, Lasting.value(provider))
  }

  /// Adds a driver's struct with the pointer of its kind set by `kind`.
  func add(_ driver: Driver, _ kind: (inout wdprov_driver) -> Void) {
    var table = unsafe driver.table
    unsafe kind(&table)
    unsafe drivers.append(Lasting.value(table))
  }
}

/// The description of a driver (`struct wdprov_driver`).
public struct Driver: Sendable {
  /// A published answer that the driver must give before it is used; byte strings are hexadecimal digits.
  public struct KnownAnswer: Sendable {
    /// Where it was published.
    public var source: String
    /// The message, or the plain bytes.
    public var input: String
    /// The digest, tag, ciphertext, or compressed stream.
    public var output: String
    /// The key; empty for none.
    public var key: String
    /// The IV or nonce; empty for none.
    public var iv: String
    /// Associated data; empty for none.
    public var associated: String

    /// Makes a known answer with its source.
    public init(
      source: String, input: String, output: String, key: String = "", iv: String = "", associated: String = ""
    ) {
      self.source = source
      self.input = input
      self.output = output
      self.key = key
      self.iv = iv
      self.associated = associated
    }
  }

  /// The algorithm, as the kernel names it: `gzip`, `cbc(aes)`.
  public var name: String
  /// This implementation, unique in a registry: `gzip-example`.
  public var driverName: String
  /// 0 to 100,000; the highest usable one of a name serves it where nothing was measured.
  public var priority: Int32
  /// Bytes of the unit that the algorithm works in, 1 for streams.
  public var blockSize: UInt32
  /// `WDPROV_FLAG_` bits.
  public var flags: UInt64
  /// Other names of the algorithm.
  public var aliases: [String]
  /// Answers besides those that the host has for the name; an algorithm of the plugin's own needs one.
  public var knownAnswers: [KnownAnswer]

  /// Describes a driver.
  public init(
    name: String, driverName: String, priority: Int32 = 100, blockSize: UInt32 = 1, flags: UInt64 = 0,
    aliases: [String] = [], knownAnswers: [KnownAnswer] = []
  ) {
    self.name = name
    self.driverName = driverName
    self.priority = priority
    self.blockSize = blockSize
    self.flags = flags
    self.aliases = aliases
    self.knownAnswers = knownAnswers
  }

  var table: wdprov_driver {
    var table = unsafe wdprov_driver()
    unsafe table.abi_version = WDPROV_ABI_VERSION
    unsafe table.size = UInt32(MemoryLayout<wdprov_driver>.size)
    unsafe table.name = Lasting.text(name)
    unsafe table.driver_name = Lasting.text(driverName)
    unsafe table.priority = priority
    unsafe table.block_size = blockSize
    unsafe table.flags = flags
    if !aliases.isEmpty { unsafe table.aliases = Lasting.texts(aliases) }
    if !knownAnswers.isEmpty {
      let answers = unsafe knownAnswers.map { unsafe $0.table }
      let list = unsafe UnsafeMutablePointer<wdprov_known_answer>.allocate(capacity: answers.count)
      unsafe list.initialize(from: answers, count: answers.count)
      unsafe table.known_answers = UnsafePointer(list)
      unsafe table.known_answer_count = answers.count
    }
    return unsafe table
  }
}

extension Driver.KnownAnswer {
  fileprivate var table: wdprov_known_answer {
    var table = unsafe wdprov_known_answer()
    unsafe table.abi_version = WDPROV_ABI_VERSION
    unsafe table.size = UInt32(MemoryLayout<wdprov_known_answer>.size)
    unsafe table.source = Lasting.text(source)
    unsafe table.input = Lasting.text(input)
    unsafe table.output = Lasting.text(output)
    if !key.isEmpty { unsafe table.key = Lasting.text(key) }
    if !iv.isEmpty { unsafe table.iv = Lasting.text(iv) }
    if !associated.isEmpty { unsafe table.associated = Lasting.text(associated) }
    return unsafe table
  }
}

/// Memory that is never freed: what is registered stays until the process ends.
enum Lasting {
  static func text(_ text: String) -> UnsafePointer<CChar> {
    let bytes = text.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    for (index, byte) in bytes.enumerated() { unsafe copy[index] = byte }
    return unsafe UnsafePointer(copy)
  }

  /// Texts with NULL at the end.
  static func texts(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
    let list = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: texts.count + 1)
    for (index, text) in texts.enumerated() { unsafe (list + index).initialize(to: self.text(text)) }
    unsafe (list + texts.count).initialize(to: nil)
    return unsafe UnsafePointer(list)
  }

  static func value<Value>(_ value: Value) -> UnsafePointer<Value> {
    let copy = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    unsafe copy.initialize(to: value)
    return unsafe UnsafePointer(copy)
  }
}
