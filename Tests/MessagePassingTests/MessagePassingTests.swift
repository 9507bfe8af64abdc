import Foundation
import Testing
import TestSupport

/// Each check runs in real MPI jobs: `mpi-checks` holds the expectations, one file for each
/// chapter.
@Suite(.serialized) struct MessagePassingTests {
  static let chapters = [
    "environment", "communicators", "collectives", "reductions", "variable-collectives",
    "conveniences", "point-to-point", "nonblocking", "shared-memory", "shared-memory-limits",
    "wait-strategy", "errors", "agreement",
  ]

  let checks = builtProduct(named: "mpi-checks").path

  @Test("Every chapter of MPI works on any number of ranks", arguments: chapters, 1...4)
  func chapter(_ name: String, ranks: Int) throws {
    let job = try runJob(ranks: ranks, executable: checks, arguments: [name])
    #expect(job.succeeded, "\(job)")
  }

  /// True if another 6 GiB would not be missed here.
  private static let hasMemory: Bool = {
    let lines = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let available = lines.firstMatch(of: /MemAvailable: +(\d+) kB/).flatMap { Int($0.1) }
    return available ?? 0 > 6 << 20
  }()

  @Test(
    "Ranks share more than 2 GiB", .enabled(if: hasMemory, "this machine has less than 6 GiB free"))
  func largeSharedMemory() throws {
    let job = try runJob(ranks: 2, executable: checks, arguments: ["large-shared-memory"])
    #expect(job.succeeded, "\(job)")
  }

  /// The MPI that the tests are not built with: the name of its package for pkg-config, and the
  /// options of the compiler by which its headers are found, nil where they are not here.
  private static let otherMPI: (name: String, options: [String]?) = {
    let name = Mpirun.isOpenMPI ? "mpich" : "ompi-c"
    let flags = try? run("/usr/bin/env", ["pkg-config", "--cflags-only-I", name])
    guard let flags, flags.succeeded else { return (name, nil) }
    return (name, flags.standardOutput.split(whereSeparator: \.isWhitespace).map(String.init))
  }()

  @Test(
    "The module compiles with the other MPI's headers, too",
    .enabled(if: otherMPI.options != nil, "\(otherMPI.name) is not installed"))
  func otherHeaders() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(
      atPath: sources.path + "/MessagePassing"
    ).filter { $0.hasSuffix(".swift") }
    #expect(files.count > 20)
    let result = try run(
      "/usr/bin/env",
      [
        "swiftc", "-typecheck", "-swift-version", "6", "-enable-experimental-feature", "Lifetimes",
        "-module-name", "MessagePassing", "-package-name", "lockstep",
        "-I", sources.path + "/CMPI", "-I", sources.path + "/CLinux",
      ] + (Self.otherMPI.options ?? []).flatMap { ["-Xcc", $0] }
        + files.map { sources.path + "/MessagePassing/" + $0 }, timeout: 300)
    #expect(result.succeeded, "\(result)")
  }

  @Test("mpirun's number of ranks is the world's size", arguments: 1...4)
  func worldSize(ranks: Int) throws {
    let job = try runJob(
      ranks: ranks, executable: checks, arguments: ["environment", "\(ranks)"])
    #expect(job.succeeded, "\(job)")
    let wrong = try runJob(
      ranks: ranks, executable: checks, arguments: ["environment", "\(ranks + 1)"])
    #expect(!wrong.succeeded, "\(wrong)")
    #expect(wrong.standardError.contains("found \(ranks), expected \(ranks + 1)"), "\(wrong)")
  }

  @Test("Without mpirun the program is a job of one rank", arguments: chapters)
  func singleton(_ name: String) throws {
    let process = try run(checks, [name])
    #expect(process.succeeded, "\(process)")
  }

  @Test("MPI starts once, ends once, and refuses calls after its end", arguments: [1, 2])
  func lifetime(ranks: Int) throws {
    let job = try runJob(ranks: ranks, executable: checks, arguments: ["lifetime"])
    #expect(job.succeeded, "\(job)")
  }

  @Test("A rank that throws ends the whole job, within seconds and with its error in sight")
  func throwing() throws {
    let job = try runJob(ranks: 3, executable: checks, arguments: ["throw"], timeout: 20)
    #expect(!job.timedOut && job.status == 1, "\(job)")
    #expect(job.standardError.contains("rank 2 of 3: Trouble()"), "\(job)")
  }

  @Test("An abort ends the whole job with its code and loses no output")
  func abort() throws {
    let job = try runJob(ranks: 2, executable: checks, arguments: ["abort"], timeout: 20)
    #expect(!job.timedOut && job.status == 7, "\(job)")
    #expect(job.standardOutput.contains("a line that must not be lost"), "\(job)")
  }

  @Test("A rank that exits without finalizing ends the job, and not with success")
  func leaving() throws {
    let job = try runJob(ranks: 2, executable: checks, arguments: ["leave"], timeout: 20)
    #expect(!job.timedOut && job.status == 1, "\(job)")
    #expect(job.standardOutput.contains("caught the trouble"), "\(job)")
  }

  @Test("Dropping a pending request traps with a sentence", arguments: [1, 2])
  func droppedRequest(ranks: Int) throws {
    let job = try runJob(ranks: ranks, executable: checks, arguments: ["drop-request"])
    #expect(!job.timedOut && job.status != 0, "\(job)")
    #expect(job.standardError.contains("pending request of MPI_Iallreduce"), "\(job)")
    #expect(!job.standardOutput.contains("survived"), "\(job)")
  }

  @Test("Requests that an error gives up do not trap", arguments: [1, 2])
  func abandonedRequests(ranks: Int) throws {
    let job = try runJob(
      ranks: ranks, executable: checks, arguments: ["abandon-requests"], timeout: 20)
    #expect(!job.timedOut && job.status == 1, "\(job)")
    #expect(job.standardError.contains("rank \(ranks - 1) of \(ranks): Abandoned()"), "\(job)")
    #expect(!job.standardError.contains("Fatal error"), "\(job)")
  }

  @Test("A job that hangs is killed at its time limit, with all its ranks")
  func hanging() throws {
    let job = try runJob(ranks: 2, executable: checks, arguments: ["hang"], timeout: 3)
    #expect(job.timedOut && !job.succeeded, "\(job)")
  }
}
