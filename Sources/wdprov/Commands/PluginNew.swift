// `wdprov plugin new`: a project that builds a plugin with one command.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import LinuxSystem
import WarpDrive

struct PluginNew: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "new", _superCommandName: "wdprov plugin",
    abstract: "Write a new plugin: a project of one hash that builds with one command and passes 'plugin check'.",
    discussion: """
      In C, 'make' builds it; in Swift, 'swift build -c release'. The project has all that it needs: the header, and for \
      Swift the kit's sources. The plugin is called as the folder is.
      """)

  /// A language that a plugin can be begun in.
  enum Language: String, CaseIterable, ExpressibleByArgument {
    case c
    case swift
  }

  @Argument(help: ArgumentHelp("The folder, which is made.", valueName: "dir"), completion: .directory)
  var folder: String

  @Option(help: "The language: c or swift.")
  var language = Language.c

  func perform() throws(CommandFailure) -> ExitStatus {
    let name = String(folder.split(separator: "/").last ?? "")
    guard let first = name.utf8.first, (0x61...0x7A).contains(first),
      name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
    else {
      throw CommandFailure(
        .usage, "'\(name)' is no plugin's name: the folder's name is one, of lower-case letters and digits")
    }
    let files = language == .c ? PluginTemplate.c : PluginTemplate.swift
    do throws(SystemError) {
      try Pathname.makeDirectory(folder, mode: 0o755)
      for (path, content) in files {
        var made = folder
        for part in path.split(separator: "/").dropLast() {
          made += "/\(part)"
          do throws(SystemError) {
            try Pathname.makeDirectory(made, mode: 0o755)
          } catch {
            guard error.errno == SystemError.exists else { throw error }
          }
        }
        let file = try OutputFile(path: "\(folder)/\(path)", mode: 0o644)
        try file.descriptor.writeAll(PluginTemplate.fill(content, name).rawSpan)
        try file.commit(replacing: false)
      }
    } catch {
      throw CommandFailure(.cannotCreate, "the project cannot be written: \(error.description)")
    }
    let command = language == .c ? "make" : "swift build -c release"
    let product = language == .c ? "libwdprov_\(name).so" : ".build/release/libwdprov_\(name).so"
    try StandardOutput.write(
      "\(folder) is there: 'cd \(folder) && \(command)', then 'wdprov plugin check \(product)'\n")
    return .success
  }
}

/// The files of a new plugin, from the templates in this program.
private enum PluginTemplate {
  /// A path in the project and what the file has.
  typealias File = (path: String, content: [UInt8])

  static var c: [File] {
    [
      ("Makefile", PackageResources.CMakefile_txt), ("plugin.c", PackageResources.CPlugin_txt),
      ("wdprov.h", PackageResources.Header_txt),
    ]
  }

  static var swift: [File] {
    let kit = "Sources/WarpDrivePluginKit"
    return [
      ("Package.swift", PackageResources.SwiftPackage_txt),
      ("Sources/Plugin/Plugin.swift", PackageResources.SwiftPlugin_txt),
      ("Sources/CWarpDrivePlugin/include/wdprov.h", PackageResources.Header_txt),
      // A target of headers alone is none.
      ("Sources/CWarpDrivePlugin/empty.c", Array("#include \"wdprov.h\"\n".utf8)),
      ("\(kit)/Plugin.swift", PackageResources.KitPlugin_txt),
      ("\(kit)/PluginHost.swift", PackageResources.KitPluginHost_txt),
      ("\(kit)/HashImplementation.swift", PackageResources.KitHashImplementation_txt),
      ("\(kit)/CompressionImplementation.swift", PackageResources.KitCompressionImplementation_txt),
    ]
  }

  /// A template with the plugin's name in it.
  static func fill(_ content: [UInt8], _ name: String) -> [UInt8] {
    let mark = Array("@NAME@".utf8)
    var filled: [UInt8] = []
    var index = 0
    while index < content.count {
      if content[index...].starts(with: mark) {
        filled += Array(name.utf8)
        index += mark.count
      } else {
        filled.append(content[index])
        index += 1
      }
    }
    return filled
  }
}
