// The code of the article "Errors and fallback".
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

extension Tour {
  static func errors(_ message: [UInt8]) throws {
    let registry = try Registry.standard(kinds: [.compression])
    var gzip = try registry.compression("gzip", CompressionOptions(outputLimit: 1 << 20))
    let received = Array(try gzip.compress(message).dropLast(5))

    do throws(ProviderError) {
      print(try gzip.decompress(received).count)
    } catch {
      switch error.code {
      case .corruptInput, .truncatedInput: print("damaged on its way: \(error.message)")
      case .limitExceeded: print("too large: \(error.message)")
      default: throw error
      }
    }
  }

  static func outputTooSmall(_ message: [UInt8]) throws {
    let registry = try Registry.standard(kinds: [.compression])
    var gzip = try registry.compression("gzip")

    var used = 0
    let start = try [UInt8](capacity: 20) { (output) throws(ProviderError) in
      do throws(ProviderError) {
        _ = try gzip.compress(message.rawSpan, into: &output)
      } catch {
        guard error.code == .outputTooSmall, let progress = error.progress else { throw error }
        used = progress.consumed
      }
    }
    let rest = try [UInt8](capacity: gzip.bound(message.count)) { (output) throws(ProviderError) in
      _ = try gzip.resumeCompress(message.rawSpan.extracting(droppingFirst: used), into: &output)
    }
    guard try gzip.decompress(start + rest) == message else { throw Surprise() }
  }

  static func quarantine() throws {
    // The self-test of this driver sees a flipped bit in every answer.
    let settings = Registry.Configuration(corruptedSelfTests: ["sha256-openssl"])
    let registry = try Registry.standard(configuration: MachineConfiguration(registry: settings))

    let watch = registry.observe { event in
      if case .quarantined(let driver, let reason) = event { print("\(driver) is out of service: \(reason.message)") }
    }
    do throws(ProviderError) {
      _ = try registry.hash("sha256")
    } catch {
      print("\(error.code): \(error.message)")
    }
    watch.cancel()
  }
}
