import Experiments
import Foundation
import Testing
import TestSupport

/// A job over TCP between hosts, which are network namespaces of this machine.
@Suite("Hosts")
struct HostsTests {
  private static let script = LaunchTests.checkout + "/Tests/Tools/hosts"

  /// True if this machine allows such hosts; the script says why not.
  static let isPossible: Bool = {
    let result = try? run(
      script, ["1,1", "--", "true"], environment: Mpirun.environment, timeout: 60)
    return result.map { $0.status != 77 } ?? false
  }()

  @Test(
    "Ranks on two hosts, which send the gradient in buckets, give the bits of one process",
    .enabled(if: isPossible, "this machine allows no network namespaces"),
    arguments: [
      [], ["--set", "data.shards=7", "--set", "reduction.wire=bf16", "--set", "train.threads=2"],
      [
        "--set", "data.shards=7", "--set", "train.accumulation=2", "--set", "augment.shift=1",
        "--set", "augment.mixup=0.2", "--set", "averaging.decay=0.9",
      ],
      [
        "--set", "model.cell=gru", "--set", "model.bidirectional=true", "--set",
        "model.dropout=0.3", "--set", "model.hidden=70", "--set", "train.threads=2",
      ],
      [
        "--set", "model.cell=peephole", "--set", "model.bidirectional=true", "--set",
        "model.readout=final", "--set", "model.hidden=70", "--set", "train.precision=bf16",
      ],
    ])
  func sameBits(_ options: [String]) throws {
    let workspace = try Workspace()
    let options = ["--epochs", "1"] + options
    try workspace.train(ranks: nil, output: "alone", options)
    let result = try run(
      Self.script,
      [
        "2,2", "--", Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml",
        "--output", workspace.path + "/two",
      ] + options, environment: Mpirun.environment, timeout: 120)
    #expect(result.succeeded, "\(result)")
    #expect(result.standardError.contains("4 ranks on 2 hosts"), "\(result)")
    #expect(
      try workspace.parameters("two", step: 21) == workspace.parameters("alone", step: 21))
  }

  @Test(
    "Hosts in any number, with ranks in any number and order, give the bits of one process",
    .enabled(if: isPossible, "this machine allows no network namespaces"),
    .enabled(if: Mpirun.isOpenMPI, "MPICH's mpirun has no --map-by"),
    arguments: ["1,1,1", "4,4", "2,2,2", "3,1,2", "2,2,2,2"], ["slot", "node"])
  func layouts(_ ranks: String, mapping: String) throws {
    let workspace = try Workspace()
    let options = ["--max-steps", "12", "--set", "data.shards=12", "--set", "train.batch=24"]
    try workspace.train(ranks: nil, output: "alone", options)
    let result = try run(
      Self.script,
      [
        ranks, "--map-by", mapping, "--", Workspace.lockstep, "train", "--config",
        workspace.path + "/tiny.yaml", "--output", workspace.path + "/hosts",
      ] + options, environment: Mpirun.environment, timeout: 120)
    #expect(result.succeeded, "\(result)")
    #expect(
      result.standardError.contains(
        "on \(ranks.split(separator: ",").count) hosts, 1 thread a rank"), "\(result)")
    #expect(
      try workspace.parameters("hosts", step: 12) == workspace.parameters("alone", step: 12))
  }

  @Test(
    "The doctor measures the cable, names the interface, and finds who cannot log in to whom",
    .enabled(if: isPossible, "this machine allows no network namespaces"))
  func doctor() throws {
    let workspace = try Workspace()
    let result = try run(
      Self.script,
      [
        "2,1", "--rate", "200mbit", "--", Workspace.lockstep, "doctor", "--config",
        workspace.path + "/tiny.yaml", "--output", workspace.path + "/run", "--json", "-",
      ], environment: Mpirun.environment, timeout: 120)
    #expect(result.succeeded, "\(result)")
    let report = try JSONDecoder().decode(
      DoctorReport.self, from: Data(result.standardOutput.utf8))
    #expect(report.hosts.map(\.name) == ["host-1", "host-2"])
    #expect(report.cluster.hosts == 2 && report.cluster.ranksPerHost == 2, "\(result)")
    let link = try #require(report.cluster.link)
    // A busy machine makes it slower, and nothing faster than the cable.
    #expect((1e5...28e6).contains(link.bytesPerSecond), "\(result)")
    #expect(link.latencySeconds > 1e-6 && link.latencySeconds < 1, "\(result)")
    #expect(report.hosts.allSatisfy { $0.usedInterfaces.map(\.name) == ["cable"] }, "\(result)")
    #expect(report.hosts.allSatisfy { $0.sharesFolder == true }, "\(result)")
    #expect(abs(report.hosts[1].clockLeadSeconds) < 1, "\(result)")
    // Nothing answers on host-1, where mpirun runs.
    #expect(report.hosts.map(\.refusedLogins) == [[], ["host-1"]], "\(result)")
  }

  /// Runs a script on the first of two hosts that reach each other by `ssh`.
  private static func overSSH(_ script: String, _ arguments: [String]) throws -> JobResult {
    try run(
      LaunchTests.checkout + "/Tests/Tools/ssh-hosts", ["2", script] + arguments,
      environment: Mpirun.environment, timeout: 120)
  }

  /// True if this machine allows such hosts with `sshd`; the script says why not.
  static let isSSHPossible: Bool = {
    let result = try? overSSH("true", [])
    return result.map { $0.status != 77 } ?? false
  }()

  @Test(
    "Over ssh, launch/train chooses the ranks of the hosts, and the doctor logs in both ways",
    .enabled(if: isSSHPossible, "there is no sshd here, or no network namespaces"))
  func overSSH() throws {
    let workspace = try Workspace()
    try workspace.train(ranks: nil, output: "alone", ["--max-steps", "12"])
    let result = try Self.overSSH(
      """
      cd "$1"
      printf 'host-1 slots=2\nhost-2 slots=2\n' >hosts
      train=("$2/launch/train" --program "$3" --hostfile hosts --config tiny.yaml)
      "${train[@]}" -np auto --max-steps 12 --output run >&2 &&
        "${train[@]}" --ranks-per-host 1 --doctor --output next --json -
      """, [workspace.path, LaunchTests.checkout, Workspace.lockstep])
    #expect(result.succeeded, "\(result)")
    #expect(result.standardError.contains(" ranks on 2 hosts"), "\(result)")
    #expect(
      try workspace.parameters("run", step: 12) == workspace.parameters("alone", step: 12))
    let report = try JSONDecoder().decode(
      DoctorReport.self, from: Data(result.standardOutput.utf8))
    #expect(report.hosts.map(\.name) == ["host-1", "host-2"], "\(result)")
    #expect(report.hosts.map(\.refusedLogins) == [[], []], "\(result)")
  }
}
