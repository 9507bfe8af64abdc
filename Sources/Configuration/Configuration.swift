import Networks
import Optimizers
import Reduction
import Tensors

/// An experiment: everything that decides what a run computes.
///
/// The defaults are the reference experiment, and stand nowhere else.
package struct Configuration: Codable, Equatable, Sendable {
  /// Where the samples come from and how they are cut.
  package struct Data: Codable, Equatable, Sendable {
    /// The folder with the four IDX files.
    package var directory = "/usr/share/datasets/fashion-mnist"
    /// The number of logical shards S; at most so many ranks can take part.
    package var shards = 4
    /// The training samples that are held out, to evaluate on; the test set if 0.
    package var validation = 0
    /// The names of the classes, in the order of the labels.
    package var classes = [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot",
    ]
  }

  /// The sizes of the classifier.
  package struct Model: Codable, Equatable, Sendable {
    /// What the layers are made of.
    package var cell = Cell.lstm
    /// The units of a layer in each direction.
    package var hidden = 128
    /// The number of recurrent layers.
    package var layers = 2
    /// Whether each layer reads a sequence from its end, too.
    package var bidirectional = false
    /// How likely an element of what a layer passes to the next is dropped, as in `torch.nn.LSTM(dropout:)`.
    package var dropout = 0.0
    /// What the linear layer sees of the top layer's outputs.
    package var readout = Readout.last
    /// What the initial parameters are drawn as.
    package var initializer = Initializer.pytorch
  }

  /// The course of the training.
  package struct Train: Codable, Equatable, Sendable {
    /// How often each sample is seen.
    package var epochs = 5
    /// The samples of a step, over all ranks.
    package var batch = 100
    /// The passes of a step, each over a part of the batch; the more, the less memory they take.
    package var accumulation = 1
    /// What the initial parameters and the order of the samples are drawn from.
    package var seed: UInt64 = 0
    /// The threads of a rank.
    package var threads = Threads.auto
    /// What matrix products take their inputs as.
    package var precision = Precision.float32
    /// How often the ranks compare their parameters.
    package var verifyEvery = VerifyEvery.epoch
    /// The largest norm of the gradient of all parameters; not limited if 0.
    package var clipNorm = 0.0
    /// What part of a label's weight is spread evenly over all classes, as in
    /// `torch.nn.CrossEntropyLoss(label_smoothing:)`.
    package var labelSmoothing = 0.0
    /// After so many seconds of waiting, the ranks that are missing are named.
    package var stallSeconds = 60.0
    /// After so many seconds of waiting, the job ends.
    package var stallAbortSeconds = 300.0
  }

  /// How training images are changed, anew in each epoch.
  package struct Augment: Codable, Equatable, Sendable {
    /// The probability of a mirror image, left for right.
    package var flip = 0.0
    /// The most pixels that an image is moved in each direction; zeros come in.
    package var shift = 0
    /// α of mixup, for the distribution Beta(α, α) of the share that another image gets; not mixed if 0.
    package var mixup = 0.0
  }

  /// The settings of `torch.optim.Adam` or `torch.optim.AdamW`.
  package struct Optimizer: Codable, Equatable, Sendable {
    /// Which of the two.
    package var kind = OptimizerKind.adam
    /// The step size, before the schedule.
    package var learningRate = 0.001
    /// The decay of the first moment.
    package var beta1 = 0.9
    /// The decay of the second moment.
    package var beta2 = 0.999
    /// What is added to the root of the second moment.
    package var epsilon = 1e-8
    /// The weight decay.
    package var weightDecay = 0.0
  }

  /// What the learning rate is multiplied by in the course of the training.
  package struct Schedule: Codable, Equatable, Sendable {
    /// How the factor falls.
    package var decay = LearningRateSchedule.Decay.constant
    /// The steps in which the factor rises to 1 before that.
    package var warmupSteps = 0
    /// What `cosine` and `linear` end with.
    package var floor = 0.0
    /// How often `step` multiplies.
    package var stepEpochs = 1
    /// What `step` multiplies by.
    package var stepFactor = 0.1
  }

  /// The mean of the parameters over the steps, which is evaluated in place of the last ones.
  package struct Averaging: Codable, Equatable, Sendable {
    /// What of the mean stays at each step, as in `torch.optim.swa_utils.get_ema_multi_avg_fn`; there is
    /// no mean if 0.
    package var decay = 0.0
  }

  /// How gradients become one.
  package struct Reduction: Codable, Equatable, Sendable {
    /// The order of the sum.
    package var order = ReductionOrder.reproducible
    /// What the gradients' numbers are while they are summed.
    package var wire = ReductionFormat.float32

    /// The reference experiment's.
    package init() {}
  }

  /// How the test set, or what `data.validation` holds out, is evaluated.
  package struct Evaluation: Codable, Equatable, Sendable {
    /// Who evaluates.
    package enum Ranks: String, Codable, Sendable, CaseIterable {
      /// Rank 0, while the others sleep.
      case root
      /// Every rank a part.
      case all
    }
    /// Who evaluates.
    package var ranks = Ranks.root
  }

  /// When checkpoints are written, besides after each epoch, and kept.
  package struct Checkpoint: Codable, Equatable, Sendable {
    /// What a checkpoint that cannot be written means.
    package enum FailurePolicy: String, Codable, Sendable, CaseIterable {
      /// The run ends.
      case stop
      /// The run goes on.
      case `continue`
    }
    /// One every so many steps; none but those of epochs if 0.
    package var everySteps = 0
    /// How many of the newest stay.
    package var keep = 5
    /// What a checkpoint that cannot be written means.
    package var onFailure = FailurePolicy.stop
  }

  /// What is printed.
  package struct Log: Codable, Equatable, Sendable {
    /// A line every so many steps.
    package var every = 100
  }

  /// Where the samples come from and how they are cut.
  package var data = Data()
  /// The sizes of the classifier.
  package var model = Model()
  /// The course of the training.
  package var train = Train()
  /// How training images are changed.
  package var augment = Augment()
  /// Adam's settings.
  package var optimizer = Optimizer()
  /// The course of the learning rate.
  package var schedule = Schedule()
  /// The mean of the parameters.
  package var averaging = Averaging()
  /// How gradients become one.
  package var reduction = Reduction()
  /// How the test set, or what is held out, is evaluated.
  package var evaluation = Evaluation()
  /// When checkpoints are written and kept.
  package var checkpoint = Checkpoint()
  /// What is printed.
  package var log = Log()

  /// The reference experiment.
  package init() {}
}

