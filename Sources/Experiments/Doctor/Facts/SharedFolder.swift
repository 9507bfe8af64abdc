import Cluster
import Foundation
import MessagePassing

/// Tries whether the hosts see the same folder.
enum SharedFolder {
  /// Tells whether this host sees a file that the first host makes in `folder`, or in the nearest above it
  /// that exists; nil where the file cannot be made. All first ranks of hosts call this.
  ///
  /// - Throws: `MPIError`.
  static func isSeen(_ folder: String, _ leaders: Communicator) throws(MPIError) -> Bool? {
    var path = ""
    if leaders.rank == 0, let place = FileSystemFacts(folder)?.path {
      path = "\(place)/.lockstep-doctor-\(UInt64.random(in: 0...(.max)))"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if descriptor >= 0 { close(descriptor) } else { path = "" }
    }
    path = try leaders.broadcast(path, root: 0)
    if path.isEmpty { return nil }
    let isSeen = access(path, F_OK) == 0
    try leaders.barrier()
    if leaders.rank == 0 { unlink(path) }
    return isSeen
  }
}
