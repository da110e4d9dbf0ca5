// The command takes no secret where others can read it, and repeats none.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("The command gives no secret away")
struct SecretOptionTests {
  let tool: Tool

  init() throws { tool = Tool(try TemporaryFolder(), environment: ["COLUMNS": "200"]) }

  @Test(
    "no option takes a secret itself: a file or a descriptor is named",
    arguments: UsageTests.subcommands + UsageTests.nested)
  func options(command: String) throws {
    let help = try tool.run(command.split(separator: " ").map(String.init) + ["--help"]).text
    for match in help.matches(of: /--([a-z-]+) <([a-z-]+)>/) {
      let name = String(match.1)
      guard name.contains(/key|pass|secret|token|credential/) else { continue }
      #expect(name.hasSuffix("-file") || name.hasSuffix("-fd"), "wdprov \(command) --\(name)")
    }
  }

  @Test("options that would take a secret do not exist")
  func arguments() throws {
    for arguments in [
      ["encrypt", "--passphrase=K3yM4rk"], ["decrypt", "--key=K3yM4rk"], ["encrypt", "--password", "x"],
    ] {
      let outcome = try tool.run(arguments)
      #expect(outcome.status == 64)
    }
  }

  @Test("the environment has no say in keys")
  func environment() throws {
    let folder = try TemporaryFolder()
    try folder.create("f", Data("x".utf8))
    let names = ["WDPROV_KEY", "WDPROV_PASSPHRASE", "WDPROV_KEY_FILE", "PASSPHRASE", "WDPROV_PASSWORD"]
    let tool = Tool(folder, environment: Dictionary(uniqueKeysWithValues: names.map { ($0, "K3yM4rk") }))
    let outcome = try tool.shell("setsid -w $wdprov encrypt f")
    #expect(outcome.status == 64 && outcome.errors.contains("no terminal"))
    #expect(try folder.names == ["f"])
  }

  @Test("batch repeats no key, whatever is wrong with the request")
  func batch() throws {
    let key = "4b33794d34726b21"
    let requests = [
      #"{"id":1,"op":"seal","alg":"gcm(aes)","key":"\#(key)","iv":"00","in":""}"#,
      #"{"id":2,"op":"seal","alg":"gcm(aes)","key":"\#(key)\#(key)","iv":"","in":""}"#,
      #"{"id":3,"op":"open","alg":"gcm(aes)","key":"\#(key)\#(key)","iv":"000000000000000000000000","in":"00"}"#,
      #"{"id":4,"op":"mac","alg":"hmac(sha256)","key":"\#(key)x","in":""}"#,
      #"{"id":5,"op":"mac","alg":"hmac(frob)","key":"\#(key)","in":""}"#,
      #"{"id":6,"op":"encrypt","alg":"cbc(aes)","key":"\#(key)\#(key)","iv":"00","in":"00"}"#,
      #"{"id":7,"op":"frob","key":"\#(key)"}"#, #"{"id":8,"op":"mac","key":"\#(key)","key":3}"#,
      #"{"id":9,"op":"mac","key":"\#(key)""#, #"{"id":10,"op":"mac","key":["\#(key)"]}"#,
    ]
    let outcome = try tool.run("batch", input: Data((requests.joined(separator: "\n") + "\n").utf8))
    let replies = outcome.text.split(separator: "\n")
    #expect(replies.count == requests.count && replies.allSatisfy { $0.contains(#""ok":false"#) }, "\(outcome.text)")
    for text in [outcome.text, outcome.errors] {
      #expect(!text.contains(key) && !text.contains("K3yM4rk") && !text.contains("75, 51, 121"))
    }
  }
}
