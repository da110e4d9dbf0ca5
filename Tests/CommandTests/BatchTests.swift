// batch: the published vectors, and lines of every kind.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestVectors
import Testing

@Suite("batch answers every line, in order, whatever it holds")
struct BatchTests {
  let tool: Tool

  init() throws { tool = Tool(try TemporaryFolder()) }

  /// The replies to lines.
  private func replies(_ lines: String...) throws -> [[String: Any]] {
    try replies(Data(lines.map { $0 + "\n" }.joined().utf8))
  }

  private func replies(_ input: Data) throws -> [[String: Any]] {
    let outcome = try tool.run("batch", input: input)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
    return try outcome.text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test("every published vector", arguments: ["batch.py", "deflate_inputs.py"])
  func vectors(script: String) throws {
    let path = Vectors.folder.appending(path: script).path
    let outcome = try tool.start("/usr/bin/env", ["python3", path, Tool.path]).wait()
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.lines.dropLast().last?.hasSuffix(" 0 failed") == true || outcome.text.contains(" passed, 0 failed"))
  }

  @Test("the contract's example")
  func example() throws {
    let outcome = try tool.run("batch", input: Data(#"{"id":1,"op":"hash","alg":"sha256","in":"616263"}"#.utf8))
    #expect(outcome.text == #"{"id":1,"ok":true,"out":"\#(HashTests.abc)","driver":"sha256-openssl"}"# + "\n")
  }

  @Test(
    "an id comes back as it was, whatever scalar it is",
    arguments: [
      "1", "-7", "18446744073709551615", "12345678901234567890123", "1.5", "true", "null", #""a \"b\" ü""#,
    ])
  func identifiers(id: String) throws {
    let line = #"{"op":"hash","alg":"md5","in":"","id":\#(id)}"#
    let text = try tool.run("batch", input: Data(line.utf8)).text
    #expect(text.hasPrefix(#"{"id":\#(id),"ok":true"#), "\(text)")
  }

  @Test("a line that is no request is answered and does not end the run")
  func malformed() throws {
    let good = #"{"id":"end","op":"hash","alg":"sha256","in":""}"#
    let bad = [
      "rubbish", "{", "[]", "7", "null", #"{"id":1}"#, #"{"id":2,"op":7}"#,
      #"{"id":3,"op":"hash","alg":"sha256","in":"0"}"#,
      #"{"id":4,"op":"hash","alg":"sha256","in":"zz"}"#, #"{"id":{},"op":"hash","alg":"sha256","in":""}"#,
      #"{"id":5,"op":"frob"}"#, #"{"id":6,"op":"hash"}"#, #"{"id":7,"op":"kdf","alg":"hkdf(sha256)"}"#,
      #"{"id":8,"op":"random"}"#, #"{"id":9,"op":"random","length":-1}"#, #"{"id":10,"op":"random","length":1e12}"#,
      "\u{FEFF}{}", String(repeating: "[", count: 100_000),
    ]
    let all = try replies(
      Data((bad + [good]).map { $0 + "\n" }.joined().utf8) + Data([0xFF, 0xFE, 0x0A]) + Data(good.utf8))
    #expect(all.count == bad.count + 3)
    for (reply, line) in zip(all, bad) {
      #expect(reply["ok"] as? Bool == false, "\(line.prefix(80))")
      #expect(reply["out"] == nil)
      #expect((reply["error"] as? String)?.isEmpty == false)
      #expect((reply["message"] as? String)?.isEmpty == false)
    }
    #expect(all[0]["id"] is NSNull)
    #expect(all[5]["id"] as? Int == 1)
    #expect(all[10]["error"] as? String == "unsupported")
    #expect(all[12]["error"] as? String == "unsupported")
    #expect(all[bad.count]["ok"] as? Bool == true)
    #expect(all[bad.count + 1]["ok"] as? Bool == false, "bytes that are no UTF-8")
    #expect(all[bad.count + 2]["ok"] as? Bool == true, "a last line without a line feed")
  }

  @Test("empty lines are no requests")
  func emptyLines() throws {
    #expect(try replies("", "  ", #"{"id":1,"op":"hash","alg":"md5","in":""}"#, "\r").count == 1)
  }

  @Test("a line longer than 64 MiB is refused, and the next one answered")
  func tooLong() throws {
    let line =
      "head -c 67108865 /dev/zero | tr '\\0' ' '; echo; echo '{\"id\":2,\"op\":\"hash\",\"alg\":\"md5\",\"in\":\"\"}'"
    let outcome = try tool.shell("(\(line)) | $wdprov batch")
    #expect(outcome.lines.count == 3)
    #expect(outcome.lines[0].hasPrefix(#"{"id":null,"ok":false,"error":"limitExceeded""#))
    #expect(outcome.lines[1].hasPrefix(#"{"id":2,"ok":true"#))
  }

  @Test("a reply comes before the next request is sent")
  func interactive() throws {
    let line = #"""
      coproc $wdprov batch
      for n in 1 2 3; do
        echo "{\"id\":$n,\"op\":\"hash\",\"alg\":\"md5\",\"in\":\"\"}" >&${COPROC[1]}
        read -t 60 -r reply <&${COPROC[0]} || exit 9
        echo "$reply"
      done
      """#
    let outcome = try tool.shell(line)
    #expect(outcome.lines.count == 4, "\(outcome)")
  }

  @Test("compression: levels, limits, members and what follows them")
  func compression() throws {
    let plain = String(repeating: "61", count: 1000)
    let packed = try #require(
      try replies(#"{"id":1,"op":"compress","alg":"gzip","level":9,"in":"\#(plain)"}"#)[0]["out"] as? String)
    let all = try replies(
      #"{"id":1,"op":"decompress","alg":"gzip","in":"\#(packed)"}"#,
      #"{"id":2,"op":"decompress","alg":"gzip","in":"\#(packed)\#(packed)"}"#,
      #"{"id":3,"op":"decompress","alg":"gzip","members":"all","in":"\#(packed)\#(packed)aabb"}"#,
      #"{"id":4,"op":"decompress","alg":"gzip","limit":999,"in":"\#(packed)"}"#,
      #"{"id":5,"op":"decompress","alg":"gzip","limit":1000,"in":"\#(packed)"}"#,
      #"{"id":6,"op":"decompress","alg":"gzip","in":"\#(packed.dropLast(2))"}"#,
      #"{"id":7,"op":"compress","alg":"gzip","level":10,"in":"00"}"#,
      #"{"id":8,"op":"decompress","alg":"gzip","members":"some","in":"\#(packed)"}"#)
    #expect(all[0]["out"] as? String == plain && all[0]["trailing"] as? Int == 0)
    #expect(all[1]["out"] as? String == plain && all[1]["trailing"] as? Int == packed.count / 2)
    #expect(all[2]["out"] as? String == plain + plain && all[2]["trailing"] as? Int == 2)
    #expect(all[3]["error"] as? String == "limitExceeded")
    #expect(all[4]["out"] as? String == plain)
    #expect(all[5]["error"] as? String == "truncatedInput")
    #expect(all[6]["error"] as? String == "invalidArgument")
    #expect(all[7]["ok"] as? Bool == false)
  }

  @Test("a bomb is stopped where the request sets no limit")
  func bomb() throws {
    let line = "head -c 100000000 /dev/zero | gzip -9 | od -An -v -tx1 | tr -d ' \\n'"
    let packed = try tool.shell(line).text
    let reply = try replies(#"{"id":1,"op":"decompress","alg":"gzip","in":"\#(packed)"}"#)[0]
    #expect(reply["error"] as? String == "limitExceeded")
  }

  @Test("AEADs: what is sealed opens, a forgery releases nothing")
  func aead() throws {
    let (key, iv) = (String(repeating: "00", count: 32), String(repeating: "00", count: 12))
    let common = #""alg":"gcm(aes)","key":"\#(key)","iv":"\#(iv)","aad":"0102""#
    let sealed = try #require(try replies(#"{"id":1,"op":"seal",\#(common),"in":"616263"}"#)[0]["out"] as? String)
    let (body, tag) = (sealed.prefix(6), sealed.dropFirst(6))
    let all = try replies(
      #"{"id":1,"op":"open",\#(common),"in":"\#(sealed)"}"#,
      #"{"id":2,"op":"open",\#(common),"in":"\#(body)","tag":"\#(tag)"}"#,
      #"{"id":3,"op":"open",\#(common),"in":"\#(sealed.dropLast(2))00"}"#,
      #"{"id":4,"op":"open",\#(common),"in":"\#(body)","tag":"\#(tag)","tagLength":12}"#,
      #"{"id":5,"op":"seal",\#(common),"tagLength":12,"in":"616263"}"#,
      #"{"id":6,"op":"seal",\#(common),"tagLength":3,"in":"616263"}"#,
      #"{"id":7,"op":"open",\#(common),"in":"00"}"#)
    #expect(all[0]["out"] as? String == "616263")
    #expect(all[1]["out"] as? String == "616263")
    #expect(all[2]["error"] as? String == "authentication" && all[2]["out"] == nil)
    #expect(all[3]["error"] as? String == "invalidTagLength")
    #expect((all[4]["out"] as? String)?.count == 30)
    #expect(all[5]["error"] as? String == "invalidTagLength")
    #expect(all[6]["error"] as? String == "authentication")
  }

  @Test("a driver can be pinned, and has to serve the algorithm")
  func pinning() throws {
    let all = try replies(
      #"{"id":1,"op":"hash","alg":"sha256","driver":"sha256-openssl","in":""}"#,
      #"{"id":2,"op":"hash","alg":"sha256","driver":"sha1-openssl","in":""}"#,
      #"{"id":3,"op":"hash","alg":"sha256","driver":"none","in":""}"#,
      #"{"id":4,"op":"hash","driver":"sha1-openssl","in":""}"#,
      #"{"id":5,"op":"hash","alg":"gzip","in":""}"#, #"{"id":6,"op":"random","length":8}"#)
    #expect(all[0]["driver"] as? String == "sha256-openssl")
    #expect(all[1]["error"] as? String == "invalidArgument")
    #expect(all[2]["error"] as? String == "notFound")
    #expect(all[3]["driver"] as? String == "sha1-openssl")
    #expect(all[4]["ok"] as? Bool == false)
    #expect((all[5]["out"] as? String)?.count == 16)
  }
}
