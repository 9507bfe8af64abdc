import Cluster
import Reports
import Tensors

/// Measures what the cores of a rank can do at most, now and then between the steps, so that a
/// change of the clock frequency meets both.
struct PeakMeter {
  /// The length of one measurement on a core, in seconds.
  private static let chunkSeconds = 0.004

  private let threads: WorkerThreads
  private var rates: [Precision: [Double]] = [:]

  /// A meter of as many cores at a time as there are threads.
  init(threads: WorkerThreads) { self.threads = threads }

  /// Measures each precision three times on all threads at once.
  mutating func measure() throws {
    for precision in Precision.allCases {
      for _ in 0..<3 { rates[precision, default: []] += try measure(precision) }
    }
  }

  private func measure(_ precision: Precision) throws -> [Double] {
    let meters = (0..<threads.count).map { _ in Meter() }
    try threads.forEach(meters) { _, meter in
      meter.rate = ProcessorPeak.measure(precision, seconds: Self.chunkSeconds)
    }
    return meters.compactMap(\.rate)
  }

  /// One thread's measurement. `@unchecked Sendable` holds because one thread at a time uses it.
  private final class Meter: @unchecked Sendable {
    var rate: Double?
  }

  /// The median for one core of this rank, in operations a second; 0 if the processor has no such
  /// instruction.
  func median(_ precision: Precision) -> Double {
    MedianRange(rates[precision] ?? [])?.median ?? 0
  }
}
