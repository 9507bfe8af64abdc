import CKernels
import Foundation

/// The peak of a core, measured on independent chains of multiply-adds that never leave its
/// registers: no program is faster, whatever it computes.
package enum ProcessorPeak {
  /// Runs the chains on the calling thread until it has had `seconds` of a core, and returns the
  /// floating-point operations a second, with two to a multiply-add; nil if this processor has no
  /// such instruction.
  ///
  /// The seconds are those of the thread's own clock, so that others on the same core do not count.
  package static func measure(_ precision: Precision, seconds: Double) -> Double? {
    let start = threadSeconds()
    var operations = 0.0
    var elapsed = 0.0
    repeat {
      // About a tenth of a millisecond: the clock costs nothing beside it.
      operations += run(precision, rounds: 20_000)
      guard operations > 0 else { return nil }
      elapsed = threadSeconds() - start
    } while elapsed < seconds
    return operations / elapsed
  }

  private static func run(_ precision: Precision, rounds: Int) -> Double {
    switch precision {
    case .float32: lockstep_peak_float32(rounds)
    case .bfloat16: lockstep_peak_bfloat16(rounds)
    }
  }

  private static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
