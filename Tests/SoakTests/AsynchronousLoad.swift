// Tasks that compress through the asynchronous adapter, and some that are cancelled.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

/// Makes adapters and more tasks than they have places, until the time is over.
struct AsynchronousLoad {
  private let scene: Scene

  init(_ scene: Scene) { self.scene = scene }

  func run() async throws {
    var random = RandomSource(seed: 99)
    repeat {
      let compression = try AsyncCompression("gzip", depth: 4, threads: 2, in: scene.registry)
      await withTaskGroup(of: Void.self) { group in
        for index in 0..<48 {
          let bytes = random.pick(scene.messages)
          let isCancelled = index % 3 == 0
          let delay = random.below(3)
          group.addTask { await request(compression, bytes, isCancelled: isCancelled, delay: delay) }
        }
      }
      // A cancelled request keeps its place until the queue is done with it.
      try await SoakTests.eventually { compression.pending == 0 }
      scene.expect(compression.pending == 0, "a place was lost")
    } while !scene.isOver
  }

  private func request(
    _ compression: AsyncCompression, _ bytes: [UInt8], isCancelled: Bool, delay: Int
  ) async {
    let task = Task { try await compression.compress(bytes, capacity: bytes.count + 64) }
    if isCancelled {
      for _ in 0..<delay { await Task.yield() }
      task.cancel()
    }
    do {
      let answer = try await task.value
      scene.tally.add("answered")
      var handle = try scene.registry.compression("gzip")
      scene.expect(try handle.decompress(answer.bytes) == bytes, "a task's answer is wrong")
    } catch let error as ProviderError where isCancelled && error.code == .cancelled {
      scene.tally.add("cancelled")
    } catch {
      scene.fail("a task ended with \(error)")
    }
  }
}
