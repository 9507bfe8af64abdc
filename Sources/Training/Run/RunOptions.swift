import Configuration

/// What the command line adds to a configuration.
package struct RunOptions: Codable, Equatable, Sendable {
  /// The run ends after this many steps in all, or with its last epoch if nil.
  package var maximumSteps: Int?
  /// Whether each epoch has an order of its own; otherwise that of the file.
  package var shuffles = true
  /// A safetensors file to take the initial parameters from.
  package var initialParameters: String?
  /// The run's folder; one named for the configuration and the time if nil.
  package var output: String?
  /// Whether to continue from the newest checkpoint of the run's folder.
  package var resumes = false

  /// The plain run of a configuration.
  package init() {}

  /// The step after which the run ends.
  package func lastStep(_ configuration: Configuration, stepsPerEpoch: Int) -> Int {
    min(maximumSteps ?? .max, configuration.train.epochs * stepsPerEpoch)
  }
}
