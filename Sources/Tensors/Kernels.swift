import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The format of the inputs of matrix products. Sums, the cell state, parameters and moments are
/// floats with either.
package enum Precision: String, Codable, Sendable, CaseIterable {
  /// IEEE binary32.
  case float32 = "fp32"
  /// bfloat16: activations, gradients and copies of the weights, rounded to the nearest.
  case bfloat16 = "bf16"
}

/// The kernels of one precision, for the best instruction set of this processor or the one that the
/// environment variable `LOCKSTEP_INSTRUCTION_SET` names.
///
/// The same kernels on the same shapes give the same bits wherever and on whichever thread they
/// run.
///
/// `@unchecked Sendable` holds because the table is a constant of the C target, never freed or
/// written.
package struct Kernels: @unchecked Sendable {
  let table: UnsafePointer<lockstep_kernels>
  /// The precision of the products' inputs.
  package let precision: Precision

  /// The variable that names an instruction set, to try the others.
  package static let variable = "LOCKSTEP_INSTRUCTION_SET"

  /// The name in the environment, unless it is empty.
  private static var requestedName: String? {
    getenv(variable).flatMap { $0.pointee == 0 ? nil : String(cString: $0) }
  }

  /// The kernels for `precision`.
  ///
  /// - Throws: `TensorError.unknownInstructionSet` if the environment names one that is not there.
  package init(_ precision: Precision) throws(TensorError) {
    try self.init(precision, on: Self.requestedName)
  }

  /// The kernels for `precision` on the instruction set called `name`, or on the best if nil.
  ///
  /// - Throws: `TensorError.unknownInstructionSet`.
  package init(_ precision: Precision, on name: String?) throws(TensorError) {
    guard let table = lockstep_kernels_for(name, precision == .bfloat16 ? 1 : 0) else {
      throw .unknownInstructionSet(name ?? "", available: Self.instructionSets)
    }
    self.table = table
    self.precision = precision
  }

  private init(floats table: UnsafePointer<lockstep_kernels>) {
    self.table = table
    precision = .float32
  }

  /// The kernels on floats, also for what has no variant in other precisions.
  package static let float32: Kernels = {
    guard let table = lockstep_kernels_for(requestedName, 0) ?? lockstep_kernels_for(nil, 0)
    else { preconditionFailure("there is always a baseline") }
    return Kernels(floats: table)
  }()

  /// V, the units of a block: the layout of parameters and activations, and with it the order of sums,
  /// follows from it on every instruction set.
  package static var blockWidth: Int { Int(LOCKSTEP_BLOCK) }

  /// The name of the instruction set and the precision, for logs.
  package var name: String { String(cString: table.pointee.name) }

  /// The name of the kernels for a precision, for logs.
  package static func name(_ precision: Precision) -> String {
    (try? Kernels(precision).name) ?? "unknown"
  }

  /// The arithmetic of the products, which alone of the kernels decides bits: fp32 is the same on all
  /// instruction sets, and so is bf16 on those that round floats to it.
  package var arithmetic: String {
    switch precision {
    case .float32: "fp32"
    case .bfloat16: isNative ? "bf16" : "bf16 by rounding"
    }
  }

  /// True if products read weights from a packed copy rather than from the parameters.
  package var copiesWeights: Bool { weightsSize(.lstm, inputs: 1, units: 1) > 0 }

  /// True if the gradients of the gates are written over the gates.
  package var gradientsReplaceGates: Bool { precision == .float32 || !isNative }

  /// True if the processor multiplies the precision's numbers; otherwise floats are rounded to
  /// them, which is slower.
  package var isNative: Bool { table.pointee.is_native != 0 }

  /// The instruction sets of this processor, best first.
  package static var instructionSets: [String] {
    Array(
      sequence(state: 0) { index in
        defer { index += 1 }
        return lockstep_instruction_set_name(index).map { String(cString: $0) }
      })
  }
}
