// How many cases a check runs, and how large they are.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// How hard the checks look.
public enum Effort: String, CaseIterable, Sendable {
  /// For every test run, debug builds and sanitizers: about a second a driver.
  case quick
  /// For a driver's author and `wdprov test`: some seconds a driver in a release build.
  case normal
  /// Before a release: minutes a driver, and messages that pass 2^32 bits and bytes.
  case soak

  /// What the environment asks for; quick where it says nothing.
  ///
  /// `WDPROV_CHECK_EFFORT` is `quick`, `normal` or `soak`; where it is not set, `WDPROV_SOAK=1` means `soak`.
  public static var environment: Effort {
    if let word = CurrentProcess.environmentVariable("WDPROV_CHECK_EFFORT"), let effort = Effort(rawValue: word) {
      return effort
    }
    return CurrentProcess.environmentVariable("WDPROV_SOAK") == "1" ? .soak : .quick
  }

  /// How many cases to run where quick runs `count`.
  func cases(_ count: Int) -> Int {
    switch self {
    case .quick: count
    case .normal: count * 8
    case .soak: count * 100
    }
  }

  /// The largest message where quick takes `count` bytes.
  func size(_ count: Int) -> Int {
    switch self {
    case .quick: count
    case .normal: count * 4
    case .soak: count * 16
    }
  }
}
