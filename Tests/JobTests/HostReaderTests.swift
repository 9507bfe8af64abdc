import Foundation
import Testing
import TestSupport

/// The data that the ranks of a host read once for all of them.
@Suite("Reading on a host")
struct HostReaderTests {
  static let fashionMNIST = "/usr/share/datasets/fashion-mnist"

  @Test(
    "The first rank of a host reads the files, and the others do not open them",
    .enabled(if: (try? run("/usr/bin/strace", ["true"]))?.succeeded ?? false, "needs strace"),
    arguments: ["root", "all"])
  func once(evaluation: String) throws {
    let workspace = try Workspace()
    let trace = workspace.path + "/trace"
    let result = try runJob(
      ranks: 3, executable: "/usr/bin/strace",
      arguments: [
        "-f", "-ff", "-e", "trace=openat", "-o", trace, Workspace.lockstep, "train", "--config",
        workspace.path + "/tiny.yaml", "--output", workspace.path + "/run", "--max-steps", "1",
        "--set", "evaluation.ranks=\(evaluation)",
      ])
    #expect(result.succeeded, "\(result)")
    let opened = try FileManager.default.contentsOfDirectory(atPath: workspace.path)
      .filter { $0.hasPrefix("trace") }
      .map { try String(contentsOfFile: workspace.path + "/" + $0, encoding: .utf8) }
    for name in ["train-images", "train-labels", "t10k-images", "t10k-labels"] {
      #expect(opened.count { $0.contains(name) } == 1, "\(name)")
    }
  }

  @Test("Ranks that see other files of the same content each read their own, with the same bits")
  func otherFolders() throws {
    let workspace = try Workspace()
    let options = ["--max-steps", "3", "--set", "evaluation.ranks=all"]
    try workspace.train(ranks: nil, output: "alone", options)
    try FileManager.default.createDirectory(
      atPath: workspace.path + "/b", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: workspace.path + "/data", toPath: workspace.path + "/b/data")
    let job =
      [
        Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml", "--output",
        workspace.path + "/run", "--set", "data.directory=data",
      ] + options
    let result = try run(
      "/usr/bin/env",
      Mpirun.command + ["-np", "2", "-wdir", workspace.path] + job
        + [":", "-np", "1", "-wdir", workspace.path + "/b"] + job,
      environment: Mpirun.environment, timeout: 60)
    #expect(result.succeeded, "\(result)")
    #expect(
      try workspace.parameters("run", step: 3) == workspace.parameters("alone", step: 3))
  }

  @Test(
    "Ranks that cannot share the memory for the data each read them, and their host says so once",
    .enabled(if: FileManager.default.fileExists(atPath: fashionMNIST), "needs FashionMNIST"))
  func refusedMemory() throws {
    let workspace = try Workspace()
    let options = [
      "train", "--config", workspace.path + "/tiny.yaml", "--max-steps", "2", "--set",
      "data.directory=\(Self.fashionMNIST)", "--set", "data.classes=[a,b,c,d,e,f,g,h,i,j]",
      "--output",
    ]
    let shared = try runJob(
      ranks: 3, executable: Workspace.lockstep, arguments: options + [workspace.path + "/shared"])
    #expect(shared.succeeded && !shared.standardError.contains("reads all"), "\(shared)")
    // The samples take 47 MB.
    let limited = try runJob(
      ranks: 3, executable: "/bin/bash",
      arguments: [
        "-c", "[ \(Mpirun.rank) != 2 ] || ulimit -S -f 40000; exec \"$@\"", "bash",
        Workspace.lockstep,
      ] + options + [workspace.path + "/limited"])
    #expect(limited.succeeded, "\(limited)")
    let sentences = limited.standardError.matches(
      of: /each rank on \S+ reads all of the data itself, .* rank 2 failed in .*ulimit -f is/)
    #expect(sentences.count == 1, "\(limited)")
    #expect(
      try workspace.parameters("limited", step: 2) == workspace.parameters("shared", step: 2))
  }
}
