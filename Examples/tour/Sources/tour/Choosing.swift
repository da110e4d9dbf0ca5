// The code of the article "Choosing a driver".
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

extension Tour {
  static func names() throws {
    let registry = try Registry.standard()

    _ = try registry.algorithm("sha256")  // the best driver of the algorithm
    _ = try registry.algorithm("sha256-openssl")  // this driver or none
    _ = try registry.algorithm("SHA-256")  // an alias, in any case
    _ = try registry.algorithm("hmac(sha256)")  // a driver of its own, or a template's instance
    _ = try registry.algorithm("hmac(sha256-openssl)")  // the template over this driver
  }

  static func constraints() throws {
    let registry = try Registry.standard()

    // Required: its state can be exported. Preferred: it runs in hardware.
    let query = try PropertyQuery(parsing: "exportable=yes,?hw=yes")
    let hash = try registry.hash("sha512", matching: LookupConstraints(query: query))
    print(hash.algorithm.driverName)

    // The kernel's way to ask for synchronous drivers: async in the mask and not in the type.
    _ = try registry.algorithm("gzip", matching: LookupConstraints(type: [], mask: .asynchronous))
  }

  static func policy() throws {
    let registry = try Registry.standard()

    registry.setPolicy(
      Policy(
        pins: ["gzip": "gzip-zlib"],
        denied: ["md5", "provider:experimental"],
        order: ["*": ["provider:openssl", "provider:zlib"]]))
    do {
      _ = try registry.hash("md5")
      throw Surprise()
    } catch let error as ProviderError where error.code == .denied {
      print(error)
    }
  }

  static func explanation() throws {
    let registry = try Registry.standard()

    let selection = try registry.explain("gzip")
    for candidate in selection.candidates {
      print(candidate.isChosen ? "*" : " ", candidate.algorithm.driverName, candidate.reason)
    }

    let algorithm = try registry.algorithm("gzip")
    let counters = algorithm.statistics.snapshot
    print("\(counters.requests) requests, \(counters.errors) errors, \(counters.fallbacks) fallbacks")
  }
}