/// The threads of a rank: a number, or `auto`.
package enum Threads: Codable, Equatable, Sendable {
  /// The cores that the rank may use, shared with the other ranks that may use them.
  case auto
  /// So many.
  case count(Int)
}

/// How often the ranks compare their parameters: after so many steps, or `epoch`.
package enum VerifyEvery: Codable, Equatable, Sendable {
  /// After each epoch.
  case epoch
  /// Every so many steps; never if 0.
  case steps(Int)
}

extension Threads {
  /// Reads `auto` or a number.
  package init(from decoder: any Decoder) throws {
    self = try decodeNumber(from: decoder, orWord: "auto").map(Threads.count) ?? .auto
  }

  /// Writes `auto` or a number.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .auto: try container.encode("auto")
    case .count(let count): try container.encode(count)
    }
  }
}

extension VerifyEvery {
  /// Reads `epoch` or a number.
  package init(from decoder: any Decoder) throws {
    self = try decodeNumber(from: decoder, orWord: "epoch").map(VerifyEvery.steps) ?? .epoch
  }

  /// Writes `epoch` or a number.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .epoch: try container.encode("epoch")
    case .steps(let steps): try container.encode(steps)
    }
  }
}

/// The number that `decoder` holds, or nil if it holds `word`.
private func decodeNumber(from decoder: any Decoder, orWord word: String) throws -> Int? {
  let container = try decoder.singleValueContainer()
  if let number = try? container.decode(Int.self) { return number }
  if (try? container.decode(String.self)) == word { return nil }
  throw DecodingError.dataCorruptedError(
    in: container, debugDescription: "expected \(word) or a whole number")
}
