import ArgumentParser
import Cluster
import Configuration
import Experiments
import Files
import Training

struct Doctor: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Examine the hosts of a job, and say what a training on them would fail for.",
    discussion: """
      For example: mpirun --hostfile hosts -np 4 lockstep doctor --config configs/fashion-mnist.yaml

      Start it as the training is to be started, and with the same options: what is behind the word \
      train goes behind the word doctor. It prints what each host is, how fast messages go between \
      hosts, and what it found: what a training would fail for, what it would do better without, and \
      what is well, each with what to do. It makes the checks that a training makes before its first \
      step, does a few steps, and writes a checkpoint, of which nothing stays. Without --config it \
      examines the hosts alone.

      It ends with status 78 if a training would fail, and otherwise with 0. To examine hosts on which \
      mpirun can start nothing, use launch/train --doctor --hostfile FILE. \
      Sources/Experiments/Experiments.docc/Doctor.md lists the keys of --json.
      """)

  @OptionGroup var arguments: TrainingArguments

  @OptionGroup var json: JSONOptions

  func run(in group: ProcessGroup) throws {
    var options = DoctorOptions()
    options.json = json.path
    options.name = arguments.experiment.name ?? options.name
    let isTraining = arguments.experiment.config != nil || arguments.resume != nil
    if isTraining { try group.collectively(arguments.requireExperiment) }
    var configure: ((ResumedRun?) throws -> Configuration)?
    if isTraining { configure = { try arguments.configuration(continuing: $0) } }
    try doctor(group, options, arguments.options, configure: configure)
  }
}
