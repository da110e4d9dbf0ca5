// rfc4106(gcm(X)), rfc4309(ccm(X)) and rfc4543(gcm(X)): AEADs as IPsec uses them, with a salt that comes with the key.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The templates `rfc4106`, `rfc4309` and `rfc4543`, which have their base's priority.
///
/// The key is the AEAD's followed by the salt, and the nonce is the packet's IV of eight bytes. The associated data are
/// those of the RFCs, the ESP header of 8 bytes, or 12 with extended sequence numbers: the kernel's users put the IV behind
/// them too, which is not done here. RFC 4543 authenticates its text without encrypting it.
struct IPsecTemplate: Template {
  enum Packet: String {
    /// GCM (RFC 4106).
    case rfc4106
    /// CCM (RFC 4309).
    case rfc4309
    /// GMAC (RFC 4543).
    case rfc4543

    /// Bytes of salt: RFC 4106 section 4, RFC 4309 section 4, RFC 4543 section 3.2.
    var saltSize: Int { self == .rfc4309 ? 3 : 4 }
    /// The mode that it is defined over.
    var mode: String { self == .rfc4309 ? "ccm" : "gcm" }
    /// RFC 4106 section 6, RFC 4309 section 6 and RFC 4543 section 3.4, in bytes.
    var tagLengths: [Int] { self == .rfc4543 ? [16] : [16, 12, 8] }
  }

  let packet: Packet
  let argumentKinds = [AlgorithmKind.aead]

  init(_ packet: Packet) { self.packet = packet }

  var name: String { packet.rawValue }

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let base = parts[0].descriptor
    guard case .aead(let properties) = base.properties, parts[0].isMode(packet.mode),
      properties.nonceLengths.contains(packet.saltSize + 8),
      packet.tagLengths.allSatisfy(properties.tagLengths.contains)
    else {
      throw ProviderError(
        .invalidArgument,
        "\(name) needs \(packet.mode.uppercased()), as in \(name)(\(packet.mode)(aes)), not \(base.name)")
    }
    return IPsecDriver(
      packet: packet, base: try parts[0].aeadDriver(),
      descriptor: .instance(
        of: name, over: parts,
        .aead(
          .init(
            keyLengths: properties.keyLengths.adding(packet.saltSize), ivSize: 8, tagLengths: packet.tagLengths,
            aadLengths: [8, 12], isConfidential: packet != .rfc4543)),
        maximumRequest: base.maximumRequest))
  }
}

/// One of the templates over one driver of its AEAD.
private struct IPsecDriver: AEADDriver {
  let packet: IPsecTemplate.Packet
  let base: any AEADDriver
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    IPsecTransform(packet, try base.makeTransform(), try WorkingMemory(packet.saltSize + 8))
  }
}

private struct IPsecTransform: InPlaceAEADTransform, ~Copyable {
  private let packet: IPsecTemplate.Packet
  private var base: any AEADTransform & ~Copyable
  /// The salt, and behind it the IV of a packet: together the AEAD's nonce.
  private let nonce: WorkingMemory

  init(_ packet: IPsecTemplate.Packet, _ base: consuming any AEADTransform & ~Copyable, _ nonce: WorkingMemory) {
    self.packet = packet
    self.base = base
    self.nonce = nonce
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    try base.setKey(key.extracting(droppingLast: packet.saltSize))
    var all = nonce.span
    all.store(key.extracting(last: packet.saltSize), at: 0)
  }

  mutating func seal(
    _ text: inout MutableRawSpan, nonce iv: RawSpan, aad: RawSpan, tag: inout MutableRawSpan
  ) throws(ProviderError) {
    try prepare(iv, aad)
    let nonce = nonce
    let count = tag.byteCount
    var computed = try [UInt8](capacity: count) { (output) throws(ProviderError) in
      if packet == .rfc4543 {
        let authenticated = Self.authenticated(aad, iv, text.bytes)
        try base.seal(
          RawSpan(), nonce: nonce.bytes, aad: authenticated.rawSpan, tagLength: count, into: &output)
      } else {
        try base.seal(inPlace: &text, nonce: nonce.bytes, aad: aad, tagLength: count, tag: &output)
      }
    }
    tag.store(computed.rawSpan, at: 0)
    unsafe computed.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) }
  }

  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce iv: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    try prepare(iv, aad)
    let nonce = nonce
    guard packet == .rfc4543 else {
      return try base.open(inPlace: &bytes, tag: tag, nonce: nonce.bytes, aad: aad)
    }
    let authenticated = Self.authenticated(aad, iv, bytes.bytes)
    do throws(ProviderError) {
      var nothing = MutableRawSpan()
      try base.open(inPlace: &nothing, tag: tag, nonce: nonce.bytes, aad: authenticated.rawSpan)
    } catch {
      bytes.wipe()
      throw error
    }
  }

  /// Checks the associated data and completes the nonce.
  private mutating func prepare(_ iv: RawSpan, _ aad: RawSpan) throws(ProviderError) {
    guard aad.byteCount == 8 || aad.byteCount == 12 else {
      throw ProviderError(
        .invalidArgument,
        "the associated data of \(packet.rawValue) are an ESP header of 8 bytes, or 12 with an extended sequence number, "
          + "without the IV; these have \(aad.byteCount)")
    }
    var all = nonce.span
    all.store(iv, at: packet.saltSize)
  }

  /// What RFC 4543 section 3.3 authenticates: header, IV and payload.
  private static func authenticated(_ aad: RawSpan, _ iv: RawSpan, _ text: RawSpan) -> [UInt8] {
    [UInt8](capacity: aad.byteCount + iv.byteCount + text.byteCount) { output in
      output.append(copying: aad)
      output.append(copying: iv)
      output.append(copying: text)
    }
  }
}
