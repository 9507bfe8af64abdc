import ArgumentParser
import Configuration
import Experiments
import Files

struct Plan: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predict how fast a training is on 1 to 4,096 hosts, without any of them.",
    discussion: """
      For example: lockstep plan --config configs/fashion-mnist.yaml --bench bench.json \
      --cluster cluster.json

      It takes the speed of a machine from what lockstep bench --json wrote there, and the shape of \
      the hosts and their network from a description, or from what lockstep doctor --json wrote. It \
      simulates the steps of the training, message by message, and prints the time of a step with the \
      same batch and with one that grows with the hosts, what makes up that time, and where more hosts \
      stop paying, and why.

      Sources/Experiments/Experiments.docc/Plan.md has an example, the keys of the files, and what is \
      simulated.
      """)

  @OptionGroup var experiment: ExperimentOptions

  @Option(
    help: ArgumentHelp("What lockstep bench --json wrote on such a machine.", valueName: "file"),
    completion: .file(extensions: ["json"]), transform: expandingTilde)
  var bench: String

  @Option(
    help: ArgumentHelp(
      "A description of the cluster in JSON, or what lockstep doctor --json wrote on it.",
      valueName: "file"),
    completion: .file(extensions: ["json"]), transform: expandingTilde)
  var cluster: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The largest number of hosts to plan for.", valueName: "hosts"))
  var mostHosts = 4096

  @OptionGroup var json: JSONOptions

  @Option(
    help: ArgumentHelp(
      "Write a page with charts to this file, too; it needs nothing else.", valueName: "file"),
    completion: .file(extensions: ["html"]), transform: expandingTilde)
  var html: String?

  func validate() throws {
    if !(1...65_536).contains(mostHosts) {
      throw ValidationError("--most-hosts is \(mostHosts); expected from 1 to 65536")
    }
    for (option, path) in [("bench", bench), ("cluster", cluster), ("html", html)]
    where path?.isEmpty == true {
      throw ValidationError("--\(option) is empty; expected the path of a file")
    }
  }

  func run() throws {
    guard experiment.config != nil else {
      throw ConfigurationError(ExperimentOptions.missing, isOfOption: true)
    }
    var options = PlanOptions(benchmark: bench, cluster: cluster)
    (options.json, options.html, options.mostHosts) = (json.path, html, mostHosts)
    try plan(options, experiment.configuration())
  }
}
