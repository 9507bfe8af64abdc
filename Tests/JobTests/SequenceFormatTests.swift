import Foundation
import TestSupport
import Testing

/// Jobs on the same sequences in files of each format.
@Suite("Formats of sequences in a job")
struct SequenceFormatTests {
  private let workspace: Workspace

  init() throws { workspace = try SignSequences.workspace() }

  @Test("The same data in another format give the same bits, at any number of ranks")
  func formats() throws {
    let table = try workspace.lockstep([
      "convert", workspace.path + "/table.csv", "--id", "walk", "--label", "corner", "--time",
      "time",
      "--split", "part", "--output", workspace.path + "/converted/signs",
    ])
    #expect(table.succeeded, "\(table)")
    #expect(
      table.standardOutput.hasPrefix(
        """
        203 training and 61 test sequences of 1 to 9 time steps with 3 features
        features, in order: north, east, noise

        """), "\(table)")
    #expect(table.standardOutput.contains("  - north-east\n"), "\(table)")
    let arrays = try workspace.train(ranks: 2, output: "arrays")
    #expect(arrays.succeeded, "\(arrays)")
    let expected = try workspace.parameters("arrays", step: 63)
    #expect(expected.hasPrefix("parameters sha256"), "\(expected)")
    for (folder, format) in [("series", "ts"), ("archive", "npz"), ("converted/signs", "npy")] {
      for (ranks, choice) in [(1, "auto"), (3, format)] {
        let output = "\(format)-\(ranks)"
        let result = try workspace.train(
          ranks: ranks, output: output,
          [
            "--set", "data.directory=\(workspace.path)/\(folder)", "--set", "data.format=\(choice)",
          ])
        #expect(result.succeeded, "\(result)")
        #expect(try workspace.parameters(output, step: 63) == expected)
        #expect(try workspace.metrics(output) == workspace.metrics("arrays"))
      }
    }
  }

  @Test("Sequences of one length in IDX files give the bits of those in NumPy arrays")
  func evenFormats() throws {
    var digests: Set<String> = []
    for (folder, ranks) in [("even-arrays", 2), ("even-idx", 1), ("even-idx", 3)] {
      let output = "\(folder)-\(ranks)"
      let result = try workspace.train(
        ranks: ranks, output: output, ["--set", "data.directory=\(workspace.path)/\(folder)"])
      #expect(result.succeeded, "\(result)")
      #expect(
        result.standardError.contains("61 test sequences of 1 time step with 3 features"),
        "\(result)")
      digests.insert(try workspace.parameters(output, step: 63))
    }
    #expect(digests.count == 1 && digests.first?.hasPrefix("parameters sha256") == true)
  }

  @Test("An array that stays in its file for its size gives the bits of one in memory")
  func large() throws {
    // 281 MB of zeros, which take no room on the disk, but for the first numbers of each sample: as
    // this machine has them in memory, and in the other order, in which they are copied.
    let (count, steps, features) = (260, 1024, 264)
    for (folder, type, isBigEndian) in [("native", "<f4", false), ("swapped", ">f4", true)] {
      let path = workspace.path + "/" + folder
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      for (part, count) in [("train", count), ("test", 5)] {
        let header = npy(type, [count, steps, features], [])
        let file = "\(path)/\(part)-x.npy"
        try Data(header).write(to: URL(filePath: file))
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        try handle.truncate(atOffset: UInt64(header.count + count * steps * features * 4))
        for sample in 0..<count {
          let numbers = (0..<features).map { Float((sample * 37 + $0 * 11) % 101) / 50 - 1 }
          try handle.seek(toOffset: UInt64(header.count + sample * steps * features * 4))
          try handle.write(
            contentsOf: bytes(numbers.map(\.bitPattern), isBigEndian: isBigEndian))
        }
        try handle.close()
        try Data(npy("|u1", [count], (0..<count).map { UInt8($0 % 4) }))
          .write(to: URL(filePath: "\(path)/\(part)-y.npy"))
      }
    }
    let options = [
      "--max-steps", "3", "--set", "data.validation=9", "--set", "evaluation.ranks=all", "--set",
      "model.readout=mean",
    ]
    var digests: Set<String> = []
    for (folder, ranks) in [("native", 1), ("native", 3), ("swapped", 2)] {
      let result = try workspace.train(
        ranks: ranks, output: "\(folder)-\(ranks)",
        options + ["--set", "data.directory=\(workspace.path)/\(folder)"])
      #expect(result.succeeded, "\(result)")
      digests.insert(try workspace.parameters("\(folder)-\(ranks)", step: 3))
    }
    #expect(digests.count == 1 && digests.first?.hasPrefix("parameters sha256") == true)
  }
}
