import Configuration
import Foundation
import TestSupport
import Testing

@Suite("Mistakes in a configuration")
struct MistakeTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let yaml: String
    var variant: String?
    var settings: [String] = []
    let message: [String]
    var testDescription: String { yaml.prefix(80) + settings.joined(separator: " ") }
  }

  static let mistakes = [
    Mistake(
      yaml: "train:\n  bacth: 3", message: ["test.yaml line 2", "train.bacth", "train.batch"]),
    Mistake(yaml: "trian: {}", message: ["test.yaml line 1", "trian", "did you mean train?"]),
    Mistake(yaml: "batch: 3", message: ["batch", "train.batch"]),
    Mistake(yaml: "train: 3", message: ["train must be a section", "batch"]),
    Mistake(yaml: "- 1\n- 2", message: ["test.yaml", "must be a section"]),
    Mistake(yaml: "train: {batch: ten}", message: ["train.batch is 'ten'", "whole number"]),
    Mistake(yaml: "train: {batch: 1.5}", message: ["train.batch is '1.5'", "whole number"]),
    Mistake(yaml: "train: {batch: [1]}", message: ["train.batch is a list", "whole number"]),
    Mistake(yaml: "train: {batch: }", message: ["train.batch", "whole number"]),
    Mistake(yaml: "train: {seed: -1}", message: ["train.seed is '-1'", "from 0"]),
    Mistake(yaml: "train: {threads: many}", message: ["train.threads is 'many'", "auto"]),
    Mistake(yaml: "train: {recompute: 1}", message: ["train.recompute", "never, auto, always"]),
    Mistake(yaml: "train: {verifyEvery: -1}", message: ["train.verifyEvery", "at least 0"]),
    Mistake(yaml: "reduction: {order: fast}", message: ["'fast'", "reproducible, native"]),
    Mistake(yaml: "reduction: {wire: fp16}", message: ["'fp16'", "fp32, bf16"]),
    Mistake(
      yaml: "reduction: {order: native, wire: bf16}",
      message: ["reduction.wire is bf16", "set reduction.order to reproducible"]),
    Mistake(yaml: "evaluation: {ranks: 1}", message: ["'1'", "root, all"]),
    Mistake(yaml: "optimizer: {beta1: 1}", message: ["optimizer.beta1 is 1", "below 1"]),
    Mistake(
      yaml: "optimizer: {learningRate: .nan}", message: ["optimizer.learningRate", "above 0"]),
    Mistake(yaml: "optimizer: {learningRate: 0}", message: ["optimizer.learningRate", "above 0"]),
    Mistake(
      yaml: "optimizer: {kind: rmsprop}",
      message: ["optimizer.kind is 'rmsprop'", "adam, adamw, lamb, sgd"]),
    Mistake(
      yaml: "optimizer: {kind: sgd, nesterov: true}",
      message: ["optimizer.nesterov is true", "set optimizer.momentum above 0"]),
    Mistake(yaml: "optimizer: {momentum: 1}", message: ["optimizer.momentum is 1", "below 1"]),
    Mistake(
      yaml: "train: {earlyStopping: 3}",
      message: ["train.earlyStopping is 3, but no samples are held out", "set data.validation"]),
    Mistake(
      yaml: "train: {earlyStopping: -1}\ndata: {validation: 9}",
      message: ["train.earlyStopping is -1", "from 0 (none)"]),
    Mistake(
      yaml: "train: {earlyStoppingDelta: -0.1}",
      message: ["train.earlyStoppingDelta is -0.1", "at least 0"]),
    Mistake(
      yaml: "schedule: {decay: reduce-on-plateau}",
      message: ["schedule.decay is reduce-on-plateau, but no samples", "set data.validation"]),
    Mistake(yaml: "schedule: {patience: -1}", message: ["schedule.patience is -1", "from 0"]),
    Mistake(yaml: "schedule: {threshold: 1}", message: ["schedule.threshold is 1", "below 1"]),
    Mistake(
      yaml: "evaluation: {criterion: recall}",
      message: ["'recall'", "one of accuracy, balanced-accuracy, macro-f1, loss"]),
    Mistake(
      yaml: "data: {classes: 1}",
      message: ["data.classes is '1'", "a list, such as [a, b], or a number from 2 to 256"]),
    Mistake(yaml: "data: {classes: 1000000000000}", message: ["a number from 2 to 256"]),
    Mistake(yaml: "data: {classes: 2.5}", message: ["data.classes is '2.5'", "from 2 to 256"]),
    Mistake(yaml: "data: {classes: '3'}", message: ["data.classes is '3'", "from 2 to 256"]),
    Mistake(
      yaml: "optimizer: {learningRate: 0.5, weightDecay: 2}",
      message: ["optimizer.weightDecay is 2.0", "below 1 / optimizer.learningRate"]),
    Mistake(
      yaml: "optimizer: {scaling: root}",
      message: ["optimizer.scaling is 'root'", "none, linear, square-root"]),
    Mistake(
      yaml: "optimizer: {scaling: linear}",
      message: ["optimizer.scaling is linear, but no batch", "set train.baseBatch"]),
    Mistake(yaml: "train: {baseBatch: -1}", message: ["train.baseBatch is -1", "0 (none)"]),
    Mistake(
      yaml: "train: {batch: 400, baseBatch: 4}\noptimizer: {scaling: linear, weightDecay: 10}",
      message: ["optimizer.weightDecay is 10.0", "which optimizer.scaling makes 0.1"]),
    Mistake(
      yaml: "train: {baseBatch: 1}\noptimizer: {scaling: linear, learningRate: 1e38}",
      message: ["optimizer.learningRate is 1e+38, which optimizer.scaling makes 1e+40"]),
    Mistake(yaml: "schedule: {warmupEpochs: -1}", message: ["schedule.warmupEpochs is -1"]),
    Mistake(
      yaml: "schedule: {warmupEpochs: 0.5, warmupSteps: 9}",
      message: ["schedule.warmupEpochs is 0.5, and schedule.warmupSteps is 9; set one"]),
    Mistake(
      yaml: "schedule: {decay: cosin}",
      message: ["schedule.decay is 'cosin'", "constant, cosine, linear, step, reduce-on-plateau"]),
    Mistake(yaml: "schedule: {floor: .nan}", message: ["schedule.floor", "from 0 to 1"]),
    Mistake(yaml: "schedule: {warmupSteps: -1}", message: ["schedule.warmupSteps is -1"]),
    Mistake(yaml: "schedule: {stepEpochs: 0}", message: ["schedule.stepEpochs is 0"]),
    Mistake(yaml: "schedule: {stepFactor: 0}", message: ["schedule.stepFactor is 0"]),
    Mistake(yaml: "train: {labelSmoothing: 1}", message: ["train.labelSmoothing is 1", "below 1"]),
    Mistake(yaml: "data: {validation: -1}", message: ["data.validation is -1", "0 (none)"]),
    Mistake(
      yaml: "data: {validation: 0.1}", message: ["data.validation is '0.1'", "whole number"]),
    Mistake(yaml: "train: {accumulation: 0}", message: ["train.accumulation is 0", "1 to 7"]),
    Mistake(yaml: "train: {accumulation: 8}", message: ["train.accumulation is 8", "1 to 7"]),
    Mistake(yaml: "augment: {flip: 1.5}", message: ["augment.flip is 1.5", "from 0 (none) to 1"]),
    Mistake(yaml: "augment: {flip: .nan}", message: ["augment.flip", "from 0 (none) to 1"]),
    Mistake(yaml: "augment: {mixup: .nan}", message: ["augment.mixup", "from 0 (none) to 1"]),
    Mistake(yaml: "augment: {flip: yes}", message: ["augment.flip is 'yes'", "a number"]),
    Mistake(yaml: "augment: {shift: -1}", message: ["augment.shift is -1", "0 (none)"]),
    Mistake(yaml: "augment: {shift: 0.5}", message: ["augment.shift is '0.5'", "whole number"]),
    Mistake(
      yaml: "augment: {mixup: 1.1}", message: ["augment.mixup is 1.1", "from 0 (none) to 1"]),
    Mistake(
      yaml: "augment: {mixup: -0.2}", message: ["augment.mixup is -0.2", "from 0 (none) to 1"]),
    Mistake(yaml: "averaging: {decay: 1}", message: ["averaging.decay is 1", "below 1"]),
    Mistake(yaml: "averaging: {decay: 0.99999999999}", message: ["averaging.decay", "below 1"]),
    Mistake(yaml: "data: {classes: [a]}", message: ["data.classes", "2 to 256"]),
    Mistake(yaml: "data: {classes: a}", message: ["data.classes is 'a'", "list"]),
    Mistake(yaml: "train: {batch: 3}", message: ["train.batch is 3", "16 shards"]),
    Mistake(
      yaml: "model: {hidden: 99999999999999999999}", message: ["model.hidden", "whole number"]),
    Mistake(
      yaml: "train: {batch: 1:1:1:1:1:1:1:1:1:1:1:1:1}",
      message: ["train.batch is '1:1:", "whole number"]),
    Mistake(
      yaml: "model: {layers: 9223372036854775807:59}", message: ["model.layers", "whole number"]),
    // 8 in YAML 1.1, 10 in YAML 1.2.
    Mistake(yaml: "model: {hidden: 010}", message: ["model.hidden is '010'", "a whole number"]),
    Mistake(
      yaml: "", settings: ["optimizer.learningRate=00.1"], message: ["is '00.1'", "a number"]),
    Mistake(yaml: "optimizer: {epsilon: 1:30}", message: ["optimizer.epsilon", "a number"]),
    Mistake(
      yaml: "train: {epochs: 9223372036854775807}", message: ["train.epochs is 9", "1000000000"]),
    Mistake(yaml: "a: &a [x, x]\nb: [*a, *a]", message: ["the YAML alias *a", "write out"]),
    Mistake(
      yaml: "a0: &a0 x\n"
        + (1...60).map { "a\($0): &a\($0) {? *a\($0 - 1) : *a\($0 - 1)}\n" }.joined(),
      message: ["test.yaml uses the YAML alias *a"]),
    Mistake(yaml: "data: " + String(repeating: "[", count: 9999), message: ["nested too deeply"]),
    Mistake(yaml: String(repeating: "- ", count: 9999), message: ["nested too deeply"]),
    Mistake(
      yaml: String(repeating: "{? ", count: 490) + "[" + String(repeating: "a,", count: 30_000),
      message: ["more than 32 question marks", "write keys as words"]),
    Mistake(yaml: "train: {[a, b]: 1}", message: ["a key is a list", "a word"]),
    Mistake(
      yaml: String(repeating: "# a\n", count: 1 << 15), message: ["has 131072 bytes", "at most"]),
    Mistake(
      yaml: "train: {batch: \"a\\n\\e[2J\"}", message: ["train.batch is 'a  [2J'", "whole number"]),
    Mistake(
      yaml: "train: {\(String(repeating: "a", count: 900)): 1}",
      message: ["there is no key train.aaaa", " … "]),
    Mistake(yaml: "", settings: ["train.batch=1:1:1:1:1:1:1:1:1:1:1:1"], message: ["whole number"]),
    Mistake(yaml: "", settings: ["train.batch=[[[", "a"], message: ["--set train.batch=[[["]),
    Mistake(yaml: "train: {batch: 1", message: ["test.yaml is no valid YAML"]),
    Mistake(
      yaml: "train: {batch: 8}\ntrain: {batch: 9}",
      message: [
        "test.yaml is no valid YAML", "train is given twice, in line 1 and in line 2; keep",
      ]),
    Mistake(
      yaml: "train:\n  seed: 1\n  batch: 8\n  # batch: 9\nmodel:\n  hidden: 3\n  'hidden' : 4",
      message: ["hidden is given twice, in line 6 and in line 7; keep one"]),
    Mistake(
      yaml: "train: {batch: 8,\n  seed: 1, batch: 9}",
      message: ["batch is given twice, in line 1 and in line 2; keep one"]),
    Mistake(
      yaml: "train: {batch: 8, batch: 9}",
      message: ["the key batch is given twice, both times in line 1"]),
    Mistake(yaml: "foo: {}", message: ["no key foo; the sections are data, model, train"]),
    Mistake(yaml: "log: {foo: 1}", message: ["no key log.foo; the keys of log are every"]),
    Mistake(yaml: "", settings: ["foo=1"], message: ["no key foo; the sections are data"]),
    Mistake(yaml: "", settings: ["foo.bar=1"], message: ["no key foo.bar; the sections are data"]),
    Mistake(yaml: "", settings: ["foo.batch=1"], message: ["foo.batch; did you mean train.batch?"]),
    Mistake(yaml: "", settings: ["model.batch=1"], message: ["did you mean train.batch?"]),
    Mistake(yaml: "", settings: ["trian.bacth=1"], message: ["did you mean train.batch?"]),
    Mistake(
      yaml: "", settings: ["train.batch_size=1"], message: ["did you mean train.batch?"]),
    Mistake(
      yaml: "", settings: ["optimizer.learning_rate=1"],
      message: ["did you mean optimizer.learningRate?"]),
    Mistake(yaml: "", settings: ["logging=1"], message: ["no key logging; the sections are"]),
    Mistake(
      yaml: "data: {classes: [a, '  ']}", message: ["data.classes has nothing for", "label 1"]),
    Mistake(
      yaml: "data: {classes: ['', b]}", message: ["data.classes has nothing for", "label 0"]),
    Mistake(
      yaml: "data: {classes: [a, \"b\\nc\"]}",
      message: ["data.classes has the character U+000A in", "label 1 ('b c')"]),
    Mistake(
      yaml: "data: {classes: [\"\\e[31ma\", b]}", message: ["U+001B", "label 0"]),
    Mistake(
      yaml: "data: {classes: [a, \"b\\u200Bc\"]}",
      message: ["data.classes has the character U+200B in the name of label 1 ('b c'), which"]),
    Mistake(
      yaml: "data: {classes: [a, \"\\u200D\"]}", message: ["data.classes has nothing", "label 1"]),
    Mistake(yaml: "data: {classes: [a, \"a\\u200D\"]}", message: ["a name twice"]),
    Mistake(yaml: "data: {classes: [\"\\u202Ea\", b]}", message: ["U+202E", "label 0 (' a')"]),
    Mistake(yaml: "data: {classes: [a, \"b\\u2066\"]}", message: ["U+2066", "label 1"]),
    Mistake(yaml: "data: {classes: [a, \"b\\uFEFF\"]}", message: ["U+FEFF", "label 1"]),
    Mistake(yaml: "data: {classes: [a, \"b\\xAD\"]}", message: ["U+00AD", "label 1"]),
    Mistake(yaml: "data: {classes: [a, \"\\U000E0041b\"]}", message: ["U+E0041", "label 1"]),
    Mistake(yaml: "data: {classes: [a, \"b\\Lc\"]}", message: ["U+2028", "label 1 ('b c')"]),
    Mistake(yaml: "data: {classes: [a, \"b\\Pc\"]}", message: ["U+2029", "label 1 ('b c')"]),
    Mistake(yaml: "model: {bidirectional: maybe}", message: ["'maybe'", "true or false"]),
    Mistake(
      yaml: "model.hidden: 8",
      message: ["line 1", "model.hidden", "write hidden in the section model"]),
    Mistake(
      yaml: "train: {}\nmodel:\n  hidden: -1", message: ["test.yaml line 3: model.hidden is -1"]),
    Mistake(
      yaml: "", settings: ["model.hidden=-1"],
      message: ["--set model.hidden=-1: model.hidden is -1"]),
    Mistake(yaml: "variants: {a: , b: }", message: ["the variants a, b", "--variant"]),
    Mistake(yaml: "variants: {a: , b: }", variant: "c", message: ["--variant is c", "a, b"]),
    Mistake(yaml: "train: {batch: 8}", variant: "c", message: ["--variant is c", "leave it out"]),
    Mistake(
      yaml: "train: {}\nvariants: {a: }",
      message: ["test.yaml line 2", "variants is a section of 1", "two or more"]),
    Mistake(yaml: "variants: [a, b]", message: ["variants is a list", "two or more"]),
    Mistake(yaml: "variants: {a: , ../b: }", message: ["line 1", "'../b'", "letters, digits"]),
    Mistake(yaml: "variants: {a: , [b]: }", message: ["line 1", "a list", "letters, digits"]),
    Mistake(
      yaml: "variants: {a: , \(String(repeating: "b", count: 65)): }", message: ["up to 64 letters"]
    ),
    Mistake(
      yaml: "variants:\n  a: 3\n  b:", variant: "a", message: ["line 2", "must be a section"]),
    Mistake(
      yaml: "variants:\n  a:\n    model: {hiden: 3}\n  b:", variant: "a",
      message: ["line 3", "model.hiden", "did you mean model.hidden?"]),
    Mistake(
      yaml: "variants:\n  a:\n    variants: {b: , c: }\n  b:", variant: "a",
      message: ["line 3", "there is no key variants"]),
    Mistake(yaml: "", settings: ["train.batch"], message: ["--set train.batch", "key=value"]),
    Mistake(yaml: "", settings: ["train.bach=9"], message: ["--set train.bach=9", "train.batch"]),
    Mistake(yaml: "", settings: ["train=9"], message: ["--set train=9", "section"]),
    Mistake(yaml: "", settings: ["train.batch=x"], message: ["--set train.batch=x", "'x'"]),
    Mistake(yaml: "", settings: ["train.batch.x=9"], message: ["--set train.batch.x=9", "no key"]),
  ]

  @Test("A mistake is an error that says where, what, and what to do", arguments: mistakes)
  func explains(_ mistake: Mistake) {
    let error = #expect(throws: ConfigurationError.self) {
      try Configuration(
        yaml: mistake.yaml, source: "test.yaml", variant: mistake.variant,
        settings: mistake.settings)
    }
    for part in mistake.message {
      #expect(
        error?.description.contains(part) == true, "\(error?.description ?? "") lacks \(part)")
    }
    #expect(error?.description.contains { $0.isNewline } == false)
    #expect((error?.description.count ?? 0) < 2000)
  }

  @Test("A mistake in what was typed is told from one in a file, and named as it was typed")
  func typed() throws {
    let file = try ConfigurationFile(yaml: "train: {batch: 3}", source: "test.yaml")
    func error(_ settings: [TypedSetting]) -> ConfigurationError? {
      #expect(throws: ConfigurationError.self) { try file.configuration(settings: settings) }
    }
    #expect(error([])?.isOfOption == false)
    #expect(error([])?.description.hasPrefix("test.yaml line 1: train.batch is 3") == true)
    for (setting, text) in [
      (TypedSetting("--epochs", for: "train.epochs", "abc"), "--epochs abc: train.epochs is 'abc'"),
      (TypedSetting("--epochs", for: "train.epochs", "0"), "--epochs 0: train.epochs is 0"),
      (TypedSetting("--batch", for: "train.batch", "2"), "--batch 2: train.batch is 2"),
      (TypedSetting("--seed", for: "train.seed", "-1"), "--seed -1: train.seed is '-1'"),
      (TypedSetting("train.batch=2"), "--set train.batch=2: train.batch is 2"),
      (TypedSetting("train.batch"), "--set train.batch: expected key=value"),
      (TypedSetting("train.bach=2"), "--set train.bach=2: there is no key"),
    ] {
      let error = error([setting])
      #expect(error?.isOfOption == true, "\(error?.description ?? "")")
      #expect(error?.description.hasPrefix(text) == true, "\(error?.description ?? "")")
    }
  }

  @Test("Ranges are written in words")
  func ranges() {
    for key in ["model.layers=0", "train.threads=0", "data.validation=-1", "augment.shift=-1"] {
      let error = #expect(throws: ConfigurationError.self) {
        try Configuration(yaml: "", source: "test.yaml", settings: [key])
      }
      #expect(error?.description.contains("from ") == true, "\(error?.description ?? "")")
      #expect(error?.description.contains("..") == false)
    }
  }

  @Test("A file with a byte-order mark is read")
  func byteOrderMark() throws {
    let folder = try TemporaryFolder()
    let text = "train: {batch: 80}\n"
    let marked = "\u{FEFF}" + text
    let files: [[UInt8]] = [
      Array(marked.utf8), marked.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] },
      marked.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] },
    ]
    for bytes in files {
      let path = try folder.write(bytes, to: "marked.yaml")
      #expect(try Configuration(file: path).train.batch == 80)
    }
    #expect(try Configuration(yaml: marked, source: "test.yaml").train.batch == 80)
  }

  @Test("A file that is missing or no text is an error")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let missing = #expect(throws: ConfigurationError.self) {
      try Configuration(file: folder.path + "/a.yaml")
    }
    #expect(missing?.description.contains("there is no such file") == true)
    let inFile = #expect(throws: ConfigurationError.self) {
      try Configuration(file: folder.write([], to: "file") + "/a.yaml")
    }
    #expect(inFile?.description.contains("Not a directory") == true)
    #expect(throws: ConfigurationError.self) { try Configuration(file: "/") }
    #expect(throws: ConfigurationError.self) { try Configuration(file: "/proc/self/exe") }
    let empty = #expect(throws: ConfigurationError.self) { try Configuration(file: "/dev/null") }
    #expect(empty?.description.contains("/dev/null is empty") == true)
    let endless = #expect(throws: ConfigurationError.self) { try Configuration(file: "/dev/zero") }
    #expect(endless?.description.contains("a configuration has at most") == true)
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("train: {batch: 8} # \u{C0}".utf16.map { UInt8(truncatingIfNeeded: $0) })
      .write(to: URL(filePath: path))
    let latin = #expect(throws: ConfigurationError.self) { try Configuration(file: path) }
    #expect(latin?.description.contains("no UTF-8") == true)
  }
}
