// Why a stream did not do what it was asked: its data, or its queue.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveQueue

/// Why deflate data or its queue did not do what was asked.
public enum ZipError: Error, Hashable, Sendable {
  /// The input is not what its format says; for people.
  case corrupt(String)
  /// The stream was made with a preset dictionary of this Adler-32, which the engine cannot take.
  case dictionaryNeeded(UInt32)
  /// The queue or the device failed: the data is not to blame.
  case queue(QueueError)

  /// What happened, for people.
  public var message: String {
    switch self {
    case .corrupt(let message): message
    case .dictionaryNeeded(let identifier):
      "the data was made with a preset dictionary whose Adler-32 is \(String(identifier, radix: 16))"
    case .queue(let error): error.message
    }
  }
}
