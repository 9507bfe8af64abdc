import Cluster
import Configuration
import Datasets
import Files
import Tensors

extension ConfigurationError: HasExitStatus {
  /// That of wrong input.
  package var exitStatus: Int32 { JobFailure.inputStatus }
}
extension FileError: HasExitStatus {
  /// That of wrong input, but where a file cannot be written.
  package var exitStatus: Int32 { kind == .cannotWrite ? 1 : JobFailure.inputStatus }
}
extension DatasetError: HasExitStatus {
  /// That of wrong input.
  package var exitStatus: Int32 { JobFailure.inputStatus }
}
extension RunDirectoryError: HasExitStatus {}

extension TensorError: HasExitStatus {
  /// That of wrong input if the environment is to be changed.
  package var exitStatus: Int32 {
    if case .unknownInstructionSet = self { JobFailure.inputStatus } else { 1 }
  }
}
