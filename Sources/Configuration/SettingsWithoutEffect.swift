import Files
import Networks

extension Configuration {
  /// The sentences about settings that change nothing in a training of `stepsPerEpoch` steps an
  /// epoch, on samples of up to `timeSteps` time steps, though they have values that were meant to.
  package func settingsWithoutEffect(stepsPerEpoch: Int, timeSteps: Int) -> [String] {
    let defaults = Configuration()
    let stepCount = train.epochs * stepsPerEpoch
    let steps = "the training has \(counted(stepCount, "step"))"
    var sentences: [String] = []
    func say(_ key: String, _ value: Any, _ why: String, if isVain: Bool) {
      if isVain { sentences.append("\(key) is \(value), which has no effect: \(why)") }
    }

    let (decay, unused) = (schedule.decay, "schedule.decay is \(schedule.decay.rawValue)")
    let never = "the learning rate never falls"
    let warmupSteps = warmupSteps(stepsPerEpoch: stepsPerEpoch)
    if warmupSteps > stepCount {
      let warmup =
        schedule.warmupEpochs > 0
        ? "schedule.warmupEpochs makes \(counted(warmupSteps, "step")) of warm-up"
        : "schedule.warmupSteps is \(warmupSteps)"
      sentences.append(
        "\(warmup), and \(steps): the learning rate never reaches optimizer.learningRate"
          + (optimizer.scaling == .none ? "" : " as optimizer.scaling makes it"))
    }
    say(
      "train.baseBatch", train.baseBatch,
      "neither optimizer.scaling nor schedule.warmupEpochs is set",
      if: train.baseBatch > 0 && optimizer.scaling == .none && schedule.warmupEpochs == 0)
    say(
      "schedule.stepEpochs", schedule.stepEpochs, unused,
      if: decay != .step && schedule.stepEpochs != defaults.schedule.stepEpochs)
    let multiplies = decay == .step || decay == .reduceOnPlateau
    say(
      "schedule.stepFactor", schedule.stepFactor, unused,
      if: !multiplies && schedule.stepFactor != defaults.schedule.stepFactor)
    say(
      "schedule.floor", schedule.floor, unused,
      if: decay != .reduceOnPlateau && !decay.endsWithTraining
        && schedule.floor != defaults.schedule.floor)
    say(
      "schedule.patience", schedule.patience, unused,
      if: decay != .reduceOnPlateau && schedule.patience != defaults.schedule.patience)
    say(
      "schedule.threshold", schedule.threshold, unused,
      if: decay != .reduceOnPlateau && schedule.threshold != defaults.schedule.threshold)
    say(
      "schedule.decay", decay.rawValue, "with schedule.floor: 1 \(never)",
      if: (decay.endsWithTraining || decay == .reduceOnPlateau) && schedule.floor == 1)
    say(
      "schedule.decay", decay.rawValue, "with schedule.stepFactor: 1 \(never)",
      if: multiplies && schedule.stepFactor == 1)
    say(
      "schedule.decay", decay.rawValue,
      "the training has \(counted(train.epochs, "epoch")), and schedule.stepEpochs is "
        + "\(schedule.stepEpochs)",
      if: decay == .step && schedule.stepEpochs >= train.epochs)
    let epochs = "the training has \(counted(train.epochs, "epoch"))"
    // The first evaluation is the best so far, and after more than `patience` others a step follows.
    say(
      "schedule.decay", decay.rawValue,
      "\(epochs), and schedule.patience is \(schedule.patience)",
      if: decay == .reduceOnPlateau && schedule.patience >= train.epochs - 2)
    say(
      "train.earlyStopping", train.earlyStopping, epochs,
      if: train.earlyStopping > 0 && train.earlyStopping >= train.epochs - 1)
    say(
      "train.earlyStoppingDelta", train.earlyStoppingDelta, "train.earlyStopping is 0",
      if: train.earlyStoppingDelta > 0 && train.earlyStopping == 0)

    say(
      "optimizer.kind", optimizer.kind.rawValue, "without optimizer.weightDecay it is adam",
      if: optimizer.kind == .adamw && optimizer.weightDecay == 0)
    sentences += optimizerSettingsWithoutEffect
    say(
      "train.recompute", train.recompute.rawValue,
      "up to \(counted(timeSteps, "time step")) make one segment, whose states are kept",
      if: train.recompute == .always && TimeSegments(steps: timeSteps).count == 1)
    say(
      "train.verifyEvery", train.verifyEvery.text, steps,
      if: train.verifyEvery.number ?? 0 > stepCount)
    say(
      "checkpoint.everySteps", checkpoint.everySteps, steps,
      if: checkpoint.everySteps > stepCount)
    say(
      "log.every", log.every, steps,
      if: log.every > stepCount && log.every != defaults.log.every)
    return sentences
  }

  /// The sentences about settings that the optimizer does not ask for.
  private var optimizerSettingsWithoutEffect: [String] {
    let (kind, defaults) = (optimizer.kind, Optimizer())
    let unused: [(key: String, value: String, isVain: Bool)] =
      kind == .sgd
      ? [
        ("beta1", "\(optimizer.beta1)", optimizer.beta1 != defaults.beta1),
        ("beta2", "\(optimizer.beta2)", optimizer.beta2 != defaults.beta2),
        ("epsilon", "\(optimizer.epsilon)", optimizer.epsilon != defaults.epsilon),
      ]
      : [
        ("momentum", "\(optimizer.momentum)", optimizer.momentum != defaults.momentum),
        ("nesterov", "true", optimizer.nesterov),
      ]
    return unused.filter(\.isVain).map { key, value, _ in
      "optimizer.\(key) is \(value), which has no effect: optimizer.kind is \(kind.rawValue)"
    }
  }
}
