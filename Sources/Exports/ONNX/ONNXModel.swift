import ProtocolBuffers

/// A value of an ONNX graph, by its name.
struct ONNXValue: Hashable {
  let name: String
  /// An operator's input that is left out.
  static let none = ONNXValue(name: "")
}

/// The types of elements (`TensorProto.DataType`).
enum ONNXType: Int {
  case float = 1
  case int32 = 6
  case int64 = 7
  case double = 11
}

/// The attributes of a node (`AttributeProto`).
enum ONNXAttribute {
  case int(Int)
  case ints([Int])
  case string(String)
  case graph(ONNXGraph)

  /// The message under a name.
  func message(_ name: String) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, name)
    switch self {
    case .int(let value):
      message.add(3, value)
      message.add(20, 2)
    case .ints(let values):
      message.addPacked(8, values)
      message.add(20, 7)
    case .string(let text):
      message.addBytes(4, text.utf8)
      message.add(20, 3)
    case .graph(let graph):
      message.add(6, graph.message)
      message.add(20, 5)
    }
    return message
  }
}

/// A size of an input or an output: a number, or a name for one that is known at run time.
enum ONNXSize: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  case number(Int)
  case name(String)

  init(integerLiteral value: Int) { self = .number(value) }
  init(stringLiteral value: String) { self = .name(value) }

  fileprivate var message: ProtobufMessage {
    var message = ProtobufMessage()
    switch self {
    case .number(let number): message.add(1, number)
    case .name(let name): message.add(2, name)
    }
    return message
  }
}

/// A graph of operators (`GraphProto`), which grows node by node.
struct ONNXGraph {
  private let name: String
  private var nodes: [ProtobufMessage] = []
  private var constants: [ProtobufMessage] = []
  private var inputs: [ProtobufMessage] = []
  private var outputs: [ProtobufMessage] = []
  private var count = 0

  /// An empty graph.
  ///
  /// - Parameter name: its name, with which the names of its values begin.
  init(_ name: String) { self.name = name }

  private mutating func newName(_ word: String) -> String {
    count += 1
    return "\(name).\(count).\(word)"
  }

  /// Adds an input.
  ///
  /// - Parameter description: what a caller has to give.
  mutating func input(
    _ name: String, _ type: ONNXType, _ sizes: [ONNXSize], _ description: String = ""
  ) -> ONNXValue {
    inputs.append(Self.valueInfo(name, type, sizes, description))
    return ONNXValue(name: name)
  }

  /// Makes a value an output of another name.
  mutating func output(
    _ value: ONNXValue, as name: String, _ type: ONNXType, _ sizes: [ONNXSize],
    _ description: String = ""
  ) {
    addNode("Identity", [value], [name], [:])
    outputs.append(Self.valueInfo(name, type, sizes, description))
  }

  /// Adds an operator with one output.
  mutating func node(
    _ type: String, _ inputs: ONNXValue..., attributes: [String: ONNXAttribute] = [:]
  ) -> ONNXValue {
    node(type, inputs, outputs: 1, attributes)[0]
  }

  /// Adds an operator.
  ///
  /// - Parameter outputs: the number of its outputs.
  mutating func node(
    _ type: String, _ inputs: [ONNXValue], outputs: Int, _ attributes: [String: ONNXAttribute]
  ) -> [ONNXValue] {
    let names = (0..<outputs).map { _ in newName(type) }
    addNode(type, inputs, names, attributes)
    return names.map { ONNXValue(name: $0) }
  }

  private mutating func addNode(
    _ type: String, _ inputs: [ONNXValue], _ outputs: [String],
    _ attributes: [String: ONNXAttribute]
  ) {
    var message = ProtobufMessage()
    for input in inputs { message.addBytes(1, input.name.utf8) }
    for output in outputs { message.addBytes(2, output.utf8) }
    message.add(3, newName("node"))
    message.add(4, type)
    for (name, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
      message.add(5, attribute.message(name))
    }
    nodes.append(message)
  }

  /// Adds a constant of floats.
  ///
  /// - Parameter name: its name; if nil, one of the graph's.
  mutating func constant(_ values: [Float], _ shape: [Int], name: String? = nil) -> ONNXValue {
    constant(values.map(\.bitPattern), .float, shape, name)
  }

  /// Adds a constant of integers: a vector, or a scalar if `shape` is empty.
  mutating func constant(_ values: [Int], _ shape: [Int]? = nil) -> ONNXValue {
    constant(values.map { Int64($0) }, .int64, shape ?? [values.count], nil)
  }

  /// Adds a scalar of doubles.
  mutating func constant(_ value: Double) -> ONNXValue {
    constant([value.bitPattern], .double, [], nil)
  }

  private mutating func constant(
    _ words: [some FixedWidthInteger], _ type: ONNXType, _ shape: [Int], _ name: String?
  ) -> ONNXValue {
    precondition(shape.reduce(1, *) == words.count, "the numbers fill the shape")
    let name = name ?? newName("constant")
    var message = ProtobufMessage()
    message.addPacked(1, shape)
    message.add(2, type.rawValue)
    message.add(8, name)
    let bytes = words.map(\.littleEndian).withUnsafeBytes { Array($0) }
    message.addBytes(9, bytes)
    constants.append(message)
    return ONNXValue(name: name)
  }

  private static func valueInfo(
    _ name: String, _ type: ONNXType, _ sizes: [ONNXSize], _ description: String
  ) -> ProtobufMessage {
    var shape = ProtobufMessage()
    for size in sizes { shape.add(1, size.message) }
    var tensor = ProtobufMessage()
    tensor.add(1, type.rawValue)
    tensor.add(2, shape)
    var typed = ProtobufMessage()
    typed.add(1, tensor)
    var info = ProtobufMessage()
    info.add(1, name)
    info.add(2, typed)
    info.add(3, description)
    return info
  }

  /// Its message.
  fileprivate var message: ProtobufMessage {
    var message = ProtobufMessage()
    for node in nodes { message.add(1, node) }
    message.add(2, name)
    for constant in constants { message.add(5, constant) }
    for input in inputs { message.add(11, input) }
    for output in outputs { message.add(12, output) }
    return message
  }
}

/// A model (`ModelProto`): a graph, and what to know of it.
///
/// Source: `onnx.proto` of <https://github.com/onnx/onnx>.
struct ONNXModel {
  /// The version of the operators.
  static let opset = 17
  /// The version of the format that came with it.
  private static let formatVersion = 8

  let graph: ONNXGraph
  let description: String
  let metadata: [(key: String, value: String)]

  /// The bytes of a file.
  var bytes: [UInt8] {
    var message = ProtobufMessage()
    message.add(1, Self.formatVersion)
    message.add(2, "lockstep")
    message.add(6, description)
    message.add(7, graph.message)
    var opset = ProtobufMessage()
    opset.add(2, Self.opset)
    message.add(8, opset)
    for (key, value) in metadata {
      var entry = ProtobufMessage()
      entry.add(1, key)
      entry.add(2, value)
      message.add(14, entry)
    }
    return message.bytes
  }
}
