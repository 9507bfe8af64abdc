import Foundation
import TestSupport
import Testing

/// Jobs on NumPy arrays of sequences of several lengths.
@Suite("Sequences of several lengths in a job")
struct SequenceTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    for folder in ["/sequences", "/series", "/archive", "/even-arrays", "/even-idx"] {
      try FileManager.default.createDirectory(
        atPath: workspace.path + folder, withIntermediateDirectories: true)
    }
    let training = try Self.writeSet("train", 203, firstNoise: 1, to: workspace.path)
    let test = try Self.writeSet("test", 61, firstNoise: 77, to: workspace.path)
    try Data(zipArchive(training.members + test.members, isDeflated: true))
      .write(to: URL(filePath: workspace.path + "/archive/signs.npz"))
    try workspace.write(
      "table.csv", "part,walk,time,north,east,noise,corner\n" + training.rows + test.rows)
    try workspace.write(
      "tiny.yaml", Workspace.configuration(data: workspace.path + "/sequences"))
  }

  /// Writes sequences of 1 to 9 time steps of 3 features, whose class is the signs of the first two
  /// features: as NumPy arrays, with what is no number behind each end, and as a `.ts` file. The first
  /// time steps, which all have, are written as NumPy arrays and as IDX files of their own.
  ///
  /// - Parameter isUneven: true for classes of which some have more samples, with numbers missing.
  /// - Returns: the arrays as members of an archive, and the rows of a table, the last time steps first.
  @discardableResult
  static func writeSet(
    _ part: String, _ count: Int, firstNoise: UInt32, to path: String, isUneven: Bool = false
  ) throws -> (members: [(name: String, bytes: [UInt8])], rows: String) {
    var noise = firstNoise
    func next() -> Float {
      noise = noise &* 1_664_525 &+ 1_013_904_223
      return Float(noise >> 8) / 0x1p24
    }
    var (values, labels, lengths) = ([Float](), [Int32](), [Int64]())
    for index in 0..<count {
      let label = isUneven ? [0, 0, 1, 0, 2, 1, 3][index % 7] : index * 7 % 4
      let length = 1 + Int(next() * 9)
      labels.append(Int32(label))
      lengths.append(Int64(length))
      for time in 0..<9 {
        let signs: [Float] = [label & 1 == 0 ? 0.5 : -0.5, label & 2 == 0 ? 0.5 : -0.5, 0]
        for sign in signs {
          let isMissing = isUneven && values.count % 9 == 4
          values.append(time < length && !isMissing ? sign + 2 * next() - 1 : .nan)
        }
      }
    }
    let classes = ["north-west", "north-east", "south-west", "south-east"]
    var text = "@data\n"
    for (index, length) in lengths.enumerated() {
      for feature in 0..<3 {
        text +=
          (0..<Int(length)).map { "\(values[(index * 9 + $0) * 3 + feature])" }
          .joined(separator: ",") + ":"
      }
      text += classes[Int(labels[index])] + "\n"
    }
    try text.write(
      toFile: path + "/series/Signs_\(part.uppercased()).ts", atomically: true, encoding: .utf8)
    func row(_ index: Int, _ time: Int) -> String {
      let features = (0..<3).map { "\(values[(index * 9 + time) * 3 + $0])" }
      return "\(part),\(part) \(index),\(Double(time) / 4),"
        + features.joined(separator: ",") + ",\(classes[Int(labels[index])])\n"
    }
    // The last time step of each, in the order of the arrays, and then the others, backwards.
    var rows = lengths.enumerated().map { row($0, Int($1) - 1) }.joined()
    for time in (0..<8).reversed() {
      for (index, length) in lengths.enumerated() where time < length - 1 {
        rows += row(index, time)
      }
    }
    let arrays = [
      ("x", npy("<f4", [count, 9, 3], bytes(values))), ("y", npy("<i4", [count], bytes(labels))),
      ("lengths", npy("<i8", [count], bytes(lengths))),
    ]
    for (name, file) in arrays {
      try Data(file).write(to: URL(filePath: "\(path)/sequences/\(part)-\(name).npy"))
    }
    let first = (0..<count).flatMap { values[$0 * 27..<$0 * 27 + 3] }
    let prefix = part == "test" ? "t10k" : part
    for (name, file) in [
      ("even-arrays/\(part)-x.npy", npy("<f4", [count, 1, 3], bytes(first))),
      ("even-arrays/\(part)-y.npy", npy("<i4", [count], bytes(labels))),
      (
        "even-idx/\(prefix)-images-idx3-double",
        idx(0x0E, [count, 1, 3], bytes(first.map { Double($0).bitPattern }, isBigEndian: true))
      ),
      (
        "even-idx/\(prefix)-labels-idx1-short",
        idx(0x0B, [count], bytes(labels.map { Int16($0) }, isBigEndian: true))
      ),
    ] { try Data(file).write(to: URL(filePath: "\(path)/\(name)")) }
    return (arrays.map { (name: "\(part)-\($0.0).npy", bytes: $0.1) }, rows)
  }

  private static func idx(_ type: UInt8, _ sizes: [Int], _ elements: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(sizes.count)] + bytes(sizes.map { UInt32($0) }, isBigEndian: true) + elements
  }

  @Test(
    "Any number of ranks and threads gives the same bits, and they learn",
    arguments: [
      ["--set", "model.bidirectional=true"],
      [
        "--set", "model.cell=gru", "--set", "model.dropout=0.3", "--set", "train.accumulation=2",
        "--set", "model.readout=mean",
      ],
      [
        "--set", "model.cell=peephole", "--set", "model.readout=max", "--set",
        "train.precision=bf16", "--set", "data.validation=20",
      ],
    ])
  func bits(options: [String]) throws {
    let alone = try workspace.train(ranks: nil, output: "alone", options)
    #expect(alone.succeeded, "\(alone)")
    let steps = try #require(workspace.checkpointSteps("alone").last)
    let expected = try workspace.parameters("alone", step: steps)
    #expect(expected.hasPrefix("parameters sha256"), "\(expected)")
    let losses = try workspace.losses("alone")
    #expect(losses[losses.count - 1] < 0.8 * losses[0])
    for (ranks, threads) in [(1, 2), (2, 1), (3, 1), (4, 1)] {
      let output = "job-\(ranks)-\(threads)"
      let result = try workspace.train(
        ranks: ranks, output: output, options + ["--set", "train.threads=\(threads)"])
      #expect(result.succeeded, "\(result)")
      #expect(try workspace.parameters(output, step: steps) == expected)
      #expect(try workspace.metrics(output) == workspace.metrics("alone"))
    }
  }

  @Test("The same data in another format give the same bits, at any number of ranks")
  func formats() throws {
    let table = try workspace.lockstep([
      "convert", workspace.path + "/table.csv", "--id", "walk", "--label", "corner", "--time",
      "time",
      "--split", "part", "--output", workspace.path + "/converted/signs",
    ])
    #expect(table.succeeded, "\(table)")
    #expect(
      table.standardOutput.hasPrefix(
        """
        203 training and 61 test sequences of 1 to 9 time steps with 3 features
        features, in order: north, east, noise

        """), "\(table)")
    #expect(table.standardOutput.contains("  - north-east\n"), "\(table)")
    let arrays = try workspace.train(ranks: 2, output: "arrays")
    #expect(arrays.succeeded, "\(arrays)")
    let expected = try workspace.parameters("arrays", step: 63)
    #expect(expected.hasPrefix("parameters sha256"), "\(expected)")
    for (folder, format) in [("series", "ts"), ("archive", "npz"), ("converted/signs", "npy")] {
      for (ranks, choice) in [(1, "auto"), (3, format)] {
        let output = "\(format)-\(ranks)"
        let result = try workspace.train(
          ranks: ranks, output: output,
          [
            "--set", "data.directory=\(workspace.path)/\(folder)", "--set", "data.format=\(choice)",
          ])
        #expect(result.succeeded, "\(result)")
        #expect(try workspace.parameters(output, step: 63) == expected)
        #expect(try workspace.metrics(output) == workspace.metrics("arrays"))
      }
    }
  }

  @Test("Sequences of one length in IDX files give the bits of those in NumPy arrays")
  func evenFormats() throws {
    var digests: Set<String> = []
    for (folder, ranks) in [("even-arrays", 2), ("even-idx", 1), ("even-idx", 3)] {
      let output = "\(folder)-\(ranks)"
      let result = try workspace.train(
        ranks: ranks, output: output, ["--set", "data.directory=\(workspace.path)/\(folder)"])
      #expect(result.succeeded, "\(result)")
      #expect(
        result.standardError.contains("61 test sequences of 1 time step with 3 features"),
        "\(result)")
      digests.insert(try workspace.parameters(output, step: 63))
    }
    #expect(digests.count == 1 && digests.first?.hasPrefix("parameters sha256") == true)
  }

  @Test("An array that stays in its file for its size gives the bits of one in memory")
  func large() throws {
    // 281 MB of zeros, which take no room on the disk, but for the first numbers of each sample: as
    // this machine has them in memory, and in the other order, in which they are copied.
    let (count, steps, features) = (260, 1024, 264)
    for (folder, type, isBigEndian) in [("native", "<f4", false), ("swapped", ">f4", true)] {
      let path = workspace.path + "/" + folder
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      for (part, count) in [("train", count), ("test", 5)] {
        let header = npy(type, [count, steps, features], [])
        let file = "\(path)/\(part)-x.npy"
        try Data(header).write(to: URL(filePath: file))
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        try handle.truncate(atOffset: UInt64(header.count + count * steps * features * 4))
        for sample in 0..<count {
          let numbers = (0..<features).map { Float((sample * 37 + $0 * 11) % 101) / 50 - 1 }
          try handle.seek(toOffset: UInt64(header.count + sample * steps * features * 4))
          try handle.write(
            contentsOf: bytes(numbers.map(\.bitPattern), isBigEndian: isBigEndian))
        }
        try handle.close()
        try Data(npy("|u1", [count], (0..<count).map { UInt8($0 % 4) }))
          .write(to: URL(filePath: "\(path)/\(part)-y.npy"))
      }
    }
    let options = [
      "--max-steps", "3", "--set", "data.validation=9", "--set", "evaluation.ranks=all", "--set",
      "model.readout=mean",
    ]
    var digests: Set<String> = []
    for (folder, ranks) in [("native", 1), ("native", 3), ("swapped", 2)] {
      let result = try workspace.train(
        ranks: ranks, output: "\(folder)-\(ranks)",
        options + ["--set", "data.directory=\(workspace.path)/\(folder)"])
      #expect(result.succeeded, "\(result)")
      digests.insert(try workspace.parameters("\(folder)-\(ranks)", step: 3))
    }
    #expect(digests.count == 1 && digests.first?.hasPrefix("parameters sha256") == true)
  }

  @Test("The words are those of sequences, and a checkpoint is tried on sequences alone")
  func words() throws {
    let result = try workspace.train(ranks: nil, output: "run")
    #expect(
      result.standardError.contains(
        "203 training and 61 test sequences of up to 9 time steps with 3 features"), "\(result)")
    #expect(
      result.standardOutput.contains("Accuracy of the model on the test sequences: "), "\(result)")
    let checkpoint = workspace.path + "/run/best.safetensors"
    let evaluated = try workspace.lockstep(["evaluate", "--checkpoint", checkpoint])
    #expect(evaluated.standardOutput.contains("test sequences: "), "\(evaluated)")
    let predicted = try workspace.lockstep(
      ["predict", "--checkpoint", checkpoint, "--index", "3"])
    #expect(predicted.standardOutput.hasPrefix("Test sequence 3: "), "\(predicted)")
    #expect(predicted.standardOutput.split(separator: "\n").count == 5, "\(predicted)")
    let samples = workspace.path + "/sequences/test-x.npy"
    let bare = workspace.path + "/bare.npy"
    try Data(npy("<f4", [1, 9, 3], bytes([Float](repeating: 0.5, count: 27))))
      .write(to: URL(filePath: bare))
    for (file, isWarned) in [(samples, false), (bare, true)] {
      let result = try workspace.lockstep(["predict", "--checkpoint", checkpoint, "--data", file])
      #expect(result.succeeded, "\(result)")
      #expect(result.standardError.contains("has no lengths with it") == isWarned, "\(result)")
    }
    // The same samples under other labels, which are texts.
    let names = ["north", "south", "east", "west"]
    let texts = (0..<61).flatMap { index in
      bytes(names[index % 4].unicodeScalars.map(\.value) + (names[index % 4].count < 5 ? [0] : []))
    }
    try Data(npy("<U5", [61], texts)).write(
      to: URL(filePath: workspace.path + "/sequences/test-y.npy"))
    let labels = try workspace.lockstep(
      ["evaluate", "--checkpoint", checkpoint, "--data", workspace.path + "/sequences"])
    #expect(
      labels.standardError.contains(
        "has label \"north\" at index 0, and the checkpoint is for 4 classes, which have the labels "
          + "from 0 to 3 or the names north-west, north-east, south-west, south-east;"), "\(labels)"
    )
    let images = try workspace.lockstep(
      ["evaluate", "--checkpoint", checkpoint, "--data", workspace.path + "/data"])
    #expect(images.status == 78, "\(images)")
    #expect(
      images.standardError.contains(
        "has test images of 6 x 5 pixels, and the checkpoint is for sequences of up to 9"),
      "\(images)")
  }

  @Test("The benchmark counts the time steps that there are")
  func benchmark() throws {
    let file = workspace.path + "/bench.json"
    let result = try workspace.lockstep([
      "bench", "--config", workspace.path + "/tiny.yaml", "--steps", "20", "--warmup", "1",
      "--json", file,
    ])
    #expect(result.succeeded, "\(result)")
    let report = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
    let peak = try #require((report as? [String: Any])?["peak"] as? [String: Any])
    let operations = try #require(peak["operationsPerSample"] as? Int)
    // Nine time steps would be some 45,000.
    #expect(10_000..<30_000 ~= operations, "\(operations)")
  }

  @Test("With normalization, missing numbers and weights of classes, too")
  func features() throws {
    // The classes have 3, 2, 1 and 1 of seven samples, and every ninth number is missing.
    try Self.writeSet("train", 203, firstNoise: 1, to: workspace.path, isUneven: true)
    try Self.writeSet("test", 61, firstNoise: 77, to: workspace.path, isUneven: true)
    let refused = try workspace.train(ranks: 2, output: "refused")
    #expect(refused.status == 78 && refused.standardError.contains("data.missing"), "\(refused)")
    let options = [
      "--set", "data.missing=previous", "--set", "train.classWeights=balanced", "--set",
      "data.normalize=standard", "--set", "data.validation=20",
    ]
    let alone = try workspace.train(ranks: nil, output: "alone", options)
    #expect(alone.succeeded, "\(alone)")
    #expect(alone.standardOutput.contains(" %, balanced accuracy: "), "\(alone)")
    let step = try #require(workspace.checkpointSteps("alone").last)
    let expected = try workspace.parameters("alone", step: step)
    #expect(try workspace.losses("alone").last ?? 9 < 0.8 * workspace.losses("alone")[0])
    for (ranks, settings) in [
      (2, ["--set", "train.threads=2"]), (3, ["--set", "evaluation.ranks=all"]),
    ] {
      let output = "job-\(ranks)"
      let result = try workspace.train(ranks: ranks, output: output, options + settings)
      #expect(result.succeeded, "\(result)")
      #expect(try workspace.parameters(output, step: step) == expected)
      #expect(try workspace.metrics(output) == workspace.metrics("alone"))
    }
    let series = try workspace.train(
      ranks: 2, output: "series", options + ["--set", "data.directory=\(workspace.path)/series"])
    #expect(series.succeeded, "\(series)")
    #expect(try workspace.parameters("series", step: step) == expected)

    // The checkpoint has the means and deviations: with other test samples they stay the same.
    let last = alone.standardOutput.split(separator: "\n").last ?? ""
    let checkpoint = String(format: "/alone/checkpoints/step-%08d.safetensors", step)
    let evaluated = try workspace.lockstep([
      "evaluate", "--checkpoint", workspace.path + checkpoint,
    ])
    let figure = try #require(last.split(separator: ": ").last)
    #expect(evaluated.standardOutput.contains(figure), "\(evaluated) \(alone)")

    for (setting, words) in [
      (
        "train.classWeights=[1, 2]",
        "is a list of 2 numbers; expected one for each of the 4 classes"
      ),
      ("train.classWeights=[1, 2, 0, 1]", "numbers from 0.000001 to 1000000"),
      ("train.classWeights=heavy", "expected none, balanced, or a list of numbers"),
      ("data.normalize=always", "expected one of none, standard, sample"),
      ("data.order=pixels", "for data.order: pixels"),
    ] {
      let result = try workspace.train(ranks: 2, output: "run", options + ["--set", setting])
      #expect(result.status == 78 || result.status == 64, "\(result)")
      #expect(result.standardError.contains(words), "\(result)")
    }
  }

  @Test("Weights of classes that are all 1 change nothing, and a class without samples has none")
  func weights() throws {
    try workspace.train(ranks: 2, output: "none", ["--max-steps", "5"])
    let ones = try workspace.train(
      ranks: 3, output: "ones", ["--max-steps", "5", "--set", "train.classWeights=[1, 1, 1, 1]"])
    #expect(ones.succeeded, "\(ones)")
    #expect(try workspace.losses("ones") == workspace.losses("none"))
    #expect(try workspace.parameters("ones", step: 5) == workspace.parameters("none", step: 5))
    let empty = try workspace.train(
      ranks: 2, output: "empty",
      ["--set", "train.classWeights=balanced", "--set", "data.classes=[a, b, c, d, nowhere]"])
    #expect(empty.status == 78 && empty.standardError.contains("'nowhere' (label 4)"), "\(empty)")
  }

  @Test("What changes images is refused")
  func augmentation() throws {
    for (setting, words) in [
      ("augment.flip=0.5", "with 3 features, and augment.flip and augment.shift change images"),
      ("augment.mixup=0.5", "with 3 features, and augment.mixup mixes samples of one length"),
    ] {
      let result = try workspace.train(ranks: 2, output: "run", ["--set", setting])
      #expect(result.status == 78 && result.standardError.contains(words), "\(result)")
    }
  }

  @Test("A run that was ended goes on to the same bits")
  func resume() throws {
    try workspace.train(ranks: 2, output: "whole")
    try workspace.train(ranks: 2, output: "parts", ["--max-steps", "25"])
    let rest = try workspace.train(ranks: 3, output: "parts", ["--resume"])
    #expect(rest.succeeded, "\(rest)")
    #expect(try workspace.parameters("parts", step: 63) == workspace.parameters("whole", step: 63))
  }

  @Test("A sample's prediction does not depend on those beside it", arguments: ["fp32", "bf16"])
  func predictions(precision: String) throws {
    let trained = try workspace.train(ranks: nil, output: "run", ["--max-steps", "21"])
    #expect(trained.succeeded, "\(trained)")
    func rows(_ indices: [Int], ranks: Int) throws -> [Substring] {
      let output = workspace.path + "/some.csv"
      let result = try runJob(
        ranks: ranks, executable: Workspace.lockstep,
        arguments: [
          "predict", "--checkpoint", workspace.path + "/run", "--output", output, "--set",
          "train.precision=\(precision)", "--index",
        ] + indices.map(String.init))
      #expect(result.succeeded, "\(result)")
      let text = try String(contentsOfFile: output, encoding: .utf8)
      return text.split(separator: "\r\n").dropFirst().map { $0 }
    }
    let all = try rows(Array(0..<61), ranks: 1)
    #expect(all.count == 61 && Set(all).count == 61)
    #expect(try rows((0..<61).reversed(), ranks: 2) == all.reversed())
    for index in [0, 7, 60] { #expect(try rows([index], ranks: 3) == [all[index]]) }
    // The classes that the rows have are those that evaluate counts.
    let evaluated = try workspace.lockstep([
      "evaluate", "--checkpoint", workspace.path + "/run", "--set", "train.precision=\(precision)",
    ])
    let correct = all.count { $0.split(separator: ",")[1] == $0.split(separator: ",").last }
    #expect(evaluated.standardOutput.contains("(\(correct) of 61)"), "\(evaluated)")
  }
}
