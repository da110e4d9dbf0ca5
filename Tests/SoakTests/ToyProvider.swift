// A provider that comes and goes: a better driver of an algorithm that others serve too, and one of an algorithm of its own.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WarpDriveCore

/// The provider `toy` with the drivers `crc32-toy` and `sum-toy`.
struct ToyProvider: Provider {
  let name = "toy"
  let version = "1"
  let drivers: [any AlgorithmDriver] = [CyclicRedundancyDriver(), SumDriver()]
}

/// CRC-32 bit by bit; every seventh whole message is handed back, for a fallback to answer.
struct CyclicRedundancyDriver: HashDriver {
  static let driverName = "crc32-toy"
  let descriptor = AlgorithmDescriptor(
    name: "crc32", driverName: driverName, priority: 500,
    properties: .hash(HashProperties(digestSize: 4, isChecksum: true)), flags: .needsFallback)
  private let requests = RequestCounter()

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable { Transform(requests: requests) }

  final class RequestCounter: Sendable {
    private let count = Atomic<Int>(0)
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
  }

  struct Transform: HashTransform, ~Copyable {
    let requests: RequestCounter
    var register: UInt32 = ~0

    mutating func update(_ bytes: RawSpan) throws(ProviderError) {
      for byte in [UInt8](copying: bytes) {
        register ^= UInt32(byte)
        // The polynomial of IEEE 802.3, reflected.
        for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? 0xEDB8_8320 : 0) }
      }
    }

    mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      let value = ~register
      let digest = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
      output.append(copying: digest.rawSpan)
      register = ~0
    }

    mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      if requests.next().isMultiple(of: 7) { throw ProviderError(.deviceLost, "the toy hands a request back") }
      register = ~0
      try update(bytes)
      try finish(count, into: &output)
    }

    mutating func reset() throws(ProviderError) { register = ~0 }

    mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
      Transform(requests: requests, register: register)
    }
  }
}

/// The sum of all bytes in eight bytes, with blocks of 64 bytes, so that `hmac(sum)` can be made of it.
struct SumDriver: HashDriver {
  let descriptor = AlgorithmDescriptor(
    name: "sum", driverName: "sum-toy", priority: 100, properties: .hash(HashProperties(digestSize: 8)), blockSize: 64)
  let knownAnswers = [
    KnownAnswer(.hash(message: "616263", digest: "0000000000000126"), source: "97 + 98 + 99 = 0x126")
  ]

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable { Transform() }

  struct Transform: HashTransform, ~Copyable {
    var sum: UInt64 = 0

    mutating func update(_ bytes: RawSpan) throws(ProviderError) {
      for byte in [UInt8](copying: bytes) { sum &+= UInt64(byte) }
    }

    mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      let digest = (0..<8).map { UInt8(truncatingIfNeeded: sum >> (56 - 8 * UInt64($0))) }
      output.append(copying: digest.rawSpan)
      sum = 0
    }

    mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
      sum = 0
      try update(bytes)
      try finish(count, into: &output)
    }

    mutating func reset() throws(ProviderError) { sum = 0 }
    mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable { Transform(sum: sum) }
  }
}
