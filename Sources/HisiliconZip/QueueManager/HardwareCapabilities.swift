// What a function's queue manager and engine can do: from its capability registers, or as its revision is known.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import WarpDriveQueue

/// The capabilities of one function.
struct HardwareCapabilities: Hashable, Sendable {
  /// The errors of one block, by their bits.
  struct Errors: Hashable, Sendable {
    /// Errors that the hardware has corrected.
    var corrected: UInt32
    /// Errors that it has not.
    var uncorrected: UInt32
    /// Of these, the ones after which the device has to be reset.
    var reset: UInt32
  }

  /// The mailbox's STOP_QP.
  var stopsQueues = false
  /// Messages between the physical function and its virtual ones.
  var hasMessages = false
  /// The shaper of the queue windows.
  var hasShaper = false
  /// Prefetching of translations.
  var prefetches = false
  /// Each queue's doorbells in a page of BAR 4.
  var isolatesDoorbells = false
  var eventDepth: UInt32 = 2048
  var asynchronousDepth: UInt32 = 1024
  var submissionDepth: UInt32 = 1024
  var completionDepth: UInt32 = 1024
  var eventVector = Int(HISI_VECTOR_EQ)
  /// Nil where there is none, and the ring has to be looked at.
  var asynchronousVector: Int?
  var messageVector: Int?
  /// Only of the physical function.
  var abnormalVector: Int?
  /// How many queue pairs the device has.
  var deviceQueueCount: UInt32 = 1024
  var queueErrors = Errors(corrected: 0x8, uncorrected: 0x7c77, reset: 0x6c77)
  var engineErrors = Errors(corrected: 0x1, uncorrected: 0x7fe, reset: 0x7fe)
  /// What the queues can do.
  var algorithms = ["zlib", "gzip"]
  /// What 0x301004 is set to: which cores have a clock.
  var clockGates: UInt32 = 0x100ff

  /// Reads what a function can do.
  init(_ registers: FunctionRegisters, _ identity: FunctionIdentity) throws(QueueError) {
    if identity.isVersion1 { return }
    asynchronousVector = Int(HISI_VECTOR_AEQ)
    if !identity.isVirtual { abnormalVector = Int(HISI_VECTOR_ABNORMAL) }
    guard identity.isVersion3 else { return }
    isolatesDoorbells = try registers.read(HISI_QM_QUE_ISO_CFG_V) & 1 != 0
    algorithms = ["zlib", "gzip", "deflate"]
    engineErrors.uncorrected = 0x1ffe
    clockGates = 0x1001f
    if !identity.isVirtual { deviceQueueCount = try registers.read(HISI_QM_CAPBILITY) & 0x7ff }
    let function = try registers.read(HISI_QM_CAP_FUNC)
    // Version 0 of the registers: the values are those of the first hardware that has them.
    let hasRegisters = function & HISI_QM_CAP_FUNC_VERSION_MASK != 0
    setFlags(hasRegisters ? function : 0x6f01)
    messageVector = hasMessages ? Int(HISI_VECTOR_MESSAGE) : nil
    if hasRegisters { try readRegisters(registers, identity) }
  }

  private mutating func setFlags(_ word: UInt32) {
    stopsQueues = word & HISI_QM_CAP_FUNC_STOP_QP != 0
    hasMessages = word & HISI_QM_CAP_FUNC_MESSAGES != 0
    hasShaper = word & HISI_QM_CAP_FUNC_QOS != 0
    prefetches = word & HISI_QM_CAP_FUNC_SVA_PREFETCH != 0
  }

  private mutating func readRegisters(
    _ registers: FunctionRegisters, _ identity: FunctionIdentity
  ) throws(QueueError) {
    let eventDepths = try registers.read(HISI_QM_CAP_EQ_DEPTH)
    eventDepth = Self.depth(eventDepths & 0xffff, otherwise: eventDepth)
    asynchronousDepth = Self.depth(eventDepths >> 16, otherwise: asynchronousDepth)
    let depths = try registers.read(HISI_QM_CAP_QP_DEPTH)
    submissionDepth = Self.depth(depths & 0xffff, otherwise: submissionDepth)
    completionDepth = Self.depth(depths >> 16, otherwise: completionDepth)
    eventVector = try Self.vector(registers, HISI_QM_CAP_EQ_IRQ) ?? eventVector
    asynchronousVector = try Self.vector(registers, HISI_QM_CAP_AEQ_IRQ)
    let message = try Self.vector(registers, HISI_QM_CAP_MESSAGE_IRQ)
    if hasMessages { messageVector = message }
    let algorithmBits = try registers.read(HISI_ZIP_CAP_DEV_ALG)
    let table: [(String, UInt32)] = [("zlib", 0x3), ("gzip", 0xc), ("deflate", 0x30)]
    algorithms = table.filter { algorithmBits & $0.1 == $0.1 }.map(\.0)
    guard !identity.isVirtual else { return }
    abnormalVector = try Self.vector(registers, HISI_QM_CAP_ABNORMAL_IRQ)
    queueErrors = Errors(
      corrected: try registers.read(HISI_QM_CAP_CE), uncorrected: try registers.read(HISI_QM_CAP_NFE),
      reset: try registers.read(HISI_QM_CAP_RESET))
    engineErrors = Errors(
      corrected: try registers.read(HISI_ZIP_CAP_CE), uncorrected: try registers.read(HISI_ZIP_CAP_NFE),
      reset: try registers.read(HISI_ZIP_CAP_RESET))
    let cores = try registers.read(HISI_ZIP_CAP_CORES_ENABLED)
    clockGates = 0x10000 | cores >> 16 | cores & 0xffff
  }

  /// [31:16] the type, 0 where the interrupt is absent; [15:0] the vector.
  private static func vector(_ registers: FunctionRegisters, _ offset: UInt32) throws(QueueError) -> Int? {
    let word = try registers.read(offset)
    return word >> 16 == 0 ? nil : Int(word & 0xffff)
  }

  /// What a context can hold.
  private static func depth(_ value: UInt32, otherwise: UInt32) -> UInt32 {
    (2...4096).contains(value) ? value : otherwise
  }
}
