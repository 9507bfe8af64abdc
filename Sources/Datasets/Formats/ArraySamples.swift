import Files

/// The samples of two arrays, or three: `x` `[N, T, F]` or `[N, T]`, `y` `[N]`, integers or the
/// names of classes, and, where the sequences differ in length, their lengths `[N]`. Those that
/// nobody labeled have no `y`.
struct ArraySamples: SampleFiles {
  let form: SampleForm
  private var file: ArrayFile
  private let labels: [Int32]?
  private let lengths: [Int]?
  private let allowsMissing: Bool
  private let labelPath: String?
  /// The digest of labels and lengths; nil where there are neither.
  private let labelDigest: SHA256Digest?

  var count: Int { file.header.shape[0] }
  var path: String { file.path }
  var hasLabels: Bool { labels != nil }

  /// Opens the files, and reads labels and lengths.
  ///
  /// - Parameters:
  ///   - paths: their files, without labels if there are none, and without lengths if all sequences
  ///     have T time steps.
  ///   - classes: the names of the classes, for labels that are texts.
  ///   - allowsMissing: true if numbers may be NaN.
  /// - Throws: ``DatasetError`` where an array has another shape or type, the arrays do not belong
  ///   together, or a label has no class.
  init(
    _ paths: DatasetFormat.Paths, _ format: ArrayFile.Format, classes: [String],
    allowsMissing: Bool, isCancelled: () -> Bool
  ) throws(DatasetError) {
    self.allowsMissing = allowsMissing
    file = try Self.samples(ArrayFile(paths.samples, format, isCancelled: isCancelled))
    let count = file.header.shape[0]
    let labelFile = try paths.labels.map { place throws(DatasetError) in
      try ArrayFile(place, format, isCancelled: isCancelled)
    }
    labelPath = labelFile?.path
    let labeled = try labelFile.map { file throws(DatasetError) in
      try Self.labels(file, count: count, classes: classes, isCancelled: isCancelled)
    }
    labels = labeled?.labels
    if let lengthPath = paths.lengths {
      let (lengths, lengthDigest) = try Self.lengths(
        ArrayFile(lengthPath, format, isCancelled: isCancelled), of: file.header,
        isCancelled: isCancelled)
      self.lengths = lengths
      do {
        let both = (labeled?.digest.bytes ?? []) + lengthDigest.bytes
        labelDigest = labeled == nil ? lengthDigest : try SHA256Digest(of: both)
      } catch {
        throw DatasetError(
          .unreadableFile, in: lengthPath.description, found: error.description,
          expected: "a digest of the labels and lengths", advice: "start again")
      }
    } else {
      (lengths, labelDigest) = (nil, labeled?.digest)
    }
    form = Self.form(file.header, lengths: lengths)
  }

  /// The form of the samples of some files.
  static func form(
    _ paths: DatasetFormat.Paths, _ format: ArrayFile.Format, isCancelled: () -> Bool
  ) throws(DatasetError) -> SampleForm {
    let header = try samples(ArrayFile(paths.samples, format, isCancelled: isCancelled)).header
    var lengths: [Int]?
    if let path = paths.lengths {
      lengths = try Self.lengths(
        ArrayFile(path, format, isCancelled: isCancelled), of: header, isCancelled: isCancelled
      ).lengths
    }
    return form(header, lengths: lengths)
  }

  private static func form(_ header: ArrayHeader, lengths: [Int]?) -> SampleForm {
    SampleForm(
      steps: lengths?.max() ?? header.shape[1],
      features: header.shape.count > 2 ? header.shape[2] : 1, isBytes: header.element.isByte,
      hasLengths: lengths != nil)
  }

  var onDisk: DiskNumbers? {
    let header = file.header
    guard header.element.isFloatOfThisMachine, !header.isFortranOrder, file.isPlain else {
      return nil
    }
    return DiskNumbers(
      start: header.byteCount, stride: header.count / count * header.element.byteCount)
  }

  mutating func read(
    into memory: inout MutableSpan<UInt8>, classes: Int, keepsOnDisk: Bool,
    placing place: (Int) -> SamplePlace?,
    isCancelled: () -> Bool
  ) throws(DatasetError) -> DatasetDigests {
    for index in 0..<count {
      let label = labels?[index] ?? 0
      guard label < classes else {
        throw Self.outOfRange(Int(label), index, labelPath ?? path, classes: classes)
      }
      guard let place = place(index) else { continue }
      memory.store(label, at: place.label)
      if let lengths { memory.store(Int32(lengths[index]), at: place.length) }
    }
    let digest =
      file.header.isFortranOrder
      ? try readByElements(into: &memory, placing: place, isCancelled)
      : try readBySamples(
        into: &memory, keepsOnDisk: keepsOnDisk, placing: place, isCancelled)
    return DatasetDigests(samples: digest, labels: labelDigest ?? digest)
  }

