import Foundation
import TestSupport

/// A temporary folder with a small data set, in which a test runs the program.
///
/// The images are 6 x 5 pixels of four classes, each with a bright quarter and noise: a classifier
/// learns them, but not in one step.
final class Workspace {
  static let lockstep = builtProduct(named: "lockstep").path
  static let trainingCount = 203
  static let testCount = 61

  let path: String

  /// A folder with `testCount` test images.
  init(testCount: Int = Workspace.testCount) throws {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "lockstep-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: path + "/data", withIntermediateDirectories: true)
    try writeSet("train", count: Self.trainingCount, firstNoise: 1)
    try writeSet("t10k", count: testCount, firstNoise: 9_999)
    try write("tiny.yaml", Self.configuration(data: path + "/data"))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func configuration(data: String) -> String {
    """
    data: {directory: \(data), shards: 4, classes: [north-west, north-east, south-west, south-east]}
    model: {hidden: 8, layers: 2}
    train: {epochs: 3, batch: 10, seed: 5, threads: 1}
    optimizer: {learningRate: 0.01}
    log: {every: 10}
    """
  }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
  }

  /// Writes a script to a file that can be started, and returns its path.
  func script(_ name: String, _ text: String) throws -> String {
    try writeScript(text, to: path + "/" + name)
    return path + "/" + name
  }

  /// Trains under mpirun, or without it if `ranks` is nil, into the folder `output`.
  @discardableResult
  func train(
    ranks: Int?, output: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> JobResult {
    let all =
      ["train", "--config", path + "/tiny.yaml", "--output", path + "/" + output] + arguments
    guard let ranks else {
      return try run(Self.lockstep, all, environment: environment, timeout: 60)
    }
    return try runJob(
      ranks: ranks, executable: Self.lockstep, arguments: all, environment: environment, timeout: 60
    )
  }

  /// Runs the program from a shell that does `deeds` with it as "$@".
  func shell(_ deeds: String, _ arguments: [String]) throws -> JobResult {
    try run(
      "/bin/bash",
      [
        "-c", "cd '\(path)'; \(deeds)", "sh", Self.lockstep, "train", "--config",
        path + "/tiny.yaml",
      ] + arguments, timeout: 60)
  }

  func lockstep(_ arguments: [String]) throws -> JobResult {
    try run(Self.lockstep, arguments, environment: [:], timeout: 60)
  }

  /// The path of a checkpoint of a run.
  func checkpoint(_ output: String, step: Int) -> String {
    path + "/\(output)/checkpoints/" + String(format: "step-%08d.safetensors", step)
  }

  /// The steps of the checkpoints in the folder of a run.
  func checkpointSteps(_ output: String) throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: path + "/\(output)/checkpoints")
      .compactMap { Int($0.dropFirst(5).prefix(8)) }.sorted()
  }

  /// The digest of the parameters that a run has after `step` steps.
  func parameters(_ output: String, step: Int) throws -> String {
    let result = try lockstep(["inspect", checkpoint(output, step: step)])
    let line = result.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
    guard result.succeeded, line.hasPrefix("parameters sha256 ") else {
      return "no digest: \(result)"
    }
    return line
  }

  /// The lines of a run's metrics without the times, which differ from run to run.
  func metrics(_ output: String) throws -> [[String: String]] {
    try String(contentsOfFile: path + "/\(output)/metrics.jsonl", encoding: .utf8)
      .split(separator: "\n")
      .map { line in
        let object =
          try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        return object.filter { $0.key != "seconds" && $0.key != "samplesPerSecond" }
          .mapValues { "\($0)" }
      }
  }

  /// The losses of a run's steps.
  func losses(_ output: String) throws -> [Double] {
    try metrics(output).filter { $0["type"] == "step" }
      .compactMap { $0["loss"].flatMap(Double.init) }
  }

  private func writeSet(_ name: String, count: Int, firstNoise: UInt32) throws {
    let (height, width) = (6, 5)
    var noise = firstNoise
    var images = [UInt8](), labels = [UInt8]()
    for index in 0..<count {
      let label = (index * 7 + index / 3) % 4
      labels.append(UInt8(label))
      for y in 0..<height {
        for x in 0..<width {
          noise = noise &* 1_664_525 &+ 1_013_904_223
          let isBright = (y >= height / 2) == (label >= 2) && (x >= width / 2) == (label % 2 == 1)
          images.append(UInt8(noise >> 25) + (isBright ? 60 : 0))
        }
      }
    }
    try idx([8, 3], [count, height, width], images, to: "\(name)-images-idx3-ubyte")
    try idx([8, 1], [count], labels, to: "\(name)-labels-idx1-ubyte")
  }

  private func idx(_ magic: [UInt8], _ sizes: [Int], _ body: [UInt8], to name: String) throws {
    let header =
      [0, 0] + magic
      + sizes.flatMap { size in
        stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> $0) }
      }
    try Data(header + body).write(to: URL(filePath: path + "/data/" + name))
  }
}
