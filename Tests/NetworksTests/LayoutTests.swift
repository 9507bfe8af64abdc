import Networks
import Optimizers
import Tensors
import Testing

@Suite("The layout of the parameters")
struct LayoutTests {
  static let shapes = Cell.allCases.flatMap { cell in
    [(19, false), (32, false), (19, true)].map { units, isBidirectional in
      ClassifierShape(
        inputSize: 5, hiddenSize: units, layers: 2, classes: 70, cell: cell,
        isBidirectional: isBidirectional)
    }
  }

  @Test(
    "The ranges of a parameter have its elements, and besides them zeros alone", arguments: shapes)
  func ranges(_ shape: ClassifierShape) throws {
    let buffer = try ParameterBuffer(ParameterLayout(shape))
    for (number, entry) in buffer.layout.entries.enumerated() {
      buffer.set(entry, to: [Float](repeating: Float(number + 1), count: entry.count))
    }
    for (number, entry) in buffer.layout.entries.enumerated() {
      let elements = entry.ranges.flatMap { buffer.all.columns($0).elements }.filter { $0 != 0 }
      #expect(
        elements == [Float](repeating: Float(number + 1), count: entry.count), "\(entry.name)")
      for (a, b) in zip(entry.ranges, entry.ranges.dropFirst()) {
        #expect(a.upperBound < b.lowerBound, "\(entry.name)")
      }
    }
  }

  @Test("A step of LAMB is as long for each parameter as the learning rate says", arguments: shapes)
  func lamb(_ shape: ClassifierShape) throws {
    let buffers = try (0..<4).map { _ in try ParameterBuffer(ParameterLayout(shape)) }
    let layout = buffers[0].layout
    buffers[0].initialize(seed: 3)
    buffers[1].initialize(seed: 4)
    let before = layout.entries.map { buffers[0].values(of: $0) }
    LAMB(layers: layout.entries.map(\.ranges)).step(
      buffers[0].all, gradient: buffers[1].all, slots: [buffers[2].all, buffers[3].all], number: 1,
      learningRate: 0.01)
    for (entry, before) in zip(layout.entries, before) {
      let after = buffers[0].values(of: entry)
      let norm = before.map { Double($0 * $0) }.reduce(0, +).squareRoot()
      let length = zip(after, before).map { Double(($0 - $1) * ($0 - $1)) }.reduce(0, +)
        .squareRoot()
      #expect(norm > 0 && abs(length / norm - 0.01) < 1e-5, "\(entry.name)")
    }
  }
}
