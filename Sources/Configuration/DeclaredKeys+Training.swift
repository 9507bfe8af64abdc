import Networks
import Optimizers
import Reduction
import Tensors

/// The keys of the course of a training: its steps, and how each changes the parameters.
extension Configuration {
  package struct Train: ConfigurationSection {
    package static let summary = "The course of the training."

    // With as many steps in each epoch as there can be samples, the steps still fit an Int.
    @Key("The number of passes over the training set.", 1...1_000_000_000)
    package var epochs = 5

    @Key(
      """
      The number of samples of a step over all ranks together (the global batch), at least
      data.shards. The last step of an epoch takes what is left.
      """, 1...(1 << 24))
    package var batch = 100

    @Key(
      """
      The batch that optimizer.learningRate and schedule.warmupEpochs are for, which
      optimizer.scaling and the warm-up then fit to train.batch. 0: train.batch itself.
      """, Limits("from 0 (none) to \(1 << 24)") { 0...(1 << 24) ~= $0 })
    package var baseBatch = 0

    @Key(
      """
      The number of passes in which a step computes its gradient, each over a part of the batch, up
      to train.batch / data.shards. More take less memory, and the gradient is that of the whole
      batch; the last bits differ.
      """)
    package var accumulation = 1

    @Key("The number from which initial parameters and the order of the samples are drawn.")
    package var seed: UInt64 = 0

    @Key(
      """
      The number of threads of a rank. auto: the cores that this rank may use, divided among the
      ranks on its machine, as are the quotas of their control groups. No more threads work than the
      rank has shards. Changes the time and nothing else.
      """,
      Limits("auto, or from 1 to 4096") { $0.number.map { 1...4096 ~= $0 } ?? true })
    package var threads = Threads.auto

    @Key(
      """
      The format of the inputs of matrix products. fp32: single precision. bf16: bfloat16, with sums,
      the cell state, parameters and moments in fp32; faster where the processor has instructions for
      it (AVX512_BF16), slower where not.
      """)
    package var precision = Precision.float32

    @Key(
      """
      Whether the backward pass computes states of the forward pass again, about √T time steps at a
      time, and 64 at the least. always: the memory of a layer then grows with √T instead of T (with
      T, but less, where model.bidirectional has layers above one another), for a forward pass more.
      never: all states are kept. auto: where those do not fit the memory. Changes time and memory
      and nothing else.
      """)
    package var recompute = Recomputation.auto

    @Key(
      """
      How often the ranks compare a hash of their parameters, and stop where one differs: every so
      many steps, or at the end of each epoch.
      """, Limits("epoch, or at least 0 (0: never)") { $0.number ?? 0 >= 0 })
    package var verifyEvery = VerifyEvery.epoch

    @Key(
      """
      The largest norm of the gradient of all parameters together: a longer one is scaled down to
      it, as by torch.nn.utils.clip_grad_norm_.
      """, Limits("at least 0 (0: none)") { $0 >= 0 && $0.isFinite })
    package var clipNorm = 0.0

    @Key(
      """
      The part of a label's weight in the loss that is spread evenly over all classes, as by
      label_smoothing of torch.nn.CrossEntropyLoss. The test loss is without.
      """, .fraction)
    package var labelSmoothing = 0.0

    @Key(
      """
      The weights of the classes in the loss of the training, as weight of
      torch.nn.CrossEntropyLoss: a step's loss is divided by the sum of its samples' weights. none:
      1 each. balanced: in inverse proportion to the classes' samples in the training set, with the
      mean 1 over all samples. Or a list, a number for each class. The test loss is without.
      """,
      Limits("none, balanced, or numbers from 0.000001 to 1000000, one for each class") { weights in
        weights.list?.allSatisfy { 1e-6...1e6 ~= $0 } ?? true
      })
    package var classWeights = ClassWeights.none

    @Key(
      """
      The patience of early stopping: the training ends after so many epochs in a row whose
      evaluation of the held-out samples was no better than the best before them, by
      evaluation.criterion, as with Keras' EarlyStopping. It needs data.validation.
      """, Limits("from 0 (none) to 1000000000") { 0...1_000_000_000 ~= $0 })
    package var earlyStopping = 0

    @Key(
      """
      The difference by which an evaluation has to be better to count as better for earlyStopping,
      such as 0.001 for a tenth of a percent of accuracy: min_delta of Keras.
      """, Limits("at least 0") { $0 >= 0 && $0.isFinite })
    package var earlyStoppingDelta = 0.0

    @Key(
      "The seconds that the ranks wait for one that does not come before they say which.",
      Limits("above 0, up to 1000000") { $0 > 0 && $0 <= 1e6 })
    package var stallSeconds = 60.0

    @Key("The seconds that they wait before the job ends: more than stallSeconds, up to 1000000.")
    package var stallAbortSeconds = 300.0
  }

