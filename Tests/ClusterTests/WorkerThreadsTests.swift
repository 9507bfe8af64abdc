import Cluster
import Foundation
import Synchronization
import Testing

@Suite("Threads that work together")
struct WorkerThreadsTests {
  struct Failure: Error, Equatable { let worker: Int }

  @Test("All of them run at the same time, on however few processors", arguments: [1, 2, 3, 64])
  func together(count: Int) throws {
    let threads = try WorkerThreads(count: count)
    #expect(threads.count == count)
    let meeting = Meeting()
    for round in 1...3 {
      try threads.forEach(Array(0..<count)) { index, worker in
        guard index == worker, meeting.isComplete(with: round * count) else {
          throw Failure(worker: worker)
        }
      }
    }
  }

  @Test("Fewer workers than threads, or none, are enough")
  func fewer() throws {
    let threads = try WorkerThreads(count: 4)
    for count in 0...4 {
      let calls = Mutex(0)
      try threads.forEach(Array(0..<count)) { _, _ in calls.withLock { $0 += 1 } }
      #expect(calls.withLock { $0 } == count)
    }
  }

  @Test("The first worker's error is thrown when all are done")
  func errors() throws {
    let threads = try WorkerThreads(count: 5)
    let done = Meeting()
    #expect(throws: Failure(worker: 2)) {
      try threads.forEach([0, 1, 2, 3, 4]) { _, worker in
        done.arrive()
        if worker >= 2 { throw Failure(worker: worker) }
      }
    }
    #expect(done.count == 5)
  }

  @Test("The threads end with their owner")
  func end() throws {
    func names() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
        // Names of other tests' threads are shorter.
        (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8))
          .map { $0 == "worker 101\n" } ?? false
      }
    }
    var threads: WorkerThreads? = try WorkerThreads(count: 102)
    try threads?.forEach(Array(0..<102)) { _, _ in }
    #expect(try names() == 1)
    threads = nil
    #expect(try names() == 0)
  }

  /// A place where workers wait for each other.
  private final class Meeting: Sendable {
    private let arrivals = Atomic(0)
    var count: Int { arrivals.load(ordering: .sequentiallyConsistent) }

    func arrive() { arrivals.add(1, ordering: .sequentiallyConsistent) }

    /// True if as many come as should, within a minute.
    func isComplete(with expected: Int) -> Bool {
      arrive()
      let deadline = ContinuousClock.now + .seconds(60)
      while count < expected {
        guard ContinuousClock.now < deadline else { return false }
        usleep(100)
      }
      return true
    }
  }
}
