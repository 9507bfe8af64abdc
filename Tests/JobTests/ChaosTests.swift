import Foundation
import Testing
import TestSupport

/// Training that is disturbed at random, as `launch/chaos` does it for longer.
@Suite("Chaos")
struct ChaosTests {
  private static let needsOpenMPI: Comment = "launch/chaos looks for what Open MPI's mpirun starts"

  @Test(
    "Killed, interrupted and stopped ranks and damaged checkpoints do not change the result",
    .enabled(if: Mpirun.isOpenMPI, needsOpenMPI))
  func ranks() throws { try disturb(["ranks", "ranks", "ranks", "checkpoints"]) }

  @Test(
    "A link that is cut, a host that dies and a daemon that stands still do not change the result",
    .enabled(if: HostsTests.isPossible, "this machine allows no network namespaces"),
    .enabled(if: Mpirun.isOpenMPI, needsOpenMPI))
  func hosts() throws { try disturb(["links", "hosts", "daemons"]) }

  /// Has `launch/chaos` do a round of each of these kinds.
  private func disturb(_ kinds: [String]) throws {
    let result = try run(
      LaunchTests.checkout + "/launch/chaos",
      [
        "--rounds", "\(kinds.count)", "--seed", "5", "--program", Workspace.lockstep, "--kinds",
        kinds.joined(separator: ","),
      ], timeout: 400)
    #expect(result.succeeded, "\(result)")
    #expect(
      result.standardOutput.hasSuffix("\n\(kinds.count) rounds, \(kinds.count) equal\n"),
      "\(result)")
  }
}
