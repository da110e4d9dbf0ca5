// The options that encrypt and decrypt have in common: the key, and what becomes of the files.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WarpDrive

/// What a command line says about files and their key.
///
/// No option takes a secret itself: a command line is shown to every user of the machine.
struct EncryptionArguments: ParsableArguments {
  @Option(
    name: [.customShort("a"), .customLong("algorithm")],
    help: ArgumentHelp("The algorithm: gcm(aes) or rfc7539(chacha20,poly1305), or a driver of it.", valueName: "name"))
  var algorithm: String?

  @Option(
    help: ArgumentHelp("The key: a file of 32 bytes, or of 64 hexadecimal digits.", valueName: "file"),
    completion: .file())
  var keyFile: String?

  @Option(
    help: ArgumentHelp("The passphrase: the one line of this file.", valueName: "file"), completion: .file())
  var passphraseFile: String?

  @Option(
    name: .customLong("passphrase-fd"),
    help: ArgumentHelp("The passphrase: what is read from this file descriptor, as from a file.", valueName: "n"))
  var passphraseDescriptor: Int32?

  @OptionGroup var target: OutputArguments

  @Argument(
    help: ArgumentHelp("The files; '-' or none is standard input to standard output.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  mutating func validate() throws {
    let sources = [keyFile != nil, passphraseFile != nil, passphraseDescriptor != nil]
    if sources.count(where: \.self) > 1 {
      throw ValidationError("--key-file, --passphrase-file and --passphrase-fd exclude each other")
    }
    if let passphraseDescriptor, passphraseDescriptor < 0 || passphraseDescriptor == 1 || passphraseDescriptor == 2 {
      throw ValidationError("--passphrase-fd takes the number of a descriptor that can be read: 0, or 3 or more")
    }
    if passphraseDescriptor == 0, files.isEmpty || files.contains("-") {
      throw ValidationError("standard input is the file here, and so no passphrase")
    }
    try target.check(files)
  }

  /// Where the key comes from; to be asked before any file is opened.
  ///
  /// A descriptor is read at once: its number, where the caller did not open it, would soon be that of a file of ours.
  func secrets(confirms: Bool) throws(CommandFailure) -> SecretSource {
    let origin: SecretSource.Origin =
      if let keyFile {
        .keyFile(keyFile)
      } else if let passphraseFile {
        .passphraseFile(passphraseFile)
      } else if let passphraseDescriptor {
        .passphraseDescriptor(passphraseDescriptor)
      } else {
        .terminal(confirms: confirms)
      }
    let source = SecretSource(origin)
    if passphraseDescriptor != nil { _ = try source.any() }
    return source
  }

  /// The registry of this machine with what files are encrypted by.
  func registry() throws(CommandFailure) -> Registry {
    try Registry.machine([.aead, .random, .keyDerivation], device: target.device.device)
  }
}
