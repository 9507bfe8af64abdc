/// What the command line adds to a configuration.
public struct RunOptions: Codable, Equatable, Sendable {
  /// The run ends after this many steps in all, or with its last epoch if nil.
  public var maximumSteps: Int?
  /// Whether each epoch has an order of its own; otherwise that of the file.
  public var shuffles = true
  /// A safetensors file to take the initial parameters from.
  public var initialParameters: String?
  /// The run's folder; one named for the configuration and the time if nil.
  public var output: String?
  /// Whether to continue from the newest checkpoint of the run's folder.
  public var resumes = false

  /// The plain run of a configuration.
  public init() {}

  /// The step after which the run ends.
  func lastStep(_ configuration: Configuration, stepsPerEpoch: Int) -> Int {
    min(maximumSteps ?? .max, configuration.train.epochs * stepsPerEpoch)
  }
}
