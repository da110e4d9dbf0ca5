// The members of a request, checked.
// SPDX-License-Identifier: Apache-2.0

import HostControl

extension JSONValue {
  /// A member that is a string; nil where it is missing or null.
  func optionalText(_ member: String) throws(ControlFailure) -> String? {
    guard let value = self[member], value != .null else { return nil }
    guard let text = value.text else { throw ControlFailure(.invalidArgument, "'\(member)' is a string") }
    return text
  }

  /// A member that is a string and has to be there.
  func requiredText(_ member: String) throws(ControlFailure) -> String {
    guard let text = try optionalText(member) else {
      throw ControlFailure(.invalidArgument, "'\(member)' is missing: it is a string")
    }
    return text
  }

  /// A member that is a number from 0 to `most`; nil where it is missing or null.
  func number(_ member: String, most: Int) throws(ControlFailure) -> Int? {
    guard let value = self[member], value != .null else { return nil }
    guard let count = value.count, count <= UInt64(most) else {
      throw ControlFailure(.invalidArgument, "'\(member)' is a number from 0 to \(most)")
    }
    return Int(count)
  }
}
