import Reduction
import Testing
import Training

@Suite("The memory of a rank")
struct MemoryNeedTests {
  struct Case: Sendable {
    let order: ReductionOrder, format: ReductionFormat
    let nodes: Int, node: Int, world: Int
    let bytes: Int
  }

  @Test(
    "The sum over ranks takes the rows that it has beside the gradients",
    arguments: [
      Case(order: .reproducible, format: .float32, nodes: 1, node: 1, world: 1, bytes: 0),
      // A half of the total, rounded up.
      Case(order: .reproducible, format: .float32, nodes: 1, node: 2, world: 2, bytes: 3),
      // That, and copies of two nodes.
      Case(order: .reproducible, format: .bfloat16, nodes: 2, node: 2, world: 2, bytes: 3 + 4),
      // The total and both messages.
      Case(order: .native, format: .float32, nodes: 1, node: 8, world: 8, bytes: 12),
      // The total, and at most five rows of messages: two for each node, two for sums.
      Case(order: .reproducible, format: .float32, nodes: 1, node: 1, world: 2, bytes: 5 + 20),
    ])
  func reduction(_ expected: Case) {
    let bytes = MemoryNeed.reductionBytes(
      expected.order, expected.format, nodes: expected.nodes, node: expected.node,
      world: expected.world)
    #expect(bytes == expected.bytes)
  }
}
