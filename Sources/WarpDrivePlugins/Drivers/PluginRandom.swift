// Random number generators and key derivations of plugins.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// A plugin's random number generator.
struct PluginRandomDriver: RandomDriver {
  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let operations: PluginOperations<wdprov_random>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = wdprov_random()
    try unsafe ABIReader.read(driver.table.random, into: &table, "the generator of \(name)")
    try unsafe ABIReader.require(
      table.create != nil && table.destroy != nil && table.reseed != nil && table.generate != nil,
      "one of create, destroy, reseed, generate of \(name)")
    descriptor = driver.described(.random(RandomProperties(seedSize: Int(table.seed_size))))
    knownAnswers = driver.knownAnswers
    operations = PluginOperations(table, of: driver, .other)
  }

  func makeTransform() throws(ProviderError) -> any RandomTransform & ~Copyable {
    try PluginRandomTransform(operations)
  }
}

/// A generator's state.
@safe struct PluginRandomTransform: RandomTransform, ~Copyable {
  private let operations: PluginOperations<wdprov_random>
  private let state: OwnedContext<UInt8>

  init(_ operations: PluginOperations<wdprov_random>) throws(ProviderError) {
    self.operations = operations
    let table = unsafe operations.table
    state = try unsafe operations.makeState(table.pointee.destroy) { unsafe table.pointee.create($0, $1) }
  }

  mutating func reseed(_ seed: RawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe seed.withUnsafeBytes { unsafe table.pointee.reseed(state, $0.baseAddress, $0.count) }
    try operations.check(result, "take a seed")
  }

  mutating func generate(
    _ count: Int, additional: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe additional.withUnsafeBytes { additional in
      unsafe output.write(count) {
        unsafe table.pointee.generate(state, additional.baseAddress, additional.count, $0, count)
      }
    }
    try operations.check(result, "generate")
  }
}

/// A plugin's key derivation.
@safe struct PluginKeyDerivationDriver: KeyDerivationDriver {
  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let operations: PluginOperations<wdprov_key_derivation>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = wdprov_key_derivation()
    try unsafe ABIReader.read(driver.table.key_derivation, into: &table, "the derivation of \(name)")
    try unsafe ABIReader.require(table.derive != nil, "derive of \(name)")
    descriptor = driver.described(
      .keyDerivation(
        KeyDerivationProperties(
          maximumOutput: table.maximum_output == 0 ? nil : Int(clamping: table.maximum_output),
          isPasswordHash: table.is_password_hash != 0)))
    knownAnswers = driver.knownAnswers
    operations = PluginOperations(table, of: driver, .other)
  }

  func derive(
    _ count: Int, from secret: RawSpan, _ parameters: KeyDerivationParameters, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    // Later than this version of the ABI, which has no place for them.
    guard parameters.label.isEmpty, parameters.blockSize == 0 else {
      throw ProviderError(
        .invalidArgument, "derivations of plugins have neither label nor block size: leave both out",
        driver: descriptor.driverName)
    }
    var request = unsafe wdprov_derivation()
    unsafe request.abi_version = WDPROV_ABI_VERSION
    unsafe request.size = unsafe UInt32(MemoryLayout<wdprov_derivation>.size)
    unsafe request.iterations = UInt64(clamping: parameters.iterations)
    unsafe request.memory_cost = UInt64(clamping: parameters.memoryCost)
    unsafe request.parallelism = UInt64(clamping: parameters.parallelism)
    unsafe request.count = count
    let result = unsafe secret.withUnsafeBytes { secret in
      unsafe parameters.salt.withUnsafeBytes { salt in
        unsafe parameters.info.withUnsafeBytes { info in
          unsafe request.secret = secret.baseAddress
          unsafe request.secret_size = secret.count
          unsafe request.salt = salt.baseAddress
          unsafe request.salt_size = salt.count
          unsafe request.info = info.baseAddress
          unsafe request.info_size = info.count
          return unsafe output.write(count) { target in
            unsafe request.output = target
            return unsafe operations.table.pointee.derive(operations.context, &request)
          }
        }
      }
    }
    try operations.check(result, "derive")
  }
}
