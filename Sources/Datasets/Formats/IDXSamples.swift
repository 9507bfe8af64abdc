/// The samples of two IDX files: images, whose rows are the time steps, and labels.
struct IDXSamples: SampleFiles {
  private var labelFile: IDXFile
  private var imageFile: IDXFile

  /// Opens the files.
  ///
  /// - Throws: ``DatasetError`` where one is no IDX file of the kind, or they do not belong together.
  init(images: String, labels: String, isCancelled: () -> Bool) throws(DatasetError) {
    labelFile = try IDXFile.labels(labels, isCancelled: isCancelled)
    imageFile = try IDXFile.images(images, count: labelFile.count, isCancelled: isCancelled)
  }

  var count: Int { labelFile.count }
  var form: SampleForm { Self.form(of: imageFile) }
  var path: String { imageFile.path }

  /// The form of the samples of a file of images.
  static func form(of images: IDXFile) -> SampleForm {
    SampleForm(
      steps: images.sizes[1], features: images.sizes[2], isBytes: true, labelByteCount: 1)
  }

  mutating func read(
    into memory: inout MutableSpan<UInt8>, classes: Int, placing place: (Int) -> SamplePlace?,
    isCancelled: () -> Bool
  ) throws(DatasetError) -> DatasetDigests {
    let labelDigest = try labelFile.read(
      into: &memory, classes: classes, placing: { place($0)?.label }, isCancelled: isCancelled)
    let imageDigest = try imageFile.read(
      into: &memory, placing: { place($0)?.numbers }, isCancelled: isCancelled)
    return DatasetDigests(samples: imageDigest, labels: labelDigest)
  }
}
