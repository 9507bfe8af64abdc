import Foundation

/// A running program at the head of its own process group, whose output this process reads.
final class Child {
  private let pid: pid_t
  private var pipes: [Pipe]

  private struct Pipe {
    var descriptor: Int32
    var bytes: [UInt8] = []
    var isOpen = true
  }

  init(_ executable: String, _ arguments: [String], _ added: [String: String]) throws {
    let (output, error) = (try Self.makePipe(), try Self.makePipe())
    defer {
      close(output.write)
      close(error.write)
    }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, error.write, STDERR_FILENO)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    posix_spawnattr_setpgroup(&attributes, 0)
    // The threads of Dispatch, which run tests, have signals blocked, and a shell cannot unblock them.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)

    let environment = ProcessInfo.processInfo.environment.merging(added) { _, given in given }
    let argv = ([executable] + arguments).map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }

    var pid: pid_t = 0
    let code = posix_spawn(&pid, executable, &actions, &attributes, argv, envp)
    guard code == 0 else {
      close(output.read)
      close(error.read)
      throw LaunchError(
        description: "cannot start \(executable): \(String(cString: strerror(code)))")
    }
    self.pid = pid
    self.pipes = [Pipe(descriptor: output.read), Pipe(descriptor: error.read)]
  }

  deinit {
    for pipe in pipes { close(pipe.descriptor) }
  }

  /// Reads both pipes as they fill until the program has ended or run out of time.
  func collect(timeout: Double) -> JobResult {
    let deadline = now() + timeout
    var status: Int32?
    var timedOut = false
    while status == nil || pipes.contains(where: \.isOpen) {
      let hadEnded = status != nil
      let didRead = readWhatIsThere(waitMilliseconds: 50)
      if status == nil { status = poll() }
      // A stray grandchild may hold a pipe open: what it writes later is nobody's output.
      if hadEnded && !didRead { break }
      if status == nil && now() > deadline {
        timedOut = true
        status = end()
      }
    }
    return JobResult(
      status: status ?? -1, timedOut: timedOut,
      standardOutput: String(decoding: pipes[0].bytes, as: UTF8.self),
      standardError: String(decoding: pipes[1].bytes, as: UTF8.self))
  }

  /// Ends the process group: mpirun ends its ranks on SIGTERM, and cannot on SIGKILL.
  private func end() -> Int32 {
    kill(-pid, SIGTERM)
    let deadline = now() + 5
    while now() < deadline {
      _ = readWhatIsThere(waitMilliseconds: 50)
      if let status = poll() {
        kill(-pid, SIGKILL)
        return status
      }
    }
    kill(-pid, SIGKILL)
    return poll(options: 0) ?? -1
  }

  /// The exit status if the program has ended.
  private func poll(options: Int32 = WNOHANG) -> Int32? {
    var raw: Int32 = 0
    guard waitpid(pid, &raw, options) == pid else { return nil }
    let signal = raw & 0x7F
    return signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
  }

  private func readWhatIsThere(waitMilliseconds: Int32) -> Bool {
    var descriptors = pipes.map {
      pollfd(fd: $0.isOpen ? $0.descriptor : -1, events: Int16(POLLIN), revents: 0)
    }
    guard Foundation.poll(&descriptors, nfds_t(descriptors.count), waitMilliseconds) > 0 else {
      return false
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    for index in descriptors.indices where descriptors[index].revents != 0 {
      let count = read(pipes[index].descriptor, &buffer, buffer.count)
      if count > 0 {
        pipes[index].bytes += buffer[..<count]
      } else if count == 0 {
        pipes[index].isOpen = false
      }
    }
    return true
  }

  /// A pipe whose ends other children do not inherit; dup2 clears that flag on their own copies.
  private static func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw LaunchError(description: "cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private func now() -> Double { ProcessInfo.processInfo.systemUptime }
}