  package struct Optimizer: ConfigurationSection {
    package static let summary = """
      The rule by which a step changes the parameters; the defaults are those of Adam's paper and of
      PyTorch.
      """

    @Key(
      """
      The optimizer. adam: torch.optim.Adam, which adds weightDecay times a parameter to its
      gradient. adamw: torch.optim.AdamW, which takes learning rate times weightDecay of a parameter
      away from it at each step. lamb: LAMB of You et al. (2020), for large batches: a tensor of
      parameters moves by learning rate times its own norm, in Adam's direction to which weightDecay
      times the parameters is added. sgd: torch.optim.SGD, which adds weightDecay times a parameter
      to its gradient; it needs another learning rate, such as 0.1.
      """)
    package var kind = OptimizerKind.adam

    @Key("The step size; scaling and schedule multiply it.", .positiveFloat)
    package var learningRate = 0.001

    @Key(
      """
      The factor of the learning rate where train.batch is k times train.baseBatch. none: 1. linear:
      k. square-root: the root of k.
      """)
    package var scaling = LearningRateScaling.none

    @Key(
      """
      The part of the velocity that sgd keeps from step to step; without any, a step is the learning
      rate times the gradient, and there is no velocity to keep in memory.
      """, .fraction)
    package var momentum = 0.0

    @Key("Takes Nesterov's momentum for sgd: a step goes where the velocity will be.")
    package var nesterov = false

    @Key(
      "The part of the gradients' mean that is kept from step to step.",
      Limits("from 0 to below 1") { $0 >= 0 && $0 < 1 })
    package var beta1 = 0.9

    @Key(
      "The part of the squared gradients' mean that is kept from step to step.",
      Limits("from 0 to below 1") { $0 >= 0 && $0 < 1 })
    package var beta2 = 0.999

    @Key(
      "A number added to the root of the squared gradients' mean before dividing by it.",
      .positiveFloat)
    package var epsilon = 1e-8

    @Key("The weight decay: from 0 (none) to below 1 / learningRate.")
    package var weightDecay = 0.0
  }

  package struct Schedule: ConfigurationSection {
    package static let summary = """
      The factor of the learning rate in the course of the training. metrics.jsonl has the learning
      rate of each step.
      """

    @Key(
      """
      The fall of the factor. constant: none. cosine, linear: down to floor at the end of the last
      epoch, along half a cosine or a straight line. step: by stepFactor each stepEpochs epochs.
      reduce-on-plateau: by stepFactor after more than patience epochs in a row whose evaluation of
      the held-out samples was no better than the best before them, by evaluation.criterion, as
      torch.optim.lr_scheduler.ReduceLROnPlateau; it needs data.validation.
      """)
    package var decay = LearningRateSchedule.Decay.constant

    @Key(
      "The number of steps in which the factor first rises to 1, in a straight line.",
      Limits("at least 0 (none)") { $0 >= 0 })
    package var warmupSteps = 0

    @Key(
      """
      The same in epochs, parts of one included, in place of warmupSteps: for train.baseBatch, and k
      times as many where train.batch is k times that. With optimizer.scaling: square-root, that is
      LEGW of You et al. (2019).
      """, Limits("from 0 (none) to 1000000000") { $0 >= 0 && $0 <= 1e9 })
    package var warmupEpochs = 0.0

    @Key(
      "The factor that cosine and linear end with, and below which reduce-on-plateau does not fall.",
      Limits("from 0 to 1") { $0 >= 0 && $0 <= 1 })
    package var floor = 0.0

    @Key("The epochs after which step multiplies, each time.", Limits("at least 1") { $0 >= 1 })
    package var stepEpochs = 1

    @Key(
      "The number that step and reduce-on-plateau multiply by.",
      Limits("above 0, up to 1") { $0 > 0 && $0 <= 1 })
    package var stepFactor = 0.1

    @Key(
      "The epochs without a better evaluation that reduce-on-plateau lets pass.",
      Limits("from 0 to 1000000000") { 0...1_000_000_000 ~= $0 })
    package var patience = 10

    @Key(
      """
      The part of the best evaluation by which one has to be better to count as better for
      reduce-on-plateau: threshold of ReduceLROnPlateau.
      """, Limits("from 0 to below 1") { $0 >= 0 && $0 < 1 })
    package var threshold = 1e-4
  }

  package struct Averaging: ConfigurationSection {
    package static let summary = """
      The mean of the parameters over the steps, which is what is evaluated and what checkpoints
      have under the parameters' names; those of the last step then have names with raw. in front.
      """

    @Key(
      """
      The part of the mean that stays at each step; the rest is the new parameters'. As
      torch.optim.swa_utils.get_ema_multi_avg_fn: 0.999 is about the mean of the last 1000 steps.
      """, Limits("from 0 (none) to below 1") { $0 >= 0 && Float($0) < 1 })
    package var decay = 0.0
  }

  package struct Reduction: ConfigurationSection {
    package static let summary = "How the gradients of the ranks become one."

    @Key(
      """
      The order of the sum. reproducible: along one fixed tree over the shards, so that any number
      of ranks gives the same bits. native: MPI_Iallreduce as the MPI library does it; the last bits
      then depend on the number of ranks.
      """)
    package var order = ReductionOrder.reproducible

    @Key(
      """
      The format of the gradients while they are summed. fp32: single precision. bf16: bfloat16,
      half the bytes between ranks; each shard's gradient and every sum of the tree is rounded to
      it, also with one rank, so that any number of ranks still gives the same bits. Not with order:
      native.
      """)
    package var wire = ReductionFormat.float32

    /// The reference experiment's.
    package init() {}
  }
}
