// A program that has more rights than who started it.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing

@Suite("Set-user-ID programs")
struct SetuidTests {
  /// The built command: `$WDPROV_BINARY`, or the one beside this test program.
  private static let wdprov: String = {
    if let named = CurrentProcess.environmentVariable("WDPROV_BINARY"), !named.isEmpty { return named }
    let path = (try? Pathname.canonical("/proc/self/exe")) ?? ""
    return path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/wdprov"
  }()

  /// Lists the plugins as another user, with a copy of the command of this mode.
  private func listing(mode: UInt32, _ place: PluginPlace) throws -> String {
    let copy = place.directory.file("wdprov-\(mode)")
    _ = try ChildProcess.output(of: "cp", [Self.wdprov, copy])
    try Pathname.setMode(mode, of: copy)
    return String(
      decoding: try ChildProcess.output(
        of: "setpriv",
        [
          "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-u", "XDG_CONFIG_HOME", "-u", "XDG_DATA_HOME",
          "-u", "XDG_CACHE_HOME", "HOME=/nonexistent", "WDPROV_PLUGIN_PATH=\(place.plugins)", copy, "plugin", "list",
          "--json",
        ]), as: UTF8.self)
  }

  @Test(
    "a set-user-ID program does not obey the variable, and runs no plugin that it names",
    .enabled(if: CurrentProcess.effectiveUserID == 0, "only root makes a program root's for others"))
  func variable() throws {
    let place = try PluginPlace()
    // What another user runs has to be reached by that user.
    try Pathname.setMode(0o755, of: place.directory.path)
    try place.install(.init(trace: place.trace))
    let obeyed = try listing(mode: 0o755, place)
    #expect(obeyed.contains(place.plugins + "/toy.so"))
    #expect(obeyed.contains("\"toysum\""))
    let ignored = try listing(mode: 0o4755, place)
    #expect(!ignored.contains("toy.so"))
    // The other user could not write the trace, root could.
    #expect(place.traced().isEmpty)
  }
}
