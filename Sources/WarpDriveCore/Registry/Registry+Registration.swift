// Drivers come and go: all of a provider's or none, and never two of one name.
// SPDX-License-Identifier: Apache-2.0

extension Registry {
  /// Registers every driver of `provider`, or none of them.
  ///
  /// In the extended mode of self-tests (``Registry/Configuration/selfTest``) every driver is tested before this returns, and one
  /// that fails is out of service, its reason in ``Algorithm/selfTest``: primitives that others are compared over are
  /// registered before them, or with them. Else a driver is tested at its first use.
  ///
  /// - Throws: ``ProviderError/Code/exists`` where a driver name is taken, a name equals another's driver name, or the
  ///   provider is registered already; ``ProviderError/Code/invalidName`` and ``ProviderError/Code/invalidArgument``
  ///   for a malformed descriptor, or one without any known-answer test.
  public func register(_ provider: any Provider) throws(ProviderError) { try register([provider]) }

  /// Registers every driver of each of `providers`, in this order, or none of them.
  ///
  /// All at once, since what lookups need is computed anew for every driver each time that something comes or goes.
  ///
  /// - Parameter testingNow: whether the extended mode tests here; a caller that others wait for says false, and calls
  ///   ``testExtended(provider:)`` when nobody waits any more.
  /// - Throws: as ``register(_:)`` of one.
  package func register(_ providers: [any Provider], testingNow: Bool = true) throws(ProviderError) {
    let offers = providers.map { (provider: $0, drivers: $0.drivers) }
    for offer in offers {
      for driver in offer.drivers { try Self.validate(driver) }
    }
    try writer.withLock { (writer) throws(ProviderError) in
      var added: [Algorithm] = []
      var names = Set(writer.providers.map(\.name))
      var taken = TakenNames(writer.algorithms + instances.all)
      for offer in offers {
        guard names.insert(offer.provider.name).inserted else {
          throw ProviderError(.exists, "a provider named \(offer.provider.name) is registered: unregister it first")
        }
        for driver in offer.drivers {
          try taken.claim(driver.descriptor)
          added.append(
            Algorithm(
              driver, descriptor: driver.descriptor, providerName: offer.provider.name,
              order: writer.order + UInt64(added.count) + 1))
        }
      }
      writer.order += UInt64(added.count)
      writer.algorithms += added
      writer.providers += providers
      publish(&writer)
    }
    for offer in offers {
      notify(.registered(provider: offer.provider.name, drivers: offer.drivers.map(\.descriptor.driverName)))
    }
    guard testingNow else { return }
    for offer in offers { testExtended(provider: offer.provider.name) }
  }

  /// Takes a provider's drivers out of every new lookup, and every instance built on them.
  ///
  /// Handles in use keep working.
  ///
  /// - Throws: ``ProviderError/Code/notFound`` where no such provider is registered.
  public func unregister(provider name: String) throws(ProviderError) {
    let gone = try writer.withLock { (writer) throws(ProviderError) -> [Algorithm] in
      guard let index = writer.providers.firstIndex(where: { $0.name == name }) else {
        throw ProviderError(.notFound, "no provider named \(name) is registered")
      }
      writer.providers.remove(at: index)
      return remove(from: &writer) { $0.providerName == name }
    }
    finishRemoval(of: gone, provider: name)
  }

  /// Takes one driver out, as ``unregister(provider:)`` does for all.
  ///
  /// - Throws: ``ProviderError/Code/notFound``.
  public func unregister(driver name: String) throws(ProviderError) {
    let gone = try writer.withLock { (writer) throws(ProviderError) -> [Algorithm] in
      let gone = remove(from: &writer) { $0.driverName == name }
      guard !gone.isEmpty else { throw ProviderError(.notFound, "no driver named \(name) is registered") }
      return gone
    }
    finishRemoval(of: gone, provider: gone.first?.providerName ?? "")
  }

  /// Adds a template; one of the same name is replaced for new instances.
  public func register(template: any Template) {
    writer.withLock { writer in
      writer.templates[template.name] = template
      publish(&writer)
    }
  }

  /// Adds somebody to ask for a name before its first use.
  public func register(loader: any AlgorithmLoader) {
    writer.withLock { writer in
      writer.loaders.append(loader)
      publish(&writer)
    }
  }

