import Files
import Foundation

/// A JSON file that another command wrote, or a person: untrusted.
struct ReportFile {
  let path: String
  private let bytes: [UInt8]

  /// The largest file that is read, in bytes.
  private static let largest = 1 << 24

  /// Reads the file.
  ///
  /// - Throws: `FileError`.
  init(path: String) throws(FileError) {
    self.path = path
    let file = try InputFile(path: path)
    guard file.byteCount <= Self.largest else {
      throw FileError(
        .malformed, path: path, found: "\(file.byteCount) bytes",
        expected: "a report of at most \(Self.largest)", advice: "give the path of the report")
    }
    bytes = try file.bytes(at: 0, count: file.byteCount)
  }

  /// The keys and values of the file's one object.
  ///
  /// - Throws: `FileError`.
  func object() throws(FileError) -> [String: Any] {
    let value: Any
    do {
      value = try JSONSerialization.jsonObject(with: Data(bytes))
    } catch { throw malformed("it is not JSON (\(systemReason(error)))") }
    guard let object = value as? [String: Any] else { throw malformed("it is no JSON object") }
    return object
  }

  /// The file's one object, as a value.
  ///
  /// - Parameter advice: the phrase for what to do if it is none.
  /// - Throws: `FileError`.
  func value<Value: Decodable>(of _: Value.Type, advice: String) throws(FileError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw malformed(error.inWords, advice: advice)
    } catch { throw malformed(systemReason(error), advice: advice) }
  }

  /// An error about what is in the file.
  func malformed(_ finding: String, advice: String? = nil) -> FileError {
    FileError(.malformed, path: path, reason: finding, advice: advice)
  }
}

extension DecodingError {
  /// The finding as a phrase.
  fileprivate var inWords: String {
    func name(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        .replacing(".[", with: "[")
    }
    return switch self {
    case .keyNotFound(let key, let context): "\(name(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context): "\(name(context.codingPath)) is null"
    case .typeMismatch(let type, let context):
      "\(name(context.codingPath)) is not of the kind \(type)"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "a number in it is not one that its key takes"
        : "\(name(context.codingPath)) is not valid"
    @unknown default: "it is no such report"
    }
  }
}
