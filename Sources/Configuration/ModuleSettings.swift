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
    }
  }

  /// The learning rate of each step.
  package func learningRateSchedule(stepsPerEpoch: Int) -> LearningRateSchedule {
    LearningRateSchedule(
      base: optimizer.learningRate, decay: schedule.decay, warmupSteps: schedule.warmupSteps,
      floor: schedule.floor, stepEpochs: schedule.stepEpochs, stepFactor: schedule.stepFactor,
      stepsPerEpoch: stepsPerEpoch, epochs: train.epochs)
  }

  /// The limit of the gradient's norm.
  package var clipping: GradientClipping { GradientClipping(maximumNorm: train.clipNorm) }

  /// The average of the parameters, if a run has one.
  package var ema: ExponentialMovingAverage? {
    averaging.decay > 0 ? ExponentialMovingAverage(decay: averaging.decay) : nil
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