  /// Who is asked, in order.
  public var loaders: [any AlgorithmLoader] { writer.withLock { $0.loaders } }

  /// Puts a driver out of service with a reason, as a failed self-test does.
  ///
  /// - Throws: ``ProviderError/Code/notFound``.
  public func quarantine(driver name: String, reason: ProviderError) throws(ProviderError) {
    guard let algorithm = algorithms.first(where: { $0.driverName == name }) else {
      throw ProviderError(.notFound, "no driver named \(name) is registered")
    }
    quarantine(algorithm, reason)
  }

  /// The registered providers, in the order they came.
  public var providers: [any Provider] { writer.withLock { $0.providers } }

  /// The templates, by name.
  public var templates: [any Template] { snapshot.templates.values.sorted { $0.name < $1.name } }

  /// All registered drivers in the order they came, then the instances that templates made.
  public var algorithms: [Algorithm] { snapshot.algorithms + instances.all }

  func quarantine(_ algorithm: Algorithm, _ reason: ProviderError) {
    algorithm.conclude(.failed(reason.from(driver: algorithm.driverName)))
    let removed = instances.remove { $0.depends(on: algorithm) }
    // Ranked anew, so that the next best is the first to be looked at.
    writer.withLock { publish(&$0) }
    measured?.withdrawUnusable()
    notify(.quarantined(driver: algorithm.driverName, reason: reason))
    for instance in removed { notify(.removedInstance(driver: instance.driverName)) }
  }

  private func remove(from writer: inout Writer, where isGone: (Algorithm) -> Bool) -> [Algorithm] {
    let gone = writer.algorithms.filter(isGone)
    guard !gone.isEmpty else { return [] }
    writer.algorithms.removeAll(where: isGone)
    for algorithm in gone { algorithm.markDead() }
    publish(&writer)
    return gone
  }

  private func finishRemoval(of gone: [Algorithm], provider: String) {
    let removed = instances.remove { instance in gone.contains { instance.depends(on: $0) } }
    measured?.withdrawUnusable()
    notify(.unregistered(provider: provider, drivers: gone.map(\.driverName)))
    for instance in removed { notify(.removedInstance(driver: instance.driverName)) }
  }

  private static func validate(_ driver: any AlgorithmDriver) throws(ProviderError) {
    let descriptor = driver.descriptor
    _ = try AlgorithmName(parsing: descriptor.name)
    _ = try AlgorithmName(parsing: descriptor.driverName)
    func refuse(_ why: String) -> ProviderError {
      ProviderError(
        .invalidArgument, "\(descriptor.driverName) cannot be registered: \(why)", driver: descriptor.driverName)
    }
    guard descriptor.priority >= 0 else { throw refuse("its priority is negative") }
    guard descriptor.blockSize > 0, descriptor.alignment > 0, descriptor.alignment & (descriptor.alignment - 1) == 0
    else {
      throw refuse("block size and alignment are at least 1, and alignment is a power of two")
    }
    guard driver.kindDriver.kind == descriptor.kind else {
      throw refuse("it does not implement the protocol of its kind, \(descriptor.kind.rawValue)")
    }
    guard
      descriptor.flags.contains(.internalOnly) || !driver.knownAnswers.isEmpty
        || !KnownAnswers.answers(for: descriptor.name).isEmpty
    else { throw refuse("there is no known-answer test for \(descriptor.name), and the driver brings none") }
  }
}

/// The names that are in use, to find collisions while a provider's drivers are added.
private struct TakenNames {
  private var names: Set<String> = []
  private var drivers: Set<String> = []

  init(_ algorithms: [Algorithm]) {
    for algorithm in algorithms {
      names.insert(algorithm.name)
      drivers.insert(algorithm.driverName)
    }
  }

  /// The kernel's rule: a driver name may exist once, and a name may not equal another's driver name.
  mutating func claim(_ new: AlgorithmDescriptor) throws(ProviderError) {
    if drivers.contains(new.driverName) || names.contains(new.driverName) {
      throw ProviderError(
        .exists, "the driver name \(new.driverName) is taken: a driver may be registered once", driver: new.driverName)
    }
    if drivers.contains(new.name) {
      throw ProviderError(
        .exists, "the name \(new.name) is the driver name of another algorithm", driver: new.driverName)
    }
    names.insert(new.name)
    drivers.insert(new.driverName)
  }
}
