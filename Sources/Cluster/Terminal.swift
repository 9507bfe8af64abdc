import Foundation

/// The terminal that a person watches the run on.
package struct Terminal: Sendable {
  private let path: String

  /// The terminal whose device is at `path`.
  package init(path: String) { self.path = path }

  /// The terminal that standard output goes to, or nil if it goes to a file or a pipe.
  ///
  /// `mpirun` gives each rank a terminal of its own, also if its own output goes to a pipe, so
  /// under it the standard output of the parent process counts.
  package static func find(under launcher: Launcher) -> Terminal? {
    let process = launcher.isOpenMPI ? "\(getppid())" : "self"
    let target = try? FileManager.default.destinationOfSymbolicLink(
      atPath: "/proc/\(process)/fd/1")
    guard let target, target.hasPrefix("/dev/pts/") || target.hasPrefix("/dev/tty"),
      ProcessInfo.processInfo.environment["TERM"] != "dumb"
    else { return nil }
    return Terminal(path: target)
  }

  /// The width in characters; 80 if the terminal does not tell.
  package var columns: Int {
    let descriptor = open(path, O_RDONLY | O_NOCTTY)
    guard descriptor >= 0 else { return 80 }
    defer { close(descriptor) }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
