import Foundation
import Testing
import TestSupport

@Suite("Damaged files")
struct FuzzTests {
  @Test(
    "No mutated file makes a reader trap, hang or use memory out of proportion",
    arguments: ["idx", "gzip", "npy", "npz", "ts", "csv", "safetensors", "checkpoint", "yaml"])
  func fuzz(reader: String) throws {
    let result = try run(
      builtProduct(named: "reader-fuzz").path, [reader, "--count", "2000", "--seed", "20"],
      timeout: 300)
    #expect(result.succeeded, "\(result)")
    #expect(result.standardOutput.contains("\(reader): 2000 inputs of seed 20"), "\(result)")
  }
}
