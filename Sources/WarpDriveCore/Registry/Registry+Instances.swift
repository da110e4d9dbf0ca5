// Making instances of templates, keeping them on the best parts, and asking loaders.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension Registry {
  /// Asks the loaders for `name`; concurrent askers wait for the one who asks.
  func load(_ name: String) {
    let loaders = loaders
    guard !loaders.isEmpty else { return }
    let (larval, isMaker) = instances.larval(for: "load " + name)
    if isMaker {
      for loader in loaders { loader.load(name, into: self) }
      withSnapshot { $0.index[name]?.isAsked.store(true, ordering: .relaxed) }
      instances.complete("load " + name, larval, nil)
    } else {
      _ = try? larval.wait(configuration.larvalTimeLimit, for: name)
    }
  }

  /// Asks the loaders for everything that they have, as a listing does.
  public func loadAll() {
    for loader in loaders { loader.loadAll(into: self) }
  }

  /// Makes an instance for `TEMPLATE(ARGUMENT,…)`; false where `name` names no template.
  ///
  /// Concurrent askers wait for the one who makes it; a failure is not remembered.
  func instantiate(_ name: String) throws(ProviderError) -> Bool {
    guard name.utf8.contains(UInt8(ascii: "(")), let parsed = try? AlgorithmName(parsing: name),
      let template = snapshot.templates[parsed.base]
    else { return false }
    guard parsed.arguments.count == template.argumentKinds.count else {
      throw ProviderError(
        .invalidName,
        "\(template.name) takes \(template.argumentKinds.count) argument(s), as in \(template.name)(\(Array(repeating: "NAME", count: template.argumentKinds.count).joined(separator: ",")))"
      )
    }
    let (larval, isMaker) = instances.larval(for: name)
    guard isMaker else {
      if let error = try larval.wait(configuration.larvalTimeLimit, for: name) { throw error }
      return true
    }
    do throws(ProviderError) {
      try make(template, parsed.arguments.map(\.description))
      instances.complete(name, larval, nil)
      return true
    } catch {
      instances.complete(name, larval, error)
      throw error
    }
  }

  private func make(_ template: any Template, _ arguments: [String]) throws(ProviderError) {
    let generation = withSnapshot { $0.generation }
    var parts: [Algorithm] = []
    for (argument, kinds) in zip(arguments, template.argumentChoices) {
      parts.append(try part(argument, of: kinds, for: template))
    }
    let driver = try template.makeDriver(over: parts.map(TemplatePart.init))
    var descriptor = driver.descriptor
    descriptor.flags.insert(.instance)
    // What an instance is built on decides whether it runs in hardware, and whether that is a model.
    for part in parts { descriptor.flags.formUnion(part.descriptor.flags.intersection([.hardware, .emulated])) }
    let order = writer.withLock { writer -> UInt64 in
      writer.order += 1
      return writer.order
    }
    let algorithm = Algorithm(
      driver, descriptor: descriptor, providerName: "template:" + template.name, order: order, spawns: parts)
    let added = instances.add(.init(algorithm: algorithm, arguments: arguments, generation: generation))
    // A part may have gone while the instance was being made; its removal could not see the instance.
    if added.algorithm.spawns.contains(where: { $0.state != .live }) {
      _ = instances.remove { $0 === added.algorithm }
      throw ProviderError(.notFound, "\(descriptor.name) lost what it is built on while it was made: ask again")
    }
    withSnapshot { $0.index[descriptor.name]?.hasInstances.store(true, ordering: .relaxed) }
    if added.isNew { notify(.instantiated(driver: descriptor.driverName)) }
  }

  /// The algorithm that an argument leads to.
  func part(
    _ argument: String, of kinds: Set<AlgorithmKind>, for template: any Template
  ) throws(ProviderError) -> Algorithm {
    if kinds.count == 1, let kind = kinds.first { return try algorithm(argument, kind) }
    let found = try algorithm(argument)
    guard kinds.contains(found.kind) else {
      throw ProviderError(
        .invalidArgument, "\(template.name) does not take \(found.name), which is of kind \(found.kind.rawValue)")
    }
    return found
  }

  /// The living instances of `name`, after those for whose parts something better came are removed.
  func liveInstances(named name: String) -> [Algorithm] {
    var living: [Algorithm] = []
    for instance in instances.named(name) {
      let generation = withSnapshot { $0.generation }
      if instance.generation != generation {
        if isOutdated(instance) {
          for gone in instances.remove(where: { $0 === instance.algorithm }) {
            notify(.removedInstance(driver: gone.driverName))
          }
          // The next round of the lookup makes it anew on the better parts.
          _ = try? instantiate(instance.algorithm.name)
          living += instances.named(name).map(\.algorithm).filter { other in
            other !== instance.algorithm && !living.contains { $0 === other }
          }
          continue
        }
        instances.confirm(instance.algorithm, generation)
      }
      if !living.contains(where: { $0 === instance.algorithm }) { living.append(instance.algorithm) }
    }
    return living
  }

  /// Whether an argument, asked for again, leads to another part: something better passed its test, or policy changed.
  private func isOutdated(_ instance: InstanceTable.Instance) -> Bool {
    for (argument, part) in zip(instance.arguments, instance.algorithm.spawns) {
      guard let best = try? algorithm(argument, part.kind) else { return true }
      // What is itself built on the instance cannot replace its part.
      if best !== part, !best.depends(on: instance.algorithm) { return true }
    }
    return false
  }
}
