import CMPI

/// A level of support for threads that call MPI. Each level includes the ones before it.
public enum ThreadingLevel: Int, Comparable, Sendable {
  /// The process has one thread. The corresponding C constant is `MPI_THREAD_SINGLE`.
  case single
  /// Only the thread that initialized MPI calls it. The C constant is `MPI_THREAD_FUNNELED`.
  case funneled
  /// Any thread calls MPI, one at a time. The C constant is `MPI_THREAD_SERIALIZED`.
  case serialized
  /// Any thread calls MPI at any time. The C constant is `MPI_THREAD_MULTIPLE`.
  case multiple

  /// True if the first level allows less than the second.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  var constant: Int32 {
    switch self {
    case .single: Int32(MPI_THREAD_SINGLE)
    case .funneled: Int32(MPI_THREAD_FUNNELED)
    case .serialized: Int32(MPI_THREAD_SERIALIZED)
    case .multiple: Int32(MPI_THREAD_MULTIPLE)
    }
  }

  init?(constant: Int32) {
    let levels = [Self.single, .funneled, .serialized, .multiple]
    guard let level = levels.first(where: { $0.constant == constant }) else { return nil }
    self = level
  }
}
