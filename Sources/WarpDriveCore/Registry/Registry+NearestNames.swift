// What somebody may have meant by a name that nobody registered.
// SPDX-License-Identifier: Apache-2.0

extension Registry {
  /// At most three names or aliases that are spelled much like `name`, nearest first.
  public func nearestNames(to name: String) -> [String] {
    let snapshot = snapshot
    var names = Set(snapshot.index.keys)
    names.formUnion(snapshot.aliases.keys)
    let wanted = Array(name.lowercased().utf8)
    let limit = max(2, wanted.count / 3)
    return names.compactMap { candidate -> (Int, String)? in
      let distance = Self.editDistance(wanted, Array(candidate.lowercased().utf8))
      return distance <= limit ? (distance, candidate) : nil
    }.sorted { $0 < $1 }.prefix(3).map(\.1)
  }

  /// The number of insertions, deletions and substitutions between two words (Levenshtein).
  private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (byte == other ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
