// What a host's own driver is at and has done, for people.
// SPDX-License-Identifier: Apache-2.0

import HostControl

/// The part of `wdprov device status` that is the driver's.
enum DriverRendering {
  /// Facts, then the mediated devices; nothing where the host has no driver.
  static func text(_ driver: JSONValue?) -> String {
    guard let driver, driver != .null else { return "" }
    let mediated = driver["mediatedDevices"]?.elements ?? []
    return FactList.text(facts(driver)) + (mediated.isEmpty ? "" : "\n" + MediatedRendering.list(mediated))
  }

  private static func facts(_ driver: JSONValue) -> [(heading: String, text: String)] {
    func text(_ member: String) -> String { Cell.text(driver[member]) }
    let state = driver["obstacle"]?.text ?? (driver["working"]?.flag == true ? "works" : "is lost")
    let isolation =
      driver["isolateStrategy"]?.count == 0
      ? "never" : "after \(text("isolateStrategy")) errors an hour, \(text("recentErrors")) in the last"
    return [
      ("driver", "\(text("deviceAPI")), \(Cell.list(driver["algorithms"])): \(state)"),
      ("socket", text("socket")),
      (
        "queues",
        "\(text("queueCount")), \(text("availableInstances")) free, \(text("kernelQueues")) of the kernel path,"
          + " \(text("clients")) clients, depth \(text("queueDepth"))"
      ),
      (
        "memory",
        "\(text("dmaFlag")): \(text("addressSpaces")) address spaces, \(text("mappings")) mappings,"
          + " \(text("copiedBytes")) bytes copied, \(text("bufferBytes")) bytes of kernel buffers"
      ),
      ("isolation", driver["isolated"]?.flag == true ? "isolated: \(isolation)" : isolation),
      (
        "events",
        "\(text("events")), interrupts \(Cell.list(driver["interrupts"])), \(text("lostInterrupts")) lost,"
          + " \(text("spuriousInterrupts")) spurious, \(text("asynchronousEvents")) asynchronous"
      ),
      (
        "troubles",
        "\(text("timeouts")) time-outs, \(text("mailboxErrors")) of the mailbox, \(text("queueErrors")) of queues,"
          + " \(text("resets")) resets, \(text("failedResets")) failed"
      ),
    ]
  }
}
