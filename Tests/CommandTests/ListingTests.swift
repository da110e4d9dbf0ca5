// list, providers, info and doctor: what scripts and people read.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Listings say the same thing in every format")
struct ListingTests {
  let tool: Tool

  init() throws { tool = Tool(try TemporaryFolder()) }

  private func algorithms(_ arguments: String...) throws -> [[String: Any]] {
    let object = try tool.run(["list", "--json"] + arguments).json()
    return try #require(object["algorithms"] as? [[String: Any]])
  }

  @Test("every driver of the built-in providers is listed, tested and live")
  func json() throws {
    let all = try algorithms()
    let drivers = all.compactMap { $0["driver"] as? String }
    #expect(Set(drivers).count == all.count)
    for driver in [
      "gzip-zlib", "crc32-zlib", "sha256-openssl", "gcm-aes-openssl", "hmac-sha256-openssl", "stdrng-openssl",
    ] {
      #expect(drivers.contains(driver))
    }
    for algorithm in all {
      #expect(algorithm["selftest"] as? String == "passed", "\(algorithm)")
      #expect(algorithm["state"] as? String == "live")
      #expect(algorithm["hardware"] as? Bool == false)
      let isModel = ["hisi_zip", "wd_hisi_zip"].contains(algorithm["provider"] as? String)
      #expect(algorithm["emulated"] as? Bool == isModel)
      #expect(algorithm["refcount"] as? Int == 1)
      #expect(algorithm["priority"] is Int)
      #expect(algorithm["flags"] is [String])
      #expect(algorithm["statistics"] is [String: Any])
    }
    for (name, entries) in Dictionary(grouping: all, by: { $0["name"] as? String ?? "" }) {
      #expect(entries.count { $0["chosen"] as? Bool == true } == 1, "one driver serves \(name)")
    }
  }

  @Test("--kind and --provider choose, and a word that is none is wrong usage")
  func filters() throws {
    let compression = try algorithms("--kind", "compression").map { $0["name"] as? String }
    #expect(compression == Array(repeatElement(["deflate", "zlib-deflate", "gzip"], count: 3).joined()))
    #expect(try algorithms("--provider", "zlib").allSatisfy { $0["provider"] as? String == "zlib" })
    let kind = try tool.run("list", "--kind", "rubbish")
    #expect(kind.status == 64)
    #expect(kind.errors.contains("key-agreement"))
    let provider = try tool.run("list", "--provider", "rubbish")
    #expect(provider.status == 64)
    #expect(provider.errors.contains("there are zlib, openssl"))
    #expect(try tool.run("list", "--json", "--proc").status == 64)
  }

  @Test("--no-test runs no test and marks the chosen ones all the same")
  func noTest() throws {
    let all = try algorithms("--no-test")
    #expect(all.allSatisfy { $0["selftest"] as? String == "untested" && $0["state"] as? String == "untested" })
    // The best of each name, which no model of a device is.
    for (name, drivers) in Dictionary(grouping: all, by: { $0["name"] as? String ?? "" }) {
      let priorities = drivers.filter { $0["emulated"] as? Bool == false }.compactMap { $0["priority"] as? Int }
      let chosen = drivers.filter { $0["chosen"] as? Bool == true }.compactMap { $0["priority"] as? Int }
      #expect(chosen == [priorities.max()].compactMap { $0 }, "\(name)")
    }
  }

  @Test("--all lists the instances that templates make")
  func instances() throws {
    let all = try algorithms("--all", "--kind", "compression")
    let instance = try #require(all.first { $0["driver"] as? String == "pcrypt(gzip-zlib)" })
    #expect(instance["name"] as? String == "pcrypt(gzip)")
    #expect((instance["flags"] as? [String])?.contains("instance") == true)
  }

