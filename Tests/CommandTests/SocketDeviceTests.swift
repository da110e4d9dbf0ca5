// A model's functions on vfio-user sockets, driven by other processes: `--device vfio-user:SOCKET`.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import TestPrograms
import Testing

@Suite("A function on a socket is driven by another process")
struct SocketDeviceTests {
  private static let drivers = ["wd-hisi-gzip", "hisi-gzip-acomp"]

  @Test(
    "both paths compress and decompress on it, and gzip takes the result for the original",
    arguments: ["20", "21", "30"], ["pf", "vf"])
  func roundTrip(revision: String, function: String) throws {
    let served = try Served(["--device", "model:\(revision)", "--pf-socket", "pf", "--vf-socket", "vf"])
    var data = Data()
    for round in 0..<8 { data += Sample.text + Sample.noise(30_000 + round) }
    try served.folder.create("f", data)
    for driver in Self.drivers {
      let chosen = ["-v", "--device", "vfio-user:\(function)", "--driver", driver]
      let packed = try served.tool.run(["compress", "-k", "-f"] + chosen + ["f"])
      #expect(packed.status == 0 && packed.errors.contains("(\(driver))"), "\(packed)")
      #expect(!packed.errors.contains("fallback"), "\(packed)")
      #expect(try served.tool.shell("gzip -dc f.gz | cmp - f").status == 0)
      let plain = try served.tool.run(["decompress", "-c"] + chosen + ["f.gz"])
      #expect(plain.status == 0 && plain.output == data && !plain.errors.contains("fallback"), "\(plain)")
    }
    // The server notices the end of the last client a little later than this process.
    var after = try served.function(function == "pf" ? "pf" : "vf1")
    let deadline = Date(timeIntervalSinceNow: 60)
    while after["connected"] as? Bool != false, Date() < deadline {
      usleep(10_000)
      after = try served.function(function == "pf" ? "pf" : "vf1")
    }
    #expect((after["server"] as? [String: Int])?["clients"] == 4 && after["connected"] as? Bool == false)
    #expect(after["mappings"] as? Int == 0, "a client that went leaves nothing mapped")
    #expect(try served.end().status == 0)
  }

  @Test("list shows it as a model, with drivers that passed their tests")
  func listing() throws {
    let served = try Served(["--pf-socket", "pf"])
    let device = "vfio-user:\(served.folder.path("pf"))"
    let object = try served.tool.run("list", "--kind", "compression", "--device", device, "--json").json()
    let all = try #require(object["algorithms"] as? [[String: Any]])
    for driver in Self.drivers {
      let found = try #require(all.first { $0["driver"] as? String == driver })
      #expect(found["emulated"] as? Bool == true && found["hardware"] as? Bool == false, "\(found)")
      #expect(found["selftest"] as? String == "passed", "\(found)")
    }
    let named = Tool(served.folder, environment: ["WDPROV_DEVICE": device])
    let providers = try named.run("providers", "--json").json()["providers"] as? [[String: Any]]
    #expect(providers?.compactMap { $0["source"] as? String }.filter { $0 == device }.count == 2, "\(providers ?? [])")
  }

  @Test("doctor tests the device that WDPROV_DEVICE names, and says what is in the way of one that cannot be had")
  func doctor() throws {
    let served = try Served(["--pf-socket", "pf"])
    func problems(_ device: String) throws -> [String] {
      let tool = Tool(served.folder, environment: ["WDPROV_DEVICE": device])
      return try tool.run("doctor", "--json").json()["problems"] as? [String] ?? []
    }
    #expect(try problems("vfio-user:pf").filter { $0.contains("hisi") } == [])
    let missing = try problems("vfio-user:nowhere")
    #expect(missing.contains { $0.hasPrefix("wd_hisi_zip: vfio-user:nowhere: ") }, "\(missing)")
    let malformed = try problems("vfio:frob")
    #expect(malformed.contains { $0.hasPrefix("WDPROV_DEVICE: there is no device 'vfio:frob'") }, "\(malformed)")
  }

  @Test("a function has one driver at a time: the next host is told (69), and software answers a program's requests")
  func second() throws {
    let served = try Served(["--pf-socket", "pf"])
    try served.folder.create("f", Sample.text)
    let host = try Served(["--device", "vfio-user:\(served.folder.path("pf"))"])
    let refused = try served.tool.run("serve", "--run-dir", "other", "--device", "vfio-user:pf")
    #expect(refused.status == 69 && refused.errors.contains("vfio-user:pf"), "\(refused)")
    let compress = ["compress", "-v", "-k", "-f", "--device", "vfio-user:pf", "--driver", "wd-hisi-gzip", "f"]
    let software = try served.tool.run(compress)
    #expect(software.status == 0 && software.errors.contains("(gzip-zlib, a fallback)"), "\(software)")
    #expect(try host.end().status == 0)
    let later = try served.tool.run(compress)
    #expect(later.status == 0 && later.errors.contains("(wd-hisi-gzip)"), "\(later)")
  }

  @Test("a host drives a function of another's, for both paths of its programs")
  func host() throws {
    let served = try Served(["--pf-socket", "pf"])
    let host = try Served(["--device", "vfio-user:\(served.folder.path("pf"))"])
    let device = try host.status()
    #expect(device["kind"] as? String == "vfio-user" && device["emulated"] as? Bool == true, "\(device)")
    try host.folder.create("f", Sample.text)
    for driver in Self.drivers {
      let outcome = try host.tool.run("compress", "-v", "-k", "-f", "--driver", driver, "f")
      #expect(outcome.status == 0 && outcome.errors.contains("(\(driver))"), "\(outcome)")
      #expect(!outcome.errors.contains("fallback"), "\(outcome)")
      #expect(try host.tool.shell("gzip -dc f.gz | cmp - f").status == 0)
    }
    #expect(try host.tool.run("device", "reset", "hisi_zip-0").status == 0)
    #expect(try host.tool.run("compress", "-v", "-k", "-f", "--driver", "wd-hisi-gzip", "f").status == 0)
    #expect(try host.end().status == 0)
    #expect(try served.end().status == 0)
  }

  @Test("the output is right when the socket's process is killed meanwhile", arguments: drivers)
  func killed(driver: String) throws {
    try Served(["--pf-socket", "pf"]).expectRightOutput(
      killedDuring: ["--device", "vfio-user:pf", "--driver", driver])
  }
}
