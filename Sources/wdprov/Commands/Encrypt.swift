// `wdprov encrypt`: files in a chunked authenticated format, by a key or a passphrase.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WarpDrive

struct Encrypt: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "encrypt", _superCommandName: "wdprov",
    abstract: "Encrypt files: FILE becomes FILE.wdenc.",
    discussion: """
      The key is in a file, or made of a passphrase by scrypt: of one in a file, or of one that is asked for twice on the \
      terminal. What is changed, cut, continued or reordered in an encrypted file is found when it is decrypted. Mode, \
      times and, where permitted, owner are kept. An output that exists is not overwritten without -f; a failed \
      encryption leaves no output.
      """)

  @Option(
    help: ArgumentHelp(
      "Pad to a multiple of this size, a power of two from 2 to 4M, so that the file tells its length no nearer.",
      valueName: "size"))
  var padding: ByteCount?

  @OptionGroup var arguments: EncryptionArguments

  mutating func validate() throws {
    guard let padding else { return }
    guard (2...4 << 20).contains(padding.value), padding.value.nonzeroBitCount == 1 else {
      throw ValidationError("--padding takes a power of two from 2 to 4M bytes")
    }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let secrets = try arguments.secrets(confirms: true)
    let registry = try arguments.registry()
    var options = EncryptedFileOptions(algorithm: arguments.algorithm ?? EncryptedFileHeader.Algorithm.aesGCM.name)
    options.padding = padding.map { Int($0.value) }
    // A chunk holds all of the padding.
    options.chunkSize = max(options.chunkSize, options.padding ?? 0)
    do throws(ProviderError) {
      // Before anybody is asked for a passphrase.
      _ = try EncryptedFileHeader.Algorithm(asked: options.algorithm, in: registry)
    } catch {
      throw CommandFailure(error)
    }
    let codec = EncryptionCodec(registry: registry, options: options, secrets: secrets)
    var transfer = try EncryptionTransfer(codec, arguments)
    return transfer.run()
  }
}

/// The encrypting side of transfers.
struct EncryptionCodec: FileCryption {
  let registry: Registry
  let options: EncryptedFileOptions
  let secrets: SecretSource

  var direction: CompressionDirection { .compress }
  var headSize: Int { 0 }

  func replacement(of path: String) throws(CommandFailure) -> String {
    guard EncryptedName.plain(of: path) == nil else {
      throw CommandFailure(.usage, "\(path): has the suffix \(EncryptedName.suffix) already; left as it is")
    }
    return path + EncryptedName.suffix
  }

  func stream(for name: String, beginning head: [UInt8]) throws(CommandFailure) -> any FileStream & ~Copyable {
    let secret = try secrets.any()
    do throws(ProviderError) {
      return try FileSealer(registry, secret, options)
    } catch {
      throw CommandFailure(error, about: name)
    }
  }
}

/// The names of encrypted files.
enum EncryptedName {
  static let suffix = ".wdenc"

  /// `path` without the suffix; nil where it has none, or nothing else.
  static func plain(of path: String) -> String? {
    guard path.utf8.count > suffix.utf8.count, path.hasSuffix(suffix) else { return nil }
    let plain = path.dropLast(suffix.count)
    return plain.last == "/" ? nil : String(plain)
  }
}
