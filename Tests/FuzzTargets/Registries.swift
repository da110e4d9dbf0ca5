// The registries that the entry points look things up in.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import WarpDriveCore
import ZlibProvider

enum Registries {
  /// One for the whole run; nothing but instances of templates is ever added to it.
  static func shared() throws -> Registry { try made.get() }

  private static let made = Result { () throws(ProviderError) in try make() }

  /// A registry with the built-in providers.
  static func make(policy: Policy = Policy()) throws(ProviderError) -> Registry {
    let registry = Registry(policy: policy)
    try registry.register(ZlibProvider())
    try registry.register(OpenSSLProvider())
    return registry
  }
}

/// The code of the error that `body` throws; nil where it throws none.
func code(_ body: () throws(ProviderError) -> Void) -> ProviderError.Code? {
  do throws(ProviderError) {
    try body()
    return nil
  } catch {
    return error.code
  }
}
