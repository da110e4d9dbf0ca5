// Fingerprints a file by algorithms that are asked for by name, and says which driver answered and why.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import WarpDrive

@main
enum Fingerprint {
  static func main() {
    do {
      // Without an argument: this program's own file.
      let path = CommandLine.arguments.dropFirst().first ?? "/proc/self/exe"
      let file = [UInt8](try Data(contentsOf: URL(filePath: path)))
      print("\(path), \(file.count) bytes")
      let registry = try Registry.standard()
      try hash(file, registry)
      try authenticate(file, registry)
      try seal(file, registry)
      try choose(registry)
      try explain(registry)
    } catch let error as ProviderError {
      fail("fingerprint: \(error)", status: error.code == .unavailable ? 69 : 70)
    } catch {
      fail("fingerprint: \(error)", status: 74)
    }
  }

  /// A hash by its name, by an alias and by one driver's name: one handle each, which can be used again.
  static func hash(_ file: [UInt8], _ registry: Registry) throws(ProviderError) {
    for name in ["sha256", "SHA3-256", "crc32-zlib"] {
      var hash = try registry.hash(name)
      let digest = try hash.digest(file)
      show(hash.algorithm.name, Hexadecimal.encode(digest), by: hash.lastDriverName)
    }
  }

  /// A tag, and its verification in constant time.
  static func authenticate(_ file: [UInt8], _ registry: Registry) throws(ProviderError) {
    let key = try registry.randomBytes(32)
    var mac = try registry.mac("hmac(sha256)", key: key)
    let tag = try mac.authenticate(file)
    try mac.verify(tag, of: file)
    show(mac.algorithm.name, Hexadecimal.encode(tag), by: mac.lastDriverName)
  }

  /// Sealing and opening; a changed message is refused.
  static func seal(_ file: [UInt8], _ registry: Registry) throws(ProviderError) {
    // The alias fixes the key's length: any other is an error here.
    var aead = try registry.aead("aes-256-gcm", key: registry.randomBytes(32))
    let nonce = try registry.randomBytes(12)
    var sealed = try aead.seal(file, nonce: nonce, aad: [1])
    guard try aead.open(sealed, nonce: nonce, aad: [1]) == file else {
      throw ProviderError(.backendFailure, "the file did not come back: run wdprov test 'gcm(aes)'")
    }
    show(aead.algorithm.name, Hexadecimal.encode(Array(sealed.suffix(aead.tagLength))), by: aead.lastDriverName)
    sealed[0] ^= 1
    do throws(ProviderError) {
      _ = try aead.open(sealed, nonce: nonce, aad: [1])
    } catch {
      guard error.code == .authentication else { throw error }
      print("  a changed message: \(error.code), no plaintext")
      return
    }
    throw ProviderError(.backendFailure, "a changed message was opened: run wdprov test 'gcm(aes)'")
  }

  /// Requirements and preferences instead of a driver's name.
  static func choose(_ registry: Registry) throws(ProviderError) {
    // Hardware if there is any; in any case a driver that can export its state.
    let query = try PropertyQuery(parsing: "exportable=yes,?hw=yes")
    let hash = try registry.hash("sha512", matching: LookupConstraints(query: query))
    print("sha512 with \(query): \(hash.algorithm.driverName)")
    do throws(ProviderError) {
      _ = try registry.hash("sha512", matching: LookupConstraints(query: PropertyQuery(parsing: "hw=yes")))
    } catch {
      print("sha512 with hw=yes: \(error.code): \(error)")
    }
    do throws(ProviderError) {
      _ = try registry.hash("sha265")
    } catch {
      print("sha265: \(error.code): \(error)")
    }
  }

  /// Every candidate of a name and why it won or lost.
  static func explain(_ registry: Registry) throws(ProviderError) {
    // A template makes another driver of the same name, over whatever hash is named.
    _ = try registry.algorithm("hmac(sha256-openssl)")
    print("candidates of hmac(sha256):")
    for candidate in try registry.explain("hmac(sha256)").candidates {
      print("  \(candidate.isChosen ? "*" : " ") \(candidate.algorithm.driverName): \(candidate.reason)")
    }
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    try? FileHandle.standardError.write(contentsOf: Array("\(message)\n".utf8))
    exit(status)
  }

  private static func show(_ name: String, _ value: String, by driver: String) {
    print("\(name) \(value) by \(driver)")
  }
}

extension Registry {
  /// `count` bytes of the best generator: a key, a nonce.
  func randomBytes(_ count: Int) throws(ProviderError) -> [UInt8] {
    var generator = try random()
    return try generator.generate(count)
  }
}
