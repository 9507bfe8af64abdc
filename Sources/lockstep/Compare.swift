import ArgumentParser
import Cluster
import Experiments
import Files

struct Compare: JobCommand {
  static let configuration = CommandConfiguration(
    abstract:
      """
      Train several configurations and compare them, alone or as one of the ranks that mpirun \
      started.
      """,
    discussion: """
      For example: mpirun -np 2 lockstep compare configs/fashion-mnist.yaml configs/gru.yaml \
      --seeds 3

      A file may hold several configurations, as configs/lstm-vs-bilstm.yaml does in its section \
      variants.

      It prints a table and, for every two configurations, whether the difference of their \
      accuracies is beyond the noise of the seeds. The folder holds comparison.html (a page with \
      the learning curves and confusion matrices, which needs nothing else), comparison.json (all \
      figures) and the folder of each run.

      Runs that the folder holds already are not trained again, and one that was interrupted is \
      continued: to go on with a comparison that was cut short, type the same command again.
      """)

  @Argument(
    help: ArgumentHelp(
      """
      The YAML files of the experiments; one is called what its variant is, or else the file's \
      base name.
      """,
      valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]), transform: expandingTilde)
  var files: [String]

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      How many times to train each, with the seeds from train.seed on; noise can be judged from 2 \
      on.
      """,
      valueName: "count"))
  var seeds = ComparisonOptions().seeds

  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Replace one key of all configurations, such as train.epochs=2; may be repeated.",
      valueName: "key=value"),
    completion: .keys)
  var settings: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      The folder for the page and the runs; if left out, runs/A for one file A.yaml and \
      runs/A-versus-B for two.
      """,
      valueName: "folder"),
    completion: .directory, transform: expandingTilde)
  var output: String?

  func validate() throws {
    if !(1...1000).contains(seeds) {
      throw ValidationError("--seeds is \(seeds); expected from 1 to 1000")
    }
    if output?.isEmpty == true {
      throw ValidationError("--output is empty; expected the path of a folder")
    }
  }

  func run(in group: ProcessGroup) throws {
    var options = ComparisonOptions()
    options.files = files
    options.settings = settings
    options.seeds = seeds
    options.output = output
    try compare(group, options)
  }
}
