/// A failure that every rank of the job knows of; rank 0 says it, and all end with its status.
///
/// The other kind, which one rank alone knows of, is `RankFailure`.
package struct JobFailure: HasExitStatus, Equatable, CustomStringConvertible {
  /// The status for input that has to be changed first: starting again cannot help (`EX_CONFIG`).
  package static let inputStatus: Int32 = 78
  /// The status for options that have to be typed otherwise (`EX_USAGE`).
  package static let usageStatus: Int32 = 64

  /// A sentence: what happened, where, and what to do.
  package let description: String
  /// The exit status of every rank.
  package let exitStatus: Int32
  /// True if a training diverged, which says nothing of other trainings in the same job.
  package let isDivergence: Bool

  package init(_ description: String, status: Int32 = 1, isDivergence: Bool = false) {
    self.description = description
    exitStatus = status
    self.isDivergence = isDivergence
  }

  /// The failure of a job in which an error was said to all ranks. One with the status of an
  /// interruption, of what knows of no job, is an `interruption`.
  package init(_ error: any Error) {
    let status = (error as? any HasExitStatus)?.exitStatus ?? 1
    if let failure = error as? JobFailure {
      self = failure
    } else if status == TerminationSignals.exitStatus {
      self = .interruption
    } else {
      self.init("\(error)", status: status)
    }
  }

  /// The end of a job that a signal interrupted before there was anything to lose.
  package static let interruption = JobFailure(
    "interrupted before there was anything to keep; start the same again",
    status: TerminationSignals.exitStatus)

  /// True if a signal ended the job, which can go on.
  package var isInterruption: Bool { exitStatus == TerminationSignals.exitStatus }

  /// The failure of a job whose ranks, which run on `hosts`, each failed or not; nil if none did.
  ///
  /// A failure that all have alike is said once, otherwise the first, with its rank and host. An
  /// interruption, which not all ranks may have heard of in time, is one of all, unless another
  /// failure came before.
  package init?(of failures: [JobFailure?], hosts: [String]) {
    let isInterrupted = failures.contains { $0?.isInterruption == true }
    let failures = failures.map { $0?.isInterruption == true ? nil : $0 }
    guard let rank = failures.firstIndex(where: { $0 != nil }), let first = failures[rank] else {
      guard isInterrupted else { return nil }
      self = .interruption
      return
    }
    if failures.allSatisfy({ $0 == first }) {
      self = first
      return
    }
    let others = failures.filter { $0 != nil }.count - 1
    self.init(
      "rank \(rank) on \(hosts[rank]): \(first)"
        + (others == 0 ? "" : " (and \(others) more of \(failures.count) ranks failed)"),
      status: first.exitStatus, isDivergence: first.isDivergence)
  }
}

/// An error with an exit status of its own; any other error has 1.
package protocol HasExitStatus: Error {
  /// The exit status of a program that ends with the error.
  var exitStatus: Int32 { get }
}

/// The failure as a message between ranks: a byte for the status, one for the divergence, and the
/// sentence.
extension JobFailure {
  /// The message.
  package var bytes: [UInt8] {
    [UInt8(truncatingIfNeeded: exitStatus), isDivergence ? 1 : 0] + Array(description.utf8)
  }

  /// Reads the message; nil if it is empty, which stands for a success.
  package init?(bytes: [UInt8]) {
    guard bytes.count >= 2 else { return nil }
    self.init(
      String(decoding: bytes.dropFirst(2), as: UTF8.self), status: Int32(bytes[0]),
      isDivergence: bytes[1] == 1)
  }
}
