/// The options of the command line.
struct Options {
  static let usage = """
    usage: reader-fuzz READER [--count N] [--seed S] [--first I]

    Reads N inputs (10000 if not given) that are mutated from valid files by a generator of seed S (1),
    from number I (0) on, and checks of each that the reader takes it or refuses it with a sentence,
    in \(Worker.timeLimit) s of a processor and \(Worker.memoryLimit >> 30) GiB. An input that breaks this is kept in the working folder.

    Readers: \(fuzzedReaders.map(\.name).joined(separator: ", "))
    """

  let reader: (name: String, type: any FuzzedReader.Type)
  private(set) var count = 10_000
  private(set) var seed: UInt64 = 1
  private(set) var first = 0
  /// The folder that a supervisor gives to its worker.
  private(set) var workFolder: String?

  /// Nil where the arguments are wrong.
  init?(_ arguments: some Collection<String>) {
    var arguments = arguments.makeIterator()
    guard let name = arguments.next(), let reader = fuzzedReaders.first(where: { $0.name == name })
    else { return nil }
    self.reader = reader
    while let option = arguments.next() {
      guard let value = arguments.next() else { return nil }
      switch option {
      case "--work-in": workFolder = value
      case "--seed":
        guard let number = UInt64(value) else { return nil }
        seed = number
      case "--count", "--first":
        guard let number = Int(value), (0...1_000_000_000).contains(number) else { return nil }
        if option == "--count" { count = number } else { first = number }
      default: return nil
      }
    }
  }
}
