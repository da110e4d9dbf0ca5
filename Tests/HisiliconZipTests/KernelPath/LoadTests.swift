// What the accelerator's drivers tell of their load.
// SPDX-License-Identifier: Apache-2.0

import HisiliconZip
import Testing
import WarpDriveCore
import WarpDriveQueue

@Suite("Load of the accelerator") struct LoadTests {
  @Test("an idle path has nothing in flight, and asking opens nothing")
  func idle() {
    let provider = HisiliconZipProvider(isEmulated: true) { () throws(QueueError) -> ZipDevice in
      Issue.record("asking for the load opened the device")
      throw QueueError(.notFound, "not there")
    }
    #expect(provider.drivers.map { $0.load() } == Array(repeating: DriverLoad(inFlight: 0, depth: 1024), count: 3))
  }
}
