// Compresses with the accelerator's model, in this process, through a driver of a hundred lines.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HisiliconModel

@main
enum DeviceExample {
  static func main() {
    do {
      if let path = CommandLine.arguments.dropFirst().first {
        let file = [UInt8](try Data(contentsOf: URL(filePath: path)))
        try FileHandle.standardOutput.write(contentsOf: compress(file))
      } else {
        try demonstrate()
      }
    } catch {
      try? FileHandle.standardError.write(contentsOf: Array("device: \(error)\n".utf8))
      exit(70)
    }
  }

  /// One gzip member.
  static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
    let accelerator = try Accelerator()
    defer { accelerator.shutdown() }
    let driver = try SmallDriver(ModelFunction(accelerator))
    return try SmallDriver.gzipHeader + driver.run(.compress, bytes)
  }

  /// There and back, on two engines, with a trace of what the driver does.
  static func demonstrate() throws {
    let message = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 * $0 >> 12) }

    var options = Accelerator.Options()
    options.revision = .v3
    options.engineCount = 2
    options.trace = { event in
      if case .doorbell = event.kind { print(event) }
    }
    let accelerator = try Accelerator(options)
    defer { accelerator.shutdown() }
    let driver = try SmallDriver(ModelFunction(accelerator))
    let packed = try driver.run(.compress, message)
    let unpacked = try driver.run(.decompress, packed)

    guard unpacked == message else { throw DriverFailure("what came back is not what was sent") }
    print("\(message.count) bytes to \(packed.count) and back")
    // Two more requests, of which the model is told to spoil one.
    try accelerator.inject(Injection(.requestStatus, queue: 0, count: 1, value: 0x0e))
    do {
      _ = try driver.run(.compress, message)
      throw DriverFailure("an injected fault went unnoticed")
    } catch let error as RequestFailure {
      print("injected: \(error)")
    }
    _ = try driver.run(.compress, message)
    for queue in accelerator.status.functions[0].queues {
      print("queue \(queue.number): \(queue.counters.requests) requests, \(queue.counters.errors) errors")
    }
  }
}
