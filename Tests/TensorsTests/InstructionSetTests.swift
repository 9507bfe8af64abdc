import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Bits on every instruction set")
struct InstructionSetTests {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
  private static let root = tests.deletingLastPathComponent().deletingLastPathComponent()

  /// The lines that `kernel-digests` printed when they were recorded: with `kernel-digests avx2`, say.
  private static let recorded = Result {
    try String(
      contentsOf: tests.appending(path: "Fixtures/kernel-digests.txt"), encoding: .utf8)
  }

  @Test(
    "Every kernel gives the recorded bits for every cell at odd sizes",
    arguments: Kernels.instructionSets)
  func digests(_ set: String) throws {
    let result = try run(builtProduct(named: "kernel-digests").path, [set])
    #expect(result.succeeded, "\(result)")
    expectRecorded(result.standardOutput, try Self.recorded.get(), native: set == "avx512bf16")
  }

  private static let canEmulate =
    (try? run("/usr/bin/env", ["qemu-aarch64", "--version"]))?.succeeded == true
    && FileManager.default.fileExists(atPath: "/usr/aarch64-linux-gnu/include/stdio.h")

  @Test(
    "NEON gives them, too, in an emulator",
    .enabled(if: canEmulate, "needs qemu-user and gcc-aarch64-linux-gnu, as launch/test installs"))
  func neon() throws {
    let folder = try TemporaryFolder()
    let (kernels, program) = (Self.root.path + "/Sources/CKernels", folder.path + "/kernel-digests")
    let sources = try FileManager.default.contentsOfDirectory(atPath: kernels)
      .filter { $0.hasSuffix(".c") }.map { kernels + "/" + $0 }
    let compiled = try run(
      "/usr/bin/env",
      ["clang", "--target=aarch64-linux-gnu", "-O2", "-static", "-I", kernels + "/include"]
        + sources + [Self.root.path + "/Tests/Tools/kernel-digests/main.c", "-o", program],
      timeout: 600)
    #expect(compiled.succeeded, "\(compiled)")
    let result = try run("/usr/bin/env", ["qemu-aarch64", program, "baseline"], timeout: 300)
    #expect(result.succeeded, "\(result)")
    expectRecorded(result.standardOutput, try Self.recorded.get())
  }

  /// The lines for bf16 are missing where the instruction set multiplies it natively.
  private func expectRecorded(_ output: String, _ recorded: String, native: Bool = false) {
    let expected = recorded.split(separator: "\n").filter { !native || !$0.hasPrefix("bf16") }
    let lines = output.split(separator: "\n")
    #expect(lines.count == expected.count)
    for (line, expected) in zip(lines, expected) { #expect(line == expected) }
  }

  /// Names of C's mathematical functions that IEEE 754 does not round correctly, for doubles.
  private static let transcendental: Set<Substring> = [
    "exp", "exp2", "exp10", "expm1", "log", "log2", "log10", "log1p", "pow", "powi", "cbrt", "sin",
    "cos", "tan", "sincos", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh",
    "acosh", "atanh", "hypot", "erf", "erfc", "tgamma", "lgamma", "lgamma_r",
  ]

  @Test(
    "No function of the C library that decides bits is called where parameters come from",
    arguments: [
      "CKernels", "Random", "Tensors", "Networks", "Datasets", "Optimizers", "Reduction",
      "Training",
    ])
  func symbols(of module: String) throws {
    // A folder of objects may also have some of files that are gone.
    let linked = try String(
      contentsOf: builtProduct(named: "lockstep.product/Objects.LinkFileList"), encoding: .utf8)
    let objects = linked.split(separator: "\n").map(String.init)
      .filter { $0.contains("/\(module).build/") }
    #expect(!objects.isEmpty)
    let result = try run(
      "/usr/bin/env", ["llvm-nm", "--undefined-only", "--just-symbol-name"] + objects)
    #expect(result.succeeded, "\(result)")
    let names = result.standardOutput.split(separator: "\n")
    #expect(names.count > (module == "Random" ? 0 : 5), "\(result)")
    // `expf` and `expl` like `exp`; a processor without a fused multiply-add must not ask for one.
    let found = names.filter { name in
      Self.transcendental.contains(name)
        || "fl".contains(name.suffix(1)) && Self.transcendental.contains(name.dropLast())
        || ["fma", "fmaf", "fmal"].contains(name)
    }
    #expect(found.isEmpty)
  }
}
