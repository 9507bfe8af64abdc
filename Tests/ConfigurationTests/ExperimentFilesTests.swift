import Configuration
import Foundation
import Testing

@Suite("The files in configs/")
struct ExperimentFilesTests {
  private static let folder =
    URL(filePath: #filePath).deletingLastPathComponent().path + "/../../configs/"

  @Test("Each is valid in all its variants, and names just the keys whose values it changes")
  func files() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
      .filter { $0.hasSuffix(".yaml") && $0 != "fashion-mnist.yaml" }
    #expect(files.count >= 3)
    for file in files {
      let text = try String(contentsOfFile: Self.folder + file, encoding: .utf8)
      let parts = text.components(separatedBy: "\nvariants:")
      let common = parts[0]
      let values = try Configuration(yaml: common, source: file).values
      for variant in try ConfigurationFile(path: Self.folder + file).variants {
        let own = try Configuration(file: Self.folder + file, variant: variant).values
        let named = Self.keys(of: Self.section(variant, of: parts[1]))
        #expect(named == Set(own.keys.filter { own[$0] != values[$0] }), "\(file) \(variant)")
      }
      let changed = Configuration().values.filter { values[$0.key] != $0.value }
      #expect(Self.keys(of: common) == Set(changed.keys), "\(file)")
    }
  }

  @Test("fashion-mnist.yaml is the reference experiment, and names some of its keys")
  func reference() throws {
    let path = Self.folder + "fashion-mnist.yaml"
    #expect(try Configuration(file: path) == Configuration())
    let keys = Self.keys(of: try String(contentsOfFile: path, encoding: .utf8))
    #expect(keys.isStrictSubset(of: Configuration().values.keys) && keys.count > 5)
  }

  @Test("lstm-vs-bilstm.yaml is Keras' classic, in one direction and in both")
  func keras() throws {
    var expected = Configuration()
    (expected.model.layers, expected.model.readout, expected.model.initializer) = (
      1, .final, .keras
    )
    (expected.train.epochs, expected.train.batch, expected.optimizer.epsilon) = (10, 32, 1e-7)
    for (data, name) in [("fashion-mnist", "lstm-vs-bilstm"), ("mnist", "lstm-vs-bilstm-mnist")] {
      expected.data = try Configuration(file: "\(Self.folder)\(data).yaml").data
      expected.data.shards = 4
      let file = try ConfigurationFile(path: "\(Self.folder)\(name).yaml")
      #expect(file.variants == ["lstm", "bilstm"])
      for variant in file.variants {
        expected.model.bidirectional = variant == "bilstm"
        #expect(try file.configuration(variant: variant) == expected, "\(name) \(variant)")
      }
    }
  }

  /// The lines of a variant, without its name and its indentation.
  private static func section(_ variant: String, of variants: String) -> String {
    variants.split(separator: "\n").drop { $0 != "  \(variant):" }.dropFirst()
      .prefix { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }.joined(separator: "\n")
  }

  /// The indented keys of a YAML file of sections, by section.
  private static func keys(of yaml: String) -> Set<String> {
    var section = ""
    var keys: Set<String> = []
    for line in yaml.split(separator: "\n") where line.contains(":") {
      let key = String(line.prefix { $0 != ":" })
      if key.allSatisfy(\.isLetter) { section = key }
      let inner = key.drop { $0 == " " }
      if key.hasPrefix("  "), !inner.isEmpty, inner.allSatisfy({ $0.isLetter || $0.isNumber }) {
        keys.insert("\(section).\(inner)")
      }
    }
    return keys
  }
}
