import Foundation

/// Reads one input after the other in this process. It may crash, hang or run out of memory; the
/// supervisor sees that.
struct Worker {
  /// No input may take more of a processor, in seconds.
  static let timeLimit = 10
  /// No input may take longer, in seconds, on however busy a machine.
  static let waitingLimit: UInt32 = 120
  /// The memory that the process may take beyond what it has before the first input, in bytes.
  static let memoryLimit = 1 << 30
  /// The longest text of a refusal, in bytes.
  static let longestRefusal = 4096

  let options: Options
  let folder: String

  /// Reads the inputs of `options`.
  ///
  /// - Throws: ``BrokenPromise`` for what is neither a refusal nor an acceptance.
  func run() throws {
    let progress = try Progress(path: folder + "/progress")
    var reader = try options.reader.type.init(folder: folder)
    try Self.limitMemory()
    let path = folder + "/input"
    for seed in reader.seeds {
      try Self.write(seed, to: path)
      do { try reader.readSeed(path) } catch {
        throw BrokenPromise("a valid file was refused: \(error)")
      }
    }
    for index in options.first..<options.first + options.count {
      var random = InputGenerator(seed: options.seed, index: index)
      let input = reader.makeInput(&random)
      progress[.input] = index
      try Self.write(input, to: path)
      let start = clock()
      Self.setTimers(Self.timeLimit, Self.waitingLimit)
      do {
        try reader.read(path, &random)
        progress[.accepted] += 1
      } catch {
        try Self.check(error, of: type(of: reader))
        progress[.refused] += 1
      }
      Self.setTimers(0, 0)
      let time = clock() - start
      if time > progress[.slowest] {
        progress[.slowest] = time
        progress[.slowestInput] = index
      }
      progress[.tried] += 1
      if index % 64 == 0 || time > CLOCKS_PER_SEC / 1000 {
        progress[.peakMemory] = Self.peakMemory()
      }
    }
    progress[.peakMemory] = Self.peakMemory()
  }

  /// Checks that a refusal is one of the reader's own errors, and a sentence.
  private static func check(_ error: any Error, of reader: any FuzzedReader.Type) throws {
    guard reader.isRefusal(error) else {
      throw BrokenPromise("\(type(of: error)) is no refusal: \(error)")
    }
    let text = "\(error)"
    guard !text.isEmpty, text.utf8.count <= longestRefusal,
      !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else {
      throw BrokenPromise(
        "a refusal of \(text.utf8.count) bytes is no sentence: \(text.prefix(500))")
    }
  }

  /// At the end of either time a signal ends the process; 0 is none.
  private static func setTimers(_ processorSeconds: Int, _ seconds: UInt32) {
    var timer = itimerval(
      it_interval: timeval(), it_value: timeval(tv_sec: processorSeconds, tv_usec: 0))
    setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    alarm(seconds)
  }

  /// Beyond the limit allocations fail, and the process with them.
  private static func limitMemory() throws {
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let used = (Int(pages.prefix { $0 != " " }) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    let limit = rlim_t(used + memoryLimit)
    var limits = rlimit(rlim_cur: limit, rlim_max: limit)
    guard setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0 else {
      throw BrokenPromise("cannot limit the memory: \(String(cString: strerror(errno)))")
    }
  }

  /// The largest resident memory so far, in KiB.
  private static func peakMemory() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    // Cut after writing: a file that is emptied first goes to the disk each time.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    guard descriptor >= 0, count == bytes.count, ftruncate(descriptor, count) == 0 else {
      throw BrokenPromise("cannot write \(path): \(String(cString: strerror(errno)))")
    }
  }
}
