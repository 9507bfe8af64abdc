import ArgumentParser
import Configuration
import Experiments
import Files

struct DataCommand: FileCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Look at a data set: what is there, and what is wrong with it.",
    discussion: """
      For example: lockstep data gestures --config gestures.yaml

      Prints the samples of each part, the balance of the classes, lengths and features, copies of \
      samples, the shards and what ranks will hold; and everything that a training would fail for, \
      with its place, or would do better without, each with what to do. Without --config and \
      --set data.classes=[...] it takes each label in the files for a class.

      It ends with status 78 if a training would fail, and otherwise with 0. \
      Sources/Experiments/Experiments.docc/Data.md lists the keys of --json.
      """)

  @Argument(
    help: ArgumentHelp(
      "The folder of the data set; if left out, data.directory of the configuration.",
      valueName: "folder"),
    completion: .directory, transform: expandingTilde)
  var folder: String?

  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var json: JSONOptions

  func validate() throws {
    if folder?.isEmpty == true {
      throw ValidationError("the folder is empty; expected the path of a folder")
    }
  }

  func run() throws {
    let configuration = try experiment.configuration()
    let namesClasses =
      experiment.config != nil || folder == nil
      || configuration.data.classes != Configuration().data.classes
    try examineData(
      DataOptions(
        directory: folder ?? expandingTilde(configuration.data.directory), json: json.path,
        namesClasses: namesClasses), configuration)
  }
}
