// What a queue or its data reports, as the registry's error.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import WarpDriveCore
import WarpDriveQueue

extension ProviderError {
  /// The registry's error for one of a queue: always the driver's fault, so that the request runs on a fallback.
  init(_ error: QueueError) {
    let code: Code =
      switch error.code {
      case .busy, .again: .busy
      case .timedOut: .timedOut
      case .deviceLost, .resetting: .deviceLost
      case .resourceExhausted: .resourceExhausted
      case .notFound, .denied, .unsupported, .version: .unavailable
      case .failed, .exists, .invalid: .backendFailure
      }
    self.init(code, error.message, backend: Backend(library: "hisi_zip", number: Int(error.code.rawValue)))
  }

  /// The registry's error for one of a stream.
  init(_ error: ZipError, _ format: ZipFormat) {
    switch error {
    case .corrupt(let message):
      self.init(
        .corruptInput, "this is no sound \(format.algorithm) data (\(message)): get it again from where it came from")
    case .dictionaryNeeded(let identifier):
      self.init(
        .dictionaryNeeded,
        "this \(format.algorithm) data was made with a preset dictionary whose Adler-32 is "
          + "\(String(identifier, radix: 16)), which the engine cannot take: decompress it with a software driver")
    case .queue(let error): self.init(error)
    }
  }
}

extension ZipFormat {
  /// The algorithm's name in a registry.
  var algorithm: String {
    switch self {
    case .deflate: "deflate"
    case .zlib: "zlib-deflate"
    case .gzip: "gzip"
    }
  }
}
