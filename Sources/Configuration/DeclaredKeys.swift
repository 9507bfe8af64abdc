import Datasets
import Networks
import Tensors

/// An experiment: everything that decides what a run computes, each key declared once.
///
/// The defaults are the reference experiment.
package struct Configuration: Codable, Equatable, Sendable {
  package struct Data: ConfigurationSection {
    package static let summary = "Where the samples come from and how they are cut."

    /// The choice of a format.
    package enum Format: String, Codable, Sendable, CaseIterable {
      case auto, idx, npy, npz, ts

      /// The format; nil for that of what lies in the folder.
      package var dataset: DatasetFormat? { DatasetFormat(rawValue: rawValue) }
    }

    @Key(
      """
      The folder of the data set: four IDX files (train-images-idx3-ubyte and so on), NumPy arrays
      (train-x.npy and so on), one archive of such arrays (.npz), or .ts files (NAME_TRAIN.ts and
      NAME_TEST.ts), all but the archive gzipped or not; lockstep convert makes arrays of a table.
      The default is where Debian's package dataset-fashion-mnist has its files; launch/fetch-data
      downloads the same to data/fashion-mnist. A relative path begins where the program is started
      (a run's folder keeps the whole path), and ~ is the home folder.
      """, Limits("the folder of the data set") { !$0.isEmpty })
    package var directory = "/usr/share/datasets/fashion-mnist"

    @Key(
      """
      The format of the data set. auto: that of the files in the folder; of several the first of npy,
      ts, idx and npz. The same numbers give the same bits in each.
      """)
    package var format = Format.auto

    @Key(
      """
      How numbers are brought to one scale. none: they stay as they are. standard: each feature less
      its mean over the training set, divided by its deviation; both are kept in checkpoints. sample:
      the same over each sequence by itself. Pixels are from 0 to 1 before that.
      """)
    package var normalize = Normalization.none

    @Key(
      """
      What becomes of numbers that are missing: NaN in an array, ? in a .ts file. error: the data set
      is refused. zero: 0 once the others are normalized, which is the mean then. previous: the
      feature's last number in the sequence, or 0 before the first.
      """)
    package var missing = MissingValues.error

    @Key(
      """
      How images are read. rows: a row is a time step. pixels: a pixel is a time step, row by row.
      permuted: in an order that was drawn once, the same for all runs.
      """)
    package var order = PixelOrder.rows

    @Key(
      """
      The number of logical shards that the training set is cut into. A rank works on a contiguous
      block of them, so there can be no more ranks than shards. Another number is another
      experiment; another number of ranks is not. Each shard has an even part of a batch, which is
      computed at once: a part of fewer than some six samples is slower.
      """, 1...65536)
    package var shards = 16

    @Key(
      """
      The number of training samples that are held out: one of each of so many even blocks of the
      file, the same ones for every seed. With some, they are what is evaluated after each epoch and
      what best.safetensors goes by, and the test set is left alone until the training is over.
      """, Limits("from 0 (none) to \(1 << 30)") { 0...(1 << 30) ~= $0 })
    package var validation = 0

    @Key(
      """
      The names of the classes, in the order of the labels. Their count is the number of classes. A
      number n stands for the names 0 to n - 1.
      """, Limits("from 2 to 256 names, one for each label") { 2...256 ~= $0.count })
    package var classes = [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot",
    ]
  }

  package struct Model: ConfigurationSection {
    package static let summary = "The classifier: recurrent layers, and a linear layer on top."

    @Key(
      """
      The cell of the layers. lstm: as torch.nn.LSTM. peephole: an LSTM whose gates see the cell
      state. gru: as torch.nn.GRU.
      """)
    package var cell = Cell.lstm

    @Key("The number of units of each layer, in each direction.", 1...65536)
    package var hidden = 128

    @Key("The number of recurrent layers, one above the other.", 1...64)
    package var layers = 2

    @Key("Reads each image from the bottom up, too, in every layer.")
    package var bidirectional = false

    @Key(
      """
      The probability that a value that one layer passes to the next is dropped in training, as by
      dropout of torch.nn.LSTM.
      """, .fraction)
    package var dropout = 0.0

    @Key(
      """
      The input of the linear layer. last: the output at the last row, as PyTorch's out[:, -1, :].
      final: the final state of each direction, as Keras joins them. mean, max: the mean or the
      largest of the outputs of all rows.
      """)
    package var readout = Readout.last

    @Key(
      """
      The rule for the initial parameters: pytorch's, or keras' (Glorot uniform, orthogonal
      recurrent weights, forget bias 1).
      """)
    package var initializer = Initializer.pytorch
  }

  package struct Augment: ConfigurationSection {
    package static let summary = """
      How training images are changed, each anew in every epoch; evaluation takes them as they are.
      """

    @Key(
      "The probability that an image is mirrored, left for right.",
      Limits("a probability from 0 (none) to 1") { $0 >= 0 && $0 <= 1 })
    package var flip = 0.0

    @Key(
      """
      The most pixels that an image is moved up, down, left and right: any number up to that is as
      likely, and zeros come in.
      """, Limits("from 0 (none) to 65535") { 0...65535 ~= $0 })
    package var shift = 0

    @Key(
      """
      The alpha of mixup: each image is mixed with one of its shard at random, as are the losses of
      their labels. The other's share is the smaller of x and 1 - x, with x from the distribution
      Beta(alpha, alpha).
      """, Limits("from 0 (none) to 1") { $0 >= 0 && $0 <= 1 })
    package var mixup = 0.0
  }

  package struct Evaluation: ConfigurationSection {
    package static let summary =
      "How the test set, or what data.validation holds out, is evaluated."

    /// The ranks that evaluate.
    package enum Ranks: String, Codable, Sendable, CaseIterable {
      /// Rank 0, while the others sleep.
      case root
      /// Every rank a part.
      case all
    }

    @Key(
      """
      The ranks that evaluate. root: rank 0 alone, while the others wait. all: each rank its share.
      The figures are the same.
      """)
    package var ranks = Ranks.root

    /// The figure by which an evaluation is better than another.
    package enum Criterion: String, Codable, Sendable, CaseIterable {
      /// The share of samples that are taken for what they are; the higher is better.
      case accuracy
      /// The mean over the classes of the share of their samples that are taken for them; the higher
      /// is better.
      case balancedAccuracy = "balanced-accuracy"
      /// The mean over the classes of their F1 scores; the higher is better.
      case macroF1 = "macro-f1"
      /// The mean cross-entropy; the lower is better.
      case loss

      /// True if the higher figure is better: a share, from 0 to 1.
      package var isHigherBetter: Bool { self != .loss }
    }

    @Key(
      """
      The figure by which an evaluation is better than another, for best.safetensors,
      train.earlyStopping and schedule.decay: reduce-on-plateau. accuracy, balanced-accuracy and
      macro-f1: the higher; the latter two let each class count as much. loss: the lower.
      """)
    package var criterion = Criterion.accuracy
  }

  package struct Checkpoint: ConfigurationSection {
    package static let summary = "When checkpoints are written, besides after each epoch, and kept."

    /// The consequence of a checkpoint that cannot be written.
    package enum FailurePolicy: String, Codable, Sendable, CaseIterable {
      /// The run ends.
      case stop
      /// The run goes on.
      case `continue`
    }

    @Key(
      "The steps from one checkpoint to the next, besides those after each epoch.",
      Limits("at least 0 (0: after each epoch)") { $0 >= 0 })
    package var everySteps = 0

    @Key(
      """
      The number of the newest checkpoints that stay; best.safetensors, that of the best evaluation,
      always does.
      """, Limits("at least 1") { $0 >= 1 })
    package var keep = 5

    @Key(
      """
      The consequence of a checkpoint that cannot be written. stop: the run ends. continue: it goes
      on, and says so; without its last checkpoint it fails all the same.
      """)
    package var onFailure = FailurePolicy.stop
  }

  package struct Log: ConfigurationSection {
    package static let summary = "The lines that a run prints, and what it records of itself."

    @Key(
      """
      The steps from one line to the next, and from one line of ranks.jsonl, which has the times of
      each rank.
      """, Limits("at least 1") { $0 >= 1 })
    package var every = 100

    @Key(
      """
      The number of first steps after each start that are recorded as a picture of what each thread
      of each rank computes and waits for: trace.json in the run's folder, for ui.perfetto.dev.
      """, Limits("from 0 (none) to 100") { 0...100 ~= $0 })
    package var trace = 0

    @Key(
      """
      The places that a run reports to, besides errors and warnings. console: lines and a progress
      bar. metrics: metrics.jsonl and ranks.jsonl in the run's folder, which compare reads. tensorboard:
      event files in the run's folder, for tensorboard --logdir.
      """)
    package var to = LogTargets([.console, .metrics])
  }

  package var data = Data()
  package var model = Model()
  package var train = Train()
  package var augment = Augment()
  package var optimizer = Optimizer()
  package var schedule = Schedule()
  package var averaging = Averaging()
  package var reduction = Reduction()
  package var evaluation = Evaluation()
  package var checkpoint = Checkpoint()
  package var log = Log()

  /// The reference experiment.
  package init() {}
}
