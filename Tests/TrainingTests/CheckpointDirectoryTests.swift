import Files
import Foundation
import Safetensors
import Testing
import TestSupport
import Training

@Suite("The directory of checkpoints")
struct CheckpointDirectoryTests {
  let folder: TemporaryFolder
  let directory: CheckpointDirectory

  init() throws {
    folder = try TemporaryFolder()
    directory = CheckpointDirectory(folder.path)
  }

  @Test("A checkpoint is named for its step, in eight digits or as many as it takes")
  func names() {
    #expect(directory.path(step: 600) == folder.path + "/step-00000600.safetensors")
    #expect(directory.path(step: 1_234_567_890) == folder.path + "/step-1234567890.safetensors")
    #expect(CheckpointDirectory("runs/").path(step: 0) == "runs/step-00000000.safetensors")
  }

  @Test("Checkpoints are listed by step, and strangers and temporary files are not")
  func list() throws {
    for step in [1200, 600, 123_456_789, 99_999_999] {
      try folder.write([], to: String(directory.path(step: step).dropFirst(folder.path.count + 1)))
    }
    let strangers = [
      ".step-00000900.safetensors.abc.tmp", "step-900.safetensors", "step-00000900.safetensors.bak",
      "step-+0000900.safetensors", "step--0000900.safetensors", "step-000000900.safetensors",
      "step-.safetensors", "step-99999999999999999999.safetensors", "model.safetensors", "step-",
    ]
    for name in strangers { try folder.write([], to: name) }
    #expect(try directory.list().map(\.step) == [600, 1200, 99_999_999, 123_456_789])
    #expect(try directory.newest()?.path == directory.path(step: 123_456_789))
  }

  @Test("An empty or a missing folder has no newest checkpoint; a file in its place is an error")
  func nothing() throws {
    #expect(try directory.newest() == nil)
    #expect(try CheckpointDirectory(folder.path + "/absent").newest() == nil)
    let file = CheckpointDirectory(try folder.write([], to: "file"))
    let error = #expect(throws: FileError.self) { try file.list() }
    #expect(error?.kind == .cannotRead)
  }

  @Test("Old checkpoints and leftovers of killed writers are removed, and nothing else")
  func removal() throws {
    for step in 1...5 {
      try SafetensorsFile.write(tensors: [], to: directory.path(step: step))
    }
    try folder.write([], to: ".step-00000006.safetensors.abc.tmp")
    try folder.write([], to: ".other.tmp")
    try folder.write([], to: "notes.txt")
    try directory.removeAll(butNewest: 2, upTo: 5)
    #expect(
      try folder.names() == [
        ".other.tmp", "notes.txt", "step-00000004.safetensors", "step-00000005.safetensors",
      ])
  }

  @Test("Checkpoints of later steps, which may be damaged, take no place of whole ones")
  func laterSteps() throws {
    for step in [10, 20, 30, 40] { try folder.write([], to: "step-000000\(step).safetensors") }
    try directory.removeAll(butNewest: 1, upTo: 20)
    #expect(try directory.list().map(\.step) == [20, 30, 40])
  }
}
