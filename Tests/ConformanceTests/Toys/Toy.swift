// Small algorithms that need no library, each right or wrong in one way: what the checks are checked with.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import WarpDriveConformance
import WarpDriveCore

/// What is wrong with a toy driver.
enum Defect: String, Sendable, CaseIterable {
  // Of several kinds.
  case wrongAlways
  case wrongWhenEmpty
  case mixesPieces
  case dependsOnAddress
  case writesPastEnd
  case restartsAtEmptyPiece
  case fillsAllRoom
  case boundToThread
  case wrongWhenLong
  case wrongAboveHundred
  case keepsFinished
  case keepsDropped
  case sharesClones
  case importsAnything
  case mixesLength
  case exportsUnflagged
  case ignoresPartOfKey
  case takesTooManyKeys
  case refusesStatedKey
  case ignoresLastByte
  case shortTag
  // Of ciphers and AEADs.
  case keepsIV
  case changesIVWhenEmpty
  case differsInPlace
  case ignoresPartOfIV
  case decryptsWrongly
  case losesTail
  case remembersDirection
  case ignoresTag
  case comparesPartOfTag
  case ignoresAAD
  case leavesPlaintext
  case breaksAfterForgery
  // Of generators.
  case constant
  case biased
  case shortOutput
  case repeatsSeed
  case seedsAlike
  // Of compression.
  case losesLongRuns
  case breaksHighestLevel
  case understatesBound
  case losesPendingRun
  case standsStill
  case countsTooMuch
  case ignoresFlush
  case ignoresDictionary
  case ignoresHeader
  case usesTail
  case resetsHalf
  case takesCutStreams
  case ignoresChecksum
  case throwsAtEarlyEnd
  case endsEarly
  case otherFormatWhenLong
  // Of the public-key kinds and key derivation.
  case takesAnyPeer
  case disagrees
  case takesAnySignature
  case signsWithoutMessage
  case takesEmptyKey
  case wrongLength
}

/// The mixing function of all toys: the finaliser of SplitMix64, see ``RandomSource``.
func mix(_ value: UInt64) -> UInt64 {
  var z = value &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// Where the toys meet the machine: addresses, threads, and bytes that are not theirs.
enum ToyMachine {
  /// The lowest four bits of the address at which `bytes` begin; 0 for no bytes.
  static func alignment(of bytes: RawSpan) -> UInt64 {
    guard bytes.byteCount > 0 else { return 0 }
    return unsafe bytes.withUnsafeBytes { UInt64(UInt(bitPattern: $0.baseAddress) & 15) }
  }

  /// A number for the calling thread.
  static var thread: UInt64 { UInt64(pthread_self()) }

  /// Changes the byte behind an output, where that is memory of the kit's: the process must live to report it.
  ///
  /// The kit's outputs begin behind a page that cannot be read, or at an address that no allocation has.
  static func writePastEnd(_ output: inout OutputRawSpan) {
    unsafe output.withUnsafeMutableBytes { buffer, _ in
      guard let start = buffer.baseAddress else { return }
      let isOdd = UInt(bitPattern: start) & 15 != 0
      let end = unsafe start + buffer.count
      guard UInt(bitPattern: end) & 4095 != 0 else { return }
      if unsafe isOdd || !isReadable(start - 1) { unsafe end.storeBytes(of: 0x77, as: UInt8.self) }
    }
  }

  /// Whether the byte at `address` may be read: the kernel says so when it is to read a path there.
  private static func isReadable(_ address: UnsafeMutableRawPointer) -> Bool {
    unsafe access(address.assumingMemoryBound(to: CChar.self), F_OK) == 0 || errno != EFAULT
  }
}

/// The first thread that used a driver; the driver is wrong on every other.
final class ToyThread: Sendable {
  private let first = Guarded<UInt64?>(nil)

  /// 0 on the first thread, something else on others.
  func difference() -> UInt64 {
    first.withLock { first in
      let own = ToyMachine.thread
      if first == nil { first = own }
      return first == own ? 0 : 1
    }
  }
}

extension RawSpan {
  /// The byte at `index`.
  func byte(_ index: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self) }
}
