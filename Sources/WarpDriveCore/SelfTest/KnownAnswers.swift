// The registry's known answers, as the kernel's testmgr has them: by algorithm name, for every driver of it.
// SPDX-License-Identifier: Apache-2.0

/// The known answers that every driver of a name must compute.
public enum KnownAnswers {
  /// The answers for algorithm `name`; empty where the registry has none.
  public static func answers(for name: String) -> [KnownAnswer] {
    let tables = [
      hashes, macs, keyedMACs, ciphers, modes, wholeMessageModes, aeads, compressions, generators, keyDerivations,
      publicKeys,
    ]
    for table in tables {
      let answers = table(name)
      if !answers.isEmpty { return answers }
    }
    return []
  }
}
