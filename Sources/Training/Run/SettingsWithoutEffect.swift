import Cluster
import Configuration
import Files

extension TrainingContext {
  /// Says on rank 0 which settings of the run have no effect, if any.
  ///
  /// - Parameter name: the configuration's, where there are several.
  package func warnOfSettingsWithoutEffect(_ options: TrainingOptions, name: String? = nil) {
    guard group.isRoot else { return }
    for sentence in settingsWithoutEffect(options) {
      group.console.warning((name.map { "\($0): " } ?? "") + sentence)
    }
  }

  /// The sentences about settings of the run that have no effect.
  package func settingsWithoutEffect(_ options: TrainingOptions) -> [String] {
    let stepsPerEpoch = data.sampler.stepsPerEpoch
    var sentences = configuration.settingsWithoutEffect(
      stepsPerEpoch: stepsPerEpoch, timeSteps: data.training.form.steps)
    let (batch, samples) = (configuration.train.batch, data.training.sampleCount)
    if batch > samples {
      sentences.append(
        "train.batch is \(batch), and there are \(counted(samples, "training sample")): a step takes "
          + "them all")
    }
    let lastStep = configuration.train.epochs * stepsPerEpoch
    if let steps = options.maximumSteps, steps > lastStep {
      sentences.append(
        "--max-steps is \(steps), which has no effect: the training ends with step \(lastStep)")
    }
    if options.initialParameters != nil, !options.drawsMissingParameters,
      configuration.model.initializer != .pytorch
    {
      sentences.append(
        "model.initializer is \(configuration.model.initializer.rawValue), which has no effect: the "
          + "initial parameters are those of --init")
    }
    return sentences
  }
}
