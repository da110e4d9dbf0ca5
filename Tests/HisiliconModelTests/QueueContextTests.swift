// Which contexts start a queue, and what the "get" mailboxes say about it.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Testing

@testable import HisiliconModel

@Suite("Queue contexts")
struct QueueContextTests {
  private let engines: ScriptedEngines

  init() throws { engines = try ScriptedEngines() }

  @Test("the contexts may come in either order", arguments: [false, true])
  func order(completionFirst: Bool) throws {
    let rig = try QueueRig(engines.scheduler)
    #expect(!rig.queue.isRunning)
    if completionFirst { try rig.queue.startCQ(rig.completionContext(), memory: rig.space) }
    try rig.queue.startSQ(rig.submissionContext(), memory: rig.space)
    #expect(rig.queue.isRunning == completionFirst)
    if !completionFirst { try rig.queue.startCQ(rig.completionContext(), memory: rig.space) }
    #expect(rig.queue.isRunning)
    rig.submit(QueueRig.request(tag: 1))
    #expect(rig.consume(1).map(\.tag) == [1])
  }

  @Test("a submission context with a wrong field starts nothing and says which", arguments: QueueContextTests.bad)
  func badSubmission(change: BadContext) throws {
    let rig = try QueueRig(engines.scheduler)
    var context = rig.submissionContext()
    change.submission(&context)
    #expect(throws: QueueError(field: change.field)) { try rig.queue.startSQ(context, memory: rig.space) }
    try rig.queue.startCQ(rig.completionContext(), memory: rig.space)
    #expect(!rig.queue.isRunning)
  }

  struct BadContext: Sendable, CustomTestStringConvertible {
    let field: QueueError.Field
    let submission: @Sendable (inout hisi_sqc) -> Void
    var testDescription: String { "\(field)" }
  }

  private static let bad = [
    BadContext(field: .depth) { $0.dw3 &= ~HISI_SQC_DW3_DEPTH_MASK },
    BadContext(field: .entrySize) { $0.dw3 ^= 1 << HISI_SQC_DW3_SIZE_SHIFT },
    BadContext(field: .base) {
      $0.base_l = 0xffff_ff00
      $0.base_h = 0xffff_ffff
    },
    BadContext(field: .index) { $0.tail = 16 },
    BadContext(field: .index) { $0.head = 16 },
    BadContext(field: .completionQueue) { $0.cq_num = 9 },
    BadContext(field: .direction) { $0.w13 |= 2 << UInt16(HISI_SQC_W13_TYPE_SHIFT) },
  ]

  @Test("a completion context with a wrong field starts nothing and says which")
  func badCompletion() throws {
    let rig = try QueueRig(engines.scheduler)
    var context = rig.completionContext()
    context.base_l += 8
    #expect(throws: QueueError(field: .base)) { try rig.queue.startCQ(context, memory: rig.space) }
    context = rig.completionContext()
    context.dw3 += 1 << HISI_CQC_DW3_SIZE_SHIFT
    #expect(throws: QueueError(field: .entrySize)) { try rig.queue.startCQ(context, memory: rig.space) }
    context = rig.completionContext()
    context.head = 16
    #expect(throws: QueueError(field: .index)) { try rig.queue.startCQ(context, memory: rig.space) }
  }

  @Test("a refused context leaves a running queue as it is")
  func refusedWhileRunning() throws {
    let rig = try QueueRig(engines.scheduler)
    try rig.start()
    var context = rig.submissionContext()
    context.cq_num = 7
    #expect(throws: QueueError.self) { try rig.queue.startSQ(context, memory: rig.space) }
    rig.submit(QueueRig.request(tag: 4))
    #expect(rig.consume(1).map(\.tag) == [4])
  }

  @Test("revision 0x20 has the depth in w8, and its doorbells repeat no number")
  func firstRevision() throws {
    let rig = try QueueRig(engines.scheduler, depth: 4, revision: HISI_QM_HW_V1)
    try rig.start()
    for tag in 0..<9 as Range<UInt32> {
      rig.push(QueueRig.request(tag: tag))
      rig.ring(rand: 0x1234)
      #expect(rig.consume(1).map(\.tag) == [tag])
    }
  }

