import CMPI

// Checks that each blocking collective makes before it calls MPI.

extension Communicator {
  /// Checks that a collective can go ahead: MPI is running, this rank's arguments are fine, and, if
  /// the communicator checks agreement, all ranks call the same collective with the same traits.
  ///
  /// - Parameter refusal: the fault that this rank has already found in its own arguments. Where
  ///   the communicator checks agreement, it becomes an error on all ranks, so that nobody waits.
  /// - Throws: ``MPIError``.
  func enter(
    _ function: StaticString, count: Int = 0, root: Int = 0, layout: BlockLayout? = nil,
    datatype: Datatype? = nil, operation: ReduceOperation? = nil, refusal: MPIError? = nil
  ) throws(MPIError) {
    try requireActive(function)
    var refusal = refusal
    if let datatype { refusal = refusal ?? operation?.refusal(of: datatype, function) }
    guard checksAgreement else {
      if let refusal { throw refusal }
      return
    }
    let traits: [(name: String, value: Int, errorClass: MPIError.ErrorClass)] = [
      ("refusal", refusal == nil ? 0 : 1, .other),
      ("collective", fingerprint(of: function), .other),
      ("root", root, .root),
      ("element type", datatype?.rawValue ?? -1, .type),
      ("reduction", operation?.rawValue ?? -1, .operation),
      ("element count", count, .count),
      ("layout", layout?.fingerprint ?? 0, .count),
    ]
    let (least, greatest) = try extremes(of: traits.map(\.value))
    if let refusal { throw refusal }
    for (index, trait) in traits.enumerated() where least[index] != greatest[index] {
      let sentence =
        switch trait.name {
        case "refusal": "another rank of the communicator refused its own arguments to this call"
        case "collective": "another rank of the communicator calls a different collective here"
        case "layout": "the ranks do not all pass the same layout of blocks"
        case "root", "element count":
          "the ranks do not all pass the same \(trait.name): this rank passes \(trait.value), and "
            + "they range from \(least[index]) to \(greatest[index])"
        default: "the ranks do not all pass the same \(trait.name)"
        }
      throw MPIError(refusing: function, trait.errorClass, sentence)
    }
  }

  /// The least and the greatest over all ranks of each value.
  private func extremes(of values: [Int]) throws(MPIError) -> (least: [Int], greatest: [Int]) {
    // ~x falls as x rises and, unlike -x, never overflows.
    var both = values + values.map(~)
    let count = Int32(both.count)
    let code = both.withUnsafeMutableBytes {
      MPI_Allreduce(
        cmpi_MPI_IN_PLACE(), $0.baseAddress, count, cmpi_MPI_INT64_T(),
        cmpi_MPI_MIN(), handle)
    }
    try check("MPI_Allreduce", code)
    return (Array(both.prefix(values.count)), both.suffix(values.count).map(~))
  }

  /// An error if a span does not have the length that the communicator's size demands.
  func expect(
    _ name: StaticString, _ found: Int, toHold expected: Int, _ function: StaticString,
    because reason: @autoclosure () -> String
  ) -> MPIError? {
    guard found != expected else { return nil }
    return MPIError(
      refusing: function, .count,
      "the \(name) has \(found) elements and needs \(expected): \(reason())")
  }
}

/// A hash of a text that is the same on every rank (FNV-1a).
private func fingerprint(of text: StaticString) -> Int {
  text.withUTF8Buffer { fingerprint(of: $0.lazy.map(Int.init)) }
}

/// A hash of integers that is the same on every rank (FNV-1a over whole numbers).
func fingerprint(of values: some Sequence<Int>) -> Int {
  Int(
    bitPattern: values.reduce(0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt(bitPattern: $1)) &* 0x100_0000_01b3
    })
}
