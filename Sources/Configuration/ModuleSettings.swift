import Datasets
import Files
import Networks
import Optimizers

// The settings that the other modules take, as a configuration has them: they know no key's name.

extension Configuration {
  /// The sizes of the classifier of sequences of vectors of `inputSize` floats: of images with rows
  /// of as many pixels.
  package func classifierShape(inputSize: Int) -> ClassifierShape {
    ClassifierShape(
      inputSize: inputSize, hiddenSize: model.hidden, layers: model.layers,
      classes: data.classes.count, cell: model.cell, isBidirectional: model.bidirectional,
      readout: model.readout)
  }

  /// The rule by which a step changes the parameters of a layout.
  package func optimizerRule(for layout: ParameterLayout) -> any Optimizers.Optimizer {
    func adam(_ weightDecay: Adam.WeightDecay) -> Adam {
      Adam(
        beta1: optimizer.beta1, beta2: optimizer.beta2, epsilon: optimizer.epsilon,
        weightDecay: weightDecay)
    }
    return switch optimizer.kind {
    case .adam: adam(.l2(optimizer.weightDecay))
    case .adamw: adam(.decoupled(optimizer.weightDecay))
    case .lamb:
      LAMB(
        layers: layout.entries.map(\.ranges), beta1: optimizer.beta1, beta2: optimizer.beta2,
        epsilon: optimizer.epsilon, weightDecay: optimizer.weightDecay)
    case .sgd:
      SGD(
        momentum: optimizer.momentum, isNesterov: optimizer.nesterov,
        weightDecay: optimizer.weightDecay)
    }
  }

  /// The names of the slots that the rule takes: SGD keeps a velocity for the sake of momentum alone.
  package var optimizerSlotNames: [String] {
    optimizer.kind == .sgd && optimizer.momentum == 0 ? [] : optimizer.kind.slotNames
  }

  /// The learning rate of each step.
  package func learningRateSchedule(stepsPerEpoch: Int) -> LearningRateSchedule {
    LearningRateSchedule(
      base: learningRate, decay: schedule.decay,
      warmupSteps: warmupSteps(stepsPerEpoch: stepsPerEpoch), floor: schedule.floor,
      stepEpochs: schedule.stepEpochs, stepFactor: schedule.stepFactor,
      stepsPerEpoch: stepsPerEpoch, epochs: train.epochs)
  }

  /// The batch as a multiple of the one that the learning rate and the warm-up are for.
  private var batchMultiple: Double {
    train.baseBatch > 0 ? Double(train.batch) / Double(train.baseBatch) : 1
  }

  /// The learning rate that the schedule multiplies.
  package var learningRate: Double {
    optimizer.learningRate * optimizer.scaling.factor(batchMultiple)
  }

  /// The steps of the warm-up: what is given in epochs lasts as many times longer as the batch is
  /// larger (You et al., "Large-Batch Training for LSTM and Beyond", 2019).
  func warmupSteps(stepsPerEpoch: Int) -> Int {
    guard schedule.warmupEpochs > 0 else { return schedule.warmupSteps }
    let steps = schedule.warmupEpochs * batchMultiple * Double(stepsPerEpoch)
    return Int(min(steps.rounded(), 1e15))
  }

  /// The weight of each class in the loss, `[C]`; empty if each is 1.
  ///
  /// - Parameter counts: the training samples of each class.
  /// - Throws: `ConfigurationError` if a class that is to be balanced has no sample.
  package func classWeights(counts: [Int]) throws(ConfigurationError) -> [Float] {
    switch train.classWeights {
    case .none: return []
    case .numbers(let numbers): return numbers.map { Float($0) }
    case .balanced:
      if let empty = counts.firstIndex(of: 0) {
        throw ConfigurationError(
          "train.classWeights is balanced, and no training sample has the class "
            + "'\(data.classes[empty])' (label \(empty)); take it out of data.classes, or set "
            + "train.classWeights to numbers")
      }
      let samples = counts.reduce(0, +)
      return counts.map { Float(Double(samples) / (Double(counts.count) * Double($0))) }
    }
  }

  /// The limit of the gradient's norm.
  package var clipping: GradientClipping { GradientClipping(maximumNorm: train.clipNorm) }

  /// The average of the parameters, if a run has one.
  package var ema: ExponentialMovingAverage? {
    averaging.decay > 0 ? ExponentialMovingAverage(decay: averaging.decay) : nil
  }

  /// The settings by which samples are read and prepared.
  package var features: FeatureSettings {
    FeatureSettings(order: data.order, missing: data.missing, normalization: data.normalize)
  }

  /// The part of the data set that is evaluated after each epoch.
  package var evaluatedSet: DatasetPart { data.validation > 0 ? .validation : .test }
}

extension Configuration.Model {
  /// The model in a few words, such as "bidirectional LSTM of 2 layers of 2 x 128 units".
  package var title: String {
    let units = (bidirectional ? "2 x " : "") + counted(hidden, "unit")
    return (bidirectional ? "bidirectional " : "")
      + "\(cell.title) of \(counted(layers, "layer")) of \(units)"
  }
}
