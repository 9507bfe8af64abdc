import Foundation
import Testing
import TestSupport

/// Jobs in a cluster of Slurm, whose nodes are network namespaces of this machine.
@Suite("Slurm")
struct SlurmTests {
  private static let script = LaunchTests.checkout + "/Tests/Tools/slurm-cluster"

  /// True if this machine allows such a cluster; the script says why not.
  static let isPossible: Bool = {
    let result = try? run(script, ["1", "true"], environment: Mpirun.environment, timeout: 60)
    return result.map { $0.status != 77 } ?? false
  }()

  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// Runs a script on the first host of a cluster, in a folder that looks like the checkout.
  private func cluster(_ nodes: Int, _ script: String) throws -> JobResult {
    try run(
      Self.script,
      [
        "\(nodes)",
        """
        cd "$1"
        mkdir -p .build && ln -s "${3%/*}" .build/release
        await() { for i in {1..900}; do ! eval "$1" || return 0; sleep 0.1; done; exit 1; }
        \(script)
        """, workspace.path, LaunchTests.checkout, Workspace.lockstep,
      ], environment: Mpirun.environment, timeout: 400)
  }

  @Test(
    "A job that Slurm interrupts, and whose node dies later, goes on in the queue to the same bits",
    .enabled(if: isPossible, "there is no Slurm here, or no network namespaces"),
    .enabled(if: Mpirun.isOpenMPI, "launch/slurm.sbatch starts jobs of Open MPI"))
  func queue() throws {
    let options = [
      "--epochs", "200", "--set", "checkpoint.everySteps=50", "--set", "model.hidden=48",
    ]
    try workspace.train(ranks: nil, output: "alone", options)
    // USR1 for the batch script is what --signal has Slurm send before the time limit.
    let result = try cluster(
      3,
      """
      job=$(sbatch --parsable "$2/launch/slurm.sbatch" --config tiny.yaml --output run \\
        \(options.joined(separator: " ")))
      await '[[ -e run/checkpoints/step-00000050.safetensors ]]'
      scancel --signal=USR1 --batch "$job"
      await '(($(grep -c "^lockstep: resuming" lockstep-*.log) == 1))'
      steps=$(ls run/checkpoints)
      await '[[ $(ls run/checkpoints) != "$steps" ]]'
      kill_host 3
      await '(($(grep -c "^lockstep: resuming" lockstep-*.log) == 2))'
      await '[[ ! $(squeue -h) ]]'
      cat lockstep-*.log
      """)
    #expect(result.succeeded, "\(result)")
    for words in [
      "4 ranks on host-[2-3]", "the time is up: job 1 queues again", "4 ranks on host-[2,4]",
      "Accuracy of the model",
    ] {
      #expect(result.standardOutput.contains(words), "\(words) in \(result)")
    }
    #expect(
      try workspace.parameters("run", step: 4200) == workspace.parameters("alone", step: 4200))
  }

  @Test(
    "launch/train starts the ranks that suit an allocation, or so many a node",
    .enabled(if: isPossible, "there is no Slurm here, or no network namespaces"))
  func allocation() throws {
    let options = ["--max-steps", "12"]
    try workspace.train(ranks: nil, output: "alone", options)
    let train =
      "\"$2/launch/train\" --program \"$3\" --config tiny.yaml \(options.joined(separator: " "))"
    let result = try cluster(
      2,
      """
      salloc -Q -N 2 --ntasks-per-node=2 \(train) -np auto --output auto &&
      salloc -Q -N 2 --exclusive \(train) --ranks-per-host 1 --output few
      """)
    #expect(result.succeeded, "\(result)")
    for words in [
      "4 ranks on 2 hosts", "2 ranks on 2 hosts", "4 shards on 4 processors of 2 hosts",
    ] {
      #expect(result.standardError.contains(words), "\(words) in \(result)")
    }
    let alone = try workspace.parameters("alone", step: 12)
    for output in ["auto", "few"] {
      #expect(try workspace.parameters(output, step: 12) == alone, "\(output)")
    }
  }
}
