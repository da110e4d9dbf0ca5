// Operations on the registry: lookups, instances of templates, and all that changes what lookups find.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

extension Worker {
  private static let policies: [Policy] = [
    Policy(), Policy(denied: ["md5"]), Policy(pins: ["crc32": "crc32-zlib"]),
    Policy(order: ["*": ["provider:zlib", "provider:openssl"]]), Policy(denied: ["provider:toy"]),
    Policy(allowed: ["provider:zlib", "provider:openssl"]),
  ]

  mutating func lookup() throws(ProviderError) {
    let name = random.pick(
      Scene.hashes + Scene.macs + Scene.formats + ["AES-256-GCM", "sha256-openssl", "pcrypt(gzip)", "no such thing"])
    var errors = expectedErrors(name)
    if name == "no such thing" { errors = [.invalidName] }
    let kind: AlgorithmKind? = random.oneIn(8) ? .signature : nil
    if kind != nil { errors += [.notFound, .denied, .invalidName] }
    let found = try tolerating(errors) { () throws(ProviderError) in
      let algorithm = try scene.registry.algorithm(name, kind)
      scene.expect([.live, .quarantined, .dead].contains(algorithm.state), "\(name): an untested driver")
      scene.expect(algorithm.selfTest != .untested, "\(name): a driver without a verdict")
    }
    scene.expect(!found || (kind == nil && name != "no such thing"), "\(name) of kind \(String(describing: kind))")
  }

  /// Instances are made by whoever asks first, and die with their parts.
  mutating func template() throws(ProviderError) {
    let (index, bytes) = message()
    let name = random.pick(["hmac(sha256-openssl)", "hmac(sha512-openssl)", "hmac(sum)", "hmac(sum-toy)"])
    let answers = scene.answers[name.replacing("-openssl", with: "").replacing("-toy", with: "")]
    try tolerating(expectedErrors(name)) { () throws(ProviderError) in
      var handle = try scene.registry.mac(name, key: Scene.key)
      scene.expect(handle.algorithm.descriptor.flags.contains(.instance), "\(name) is no instance")
      scene.expect(try handle.authenticate(bytes) == answers?[index], "\(name): a wrong tag")
    }
  }

  mutating func provider() throws(ProviderError) {
    guard scene.takesChange() else { return }
    let isThere = scene.registry.providers.contains { $0.name == "toy" }
    // Another thread may have been faster.
    try tolerating([.exists, .notFound]) { () throws(ProviderError) in
      if isThere {
        try scene.registry.unregister(provider: "toy")
        scene.tally.add("unregistered")
      } else {
        try scene.registry.register(ToyProvider())
        scene.tally.add("registered")
      }
    }
  }

  mutating func policy() {
    guard scene.takesChange() else { return }
    scene.registry.setPolicy(random.pick(Self.policies))
    scene.tally.add("policies")
  }

  mutating func quarantine() throws(ProviderError) {
    guard random.oneIn(4), scene.takesChange() else { return }
    try tolerating([.notFound]) { () throws(ProviderError) in
      let reason = ProviderError(.backendFailure, "the soak took it out of service")
      try scene.registry.quarantine(driver: CyclicRedundancyDriver.driverName, reason: reason)
      scene.tally.add("quarantined")
    }
  }

  /// An observer that comes and goes hears what happens meanwhile, and the thread's own change for certain.
  mutating func observe() {
    guard scene.takesChange() else { return }
    let heard = Tally()
    let observation = scene.registry.observe { event in
      if case .policyChanged = event { heard.add("changes") }
    }
    scene.registry.setPolicy(Policy())
    observation.cancel()
    scene.tally.add("policies")
    scene.expect(heard["changes"] > 0, "an observer did not hear of a change")
  }

  /// Counters never go back.
  mutating func statistics() {
    for name in ["sha256-openssl", "crc32-zlib", "gzip-zlib", "deflate-zlib", "gcm-aes-openssl"] {
      guard let algorithm = scene.registry.algorithms.first(where: { $0.driverName == name }) else {
        scene.fail("\(name) is gone")
        continue
      }
      let snapshot = algorithm.statistics.snapshot
      scene.expect(snapshot.requests >= lastRequests[name] ?? 0, "\(name): requests were forgotten")
      lastRequests[name] = snapshot.requests
    }
  }

  mutating func listing() throws(ProviderError) {
    let name = random.pick(["crc32", "sha256", "gzip", "hmac(sum)"])
    try tolerating(expectedErrors(name)) { () throws(ProviderError) in
      let selection = try scene.registry.explain(name)
      scene.expect(selection.candidates.allSatisfy { !$0.reason.isEmpty }, "\(name): a candidate without a reason")
    }
    let drivers = scene.registry.algorithms.map(\.driverName)
    scene.expect(Set(drivers).count == drivers.count, "two drivers have the same name")
    _ = scene.registry.preferred(name)
    guard random.oneIn(8) else { return }
    scene.expect(scene.registry.nearestNames(to: "sha257").contains("sha256"), "sha257 is not near to sha256")
  }
}
