import Files
import TestSupport
import Testing

@Suite("Leftovers")
struct LeftoverTests {
  @Test("What a killed process left of a file goes, and nothing else")
  func leftovers() throws {
    let folder = try TemporaryFolder()
    let others = [
      "best.safetensors", "best.safetensors.1a.tmp", ".best.safetensors.tmp",
      ".best.safetensors.1a.2b.tmp", ".other.safetensors.1a.tmp", ".best.safetensors.1a",
    ]
    for name in others + [".best.safetensors.1a.tmp", ".best.safetensors.9zz.tmp"] {
      try folder.write([1], to: name)
    }
    AtomicFile.removeLeftovers(of: folder.path + "/best.safetensors")
    #expect(try folder.names() == others.sorted())
    AtomicFile.removeLeftovers(of: folder.path + "/missing/best.safetensors")
  }
}
