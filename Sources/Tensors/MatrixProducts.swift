import COneDNN

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Matrix products through oneDNN's `matmul` primitive, single-threaded.
///
/// The same shapes give the same bits wherever and on whichever thread they run. A primitive is
/// made at the first use of a shape and kept. One thread at a time may use an instance, so each
/// worker has its own.
public final class MatrixProducts {
  private let engine: dnnl_engine_t
  private let stream: dnnl_stream_t
  private var primitives: [Shape: Primitive] = [:]

  /// Prepares oneDNN for one worker.
  ///
  /// - Throws: `TensorError.oneDNN`.
  public init() throws(TensorError) {
    var engine: dnnl_engine_t?
    try check("dnnl_engine_create", dnnl_engine_create(&engine, dnnl_cpu, 0))
    var stream: dnnl_stream_t?
    let status = dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue))
    guard status == dnnl_success, let engine, let stream else {
      dnnl_engine_destroy(engine)
      throw .oneDNN(call: "dnnl_stream_create", status: Int(status.rawValue))
    }
    self.engine = engine
    self.stream = stream
  }

  deinit {
    primitives.removeAll()
    dnnl_stream_destroy(stream)
    dnnl_engine_destroy(engine)
  }

  /// `c = op(a) op(b)`, or `c += op(a) op(b)` if `adding`, where `op` transposes its matrix if asked.
  ///
  /// - Parameters:
  ///   - a: `[m, k]`, or `[k, m]` if `transposingLeft`.
  ///   - b: `[k, n]`, or `[n, k]` if `transposingRight`.
  ///   - c: `[m, n]`.
  /// - Throws: `TensorError.oneDNN`.
  public func multiply(
    _ a: Matrix, transposingLeft: Bool = false, by b: Matrix, transposingRight: Bool = false,
    into c: Matrix, adding: Bool = false
  ) throws(TensorError) {
    let (m, k) = transposingLeft ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposingRight ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner && c.rows == m && c.columns == n, "shapes of a product do not fit")
    if m == 0 || n == 0 { return }
    if k == 0 {
      if !adding { c.clear() }
      return
    }
    let shape = Shape(
      m: m, k: k, n: n, transposingLeft: transposingLeft, transposingRight: transposingRight,
      adding: adding)
    var primitive = primitives[shape]
    if primitive == nil {
      Self.useOneOpenMPThread()
      primitive = try Primitive(shape, engine)
      primitives[shape] = primitive
    }
    try primitive?.execute(stream, a.pointer, b.pointer, c.pointer)
  }

  /// Limits the OpenMP threads that oneDNN starts from the calling thread to one.
  ///
  /// OpenMP keeps this number for each thread, so every thread that multiplies calls this once.
  /// It is looked up by name since a oneDNN built without OpenMP has no such function.
  public static func useOneOpenMPThread() {
    setOpenMPThreads?(1)
  }

  private static let setOpenMPThreads: (@convention(c) (Int32) -> Void)? =
    dlsym(nil, "omp_set_num_threads").map {
      unsafeBitCast($0, to: (@convention(c) (Int32) -> Void).self)
    }

  /// oneDNN's version, and the newest instruction set that it uses here.
  public static var libraryDescription: String {
    guard let version = dnnl_version()?.pointee else { return "oneDNN" }
    let isa = dnnl_get_effective_cpu_isa().rawValue
    return "oneDNN \(version.major).\(version.minor).\(version.patch), isa \(isa)"
  }
}

private struct Shape: Hashable {
  let m, k, n: Int
  let transposingLeft, transposingRight, adding: Bool
}

/// One `matmul` primitive with the memory objects that its operands are passed in.
private final class Primitive {
  private var primitive: dnnl_primitive_t?
  private var memories: [dnnl_memory_t?] = []
  private var arguments: [dnnl_exec_arg_t] = []
  private let scratchpad: AlignedBuffer<UInt8>

