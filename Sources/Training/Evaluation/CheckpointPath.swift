import Files

/// The checkpoint that a person means by `path`: the file itself; of a run's folder
/// `best.safetensors`, or else the newest checkpoint; of a folder of checkpoints the newest.
///
/// - Throws: `RunDirectoryError` where a folder has none; `FileError` where it cannot be read.
package func checkpointPath(at path: String) throws -> String {
  guard RunFolder.isFolder(path) else { return path }
  let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  let folder = RunFolder(path: path)
  if RunFolder.exists(folder.bestPath) { return folder.bestPath }
  if let newest = try folder.checkpoints.newest() ?? CheckpointDirectory(path).newest() {
    return newest.path
  }
  throw RunDirectoryError(
    "\(path) holds no best.safetensors and no checkpoints/step-….safetensors; name the folder of a "
      + "run, or a checkpoint, with --checkpoint")
}
