import Dispatch
import Reports
import Synchronization
import Tensors

/// Measures what the cores of a rank can do at most, now and then between the steps, so that a
/// change of the clock frequency meets both.
struct PeakMeter {
  /// The length of one measurement on a core, in seconds.
  private static let chunkSeconds = 0.004

  private let threads: Int
  private var rates: [Precision: [Double]] = [:]

  /// A meter of as many cores at a time as there are threads.
  init(threads: Int) { self.threads = threads }

  /// Measures each precision three times on all threads at once.
  mutating func measure() {
    for precision in Precision.allCases {
      for _ in 0..<3 { rates[precision, default: []] += measure(precision) }
    }
  }

  private func measure(_ precision: Precision) -> [Double] {
    let rates = Mutex<[Double]>([])
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      let rate = ProcessorPeak.measure(precision, seconds: Self.chunkSeconds)
      if let rate { rates.withLock { $0.append(rate) } }
    }
    return rates.withLock { $0 }
  }

  /// The median for one core of this rank, in operations a second; 0 if the processor has no such
  /// instruction.
  func median(_ precision: Precision) -> Double {
    MedianRange(rates[precision] ?? [])?.median ?? 0
  }
}
