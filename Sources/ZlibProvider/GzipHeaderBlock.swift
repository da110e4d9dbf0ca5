// gzip header fields in the form that zlib writes and reads them.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

/// A `gz_header` of zlib with the memory that its fields point to, at addresses that stay.
@safe struct GzipHeaderBlock {
  /// The most bytes kept of a field that is read: as many as an extra field can have (RFC 1952 section 2.3.1.1).
  ///
  /// Names and comments, which have no limit, are cut there.
  static let fieldSize = GzipHeader.longestExtra

  /// What zlib is given.
  let pointer: UnsafeMutablePointer<gz_header>
  private let fields: UnsafeMutablePointer<Bytef>

  /// Copies fields to be written.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for a name or comment with a zero byte or beyond ISO 8859-1, and
  ///   for too long an extra field.
  init(_ header: GzipHeader) throws(ProviderError) {
    let texts = try header.encoded()
    let name = texts.name.map { $0 + [0] } ?? []
    let comment = texts.comment.map { $0 + [0] } ?? []
    let extra = header.extra ?? []
    let bytes = name + comment + extra
    unsafe fields = .allocate(capacity: max(bytes.count, 1))
    for (index, byte) in bytes.enumerated() { unsafe (fields + index).initialize(to: byte) }
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: gz_header())
    unsafe pointer.pointee.text = header.isText ? 1 : 0
    unsafe pointer.pointee.time = uLong(header.modificationTime)
    unsafe pointer.pointee.os = Int32(header.operatingSystem)
    unsafe pointer.pointee.hcrc = header.hasChecksum ? 1 : 0
    unsafe pointer.pointee.name = header.name == nil ? nil : fields
    unsafe pointer.pointee.comment = header.comment == nil ? nil : fields + name.count
    unsafe pointer.pointee.extra = header.extra == nil ? nil : fields + name.count + comment.count
    unsafe pointer.pointee.extra_len = uInt(extra.count)
  }

  /// Room for fields to be read.
  init() {
    unsafe fields = .allocate(capacity: 3 * Self.fieldSize)
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: gz_header())
  }

  /// Points zlib to the room for fields again: it clears the pointers of those that a header does not have.
  func prepare() {
    let size = Self.fieldSize
    unsafe pointer.pointee.extra = fields
    unsafe pointer.pointee.extra_max = uInt(size)
    unsafe pointer.pointee.name = fields + size
    unsafe pointer.pointee.name_max = uInt(size)
    unsafe pointer.pointee.comment = fields + 2 * size
    unsafe pointer.pointee.comm_max = uInt(size)
  }

  /// The fields that were read; nil where the header has not been read to its end.
  var value: GzipHeader? {
    guard unsafe pointer.pointee.done == 1 else { return nil }
    return unsafe GzipHeader(
      name: Self.text(pointer.pointee.name), comment: Self.text(pointer.pointee.comment),
      extra: pointer.pointee.extra.map {
        unsafe Array(UnsafeBufferPointer(start: $0, count: Int(pointer.pointee.extra_len)))
      },
      modificationTime: UInt32(truncatingIfNeeded: pointer.pointee.time),
      operatingSystem: UInt8(truncatingIfNeeded: pointer.pointee.os), isText: pointer.pointee.text != 0,
      hasChecksum: pointer.pointee.hcrc != 0)
  }

  /// Frees the memory, once; zlib must not be pointed to it any more.
  @unsafe func deallocate() {
    unsafe pointer.deallocate()
    unsafe fields.deallocate()
  }

  /// The text of a field of ``fieldSize`` bytes, which ends at a zero byte or was cut at the end of the field.
  private static func text(_ field: UnsafeMutablePointer<Bytef>?) -> String? {
    guard let field = unsafe field else { return nil }
    return unsafe GzipHeader.text(UnsafeBufferPointer(start: field, count: fieldSize).prefix { $0 != 0 })
  }
}
