import Files

/// The header of a file of an array: the type of its elements, their order and the array's shape.
struct ArrayHeader: Equatable {
  let element: ArrayElement
  /// True if the first index runs fastest.
  let isFortranOrder: Bool
  let shape: [Int]
  /// The bytes before the first element.
  let byteCount: Int

  /// The largest array, so that no product of sizes overflows.
  private static let mostBytes = 1 << 50

  /// The number of elements.
  var count: Int { shape.reduce(1, *) }
  /// The bytes of the file: header and elements.
  var fileByteCount: Int { byteCount + count * element.byteCount }
  /// The number of elements of each size, such as "5 × 3".
  var sizesInWords: String { shape.map(String.init).joined(separator: " × ") }

  /// A header that is `byteCount` long.
  ///
  /// - Throws: ``DatasetError`` where the array has no element, or more than a disk holds.
  init(
    _ element: ArrayElement, isFortranOrder: Bool = false, shape: [Int], byteCount: Int,
    path: String
  ) throws(DatasetError) {
    guard Self.fits(shape, element.byteCount) else {
      throw DatasetError(
        .wrongDimensions, in: path, found: "the shape \(shape) in the header",
        expected: "at least one element, and no more than a disk holds",
        advice: shape.contains(0)
          ? "save an array that has elements" : DatasetError.repair(path))
    }
    (self.element, self.isFortranOrder, self.shape) = (element, isFortranOrder, shape)
    self.byteCount = byteCount
  }

  private static func fits(_ shape: [Int], _ elementByteCount: Int) -> Bool {
    var bytes = elementByteCount
    for size in shape {
      let product = bytes.multipliedReportingOverflow(by: size)
      guard size > 0, !product.overflow, product.partialValue <= mostBytes else { return false }
      bytes = product.partialValue
    }
    return true
  }
}
