// An accelerator with a driver on one of its functions, ready for queues.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel

/// A model of its own for one test, and drivers on its functions.
final class TestRig {
  let accelerator: Accelerator
  let driver: TestDriver

  /// Brings the physical function up.
  init(
    _ revision: Revision = .v3, engines: Int = 1, virtualFunctions: Int = 0, isBroughtUp: Bool = true,
    _ change: (inout Accelerator.Options) -> Void = { _ in }
  ) throws {
    var options = Accelerator.Options()
    options.revision = revision
    options.engineCount = engines
    options.virtualFunctionCount = virtualFunctions
    change(&options)
    accelerator = try Accelerator(options)
    let vectors = revision == .v1 ? 1 : 4
    driver = try TestDriver(ModelFunction(accelerator), revision: revision, vectors: vectors)
    if isBroughtUp { try driver.bringUp() }
  }

  deinit {
    accelerator.shutdown(drainingFor: 0)
  }

  /// A driver of a virtual function with its event queues started.
  func virtualDriver(_ index: Int) throws -> TestDriver {
    let revision = accelerator.options.revision
    let vectors = revision == .v1 ? 1 : revision == .v2 ? 2 : 4
    let driver = try TestDriver(ModelFunction(accelerator, function: index), revision: revision, vectors: vectors)
    try driver.startEvents()
    return driver
  }

  /// How many interrupts a vector of a function has sent.
  func interrupts(_ vector: UInt32, function: Int = 0) -> UInt64 {
    accelerator.status.functions[function].interrupts[Int(vector)]
  }
}

extension TestDriver {
  /// A request whose input is `bytes`, of the kind that the revision has.
  func request(_ bytes: [UInt8], room: Int = 4096, type: UInt32? = nil, tag: UInt64 = 0) throws -> TestRequest {
    let source = try buffer.allocate(max(bytes.count, 1))
    let target = try buffer.allocate(room)
    buffer.store(bytes, at: source)
    let type = type ?? (revision == .v3 ? HISI_ZIP_REQUEST_DEFLATE : HISI_ZIP_REQUEST_ZLIB)
    return TestRequest(
      entry: flatRequest(type, from: source, count: bytes.count, to: target, room: room, tag: tag), target: target)
  }
}

/// A request and where its output goes.
struct TestRequest {
  var entry: hisi_zip_sqe
  var target: UInt64
}
