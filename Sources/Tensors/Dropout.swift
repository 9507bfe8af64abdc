import CKernels
import Random

/// Masks that drop elements at random and multiply the others by 1 / (1 - p) (`torch.nn.Dropout`):
/// a function of a seed, two indices, a sample's place and the element, whoever draws it.
package struct Dropout: Sendable {
  private let probability: Double
  private let key: (UInt32, UInt32)
  private let step: UInt32
  private var shard: UInt32
  private var firstRow: Int
  private var samples: [UInt32]?

  /// The masks of one minibatch.
  ///
  /// - Parameters:
  ///   - probability: p, from 0 to below 1.
  ///   - step, shard: the step of the training, and the logical shard of the samples, modulo 2³².
  ///   - firstRow: the number of the minibatch's first sample among those of its shard in the step.
  package init(
    probability: Double, seed: UInt64, step: Int, shard: Int = 0, firstRow: Int = 0
  ) {
    precondition(probability >= 0 && probability < 1, "no probability to drop with")
    self.probability = probability
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.step = UInt32(truncatingIfNeeded: step)
    self.shard = UInt32(truncatingIfNeeded: shard)
    self.firstRow = firstRow
  }

  /// The masks of another minibatch of the same step.
  ///
  /// - Parameter samples: for each row of the minibatch the number of its sample among them; nil
  ///   where the rows are in that order.
  package func of(shard: Int, firstRow: Int, samples: [UInt32]? = nil) -> Dropout {
    var other = self
    (other.shard, other.firstRow) = (UInt32(truncatingIfNeeded: shard), firstRow)
    other.samples = samples
    return other
  }

  /// Draws a mask `[⌈units/V⌉][N][V]`, number `index` of the `count` that each sample needs.
  ///
  /// - Parameter running: the number of rows that are drawn, from the first on; all `rows` if nil.
  package func draw(
    _ mask: Matrix, rows: Int, running: Int? = nil, units: Int, index: Int, of count: Int
  ) {
    let running = running ?? rows
    precondition(
      mask.count == rows * Kernels.padded(units) && 0...rows ~= running
        && (samples?.count ?? rows) == rows, "the mask has another shape")
    let size = (units + 63) / 64 * 16
    var dropout = lockstep_dropout(
      key: key, counter: (shard, step, CounterStream.Purpose.dropout.rawValue),
      first: UInt64(firstRow * count * size + index * size), sample_stride: UInt64(count * size),
      samples: nil, threshold: UInt32(min(probability * 0x1p32, 0x1p32 - 1)),
      scale: Float(1 / (1 - probability)))
    let table = Kernels.float32.table
    guard let samples else {
      return table.pointee.dropout_mask(rows, running, units, &dropout, mask.pointer)
    }
    samples.withUnsafeBufferPointer { numbers in
      dropout.samples = numbers.baseAddress
      table.pointee.dropout_mask(rows, running, units, &dropout, mask.pointer)
    }
  }
}
