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
    let resumed = try workspace.train(ranks: 2, output: "run", ["--resume"])
    #expect(resumed.status == 78, "\(resumed)")
    #expect(resumed.standardError.contains("reduction.wire bf16, and now it is fp32"), "\(resumed)")
  }
}
