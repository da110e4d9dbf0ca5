// test and bench: that they look at what they are told to, and say what they found.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("test and bench say what they found")
struct MeasurementTests {
  let tool: Tool

  init() throws { tool = Tool(try TemporaryFolder()) }

  @Test("test checks a driver and reports it in both formats")
  func test() throws {
    let outcome = try tool.run("test", "crc32", "--seed", "7")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.lines[0].hasPrefix("crc32-zlib: passed: "))
    let object = try tool.run("test", "--driver", "crc32-zlib", "--seed", "18446744073709551615", "--json").json()
    #expect(object["passed"] as? Bool == true)
    #expect(object["seed"] as? UInt64 == .max)
    let drivers = try #require(object["drivers"] as? [[String: Any]])
    #expect(drivers.map { $0["driver"] as? String } == ["crc32-zlib"])
    let checks = try #require(drivers[0]["checks"] as? [[String: Any]])
    #expect(checks.contains { $0["check"] as? String == "self-test" && $0["outcome"] as? String == "passed" })
  }

  @Test("test takes a provider, and an instance of a template")
  func selection() throws {
    let object = try tool.run("test", "--provider", "zlib", "--json").json()
    #expect((object["drivers"] as? [[String: Any]])?.count == 5)
    let instance = try tool.run("test", "hmac(sha1-openssl)", "--json").json()
    #expect((instance["drivers"] as? [[String: Any]])?.first?["driver"] as? String == "hmac(sha1-openssl)")
    #expect(try tool.run("test", "--provider", "rubbish").status == 64)
  }

  @Test(
    "bench measures every kind, both ways, beside a plain copy",
    arguments: [
      ("gzip", ["compress", "decompress"]), ("sha256", ["hash"]), ("hmac(sha256)", ["mac"]),
      ("ctr(aes)", ["encrypt", "decrypt"]), ("cbc(aes)", ["encrypt", "decrypt"]), ("gcm(aes)", ["seal", "open"]),
      ("stdrng", ["generate"]),
    ])
  func bench(name: String, operations: [String]) throws {
    // Of names that several drivers serve, one.
    let chosen = ["gzip": "gzip-zlib", "stdrng": "stdrng-openssl"]
    let software = chosen[name].map { ["--driver", $0] } ?? []
    let object = try tool.run(["bench", name, "--sizes", "64,4K", "--seconds", "0.01", "--json"] + software).json()
    let rows = try #require(object["rows"] as? [[String: Any]])
    #expect(rows.map { $0["operation"] as? String } == ["copy", "copy"] + operations.flatMap { [$0, $0] })
    for row in rows {
      #expect([64, 4096].contains(row["size"] as? Int))
      #expect(row["requests"] as? Int ?? 0 > 0)
      #expect(row["megabytesPerSecond"] as? Double ?? 0 > 0)
      #expect(row["p50"] as? Int ?? 0 <= row["p99"] as? Int ?? -1)
      #expect(row["fallbacks"] as? Int == 0)
      #expect(row["emulated"] as? Bool == false)
      #expect((row["ratio"] is Double) == (row["operation"] as? String == "compress"))
    }
  }

  @Test("bench says when a device is a model, on both paths")
  func model() throws {
    let drivers = ["hisi-gzip-acomp", "wd-hisi-gzip"]
    let options = drivers.flatMap { ["--driver", $0] } + ["--sizes", "4K", "--seconds", "0.01"]
    let rows = try #require(
      try tool.run(["bench", "gzip", "--device", "model:21", "--json"] + options).json()["rows"] as? [[String: Any]])
    for driver in drivers {
      let own = rows.filter { $0["driver"] as? String == driver }
      #expect(own.count == 2 && own.allSatisfy { $0["emulated"] as? Bool == true && $0["fallbacks"] as? Int == 0 })
    }
    #expect(try tool.run(["bench", "gzip"] + options).text.contains("a model of a device"))
  }

  @Test("bench takes threads, a queue's depth, a level and a file")
  func options() throws {
    try tool.folder.create("f", Sample.text)
    let object = try tool.run(
      "bench", "gzip", "--driver", "gzip-zlib", "--sizes", "1K", "--seconds", "0.01", "--threads", "2", "--depth", "4",
      "--level", "1", "--file", "f", "--json"
    ).json()
    #expect(object["threads"] as? Int == 2 && object["depth"] as? Int == 4 && object["level"] as? Int == 1)
    #expect(object["data"] as? String == "f")
    #expect((object["rows"] as? [[String: Any]])?.count == 3)
    #expect(try tool.run("bench", "sha256", "--depth", "2").status == 64)
    #expect(try tool.run("bench", "gzip", "--driver", "sha256-openssl").status == 64)
    #expect(try tool.run("bench", "gzip", "--file", "nothing").status == 74)
  }

  @Test("the table begins with what the figures mean, and names each column")
  func table() throws {
    let lines = try tool.run("bench", "crc32", "--sizes", "1K", "--seconds", "0.01").lines
    #expect(lines[0].hasPrefix("Wall-clock MB/s of plain bytes, checked first"))
    #expect(lines[1].split(separator: " ").first == "DRIVER")
    #expect(lines[2].hasPrefix("memcpy"))
    #expect(lines[3].hasPrefix("crc32-zlib"))
  }

  @Test("a driver that fails its check is not measured (1)")
  func broken() throws {
    let broken = Tool(tool.folder, environment: ["WDPROV_CORRUPT_SELFTEST": "crc32-zlib"])
    #expect(try broken.run("bench", "crc32", "--seconds", "0.01").status == 69, "nothing usable of that name")
  }
}
