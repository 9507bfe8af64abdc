import Cluster

/// The state that a run starts from on every rank, and on rank 0 its folder, in which nothing has been
/// written yet.
package struct RunStart {
  /// The state, the same on all ranks.
  package let state: TrainingState
  /// The folder, which no other process can write to as long as this or a copy is there; nil on the
  /// other ranks.
  let directory: RunDirectory?

  /// Finds the folder and sets the state: that of the newest checkpoint if the run resumes, otherwise
  /// parameters from a file or from the seed. All ranks call this.
  ///
  /// - Parameters:
  ///   - name: the first part of the folder's name, if `options` do not name one.
  ///   - resumed: the run that is continued, if it was found before.
  /// - Throws: `JobFailure` or `RankFailure`.
  package init(
    _ context: TrainingContext, _ options: TrainingOptions, name: String, resumed: ResumedRun?
  ) throws {
    let (group, configuration, data) = (context.group, context.configuration, context.data)
    var state = try group.collectively { try TrainingState(data.layout, configuration) }
    var directory: RunDirectory?
    try group.onRoot {
      directory = try RunDirectory(configuration, options, data, name: name, resumed: resumed)
      try directory?.initialize(&state, group)
    }
    try state.broadcast(in: group)
    // The first step of a large model takes long.
    try group.collectively(group.progress)
    (self.state, self.directory) = (state, directory)
  }

  /// Checks on rank 0 that the folder could be made and written, and leaves nothing.
  ///
  /// - Throws: `JobFailure` or `RankFailure`.
  package func requireWritableFolder(_ group: ProcessGroup) throws {
    try group.onRoot { try directory?.requireOpenable() }
  }

  /// The folder's path on rank 0; nil on the others.
  package var folder: String? { directory?.path }
}
