import Random

/// The order in which a classifier reads the pixels of an image.
///
/// Pixel by pixel, MNIST is the sequential task of Le, Jaitly and Hinton, "A Simple Way to Initialize
/// Recurrent Networks of Rectified Linear Units" (2015), and, in one order that is drawn for all
/// images, their permuted one.
package enum PixelOrder: String, Codable, Sendable, CaseIterable {
  /// A row is a time step.
  case rows
  /// A pixel is a time step, row by row.
  case pixels
  /// A pixel is a time step, in an order that was drawn once for all runs.
  case permuted

  /// For each time step the pixel of an image of `count` pixels.
  ///
  /// The order depends on the count alone, so that runs of every seed read the same sequences.
  package static func permutation(_ count: Int) -> [Int] {
    var pixels = Array(0..<count)
    var stream = CounterStream(seed: 0, purpose: .pixelOrder)
    stream.shuffle(&pixels)
    return pixels
  }

  /// The order as a number, for other ranks.
  var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
