import Glibc

/// The reason why a file cannot be written, read or used, as a sentence that a stranger can act on.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure, for code that must tell them apart.
  package enum Kind: Equatable, Sendable {
    /// The operating system refused to create, write, flush or rename a file.
    case cannotWrite
    /// The operating system refused to open or read a file or folder.
    case cannotRead
    /// The tensors or the metadata that were to be written do not make a valid file.
    case invalidContents
    /// The file does not follow its format.
    case malformed
    /// The file ends before the data that its header describes.
    case truncated
    /// The file's bytes are not those that were written: its digest differs.
    case damaged
    /// The file has no tensor of the name that was asked for.
    case noSuchTensor
    /// The tensor has another data type than 32-bit floats.
    case wrongDataType
    /// The tensor has another number of elements than there is room for.
    case wrongShape
    /// The caller asked to stop reading.
    case cancelled
  }

  /// The kind of failure.
  package let kind: Kind
  /// The file or folder at fault.
  package let path: String
  /// The finding or the failure, and what was expected.
  package let finding: String
  /// The same, and what to do.
  package let reason: String
  /// The `errno` of a failure of the operating system.
  package let code: Int32?

  /// The longest reason, in characters: names in a damaged file may be of any length.
  private static let longestReason = 2000

  /// An error from its parts; `reason` and `advice` are phrases without a full stop, and are kept to
  /// one line. A caller with advice of its own says the reason without that of the error.
  package init(
    _ kind: Kind, path: String, reason: String, advice: String? = nil, code: Int32? = nil
  ) {
    self.kind = kind
    self.path = path
    self.code = code
    finding = reason.excerpt(Self.longestReason)
    self.reason = (reason + (advice.map { "; \($0)" } ?? "")).excerpt(Self.longestReason)
  }

  /// An error from what was found in place of what was expected, and what to do; each is a phrase
  /// without a full stop.
  package init(_ kind: Kind, path: String, found: String, expected: String, advice: String) {
    self.init(
      kind, path: path, reason: "found \(found); expected \(expected)", advice: advice)
  }

  /// Where it failed, what was found and expected, and what to do.
  package var description: String { "\(path): \(reason)" }
}

extension FileError {
  /// A failure of the operating system; `code` is an `errno`.
  package static func system(
    _ kind: Kind, path: String, operation: String, code: Int32
  ) -> FileError {
    FileError(
      kind, path: path,
      reason: "cannot \(operation) (\(systemReason(code)))", advice: advice(kind, code: code),
      code: code)
  }

  /// The phrase for what to do about a failure of the operating system; `code` is an `errno`.
  package static func advice(_ kind: Kind, code: Int32) -> String {
    switch code {
    case ENOSPC: "free some space"
    case EDQUOT: "free some space, or have the quota raised"
    case EFBIG: "raise the largest size of a file (ulimit -f)"
    case EMFILE: "raise the largest number of open files (ulimit -n)"
    case ENFILE: "have the system's number of open files raised (fs.file-max)"
    case EACCES, EPERM: "check the permissions"
    case EROFS: "check why its file system is read-only"
    case ESTALE: "check that its file system is still the one that was mounted"
    case ENOENT, ENOTDIR: kind == .cannotWrite ? "check that the folder exists" : "check the path"
    case EIO: "check the disk"
    default: "check the path"
    }
  }
}
