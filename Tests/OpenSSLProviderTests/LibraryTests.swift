// libcrypto as a library: opened late, never linked, and missing without harm.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Foundation
import Glibc
import Testing
import WarpDriveCore

@testable import OpenSSLProvider

@Suite("libcrypto, the library")
struct LibraryTests {
  @Test("registering the provider opens nothing; the first transform does")
  func opensLate() async {
    await #expect(processExitsWith: .success) {
      let registry = Registry()
      let provider = OpenSSLProvider()
      try registry.register(provider)
      let count = registry.algorithms.count
      #expect(count == provider.drivers.count)
      #expect(unsafe cossl_version() == nil)
      #expect(provider.version.contains("libcrypto.so.3"))
      var hash = try registry.hash("sha256")
      #expect(try hash.digest([]).count == 32)
      #expect(provider.version.hasPrefix("OpenSSL 3."))
      #expect(cossl_version_number() >> 28 == 3)
    }
  }

  @Test("without libcrypto the error says what to install, and the next attempt succeeds where it is there")
  func missing() async {
    await #expect(processExitsWith: .success) {
      let registry = Registry()
      try registry.register(OpenSSLProvider())
      // With no descriptor to be had, the dynamic loader cannot open any library.
      var limit = rlimit()
      try #require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      var none = rlimit(rlim_cur: 0, rlim_max: limit.rlim_max)
      try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none) == 0)
      var thrown: ProviderError?
      do throws(ProviderError) { try OpenSSLProvider().checkAvailability() } catch { thrown = error }
      let code = errorCode { () throws(ProviderError) in try DigestDriver(Digest.all[3]).makeTransform() }
      try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)

      let error = try #require(thrown)
      #expect(error.code == .unavailable)
      #expect(code == .unavailable)
      #expect(error.message.contains("apt-get install libssl3"))
      #expect(error.backend?.library == "libcrypto")
      #expect(error.backend?.stack.first?.contains("libcrypto.so.3") == true)
      try OpenSSLProvider().checkAvailability()
    }
  }

  @Test("a library that is not there, or is another one, is told apart from libcrypto")
  func shortcomings() throws {
    #expect(Libcrypto.shortcoming(of: "libcrypto.so.3") == nil)
    let absent = try #require(Libcrypto.shortcoming(of: "libcrypto.so.no-such-version"))
    #expect(absent.contains("No such file"))
    let other = try #require(Libcrypto.shortcoming(of: "libc.so.6"))
    #expect(other == "it lacks the symbol OpenSSL_version")
  }

  @Test("libcrypto is never linked: no object of this program needs it")
  func neverNeeded() throws {
    let needed = try ELFImage(URL(fileURLWithPath: "/proc/self/exe")).neededLibraries()
    #expect(needed.contains { $0.hasPrefix("libc.so") })
    #expect(!needed.contains { $0.hasPrefix("libcrypto") || $0.hasPrefix("libssl") })
  }

  @Test("what libcrypto says of a failure arrives in the error, and its queue is empty afterwards")
  func errorStack() throws {
    var transform = try AuthenticatedCipherDriver(AEADAlgorithm.all[0]).makeTransform()
    var thrown: ProviderError?
    do throws(ProviderError) {
      // No key has been set.
      _ = try [UInt8](capacity: 20) { (output) throws(ProviderError) in
        try transform.seal(
          OpenSSL.bytes(4).rawSpan, nonce: OpenSSL.bytes(12).rawSpan, aad: RawSpan(), tagLength: 16, into: &output)
      }
    } catch {
      thrown = error
    }
    let error = try #require(thrown)
    #expect(error.code == .backendFailure)
    let backend = try #require(error.backend)
    #expect(backend.library == "libcrypto")
    #expect(backend.number != 0)
    #expect(backend.stack.contains { $0.contains("no cipher set") })
    let reason = unsafe cossl_error_reason(UInt(bitPattern: backend.number)).map { unsafe String(cString: $0) }
    #expect(reason == "no cipher set")
    var code: UInt = 0
    var text: CChar = 0
    #expect(unsafe !cossl_next_error(&code, &text, 1))
  }

  @Test("making a transform on many threads at once loads and fetches once")
  func concurrentFirstUse() async {
    await #expect(processExitsWith: .success) {
      await withTaskGroup(of: Bool.self) { group in
        for index in 0..<64 {
          group.addTask {
            let digest = Digest.all[index % Digest.all.count]
            return errorCode { () throws(ProviderError) in
              var transform = try DigestDriver(digest).makeTransform()
              _ = try [UInt8](capacity: digest.size) { (output) throws(ProviderError) in
                try transform.digest([1, 2, 3].rawSpan, digest.size, into: &output)
              }
            } == nil
          }
        }
        for await isDone in group { #expect(isDone) }
      }
    }
  }
}
