// Self-test before use: nothing is handed out before it has computed its known answers.
// SPDX-License-Identifier: Apache-2.0

extension Registry {
  /// Runs the self-test of every registered driver that has not been tested.
  ///
  /// - Parameter includingSlow: whether those flagged ``AlgorithmFlags/slowTest`` are tested too.
  public func testAll(includingSlow: Bool = false) {
    for algorithm in snapshot.algorithms
    where includingSlow || !algorithm.descriptor.flags.contains(.slowTest) {
      // The verdict is recorded with the algorithm, which is where a caller reads it.
      _ = try? ensureTested(algorithm)
    }
  }

  /// In the extended mode, tests the drivers of a provider that has just been registered.
  package func testExtended(provider: String) {
    guard configuration.selfTest.rounds > 0 else { return }
    for algorithm in snapshot.algorithms where algorithm.providerName == provider { _ = try? ensureTested(algorithm) }
  }

  /// Makes sure that `algorithm` passed its self-test; runs it where nobody has, waits where somebody does.
  ///
  /// - Throws: the error that put it out of service; ``ProviderError/Code/timedOut``; ``ProviderError/Code/notFound``
  ///   for one that was unregistered.
  public func ensureTested(_ algorithm: Algorithm) throws(ProviderError) {
    if algorithm.state == .live { return }
    if algorithm.state == .dead {
      throw ProviderError(.notFound, "\(algorithm.driverName) was unregistered", driver: algorithm.driverName)
    }
    enum Part {
      case known(Algorithm.SelfTestResult)
      case waiter(Larval<Algorithm.SelfTestResult>)
      case tester(Larval<Algorithm.SelfTestResult>)
    }
    let part = algorithm.testing.withLock { state -> Part in
      if state.result != .untested { return .known(state.result) }
      if let larval = state.larval { return .waiter(larval) }
      let larval = Larval<Algorithm.SelfTestResult>()
      state.larval = larval
      return .tester(larval)
    }
    var result: Algorithm.SelfTestResult
    switch part {
    case .known(let known): result = known
    case .waiter(let larval):
      result = try larval.wait(configuration.larvalTimeLimit, for: "the self-test of \(algorithm.driverName)")
    case .tester(let larval):
      do throws(ProviderError) {
        result = try SelfTest(of: algorithm, in: self).run() ? .passed : .none
        algorithm.conclude(result)
      } catch {
        result = .failed(error.from(driver: algorithm.driverName))
        quarantine(algorithm, error)
      }
      algorithm.testing.withLock { $0.larval = nil }
      larval.complete(result)
      if result == .passed { notify(.tested(driver: algorithm.driverName)) }
    }
    if case .failed(let error) = result { throw error }
  }
}
