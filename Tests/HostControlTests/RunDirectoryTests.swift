// The run folder: whose it may be, who may change it, and what its version says.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostControl
import LinuxSystem
import Testing

@Suite("A run folder")
struct RunDirectoryTests {
  @Test("a folder that anybody may write is trusted by nobody")
  func writable() throws {
    let host = try TestHost()
    #expect(throws: Never.self) { try host.connect() }
    for (mode, isTrusted) in [(0o755, true), (0o750, true), (0o770, true), (0o707, false), (0o1777, false)] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: host.folder.path)
      #expect(code { _ = try host.connect() } == (isTrusted ? nil : .denied), "\(String(mode, radix: 8))")
    }
  }

  @Test("another user's folder is refused, and so is a host in it", .enabled(if: geteuid() == 0))
  func foreign() throws {
    let host = try TestHost()
    try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: host.folder.path)
    #expect(code { _ = try host.connect() } == .denied)
    #expect(code { let _: FileDescriptor = try host.folder.directory.take() } == .denied)
  }

  @Test("a host of another version is refused by its version, one that says none is not")
  func version() throws {
    let host = try TestHost()
    let directory = try host.folder.directory
    #expect(throws: Never.self) { try host.connect() }
    let file = try directory.publishVersion()
    #expect(try String(contentsOfFile: directory.versionFile, encoding: .utf8) == "1\n")
    #expect(throws: Never.self) { try host.connect() }
    try host.folder.write("2\n", to: "version")
    file.remove()
    #expect(FileManager.default.fileExists(atPath: directory.versionFile), "it is not the file that was published")
    for text in ["2\n", "", "1 \n", String(repeating: "1", count: 60)] {
      try host.folder.write(text, to: "version")
      #expect(code { _ = try host.connect() } == .version, "\(text)")
    }
    try directory.publishVersion().remove()
    #expect(!FileManager.default.fileExists(atPath: directory.versionFile))
  }

  @Test("one host at a time has a folder")
  func lock() throws {
    let folder = try TestFolder()
    let lock = try folder.directory.take()
    #expect(code { let _: FileDescriptor = try folder.directory.take() } == .cannotCreate)
    _ = consume lock
    #expect(code { let _: FileDescriptor = try folder.directory.take() } == nil)
    #expect(code { let _: FileDescriptor = try RunDirectory(folder.path + "/no/such").take() } == .cannotCreate)
    #expect(code { _ = try RunDirectory("") } == .invalidArgument)
  }

  @Test("a group may enter and connect, and nobody else")
  func group() throws {
    let folder = try TestFolder()
    let directory = try folder.directory
    let lock = try directory.take(group: getgid())
    let server = try ControlServer(path: directory.controlSocket, group: getgid()) { _ in
    } answer: {
      TestHost.echo($0)
    }
    try server.start()
    defer { server.stop() }
    #expect(try Pathname.status(of: folder.path).mode == 0o750)
    let status = try Pathname.status(of: directory.controlSocket)
    #expect(status.mode == 0o660 && status.groupID == getgid())
    #expect(try ControlConnection(directory).ask("list").value["owner"]?.flag == true)
    _ = consume lock
  }
}
