// Where plugins are looked for.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The directories in which plugins are looked for, in order.
public enum PluginDirectories {
  /// Below the data directory of a user or system.
  private static let folder = "wdprov/providers"

  /// The directories of this process.
  ///
  /// `$WDPROV_PLUGIN_PATH`, a list with colons; the user's, `$XDG_DATA_HOME/wdprov/providers` or
  /// `$HOME/.local/share/wdprov/providers`; `/usr/local/lib/wdprov/providers`; `/usr/lib/wdprov/providers`. A program that has
  /// more rights than who started it reads no variable, and looks at the last two alone.
  public static var usual: [String] {
    all { CurrentProcess.environmentVariable($0) }
  }

  /// The directories with the values of variables that `variable` gives.
  package static func all(_ variable: (String) -> String?) -> [String] {
    func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
    var paths = value("WDPROV_PLUGIN_PATH")?.split(separator: ":").map(String.init) ?? []
    if let data = value("XDG_DATA_HOME") {
      paths.append("\(data)/\(folder)")
    } else if let home = value("HOME") {
      paths.append("\(home)/.local/share/\(folder)")
    }
    return paths + ["/usr/local/lib/\(folder)", "/usr/lib/\(folder)"]
  }
}
