// The policy file, and drivers that fail their self-test.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("The policy file's rules hold, or nothing is done")
struct PolicyTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.create("f", Sample.text)
  }

  /// The command with a policy file of this content.
  private func tool(_ policy: String) throws -> Tool {
    try folder.create("policy.json", Data(policy.utf8))
    return Tool(folder, environment: ["WDPROV_CONFIG": folder.path("policy.json")])
  }

  @Test("a denied driver, name or provider is not found (69)", arguments: ["gzip-zlib", "gzip", "provider:zlib"])
  func deny(rule: String) throws {
    // Not the model either, which serves where nothing else does.
    let outcome = try tool(#"{"deny": ["\#(rule)", "provider:hisi_zip", "provider:wd_hisi_zip"]}"#).run("compress", "f")
    #expect(outcome.status == 69)
    #expect(outcome.errors.contains("policy denies"))
    #expect(try folder.names == ["f", "policy.json"])
  }

  @Test("what is not on the allow-list is not found (69)")
  func allow() throws {
    let tool = try tool(#"{"allow": ["gzip", "sha256"]}"#)
    #expect(try tool.run("compress", "-c", "f").status == 0)
    #expect(try tool.run("hash", "sha256", "f").status == 0)
    let outcome = try tool.run("hash", "sha512", "f")
    #expect(outcome.status == 69)
    #expect(outcome.errors.contains("allow-list"))
  }

  @Test("list shows what the allow-list leaves out, and info says why (69)")
  func allowListed() throws {
    let tool = try tool(#"{"allow": ["gzip", "gcm(aes)", "sha256-openssl"], "keySizes": {"gcm(aes)": [32]}}"#)
    let listed = try tool.run("list")
    #expect(listed.status == 0)
    #expect(listed.text.contains(/\n\* +gzip +gzip-zlib +\d+ +compression +live/))
    #expect(listed.text.contains(/\n +sha512 +sha512-openssl +\d+ +hash +denied +untested/))
    #expect(listed.text.contains("\nsha512-openssl: not on the policy's allow-list\n"))
    let algorithms = try #require(try tool.run("list", "--json").json()["algorithms"] as? [[String: Any]])
    for algorithm in algorithms {
      let name = try #require(algorithm["name"] as? String)
      let isAllowed = ["gzip", "gcm(aes)", "sha256"].contains(name)
      #expect((algorithm["denied"] is NSNull) == isAllowed, "\(name)")
      #expect(isAllowed || algorithm["chosen"] as? Bool == false, "\(name)")
    }
    let denied = try tool.run("info", "sha512")
    #expect(denied.status == 69 && denied.text.contains("not on the policy's allow-list"))
    let allowed = try tool.run("info", "gcm(aes)")
    #expect(allowed.status == 0 && allowed.text.contains("policy allows keys of 32 bytes"))
  }

  @Test("keys of a size that policy leaves out are refused, and a driver that has no other is not found")
  func keySizes() throws {
    func reply(_ policy: String, _ algorithm: String, _ bytes: Int) throws -> String {
      let key = String(repeating: "00", count: bytes)
      let request =
        #"{"id":1,"op":"seal","alg":"\#(algorithm)","key":"\#(key)","iv":"000000000000000000000000","in":""}"#
      return try tool(policy).run("batch", input: Data(request.utf8)).text
    }
    let policy = #"{"keySizes": {"gcm(aes)": [24, 32], "rfc7539(chacha20,poly1305)": [16]}}"#
    #expect(try reply(policy, "gcm(aes)", 32).contains(#""ok":true"#))
    #expect(try reply(policy, "aes-192-gcm", 24).contains(#""ok":true"#))
    let short = try reply(policy, "gcm(aes)", 16)
    #expect(short.contains(#""error":"denied""#) && short.contains("policy allows gcm(aes) keys of 24, 32 bytes"))
    #expect(try reply(policy, "gcm-aes-openssl", 16).contains(#""error":"denied""#))
    #expect(try reply(policy, "rfc7539(chacha20,poly1305)", 32).contains("takes no key of the sizes"))
    let driver = #"{"keySizes": {"gcm(aes)": [16], "gcm-aes-openssl": [32]}}"#
    #expect(try reply(driver, "gcm(aes)", 32).contains(#""ok":true"#), "a driver's rule comes first")
  }

  @Test("a pin to a driver that is not there leaves the name without one (69)")
  func pin() throws {
    let outcome = try tool(#"{"pin": {"gzip": "gzip-hardware"}}"#).run("compress", "f")
    #expect(outcome.status == 69)
    #expect(outcome.errors.contains("policy pins gzip to gzip-hardware"))
    #expect(try tool(#"{"pin": {"gzip": "gzip-zlib"}}"#).run("compress", "-c", "f").status == 0)
    #expect(try tool(#"{"pin": {"gzip": "gzip-zlib"}}"#).run("info", "gzip").text.contains("pinned by policy"))
  }

  @Test("order, query and time limit are taken")
  func others() throws {
    let policy =
      #"{"order": {"*": ["provider:zlib"]}, "query": "?hw=yes", "larvalTimeLimitSeconds": 2.5, "selection": "priority"}"#
    #expect(try tool(policy).run("compress", "-c", "f").status == 0)
    let required = try tool(#"{"query": "hw=yes"}"#).run("compress", "-c", "f")
    #expect(required.status == 64)
    #expect(required.errors.contains("does not have hw=yes"))
  }

  @Test(
    "a malformed file is an error that names it (64), and nothing is done",
    arguments: [
      ("{", "policy.json is wrong"), ("[]", "policy.json is wrong"),
      (
        #"{"denny": []}"#,
        "there is no key 'denny'; the keys are pin, deny, order, allow, keySizes, securityBits, query, selection, larvalTimeLimitSeconds, plugins"
      ),
      (#"{"deny": "gzip"}"#, "at 'deny'"), (#"{"query": "colour=red"}"#, "is not a property term"),
      (#"{"larvalTimeLimitSeconds": -1}"#, "0 to 86400 seconds"),
      (#"{"plugins": "sometimes"}"#, "one of always, with-manifest, never"),
      (#"{"selfTest": "some"}"#, "one of known-answers, extended"),
      (#"{"keySizes": {"gcm(aes)": 32}}"#, "at 'keySizes"),
      (#"{"keySizes": {"gcm(aes)": []}}"#, "the sizes for 'gcm(aes)' are bytes"),
      (#"{"keySizes": {"gcm(aes)": [0]}}"#, "each from 1 to 1024"),
      (#"{"securityBits": -1}"#, "0 to 512 bits"),
    ])
  func malformed(policy: String, message: String) throws {
    for arguments in [["compress", "f"], ["list"], ["hash", "sha256", "f"], ["batch"], ["info", "gzip"]] {
      let outcome = try tool(policy).run(arguments)
      #expect(outcome.status == 64, "\(arguments): \(outcome)")
      #expect(outcome.errors.contains(message), "\(arguments): \(outcome)")
      #expect(outcome.output.isEmpty)
    }
    #expect(try folder.names == ["f", "policy.json"])
    let doctor = try tool(policy).run("doctor")
    #expect(doctor.status == 1)
    #expect(doctor.text.contains(message))
  }

  @Test("no file and an empty file have no rules; doctor tells of a name that leads nowhere")
  func none() throws {
    #expect(try Tool(folder, environment: ["WDPROV_CONFIG": "/dev/null"]).run("compress", "-c", "f").status == 0)
    let missing = Tool(folder, environment: ["WDPROV_CONFIG": "/nonexistent"])
    #expect(try missing.run("compress", "-c", "f").status == 0)
    #expect(try missing.run("doctor").status == 1)
  }

  @Test("the user's file is found where XDG says, and before the machine's")
  func places() throws {
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "home/.config/wdprov"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "xdg/wdprov"), withIntermediateDirectories: true)
    try folder.create("home/.config/wdprov/policy.json", Data(#"{"deny": ["sha1"]}"#.utf8))
    try folder.create("xdg/wdprov/policy.json", Data(#"{"deny": ["md5"]}"#.utf8))
    let home = Tool(folder, environment: ["HOME": folder.path("home")])
    #expect(try home.run("hash", "sha1", "f").status == 69)
    #expect(try home.run("hash", "md5", "f").status == 0)
    let xdg = Tool(folder, environment: ["HOME": folder.path("home"), "XDG_CONFIG_HOME": folder.path("xdg")])
    #expect(try xdg.run("hash", "sha1", "f").status == 0)
    #expect(try xdg.run("hash", "md5", "f").status == 69)
    let file = (try home.run("doctor", "--json").json()["policy"] as? [String: Any])?["file"] as? String
    #expect(file == folder.path("home/.config/wdprov/policy.json"))
  }
}

@Suite("A driver that fails its self-test serves nobody")
struct SelfTestFailureTests {
  private static let broken = "gzip-zlib,hisi-gzip-acomp,wd-hisi-gzip,sha256-openssl"
  let folder: TemporaryFolder
  let tool: Tool

  init() throws {
    folder = try TemporaryFolder()
    tool = Tool(folder, environment: ["WDPROV_CORRUPT_SELFTEST": Self.broken])
    try folder.create("f", Sample.text)
  }

  @Test("it is listed in quarantine with the reason")
  func listed() throws {
    let algorithms = try #require(try tool.run("list", "--json").json()["algorithms"] as? [[String: Any]])
    let failed = algorithms.filter { $0["state"] as? String == "quarantined" }
    #expect(Set(failed.compactMap { $0["driver"] as? String }).isSuperset(of: ["gzip-zlib", "sha256-openssl"]))
    for algorithm in failed {
      #expect(algorithm["selftest"] as? String == "failed")
      #expect((algorithm["reason"] as? String)?.contains("self-test of") == true)
      #expect(algorithm["chosen"] as? Bool == false)
    }
    let text = try tool.run("list").text
    #expect(text.contains("quarantined  failed"))
    #expect(text.contains("gzip-zlib: self-test of gzip-zlib failed"))
    #expect(try tool.run("list", "--proc").text.contains("selftest     : unknown"))
  }

  @Test("what only it could do cannot be done (69), and nothing is written")
  func unusable() throws {
    let outcome = try tool.run("compress", "f")
    #expect(outcome.status == 69)
    #expect(outcome.errors.contains("is out of service"))
    #expect(try folder.names == ["f"])
    #expect(try tool.run("hash", "sha256", "f").status == 69)
    #expect(try tool.run("compress", "--driver", "gzip-zlib", "f").status == 69)
    #expect(try tool.run("compress", "-a", "deflate", "-c", "f").status == 0, "others are not concerned")
  }

  @Test("doctor and test exit 1, info gives the reason (69)")
  func reported() throws {
    let doctor = try tool.run("doctor")
    #expect(doctor.status == 1)
    #expect(doctor.text.contains("gzip-zlib is in quarantine"))
    #expect(try tool.run("test", "gzip").status == 1)
    let info = try tool.run("info", "gzip")
    #expect(info.status == 69)
    #expect(info.text.contains("failed: self-test of gzip-zlib failed"))
    let batch = try tool.run("batch", input: Data(#"{"id":1,"op":"hash","alg":"sha256","in":""}"#.utf8))
    #expect(batch.status == 0)
    #expect(batch.text.contains(#""ok":false,"error":"unusable""#))
  }
}
