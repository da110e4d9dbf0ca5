// The registry of this machine: the built-in providers, under the machine's rules.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import OpenSSLProvider
import ZlibProvider

extension Registry {
  /// A registry with the built-in providers and the rules of this machine.
  ///
  /// Nothing is opened or tested yet: a provider's library is opened, and a driver tested, when it is first used.
  ///
  /// - Parameters:
  ///   - configuration: the rules; nil for those of this machine, see ``MachineConfiguration/current()``.
  ///   - kinds: the kinds the program will ask for; providers that have none of them are left out, which saves the
  ///     time their registration takes. Nil for all.
  /// - Throws: `ProviderError.Code.invalidArgument` for a malformed policy file, `ProviderError.Code.unavailable`
  ///   for one that cannot be read, and what registering a provider throws.
  public static func standard(
    configuration: MachineConfiguration? = nil, kinds: [AlgorithmKind]? = nil
  ) throws(ProviderError) -> Registry {
    var settings: MachineConfiguration
    if let configuration { settings = configuration } else { settings = try .current() }
    let registry = Registry(configuration: settings.registry, policy: settings.policy)
    for provider in BuiltInProvider.allCases where provider.serves(kinds) {
      try registry.register(provider.make())
    }
    return registry
  }
}

/// The providers that are part of the library.
private enum BuiltInProvider: CaseIterable {
  case zlib
  case openSSL

  /// The kinds it has drivers of; known without making it, so that it can be left out for nothing.
  private var kinds: [AlgorithmKind] {
    switch self {
    case .zlib: [.compression, .hash]
    case .openSSL: [.hash, .mac, .cipher, .aead, .random]
    }
  }

  func serves(_ wanted: [AlgorithmKind]?) -> Bool {
    guard let wanted else { return true }
    return kinds.contains { wanted.contains($0) }
  }

  func make() -> any Provider {
    switch self {
    case .zlib: ZlibProvider(idleContexts: 2 * Processor.onlineCount)
    case .openSSL: OpenSSLProvider()
    }
  }
}
