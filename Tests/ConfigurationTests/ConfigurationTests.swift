import Configuration
import Foundation
import TestSupport
import Testing

@Suite("Reading and writing a configuration")
struct ConfigurationTests {
  @Test("Both resolved forms read back as the same configuration")
  func roundTrip() throws {
    var configuration = Configuration()
    configuration.train.threads = .count(3)
    configuration.train.verifyEvery = .steps(7)
    configuration.optimizer.epsilon = 1e-12
    configuration.optimizer.beta2 = 0.99703687441776649
    configuration.reduction.wire = .bfloat16
    configuration.data.classes = [
      "no", "0", "a: b", "0xep1", "1e5", "~", " é# ", "a\u{A0}b", "می\u{200C}خواهم",
    ]
    for folder in [
      String(repeating: "a folder: # with many words\n\n", count: 9), "a\n\u{1}\u{85}é", " \n ",
      "\n\n",
    ] {
      configuration.data.directory = folder
      for text in [try configuration.yaml, try configuration.commentedYAML] {
        #expect(try Configuration(yaml: text, source: "test") == configuration)
      }
    }
  }

  @Test("The commented form has each section and key under a comment, in lines of 100 columns")
  func comments() throws {
    let lines = try Configuration().commentedYAML.split(separator: "\n")
    func names(_ lines: [Substring]) -> [Substring] {
      lines.filter { !$0.hasPrefix("  -") && !$0.drop { $0 == " " }.hasPrefix("#") }
    }
    let plain = try Configuration().yaml.split(separator: "\n")
    #expect(names(lines) == names(plain), "no key is missing, and the order is the same")
    for (line, above) in zip(lines.dropFirst(), lines) where names([line]) == [line] {
      let indent = line.prefix { $0 == " " }
      #expect(above.hasPrefix(indent + "# "), "\(line)")
    }
    #expect(lines.allSatisfy { $0.count <= 100 })
  }

  @Test("Settings replace keys of the file, in their order")
  func settings() throws {
    let configuration = try Configuration(
      yaml: "train: {batch: 50, seed: 3}", source: "test",
      settings: [
        "train.batch=64", "train.batch=128", "train.threads=auto", "optimizer.learningRate=1e-2",
        "data.classes=[a, b, c]", "data.directory=/a=b",
      ])
    #expect(configuration.train.batch == 128)
    #expect(configuration.train.seed == 3)
    #expect(configuration.optimizer.learningRate == 0.01)
    #expect(configuration.data.classes == ["a", "b", "c"])
    #expect(configuration.data.directory == "/a=b")
    #expect(configuration.model == Configuration().model)
  }

  @Test("A number of classes stands for as many names, which are what is written down")
  func numberOfClasses() throws {
    let names = (0..<9).map(String.init)
    let configuration = try Configuration(yaml: "data: {classes: 9}", source: "test")
    #expect(configuration.data.classes == names)
    let typed = try Configuration(yaml: "", source: "test", settings: ["data.classes=9"])
    #expect(typed == configuration)
    #expect(try Configuration(yaml: configuration.yaml, source: "test") == configuration)
    #expect(try configuration.yaml.contains("'8'"))
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(Configuration.self, from: data) == configuration)
  }

  @Test("A variant is what is common to all with its own keys, below the settings")
  func variants() throws {
    let yaml = """
      variants:
        small: {model: {hidden: 7}, train: {batch: 20}}
        "two_2":
          train:
            seed: 9
        as-it-is:
      model: {hidden: 5, layers: 1}
      train: {seed: 8}
      """
    let file = try ConfigurationFile(yaml: yaml, source: "test")
    #expect(file.variants == ["small", "two_2", "as-it-is"])
    let small = try file.configuration(variant: "small", settings: [TypedSetting("train.batch=30")])
    #expect(small.model.hidden == 7 && small.model.layers == 1)
    #expect(small.train.batch == 30 && small.train.seed == 8)
    #expect(try file.configuration(variant: "two_2").train.seed == 9)
    let common = "model: {hidden: 5, layers: 1}\ntrain: {seed: 8}"
    #expect(
      try file.configuration(variant: "as-it-is") == Configuration(yaml: common, source: "test"))
  }

  @Test("A pipe is read to its end, but one that nothing comes from is not waited for")
  func pipes() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let error = #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: pipe) }
    #expect(error?.description.contains("it is a pipe, and nobody writes to it") == true)
    let writer = Thread {
      try? FileHandle(forWritingTo: URL(filePath: pipe)).write(contentsOf: Data("model:\n".utf8))
    }
    writer.start()
    #expect(try ConfigurationFile(path: pipe).variants.isEmpty)
  }

  @Test("Text that looks like a number of base 60, an anchor or an alias is text")
  func text() throws {
    let configuration = try Configuration(
      yaml: "data: {directory: 12:30:00, classes: [R&D, 2*D, 'a *b', \"&c\"]}\n"
        + String(repeating: "# Why? Because.\n", count: 100), source: "test")
    #expect(configuration.data.directory == "12:30:00")
    #expect(configuration.data.classes == ["R&D", "2*D", "a *b", "&c"])
  }
}
