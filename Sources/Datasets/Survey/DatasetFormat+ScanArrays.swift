import Files

extension DatasetFormat {
  /// Reads arrays of samples, labels and lengths into a survey, of NumPy or in IDX files.
  ///
  /// - Throws: ``DatasetError`` where the array of the samples cannot be read.
  func scanArrays(
    _ paths: Paths, into survey: inout PartSurvey, _ isCancelled: () -> Bool
  ) throws(DatasetError) {
    var file = try ArraySamples.samples(ArrayFile(paths.samples, array, isCancelled: isCancelled))
    let (header, path) = (file.header, file.path)
    let (count, steps) = (header.shape[0], header.shape[1])
    let features = header.shape.count > 2 ? header.shape[2] : 1
    survey.sampleCount = count
    var labels: [SurveyedLabel] = []
    if let place = paths.labels {
      labels = try scan(place, ArraySamples.requireLabels, into: &survey, isCancelled) {
        element, bytes in
        element.isText
          ? element.text(bytes).map { .text($0) } : element.integer(bytes).map { .number($0) }
      }
      survey.add(labels, of: count, in: place.description)
    }
    var lengths: [Int]?
    if let place = paths.lengths {
      let path = place.description
      let found = try scan(place, ArraySamples.requireLengths, into: &survey, isCancelled) {
        $0.integer($1)
      }
      // Otherwise it is no array of lengths, as was noted.
      if !found.isEmpty { survey.requireCount(found.count, of: count, "lengths", in: path) }
      for (index, length) in found.enumerated() where !(1...steps).contains(length) {
        survey.add(.length, in: path, sample: index, "length \(length) of at most \(steps)")
      }
      lengths = found
    }
    survey.form = SampleForm(
      steps: lengths?.filter { (1...steps).contains($0) }.max() ?? steps, features: features,
      isBytes: header.element.isByte, hasLengths: lengths != nil)
    guard survey.form?.isWithinLimits == true else { return }
    func add(_ values: [Float], _ sample: Int) {
      let length = lengths.map { sample < $0.count ? $0[sample] : 0 } ?? steps
      guard (1...steps).contains(length) else { return }
      survey.add(
        Array(values.prefix(length * features)), ofSample: sample,
        label: sample < labels.count ? labels[sample] : nil, features: features,
        in: path)
    }
    func floats(_ bytes: ArraySlice<UInt8>, _ count: Int) -> [Float] {
      let scale: Float = header.element.isByte ? 255 : 1
      var floats = [Float](repeating: 0, count: count)
      bytes.withUnsafeBytes { bytes in
        floats.withUnsafeMutableBufferPointer { header.element.convert(bytes, to: $0) }
      }
      return scale == 1 ? floats : floats.map { $0 / scale }
    }
    guard header.isFortranOrder else {
      _ = try file.forEachRun(of: steps * features, isCancelled: isCancelled) {
        (sample, bytes) throws(DatasetError) in
        add(floats(bytes, steps * features), sample)
      }
      return
    }
    // The samples' values come in turn.
    var values = [Float](repeating: 0, count: header.count)
    _ = try file.forEachRun(of: 1, isCancelled: isCancelled) {
      (index, bytes) throws(DatasetError) in
      let (rest, sample) = index.quotientAndRemainder(dividingBy: count)
      let (feature, step) = rest.quotientAndRemainder(dividingBy: steps)
      values[(sample * steps + step) * features + feature] = floats(bytes, 1)[0]
    }
    for sample in 0..<count {
      add(Array(values[sample * steps * features..<(sample + 1) * steps * features]), sample)
    }
  }

  /// The elements of an array of labels or lengths; none, with a fault, where it is no such array.
  private func scan<Element>(
    _ place: DataFile, _ require: (ArrayFile) throws(DatasetError) -> Void,
    into survey: inout PartSurvey, _ isCancelled: () -> Bool,
    _ read: (ArrayElement, ArraySlice<UInt8>) -> Element?
  ) throws(DatasetError) -> [Element] {
    let path = place.description
    var elements: [Element] = []
    do throws(DatasetError) {
      var file = try ArrayFile(place, array, isCancelled: isCancelled)
      try require(file)
      let element = file.header.element
      var isWhole = true
      _ = try file.forEachRun(of: 1, isCancelled: isCancelled) {
        (_, bytes) throws(DatasetError) in
        if let value = read(element, bytes) { elements.append(value) } else { isWhole = false }
      }
      if isWhole { return elements }
      survey.add(
        .file, in: path,
        element.isText
          ? "texts that are no UTF-8 or UTF-32; write them again as strings"
          : "elements that are no integers of 64 bits; convert the array with astype")
    } catch {
      if error.kind == .cancelled { throw error }
      survey.add(.file, in: error.subject, error.reason)
    }
    return []
  }
}
