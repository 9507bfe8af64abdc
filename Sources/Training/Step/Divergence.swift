import Cluster

extension JobFailure {
  /// A training whose figures are not finite, as `what` says.
  package init(diverged what: String) {
    self.init(
      what
        + "; start again with a smaller optimizer.learningRate or with train.clipNorm (lockstep "
        + "train can begin with an earlier checkpoint: --init)", isDivergence: true)
  }
}

extension BinaryFloatingPoint where Self: LosslessStringConvertible {
  /// The number, or what it is in its place.
  package var inWords: String { isNaN ? "not a number" : isInfinite ? "infinite" : "\(self)" }
}
