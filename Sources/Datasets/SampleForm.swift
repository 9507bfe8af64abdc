import Files

/// The form of the samples of a data set: sequences of vectors, with a label each.
package struct SampleForm: Equatable, Sendable {
  /// The time steps of the longest sequence, T; of an image its rows, or its pixels.
  package let steps: Int
  /// The numbers of a time step, F; of an image the pixels of a row, or 1.
  package let features: Int
  /// True if a number is a byte, which stands for as many 255ths: a pixel. Otherwise it is a float.
  package let isBytes: Bool
  /// True if each sequence has a length of its own, up to T.
  package let hasLengths: Bool
  /// The order of an image's pixels.
  package let order: PixelOrder
  /// The pixels of a row, if the sample is an image.
  package let imageWidth: Int

  package init(
    steps: Int, features: Int, isBytes: Bool = false, hasLengths: Bool = false
  ) {
    self.init(
      numbers: [
        steps, features, isBytes ? 1 : 0, hasLengths ? 1 : 0, PixelOrder.rows.number, features,
      ])
  }

  /// The form of the same images where their pixels are read in `order`.
  ///
  /// - Parameter path: a file of theirs, for the error.
  /// - Throws: ``DatasetError`` where they are no images, or have too many pixels.
  package func read(
    in order: PixelOrder, from path: String
  ) throws(DatasetError) -> SampleForm {
    guard order != .rows else { return self }
    guard isImage, steps * features <= Self.largest else {
      throw DatasetError(
        .wrongDimensions, in: path, found: inWords,
        expected: "images of at most \(Self.largest) pixels, for data.order: \(order.rawValue)",
        advice: "set data.order to rows")
    }
    var numbers = numbers
    (numbers[0], numbers[1], numbers[4]) = (steps * features, 1, order.number)
    return SampleForm(numbers: numbers)
  }

  /// The most time steps, and the most features, that samples may have.
  package static let largest = 1 << 20

  /// True if both sizes are within the limits.
  package var isWithinLimits: Bool {
    1...Self.largest ~= steps && 1...Self.largest ~= features
  }

  /// True if a classifier for samples of one form takes those of the other: of images as many rows,
  /// and where they are read pixel by pixel as wide ones.
  package func isLike(_ other: SampleForm) -> Bool {
    features == other.features && isBytes == other.isBytes
      && (order == .rows || other.order == .rows || imageWidth == other.imageWidth)
      && (steps == other.steps || hasLengths || other.hasLengths)
  }

  /// True if a sample is an image, which can be shown.
  package var isImage: Bool { isBytes && !hasLengths }

  /// The samples in a word.
  package var noun: String { isImage ? "images" : "sequences" }

  /// The samples with their sizes, such as "images of 28 x 28 pixels".
  package var inWords: String {
    isImage
      ? "images of \(steps * features / imageWidth) x \(imageWidth) pixels"
      : "sequences of \(hasLengths ? "up to " : "")\(counted(steps, "time step")) with "
        + counted(features, "feature") + (isBytes ? " of bytes" : "")
  }

  /// The form as numbers, for other ranks.
  package var numbers: [Int] {
    [steps, features, isBytes ? 1 : 0, hasLengths ? 1 : 0, order.number, imageWidth]
  }

  /// The form that these are the `numbers` of.
  package init(numbers: some Collection<Int>) {
    let numbers = Array(numbers)
    (steps, features) = (numbers[0], numbers[1])
    (isBytes, hasLengths) = (numbers[2] == 1, numbers[3] == 1)
    (order, imageWidth) = (PixelOrder.allCases[numbers[4]], numbers[5])
  }

  /// The bytes of a number.
  var numberByteCount: Int { isBytes ? 1 : MemoryLayout<Float>.size }
  /// The bytes of all numbers of a sample, with room for T time steps.
  var byteCount: Int { steps * features * numberByteCount }
}

/// The first bytes of what belongs to a sample in ``SampleMemory``.
struct SamplePlace {
  /// Its numbers, `[T, F]`, time step by time step, or its index in the file that keeps them, an
  /// integer of 64 bits.
  let numbers: Int
  /// Its label, and its length if the form has lengths: integers of 32 bits.
  let label: Int, length: Int
}

extension MutableSpan<UInt8> {
  /// Sets the bytes from `offset` on to an integer.
  mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
    withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: Value.self) }
  }
}

extension Span<UInt8> {
  /// The integer in the 4 bytes from `offset` on.
  func int32(at offset: Int) -> Int32 {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Int32.self) }
  }

  /// The integer in the 8 bytes from `offset` on.
  func int64(at offset: Int) -> Int64 {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Int64.self) }
  }
}
