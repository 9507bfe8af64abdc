import Foundation

/// The terminal that a person watches the run on.
public struct Terminal: Sendable {
  private let path: String

  /// The terminal that standard output goes to, or nil if it goes to a file or a pipe.
  ///
  /// `mpirun` gives each rank a terminal of its own, also if its own output goes to a pipe, so under
  /// it the standard output of the parent process counts.
  public static func find(under launcher: Launcher) -> Terminal? {
    let process = launcher.startsSeveralRanks ? "\(getppid())" : "self"
    let target = try? FileManager.default.destinationOfSymbolicLink(
      atPath: "/proc/\(process)/fd/1")
    guard let target, target.hasPrefix("/dev/pts/") || target.hasPrefix("/dev/tty"),
      ProcessInfo.processInfo.environment["TERM"] != "dumb"
    else { return nil }
    return Terminal(path: target)
  }

  /// The width in characters; 80 if the terminal does not tell.
  var columns: Int {
    let descriptor = open(path, O_RDONLY | O_NOCTTY)
    guard descriptor >= 0 else { return 80 }
    defer { close(descriptor) }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}

/// How far a run is.
public struct ProgressBar: Sendable {
  /// The steps done, and those of the whole run.
  let done, total: Int
  /// The speed over the last steps, in samples a second.
  let samplesPerSecond: Double
  /// The time to the end of the run at that speed.
  let secondsLeft: Double

  /// The bar, one line of less than `columns` characters.
  func text(columns: Int) -> String {
    let figures = String(
      format: " %3d %%  %d/%d  %.0f samples/s  %@ left", 100 * done / max(total, 1), done, total,
      samplesPerSecond, Self.duration(secondsLeft))
    let width = min(40, columns - figures.count - 3)
    guard width >= 4 else { return String(figures.prefix(max(columns - 1, 0))) }
    let filled = width * done / max(total, 1)
    return "[" + String(repeating: "=", count: filled)
      + String(repeating: " ", count: width - filled) + "]" + figures
  }

  private static func duration(_ seconds: Double) -> String {
    let whole = seconds.isFinite ? Int(min(max(seconds, 0), 1e8)) : 0
    return whole >= 3600
      ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
      : String(format: "%d:%02d", whole / 60, whole % 60)
  }
}
