import Glibc
import MessagePassing

func checkNonblocking(_ mpi: borrowing MPIEnvironment) throws {
  try checkBuffer()
  for count in [0, 3, 60_000] {
    try checkInPlace(mpi.world, count: count)
    try checkPairs(mpi.world, count: count)
    try checkLayouts(mpi.world, count: count)
  }
  try checkWaits(mpi.world)
}

private func expectEqual(
  _ buffer: borrowing MessageBuffer<Float>, _ expected: [Float], _ what: String
) throws {
  try expectEqual((0..<buffer.count).map { buffer[$0] }, expected, what)
}

private func numbers(_ rank: Int, _ count: Int) -> [Float] {
  (0..<count).map { Float(rank + $0) }
}

private func checkBuffer() throws {
  try expectEqual(MessageBuffer<Float>(count: 3), [0, 0, 0], "a new buffer")
  var buffer = MessageBuffer<Float>(repeating: 2, count: 2)
  buffer[1] = 5
  try expectEqual(buffer, [2, 5], "a changed buffer")
  var span = buffer.mutableSpan
  span[0] = 9
  try expectEqual(buffer, [9, 5], "a buffer changed through its span")
  try expectEqual(buffer.span.count, 2, "the count of a buffer's span")
  for count in 1...20 {
    let odd = MessageBuffer<Int8>(count: count)
    let address = odd.span.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    try expectEqual(address % 64, 0, "the alignment of a buffer of \(count)")
  }
}

private func checkInPlace(_ world: Communicator, count: Int) throws {
  let (rank, size) = (world.rank, world.size)
  // Two at once: they complete in whatever order.
  let sum = try world.startAllReduce(
    MessageBuffer(copying: numbers(rank, count).span), .sum)
  let copy = try world.startBroadcast(
    MessageBuffer(copying: numbers(rank, count).span), root: size - 1)
  try expectEqual(copy.wait(), numbers(size - 1, count), "startBroadcast of \(count)")
  let expected = (0..<count).map { Float(size * (size - 1) / 2 + size * $0) }
  try expectEqual(sum.wait(), expected, "startAllReduce of \(count) in place")
}

private func checkPairs(_ world: Communicator, count: Int) throws {
  let (rank, size) = (world.rank, world.size)
  let own = numbers(rank, count)

  let sum = try world.startAllReduce(
    MessageBuffer(copying: own.span), into: MessageBuffer(count: count), .max)
  let gather = try world.startAllGather(
    MessageBuffer(copying: own.span), into: MessageBuffer(count: size * count))
  let outgoing = (0..<size).flatMap { numbers(10 * rank + $0, count) }
  let exchange = try world.startAllToAll(
    MessageBuffer(copying: outgoing.span), into: MessageBuffer(count: size * count))

  let summed = try sum.wait()
  try expectEqual(summed.source, own, "the source of startAllReduce")
  try expectEqual(summed.destination, numbers(size - 1, count), "startAllReduce of \(count)")
  let gathered = try gather.wait()
  let everything = (0..<size).flatMap { numbers($0, count) }
  try expectEqual(gathered.destination, everything, "startAllGather of \(count)")
  let exchanged = try exchange.wait()
  let incoming = (0..<size).flatMap { numbers(10 * $0 + rank, count) }
  try expectEqual(exchanged.destination, incoming, "startAllToAll of \(count)")
}

private func checkLayouts(_ world: Communicator, count: Int) throws {
  let (rank, size) = (world.rank, world.size)
  let everything = numbers(0, count)
  let layout = try BlockLayout.even(count, parts: size)
  let range = layout.range(of: rank)

  let pair = try world.startAllGather(
    MessageBuffer(copying: Array(everything[range]).span), into: MessageBuffer(count: count),
    layout: layout
  ).wait()
  try expectEqual(pair.destination, everything, "startAllGather of \(count) by layout")

  var buffer = MessageBuffer<Float>(repeating: -1, count: count)
  for index in range { buffer[index] = everything[index] }
  try expectEqual(
    world.startAllGather(inPlace: buffer, layout: layout).wait(), everything,
    "startAllGather of \(count) by layout in place")

  let exchange = try startSpread(world, everything)
  let churn = (0..<100).map { [Int32](repeating: -1, count: size + $0 % 3) }
  let exchanged = try exchange.wait()
  try expectEqual(exchanged.destination, everything, "startAllToAll of \(count) by layout")
  try expectEqual(churn.count, 100, "the churn")
}

/// Each rank sends its block to all. The layouts end with this function: the request must keep
/// them.
private func startSpread(
  _ world: Communicator, _ everything: [Float]
) throws -> Request<BufferPair<Float>> {
  let received = try BlockLayout.even(everything.count, parts: world.size)
  let block = everything[received.range(of: world.rank)]
  let sent = try BlockLayout(counts: .init(repeating: block.count, count: world.size))
  let outgoing = (0..<world.size).flatMap { _ in block }
  return try world.startAllToAll(
    MessageBuffer(copying: outgoing.span), layout: sent,
    into: MessageBuffer(count: everything.count), layout: received)
}

private func checkWaits(_ world: Communicator) throws {
  let (rank, size) = (world.rank, world.size)
  // Nobody passes a barrier before the last rank has come.
  var barrier = try world.startBarrier()
  if size == 1 { try expect(barrier.test(), "a barrier of one is complete") }
  try barrier.wait()

  if rank == size - 1 { usleep(300_000) }
  let cpuBefore = clock()
  let arrival = monotonicNanoseconds()
  try world.startBarrier().waitIdly(pollEvery: .milliseconds(2))
  let departure = monotonicNanoseconds()
  let burnt = Double(clock() - cpuBefore) / Double(CLOCKS_PER_SEC)
  // The ranks of this job share a machine, and so a clock.
  let lastArrival = try world.allReduce(arrival, .max)
  try expect(departure >= lastArrival, "no rank passes the barrier before the last one comes")
  try expect(burnt < 0.1, "waitIdly burns less than 0.1 s of 0.3 s (burnt \(burnt) s)")

  var request = try world.startAllReduce(MessageBuffer<Float>(repeating: 1, count: 1000), .sum)
  while try !request.test() {}
  try expect(request.test(), "test of a complete request")
  let sums = [Float](repeating: Float(size), count: 1000)
  try expectEqual(request.wait(), sums, "a request that was tested, then waited for")

  let idle = try world.startAllReduce(MessageBuffer<Float>(repeating: 1, count: 1000), .sum)
  try expectEqual(idle.waitIdly(), sums, "a request that was waited for idly")

  // A request that was seen complete may be dropped.
  var seen = try world.startBarrier()
  while try !seen.test() {}
}

private func monotonicNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Traps: the request is never waited for.
func dropPendingRequest(_ mpi: borrowing MPIEnvironment) throws {
  let request = try mpi.world.startAllReduce(MessageBuffer<Float>(count: 10), .sum)
  print(try mpi.processorName())
  _ = consume request
  print("survived")
}

/// Ends with its own error: requests that are given up say nothing.
func abandonRequests(_ mpi: borrowing MPIEnvironment) throws {
  let pending = try mpi.world.startAllReduce(MessageBuffer<Float>(count: 10), .sum)
  pending.abandon()
  var complete = try mpi.world.duplicate().startBarrier()
  while try !complete.test() {}
  complete.abandon()
  if mpi.world.rank == mpi.world.size - 1 { throw Abandoned() }
  while true { _ = try mpi.world.probeNow(Int.self, from: nil) }
}

private struct Abandoned: Error {}
