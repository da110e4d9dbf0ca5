// Descriptors that came with a message.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The descriptors of one received message; those that nobody took are closed when the value goes.
///
/// No memory is allocated for them.
public struct ReceivedDescriptors: ~Copyable {
  /// The most that one message can carry here; of more, the rest is closed at once.
  public static let most = 16

  fileprivate var numbers: InlineArray<16, Int32>
  /// How many came, taken ones included.
  public fileprivate(set) var count = 0
  /// Whether more came than can be received, so that some are lost.
  public fileprivate(set) var isTruncated = false

  /// Starts without descriptors.
  public init() {
    numbers = InlineArray(repeating: -1)
  }

  deinit {
    for index in 0..<count where numbers[index] >= 0 {
      _ = close(numbers[index])
    }
  }

  /// Hands over a descriptor; nil if it was taken before or there is none of that index.
  public mutating func take(_ index: Int) -> FileDescriptor? {
    guard index >= 0, index < count, numbers[index] >= 0 else { return nil }
    let number = numbers[index]
    numbers[index] = -1
    return FileDescriptor(owning: number)
  }

  /// Closes what nobody took, and starts anew.
  mutating func removeAll() {
    for index in 0..<count where numbers[index] >= 0 {
      _ = close(numbers[index])
      numbers[index] = -1
    }
    count = 0
    isTruncated = false
  }

  /// Receives once into memory, and descriptors into this value, which is empty before.
  mutating func receive(
    on socket: Int32, into base: UnsafeMutableRawPointer, capacity: Int
  ) throws(SystemError) -> Int {
    var received = 0
    var truncated: Int32 = 0
    // The span covers all 16 places, which is what the call may fill.
    var span = numbers.mutableSpan
    let bytes = try unsafe span.withUnsafeMutableBufferPointer { (places) throws(SystemError) in
      guard let places = places.baseAddress else { return 0 }
      return try systemCall("recvmsg") {
        unsafe clinux_receive_message(socket, base, capacity, places, &received, &truncated)
      }
    }
    count = received
    isTruncated = truncated == 1
    return bytes
  }
}
