import Cluster
import Foundation
import MessagePassing
import Reduction

/// A record of the first steps after a start on this rank, and at last of all ranks on rank 0: a
/// picture for <https://ui.perfetto.dev> or `chrome://tracing`.
///
/// The thread that calls MPI uses it, but for the tracks, which each have a thread.
package final class StepTrace {
  /// The steps that are recorded.
  package let stepCount: Int
  /// The steps that were.
  package private(set) var recordedSteps = 0
  /// The line of each worker; the first is the thread that calls MPI.
  let threads: [TraceTrack]
  /// The line of each bucket, and the time when it left its last stage.
  private let buckets: [TraceTrack]
  private var bucketTimes: [ContinuousClock.Instant]
  /// The stages in which the ranks wait for each other.
  private let stages: Set<ReductionStage>
  private let clock = TraceClock()

  /// A record of `stepCount` steps, at least 1, of a job with this layout.
  convenience init(stepCount: Int, threads: Int, buckets: Int, _ layout: HostLayout) {
    self.init(
      stepCount, threads: threads, buckets: buckets,
      layout.size == 1
        ? [] : layout.hosts.count == 1 ? [.arrival, .departure] : Set(ReductionStage.allCases))
  }

  /// An empty record for another run of the same job.
  var emptied: StepTrace {
    StepTrace(stepCount, threads: threads.count, buckets: buckets.count, stages)
  }

  private init(_ stepCount: Int, threads: Int, buckets: Int, _ stages: Set<ReductionStage>) {
    (self.stepCount, self.stages) = (stepCount, stages)
    self.threads = (0..<threads).map { TraceTrack(name: $0 == 0 ? "main" : "worker \($0)") }
    self.buckets = (0..<buckets).map {
      TraceTrack(name: $0 < buckets - 1 ? "bucket \($0)" : "statistics")
    }
    bucketTimes = Array(repeating: .now, count: buckets)
  }

  /// True until all steps are recorded.
  package var isRecording: Bool { recordedSteps < stepCount }

  /// Takes note of a whole step.
  func endStep(_ number: Int, from start: ContinuousClock.Instant) {
    threads[0].add(.step(number), from: start, to: .now)
    recordedSteps += 1
  }

  /// Takes note of a bucket that was started, or left a stage.
  func note(_ bucket: Int, _ stage: ReductionStage?) {
    let now = ContinuousClock.now
    if let stage, stages.contains(stage) {
      buckets[bucket].add(.reduction(stage), from: bucketTimes[bucket], to: now)
    }
    bucketTimes[bucket] = now
  }

  /// Puts the records of all ranks together. All ranks call this.
  ///
  /// - Returns: the file, in the Trace Event Format, on rank 0; nil on the others.
  /// - Throws: `MPIError`.
  package func collect(_ group: ProcessGroup) throws -> [UInt8]? {
    let offset = try clock.offset(group)
    let mine = events(rank: group.rank, host: group.host, offset: offset)
    guard group.isRoot else {
      try group.world.send(mine, to: 0)
      return nil
    }
    var file = Array(#"{"displayTimeUnit":"ms","traceEvents":["#.utf8) + mine
    for rank in 1..<group.size {
      file.append(UInt8(ascii: ","))
      file += try group.world.receive([UInt8].self, from: rank).elements
    }
    return file + Array("\n]}\n".utf8)
  }

  /// The events of this rank, with commas between them.
  private func events(rank: Int, host: String, offset: Double) -> [UInt8] {
    var lines: [String] = []
    func metadata(_ kind: String, line: Int, _ argument: String) {
      lines.append(
        #"{"name":"\#(kind)","ph":"M","pid":\#(rank),"tid":\#(line),"args":{\#(argument)}}"#)
    }
    metadata("process_name", line: 0, #""name":\#(quoted("rank \(rank) on \(host)"))"#)
    metadata("process_sort_index", line: 0, #""sort_index":\#(rank)"#)
    for (line, track) in (threads + buckets.filter { !$0.spans.isEmpty }).enumerated() {
      metadata("thread_name", line: line, #""name":\#(quoted(track.name))"#)
      metadata("thread_sort_index", line: line, #""sort_index":\#(line)"#)
      // What holds others begins before them.
      let spans = track.spans.sorted { ($0.start, $1.end) < ($1.start, $0.end) }
      for span in spans {
        let start = microseconds(clock.seconds(span.start) - offset)
        let duration = microseconds((span.end - span.start).seconds)
        lines.append(
          #"{"name":"\#(span.activity.name)","cat":"\#(span.activity.category)","ph":"X","#
            + #""ts":\#(start),"dur":\#(duration),"pid":\#(rank),"tid":\#(line)}"#)
      }
    }
    return Array(("\n" + lines.joined(separator: ",\n")).utf8)
  }

  private func microseconds(_ seconds: Double) -> String { String(format: "%.3f", seconds * 1e6) }

  private func quoted(_ text: String) -> String {
    (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"?\""
  }
}

/// The clock of a host against that of rank 0's.
private struct TraceClock {
  /// The messages there and back, of which the quickest counts.
  private static let exchanges = 16

  /// A moment by the clock that the record uses, and by that of the whole host.
  private let origin = ContinuousClock.now
  private let hostSeconds = Self.hostSeconds

  private static var hostSeconds: Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }

  /// The time of an instant, in seconds since the start of this host.
  func seconds(_ instant: ContinuousClock.Instant) -> Double {
    hostSeconds + (instant - origin).seconds
  }

  /// The number of seconds to subtract from `seconds` on this rank, so that the times of all ranks are
  /// since rank 0's origin. All ranks call this.
  ///
  /// The clocks of two hosts are compared by messages that both send at once: an answer is half-way
  /// between the question and its arrival, to within half the time of the quickest.
  func offset(_ group: ProcessGroup) throws(MPIError) -> Double {
    let world = group.world
    guard group.isRoot else {
      for _ in 0..<Self.exchanges {
        _ = try world.receive(Double.self, from: 0)
        try world.send(Self.hostSeconds, to: 0)
      }
      return try world.receive(Double.self, from: 0)
    }
    for rank in 1..<group.size {
      var best = (roundTrip: Double.infinity, difference: 0.0)
      for _ in 0..<Self.exchanges {
        let question = Self.hostSeconds
        try world.send(question, to: rank)
        let answer = try world.receive(Double.self, from: rank)
        let arrival = Self.hostSeconds
        if arrival - question < best.roundTrip {
          best = (arrival - question, answer - (question + arrival) / 2)
        }
      }
      let sharesClock = group.layout.position(of: rank).host == group.layout.position(of: 0).host
      try world.send(hostSeconds + (sharesClock ? 0 : best.difference), to: rank)
    }
    return hostSeconds
  }
}
