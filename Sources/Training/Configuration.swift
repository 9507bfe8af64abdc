import Recurrent
import Tensors

/// An experiment: everything that decides what a run computes.
///
/// The defaults are the reference experiment, and stand nowhere else.
public struct Configuration: Codable, Equatable, Sendable {
  /// Where the samples come from and how they are cut.
  public struct Data: Codable, Equatable, Sendable {
    /// The folder with the four IDX files.
    public var directory = "/usr/share/datasets/fashion-mnist"
    /// The number of logical shards S; at most so many ranks can take part.
    public var shards = 4
    /// The training samples that are held out, to evaluate on; the test set if 0.
    public var validation = 0
    /// The names of the classes, in the order of the labels.
    public var classes = [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot",
    ]
  }

  /// The sizes of the classifier.
  public struct Model: Codable, Equatable, Sendable {
    /// What the layers are made of.
    public var cell = Cell.lstm
    /// The units of a layer in each direction.
    public var hidden = 128
    /// The number of recurrent layers.
    public var layers = 2
    /// Whether each layer reads a sequence from its end, too.
    public var bidirectional = false
    /// How likely an element of what a layer passes to the next is dropped, as in `torch.nn.LSTM(dropout:)`.
    public var dropout = 0.0
    /// What the linear layer sees of the top layer's outputs.
    public var readout = Readout.last
    /// What the initial parameters are drawn as.
    public var initializer = Initializer.pytorch
  }

  /// The course of the training.
  public struct Train: Codable, Equatable, Sendable {
    /// How often each sample is seen.
    public var epochs = 5
    /// The samples of a step, over all ranks.
    public var batch = 100
    /// The passes of a step, each over a part of the batch; the more, the less memory they take.
    public var accumulation = 1
    /// What the initial parameters and the order of the samples are drawn from.
    public var seed: UInt64 = 0
    /// The threads of a rank.
    public var threads = Threads.auto
    /// What matrix products take their inputs as.
    public var precision = Precision.float32
    /// How often the ranks compare their parameters.
    public var verifyEvery = VerifyEvery.epoch
    /// The largest norm of the gradient of all parameters; not limited if 0.
    public var clipNorm = 0.0
    /// What part of a label's weight is spread evenly over all classes, as in
    /// `torch.nn.CrossEntropyLoss(label_smoothing:)`.
    public var labelSmoothing = 0.0
    /// After so many seconds of waiting, the ranks that are missing are named.
    public var stallSeconds = 60.0
    /// After so many seconds of waiting, the job ends.
    public var stallAbortSeconds = 300.0
  }

  /// How training images are changed, anew in each epoch.
  public struct Augment: Codable, Equatable, Sendable {
    /// The probability of a mirror image, left for right.
    public var flip = 0.0
    /// The most pixels that an image is moved in each direction; zeros come in.
    public var shift = 0
    /// α of mixup, for the distribution Beta(α, α) of the share that another image gets; not mixed if 0.
    public var mixup = 0.0
  }