  @Test("tails follow doorbells and completions, and their wrap bits toggle at each lap")
  func snapshots() throws {
    let rig = try QueueRig(engines.scheduler, depth: 4)
    try rig.start()
    for lap in 0..<3 {
      for slot in 0..<4 as Range<UInt16> {
        let wrap = UInt16(lap % 2) * UInt16(HISI_QC_W11_TAIL_WRAP)
        #expect(rig.queue.sqContext.tail == slot)
        #expect(rig.queue.sqContext.w11 & UInt16(HISI_QC_W11_TAIL_WRAP) == wrap)
        #expect(rig.queue.cqContext.tail == slot)
        #expect(rig.queue.cqContext.w11 & UInt16(HISI_QC_W11_TAIL_WRAP) == wrap)
        #expect(rig.queue.cqContext.dw6 & HISI_CQC_DW6_PHASE == (lap % 2 == 0 ? 1 : 0))
        rig.submit(QueueRig.request(tag: 0))
        #expect(rig.consume(1).count == 1)
        #expect(rig.settle())
      }
    }
    #expect(rig.queue.sqContext.base_l == rig.submissionContext().base_l)
    #expect(rig.queue.sqContext.dw3 == rig.submissionContext().dw3)
    #expect(rig.queue.cqContext.dw3 == rig.completionContext().dw3)
  }

  @Test("the completion context says whether the queue is armed")
  func armedSnapshot() throws {
    let rig = try QueueRig(engines.scheduler)
    try rig.start(isArmed: true)
    #expect(rig.queue.cqContext.dw6 & HISI_CQC_DW6_ARMED != 0)
    rig.acknowledge(arm: false)
    #expect(rig.queue.cqContext.dw6 & HISI_CQC_DW6_ARMED == 0)
    rig.acknowledge(arm: true)
    #expect(rig.queue.cqContext.dw6 & HISI_CQC_DW6_ARMED != 0)
  }

  @Test("a context whose tail is beyond its head has requests to begin with")
  func initialRequests() throws {
    let rig = try QueueRig(engines.scheduler)
    rig.push(QueueRig.request(tag: 0))
    rig.push(QueueRig.request(tag: 1))
    rig.push(QueueRig.request(tag: 2))
    var context = rig.submissionContext()
    context.head = 1
    context.tail = 3
    try rig.queue.startSQ(context, memory: rig.space)
    try rig.queue.startCQ(rig.completionContext(), memory: rig.space)
    #expect(rig.consume(2).map(\.slot) == [1, 2])
    #expect(engines.script.started == [1, 2])
  }

  @Test("a context that the driver marked as disabled obeys no doorbell")
  func disabled() throws {
    let rig = try QueueRig(engines.scheduler)
    var context = rig.submissionContext()
    context.w13 |= UInt16(HISI_SQC_W13_DISABLED)
    try rig.queue.startSQ(context, memory: rig.space)
    try rig.queue.startCQ(rig.completionContext(), memory: rig.space)
    rig.submit(QueueRig.request(tag: 0))
    #expect(!rig.queue.isRunning)
    #expect(rig.queue.counters.stoppedDoorbells == 1)
  }

  @Test("a queue that was killed has contexts of zeros")
  func killed() throws {
    let rig = try QueueRig(engines.scheduler)
    try rig.start()
    rig.submit(QueueRig.request(tag: 0))
    #expect(rig.consume(1).count == 1)
    #expect(rig.queue.kill(within: patience))
    #expect(rig.queue.sqContext.base_h == 0 && rig.queue.sqContext.tail == 0)
    #expect(rig.queue.cqContext.base_h == 0 && rig.queue.cqContext.dw6 == 0)
  }

  @Test("starting anew begins at the new context's positions and phase")
  func restart() throws {
    let rig = try QueueRig(engines.scheduler, depth: 4)
    for round in 0..<3 as Range<UInt32> {
      try rig.start()
      for tag in 0..<3 as Range<UInt32> {
        rig.submit(QueueRig.request(tag: round << 8 | tag))
        #expect(rig.consume(1).map(\.tag) == [round << 8 | tag])
      }
      if round == 0 { #expect(rig.queue.stop(within: patience) == .drained) }
      if round == 1 { #expect(rig.queue.kill(within: patience)) }
    }
  }
}
