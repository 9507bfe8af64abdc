import Files
import Foundation
import Safetensors

/// Safetensors files, with and without a digest, of all data types.
struct SafetensorsReader: FuzzedReader {
  /// The tokens that headers are mutated with.
  static let tokens = [
    "{", "}", "[", "]", "\"", ",", ":", "\\", "\\u", "\\ud83d", "\\u0000", "-", "e", " ", "\0",
    "\n",
    "\u{FEFF}", "é", "F32", "F64", "BOOL", "U8", "BF16", "F16", "F4", "F6_E2M3", "F8_E4M3",
    "F8_E8M0", "C64", "F33", "[]", "{}", "[[", "{\"", "null",
    "\"dtype\":", "\"shape\":", "\"data_offsets\":", "\"__metadata__\":", "\"sha256\":",
    "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},", "[4294967296,4294967296]",
    "[0,18446744073709551615]",
  ]

  let seeds: [[UInt8]]

  init(folder: String) throws {
    try SafetensorsFile.write(
      tensors: [("a", [2, 3], [1, 2, 3, 4, 5, 6]), ("b", [], [7]), ("c", [0, 5], [])],
      metadata: ["step": "600", "note": "\"\\\n\u{1}é"], to: folder + "/seed")
    let written = try Data(contentsOf: URL(filePath: folder + "/seed"))
    let plain =
      #"{"__metadata__":{"format":"pt"},"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
      + #""w":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},"#
      + #""h":{"shape":[2,1,1],"data_offsets":[16,20],"dtype":"BF16"}}   "#
    seeds = [
      Array(written), safetensors(Array(plain.utf8), data: Array(0..<20)),
      safetensors(Array("{}".utf8)),
    ]
  }

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    var bytes = random.pick(seeds)
    if random.once(in: 4) {
      for _ in 0..<1 + random.below(3) { mutateBlindly(&bytes, &random) }
      return bytes
    }
    if random.once(in: 2000) { return Self.hugeHeader(&random) }
    var header = Array(bytes[8..<8 + Int(bytes[0]) + Int(bytes[1]) << 8])
    var data = Array(bytes[(8 + header.count)...])
    for _ in 0..<1 + random.below(4) {
      mutateText(&header, tokens: Self.tokens, &random)
      if header.isEmpty { header = [0x7B] }
    }
    if random.once(in: 10) { mutateBlindly(&data, &random) }
    if random.once(in: 20) {
      let length = littleEndian(UInt(random.pick(extremeNumbers)), size: 8)
      return length + header + data
    }
    let file = safetensors(header, data: data)
    return random.once(in: 2) ? sealed(file) : file
  }

  /// Headers of megabytes: many names, deep nesting, long shapes.
  private static func hugeHeader(_ random: inout InputGenerator) -> [UInt8] {
    let count = 1 << (10 + random.below(11))
    let text: String
    switch random.below(6) {
    case 0: text = String(repeating: "{\"a\":", count: count)
    case 1: text = "{\"a\":{\"shape\":" + String(repeating: "[", count: count)
    case 2:
      let ones = String(repeating: "1,", count: count)
      text = "{\"a\":{\"dtype\":\"U8\",\"shape\":[\(ones)1],\"data_offsets\":[0,1]}}"
    case 3:
      text =
        "{\"__metadata__\":{" + (0..<count).map { "\"\($0)\":\"\"" }.joined(separator: ",") + "}}"
    case 4:
      text =
        "{"
        + (0..<count).map { "\"\($0)\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}" }
        .joined(separator: ",") + "}"
    default: text = "{\"" + String(repeating: "a\n", count: count) + "\":{\"dtype\":1}}"
    }
    return safetensors(Array(text.utf8), data: [0])
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    let file = try SafetensorsFile(path)
    for entry in file.entries {
      let count = entry.shape.reduce(1, *)
      guard count == entry.elementCount else {
        throw BrokenPromise("a tensor of \(entry.elementCount) elements has shape \(entry.shape)")
      }
      if [.float4, .float6E2M3, .float6E3M2, .complex64].contains(entry.dataType) {
        guard (try? file.floats(named: entry.name)) == nil else {
          throw BrokenPromise("a tensor of \(entry.dataType) was read as F32")
        }
      } else if try file.floats(named: entry.name).count != count {
        throw BrokenPromise("a tensor has fewer values than its shape")
      }
    }
  }

  static func isRefusal(_ error: any Error) -> Bool { error is FileError }
}

/// A safetensors file of this header and these data.
func safetensors(_ header: [UInt8], data: [UInt8] = []) -> [UInt8] {
  littleEndian(UInt(header.count), size: 8) + header + data
}

/// The file with a digest that is right, where there is room for one.
func sealed(_ file: [UInt8]) -> [UInt8] {
  let key = Array("\"sha256\":\"".utf8)
  guard let found = file.firstRange(of: key), found.upperBound + 64 <= file.count else {
    return file
  }
  let place = found.upperBound..<found.upperBound + 64
  var file = file
  file.replaceSubrange(place, with: repeatElement(UInt8(ascii: "0"), count: 64))
  guard let digest = try? SHA256Digest(of: file) else { return file }
  file.replaceSubrange(place, with: "\(digest)".utf8)
  return file
}
