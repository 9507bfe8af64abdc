import Files

/// The form of the samples of a data set: sequences of vectors, with a label each.
package struct SampleForm: Equatable, Sendable {
  /// The time steps of the longest sequence, T; of an image its rows.
  package let steps: Int
  /// The numbers of a time step, F; of an image the pixels of a row.
  package let features: Int
  /// True if a number is a byte, which stands for as many 255ths: a pixel. Otherwise it is a float.
  package let isBytes: Bool
  /// True if each sequence has a length of its own, up to T.
  package let hasLengths: Bool

  package init(
    steps: Int, features: Int, isBytes: Bool = false, hasLengths: Bool = false
  ) {
    (self.steps, self.features) = (steps, features)
    (self.isBytes, self.hasLengths) = (isBytes, hasLengths)
  }

  /// The most time steps, and the most features, that samples may have.
  package static let largest = 1 << 20

  /// True if both sizes are within the limits.
  package var isWithinLimits: Bool {
    1...Self.largest ~= steps && 1...Self.largest ~= features
  }

  /// True if a classifier for samples of one form takes those of the other: of images as many rows.
  package func isLike(_ other: SampleForm) -> Bool {
    features == other.features && isBytes == other.isBytes
      && (steps == other.steps || hasLengths || other.hasLengths)
  }

  /// True if a sample is an image, which can be shown.
  package var isImage: Bool { isBytes && !hasLengths }

  /// The samples in a word.
  package var noun: String { isImage ? "images" : "sequences" }

  /// The samples with their sizes, such as "images of 28 x 28 pixels".
  package var inWords: String {
    isImage
      ? "images of \(steps) x \(features) pixels"
      : "sequences of \(hasLengths ? "up to " : "")\(counted(steps, "time step")) with "
        + counted(features, "feature") + (isBytes ? " of bytes" : "")
  }

  /// The form as numbers, for other ranks.
  package var numbers: [Int] {
    [steps, features, isBytes ? 1 : 0, hasLengths ? 1 : 0]
  }

  /// The form that these are the `numbers` of.
  package init(numbers: some Collection<Int>) {
    let numbers = Array(numbers)
    self.init(
      steps: numbers[0], features: numbers[1], isBytes: numbers[2] == 1,
      hasLengths: numbers[3] == 1)
  }

  /// The bytes of a number.
  var numberByteCount: Int { isBytes ? 1 : MemoryLayout<Float>.size }
  /// The bytes of all numbers of a sample, with room for T time steps.
  var byteCount: Int { steps * features * numberByteCount }
}

/// The first bytes of what belongs to a sample in ``SampleMemory``.
struct SamplePlace {
  /// Its numbers, `[T, F]`, time step by time step.
  let numbers: Int
  /// Its label, and its length if the form has lengths: integers of 32 bits.
  let label: Int, length: Int
}

extension MutableSpan<UInt8> {
  /// Sets the 4 bytes from `offset` on to an integer.
  mutating func store(_ value: Int32, at offset: Int) {
    withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: Int32.self) }
  }
}

extension Span<UInt8> {
  /// The integer in the 4 bytes from `offset` on.
  func int32(at offset: Int) -> Int32 {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Int32.self) }
  }
}
