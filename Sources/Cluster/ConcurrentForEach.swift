import Dispatch
import Synchronization

/// Calls `body` with each worker on a thread of its own, and waits for all.
///
/// - Throws: the error of the first worker in their order that failed.
package func concurrentForEach<Worker: Sendable>(
  _ workers: [Worker], _ body: @Sendable (Int, Worker) throws -> Void
) throws {
  if workers.count == 1 { return try body(0, workers[0]) }
  let failures = Mutex<[Int: any Error]>([:])
  DispatchQueue.concurrentPerform(iterations: workers.count) { index in
    do {
      try body(index, workers[index])
    } catch {
      failures.withLock { $0[index] = error }
    }
  }
  if let first = failures.withLock({ failures in failures.min { $0.key < $1.key }?.value }) {
    throw first
  }
}
