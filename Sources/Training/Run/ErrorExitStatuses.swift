import Cluster
import Configuration
import Datasets
import Files
import Tensors

// The exit statuses of errors from modules that know of no job.

extension ConfigurationError: HasExitStatus {
  /// The status of wrong input.
  package var exitStatus: Int32 { JobFailure.inputStatus }
}
extension FileError: HasExitStatus {
  /// The status of wrong input, but 1 where a file cannot be written.
  package var exitStatus: Int32 { kind == .cannotWrite ? 1 : JobFailure.inputStatus }
}
extension DatasetError: HasExitStatus {
  /// The status of wrong input.
  package var exitStatus: Int32 { JobFailure.inputStatus }
}
extension TensorError: HasExitStatus {
  /// The status of wrong input if the environment is to be changed.
  package var exitStatus: Int32 {
    if case .unknownInstructionSet = self { JobFailure.inputStatus } else { 1 }
  }
}
