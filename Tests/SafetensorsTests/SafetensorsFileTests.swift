import Files
import Foundation
import Safetensors
import Testing
import TestSupport

@Suite("Reading safetensors")
struct SafetensorsFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func open(_ header: String, dataByteCount: Int = 0) throws -> SafetensorsFile {
    let bytes = safetensors(Array(header.utf8), dataByteCount: dataByteCount)
    return try SafetensorsFile(folder.write(bytes, to: "file"))
  }

  /// The bytes are those that this makes:
  /// `safetensors.torch.save_file({"w": torch.tensor([[1.0, 2.0]]), "b": torch.tensor([3.0]),
  /// "n": torch.tensor([7])}, "file", metadata={"format": "pt"})`
  @Test("A file of PyTorch's safetensors is read, in the order of its bytes")
  func pytorch() throws {
    let header =
      #"{"__metadata__":{"format":"pt"},"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"#
      + #""w":{"dtype":"F32","shape":[1,2],"data_offsets":[12,20]}}   "#
    let data: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 64, 0, 0, 128, 63, 0, 0, 0, 64]
    let file = try SafetensorsFile(folder.write(safetensors(Array(header.utf8)) + data, to: "file"))
    #expect(file.names == ["n", "b", "w"])
    #expect(file.metadata == ["format": "pt"])
    #expect(file.digest == nil)
    #expect(try file.floats(named: "w") == [1, 2])
    #expect(try file.floats(named: "b") == [3])
    #expect(try file.floats(named: "n") == [7])
    let absent = checkpointError { _ = try file.floats(named: "fc.bias") }
    #expect(absent?.kind == .noSuchTensor)
    #expect(absent?.description.contains("fc.bias") == true)
  }

  @Test("White space, escapes, any order of keys, and entries out of order are read")
  func freedoms() throws {
    let file = try open(
      "{ \"b\" : { \"shape\" : [ ] , \"data_offsets\" : [ 4 , 8 ] , \"dtype\" : \"F32\" } ,\n"
        + #""\u0061\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t":"#
        + "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}\t}\r\n ", dataByteCount: 8)
    #expect(file.names == ["aé\u{1F600}\"\\/\u{8}\u{C}\n\r\t", "b"])
    #expect(try open("{}").names == [])
    #expect(try open(#"{"__metadata__":{}}"#).metadata == [:])
    #expect(try open(#"{"__metadata__":null}"#).metadata == [:])
  }

  static let malformed: [(header: String, phrase: String)] = [
    ("", "does not start with '{'"),
    (" {}", "does not start with '{'"),
    ("[]", "does not start with '{'"),
    ("{", "there is no '\"'"),
    ("{}{}", "more follows"),
    ("{}\0", "more follows"),
    (#"{"a""#, "there is no ':'"),
    (#"{"a":1}"#, "there is no '{'"),
    (#"{"a":{},}"#, "lacks one of"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, "lacks one of"),
    (#"{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#, "unknown dtype F33"),
    (#"{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}"#, "there is no '\"'"),
    (#"{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}"#, "there is no '['"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, "there is no ']'"),
    (#"{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}"#, "there is no ']'"),
    (#"{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[[[1]]],"data_offsets":[0,4]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}}"#, "too large"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, "no [begin, end]"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2,4]}}"#, "no [begin, end]"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, "no [begin, end]"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "does not fit"),
    (
      #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#,
      "does not fit"
    ),
    (#"{"a":{"dtype":"F32","dtype":"F32"}}"#, "twice"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, "should not have it"),
    (
      #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"#
        + #""a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#, "twice"
    ),
    (#"{"__metadata__":{"a":1}}"#, "there is no '\"'"),
    (#"{"__metadata__":{"a":"1","a":"2"}}"#, "twice"),
    (#"{"__metadata__":{},"__metadata__":{}}"#, "twice"),
    (#"{"__metadata__":["a"]}"#, "there is no '{'"),
    (#"{"__metadata__":nul}"#, "there is no 'null'"),
    (#"{"__metadata__":{"a":"\x"}}"#, "unknown escape"),
    (#"{"__metadata__":{"a":"\u12g4"}}"#, "four hexadecimal digits"),
    (#"{"__metadata__":{"a":"\ud83d"}}"#, "half a surrogate pair"),
    (#"{"__metadata__":{"a":"\ude00"}}"#, "half a surrogate pair"),
    (#"{"__metadata__":{"a":"\ud83d\ud83d"}}"#, "half a surrogate pair"),
    ("{\"__metadata__\":{\"a\":\"\n\"}}", "control character"),
    (#"{"__metadata__":{"a":"1"#, "does not end"),
  ]

  @Test("A malformed header is refused for its own fault", arguments: malformed)
  func malformedHeader(header: String, phrase: String) throws {
    let error = checkpointError { _ = try open(header) }
    #expect(error?.kind == .malformed)
    #expect(error?.description.contains(phrase) == true, "\(error?.description ?? "")")
  }

  @Test("Gaps, overlaps, stray bytes and missing ones are refused")
  func coverage() throws {
    func header(_ first: (Int, Int), _ second: (Int, Int)) -> String {
      let entries = [("a", first), ("b", second)].map { name, range in
        "\"\(name)\":{\"dtype\":\"U8\",\"shape\":[\(range.1 - range.0)],"
          + "\"data_offsets\":[\(range.0),\(range.1)]}"
      }
      return "{\(entries.joined(separator: ","))}"
    }
    _ = try open(header((4, 8), (0, 4)), dataByteCount: 8)
    let cases = [
      (header((0, 4), (5, 8)), "gap"), (header((1, 4), (4, 8)), "gap"),
      (header((0, 5), (4, 8)), "overlaps"), (header((0, 8), (0, 8)), "overlaps"),
      (header((0, 4), (4, 7)), "belong to no tensor"),
    ]
    for (header, phrase) in cases {
      let error = checkpointError { _ = try open(header, dataByteCount: 8) }
      #expect(error?.kind == .malformed)
      #expect(error?.description.contains(phrase) == true, "\(error?.description ?? "")")
    }
    let cut = checkpointError { _ = try open(header((0, 4), (4, 9)), dataByteCount: 8) }
    #expect(cut?.kind == .truncated)
  }

  @Test("Files that are too small, lengths that lie, and text that is not UTF-8 are refused")
  func lengths() throws {
    let files: [[UInt8]] = [
      [], [1, 2, 3], Array(repeating: 0, count: 8), [3, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8),
      Array(repeating: 255, count: 16), [0, 0, 0, 0, 0, 0, 0, 128] + Array("{}".utf8),
      safetensors(Array(#"{"__metadata__":{"a":""#.utf8) + [0xFF] + Array(#""}}"#.utf8)),
    ]
    for bytes in files {
      let path = try folder.write(bytes, to: "file")
      #expect(checkpointError { _ = try SafetensorsFile(path) }?.kind == .malformed)
    }
  }

  @Test("Deep nesting and long headers end in an error, not in an overflow")
  func nesting() throws {
    let deep = String(repeating: "{\"a\":", count: 1_000_000)
    #expect(checkpointError { _ = try open(deep) }?.kind == .malformed)
    let brackets = "{\"a\":{\"shape\":" + String(repeating: "[", count: 1_000_000)
    #expect(checkpointError { _ = try open(brackets) }?.kind == .malformed)
  }

  @Test("Long and strange names make a sentence of one line, and not too long")
  func sentences() throws {
    let names = ["a\\n\\u0007", String(repeating: "a", count: 1_000_000)]
    for name in names {
      let error = checkpointError { _ = try open("{\"\(name)\":{\"\(name)\":1}}") }
      let text = error?.reason ?? ""
      #expect(text.contains("should not have it") && text.contains("give a whole safetensors file"))
      #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
      #expect(text.count < 2100)
    }
  }

  @Test("A header of more than 16 MiB is refused unread")
  func longHeader() throws {
    let error = checkpointError { _ = try open(String(repeating: " ", count: 16 << 20 + 1)) }
    #expect(error?.description.contains("announce a header of 16777217 bytes") == true)
  }

  @Test("Files that are absent or are folders are errors with a reason")
  func unreadable() {
    let absent = checkpointError { _ = try SafetensorsFile(folder.path + "/absent") }
    #expect(absent?.kind == .cannotRead)
    #expect(absent?.description.contains("No such file") == true)
    let directory = checkpointError { _ = try SafetensorsFile(folder.path) }
    #expect(directory?.kind == .cannotRead)
    #expect(directory?.description.contains("no regular file") == true)
    #expect(checkpointError { _ = try SafetensorsFile("/dev/null") }?.kind == .cannotRead)
  }

  @Test("The reading of a file and of its tensors ends where the caller asks for it")
  func cancelled() throws {
    _ = try written()
    let path = folder.path + "/written"
    let file = try SafetensorsFile(path)
    let errors = [
      checkpointError { _ = try SafetensorsFile(path, isCancelled: { true }) },
      checkpointError { _ = try file.floats(named: "a", isCancelled: { true }) },
      checkpointError {
        var values: [Float] = [0]
        var span = values.mutableSpan
        try file.readFloats(named: "b", into: &span, isCancelled: { true })
      },
    ]
    for error in errors { #expect(error?.kind == .cancelled) }
    #expect(try file.floats(named: "b", isCancelled: { false }) == [7])
  }

  func written() throws -> [UInt8] {
    try SafetensorsFile.write(
      tensors: [("a", [2, 3], [1, 2, 3, 4, 5, 6]), ("b", [], [7])],
      metadata: ["step": "600"], to: folder.path + "/written")
    return try folder.read("written")
  }

  @Test("Whatever single bit of a written file flips, the file is refused or known as unverified")
  func everyBit() throws {
    let whole = try written()
    for index in whole.indices {
      for bit in 0..<8 {
        var bytes = whole
        bytes[index] ^= 1 << bit
        let path = try folder.write(bytes, to: "flipped")
        do throws(FileError) {
          // Only a flip in the key of the digest makes a valid file, which then has no digest.
          let digest = try SafetensorsFile(path).digest
          #expect(digest == nil, "bit \(bit) of byte \(index)")
        } catch {}
      }
    }
  }

  @Test("A flipped bit in the data is reported as damage")
  func damage() throws {
    var bytes = try written()
    bytes[bytes.count - 1] ^= 1
    let path = try folder.write(bytes, to: "flipped")
    let error = checkpointError { _ = try SafetensorsFile(path) }
    #expect(error?.kind == .damaged)
    #expect(error?.description.contains("damaged") == true)
  }

  @Test("A written file that is cut anywhere is refused")
  func cut() throws {
    let whole = try written()
    for count in whole.indices {
      let path = try folder.write(Array(whole[..<count]), to: "cut")
      let kind = checkpointError { _ = try SafetensorsFile(path) }?.kind
      #expect(kind == .malformed || kind == .truncated)
    }
  }

  @Test("Mutated files never trap, and what is read of them has its shape", arguments: 0..<8)
  func fuzz(seed: UInt64) throws {
    var random = SplitMix64(state: seed)
    let header =
      #"{"__metadata__":{"k":"\u0041"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]}}"#
    let tokens = ["0", "9", "[", "]", "{", "}", "\"", ",", ":", "\\", "-", ".", "e", "\\u", " "]
    for _ in 0..<500 {
      var text = Array(header.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<text.count, using: &random)
        let token = Array((tokens.randomElement(using: &random) ?? "").utf8)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: text[at] = .random(in: 0...255, using: &random)
        case 1: text.replaceSubrange(at...at, with: token)
        case 2: text.insert(contentsOf: token, at: at)
        default: text.removeSubrange(at..<min(at + 3, text.count - 1))
        }
      }
      let path = try folder.write(safetensors(text, dataByteCount: 12), to: "mutated")
      do throws(FileError) {
        let file = try SafetensorsFile(path)
        for entry in file.entries where entry.dataType == .float32 {
          #expect(try file.floats(named: entry.name).count == entry.shape.reduce(1, *))
        }
      } catch {}
    }
  }
}