  @Test("the table has the contract's columns and marks the chosen driver")
  func table() throws {
    let outcome = try tool.run("list")
    #expect(outcome.status == 0)
    let heading = outcome.lines[0].split(separator: " ").map(String.init)
    #expect(heading == ["NAME", "DRIVER", "PRIO", "KIND", "STATE", "SELFTEST", "HW", "REF", "PROVIDER"])
    let gzip = try #require(outcome.lines.first { $0.contains(" gzip-zlib ") })
    #expect(
      gzip.split(separator: " ").map(String.init)
        == ["*", "gzip", "gzip-zlib", "100", "compression", "live", "passed", "no", "1", "zlib"])
    #expect(outcome.lines.allSatisfy { $0.last != " " })
  }

  @Test("--proc has the layout of /proc/crypto, field by field")
  func proc() throws {
    let text = try tool.run("list", "--proc").text
    #expect(text.hasSuffix("\n\n"))
    var blocks: [String: [String]] = [:]
    for block in text.components(separatedBy: "\n\n") where !block.isEmpty {
      let lines = block.split(separator: "\n").map(String.init)
      for line in lines {
        let colon = try #require(line.range(of: " : "))
        #expect(line.distance(from: line.startIndex, to: colon.lowerBound) == 12, "\(line)")
      }
      blocks[String(lines[1].dropFirst(15))] = lines
    }
    let common = ["name", "driver", "module", "priority", "refcnt", "selftest", "internal", "type"]
    let fields: [String: [String]] = [
      "gzip-zlib": [], "sha256-openssl": ["blocksize", "digestsize"],
      "hmac-sha256-openssl": ["blocksize", "digestsize"],
      "cbc-aes-openssl": [
        "async", "blocksize", "min keysize", "max keysize", "ivsize", "chunksize", "walksize", "statesize",
      ],
      "gcm-aes-openssl": ["async", "blocksize", "ivsize", "maxauthsize", "geniv"], "stdrng-openssl": ["seedsize"],
    ]
    for (driver, own) in fields {
      let keys = try #require(blocks[driver]).map { $0.prefix(12).trimmingCharacters(in: .whitespaces) }
      #expect(keys == common + own, "\(driver)")
    }
    #expect(
      blocks["cbc-aes-openssl"] == [
        "name         : cbc(aes)", "driver       : cbc-aes-openssl", "module       : openssl", "priority     : 300",
        "refcnt       : 1", "selftest     : passed", "internal     : no", "type         : skcipher",
        "async        : no", "blocksize    : 16", "min keysize  : 16", "max keysize  : 32", "ivsize       : 16",
        "chunksize    : 16", "walksize     : 16", "statesize    : 0",
      ])
    #expect(try tool.run("list", "--proc", "--no-test").text.contains("selftest     : unknown\n"))
  }

  @Test("providers says what is behind each")
  func providers() throws {
    let object = try tool.run("providers", "--json").json()
    let providers = try #require(object["providers"] as? [[String: Any]])
    #expect(providers.map { $0["name"] as? String } == ["zlib", "openssl", "hisi_zip", "wd_hisi_zip"])
    for provider in providers {
      #expect(provider["state"] as? String == "available")
      #expect((provider["algorithms"] as? Int ?? 0) > 0)
    }
    #expect(providers.map { ($0["version"] as? String)?.isEmpty } == [false, false, true, true])
    #expect(providers.map { $0["source"] as? String } == ["built-in", "built-in", "model:0x30", "model:0x30"])
    #expect(providers.map { $0["devices"] as? [String] } == [[], [], ["model:0x30"], ["model:0x30"]])
    #expect(try tool.run("providers").lines[0].split(separator: " ").count == 7)
  }

  @Test("info says why a driver serves and what it takes")
  func info() throws {
    let text = try tool.run("info", "SHA-256").text
    #expect(text.hasPrefix("sha256 (hash), served by sha256-openssl\n"))
    #expect(text.contains("the only usable driver, priority 200"))
    let object = try tool.run("info", "gzip", "--size", "1M", "--depth", "8", "--json").json()
    #expect(object["chosen"] as? String == "gzip-zlib")
    let request = try #require(object["request"] as? [String: Any])
    #expect(try #require(request["outputBound"] as? Int) > 1 << 20)
    let candidates = try #require(object["candidates"] as? [[String: Any]])
    #expect(candidates.map { $0["driver"] as? String } == ["gzip-zlib", "wd-hisi-gzip", "hisi-gzip-acomp"])
    #expect((candidates[0]["properties"] as? [String: Any])?["defaultLevel"] as? Int == 6)
  }

  @Test("info says that nothing was measured and why, and measuring one driver alone does not change that")
  func infoMeasurement() throws {
    for arguments in [["info", "gzip"], ["info", "gzip", "--measure", "--level", "9"]] {
      let text = try tool.run(arguments).text
      for operation in ["compress", "decompress"] {
        #expect(text.contains("\(operation): priority is the rule: gzip-zlib is the only driver that competes\n"))
      }
    }
    let object = try tool.run("info", "crc32", "--measure", "--json").json()
    let reports = try #require(object["measurement"] as? [[String: Any]])
    #expect(reports.map { $0["operation"] as? String } == ["digest"])
    #expect((reports[0]["cells"] as? [Any])?.isEmpty == true)
    #expect((try tool.run("info", "stdrng", "--json").json()["measurement"] as? [Any])?.isEmpty == true)
  }

  @Test("info names what is near, refuses a malformed query, and says what a query excludes")
  func infoErrors() throws {
    let near = try tool.run("info", "gzpi")
    #expect(near.status == 64)
    #expect(near.errors.contains("did you mean") && near.errors.contains("gzip"))
    #expect(try tool.run("info", "gzip", "--query", "colour=red").status == 64)
    #expect(try tool.run("info", "gzip", "--depth", "0").status == 64)
    let excluded = try tool.run("info", "gzip", "--query", "hw=yes")
    #expect(excluded.status == 69)
    #expect(excluded.text.contains("does not have hw=yes"))
    #expect(try tool.run("info", "gzip", "--query", "?hw=yes").status == 0)
  }

  @Test("doctor finds nothing broken here, in both formats")
  func doctor() throws {
    let outcome = try tool.run("doctor")
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("Nothing is broken."))
    let object = try tool.run("doctor", "--json").json()
    #expect((object["problems"] as? [String])?.isEmpty == true)
    #expect((object["machine"] as? [String: Any])?["processors"] as? Int ?? 0 > 0)
    #expect((object["providers"] as? [[String: Any]])?.count == 4)
    #expect((object["devices"] as? [String: Any])?["functions"] is [Any])
  }
}
