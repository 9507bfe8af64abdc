/// The samples of IDX files: images, whose rows are the time steps, and their labels, if there are
/// any.
struct IDXSamples: SampleFiles {
  private var labelFile: IDXFile?
  private var imageFile: IDXFile

  /// Opens the files.
  ///
  /// - Parameter labels: nil for images without labels.
  /// - Throws: ``DatasetError`` where one is no IDX file of the kind, or they do not belong together.
  init(images: String, labels: String?, isCancelled: () -> Bool) throws(DatasetError) {
    labelFile = try labels.map { path throws(DatasetError) in
      try IDXFile.labels(path, isCancelled: isCancelled)
    }
    imageFile = try IDXFile.images(images, count: labelFile?.count, isCancelled: isCancelled)
  }

  var count: Int { imageFile.count }
  var form: SampleForm { Self.form(of: imageFile) }
  var path: String { imageFile.path }
  var hasLabels: Bool { labelFile != nil }

  /// The form of the samples of a file of images.
  static func form(of images: IDXFile) -> SampleForm {
    SampleForm(
      steps: images.sizes[1], features: images.sizes[2], isBytes: true, labelByteCount: 1)
  }

  mutating func read(
    into memory: inout MutableSpan<UInt8>, classes: Int, placing place: (Int) -> SamplePlace?,
    isCancelled: () -> Bool
  ) throws(DatasetError) -> DatasetDigests {
    let labelDigest = try labelFile?.read(
      into: &memory, classes: classes, placing: { place($0)?.label }, isCancelled: isCancelled)
    if labelFile == nil {
      for index in 0..<count {
        if let place = place(index) { memory[place.label] = 0 }
      }
    }
    let imageDigest = try imageFile.read(
      into: &memory, placing: { place($0)?.numbers }, isCancelled: isCancelled)
    return DatasetDigests(samples: imageDigest, labels: labelDigest ?? imageDigest)
  }
}
