/// The times of this machine from which `lockstep plan` predicts a step, in seconds. The names are
/// the keys in JSON, which stay.
package struct MachineProfile: Codable, Equatable, Sendable {
  /// The times of one thread for the samples of one slice.
  package struct Slice: Codable, Equatable, Sendable {
    /// The number of samples.
    package var rows: Int
    /// The samples into the classifier's input, and from there to the loss.
    package var gather, forward: Double
    /// The gradients of the linear layer.
    package var linearGradients: Double
    /// Each layer through time, from the bottom up, with the gradient of the input of the layer
    /// above.
    package var throughTime: [Double]
    /// The weight gradients of each bucket, in the order in which they are computed.
    package var weightGradients: [Double]

    package init(
      rows: Int, gather: Double, forward: Double, linearGradients: Double, throughTime: [Double],
      weightGradients: [Double]
    ) {
      (self.rows, self.gather, self.forward) = (rows, gather, forward)
      self.linearGradients = linearGradients
      (self.throughTime, self.weightGradients) = (throughTime, weightGradients)
    }

    /// The sum of all.
    package var total: Double {
      gather + forward + linearGradients + throughTime.reduce(0, +) + weightGradients.reduce(0, +)
    }
  }

  /// The times for one element of a gradient.
  package struct Arithmetic: Codable, Equatable, Sendable {
    /// The addition of one to another.
    package var addition: Double
    /// The copy.
    package var copy: Double

    package init(addition: Double, copy: Double) { (self.addition, self.copy) = (addition, copy) }
  }

  /// The times that a processor works for a message by TCP, besides those for each of its bytes.
  package struct Messages: Codable, Equatable, Sendable {
    package var send, receive: Double
    package var sendByte, receiveByte: Double

    package init(send: Double, receive: Double, sendByte: Double, receiveByte: Double) {
      (self.send, self.receive) = (send, receive)
      (self.sendByte, self.receiveByte) = (sendByte, receiveByte)
    }
  }

  /// The computation by the size of a slice, ascending.
  package var slices: [Slice]
  /// The samples of a slice in the steps that were measured, and the computation of one among all
  /// the others there.
  package var usualRows, usualSlice: Double
  /// The weights in the forms that products read, once a step on each rank.
  package var weightForms: Double
  /// The samples' numbers, the gradient's norm and the optimizer, once a step on each rank.
  package var update: Double
  /// The arithmetic of a sum of gradients by the format of its numbers, `reduction.wire`.
  package var arithmetic: [String: Arithmetic]
  package var messages: Messages
  /// The computation of a step on a rank against what `usualSlice` makes it, from the quickest to the
  /// slowest but for the last hundredth, in even quantiles.
  package var spread: [Double]
  /// True if states were computed again, whose time is that of the layers; nil counts as false.
  package var recomputes: Bool?
}
