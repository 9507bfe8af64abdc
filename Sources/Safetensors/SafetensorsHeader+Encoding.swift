extension SafetensorsHeader {
  /// Where the data section of a written file starts is a multiple of this many bytes.
  static let dataAlignment = 64

  /// The first bytes of a file, up to its data section, and where in them the digest's 64
  /// characters belong; zeros stand there until it is known.
  ///
  /// The same arguments give the same bytes: tensors keep their order, metadata is sorted by key.
  static func encode(
    _ tensors: [TensorDescription], as format: FloatFormat, metadata: [String: String]
  ) throws(HeaderFault) -> (bytes: [UInt8], digestRange: Range<Int>) {
    guard metadata[digestKey] == nil else {
      throw HeaderFault(phrase: "the metadata key \(digestKey) is kept for the file's digest")
    }
    var metadata = metadata
    metadata[digestKey] = String(repeating: "0", count: 64)
    let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    var json = "{\"\(metadataKey)\":{"
    var digestStart = 0
    for (index, (key, value)) in pairs.enumerated() {
      json += (index == 0 ? "" : ",") + quoted(key) + ":"
      if key == digestKey { digestStart = 8 + json.utf8.count + 1 }
      json += quoted(value)
    }
    json += "}"
    var names: Set<String> = [metadataKey]
    var offset = 0
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw HeaderFault(phrase: "the name \(tensor.name) is taken already")
      }
      guard let count = TensorEntry.byteCount(of: tensor.shape, format.dataType),
        case let (end, overflow) = offset.addingReportingOverflow(count), !overflow
      else {
        throw HeaderFault(phrase: "the shape \(tensor.shape) of \(tensor.name) is impossible")
      }
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      json += ",\(quoted(tensor.name)):{\"dtype\":\"\(format.dataType.rawValue)\","
      json += "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    json += "}"
    var text = Array(json.utf8)
    let used = (8 + text.count) % dataAlignment
    if used > 0 { text += [UInt8](repeating: 0x20, count: dataAlignment - used) }
    guard text.count <= longest else {
      throw HeaderFault(phrase: "its header would have more than \(longest) bytes")
    }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return (length + text, digestStart..<digestStart + 64)
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
