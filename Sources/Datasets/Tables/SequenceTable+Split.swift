import Files

extension SequenceTable {
  /// The numbers of the sequences of each part, in the order of the table.
  ///
  /// Where the table does not say the part, the data alone decide: of the sequences of each class the
  /// test set gets the share whose ids have the smallest SHA-256, rounded, and at least one of two.
  ///
  /// - Parameter testShare: the share of the test set, above 0 and below 1.
  /// - Throws: ``DatasetError`` where a part has no sequence.
  package func parts(testShare: Double) throws(DatasetError) -> (training: [Int], test: [Int]) {
    let saysParts = sequences.contains { $0.part != nil }
    let isTest = if saysParts { sequences.map { $0.part == .test } } else { try drawn(testShare) }
    let parts = (
      training: sequences.indices.filter { !isTest[$0] },
      test: sequences.indices.filter { isTest[$0] }
    )
    for (name, part) in [("training", parts.training), ("test", parts.test)] where part.isEmpty {
      throw DatasetError(
        .impossibleLayout, in: path, found: "no \(name) sequence among \(sequences.count)",
        expected: "one or more in each part",
        advice: saysParts
          ? "let the column of --split say train and test"
          : "give two sequences of a class or more, or say the parts in a column, with --split")
    }
    return parts
  }

  private func drawn(_ testShare: Double) throws(DatasetError) -> [Bool] {
    var isTest = [Bool](repeating: false, count: sequences.count)
    var members: [String: [(digest: String, sequence: Int)]] = [:]
    for (index, sequence) in sequences.enumerated() {
      let digest: SHA256Digest
      do { digest = try SHA256Digest(of: Array(sequence.id.utf8)) } catch {
        throw DatasetError(
          .unreadableFile, in: path, found: error.description, expected: "digests of the ids",
          advice: "start again")
      }
      members[sequence.label, default: []].append((digest.description, index))
    }
    for members in members.values where members.count > 1 {
      let share = Int((testShare * Double(members.count)).rounded())
      let count = min(max(share, 1), members.count - 1)
      for member in members.sorted(by: { $0.digest < $1.digest }).prefix(count) {
        isTest[member.sequence] = true
      }
    }
    return isTest
  }
}