  init(_ shape: Shape, _ engine: dnnl_engine_t) throws(TensorError) {
    var a = try descriptor(shape.m, shape.k, transposed: shape.transposingLeft)
    var b = try descriptor(shape.k, shape.n, transposed: shape.transposingRight)
    var c = try descriptor(shape.m, shape.n, transposed: false)
    var operation = dnnl_matmul_desc_t()
    try check("dnnl_matmul_desc_init", dnnl_matmul_desc_init(&operation, &a, &b, nil, &c))

    var attributes: dnnl_primitive_attr_t?
    try check("dnnl_primitive_attr_create", dnnl_primitive_attr_create(&attributes))
    defer { dnnl_primitive_attr_destroy(attributes) }
    // The library's own scratchpad belongs to the thread that made the primitive.
    try check(
      "dnnl_primitive_attr_set_scratchpad_mode",
      dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user))
    if shape.adding { try Self.append(sumTo: attributes) }

    var description: dnnl_primitive_desc_t?
    try check(
      "dnnl_primitive_desc_create",
      dnnl_primitive_desc_create(&description, &operation, attributes, engine, nil))
    defer { dnnl_primitive_desc_destroy(description) }
    let scratch = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)
    scratchpad = try AlignedBuffer(count: scratch.map { dnnl_memory_desc_get_size($0) } ?? 0)
    try check("dnnl_primitive_create", dnnl_primitive_create(&primitive, description))

    try add(DNNL_ARG_SRC, &a, engine, nil)
    try add(DNNL_ARG_WEIGHTS, &b, engine, nil)
    try add(DNNL_ARG_DST, &c, engine, nil)
    if let scratch { try add(DNNL_ARG_SCRATCHPAD, scratch, engine, scratchpad.base) }
  }

  deinit {
    for memory in memories { dnnl_memory_destroy(memory) }
    dnnl_primitive_destroy(primitive)
  }

  func execute(
    _ stream: dnnl_stream_t, _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
    _ c: UnsafeMutablePointer<Float>
  ) throws(TensorError) {
    dnnl_memory_set_data_handle(memories[0], a)
    dnnl_memory_set_data_handle(memories[1], b)
    dnnl_memory_set_data_handle(memories[2], c)
    try check(
      "dnnl_primitive_execute",
      dnnl_primitive_execute(primitive, stream, Int32(arguments.count), arguments))
  }

  private func add(
    _ argument: Int32, _ descriptor: UnsafePointer<dnnl_memory_desc_t>, _ engine: dnnl_engine_t,
    _ data: UnsafeMutableRawPointer?
  ) throws(TensorError) {
    var memory: dnnl_memory_t?
    try check("dnnl_memory_create", dnnl_memory_create(&memory, descriptor, engine, data))
    memories.append(memory)
    arguments.append(dnnl_exec_arg_t(arg: argument, memory: memory))
  }

  private static func append(sumTo attributes: dnnl_primitive_attr_t?) throws(TensorError) {
    var operations: dnnl_post_ops_t?
    try check("dnnl_post_ops_create", dnnl_post_ops_create(&operations))
    defer { dnnl_post_ops_destroy(operations) }
    try check("dnnl_post_ops_append_sum", dnnl_post_ops_append_sum(operations, 1))
    try check(
      "dnnl_primitive_attr_set_post_ops", dnnl_primitive_attr_set_post_ops(attributes, operations))
  }
}

/// The layout of a row-major matrix `[rows, columns]`, or of one that is stored transposed.
private func descriptor(
  _ rows: Int, _ columns: Int, transposed: Bool
) throws(TensorError) -> dnnl_memory_desc_t {
  var descriptor = dnnl_memory_desc_t()
  let dimensions = [Int64(rows), Int64(columns)]
  try check(
    "dnnl_memory_desc_init_by_tag",
    dnnl_memory_desc_init_by_tag(
      &descriptor, 2, dimensions, dnnl_f32, transposed ? dnnl_ba : dnnl_ab))
  return descriptor
}

private func check(_ call: String, _ status: dnnl_status_t) throws(TensorError) {
  guard status == dnnl_success else {
    throw .oneDNN(call: call, status: Int(status.rawValue))
  }
}