  /// Reads an array in which a sample's numbers lie side by side.
  private mutating func readBySamples(
    into memory: inout MutableSpan<UInt8>, keepsOnDisk: Bool, placing place: (Int) -> SamplePlace?,
    _ isCancelled: () -> Bool
  ) throws(DatasetError) -> SHA256Digest {
    let (header, form, path) = (file.header, form, file.path)
    let (lengths, allowsMissing) = (lengths, allowsMissing)
    // What stays in the file is only checked.
    var checked = [UInt8](repeating: 0, count: keepsOnDisk ? form.byteCount : 0)
    return try file.forEachRun(of: header.count / count, isCancelled: isCancelled) {
      (index, bytes) throws(DatasetError) in
      guard let place = place(index) else { return }
      let used = (lengths?[index] ?? form.steps) * form.features
      if form.isBytes { return memory.copy(bytes.prefix(used), to: place.numbers) }
      let wrong: Int?
      if keepsOnDisk {
        memory.store(Int64(index), at: place.numbers)
        var span = checked.mutableSpan
        wrong = span.convert(bytes, header.element, used, to: 0, allowsMissing: allowsMissing)
      } else {
        wrong = memory.convert(
          bytes, header.element, used, to: place.numbers, allowsMissing: allowsMissing)
      }
      if let wrong {
        throw Self.notFinite(
          path, sample: index, step: wrong / form.features, feature: wrong % form.features,
          allowsMissing, header.element.beyondFloat(header.element.bytes(wrong, of: bytes)))
      }
    }
  }

  /// Reads an array whose first index runs fastest: of each feature at each time step the numbers of
  /// all samples.
  private mutating func readByElements(
    into memory: inout MutableSpan<UInt8>, placing place: (Int) -> SamplePlace?,
    _ isCancelled: () -> Bool
  ) throws(DatasetError) -> SHA256Digest {
    let (element, form, path) = (file.header.element, form, file.path)
    let (steps, lengths, allowsMissing) = (file.header.shape[1], lengths, allowsMissing)
    let size = form.numberByteCount
    // The samples that are kept, and the places of their numbers.
    let kept = (0..<count).compactMap { sample in
      place(sample).map { (sample: sample, start: $0.numbers) }
    }
    var floats = [Float](repeating: 0, count: form.isBytes ? 0 : count)
    return try file.forEachRun(of: count, isCancelled: isCancelled) {
      (run, bytes) throws(DatasetError) in
      let (feature, step) = run.quotientAndRemainder(dividingBy: steps)
      if !form.isBytes {
        bytes.withUnsafeBytes { bytes in
          floats.withUnsafeMutableBufferPointer { element.convert(bytes, to: $0) }
        }
      }
      for (sample, start) in kept where step < lengths?[sample] ?? steps {
        let place = start + (step * form.features + feature) * size
        if form.isBytes {
          memory[place] = bytes[bytes.startIndex + sample]
        } else if floats[sample].isFinite || allowsMissing && floats[sample].isNaN {
          memory.store(Int32(bitPattern: floats[sample].bitPattern), at: place)
        } else {
          throw Self.notFinite(
            path, sample: sample, step: step, feature: feature, allowsMissing,
            element.beyondFloat(element.bytes(sample, of: bytes)))
        }
      }
    }
  }
}

// What the arrays must be.
extension ArraySamples {
  static func samples(_ file: ArrayFile) throws(DatasetError) -> ArrayFile {
    guard 2...3 ~= file.header.shape.count, !file.header.element.isText else {
      throw wrongShape(
        file,
        expected: "numbers in 3 dimensions, samples × time steps × features, or in 2 without "
          + "the last")
    }
    return file
  }

  static func requireLabels(_ file: ArrayFile) throws(DatasetError) {
    guard file.header.shape.count == 1, file.header.element.kind != .float else {
      throw wrongShape(file, expected: "integers or texts in 1 dimension, a label for each sample")
    }
  }

  static func requireLengths(_ file: ArrayFile) throws(DatasetError) {
    let kind = file.header.element.kind
    guard file.header.shape.count == 1, kind == .signed || kind == .unsigned else {
      throw wrongShape(file, expected: "integers in 1 dimension, a length for each sample")
    }
  }

