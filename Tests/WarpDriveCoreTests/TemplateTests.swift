// Templates: instances on demand, priorities, spawns.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@Suite("Templates")
struct TemplateTests {
  @Test("an instance is made on demand, once, with the kernel's names and priority")
  func onDemand() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", priority: 140))
    let first = try registry.algorithm("hmac(toy)")
    #expect(first.driverName == "hmac(toy-a)")
    #expect(first.name == "hmac(toy)")
    #expect(first.descriptor.priority == 140)
    #expect(first.descriptor.flags.contains(.instance))
    #expect(try registry.algorithm("hmac(toy)") === first)
    #expect(registry.algorithms.count == 2)
  }

  @Test("an instance can be asked for by its driver name before it exists")
  func byDriverName() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", priority: 1), ToyHash(driver: "toy-b"))
    let algorithm = try registry.algorithm("hmac(toy-a)")
    #expect(algorithm.driverName == "hmac(toy-a)")
    #expect(algorithm.name == "hmac(toy)")
  }

  @Test("pcrypt adds 100 to the priority and leaves its base's name alone")
  func pcrypt() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    let algorithm = try registry.algorithm("pcrypt(toyzip)")
    #expect(algorithm.descriptor.priority == 200)
    #expect(algorithm.name == "pcrypt(toyzip)")
    #expect(try registry.algorithm("toyzip").driverName == "toyzip-a")
  }

  @Test("templates nest to any depth")
  func nested() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    let algorithm = try registry.algorithm("pcrypt(pcrypt(toyzip))")
    #expect(algorithm.driverName == "pcrypt(pcrypt(toyzip-a))")
    #expect(algorithm.descriptor.priority == 300)
    #expect(algorithm.spawns.map(\.driverName) == ["pcrypt(toyzip-a)"])
  }

  @Test("unregistering a base removes what is built on it, transitively, and leaves handles alone")
  func spawns() throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    var handle = try registry.compression("pcrypt(pcrypt(toyzip))")
    #expect(registry.algorithms.count == 3)
    try registry.unregister(provider: "toy")
    #expect(registry.algorithms.isEmpty)
    #expect(handle.algorithm.state == .dead)
    #expect(try handle.decompress(handle.compress([1, 2, 3])) == [1, 2, 3])
    let error = #expect(throws: ProviderError.self) { try registry.algorithm("pcrypt(toyzip)") }
    #expect(error?.code == .notFound)
  }

  @Test("a better base replaces the instance for new requests, handles in use go on")
  func betterBase() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", priority: 100))
    var old = try registry.mac("hmac(toy)", key: [1])
    let tag = try old.authenticate([1, 2, 3])
    try registry.register(ToyProvider("better", [ToyHash(driver: "toy-b", priority: 200)]))
    #expect(try registry.algorithm("hmac(toy)").driverName == "hmac(toy-b)")
    #expect(try old.authenticate([1, 2, 3]) == tag)
    try registry.unregister(provider: "better")
    #expect(try registry.algorithm("hmac(toy)").driverName == "hmac(toy-a)")
  }

  @Test("a better base that fails its test replaces nothing")
  func brokenBase() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", priority: 100))
    let instance = try registry.algorithm("hmac(toy)")
    try registry.register(ToyProvider("worse", [ToyHash(driver: "toy-b", priority: 200, answer: "00")]))
    #expect(try registry.algorithm("hmac(toy)") === instance)
  }

  @Test("an instance built by driver name stays on that driver")
  func pinnedBase() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", priority: 100))
    let instance = try registry.algorithm("hmac(toy-a)")
    try registry.register(ToyProvider("better", [ToyHash(driver: "toy-b", priority: 200)]))
    #expect(try registry.algorithm("hmac(toy-a)") === instance)
  }

  @Test("a native driver of higher priority is preferred to the template")
  func native() throws {
    struct NativeMAC: MACDriver {
      let descriptor = AlgorithmDescriptor(
        name: "hmac(toy)", driverName: "hmac-toy-native", priority: 300,
        properties: .mac(.init(tagSize: 8, keyLengths: KeyLengths(0, 64))))
      // The tag that the template computes over the toy hash for the key 01 and the message 02.
      let knownAnswers = [
        KnownAnswer(.mac(key: "01", message: "02", tag: "0000000000000704"), source: "the template's own answer")
      ]
      let inner: any MACDriver
      func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable { try inner.makeTransform() }
    }
    let registry = try Registry.of(ToyHash(driver: "toy-a", priority: 100))
    _ = try registry.algorithm("hmac(toy)")
    let template = try #require(registry.templates.first { $0.name == "hmac" })
    _ = template
    var handle = try registry.mac("hmac(toy)", key: [1])
    #expect(handle.algorithm.driverName == "hmac(toy-a)")
    #expect(try handle.authenticate([2]).count == 8)
  }

  @Test(
    "templates refuse what does not fit",
    arguments: [
      ("hmac(toyzip)", ProviderError.Code.notFound), ("hmac(toy,toy)", .invalidName), ("hmac(wide)", .invalidArgument),
      ("pcrypt(whole)", .invalidArgument), ("frobnicate(toy)", .notFound), ("hmac(nothing)", .notFound),
      ("hmac(toy", .invalidName),
    ])
  func refusals(name: String, code: ProviderError.Code) throws {
    let registry = try Registry.of(
      ToyHash(driver: "toy-a"), ToyHash("wide", driver: "wide-a", blockSize: 4), ToyCompression(driver: "toyzip-a"),
      ToyCompression("whole", driver: "whole-a", joining: .none))
    let error = #expect(throws: ProviderError.self) { try registry.algorithm(name) }
    #expect(error?.code == code, "\(error.debugDescription)")
  }

  @Test("concurrent askers get one instance")
  func concurrently() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", delay: 5_000_000))
    let names = Recorder()
    let all = try Pause.together(8) { _ in
      let algorithm = try? registry.algorithm("hmac(toy)")
      names.add(algorithm.map { "\(ObjectIdentifier($0))" } ?? "error")
    }
    #expect(all)
    #expect(Set(names.lines).count == 1)
    #expect(registry.algorithms.count == 2)
  }

  @Test(
    "pcrypt puts blocks back in order, whatever the threads do",
    arguments: [0, 1, 1000, 1 << 18, 1 << 18 + 1, 2_000_000])
  func order(count: Int) throws {
    let registry = try Registry.of(ToyCompression(driver: "toyzip-a"))
    // No two blocks are alike: 251 divides no power of two.
    let pattern = (0..<251).map { UInt8($0) }
    var input: [UInt8] = []
    while input.count < count { input += pattern.prefix(count - input.count) }
    for threads in [1, 2, 5] {
      var stream = try registry.compressor("pcrypt(toyzip)", .init(threads: threads))
      var output: [UInt8] = []
      var offset = 0
      var isFinished = false
      while !isFinished {
        let piece = Array(input[offset..<min(offset + 50_000, count)])
        output += try [UInt8](capacity: 20_000) { (space: inout OutputRawSpan) throws(ProviderError) in
          let flush: CompressionFlush = offset + piece.count == count ? .finish : .none
          let progress = try stream.step(piece.rawSpan, into: &space, flush: flush)
          offset += progress.consumed
          isFinished = progress.finished
        }
      }
      var back = try registry.compression("toyzip")
      #expect(try back.decompress(output) == input)
    }
  }
}
