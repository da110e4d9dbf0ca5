// `wdprov decrypt`: what `wdprov encrypt` made becomes what it was, or nothing at all.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WarpDrive

struct Decrypt: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "decrypt", _superCommandName: "wdprov",
    abstract: "Decrypt files: FILE.wdenc becomes FILE.",
    discussion: """
      A file whose passphrase is not in a file asks for it on the terminal. The wrong key or passphrase, and any change to \
      the file, exits with 65 and leaves no output file. On standard output stands what was verified before, all of it \
      genuine, and only exit status 0 says that nothing is missing.
      """)

  @OptionGroup var arguments: EncryptionArguments

  func perform() throws(CommandFailure) -> ExitStatus {
    let secrets = try arguments.secrets(confirms: false)
    let registry = try arguments.registry()
    if let algorithm = arguments.algorithm {
      do throws(ProviderError) {
        _ = try EncryptedFileHeader.Algorithm(asked: algorithm, in: registry)
      } catch {
        throw CommandFailure(error)
      }
    }
    let codec = DecryptionCodec(registry: registry, algorithm: arguments.algorithm, secrets: secrets)
    var transfer = try EncryptionTransfer(codec, arguments)
    return transfer.run()
  }
}

/// The decrypting side of transfers.
struct DecryptionCodec: FileCryption {
  let registry: Registry
  /// The only algorithm that is taken, or its driver; nil for what the file names.
  let algorithm: String?
  let secrets: SecretSource

  var direction: CompressionDirection { .decompress }
  var headSize: Int { EncryptedFileHeader.size }

  func replacement(of path: String) throws(CommandFailure) -> String {
    guard let plain = EncryptedName.plain(of: path) else {
      throw CommandFailure(
        .usage,
        "\(path): has not the suffix \(EncryptedName.suffix) (-o names the output, -c writes to standard output)")
    }
    return plain
  }

  func stream(for name: String, beginning head: [UInt8]) throws(CommandFailure) -> any FileStream & ~Copyable {
    let header: EncryptedFileHeader
    do throws(ProviderError) {
      header = try EncryptedFileHeader(parsing: head.rawSpan)
    } catch {
      throw CommandFailure(error, about: name)
    }
    let secret = try secrets.secret(for: header.keySource, of: name)
    do throws(ProviderError) {
      return try FileOpener(registry, secret, header, algorithm: algorithm)
    } catch {
      throw CommandFailure(error, about: name)
    }
  }
}
