import Tensors

/// The part of a forward pass that a classifier keeps, which decides the memory that grows with T.
enum KeptStates {
  /// The states of all time steps, for a backward pass.
  case all
  /// Those of one of `TimeSegments` at a time, with a copy of the state before each, from which the
  /// backward pass computes them again. Layers of two directions keep their outputs besides, where
  /// another layer follows.
  case segments
  /// No more than the forward pass reads: no backward pass follows.
  case none

  init(training: Bool, recomputes: Bool) {
    self = training ? recomputes ? .segments : .all : .none
  }

  /// True if a backward pass can follow.
  var areForTraining: Bool { self != .none }

  /// The time steps that have memory at a time, of `steps`, with one before them and one after them
  /// where those are not all.
  func slots(of steps: Int) -> Int {
    self == .all ? steps : TimeSegments.mostSteps(of: steps) + 2
  }

  /// The states before segments that are copied, of up to `steps` time steps.
  func copies(of steps: Int) -> Int {
    self == .segments ? TimeSegments.mostSegments(of: steps) - 1 : 0
  }

  /// The time steps of a direction that are in memory together, in its order: all at once, or
  /// segment after segment.
  func windows(_ order: TimeOrder) -> [Range<Int>] {
    self == .all ? [0..<order.steps] : order.segments
  }

  /// The time step whose memory is the first, where those of `window` are in memory.
  func origin(of window: Range<Int>) -> Int { self == .all ? 0 : window.lowerBound - 1 }
}

/// The operands of the time steps that are in memory, by the numbers of these.
struct OperandWindow {
  private let operands: OperandSequence
  /// The time step of the first operand.
  private let origin: Int

  /// The operands of time step `origin` and those that follow.
  init(_ operands: OperandSequence, origin: Int = 0) {
    (self.operands, self.origin) = (operands, origin)
  }

  /// The operand of time step `t`.
  subscript(t: Int) -> Operand { operands[t - origin] }

  /// The operands of the time steps in `times`.
  subscript(times: Range<Int>) -> OperandSequence {
    operands[times.lowerBound - origin..<times.upperBound - origin]
  }
}
