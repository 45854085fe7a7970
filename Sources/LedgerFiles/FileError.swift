import Glibc

/// Why something could not be done with a file or a folder.
///
/// A layer above says it in its own words, once: see ``FileFailure``.
package struct FileError: Error, Sendable, Equatable {
  /// What was met.
  package enum Reason: Sendable, Equatable {
    /// The system refused, with this value of `errno`.
    case system(Int32)
    /// The folder that something was to be made in is missing.
    case missingFolder
    /// Something has the name that was to be new.
    case taken
    /// The file has more bytes than this.
    case tooLarge(limit: Int)
    /// The name is no longer that of what was opened or made under it.
    case replaced
    /// Everybody may rename and remove what others make in the folder.
    case shared
    /// Another process, or another part of this one, is at work on it.
    case inUse
    /// It has its name, but the system could not make the name durable, with this value of `errno`.
    case nameNotDurable(Int32)
  }

  /// What was being done, as a verb: "open", "write".
  package let action: String
  /// The file or folder that it was done to, as it was named.
  package let path: String
  /// What was met.
  package let reason: Reason

  package init(_ action: String, _ path: String, _ reason: Reason) {
    self.action = action
    self.path = path
    self.reason = reason
  }

  /// The system's refusal on this thread, as `errno` says it.
  package static func last(_ action: String, _ path: String) -> FileError { FileError(action, path, .system(errno)) }

  /// The value of `errno`; 0 where the system refused nothing.
  package var number: Int32 {
    switch reason {
    case .system(let number), .nameNotDurable(let number): number
    case .missingFolder, .taken, .tooLarge, .replaced, .shared, .inUse: 0
    }
  }

  /// Whether there was no room: on the file system, in the quota, or below the size that a file may have.
  package var isFull: Bool { [ENOSPC, EDQUOT, EFBIG].contains(number) }

  /// The system's word for ``number``.
  package var systemText: String { unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)" }

  /// What was expected in place of what was met.
  package var expected: String {
    switch reason {
    case .system: "the system to \(action) it (\(systemText))"
    case .missingFolder: "a folder that is there"
    case .taken: "a name that nothing has"
    case .tooLarge(let limit): "a file of at most \(limit) bytes"
    case .replaced: "a folder that nobody else writes in"
    case .shared: "a place where others cannot replace what is made"
    case .inUse: "a place where nobody else is at work"
    case .nameNotDurable: "a name that outlives a loss of power (\(systemText))"
    }
  }
}

extension FileError: FileFailure {
  /// The error as it is.
  package init(_ error: FileError) { self = error }
}

extension FileError: CustomStringConvertible {
  package var description: String { "could not \(action) \(path): expected \(expected)" }
}

/// The error of a layer above, which says once what a ``FileError`` means there. The types of this module throw it, so
/// that nobody has to translate at each call.
package protocol FileFailure: Error, Sendable {
  init(_ error: FileError)
}

extension FileFailure {
  /// The system's refusal on this thread, as `errno` says it.
  package static func refused(_ action: String, _ path: String) -> Self { Self(.last(action, path)) }
}
