import Cluster
import Configuration

extension Threads {
  /// The number of threads for a rank whose share of the processors is `processors`.
  package func count(_ processors: Double) -> Int {
    switch self {
    case .auto: max(processors.wholeProcessors, 1)
    case .count(let count): count
    }
  }
}