  /// The settings of `torch.optim.Adam` or `torch.optim.AdamW`.
  public struct Optimizer: Codable, Equatable, Sendable {
    /// Which of the two; they differ in what becomes of the weight decay.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// Weight decay is added to the gradient.
      case adam
      /// Weight decay shrinks the parameters.
      case adamw
    }
    /// Which of the two.
    public var kind = Kind.adam
    /// The step size, before the schedule.
    public var learningRate = 0.001
    /// The decay of the first moment.
    public var beta1 = 0.9
    /// The decay of the second moment.
    public var beta2 = 0.999
    /// What is added to the root of the second moment.
    public var epsilon = 1e-8
    /// The weight decay.
    public var weightDecay = 0.0
  }

  /// What the learning rate is multiplied by in the course of the training.
  public struct Schedule: Codable, Equatable, Sendable {
    /// How the factor falls.
    public enum Decay: String, Codable, Sendable, CaseIterable {
      /// Not at all.
      case constant
      /// Along half a cosine, to `floor` at the end of the training.
      case cosine
      /// In a straight line, to `floor` at the end of the training.
      case linear
      /// Times `stepFactor` each `stepEpochs` epochs, as `torch.optim.lr_scheduler.StepLR`.
      case step
    }
    /// How the factor falls.
    public var decay = Decay.constant
    /// The steps in which the factor rises to 1 before that.
    public var warmupSteps = 0
    /// What `cosine` and `linear` end with.
    public var floor = 0.0
    /// How often `step` multiplies.
    public var stepEpochs = 1
    /// What `step` multiplies by.
    public var stepFactor = 0.1
  }

  /// The mean of the parameters over the steps, which is evaluated in place of the last ones.
  public struct Averaging: Codable, Equatable, Sendable {
    /// What of the mean stays at each step, as in `torch.optim.swa_utils.get_ema_multi_avg_fn`; there is
    /// no mean if 0.
    public var decay = 0.0
  }

  /// How gradients become one.
  public struct Reduction: Codable, Equatable, Sendable {
    /// The order of the sum.
    public enum Order: String, Codable, Sendable, CaseIterable {
      /// One fixed tree over the logical shards: the same bits with any number of ranks.
      case reproducible
      /// `MPI_Iallreduce` as it comes.
      case native
    }
    /// What the gradients' numbers are while they are summed.
    public enum Wire: String, Codable, Sendable, CaseIterable {
      /// Single precision.
      case float32 = "fp32"
      /// bfloat16, with half the bytes: the shards' gradients and every sum are rounded to it.
      case bfloat16 = "bf16"
    }
    /// The order of the sum.
    public var order = Order.reproducible
    /// What the gradients' numbers are while they are summed.
    public var wire = Wire.float32

    /// The reference experiment's.
    public init() {}
  }

  /// How the test set, or what `data.validation` holds out, is evaluated.
  public struct Evaluation: Codable, Equatable, Sendable {
    /// Who evaluates.
    public enum Ranks: String, Codable, Sendable, CaseIterable {
      /// Rank 0, while the others sleep.
      case root
      /// Every rank a part.
      case all
    }
    /// Who evaluates.
    public var ranks = Ranks.root
  }

  /// When checkpoints are written, besides after each epoch, and kept.
  public struct Checkpoint: Codable, Equatable, Sendable {
    /// What a checkpoint that cannot be written means.
    public enum FailurePolicy: String, Codable, Sendable, CaseIterable {
      /// The run ends.
      case stop
      /// The run goes on.
      case `continue`
    }
    /// One every so many steps; none but those of epochs if 0.
    public var everySteps = 0
    /// How many of the newest stay.
    public var keep = 5
    /// What a checkpoint that cannot be written means.
    public var onFailure = FailurePolicy.stop
  }

  /// What is printed.
  public struct Log: Codable, Equatable, Sendable {
    /// A line every so many steps.
    public var every = 100
  }

  /// Where the samples come from and how they are cut.
  public var data = Data()
  /// The sizes of the classifier.
  public var model = Model()
  /// The course of the training.
  public var train = Train()
  /// How training images are changed.
  public var augment = Augment()
  /// Adam's settings.
  public var optimizer = Optimizer()
  /// The course of the learning rate.
  public var schedule = Schedule()
  /// The mean of the parameters.
  public var averaging = Averaging()
  /// How gradients become one.
  public var reduction = Reduction()
  /// How the test set, or what is held out, is evaluated.
  public var evaluation = Evaluation()
  /// When checkpoints are written and kept.
  public var checkpoint = Checkpoint()
  /// What is printed.
  public var log = Log()

  /// The reference experiment.
  public init() {}
}

extension Configuration {
  /// What is evaluated after each epoch.
  var evaluatedSet: EvaluatedSet { data.validation > 0 ? .validation : .test }
}

/// The threads of a rank: a number, or `auto`.
public enum Threads: Codable, Equatable, Sendable {
  /// The cores that the rank may use, shared with the other ranks that may use them.
  case auto
  /// So many.
  case count(Int)
}

/// How often the ranks compare their parameters: after so many steps, or `epoch`.
public enum VerifyEvery: Codable, Equatable, Sendable {
  /// After each epoch.
  case epoch
  /// Every so many steps; never if 0.
  case steps(Int)
}

extension Threads {
  /// Reads `auto` or a number.
  public init(from decoder: any Decoder) throws {
    self = try decodeNumber(from: decoder, orWord: "auto").map(Threads.count) ?? .auto
  }

  /// Writes `auto` or a number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .auto: try container.encode("auto")
    case .count(let count): try container.encode(count)
    }
  }
}

extension VerifyEvery {
  /// Reads `epoch` or a number.
  public init(from decoder: any Decoder) throws {
    self = try decodeNumber(from: decoder, orWord: "epoch").map(VerifyEvery.steps) ?? .epoch
  }

  /// Writes `epoch` or a number.
  public func encode(to encoder: any Encoder) throws {
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
