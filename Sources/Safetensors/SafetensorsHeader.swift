/// The JSON header of a safetensors file.
///
/// Source: the format section of https://github.com/huggingface/safetensors.
struct SafetensorsHeader {
  /// The metadata key of the digest.
  static let digestKey = "sha256"
  /// The key that holds the metadata and so can be no tensor's name.
  static let metadataKey = "__metadata__"
  /// The longest header in bytes: enough for a hundred thousand tensors. The reference
  /// implementation takes 100 MB, of which the names and shapes alone could take a gigabyte of
  /// memory.
  static let longest = 16 << 20

  /// In the order of their bytes.
  private(set) var entries: [TensorEntry] = []
  private(set) var metadata: [String: String] = [:]
  /// Where the characters of the digest stand in the header, quotes left out.
  private(set) var digestRange: Range<Int>?

  /// Reads and checks a header whose file has `dataByteCount` bytes after it.
  init(parsing bytes: [UInt8], dataByteCount: Int) throws(HeaderFault) {
    guard bytes.first == UInt8(ascii: "{") else {
      throw HeaderFault(phrase: "its header does not start with '{'")
    }
    var scanner = JSONScanner(bytes)
    var hasMetadata = false
    var names: Set<String> = []
    try scanner.object { (scanner, name) throws(HeaderFault) in
      if name == Self.metadataKey {
        guard !hasMetadata else { throw scanner.fault("\(name) stands there twice") }
        hasMetadata = true
        if try !scanner.null() { try readMetadata(&scanner) }
      } else {
        guard names.insert(name).inserted else {
          throw scanner.fault("the tensor \(name) stands there twice")
        }
        entries.append(try Self.entry(named: name, &scanner))
      }
    }
    try scanner.end()
    try checkCoverage(of: dataByteCount)
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner) throws(HeaderFault) {
    try scanner.object { (scanner, key) throws(HeaderFault) in
      guard metadata[key] == nil else { throw scanner.fault("metadata \(key) stands there twice") }
      let value = try scanner.string()
      metadata[key] = value
      if key == Self.digestKey {
        digestRange = scanner.offset - 1 - value.utf8.count..<scanner.offset - 1
      }
    }
  }

  private static func entry(
    named name: String, _ scanner: inout JSONScanner
  ) throws(HeaderFault) -> TensorEntry {
    var dataType: TensorDataType?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { (scanner, key) throws(HeaderFault) in
      switch key {
      case "dtype" where dataType == nil:
        let text = try scanner.string()
        dataType = TensorDataType(rawValue: text)
        if dataType == nil { throw scanner.fault("\(name) has the unknown dtype \(text)") }
      case "shape" where shape == nil: shape = try scanner.integers()
      case "data_offsets" where offsets == nil: offsets = try scanner.integers()
      default: throw scanner.fault("\(name) has \(key) twice, or should not have it")
      }
    }
    guard let dataType, let shape, let offsets else {
      throw scanner.fault("\(name) lacks one of dtype, shape and data_offsets")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw scanner.fault("the data_offsets of \(name) are no [begin, end]")
    }
    guard TensorEntry.byteCount(of: shape, dataType) == offsets[1] - offsets[0] else {
      throw scanner.fault("the shape of \(name) does not fit its data_offsets")
    }
    return TensorEntry(
      name: name, dataType: dataType, shape: shape, byteRange: offsets[0]..<offsets[1])
  }

  /// Sorts the entries by offset and checks that they cover the data section once, without a gap.
  private mutating func checkCoverage(of dataByteCount: Int) throws(HeaderFault) {
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    var end = 0
    for entry in entries {
      guard entry.byteRange.lowerBound == end else {
        let relation = entry.byteRange.lowerBound < end ? "overlaps" : "leaves a gap after"
        throw HeaderFault(phrase: "the tensor \(entry.name) \(relation) the one before it")
      }
      end = entry.byteRange.upperBound
    }
    guard end <= dataByteCount else {
      throw HeaderFault(
        kind: .truncated,
        phrase: "its header describes \(end) bytes of data, and \(dataByteCount) are there")
    }
    guard end == dataByteCount else {
      throw HeaderFault(phrase: "\(dataByteCount - end) bytes of data belong to no tensor")
    }
  }
}
