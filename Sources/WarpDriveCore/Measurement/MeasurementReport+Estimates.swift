// What a request of one size would cost each driver, from a report.
// SPDX-License-Identifier: Apache-2.0

extension MeasurementReport {
  /// What one driver is expected to take for a request.
  public struct Estimate: Sendable, Equatable {
    /// The driver.
    public let driver: String
    /// The level at which it gives the ratio asked for at the least cost; nil where the operation has none.
    public let level: Int?
    /// Nanoseconds until the last of the requests that are under way together is answered.
    public let nanoseconds: Double
    /// Input bytes for each output byte.
    public let ratio: Double
    /// Whether it gives at least the ratio asked for; who does not never serves.
    public let givesRatio: Bool
    /// Whether the driver is a device, whose requests wait in one queue.
    public let isDevice: Bool
  }

  /// The sizes of requests that were measured, in bytes: in decompression those of the compressed messages.
  public var measuredSizes: [Int] { maker?.sizes.map { Int($0.rounded()) } ?? [] }

  /// What a request of `bytes` is expected to take, by each driver that was measured at such sizes; fastest first, those that
  /// do not give the ratio asked for behind.
  ///
  /// - Parameters:
  ///   - bytes: the request's size.
  ///   - depth: requests under way at once: a device takes them one after the other, software on as many processors as
  ///     there are.
  ///   - processors: processors that software may use.
  public func estimates(bytes: Int, depth: Int = 1, processors: Int = 1) -> [Estimate] {
    guard let maker else { return [] }
    var best: [Int: Estimate] = [:]
    for judged in maker.judged(bytes) {
      let contender = maker.contenders[judged.contender]
      let waves = (max(depth, 1) + max(processors, 1) - 1) / max(processors, 1)
      let rounds = contender.isDevice ? max(depth, 1) : waves
      let estimate = Estimate(
        driver: contender.driver, level: operation == .compress ? judged.level : nil,
        nanoseconds: judged.point.nanoseconds * Double(rounds),
        ratio: Double(bytes) / max(judged.point.output, 1), givesRatio: judged.givesRatio,
        isDevice: contender.isDevice)
      if let other = best[judged.contender], !estimate.isBetter(than: other) { continue }
      best[judged.contender] = estimate
    }
    // Equals stay in the order of their rank.
    return best.sorted { left, right in
      left.value.isBetter(than: right.value)
        || (!right.value.isBetter(than: left.value) && left.key < right.key)
    }.map(\.value)
  }
}

extension MeasurementReport.Estimate {
  /// Whether this comes before `other`: a sufficient ratio first, then the time; of insufficient ones the better ratio.
  fileprivate func isBetter(than other: Self) -> Bool {
    if givesRatio != other.givesRatio { return givesRatio }
    return givesRatio ? nanoseconds < other.nanoseconds : ratio > other.ratio
  }
}
