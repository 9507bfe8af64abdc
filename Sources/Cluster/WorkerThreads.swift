import Foundation
import Synchronization

/// Threads that cannot be had, as a sentence.
package struct WorkerThreadsError: Error, CustomStringConvertible {
  /// The sentence: what was asked for, and what to do.
  package let description: String
}

/// Threads that work together again and again: the one that calls is one of them, and the others
/// sleep in between.
///
/// There are as many as were asked for, on however few processors; Dispatch would start fewer. They
/// are free to move between the processors of the process: the system sees who else is there.
package final class WorkerThreads: Sendable {
  private let others: [Helper]

  /// The number of threads, with the one that calls.
  package var count: Int { others.count + 1 }

  /// Starts the threads.
  ///
  /// - Throws: `WorkerThreadsError` where the system refuses one.
  package init(count: Int) throws(WorkerThreadsError) {
    var others: [Helper] = []
    while others.count + 1 < count {
      let helper = Helper(number: others.count + 1)
      let code = helper.start()
      guard code == 0 else {
        for other in others { other.end() }
        throw WorkerThreadsError(
          description: "cannot start thread \(others.count + 2) of \(count) "
            + "(\(String(cString: strerror(code)))); lower train.threads, or raise the limits of "
            + "processes and memory (ulimit -u, ulimit -v)")
      }
      others.append(helper)
    }
    self.others = others
  }

  deinit { for other in others { other.end() } }

  /// Calls `body` with each worker, each on a thread of its own, and waits for all. One call at a
  /// time, with no more workers than threads.
  ///
  /// - Throws: the error of the first worker in their order that failed.
  package func forEach<Worker: Sendable>(
    _ workers: [Worker], _ body: @escaping @Sendable (Int, Worker) throws -> Void
  ) throws {
    precondition(workers.count <= count, "more workers than threads")
    guard workers.count > 1 else { return try workers.first.map { try body(0, $0) } ?? () }
    let failures = Failures()
    let work: @Sendable (Int) -> Void = { index in
      do { try body(index, workers[index]) } catch { failures.add(error, of: index) }
    }
    for helper in others.prefix(workers.count - 1) { helper.begin(work) }
    work(0)
    for helper in others.prefix(workers.count - 1) { helper.wait() }
    if let first = failures.first { throw first }
  }

  private final class Failures: Sendable {
    private let errors = Mutex<[Int: any Error]>([:])
    func add(_ error: any Error, of worker: Int) { errors.withLock { $0[worker] = error } }
    var first: (any Error)? { errors.withLock { $0.min { $0.key < $1.key }?.value } }
  }

  /// A thread besides the one that calls.
  ///
  /// `@unchecked Sendable` holds because the two hand each other the work by semaphores.
  private final class Helper: @unchecked Sendable {
    private let number: Int
    private let begun = DispatchSemaphore(value: 0), ended = DispatchSemaphore(value: 0)
    private var work: (@Sendable (Int) -> Void)?
    private var thread = pthread_t()

    init(number: Int) { self.number = number }

    /// Starts the thread, and returns the system's error code.
    func start() -> Int32 {
      let context = Unmanaged.passUnretained(self).toOpaque()
      return pthread_create(
        &thread, nil,
        { context in
          if let context { Unmanaged<Helper>.fromOpaque(context).takeUnretainedValue().run() }
          return nil
        }, context)
    }

    func begin(_ work: @escaping @Sendable (Int) -> Void) {
      self.work = work
      begun.signal()
    }

    func wait() {
      ended.wait()
      work = nil
    }

    /// Ends the thread, which has no work.
    func end() {
      begun.signal()
      pthread_join(thread, nil)
    }

    private func run() {
      try? Data("worker \(number)".utf8).write(to: URL(filePath: "/proc/thread-self/comm"))
      while true {
        begun.wait()
        guard let work else { return }
        work(number)
        ended.signal()
      }
    }
  }
}
