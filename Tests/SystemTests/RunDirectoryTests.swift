// Run directories that a client must not use: another's, anybody's, another version's, a stranger's socket in it.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestPrograms
import Testing

extension SystemTests {
  @Suite("A client does not use the run directory")
  struct RunDirectoryTests {
    private static let isRoot = geteuid() == 0
    private static let nobody = 65_534

    private static func set(_ path: String, _ attribute: FileAttributeKey, _ value: Int) throws {
      try FileManager.default.setAttributes([attribute: value], ofItemAtPath: path)
    }

    private static func expect(_ host: Host, _ code: String, location: SourceLocation = #_sourceLocation) throws {
      let client = try host.client("polled", 1, 1)
      #expect(try client.finish(1).prefix(2) == ["error", code], sourceLocation: location)
    }

    @Test("of another user", .enabled(if: isRoot, "only root can give a directory away"))
    func foreign() throws {
      let host = try Host()
      let workers = try host.workers(1)
      try Self.set(host.runDirectory, .ownerAccountID, Self.nobody)
      try Self.expect(host, "13")
      let command = try host.wdprov("device", "list")
      try command.finish(77)
      try Self.set(host.runDirectory, .ownerAccountID, 0)
      #expect(try workers[0].finish().first == "done")
      try host.finish()
    }

    @Test("that everybody may write to")
    func open() throws {
      let host = try Host()
      try Self.set(host.runDirectory, .posixPermissions, 0o777)
      try Self.expect(host, "13")
      try Self.set(host.runDirectory, .posixPermissions, 0o700)
      try host.finish()
    }

    @Test("of another version")
    func version() throws {
      let host = try Host()
      let file = "\(host.runDirectory)/version"
      try "2\n".write(toFile: file, atomically: false, encoding: .utf8)
      try Self.expect(host, "71")
      #expect(try host.wdprov("device", "list").endsWithFailure())
      try "1\n".write(toFile: file, atomically: false, encoding: .utf8)
      #expect(try host.client("polled", 1, 1).finish() == ["done", "1"])
      try host.finish()
    }

    @Test(
      "where a stranger serves the device's socket", .enabled(if: isRoot, "only root can start a stranger's process"))
    func stranger() throws {
      let host = try Host()
      let folder = FileManager.default.temporaryDirectory.appending(path: "wdprov-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try Self.set(folder, .posixPermissions, 0o777)
      let script = """
        use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 9) or die; print "ready\\n"; \
        STDOUT->flush; my @all; while (my $c = $s->accept) { push @all, $c }
        """
      let listener = try Program(
        "/usr/bin/setpriv",
        ["--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e", script, "\(folder)/s"])
      _ = try listener.words(after: "ready")
      #expect(unsafe rename("\(folder)/s", "\(host.runDirectory)/\(Host.device).sock") == 0)
      try Self.expect(host, "13")
      try listener.end(SIGKILL)
      try host.finish()
    }
  }
}

extension Program {
  /// Whether it ends with another exit status than 0.
  func endsWithFailure() throws -> Bool {
    guard case .exit(let status) = try wait() else { return false }
    return status != 0
  }
}
