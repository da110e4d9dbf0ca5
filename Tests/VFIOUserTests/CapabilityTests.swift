// What the two ends tell each other when they connect.
// SPDX-License-Identifier: Apache-2.0

import Testing
import VFIOUser

private func parse(_ text: String) throws(VFIOUserError) -> VFIOUserCapabilities {
  let bytes = Array(text.utf8)
  return try unsafe VFIOUserCapabilities(parsing: bytes.span.bytes)
}

@Suite("Capabilities")
struct CapabilityTests {
  @Test("QEMU's proposal is understood")
  func qemu() throws {
    let capabilities = try parse(qemuCapabilities)
    #expect(capabilities.maxDescriptors == 16)
    #expect(capabilities.maxTransfer == 1 << 20)
    #expect(capabilities.maxMappings == 65_535)
    #expect(capabilities.pageSizes == 4096)
    #expect(capabilities.writesMultiple == true)
  }

  @Test(
    "what says nothing leaves the defaults",
    arguments: [
      "", "{}", " { } ", "{\"capabilities\":{}}", "{\"capabilities\":{\"twin_socket\":{\"supported\":true}}}",
    ])
  func nothing(text: String) throws {
    #expect(try parse(text) == VFIOUserCapabilities())
  }

  @Test("unknown names are skipped, whatever their values are")
  func unknown() throws {
    let text = """
      {"x":[1,-2.5e+3,"a\\"b\\\\",null,[],{"y":[{}]}],"capabilities":{"a":false,"pgsizes":8192,"b":"\\u00e9"},"z":"ü"}
      """
    #expect(try parse(text).pageSizes == 8192)
  }

  @Test(
    "what is no JSON object, or has an impossible value, is malformed",
    arguments: [
      "x", "[]", "{", "}", "{}}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{\"a\":tru}", "{} {}",
      "{\"capabilities\":1}", "{\"capabilities\":[]}", "{\"capabilities\":{\"max_msg_fds\":-1}}",
      "{\"capabilities\":{\"max_msg_fds\":1.5}}", "{\"capabilities\":{\"max_msg_fds\":\"1\"}}",
      "{\"capabilities\":{\"max_msg_fds\":01}}", "{\"capabilities\":{\"pgsizes\":18446744073709551616}}",
      "{\"capabilities\":{\"write_multiple\":1}}", "{\"a\":\"\u{1}\"}", "{\"a", "{\"a\\",
      "{\"capabilities\":{\"max_msg_fds\":",
      "{\"x\":\"\0\"}", "\0", "{\"a\":[1,2}", "{\"a\":{]}",
    ])
  func malformed(text: String) {
    #expect(code { _ = try parse(text) } == .invalid)
  }

  @Test("nesting and length have limits")
  func limits() {
    let deep = "{\"a\":" + String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000) + "}"
    #expect(code { _ = try parse(deep) } == .invalid)
    #expect(code { _ = try parse(String(repeating: " ", count: 4097)) } == .tooLarge)
    #expect(
      code { _ = try parse("{\"a\":" + String(repeating: "[", count: 10) + String(repeating: "]", count: 10) + "}") }
        == nil)
  }

  @Test("a count beyond any use is as good as the largest")
  func hugeCount() throws {
    #expect(try parse("{\"capabilities\":{\"max_msg_fds\":18446744073709551615}}").maxDescriptors == Int(Int32.max))
  }
}
