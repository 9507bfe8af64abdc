import Experiments
import Networks

/// A small model, and a machine on which nothing takes time but what a test says.
enum MadeMachine {
  static let parameters = ParameterLayout(
    ClassifierShape(inputSize: 28, hiddenSize: 128, layers: 2, classes: 10))

  /// A slice of so many samples, each of which takes a second in each of the named parts.
  static func slice(
    _ rows: Int, forward: Double = 0, throughTime: Double = 0, weightGradients: Double = 0
  ) -> MachineProfile.Slice {
    let rows = (count: rows, seconds: Double(rows))
    return MachineProfile.Slice(
      rows: rows.count, gather: 0, forward: forward * rows.seconds, linearGradients: 0,
      throughTime: (0..<2).map { _ in throughTime * rows.seconds },
      weightGradients: parameters.buckets.map { _ in weightGradients * rows.seconds })
  }

  static func machine(
    forward: Double = 0, throughTime: Double = 0, weightGradients: Double = 0
  ) -> SimulatedMachine {
    SimulatedMachine(
      slices: [1, 64].map {
        slice(
          $0, forward: forward, throughTime: throughTime, weightGradients: weightGradients)
      }, weightForms: 0, update: 0, arithmetic: MachineProfile.Arithmetic(addition: 0, copy: 0),
      messages: MachineProfile.Messages(send: 0, receive: 0, sendByte: 0, receiveByte: 0),
      processors: 64)
  }
}
