import Foundation
import Testing
import TestSupport

/// The gradient reduction in real jobs: `reduction-checks` holds the expectations.
@Suite("Gradient reduction")
struct ReductionTests {
  let checks = builtProduct(named: "reduction-checks").path

  @Test(
    "Buckets of any size, started in any order, sum to the bits of one rank alone",
    arguments: 1...4,
    ["messages", "shared"])
  func sums(ranks: Int, means: String) throws {
    let job = try runJob(ranks: ranks, executable: checks, arguments: ["sums", means])
    #expect(job.succeeded, "\(job)")
  }

  @Test(
    "A rank that fails while buckets are under way ends the job with its error in sight",
    arguments: ["messages", "shared"])
  func failure(_ means: String) throws {
    let job = try runJob(ranks: 3, executable: checks, arguments: ["throw", means], timeout: 20)
    #expect(!job.timedOut && job.status == 1, "\(job)")
    #expect(
      job.standardError.contains(/rank 2 on \S+: a failure between two buckets/), "\(job)")
    #expect(!job.standardError.contains("Fatal error"), "\(job)")
    #expect(!job.standardError.contains("signal"), "\(job)")
  }

  @Test("A rank without memory for its gradients ends the job, and nobody waits for it")
  func lackingMemory() throws {
    let job = try runJob(
      ranks: 3, executable: checks, arguments: ["lacking", "shared"], timeout: 20)
    #expect(!job.timedOut && job.status == 1, "\(job)")
    #expect(job.standardError.contains("out of memory: could not allocate"), "\(job)")
  }

  @Test(
    "Hosts that have several ranks, in any order and number, send the sums of one rank alone",
    arguments: [(4, "turns"), (6, "turns"), (4, "uneven"), (6, "uneven")])
  func hosts(ranks: Int, layout: String) throws {
    let job = try runJob(ranks: ranks, executable: checks, arguments: ["sums", layout])
    #expect(job.succeeded, "\(job)")
  }

  @Test(
    "MPI's own sum is the same on all ranks, within a host and over hosts",
    arguments: [(3, "shared"), (4, "messages"), (4, "turns"), (6, "uneven")])
  func native(ranks: Int, layout: String) throws {
    let job = try runJob(ranks: ranks, executable: checks, arguments: ["native", layout])
    #expect(job.succeeded, "\(job)")
  }

  @Test(
    "Ranks that cannot share memory agree to send messages, with the same bits",
    arguments: [(3, "shared"), (4, "turns"), (6, "uneven")])
  func refusedMemory(ranks: Int, layout: String) throws {
    let job = try runJob(ranks: ranks, executable: checks, arguments: ["refused", layout])
    #expect(job.succeeded, "\(job)")
  }

  @Test(
    "A run says once that its ranks cannot share memory, with the numbers, and has the same bits")
  func saysSo() throws {
    let workspace = try Workspace()
    let options = ["--max-steps", "2", "--set", "model.hidden=200"]
    try workspace.train(ranks: 3, output: "shared", options)
    // The gradients of three ranks take 6 MB, and Open MPI's files 4 MiB each.
    let limited = try runJob(
      ranks: 3, executable: "/bin/bash",
      arguments: [
        "-c", "[ \(Mpirun.rank) != 2 ] || ulimit -S -f 4200; exec \"$@\"", "bash",
        Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml", "--output",
        workspace.path + "/limited", "--set", "reduction.wire=fp32",
      ] + options)
    #expect(limited.succeeded, "\(limited)")
    let sentences = limited.standardError.matches(
      of:
        /the ranks on \S+ send each other .* share: \d+ bytes of memory that 3 ranks share are not to be had: rank 2 failed in .*ulimit -f is 4300800 bytes/
    )
    #expect(sentences.count == 1, "\(limited)")
    #expect(
      try workspace.parameters("limited", step: 2) == workspace.parameters("shared", step: 2))
  }

  /// True if a test may mount a file system of its own.
  private static let mayMount: Bool = {
    let result = try? run(
      "/usr/bin/env",
      ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/dev/shm"])
    return result?.succeeded ?? false
  }()

  @Test(
    "A job runs with a /dev/shm that has no room for it, and says what that changes",
    .enabled(if: mayMount, "this user may not mount a file system"),
    .enabled(if: Mpirun.isOpenMPI, "MPICH does not start there, and says so itself"),
    arguments: ["256k", "2m"])
  func smallSharedMemory(_ size: String) throws {
    let workspace = try Workspace()
    let options = ["--max-steps", "2", "--set", "model.hidden=150"]
    try workspace.train(ranks: 4, output: "usual", options)
    let script = "mount -t tmpfs -o size=\(size) tmpfs /dev/shm && exec \"$@\""
    let result = try run(
      "/usr/bin/env",
      [
        "unshare", "-m", "/bin/bash", "-c", script, "bash",
      ] + Mpirun.command + [
        "-np", "4", Workspace.lockstep, "train", "--config",
        workspace.path + "/tiny.yaml", "--output", workspace.path + "/small",
      ] + options,
      environment: Mpirun.environment)
    #expect(result.succeeded, "\(result)")
    #expect(
      result.standardError.matches(
        of: /warning: .*\/dev\/shm has \d MiB free, and messages between 4 ranks may take 17 MiB/
      ).count == 1, "\(result)")
    #expect(!result.standardError.contains("not enough space"), "\(result)")
    #expect(try workspace.parameters("small", step: 2) == workspace.parameters("usual", step: 2))
  }

  @Test("With bfloat16 on the wire the number of ranks changes no bit either")
  func sameBitsRounded() throws {
    let workspace = try Workspace()
    // Seven shards, which neither 2, 3 nor 4 ranks divide.
    let options = ["--max-steps", "12", "--set", "data.shards=7", "--set", "reduction.wire=bf16"]
    try workspace.train(ranks: nil, output: "alone", options)
    let digest = try workspace.parameters("alone", step: 12)
    #expect(digest.hasPrefix("parameters sha256 "), "\(digest)")
    for ranks in 1...4 {
      let result = try workspace.train(ranks: ranks, output: "np\(ranks)", options)
      #expect(result.succeeded, "\(result)")
      #expect(try workspace.parameters("np\(ranks)", step: 12) == digest, "\(ranks) ranks")
    }
    try workspace.train(ranks: 2, output: "single", options + ["--set", "reduction.wire=fp32"])
    #expect(try workspace.parameters("single", step: 12) != digest)
    let losses = try ["alone", "single"].map { name in
      try workspace.metrics(name).compactMap { $0["loss"].flatMap(Double.init) }
    }
    #expect(losses[0].count == losses[1].count)
    for (a, b) in zip(losses[0], losses[1]) { #expect(abs(a - b) < 0.02) }
  }

  @Test("A run does not resume with another format")
  func anotherFormat() throws {
    let workspace = try Workspace()
    let rounded = ["--set", "reduction.wire=bf16"]
    try workspace.train(ranks: 2, output: "run", ["--max-steps", "2"] + rounded)
    let resumed = try workspace.train(
      ranks: 2, output: "run", ["--resume", "--set", "reduction.wire=fp32"])
    #expect(resumed.status == 78, "\(resumed)")
    #expect(resumed.standardError.contains("reduction.wire bf16, and now it is fp32"), "\(resumed)")
  }
}
