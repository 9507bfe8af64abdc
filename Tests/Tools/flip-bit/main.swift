import Cluster
import Configuration
import Foundation
import Training

// Trains like `lockstep train`, and after a step flips one bit of one rank's parameters, as a
// defect of memory would: flip-bit RANK STEP CONFIG OUTPUT

let arguments = CommandLine.arguments
guard arguments.count == 5, let rank = Int(arguments[1]), let step = Int(arguments[2]) else {
  print("usage: flip-bit RANK STEP CONFIG OUTPUT")
  exit(64)
}
Job.run { group in
  var options = TrainingOptions()
  options.output = arguments[4]
  let context = try TrainingContext(group, options) {
    try Configuration(file: arguments[3], settings: ["train.verifyEvery=3"])
  }
  let flip = { (state: TrainingState) in
    guard group.rank == rank, state.step == step else { return }
    state.parameters.storage.withMutableSpan { parameters in
      parameters[5] = Float(bitPattern: parameters[5].bitPattern ^ 1)
    }
  }
  try train(context, options, name: "flip-bit", afterStep: flip)
}
