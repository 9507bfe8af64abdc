import Foundation

/// The folder of the memory through which Open MPI sends messages within a host.
///
/// Each rank makes a file there whose pages are found when they are touched. Where there is no room,
/// as in `/dev/shm` of a container, Linux ends the rank with SIGBUS in the midst of a message.
package struct MessageFolder: Equatable, Sendable {
  /// Open MPI's default.
  package static let usual = "/dev/shm"
  /// The folder that is taken where the usual one has no room.
  package static var alternative: String {
    ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
  }
  /// The environment's variable of Open MPI that names another.
  package static let variable = "OMPI_MCA_btl_vader_backing_directory"
  /// The size of a rank's file, and some bytes around it.
  package static let bytesOfRank = 4_325_376

  /// The folder to take instead of the usual one; nil for that.
  package let path: String?
  /// A sentence about it that a person has to know of, if there is one.
  package let warning: String?

  /// The folder for the files of `ranks` ranks on a host.
  ///
  /// - Parameters:
  ///   - alternative: the folder to take if the usual one has no room.
  ///   - freeBytes: the room in a folder, nil if there is no such folder.
  package init(ranks: Int, alternative: String, freeBytes: (String) -> Int?) {
    let needed = ranks * Self.bytesOfRank
    // Without the usual one, Open MPI finds itself another.
    guard ranks > 1, let free = freeBytes(Self.usual), free < needed else {
      (path, warning) = (nil, nil)
      return
    }
    let finding =
      "\(Self.usual) has \(mebibytes(free)) free, and messages between \(ranks) ranks may take "
      + "\(mebibytes(needed))"
    let hasRoom = freeBytes(alternative) ?? 0 >= needed
    path = hasRoom ? alternative : nil
    warning =
      hasRoom
      ? "\(finding): they go through files in \(alternative), which may be slower; give "
        + "\(Self.usual) more room (docker run --shm-size)"
      : "\(finding), and \(alternative) has no more: a rank may end with SIGBUS; give "
        + "\(Self.usual) more room (docker run --shm-size)"
  }

  /// Has Open MPI, which is not yet initialized, take the folder for this process, unless somebody
  /// chose one. Where that is another than usual, the first rank of the host says so.
  static func choose(_ console: Console) {
    let environment = ProcessInfo.processInfo.environment
    guard environment[variable] == nil,
      let ranks = environment["OMPI_COMM_WORLD_LOCAL_SIZE"].flatMap(Int.init)
    else { return }
    let folder = MessageFolder(
      ranks: ranks, alternative: alternative, freeBytes: freeBytes)
    if let path = folder.path { setenv(variable, path, 1) }
    if let warning = folder.warning, environment["OMPI_COMM_WORLD_LOCAL_RANK"] == "0" {
      console.warning("\(ProcessInfo.processInfo.hostName): \(warning)")
    }
  }

  private static func freeBytes(in folder: String) -> Int? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    return Int(status.f_bavail) * Int(status.f_frsize)
  }
}

private func mebibytes(_ bytes: Int) -> String {
  "\(Int((Double(bytes) / 0x1p20).rounded())) MiB"
}
