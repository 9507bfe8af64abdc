import Foundation

/// Facts about this process and its processor, as Linux tells them.
package enum ProcessFacts {
  /// The seconds since the process was started, to a hundredth, from `/proc/self/stat`; nil if it
  /// does not tell.
  package static var age: Double? {
    let stat = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
    // The second field is the program's name in brackets, which may hold anything; the 22nd is the
    // time of the start since that of the system, in ticks.
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    guard fields.count > 20, let ticks = Double(fields[20]) else { return nil }
    var now = timespec()
    clock_gettime(CLOCK_BOOTTIME, &now)
    let seconds = Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    return max(seconds - ticks / Double(sysconf(Int32(_SC_CLK_TCK))), 0)
  }

  /// The most memory that the process ever had in use, in bytes.
  package static var peakMemory: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }

  /// The memory of the host, in bytes.
  package static var hostMemory: Double {
    Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The processor's name from `/proc/cpuinfo`.
  package static var processorName: String {
    let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = information.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last
    return name?.trimmingCharacters(in: .whitespaces) ?? "unknown processor"
  }
}
