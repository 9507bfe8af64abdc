import Foundation
import Networks
import Safetensors
import Tensors
import Testing
import TestSupport

/// The promise: the number of ranks changes the time and nothing else.
@Suite("Lockstep")
struct LockstepTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  @Test("Any number of ranks and threads gives the same bits, and the same figures")
  func sameBits() throws {
    try workspace.train(ranks: nil, output: "alone")
    let digest = try workspace.parameters("alone", step: 63)
    let metrics = try workspace.metrics("alone")
    #expect(digest.hasPrefix("parameters sha256 "), "\(digest)")
    #expect(metrics.count == 63 + 3)
    for ranks in 1...4 {
      for threads in 1...2 {
        let name = "np\(ranks)x\(threads)"
        let result = try workspace.train(
          ranks: ranks, output: name, ["--set", "train.threads=\(threads)"])
        #expect(result.succeeded, "\(result)")
        #expect(try workspace.parameters(name, step: 63) == digest, "\(name)")
        #expect(try workspace.metrics(name) == metrics, "\(name)")
      }
    }
  }

  @Test("The same holds for shards that ranks and batches do not divide")
  func unevenShards() throws {
    let options = [
      "--set", "data.shards=7", "--batch", "11", "--epochs", "1", "--set", "train.verifyEvery=5",
    ]
    try workspace.train(ranks: nil, output: "alone", options)
    let digest = try workspace.parameters("alone", step: 19)
    #expect(digest.hasPrefix("parameters sha256 "), "\(digest)")
    for ranks in [2, 3, 4, 5, 7] {
      let result = try workspace.train(ranks: ranks, output: "np\(ranks)", options)
      #expect(result.succeeded, "\(result)")
      #expect(try workspace.parameters("np\(ranks)", step: 19) == digest, "\(ranks) ranks")
      #expect(try workspace.metrics("np\(ranks)") == workspace.metrics("alone"), "\(ranks) ranks")
    }
  }

  @Test(
    "The same holds for every cell, in both directions and with dropout, and after a resume",
    arguments: Cell.allCases, Precision.allCases)
  func models(_ cell: Cell, _ precision: Precision) throws {
    let options = [
      "--set", "model.cell=\(cell.rawValue)", "--set", "model.bidirectional=true", "--set",
      "model.layers=2", "--set", "model.hidden=11", "--set", "model.dropout=0.25", "--set",
      "model.initializer=keras", "--set", "train.precision=\(precision.rawValue)",
    ]
    try workspace.train(ranks: nil, output: "alone", options + ["--max-steps", "20"])
    let digest = try workspace.parameters("alone", step: 20)
    #expect(digest.hasPrefix("parameters sha256 "), "\(digest)")
    for ranks in 2...4 {
      let threads = ["--set", "train.threads=\(ranks % 2 + 1)"]
      let result = try workspace.train(
        ranks: ranks, output: "np\(ranks)", options + threads + ["--max-steps", "20"])
      #expect(result.succeeded, "\(result)")
      #expect(try workspace.parameters("np\(ranks)", step: 20) == digest, "\(ranks) ranks")
    }
    try workspace.train(ranks: 3, output: "resumed", options + ["--max-steps", "7"])
    let rest = try workspace.train(
      ranks: 2, output: "resumed", options + ["--max-steps", "20", "--resume"])
    #expect(rest.succeeded, "\(rest)")
    #expect(try workspace.parameters("resumed", step: 20) == digest)
  }

  static let shapes = Cell.allCases.flatMap { cell in
    [(false, 1, Readout.last), (false, 2, .last), (true, 1, .final), (true, 2, .final)].map {
      (cell: cell, isBidirectional: $0, layers: $1, readout: $2)
    }
  }

  @Test(
    "The same holds for every cell in one direction and in both, and in one layer",
    arguments: shapes)
  func everyShape(
    _ shape: (cell: Cell, isBidirectional: Bool, layers: Int, readout: Readout)
  ) throws {
    let options = [
      "--set", "model.cell=\(shape.cell.rawValue)", "--set",
      "model.bidirectional=\(shape.isBidirectional)", "--set", "model.layers=\(shape.layers)",
      "--set", "model.readout=\(shape.readout.rawValue)", "--set", "model.hidden=19",
      "--max-steps", "12",
    ]
    try workspace.train(ranks: nil, output: "alone", options)
    let digest = try workspace.parameters("alone", step: 12)
    #expect(digest.hasPrefix("parameters sha256 "), "\(digest)")
    for ranks in 1...4 {
      let result = try workspace.train(ranks: ranks, output: "np\(ranks)", options)
      #expect(result.succeeded, "\(result)")
      #expect(try workspace.parameters("np\(ranks)", step: 12) == digest, "\(ranks) ranks")
      #expect(try workspace.metrics("np\(ranks)") == workspace.metrics("alone"), "\(ranks) ranks")
    }
  }

  @Test("The same holds with a schedule, weight decay and smoothed labels, and after a resume")
  func schedule() throws {
    let options = [
      "--set", "schedule.decay=cosine", "--set", "schedule.warmupSteps=5", "--set",
      "schedule.floor=0.1", "--set", "optimizer.kind=adamw", "--set", "optimizer.weightDecay=0.1",
      "--set", "train.labelSmoothing=0.1",
    ]
    try workspace.train(ranks: nil, output: "alone", options)
    let rates = try workspace.metrics("alone").compactMap { $0["learningRate"] }.compactMap(
      Double.init)
    #expect(rates.count == 63 && abs(rates[0] - 0.002) < 1e-12 && rates[4] == 0.01)
    #expect(zip(rates[5...], rates[6...]).allSatisfy { $0 > $1 } && rates[62] < 0.0011)

    try workspace.train(
      ranks: 3, output: "run", options + ["--set", "checkpoint.everySteps=10", "--max-steps", "30"])
    let longer = try workspace.train(
      ranks: 2, output: "run", options + ["--resume", "--epochs", "4"])
    #expect(longer.status == 78, "\(longer)")
    #expect(longer.standardError.contains("train.epochs (with which schedule.decay ends) 3"))
    let resumed = try workspace.train(ranks: 2, output: "run", options + ["--resume"])
    #expect(resumed.succeeded, "\(resumed)")
    #expect(
      try workspace.parameters("run", step: 63) == workspace.parameters("alone", step: 63))
    #expect(try workspace.metrics("run") == workspace.metrics("alone"))
  }

  @Test("The same holds with LAMB, and LEGW's learning rate, and after a resume")
  func largeBatch() throws {
    let options = [
      "optimizer.kind=lamb", "optimizer.weightDecay=0.1", "train.baseBatch=5",
      "optimizer.scaling=square-root", "schedule.warmupEpochs=0.25", "model.cell=peephole",
      "averaging.decay=0.9",
    ].flatMap { ["--set", $0] }
    try workspace.train(ranks: nil, output: "alone", options)
    let rates = try workspace.metrics("alone").compactMap { $0["learningRate"] }.compactMap(
      Double.init)
    // Half an epoch of 21 steps, and 0.01 √2.
    let rate = 0.01 * 2.0.squareRoot()
    #expect(rates.count == 63 && abs(rates[0] - rate / 11) < 1e-12)
    #expect(rates[9] < rate && rates[10...].allSatisfy { abs($0 - rate) < 1e-12 })

    try workspace.train(ranks: 3, output: "run", options + ["--max-steps", "30"])
    let half = try SafetensorsFile(workspace.checkpoint("run", step: 30))
    for slot in ["lamb.exp_avg.", "lamb.exp_avg_sq.", "raw.", ""] {
      #expect(half.entry(named: slot + "lstm.weight_co_l1") != nil, "\(slot)")
    }
    let resumed = try workspace.train(
      ranks: 2, output: "run", options + ["--resume", "--set", "train.threads=2"])
    #expect(resumed.succeeded, "\(resumed)")
    #expect(
      try workspace.parameters("run", step: 63) == workspace.parameters("alone", step: 63))
    #expect(try workspace.metrics("run") == workspace.metrics("alone"))
    let next = try workspace.train(
      ranks: nil, output: "next",
      options + ["--init", workspace.checkpoint("run", step: 63), "--max-steps", "1"])
    #expect(next.succeeded, "\(next)")
  }

  @Test(
    "Every instruction set gives the same parameters and records, in bf16 each that rounds floats to it",
    arguments: Precision.allCases,
    [
      ["model.cell=lstm", "model.dropout=0.3"], ["model.cell=gru", "model.bidirectional=true"],
      [
        "model.cell=peephole", "augment.mixup=0.4", "schedule.decay=cosine", "optimizer.kind=lamb",
        "optimizer.weightDecay=0.1",
      ],
    ])
  func instructionSets(_ precision: Precision, settings: [String]) throws {
    let options =
      ["train.precision=\(precision.rawValue)"] + settings
    var expected: (parameters: String, metrics: [[String: String]])?
    for set in Kernels.instructionSets {
      let (alone, job) = ("\(set)-alone", "\(set)-job")
      for (output, ranks) in [(alone, nil), (job, 3)] as [(String, Int?)] {
        let result = try workspace.train(
          ranks: ranks, output: output,
          ["--epochs", "1"] + options.flatMap { ["--set", $0] },
          environment: [Kernels.variable: set])
        #expect(result.succeeded, "\(result)")
      }
      let end = (try workspace.parameters(alone, step: 21), try workspace.metrics(alone))
      #expect(try workspace.parameters(job, step: 21) == end.0)
      guard precision == .float32 || set != "avx512bf16" else { continue }
      #expect(end.1.count > 1 && end.0 == expected?.parameters ?? end.0, "\(set)")
      #expect(end.1 == expected?.metrics ?? end.1, "\(set)")
      expected = end
    }
  }

  @Test("Ranks on different instruction sets train together, to the bits of one alone")
  func mixedInstructionSets() throws {
    let program = try workspace.script(
      "lockstep",
      """
      #!/bin/sh
      [ "\(Mpirun.rank)" = 0 ] || export \(Kernels.variable)=baseline
      exec "\(Workspace.lockstep)" "$@"
      """)
    let options = ["train", "--config", workspace.path + "/tiny.yaml", "--epochs", "1"]
    let job = try runJob(
      ranks: 2, executable: program, arguments: options + ["--output", workspace.path + "/mixed"])
    #expect(job.succeeded, "\(job)")
    try workspace.train(ranks: nil, output: "alone", ["--epochs", "1"])
    #expect(
      try workspace.parameters("mixed", step: 21) == workspace.parameters("alone", step: 21))
    #expect(try workspace.metrics("mixed") == workspace.metrics("alone"))
  }

  @Test("Another C library's mathematical functions change no bit")
  func otherMathematics() throws {
    // Each returns the neighbor of what it returned, as another correct library may.
    let functions = ["exp", "log", "cos", "sin", "tanh", "exp2", "log2", "log10", "log1p", "expm1"]
    let source = try workspace.script(
      "neighbors.c",
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <math.h>
      #define ONE(f) double f(double x) { return nextafter(((double (*)(double))dlsym(RTLD_NEXT, #f))(x), 2); } \\
        float f##f(float x) { return nextafterf(((float (*)(float))dlsym(RTLD_NEXT, #f "f"))(x), 2); }
      \(functions.map { "ONE(\($0))" }.joined(separator: "\n"))
      double pow(double x, double y) { return nextafter(((double (*)(double, double))dlsym(RTLD_NEXT, "pow"))(x, y), 2); }
      """)
    let library = workspace.path + "/neighbors.so"
    let compiled = try run(
      "/usr/bin/env",
      ["clang", "-O1", "-fno-builtin", "-shared", "-fPIC", source, "-o", library, "-lm", "-ldl"])
    #expect(compiled.succeeded, "\(compiled)")
    let options =
      [
        "model.initializer=keras", "augment.mixup=0.4", "schedule.decay=cosine",
        "train.labelSmoothing=0.1",
      ].flatMap { ["--set", $0] } + ["--epochs", "1"]
    try workspace.train(ranks: nil, output: "plain", options)
    let other = try workspace.train(
      ranks: nil, output: "other", options, environment: ["LD_PRELOAD": library])
    #expect(other.succeeded, "\(other)")
    #expect(
      try workspace.parameters("other", step: 21) == workspace.parameters("plain", step: 21))
    #expect(try workspace.metrics("other") == workspace.metrics("plain"))
  }

  @Test("An instruction set that does not exist is refused by name")
  func unknownInstructionSet() throws {
    let result = try workspace.train(
      ranks: 2, output: "x", environment: [Kernels.variable: "avx9"])
    #expect(result.status == 78, "\(result)")
    #expect(
      result.standardError.contains("LOCKSTEP_INSTRUCTION_SET is 'avx9'; this processor has "),
      "\(result)")
  }

  @Test("Another seed, and file order, give other bits")
  func seeds() throws {
    try workspace.train(ranks: nil, output: "a", ["--max-steps", "5"])
    try workspace.train(ranks: nil, output: "b", ["--max-steps", "5", "--seed", "6"])
    try workspace.train(ranks: nil, output: "c", ["--max-steps", "5", "--no-shuffle"])
    let digests = try ["a", "b", "c"].map { try workspace.parameters($0, step: 5) }
    #expect(Set(digests).count == 3)
  }

  @Test(
    "A run that is resumed at another number of ranks ends in the bits of an undisturbed one",
    arguments: [(1, 4), (4, 1), (3, 2)])
  func resume(before: Int, after: Int) throws {
    try workspace.train(ranks: nil, output: "undisturbed")
    // Epochs have 21 steps: both stops are within one.
    try workspace.train(ranks: before, output: "resumed", ["--max-steps", "7"])
    // Evaluated there, as an undisturbed run never is: that is no candidate for the best.
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/resumed/best.safetensors"))
    try workspace.train(ranks: after, output: "resumed", ["--max-steps", "30", "--resume"])
    let result = try workspace.train(ranks: after, output: "resumed", ["--resume"])
    #expect(result.succeeded, "\(result)")
    // Every byte, with the moments and the best accuracy so far.
    for file in ["best.safetensors", "checkpoints/step-00000063.safetensors"] {
      let (resumed, undisturbed) = (
        "\(workspace.path)/resumed/\(file)", "\(workspace.path)/undisturbed/\(file)"
      )
      #expect(
        try Data(contentsOf: URL(filePath: resumed))
          == Data(contentsOf: URL(filePath: undisturbed)), "\(file)")
    }
    #expect(try workspace.metrics("resumed") == workspace.metrics("undisturbed"))
  }

  @Test("All ranks evaluate to the figures of rank 0 alone")
  func evaluation() throws {
    try workspace.train(ranks: 3, output: "root")
    try workspace.train(ranks: 3, output: "all", ["--set", "evaluation.ranks=all"])
    #expect(try workspace.metrics("root") == workspace.metrics("all"))
  }

  @Test("Native reduction trains to nearly the same loss")
  func nativeReduction() throws {
    try workspace.train(ranks: 3, output: "tree")
    let result = try workspace.train(
      ranks: 3, output: "native", ["--set", "reduction.order=native"])
    #expect(result.succeeded, "\(result)")
    let losses = try ["tree", "native"].map(workspace.losses)
    #expect(losses[0].count == 63)
    #expect(losses[0].count == losses[1].count)
    for (a, b) in zip(losses[0], losses[1]).prefix(20) { #expect(abs(a - b) < 1e-4) }
  }

  @Test("A run learns, says so as the tutorial does, and evaluate repeats its figure")
  func output() throws {
    let result = try workspace.train(ranks: 2, output: "run", ["--epochs", "8"])
    let lines = result.standardOutput.split(separator: "\n").map(String.init)
    #expect(lines.count == 8 * 3 + 1, "\(result)")
    #expect(lines[0].wholeMatch(of: /Epoch \[1\/8\], Step \[10\/21\], Loss: \d\.\d{4}/) != nil)
    #expect(
      lines[2].wholeMatch(
        of:
          /Epoch \[1\/8\], Test loss: \d\.\d{4}, Test accuracy: [\d.]+ %, balanced accuracy: [\d.]+ %, macro F1: [\d.]+ %, [\d.]+ s, \d+ samples\/s/
      )
        != nil, "\(lines[2])")
    let last = try #require(
      lines.last?.wholeMatch(of: /Accuracy of the model on the test images: (\d+\.\d\d) %/))
    #expect(Double(last.1) ?? 0 > 60)
    let evaluated = try workspace.lockstep(
      ["evaluate", "--checkpoint", workspace.checkpoint("run", step: 168)])
    #expect(evaluated.standardOutput.contains("images: \(last.1) % ("), "\(evaluated)")
    let resolved = try String(
      contentsOfFile: workspace.path + "/run/configuration.yaml", encoding: .utf8)
    #expect(resolved.contains("epochs: 8"))
    #expect(resolved.contains("beta2: 0.999"))
  }

  @Test("predict draws the image and names the classes with probabilities that add up to one")
  func predict() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "3"])
    let result = try workspace.lockstep(
      ["predict", "--checkpoint", workspace.checkpoint("run", step: 3), "--index", "0", "60"])
    #expect(result.succeeded, "\(result)")
    #expect(result.standardOutput.contains("Test image 0: "))
    #expect(result.standardOutput.contains("Test image 60: "))
    let percentages = result.standardOutput.matches(of: /([\d.]+) % .*(north|south)/)
      .compactMap { Double($0.1) }
    #expect(percentages.count == 8)
    #expect(abs(percentages.reduce(0, +) - 200) < 0.1)
    let missing = try workspace.lockstep(
      ["predict", "--checkpoint", workspace.checkpoint("run", step: 3), "--index", "61"])
    #expect(
      missing.status == 64
        && missing.standardError.contains("--index is 61; expected the number of a test sample"),
      "\(missing)")
  }

  @Test("Training starts from the parameters of another run's checkpoint")
  func initialParameters() throws {
    try workspace.train(ranks: nil, output: "first", ["--max-steps", "4"])
    let options = ["--init", workspace.checkpoint("first", step: 4), "--max-steps", "2"]
    try workspace.train(ranks: nil, output: "alone", options)
    let result = try workspace.train(ranks: 4, output: "four", options)
    #expect(result.succeeded, "\(result)")
    #expect(try workspace.parameters("four", step: 2) == workspace.parameters("alone", step: 2))
    try workspace.train(ranks: nil, output: "seeded", ["--max-steps", "2"])
    #expect(try workspace.parameters("seeded", step: 2) != workspace.parameters("alone", step: 2))
  }
}
