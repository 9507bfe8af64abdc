import Foundation
import Testing
import TestSupport

/// Memory that ends, and memory and files that a run gives back.
@Suite("Memory")
struct MemoryTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// Runs lockstep alone, with a limit of `ulimit` in MiB: `-v` for addresses, `-d` for data.
  private func run(
    _ option: String = "-v", limit: Int, _ arguments: [String]
  ) throws -> JobResult {
    try TestSupport.run(
      "/bin/bash",
      ["-c", "ulimit \(option) \(limit * 1024); exec \"$@\"", "bash", Workspace.lockstep]
        + arguments,
      environment: ["OMPI_MCA_btl": "self"])
  }

  @Test(
    "Where memory ends, a sentence says so", arguments: Array(stride(from: 120, to: 520, by: 40)))
  func limited(mebibytes: Int) throws {
    let result = try run(
      limit: mebibytes,
      [
        "train", "--config", workspace.path + "/tiny.yaml", "--output", workspace.path + "/run",
        "--max-steps", "2", "--set", "model.hidden=512",
      ])
    #expect(!result.standardError.contains("Backtrac"), "\(result)")
    if result.succeeded { return }
    #expect([1, 78].contains(result.status), "\(result)")
    #expect(result.standardError.contains(/lockstep: .*(memory|ulimit -v)/), "\(result)")
  }

  @Test("A limit that the training would pass is said before it begins, with the numbers")
  func beforeTheStart() throws {
    let result = try run(
      limit: 900,
      [
        "train", "--config", workspace.path + "/tiny.yaml", "--output", workspace.path + "/run",
        "--set", "model.hidden=2048",
      ])
    #expect(result.status == 78, "\(result)")
    #expect(
      result.standardError.contains(
        /parameters: the training takes \d+\.\d GiB for 1 rank, and ulimit -v has 900 MiB; lower model/
      ), "\(result)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/run"))
  }

  @Test("Samples for which there is no memory are said with their file")
  func data() throws {
    // 31 MB of zeros, beside the 40 MB or so without which Open MPI does not start.
    let count: [UInt8] = [0, 0, 0x9C, 0x40]
    let size: [UInt8] = [0, 0, 0, 28]
    try Data([0, 0, 8, 3] + count + size + size + [UInt8](repeating: 0, count: 40_000 * 28 * 28))
      .write(to: URL(filePath: workspace.path + "/data/train-images-idx3-ubyte"))
    try Data([0, 0, 8, 1] + count + [UInt8](repeating: 0, count: 40_000))
      .write(to: URL(filePath: workspace.path + "/data/train-labels-idx1-ubyte"))
    for limit in [65, 75] {
      let result = try run(
        "-d", limit: limit,
        [
          "train", "--config", workspace.path + "/tiny.yaml", "--output", workspace.path + "/run",
          "--max-steps", "1", "--set", "data.shards=1",
        ])
      #expect(result.status == 78, "\(result)")
      #expect(
        result.standardError.contains(
          /train-images-idx3-ubyte: found no memory for \d+ bytes of its samples/), "\(result)")
    }
  }

  @Test("A comparison gives back the files and the memory of each run when it ends")
  func comparison() throws {
    let variants = (0..<4).map { "  v\($0): {model: {hidden: \(8 + $0)}}" }.joined(separator: "\n")
    try workspace.write(
      "variants.yaml",
      Workspace.configuration(data: workspace.path + "/data")
        .replacingOccurrences(of: "epochs: 3", with: "epochs: 1") + "\nvariants:\n\(variants)\n")
    // Watches the rank, and says how many files of the folder it had open at most, and how many
    // pieces of shared memory.
    let script = """
      "$@" & rank=$!; files=0; pieces=0
      while kill -0 $rank 2> /dev/null; do
        n=$(ls -l /proc/$rank/fd 2> /dev/null | grep -c '\(workspace.path)/out')
        [ "$n" -gt $files ] && files=$n
        n=$(grep -c memfd: /proc/$rank/maps 2> /dev/null)
        [ "${n:-0}" -gt $pieces ] && pieces=$n
      done
      wait $rank; status=$?
      echo "at most $files files, $pieces pieces" >&2
      exit $status
      """
    let result = try runJob(
      ranks: 2, executable: "/bin/bash",
      arguments: [
        "-c", script, "bash", Workspace.lockstep, "compare", workspace.path + "/variants.yaml",
        "--seeds", "3", "--output", workspace.path + "/out",
      ])
    #expect(result.succeeded, "\(result)")
    let most = result.standardError.matches(of: /at most (\d+) files, (\d+) pieces/)
    #expect(most.count == 2, "\(result)")
    for rank in most {
      // Twelve runs, with the samples and four pieces for each of four configurations.
      #expect(try #require(Int(rank.1)) <= 8, "\(result)")
      #expect(try #require(Int(rank.2)) <= 5, "\(result)")
    }
  }

  @Test("Threads that were asked for run, also on one processor")
  func threads() throws {
    let script = """
      "$@" & rank=$!; most=0
      while kill -0 $rank 2> /dev/null; do
        n=$(cat /proc/$rank/task/*/comm 2> /dev/null | grep -c '^worker')
        [ "$n" -gt $most ] && most=$n
      done
      wait $rank; status=$?
      echo "at most $most others" >&2
      exit $status
      """
    let result = try TestSupport.run(
      "/usr/bin/env",
      [
        "taskset", "-c", "0", "/bin/bash", "-c", script, "bash", Workspace.lockstep, "train",
        "--config", workspace.path + "/tiny.yaml", "--output", workspace.path + "/run", "--set",
        "train.threads=4", "--set", "evaluation.ranks=all",
      ])
    #expect(result.succeeded, "\(result)")
    #expect(result.standardError.contains("1 rank on 1 host, 4 threads a rank"), "\(result)")
    // Those of the training, and those of the evaluation.
    #expect(result.standardError.contains("at most 6 others"), "\(result)")
    try workspace.train(ranks: nil, output: "one")
    #expect(try workspace.parameters("run", step: 63) == workspace.parameters("one", step: 63))
  }
}
