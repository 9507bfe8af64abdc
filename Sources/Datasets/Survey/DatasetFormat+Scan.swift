import Files
import Tensors

extension DatasetFormat {
  /// The format in words.
  package var inWords: String {
    switch self {
    case .idx: "IDX files"
    case .numPy: "NumPy arrays"
    case .ts: ".ts files"
    }
  }

  /// Reads the files of a part into a survey, which notes what is wrong in them.
  ///
  /// - Throws: ``DatasetError`` where the reading of a file cannot go on.
  func scan(
    _ paths: Paths, into survey: inout PartSurvey, _ isCancelled: () -> Bool
  ) throws(DatasetError) {
    switch self {
    case .idx: try Self.scanIDX(paths, into: &survey, isCancelled)
    case .numPy: try Self.scanNumPy(paths, into: &survey, isCancelled)
    case .ts: try Self.scanSeries(paths.samples, into: &survey, isCancelled)
    }
  }

  private static func scanIDX(
    _ paths: Paths, into survey: inout PartSurvey, _ isCancelled: () -> Bool
  ) throws(DatasetError) {
    var images = try IDXFile.images(paths.samples, isCancelled: isCancelled)
    survey.form = IDXSamples.form(of: images)
    survey.sampleCount = images.count
    var labels: [SurveyedLabel] = []
    if let path = paths.labels {
      do throws(DatasetError) {
        var file = try IDXFile.labels(path, isCancelled: isCancelled)
        labels = try bytes(of: &file, isCancelled).map { .number(Int($0)) }
      } catch {
        if error.kind == .cancelled { throw error }
        survey.add(.file, in: error.subject, error.reason)
      }
      survey.add(labels, of: images.count, in: path)
    }
    let (size, width) = (images.elementByteCount, images.sizes[2])
    let pixels = try bytes(of: &images, isCancelled)
    for index in 0..<images.count {
      survey.add(
        pixels[index * size..<(index + 1) * size].map { Float($0) / 255 }, ofSample: index,
        label: index < labels.count ? labels[index] : nil, features: width, in: paths.samples)
    }
  }

  /// All elements of a file.
  private static func bytes(
    of file: inout IDXFile, _ isCancelled: () -> Bool
  ) throws(DatasetError) -> [UInt8] {
    let size = file.elementByteCount
    var bytes = [UInt8](repeating: 0, count: file.count * size)
    var span = bytes.mutableSpan
    _ = try file.read(into: &span, placing: { $0 * size }, isCancelled: isCancelled)
    return bytes
  }
}

extension PartSurvey {
  /// Adds the labels of a file, and notes where there are not as many as samples.
  mutating func add(_ labels: [SurveyedLabel], of samples: Int, in file: String) {
    for (index, label) in labels.enumerated() { add(label, ofSample: index, in: file) }
    guard !labels.isEmpty else { return }
    requireCount(labels.count, of: samples, "labels", in: file)
  }

  /// Notes where a file has not as many labels or lengths as there are samples.
  mutating func requireCount(_ count: Int, of samples: Int, _ name: String, in file: String) {
    guard count != samples else { return }
    add(.count, in: file, "\(count) \(name) for \(counted(samples, "sample"))")
  }
}
