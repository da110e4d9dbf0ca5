// The software that goes on with a stream whose device failed; given by whoever puts a registry together.
// SPDX-License-Identifier: Apache-2.0

public import HisiliconQueue
public import WarpDriveCore

/// Software drivers that go on where a device failed in the middle of a stream.
///
/// Without them such a stream ends with its device's error.
public struct ZipSoftware: Sendable {
  /// The most compressed bytes of a stream that are kept for decompressing it again.
  public static let replayLimit = 16 << 20

  private let driver: @Sendable (ZipFormat) -> (any CompressionDriver)?

  /// Makes the set; `driver` gives the one of a format, that of raw deflate with preset dictionaries.
  public init(_ driver: @escaping @Sendable (ZipFormat) -> (any CompressionDriver)?) { self.driver = driver }

  /// The compression drivers of a provider, each for the format whose algorithm it has.
  public init(driversOf provider: some Provider) {
    let drivers = provider.drivers.compactMap { driver -> (any CompressionDriver)? in
      if case .compression(let driver) = driver.kindDriver { driver } else { nil }
    }
    self.init { format in drivers.first { $0.descriptor.name == format.algorithm } }
  }

  /// No software.
  public static let none = ZipSoftware { _ in nil }

  func driver(_ format: ZipFormat) -> (any CompressionDriver)? { driver(format) }
}
