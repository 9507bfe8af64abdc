import Cluster
import Configuration
import Datasets
import Files
import Glibc
import Tensors

// The exit statuses of errors from modules that know of no job.

extension ConfigurationError: HasExitStatus {
  /// The status of wrong options, or of wrong input.
  package var exitStatus: Int32 { isOfOption ? JobFailure.usageStatus : JobFailure.inputStatus }
}
extension FileError: HasExitStatus {
  /// The status of wrong input, but 1 where the system fails to write a file that it lets one write,
  /// or that of an interruption.
  package var exitStatus: Int32 {
    if kind == .cancelled { return TerminationSignals.exitStatus }
    return kind == .cannotWrite ? Self.exitStatus(ofWrite: code) : JobFailure.inputStatus
  }

  /// The status of a file or folder that cannot be made or written, by its `errno`: that of wrong
  /// input where the path, or what is there, is to be changed; 1 where something failed or is full.
  static func exitStatus(ofWrite code: Int32?) -> Int32 {
    switch code {
    case EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EISDIR, EEXIST, ENAMETOOLONG, ELOOP, EINVAL, ENODEV,
      ENXIO:
      JobFailure.inputStatus
    default: 1
    }
  }
}
extension DatasetError: HasExitStatus {
  /// The status of wrong input, or of an interruption.
  package var exitStatus: Int32 {
    kind == .cancelled ? TerminationSignals.exitStatus : JobFailure.inputStatus
  }
}
extension TensorError: HasExitStatus {
  /// The status of wrong input if the environment is to be changed.
  package var exitStatus: Int32 {
    if case .unknownInstructionSet = self { JobFailure.inputStatus } else { 1 }
  }
}
