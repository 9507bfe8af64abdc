import Foundation

/// The progress of a run, as a line of text.
package struct ProgressBar: Sendable {
  /// The steps done, and the last one of the run.
  package let done, total: Int
  /// The speed over the last steps, in samples a second.
  package let samplesPerSecond: Double
  /// The time to the end of the run at that speed.
  package let secondsLeft: Double

  package init(done: Int, total: Int, samplesPerSecond: Double, secondsLeft: Double) {
    self.done = done
    self.total = total
    self.samplesPerSecond = samplesPerSecond
    self.secondsLeft = secondsLeft
  }

  /// The line, of less than `columns` characters.
  package func text(columns: Int) -> String {
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
