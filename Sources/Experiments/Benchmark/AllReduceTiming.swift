import Cluster
import MessagePassing
import Reports
import Tensors

/// The time that an `MPI_Allreduce` of floats takes by itself, between ranks that come at the same
/// time.
package struct AllReduceTiming: Codable, Equatable {
  /// The size of the message.
  package let bytes: Int
  /// The median, in millionths of a second.
  package let microseconds: Double
  /// The message's bytes by that time, whatever goes over the wire.
  package let gigabytesPerSecond: Double

  /// Measures a sum of `count` floats, waiting for the others as the training does.
  ///
  /// - Throws: `TensorError`, `MPIError`.
  package init(_ group: ProcessGroup, count: Int) throws {
    let buffer = try AlignedBuffer<Float>(count: count)
    // Short messages in groups, since the clock and the ranks' coming together take time, too.
    let burst = max(1, min(20, 65_536 / count))
    var seconds: [Double] = []
    for repetition in 0..<25 {
      try group.world.barrier()
      let stopwatch = Stopwatch()
      for _ in 0..<burst {
        try buffer.withMutableSpan { span throws(MPIError) in
          try group.world.allReduce(&span, .sum)
        }
      }
      // The first ones find buffers and connections that nobody has used.
      if repetition >= 5 { seconds.append(stopwatch.total / Double(burst)) }
    }
    let median = MedianRange(seconds)?.median ?? 0
    bytes = count * MemoryLayout<Float>.size
    microseconds = median * 1e6
    gigabytesPerSecond = median > 0 ? Double(bytes) / median * 1e-9 : 0
  }
}
