import Configuration
import Foundation
import Testing

@Suite("The keys of a configuration")
struct KeyTests {
  @Test("Two configurations are equal where their values are, however they came about")
  func equality() throws {
    var configuration = try Configuration(yaml: "model: {hidden: 7}", source: "test")
    #expect(configuration != Configuration())
    configuration.model.hidden = Configuration().model.hidden
    #expect(configuration == Configuration())
  }

  @Test("JSON has each value by section and key, and reads back")
  func json() throws {
    var configuration = Configuration()
    configuration.train.threads = .count(3)
    configuration.optimizer.beta2 = 0.99703687441776649
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(configuration)
    #expect(try JSONDecoder().decode(Configuration.self, from: data) == configuration)
    let text = String(decoding: data, as: UTF8.self)
    #expect(
      text.contains(
        #""log":{"every":100,"to":["console","metrics"],"trace":0},"model":{"bidirectional":false,"#
      )
    )
    #expect(text.contains(#""threads":3,"verifyEvery":"epoch"}"#))
  }

  @Test("A default is within its key's limits")
  func defaults() throws {
    try Configuration().validate()
  }

  @Test("The page of the documentation explains the keys as they are declared")
  func page() throws {
    let path =
      URL(filePath: #filePath).deletingLastPathComponent().path
      + "/../../Sources/Configuration/Configuration.docc/Keys.md"
    let page = Configuration.keysPage
    if ProcessInfo.processInfo.environment["WRITE_KEYS_PAGE"] != nil {
      try Data(page.utf8).write(to: URL(filePath: path))
    }
    let written = try String(contentsOfFile: path, encoding: .utf8)
    #expect(written == page, "write it anew: WRITE_KEYS_PAGE=1 swift test --filter KeyTests")
    #expect(page.split(separator: "\n").allSatisfy { $0.count <= 100 })
    for key in Configuration().values.keys { #expect(page.contains("- `\(key)`: "), "\(key)") }
  }
}
