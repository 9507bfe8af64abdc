import CKernels

/// The instruction set that the element-wise kernels run with on this processor.
///
/// Other instruction sets round differently (fused multiply-add), so the bits of a run hold for
/// one of them.
public var kernelInstructionSet: String { String(cString: lockstep_instruction_set()) }
