import Training

// Checks of the gradient reduction that need a real MPI job: `mpirun -np 3 reduction-checks sums`.

Job.run { team in
  switch CommandLine.arguments.dropFirst().first {
  case "sums": try checkSums(team)
  case "throw": try throwBetweenPieces(team)
  default: throw Unexpected(description: "usage: reduction-checks sums|throw")
  }
}
