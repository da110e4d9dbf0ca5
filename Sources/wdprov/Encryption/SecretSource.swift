// Where keys and passphrases come from: files, a descriptor, the terminal; never the command line or the environment.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive
import WarpDriveCore

/// The key or passphrase for all files of a command, read when the first one needs it.
final class SecretSource {
  /// What the command line names.
  enum Origin {
    case keyFile(String)
    case passphraseFile(String)
    case passphraseDescriptor(Int32)
    case terminal(confirms: Bool)
  }

  private let origin: Origin
  private var known: FileSecret?

  init(_ origin: Origin) { self.origin = origin }

  /// The secret, of whichever kind.
  func any() throws(CommandFailure) -> FileSecret {
    if let known { return known }
    let secret =
      switch origin {
      case .keyFile(let path): try Self.key(in: path)
      case .passphraseFile(let path): try Self.passphrase(in: path)
      case .passphraseDescriptor(let number): try Self.passphrase(on: number)
      case .terminal(let confirms): try Self.passphrase(confirms: confirms)
      }
    known = secret
    return secret
  }

  /// The secret for the file called `name`; nobody is asked for a passphrase that would not help.
  func secret(
    for source: EncryptedFileHeader.KeySource, of name: String
  ) throws(CommandFailure) -> FileSecret {
    if case .terminal = origin, source == .key {
      throw CommandFailure(.usage, "\(name): was encrypted with a key: name its file with --key-file")
    }
    return try any()
  }

  // MARK: Keys

  private static func key(in path: String) throws(CommandFailure) -> FileSecret {
    let file = try InputFile.open(path)
    if file.status.kind == .regular, file.status.mode & 0o077 != 0 {
      Diagnostics.say("\(path): others than its owner may use this file: 'chmod 600' keeps the key secret")
    }
    // A line end behind the digits, and one byte more to see that there is no more.
    let content = try read(file.descriptor, path, most: 2 * FileSecret.keySize + 3)
    return try secret(about: path) { () throws(ProviderError) in
      let digits = content.rawSpan.extracting(first: content.rawSpan.lineLength)
      if digits.byteCount == 2 * FileSecret.keySize, let key = try bytes(ofDigits: digits) {
        return try FileSecret(key: key.rawSpan)
      }
      guard content.count == FileSecret.keySize else {
        throw ProviderError(
          .invalidKeyLength,
          "is no key: that is \(FileSecret.keySize) bytes, or \(2 * FileSecret.keySize) hexadecimal digits and no more")
      }
      return try FileSecret(key: content.rawSpan)
    }
  }

  /// The bytes that hexadecimal digits stand for; nil where one is none.
  private static func bytes(ofDigits digits: RawSpan) throws(ProviderError) -> SecretBuffer? {
    var key = try SecretBuffer(capacity: digits.byteCount / 2)
    for place in 0..<digits.byteCount / 2 {
      guard let high = digit(digits[byteAt: 2 * place]), let low = digit(digits[byteAt: 2 * place + 1]) else {
        return nil
      }
      key.append(copying: [high << 4 | low].rawSpan)
    }
    return key
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  // MARK: Passphrases

  private static func passphrase(in path: String) throws(CommandFailure) -> FileSecret {
    let file = try InputFile.open(path)
    return try passphrase(file.descriptor, path)
  }

  private static func passphrase(on number: Int32) throws(CommandFailure) -> FileSecret {
    let name = "file descriptor \(number)"
    if number == 0 { return try passphrase(.standardInput, name) }
    // The caller opened it for this command, which has no other use for it.
    return try passphrase(FileDescriptor(owning: number), name)
  }

  private static func passphrase(_ file: borrowing FileDescriptor, _ name: String) throws(CommandFailure) -> FileSecret
  {
    // A line end of two characters, and one byte more to see that there is no more.
    let content = try read(file, name, most: FileSecret.longestPassphrase + 3)
    return try secret(about: name) { () throws(ProviderError) in
      let line = content.rawSpan.extracting(first: content.rawSpan.lineLength)
      for place in 0..<line.byteCount where line[byteAt: place] == UInt8(ascii: "\n") {
        throw ProviderError(.invalidKeyLength, "has more than one line: a passphrase has one")
      }
      return try FileSecret(passphrase: line)
    }
  }

  private static func passphrase(confirms: Bool) throws(CommandFailure) -> FileSecret {
    let first = try ask("Passphrase: ")
    if confirms, first.count > 0 {
      let second = try ask("The same again: ")
      guard SecureMemory.equal(first.rawSpan, second.rawSpan) else {
        throw CommandFailure(.usage, "the two passphrases differ: nothing was done")
      }
    }
    return try secret(about: nil) { () throws(ProviderError) in try FileSecret(passphrase: first.rawSpan) }
  }

  private static func ask(_ prompt: String) throws(CommandFailure) -> SecretBuffer {
    var line = try buffer(FileSecret.longestPassphrase + 1)
    do throws(SystemError) {
      try line.append { (output) throws(SystemError) in try Terminal.readHidden(prompt, into: &output) }
    } catch {
      guard error.errno == SystemError.noSuchAddress else {
        throw CommandFailure(reading: "the terminal", error)
      }
      throw CommandFailure(
        .usage, "there is no terminal to ask for a passphrase: give --key-file, --passphrase-file or --passphrase-fd")
    }
    return line
  }

  // MARK: Both

  private static func read(
    _ file: borrowing FileDescriptor, _ name: String, most: Int
  ) throws(CommandFailure) -> SecretBuffer {
    var content = try buffer(most)
    do throws(SystemError) {
      try content.append { (output) throws(SystemError) in _ = try file.fill(&output) }
    } catch {
      throw CommandFailure(reading: name, error)
    }
    return content
  }

  private static func buffer(_ capacity: Int) throws(CommandFailure) -> SecretBuffer {
    do throws(ProviderError) { return try SecretBuffer(capacity: capacity) } catch { throw CommandFailure(error) }
  }

  private static func secret(
    about name: String?, _ body: () throws(ProviderError) -> FileSecret
  ) throws(CommandFailure) -> FileSecret {
    do throws(ProviderError) { return try body() } catch { throw CommandFailure(error, about: name) }
  }
}

extension RawSpan {
  /// The byte at a place within the span.
  fileprivate subscript(byteAt place: Int) -> UInt8 {
    // The bounds are checked by the extraction; every pattern of bits is a byte.
    unsafe extracting(place..<place + 1).unsafeLoad(as: UInt8.self)
  }

  /// The number of bytes before a line end, LF or CR LF, that is the last thing in the span; all, where there is none.
  fileprivate var lineLength: Int {
    guard byteCount > 0, self[byteAt: byteCount - 1] == UInt8(ascii: "\n") else { return byteCount }
    return byteCount > 1 && self[byteAt: byteCount - 2] == UInt8(ascii: "\r") ? byteCount - 2 : byteCount - 1
  }
}
