import Dispatch
import Synchronization

/// Writes checkpoints while the training goes on: a copy of the state is made, and a thread writes
/// it. At most one is under way; the next one waits for it.
package final class BackgroundCheckpointWriter {
  private let queue = DispatchQueue(label: "checkpoints")
  private let snapshot: Snapshot
  private let write: @Sendable (TrainingState, _ isBest: Bool) throws -> Void
  private let failure = Outcome()

  /// A writer of the states of a run.
  ///
  /// - Parameters:
  ///   - snapshot: memory for the state that is being written.
  ///   - write: writes one, on a thread of its own.
  package init(
    _ snapshot: TrainingState,
    write: @escaping @Sendable (TrainingState, _ isBest: Bool) throws -> Void
  ) {
    self.snapshot = Snapshot(state: snapshot)
    self.write = write
  }

  /// Starts to write `state`.
  package func start(_ state: TrainingState, isBest: Bool) {
    finish()
    snapshot.state.copy(from: state)
    let (snapshot, write, failure) = (snapshot, write, failure)
    queue.async {
      do {
        try write(snapshot.state, isBest)
      } catch {
        failure.set(error)
      }
    }
  }

  /// Waits until nothing is under way.
  package func finish() { queue.sync {} }

  /// The failure of a write that has ended, once.
  package func takeFailure() -> (any Error)? { failure.take() }

  /// The copy that is being written.
  ///
  /// It may cross threads: the queue alone uses it from `start` to `finish`, and the training
  /// otherwise.
  private final class Snapshot: @unchecked Sendable {
    var state: TrainingState
    init(state: TrainingState) { self.state = state }
  }

  private final class Outcome: Sendable {
    private let error = Mutex<(any Error)?>(nil)
    func set(_ new: any Error) { error.withLock { $0 = $0 ?? new } }
    func take() -> (any Error)? {
      error.withLock { error in
        defer { error = nil }
        return error
      }
    }
  }
}
