import Cluster
import Configuration
import Datasets
import Files

/// The command line of `lockstep data`.
package struct DataOptions: Sendable {
  /// The folder of the data set.
  package let directory: String
  /// A file for the report as JSON; `-` for standard output, which then has nothing else.
  package var json: String?
  /// True if the configuration names the classes of these data.
  package var namesClasses: Bool

  package init(directory: String, json: String? = nil, namesClasses: Bool) {
    (self.directory, self.json, self.namesClasses) = (directory, json, namesClasses)
  }
}

/// Looks at a data set before anything trains on it: what `lockstep data` does.
///
/// - Throws: `JobFailure` with the status of wrong input where a training would fail; `FileError`.
package func examineData(_ options: DataOptions, _ configuration: Configuration) throws {
  let output = ReportOutput(json: options.json)
  try output.prepare()
  let classes = options.namesClasses ? configuration.data.classes : nil
  func survey(_ part: DatasetPart) throws -> PartSurvey {
    try PartSurvey(
      part, in: options.directory, format: configuration.data.format.dataset, classes: classes)
  }
  let report = DataReport(
    directory: options.directory, training: try survey(.training), test: try survey(.test),
    configuration, namesClasses: options.namesClasses)
  try output.write(report)
  guard report.failureCount == 0 else {
    throw JobFailure(
      "a training on \(options.directory) would fail for "
        + "\(counted(report.failureCount, "reason")), which the report names",
      status: JobFailure.inputStatus)
  }
}
