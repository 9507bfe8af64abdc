import Foundation

/// The reasons that Linux knows for which the threads of a process computed less than they could
/// have, over a stretch of time.
package struct ProcessorUse: Codable, Equatable, Sendable {
  /// The part of the time in which the thread that had it worst was ready to run and waited for a
  /// processor, from 0 to 1.
  package var waiting = 0.0
  /// The part of the time in which the quota of a control group kept its threads from running.
  package var throttled = 0.0
  /// The part of the host's processor time that its hypervisor gave to other guests.
  package var stolen = 0.0
  /// The memory of the process that is swapped out, in bytes.
  package var swapped = 0.0
  /// The clock of the processor that it runs on, in MHz; 0 where the system does not tell.
  package var megahertz = 0.0

  /// Nothing that would slow a process.
  package init() {}

  /// The reasons that are worth a word, as parts of a sentence, the worst first.
  ///
  /// - Parameter usualMegahertz: the clock of others, to compare its own with.
  package func causes(usualMegahertz: Double) -> [String] {
    func percent(_ part: Double) -> String { String(format: "%.0f %%", 100 * part) }
    var causes: [(part: Double, words: String)] = []
    if throttled >= 0.02 {
      causes.append(
        (
          throttled,
          "the quota of its control group (cpu.max) stops it \(percent(throttled)) of the time"
        ))
    }
    if waiting >= 0.05 {
      causes.append(
        (
          waiting,
          "a thread of it waits \(percent(waiting)) of the time for a processor, which others use"
        ))
    }
    if stolen >= 0.02 {
      causes.append(
        (stolen, "the hypervisor gives \(percent(stolen)) of its host's processors to other guests")
      )
    }
    if megahertz > 0, megahertz < 0.9 * usualMegahertz {
      causes.append(
        (
          1 - megahertz / usualMegahertz,
          String(
            format: "its processor runs at %.0f MHz, and those of others at %.0f", megahertz,
            usualMegahertz)
        ))
    }
    if swapped >= 0x1p20 {
      causes.append(
        (1, String(format: "%.0f MiB of its memory are swapped out", swapped * 0x1p-20)))
    }
    return causes.sorted { $0.part > $1.part }.map(\.words)
  }
}

/// Reads the `ProcessorUse` of this process from one lap to the next. One thread at a time uses it.
package final class ProcessorUseMeter {
  /// The counters of the system, which only grow.
  private struct Counters {
    /// The nanoseconds in which each thread waited for a processor.
    var waiting: [String: Double] = [:]
    /// The seconds of a quota's stops, in the group that has most.
    var throttled = 0.0
    /// The host's processor time, and what of it was given to other guests, in ticks.
    var (ticks, stolen) = (0.0, 0.0)
  }

  private let groups = ControlGroup.all(of: "cpu")
  private var counters = Counters()
  private var stopwatch = Stopwatch()
  private var lastUse = ProcessorUse()

  /// A meter whose first lap begins now.
  package init() { counters = read() }

  /// The use since the last lap; that of the last lap again where it is less than a second ago.
  package func lap() -> ProcessorUse {
    let seconds = stopwatch.sinceLap
    guard seconds >= 1 else { return lastUse }
    _ = stopwatch.lap()
    let (before, now) = (counters, read())
    counters = now
    var use = ProcessorUse()
    use.waiting =
      now.waiting.map { ($1 - (before.waiting[$0] ?? $1)) * 1e-9 / seconds }.max() ?? 0
    use.throttled = (now.throttled - before.throttled) / seconds
    let ticks = now.ticks - before.ticks
    use.stolen = ticks > 0 ? (now.stolen - before.stolen) / ticks : 0
    use.swapped = Self.swappedBytes
    use.megahertz = Self.megahertz
    lastUse = use
    return use
  }

  private func read() -> Counters {
    var counters = Counters()
    for thread in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [] {
      // RUNNING WAITING SLICES
      let words = Self.text("/proc/self/task/\(thread)/schedstat").split(separator: " ")
      if words.count == 3 { counters.waiting[thread] = Double(words[1]) }
    }
    counters.throttled = groups.compactMap(\.throttledSeconds).max() ?? 0
    // cpu USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...
    let all = Self.text("/proc/stat").prefix { $0 != "\n" }.split(separator: " ")
    let ticks = all.dropFirst().prefix(8).compactMap { Double($0) }
    if ticks.count == 8 { (counters.ticks, counters.stolen) = (ticks.reduce(0, +), ticks[7]) }
    return counters
  }

  private static var swappedBytes: Double {
    let line = text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("VmSwap:") }
    let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
    return (kibibytes.flatMap { Double($0) } ?? 0) * 1024
  }

  private static var megahertz: Double {
    // Behind the program's name in brackets, the 37th field is the processor that it ran on last.
    let stat = text("/proc/self/stat")
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    guard fields.count > 37 else { return 0 }
    let folder = "/sys/devices/system/cpu/cpu\(fields[37])/cpufreq"
    let kilohertz = text(folder + "/scaling_cur_freq")
    return (Double(kilohertz.trimmingCharacters(in: .newlines)) ?? 0) / 1000
  }

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}

extension ControlGroup {
  /// The seconds in which the group's quota kept its processes from running so far; nil where the
  /// system does not tell.
  package var throttledSeconds: Double? {
    // Version 2 counts in microseconds, version 1 in nanoseconds.
    let units = ["throttled_usec": 1e-6, "throttled_time": 1e-9]
    for line in (text("cpu.stat") ?? "").split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words.count == 2, let unit = units[words[0]] { return Double(words[1]).map { $0 * unit } }
    }
    return nil
  }
}