  /// The labels, of which those that are texts stand for the place of their class's name.
  private static func labels(
    _ file: ArrayFile, count: Int, classes: [String], isCancelled: () -> Bool
  ) throws(DatasetError) -> (labels: [Int32], digest: SHA256Digest) {
    var file = file
    let (element, path) = (file.header.element, file.path)
    try requireLabels(file)
    try requireCount(file, count, of: "labels")
    var labels: [Int32] = []
    let digest = try file.forEachRun(of: 1, isCancelled: isCancelled) {
      (index, bytes) throws(DatasetError) in
      if element.isText {
        let name = element.text(bytes)
        guard let label = name.flatMap({ classes.firstIndex(of: $0) }) else {
          throw DatasetError(
            .labelOutOfRange, in: path,
            found:
              "label \(name.map { "\"\($0.excerpt())\"" } ?? "that is no text") at index \(index)",
            expected: DatasetError.oneOf(classes),
            advice: "set data.classes to the names of all classes, in their order")
        }
        labels.append(Int32(label))
      } else {
        guard let label = element.integer(bytes).flatMap(Int32.init(exactly:)), label >= 0 else {
          throw outOfRange(element.integer(bytes) ?? .max, index, path, classes: classes.count)
        }
        labels.append(label)
      }
    }
    return (labels, digest)
  }

  private static func lengths(
    _ file: ArrayFile, of samples: ArrayHeader, isCancelled: () -> Bool
  ) throws(DatasetError) -> (lengths: [Int], digest: SHA256Digest) {
    var file = file
    let (element, path) = (file.header.element, file.path)
    try requireLengths(file)
    try requireCount(file, samples.shape[0], of: "lengths")
    var lengths: [Int] = []
    let digest = try file.forEachRun(of: 1, isCancelled: isCancelled) {
      (index, bytes) throws(DatasetError) in
      let length = element.integer(bytes) ?? .max
      guard 1...samples.shape[1] ~= length else {
        throw DatasetError(
          .wrongDimensions, in: path, found: "length \(length) at index \(index)",
          expected: "lengths from 1 to \(samples.shape[1]), the time steps of the samples' array",
          advice: "repair the file")
      }
      lengths.append(length)
    }
    return (lengths, digest)
  }

  private static func requireCount(
    _ file: ArrayFile, _ count: Int, of name: String
  ) throws(DatasetError) {
    guard file.header.shape[0] != count else { return }
    throw DatasetError(
      .countMismatch, in: file.path, found: "\(file.header.shape[0]) \(name)",
      expected: "\(count), as many as there are samples",
      advice: "check that both files come from the same data set")
  }

  private static func wrongShape(_ file: ArrayFile, expected: String) -> DatasetError {
    let (element, shape) = (file.header.element, file.header.shape)
    let type = element.isText ? "texts" : element.kind == .float ? "floats" : "integers"
    return DatasetError(
      .wrongDimensions, in: file.path,
      found: "\(type) in \(counted(shape.count, "dimension")) "
        + "(\(file.header.sizesInWords))", expected: expected,
      advice:
        "check that the files of samples and labels are not swapped, or reshape or convert the "
        + "array and save it again")
  }

  private static func outOfRange(
    _ label: Int, _ index: Int, _ path: String, classes: Int
  ) -> DatasetError {
    DatasetError(
      .labelOutOfRange, in: path, found: "label \(label) at index \(index)",
      expected: "labels from 0 to \(classes - 1)",
      advice: "set data.classes to the number of classes, or repair the file")
  }

  /// - Parameters:
  ///   - allowsMissing: true if it is no NaN, which stands for what is missing.
  ///   - large: the number, if it is only too large.
  private static func notFinite(
    _ path: String, sample: Int, step: Int, feature: Int, _ allowsMissing: Bool, _ large: Double?
  ) -> DatasetError {
    let word = allowsMissing ? "an infinite number" : "no finite number"
    return DatasetError(
      .notFinite, in: path,
      found: "\(large.map { "the number \($0)" } ?? word) at sample \(sample), "
        + "time step \(step), feature \(feature)",
      expected: large == nil
        ? "finite numbers alone" : "numbers that fit in a float32, up to 3.4e38",
      advice: large != nil
        ? "scale the feature"
        : "repair the array" + (allowsMissing ? "" : ", or set data.missing to what becomes of NaN")
    )
  }
}

extension MutableSpan<UInt8> {
  /// Copies bytes to the place from `start` on.
  fileprivate mutating func copy(_ bytes: ArraySlice<UInt8>, to start: Int) {
    withUnsafeMutableBytes { memory in
      UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + bytes.count])
        .copyBytes(from: bytes)
    }
  }

  /// Writes the first `count` elements in `bytes` as floats to the place from `start` on, a multiple
  /// of 4.
  ///
  /// - Returns: the number of the first that is not finite, if one is not, and is no NaN that is
  ///   allowed.
  fileprivate mutating func convert(
    _ bytes: ArraySlice<UInt8>, _ element: ArrayElement, _ count: Int, to start: Int,
    allowsMissing: Bool
  ) -> Int? {
    withUnsafeMutableBytes { memory in
      let place = UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + 4 * count])
      let floats = place.assumingMemoryBound(to: Float.self)
      bytes.withUnsafeBytes { element.convert($0, to: floats) }
      return floats.firstIndex { !$0.isFinite && !(allowsMissing && $0.isNaN) }
    }
  }
}
