import Cluster
import Testing

@Suite("Failures of all ranks, and of one")
struct FailureTests {
  private struct Wrong: HasExitStatus, CustomStringConvertible {
    let description = "wrong input"
    let exitStatus: Int32 = 78
  }
  private struct Broken: Error, CustomStringConvertible { let description = "broken" }

  private let hosts = ["a", "b", "c"]

  @Test("An error keeps its sentence and its status, or 1, when all ranks are told of it")
  func conversion() {
    #expect(JobFailure(Wrong()) == JobFailure("wrong input", status: 78))
    #expect(JobFailure(Broken()) == JobFailure("broken", status: 1))
    let divergence = JobFailure("diverged", isDivergence: true)
    #expect(JobFailure(divergence) == divergence)
  }

  @Test("A failure arrives as it was sent, and an empty message is a success")
  func message() {
    for failure in [JobFailure("é\n", status: 75), JobFailure("", isDivergence: true)] {
      #expect(JobFailure(bytes: failure.bytes) == failure)
    }
    #expect(JobFailure(bytes: []) == nil)
  }

  @Test("A failure that all ranks have alike is said once, another with the rank and its host")
  func several() {
    let (failure, other) = (JobFailure("no", status: 78), JobFailure("never", status: 1))
    #expect(JobFailure(of: [nil, nil, nil], hosts: hosts) == nil)
    #expect(JobFailure(of: [failure, failure, failure], hosts: hosts) == failure)
    #expect(
      JobFailure(of: [nil, failure, nil], hosts: hosts)
        == JobFailure("rank 1 on b: no", status: 78))
    #expect(
      JobFailure(of: [nil, failure, other], hosts: hosts)
        == JobFailure("rank 1 on b: no (and 1 more of 3 ranks failed)", status: 78))
  }

  @Test("An interruption is one of all ranks, also where not all heard of it, but hides no failure")
  func interruption() {
    let (interruption, failure) = (JobFailure.interruption, JobFailure("no", status: 78))
    #expect(interruption.exitStatus == 75)
    #expect(JobFailure(of: [nil, interruption, nil], hosts: hosts) == interruption)
    #expect(
      JobFailure(of: [interruption, interruption, failure], hosts: hosts)
        == JobFailure("rank 2 on c: no", status: 78))
  }

  @Test("An error outside of what ranks do together is one rank's, unless all know of it")
  func wrapping() throws {
    func wrap(_ error: any Error) -> (any Error)? {
      do {
        try RankFailure.wrapping(rank: 2, host: "c") { throw error }
        return nil
      } catch { return error }
    }
    let own = try #require(wrap(Broken()) as? RankFailure)
    #expect(own.rank == 2 && own.host == "c" && "\(own)" == "rank 2 on c: broken")
    #expect(wrap(own) as? RankFailure == own)
    #expect(wrap(JobFailure("no")) as? JobFailure == JobFailure("no"))
    #expect(try RankFailure.wrapping(rank: 2, host: "c") { 5 } == 5)
  }
}
