import Foundation
import Testing
import TestSupport

/// Training that is disturbed at random, as `launch/chaos` does it for longer.
@Suite("Chaos")
struct ChaosTests {
  @Test("Killed, interrupted and stopped ranks and damaged checkpoints do not change the result")
  func chaos() throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../launch/chaos").standardizedFileURL.path
    let result = try run(
      script, ["--rounds", "4", "--seed", "5", "--program", Workspace.lockstep], timeout: 240)
    #expect(result.succeeded, "\(result)")
    #expect(result.standardOutput.hasSuffix("\n4 rounds, 4 equal\n"), "\(result)")
  }
}
