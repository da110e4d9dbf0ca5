// The one error type of the library: an open code, a sentence that says what to do next, and everything the backend said.
// SPDX-License-Identifier: Apache-2.0

/// An error of the registry, of a driver or of the library behind it.
///
/// Two machine words, so that a typed throw costs nothing on the path that succeeds; the details live in an immutable box.
public struct ProviderError: Error, Sendable {
  /// What kind of failure this is; compare with the static members of ``Code``.
  public let code: Code
  private let details: Details

  /// What the C library or the device behind the driver reported.
  public struct Backend: Sendable, Equatable {
    /// The library or device, for example `libcrypto` or `zlib`.
    public let library: String
    /// Its own error number.
    public let number: Int
    /// The drained error stack, oldest entry first; empty where the library keeps none.
    public let stack: [String]

    /// Makes the report of one backend failure.
    public init(library: String, number: Int, stack: [String] = []) {
      self.library = library
      self.number = number
      self.stack = stack
    }
  }

  /// How far a request came before it stopped, in bytes.
  public struct Progress: Sendable, Equatable {
    /// Bytes of the input that were used up and must not be given again.
    public let consumed: Int
    /// Bytes that were written to the output and are valid.
    public let produced: Int

    /// Makes a record of progress, both in bytes.
    public init(consumed: Int, produced: Int) {
      self.consumed = consumed
      self.produced = produced
    }
  }

  private final class Details: Sendable {
    let message: String
    let driver: String?
    let backend: Backend?
    let progress: Progress?
    let required: Int?
    let file: String
    let line: UInt

    init(
      _ message: String, driver: String?, backend: Backend?, progress: Progress?, required: Int?, file: String,
      line: UInt
    ) {
      self.message = message
      self.driver = driver
      self.backend = backend
      self.progress = progress
      self.required = required
      self.file = file
      self.line = line
    }
  }

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - code: the kind of failure.
  ///   - message: one sentence that says what happened and what to do next; never a key or other secret.
  ///   - driver: the driver name it comes from; a handle fills it in where it is missing.
  ///   - backend: what the library behind the driver said.
  ///   - progress: how far the request came, for ``Code/outputTooSmall``.
  ///   - required: the number of output bytes that would suffice, where it is known.
  ///   - file: where in the source the error is made; by default the caller's file.
  ///   - line: the line there.
  public init(
    _ code: Code, _ message: String, driver: String? = nil, backend: Backend? = nil, progress: Progress? = nil,
    required: Int? = nil, file: String = #fileID, line: UInt = #line
  ) {
    self.code = code
    details = Details(
      message, driver: driver, backend: backend, progress: progress, required: required, file: file, line: line)
  }

  private init(_ code: Code, _ details: Details) {
    self.code = code
    self.details = details
  }

  /// One sentence for a person: what happened and what to do next.
  public var message: String { details.message }
  /// The driver that failed, where one did.
  public var driver: String? { details.driver }
  /// What the C library or device reported.
  public var backend: Backend? { details.backend }
  /// How far the request came; set with ``Code/outputTooSmall``, after which it can be resumed.
  public var progress: Progress? { details.progress }
  /// Output bytes that would have sufficed, where that is known.
  public var required: Int? { details.required }
  /// Where in the source the error was made, as `Module/File.swift:LINE`.
  public var location: String { "\(details.file):\(details.line)" }

  /// The same error with the driver's name filled in where it was missing.
  public func from(driver name: String) -> ProviderError {
    guard details.driver == nil else { return self }
    return ProviderError(
      code,
      Details(
        details.message, driver: name, backend: details.backend, progress: details.progress, required: details.required,
        file: details.file, line: details.line))
  }

  /// The same error with another message, for a caller that knows more; nothing else is lost.
  public func saying(_ message: String) -> ProviderError {
    ProviderError(
      code,
      Details(
        message, driver: details.driver, backend: details.backend, progress: details.progress,
        required: details.required, file: details.file, line: details.line))
  }
}

extension ProviderError: CustomStringConvertible, CustomDebugStringConvertible {
  /// The one-line form: message, driver and backend number.
  public var description: String {
    var text = message
    if let driver { text += " [\(driver)]" }
    if let backend { text += " (\(backend.library) error \(backend.number))" }
    return text
  }

  /// The detailed form: also the code, the backend's error stack and the place in the source.
  public var debugDescription: String {
    var text = "\(code): \(description) at \(location)"
    for entry in backend?.stack ?? [] { text += "\n  \(entry)" }
    return text
  }
}
