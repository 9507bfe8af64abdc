import MessagePassing

/// A failure that every rank of the job knows of; rank 0 says it, and all end with a non-zero status.
public struct JobFailure: Error, Equatable, CustomStringConvertible {
  /// What happened, where, and what to do.
  public let description: String
}

/// The ranks of a job, and how one of them fails without leaving the others waiting.
public struct Team {
  /// All ranks.
  public let world: Communicator
  /// The name of this rank's host.
  public let host: String

  init(world: Communicator, host: String) {
    self.world = world
    self.host = host
  }

  /// This rank's number.
  public var rank: Int { world.rank }
  /// The number of ranks.
  public var size: Int { world.size }
  /// Whether this is rank 0, which reports and writes.
  public var isRoot: Bool { rank == 0 }

  /// Runs `body` on every rank, which all call this, and returns its result if it succeeded on all.
  ///
  /// - Throws: `JobFailure` on every rank if `body` failed on any. If it failed for the same reason
  ///   on all, that is said once; otherwise with the rank and the host of the first.
  public func together<Result>(_ body: () throws -> Result) throws -> Result {
    let outcome = Swift.Result(catching: body)
    let messages = try world.allGather(Array(message(of: outcome).utf8))
      .map { String(decoding: $0, as: UTF8.self) }
    guard let failed = messages.firstIndex(where: { !$0.isEmpty }) else { return try outcome.get() }
    if messages.allSatisfy({ $0 == messages[failed] }) {
      throw JobFailure(description: messages[failed])
    }
    let hosts = try world.allGather(Array(host.utf8)).map { String(decoding: $0, as: UTF8.self) }
    let others = messages.filter { !$0.isEmpty }.count - 1
    throw JobFailure(
      description: "rank \(failed) on \(hosts[failed]): \(messages[failed])"
        + (others == 0 ? "" : " (and \(others) more of \(size) ranks failed)"))
  }

  /// Runs `body` on rank 0 while the others sleep; every rank calls this.
  ///
  /// - Throws: `JobFailure` on every rank if `body` failed.
  public func onRoot(_ body: () throws -> Void) throws {
    var message: [UInt8] = []
    if isRoot {
      message = Array(self.message(of: Swift.Result(catching: body)).utf8)
    }
    message = try broadcastIdly(message)
    if !message.isEmpty { throw JobFailure(description: String(decoding: message, as: UTF8.self)) }
  }

  /// Rank 0's bytes, cut off where they are too many, on every rank; the others sleep until they come.
  private func broadcastIdly(_ bytes: [UInt8]) throws -> [UInt8] {
    var buffer = MessageBuffer<UInt8>(count: 4096)
    for (index, byte) in bytes.prefix(buffer.count).enumerated() { buffer[index] = byte }
    let request = try world.startBroadcast(buffer, root: 0)
    let received =
      try isRoot ? request.wait() : request.waitIdly(pollEvery: .milliseconds(1))
    var message: [UInt8] = []
    for index in 0..<received.count where received[index] != 0 { message.append(received[index]) }
    return message
  }

  /// The text of a failure; empty for a success.
  private func message<Result>(of outcome: Swift.Result<Result, any Error>) -> String {
    guard case .failure(let error) = outcome else { return "" }
    let text = "\(error)"
    return text.isEmpty ? "\(type(of: error))" : text
  }
}
