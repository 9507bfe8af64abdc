import ArgumentParser
import Cluster
import Experiments
import Files

struct Predict: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the classes that a model sees in samples.",
    discussion: """
      For example: lockstep predict --checkpoint runs/NAME --data FOLDER --output predictions.csv

      For each sample it writes its number, the class that it is taken for with its probability, the \
      probabilities of all classes, and the true class where the data have labels, which they need \
      not. FOLDER may be a file, too: NAME.npy or NAME-x.npy, with NAME-y.npy and NAME-lengths.npy \
      beside it if there are labels or lengths, an archive .npz of x, y and lengths, NAME.ts, or IDX \
      images. With --index and without --output it shows the samples, images as pictures. Under mpirun \
      each rank takes a part of the samples, and the bytes are the same.
      """)

  @OptionGroup var options: CheckpointOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The numbers of the samples, from 0; if left out, all.", valueName: "number"))
  var index: [Int] = []

  @Option(
    help: ArgumentHelp(
      """
      The file to write, by the ending of its name: .csv, .jsonl (an object a line) or .npy (the \
      probabilities alone, float32 [N, C]); - for CSV on standard output. If left out, a table of \
      up to 20 samples, or else the same.
      """,
      valueName: "file"),
    completion: .file(extensions: ["csv", "jsonl", "npy"]), transform: expandingTilde)
  var output: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The threads of each rank; if left out, its share of the processors.", valueName: "number"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads); expected from 1 to 1024")
    }
    if output?.isEmpty == true {
      throw ValidationError("--output is empty; expected the path of a file, or -")
    }
  }

  func run(in group: ProcessGroup) throws {
    var prediction = PredictionOptions(checkpoint: options.checkpoint)
    (prediction.data, prediction.output, prediction.threads) = (options.data, output, threads)
    prediction.indices = index.isEmpty ? nil : index
    try predict(group, prediction) { try options.configuration(over: $0) }
  }
}
