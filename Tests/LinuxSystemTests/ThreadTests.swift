// What a thread promises.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

@Suite("Thread")
struct ThreadTests {
  @Test("joining waits for the body and shows what it wrote")
  func join() throws {
    let result = Mailbox()
    let thread = try Thread(name: "worker") { result.value = 42 }
    thread.join()
    #expect(result.value == 42)
  }

  @Test("a thread that nobody joins runs on, and its body is released at its end")
  func detached() throws {
    let ran = Gate()
    let released = Gate()
    do {
      let token = OpensOnRelease(released)
      _ = try Thread(name: "detached") { [token] in
        withExtendedLifetime(token) { ran.open() }
      }
    }
    #expect(ran.wait(nanoseconds: 60_000_000_000))
    #expect(released.wait(nanoseconds: 60_000_000_000))
  }

  @Test(
    "the kernel keeps the first 15 bytes of the name, cut between characters",
    arguments: [
      ("short", "short"), ("exactly-15-byte", "exactly-15-byte"), ("longer than fifteen", "longer than fif"),
      ("fourteen bytesé", "fourteen bytes"), ("", ""),
    ])
  func name(given: String, kept: String) throws {
    let seen = Name()
    let thread = try Thread(name: given) {
      seen.name = (try? FileDescriptor.contents(of: "/proc/thread-self/comm", limit: 64)).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    thread.join()
    #expect(seen.name == kept + "\n")
  }

  /// What the thread under test found; ordered by joining it.
  private final class Name: @unchecked Sendable {
    var name: String?
  }

  /// Opens a gate when the last reference to it goes.
  private final class OpensOnRelease: Sendable {
    private let gate: Gate

    init(_ gate: Gate) {
      self.gate = gate
    }

    deinit {
      gate.open()
    }
  }
}
