// Hashes of plugins that are written in Swift.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin

/// A hash: the state of one message, used by one thread at a time.
public protocol HashImplementation {
  /// Bytes of the digest, at least 1.
  static var digestSize: Int { get }
  /// Whether it is a checksum, worthless against an adversary.
  static var isChecksum: Bool { get }

  /// A state, ready for the first byte of a message.
  init() throws(PluginError)
  /// Takes more of the message; valid during the call.
  mutating func update(_ bytes: UnsafeRawBufferPointer) throws(PluginError)
  /// Fills `digest`; the state is then replaced by a fresh one.
  mutating func finish(into digest: UnsafeMutableRawBufferPointer) throws(PluginError)
}

extension HashImplementation {
  /// It is none.
  public static var isChecksum: Bool { false }
}

/// A state behind the ABI's pointer.
private class HashState {
  let host: PluginHost
  init(_ host: PluginHost) { self.host = host }
  func update(_ bytes: UnsafeRawBufferPointer) throws(PluginError) {}
  func finish(_ digest: UnsafeMutableRawBufferPointer) throws(PluginError) {}
  func reset() throws(PluginError) {}
  func clone() -> HashState { self }
}

private final class TypedHashState<Implementation: HashImplementation>: HashState {
  private var implementation: Implementation

  init(_ host: PluginHost, _ implementation: Implementation) {
    self.implementation = implementation
    super.init(host)
  }

  override func update(_ bytes: UnsafeRawBufferPointer) throws(PluginError) { try unsafe implementation.update(bytes) }

  override func finish(_ digest: UnsafeMutableRawBufferPointer) throws(PluginError) {
    try unsafe implementation.finish(into: digest)
    try reset()
  }

  override func reset() throws(PluginError) { implementation = try Implementation() }

  // The implementation is a value: its copy goes on by itself.
  override func clone() -> HashState { TypedHashState(host, implementation) }
}

/// Makes the states of one hash; what the driver's context points to.
private final class HashFactory {
  let host: PluginHost
  let make: (PluginHost) throws(PluginError) -> HashState

  init(_ host: PluginHost, _ make: @escaping (PluginHost) throws(PluginError) -> HashState) {
    self.host = host
    self.make = make
  }
}

extension Plugin {
  /// Adds a hash.
  public func add<Implementation: HashImplementation>(_ implementation: Implementation.Type, _ driver: Driver) {
    let factory = HashFactory(host) { (host) throws(PluginError) in
      TypedHashState(host, try Implementation())
    }
    var table = wdprov_hash()
    table.abi_version = WDPROV_ABI_VERSION
    table.size = UInt32(MemoryLayout<wdprov_hash>.size)
    table.digest_size = UInt32(Implementation.digestSize)
    table.capabilities = Implementation.isChecksum ? 2 : 0
    unsafe table.create = { context, state in
      guard let context = unsafe context, let state = unsafe state else { return -WDPROV_ERROR_INVALID }
      let factory = unsafe Unmanaged<HashFactory>.fromOpaque(context).takeUnretainedValue()
      return factory.host.status { () throws(PluginError) in
        unsafe state.pointee = Unmanaged.passRetained(try factory.make(factory.host)).toOpaque()
      }
    }
    unsafe table.destroy = { state in
      if let state = unsafe state { unsafe Unmanaged<HashState>.fromOpaque(state).release() }
    }
    unsafe table.update = { state, input, count in
      guard let state = unsafe State.of(state, HashState.self) else { return -WDPROV_ERROR_INVALID }
      return state.host.status { () throws(PluginError) in
        try unsafe state.update(UnsafeRawBufferPointer(start: input, count: count))
      }
    }
    unsafe table.finish = { state, digest, count in
      guard let state = unsafe State.of(state, HashState.self) else { return -WDPROV_ERROR_INVALID }
      return state.host.status { () throws(PluginError) in
        try unsafe state.finish(UnsafeMutableRawBufferPointer(start: digest, count: count))
      }
    }
    unsafe table.reset = { state in
      guard let state = unsafe State.of(state, HashState.self) else { return -WDPROV_ERROR_INVALID }
      return state.host.status { () throws(PluginError) in try state.reset() }
    }
    unsafe table.clone = { state, copy in
      guard let state = unsafe State.of(state, HashState.self), let copy = unsafe copy else {
        return -WDPROV_ERROR_INVALID
      }
      unsafe copy.pointee = Unmanaged.passRetained(state.clone()).toOpaque()
      return 0
    }
    let pointer = unsafe Lasting.value(table)
    unsafe add(driver) { driver in
      unsafe driver.hash = pointer
      unsafe driver.context = Unmanaged.passRetained(factory).toOpaque()
    }
  }
}

/// Objects behind the ABI's pointers.
enum State {
  static func of<Object: AnyObject>(_ pointer: UnsafeMutableRawPointer?, _ type: Object.Type) -> Object? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe Unmanaged<Object>.fromOpaque(pointer).takeUnretainedValue()
  }
}

extension PluginHost {
  /// Runs `body`, and turns what it throws into what the ABI's function returns.
  func status(_ body: () throws(PluginError) -> Void) -> Int32 {
    do throws(PluginError) {
      try body()
      return 0
    } catch {
      return failed(error)
    }
  }
}
