import Foundation

/// Starts workers, and starts another behind each input that ended one.
struct Supervisor {
  /// After so many finds there is enough to do.
  static let mostFinds = 20

  let options: Options

  /// Runs the inputs, prints what came of them, and returns how many broke a promise.
  func run() throws -> Int {
    let folder = FileManager.default.temporaryDirectory.path + "/reader-fuzz-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let progress = try Progress(path: folder + "/progress")
    let start = ContinuousClock.now
    let end = options.first + options.count
    var first = options.first
    var finds = 0
    while first < end, finds < Self.mostFinds {
      progress[.input] = -1
      let failure = try work(first..<end, folder)
      guard let failure else { break }
      finds += 1
      let index = progress[.input]
      guard index >= 0 else {
        say("reader-fuzz: \(options.reader.name): before the first input: \(failure)")
        break
      }
      let kept = "reader-fuzz-\(options.reader.name)-\(options.seed)-\(index)"
      try? FileManager.default.removeItem(atPath: kept)
      try? FileManager.default.copyItem(atPath: folder + "/input", toPath: kept)
      say(
        "reader-fuzz: \(options.reader.name): input \(index) of seed \(options.seed): \(failure); "
          + "kept as \(kept)")
      progress[.tried] += 1
      first = index + 1
    }
    report(progress, finds, ContinuousClock.now - start)
    return finds
  }

  /// Lets a worker read the inputs in `range`; what ended it before their end.
  private func work(_ range: Range<Int>, _ folder: String) throws -> String? {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      options.reader.name, "--seed", "\(options.seed)", "--first", "\(range.lowerBound)",
      "--count", "\(range.count)", "--work-in", folder,
    ]
    // A trap would print a trace of the stack, at length.
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SWIFT_BACKTRACE": "enable=no"]) { _, ours in ours }
    try process.run()
    process.waitUntilExit()
    switch (process.terminationReason, process.terminationStatus) {
    case (.exit, 0): return nil
    case (.exit, _): return "a promise was broken"
    case (_, SIGPROF): return "it kept a processor busy for \(Worker.timeLimit) s"
    case (_, SIGALRM): return "it took longer than \(Worker.waitingLimit) s"
    case (_, let signal):
      return "it crashed (\(strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"))"
    }
  }

  private func report(_ progress: Progress, _ finds: Int, _ time: Duration) {
    let seconds = time / .seconds(1)
    let slowest = String(format: "%.3f", Double(progress[.slowest]) / Double(CLOCKS_PER_SEC))
    say(
      """
      reader-fuzz: \(options.reader.name): \(progress[.tried]) inputs of seed \(options.seed) in \
      \(String(format: "%.1f", seconds)) s: \(progress[.accepted]) accepted, \
      \(progress[.refused]) refused, \(finds) broke a promise; \
      peak memory \(progress[.peakMemory] / 1024) MiB, \
      slowest input \(progress[.slowestInput]) in \(slowest) s
      """)
  }
}

/// Prints a line at once, so that those of two processes keep their order.
func say(_ line: String) {
  print(line)
  fflush(nil)
}
