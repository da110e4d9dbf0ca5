// What the host's own driver is and has done, as JSON: the member `driver` of `wdprov device list` and `status`.
// SPDX-License-Identifier: Apache-2.0

import HisiliconZip
import HostControl
import LinuxSystem
import SDMDEV
import WarpDriveQueue

extension HostedDriver {
  private typealias Member = (key: String, value: JSONValue)

  /// What it offers.
  var summary: JSONValue { .object(identity) }

  private var identity: [Member] {
    let status = device.status
    return [
      ("socket", .string(deviceSocket)), ("deviceAPI", .string(status.attributes.deviceAPI)),
      ("algorithms", JSONValue(status.attributes.algorithms)),
      ("dmaFlag", .string(status.attributes.dmaFlags.names)), ("working", .bool(status.isWorking)),
      ("obstacle", JSONValue(status.obstacle)), ("isolated", .bool(status.attributes.isIsolated)),
      ("isolateStrategy", .integer(status.isolateStrategy)),
      ("availableInstances", .integer(status.attributes.availableInstances)),
    ]
  }

  /// Everything that is counted.
  var report: JSONValue {
    let status = device.status
    let sharing: [Member] = [
      ("mediatedDevices", mediatedDevices), ("clients", .integer(server.clientCount(of: registered))),
      ("addressSpaces", .integer(registered.pasidCount)), ("mappings", .integer(registered.mappingCount)),
      ("copiedBytes", JSONValue(registered.copiedByteCount)),
    ]
    return .object(identity + Self.queues(status) + Self.counters(status) + sharing)
  }

  private static func queues(_ status: ZipDeviceStatus) -> [Member] {
    [
      ("virtualFunction", .bool(status.isVirtualFunction)), ("queueCount", .integer(status.queueCount)),
      ("kernelQueues", .integer(status.kernelQueueCount)), ("queueDepth", .integer(status.queueDepth)),
      ("bufferBytes", .integer(status.bufferBytes)), ("recentErrors", .integer(status.recentErrors)),
    ]
  }

  private static func counters(_ status: ZipDeviceStatus) -> [Member] {
    [
      ("interrupts", .array(status.interrupts.map { JSONValue($0) })), ("events", JSONValue(status.events)),
      ("spuriousInterrupts", JSONValue(status.spuriousInterrupts)), ("strayEvents", JSONValue(status.strayEvents)),
      ("asynchronousEvents", JSONValue(status.asynchronousEvents)),
      ("unknownEvents", JSONValue(status.unknownEvents)), ("queueErrors", JSONValue(status.queueErrors)),
      ("lostInterrupts", JSONValue(status.lostInterrupts)), ("timeouts", JSONValue(status.timeouts)),
      ("mailboxErrors", JSONValue(status.mailboxErrors)), ("resets", JSONValue(status.resets)),
      ("failedResets", JSONValue(status.failedResets)),
      ("managerErrors", .array(status.managerErrors.map { JSONValue($0) })),
      ("engineErrors", .array(status.engineErrors.map { JSONValue($0) })), ("messages", JSONValue(status.messages)),
    ]
  }
}
