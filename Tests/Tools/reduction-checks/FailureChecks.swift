import Cluster
import Reduction

/// The last rank fails while pieces are under way; nobody waits for it, and nothing traps.
func throwBetweenPieces(_ team: Team, sharesMemory: Bool) throws {
  let reduction = try GradientReduction(
    ReductionChannels(team.world, sharesMemory: sharesMemory),
    blocks: (0..<team.size).map { $0..<$0 + 1 }, pieces: cuts[0])
  reduction.begin([try gradient(team.rank, step: 0)])
  try reduction.start(0)
  if team.rank == team.size - 1 { throw Unexpected(description: "a failure between two pieces") }
  for piece in 1..<reduction.pieceCount { try reduction.start(piece) }
  _ = try reduction.finish()
}
