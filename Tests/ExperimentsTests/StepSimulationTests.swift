import Cluster
import Experiments
import Networks
import Reduction
import Testing

/// The simulation against what can be computed by hand.
@Suite("The simulation of a step")
struct StepSimulationTests {
  private func schedule(
    hosts: Int, ranks: Int = 1, threads: Int = 1, batch: Int = 64, shards: Int? = nil,
    microbatches: Int = 1, format: ReductionFormat = .float32, merges: Bool = true
  ) throws -> SimulatedSchedule {
    let size = SimulatedJob.Size(
      hosts: hosts, ranksPerHost: ranks, threadsPerRank: threads, batch: batch,
      shards: shards ?? max(hosts * ranks * threads, 4), microbatches: microbatches)
    return SimulatedSchedule(
      try SimulatedJob(size, MadeMachine.parameters, format), merges: merges)
  }

  private func seconds(_ schedule: SimulatedSchedule, _ machine: SimulatedMachine) -> Double {
    var simulation = StepSimulation(schedule, machine)
    return simulation.run()
  }

  private func expect(
    _ seconds: Double, _ expected: Double, within tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      abs(seconds - expected) <= tolerance * expected, "\(seconds) and not \(expected)",
      sourceLocation: sourceLocation)
  }

  @Test("On one host a step takes what its slices take, and what a rank does once")
  func oneHost() throws {
    var machine = MadeMachine.machine(forward: 1, throughTime: 0.25, weightGradients: 0.125)
    let buckets = Double(MadeMachine.parameters.buckets.count)
    let sample = 1 + 2 * 0.25 + buckets * 0.125
    expect(seconds(try schedule(hosts: 1), machine), 64 * sample)
    expect(seconds(try schedule(hosts: 1, microbatches: 2), machine), 64 * sample)
    // Threads and ranks share it out evenly.
    expect(seconds(try schedule(hosts: 1, threads: 4), machine), 16 * sample)
    expect(seconds(try schedule(hosts: 1, ranks: 4), machine), 16 * sample, within: 1e-4)
    // The pieces are larger, not more work, where a profile has states that were computed again.
    machine.recomputes = true
    expect(seconds(try schedule(hosts: 1), machine), 64 * sample)
    machine.recomputes = false
    (machine.weightForms, machine.update) = (3, 2)
    expect(seconds(try schedule(hosts: 1), machine), 64 * sample + 5)
    // As many processors as half of the threads take twice as long.
    machine = MadeMachine.machine(forward: 1)
    machine.processors = 2
    expect(seconds(try schedule(hosts: 1, threads: 4), machine), 32)
  }

  @Test("Shards that are more than the slices' samples leave some threads without work")
  func smallestSlice() throws {
    let machine = MadeMachine.machine(forward: 1)
    expect(seconds(try schedule(hosts: 1, threads: 8, batch: 3, shards: 8), machine), 1)
  }

  @Test("The sums of several ranks' gradients take what their elements take")
  func arithmetic() throws {
    var machine = MadeMachine.machine()
    (machine.arithmetic.addition, machine.arithmetic.copy) = (1, 0)
    // Two ranks with two shards each: one addition of its own, one of half a row with the other's.
    let count = Double(MadeMachine.parameters.count + 3)
    expect(seconds(try schedule(hosts: 1, ranks: 2), machine), 1.5 * count, within: 1e-3)
    (machine.arithmetic.addition, machine.arithmetic.copy) = (0, 1)
    // Its half of the total; and first, if they become shorter, all of its own sums.
    expect(seconds(try schedule(hosts: 1, ranks: 2), machine), 0.5 * count, within: 1e-3)
    expect(
      seconds(try schedule(hosts: 1, ranks: 2, format: .bfloat16), machine), 1.5 * count,
      within: 1e-3)
  }

  @Test(
    "A link that is all the cost passes the gradient's bytes at its rate", arguments: [2, 4, 8])
  func link(hosts: Int) throws {
    var machine = MadeMachine.machine()
    machine.bytesPerSecond = 1e6
    let schedule = try schedule(hosts: hosts)
    let bytes = schedule.sentBytes
    // The headers of messages of many kilobytes are little, as is the wait for the last bucket.
    expect(seconds(schedule, machine), bytes / 1e6, within: 0.06)
    // Twice the rate is half the time.
    let once = seconds(schedule, machine)
    machine.bytesPerSecond = 2e6
    expect(seconds(schedule, machine), once / 2)
  }

  @Test("A latency that is all the cost comes twice: on the way to a sum, and back")
  func latency() throws {
    var machine = MadeMachine.machine()
    machine.latencySeconds = 1
    expect(seconds(try schedule(hosts: 2), machine), 2)
    expect(seconds(try schedule(hosts: 4), machine), 2)
  }

  @Test("Messages hide behind the computation of the layers below, as far as it is long enough")
  func overlap() throws {
    var machine = MadeMachine.machine(forward: 1, throughTime: 1)
    let schedule = try schedule(hosts: 2)
    let alone = seconds(schedule, machine)
    // The upper layer's buckets travel while the lower layer is computed; that one's do not.
    machine.bytesPerSecond = 8 * schedule.sentBytes / alone
    let together = seconds(schedule, machine)
    #expect(
      together > alone && together < alone * (1 + 1.0 / 8) - alone / 24, "\(together), \(alone)")
  }

  @Test("A bucket of tokens lets as many bytes pass at once as the pauses allow")
  func burst() throws {
    var machine = MadeMachine.machine(forward: 1)
    let schedule = try schedule(hosts: 2)
    machine.bytesPerSecond = schedule.sentBytes
    // 32 s of computation, and then a second's worth of bytes.
    let limited = seconds(schedule, machine)
    machine.burstBytes = 10 * schedule.sentBytes
    let free = seconds(schedule, machine)
    #expect(limited > 32.9 && free < 32.1, "\(limited), \(free)")
    // It is no way to send more than the rate for long.
    machine.bytesPerSecond = schedule.sentBytes / 100
    expect(seconds(schedule, machine), 100, within: 0.06)
  }

  @Test("Processors that all hosts share make as much work of all as of one")
  func sharedProcessors() throws {
    var machine = MadeMachine.machine(forward: 1)
    (machine.processors, machine.sharesProcessors) = (2, true)
    expect(seconds(try schedule(hosts: 4), machine), 32)
    expect(seconds(try schedule(hosts: 8), machine), 32)
    machine.sharesProcessors = false
    expect(seconds(try schedule(hosts: 8), machine), 8)
  }

  @Test("All wait for the slowest rank")
  func jitter() throws {
    var machine = MadeMachine.machine(forward: 1)
    machine.slowness = 1.5
    expect(seconds(try schedule(hosts: 4), machine), 24)
  }

  @Test(
    "A host sends what the reduction's own schedule says, and no more than each byte once each way",
    arguments: [2, 4, 8, 16], [1, 2, 4])
  func bytes(hosts: Int, ranks: Int) throws {
    let schedule = try schedule(hosts: hosts, ranks: ranks)
    let job = schedule.job
    let nodes = job.layout.hosts.map { _ in 1 }
    let sent = job.layout.hosts.map { host in
      host.reduce(0) { sum, rank in
        sum
          + job.buckets.enumerated().reduce(0) { sum, bucket in
            let lanes = BucketLanes(
              bucket: bucket.offset, elementCount: bucket.element.count, job.layout)
            let exchange = ExchangeSchedule(lanes, job.layout, rank: rank, nodes: nodes)
            return sum
              + zip(exchange.ranks, zip(exchange.nodesSent, exchange.sumsSent))
              .filter { !host.contains($0.0) }.reduce(0) { $0 + $1.1.0 + $1.1.1 }
          }
      }
    }
    #expect(schedule.sentBytes == Double(4 * (sent.max() ?? 0)))
    let necessary =
      2 * Double(hosts - 1) / Double(hosts) * Double(4 * MadeMachine.parameters.count)
    #expect(schedule.sentBytes <= 1.06 * necessary, "\(schedule.sentBytes) of \(necessary)")
    let half = try self.schedule(hosts: hosts, ranks: ranks, format: .bfloat16)
    #expect(abs(half.sentBytes / schedule.sentBytes - 0.5) < 0.01)
  }

  @Test(
    "One host that stands for all that do the same takes as long as all by themselves",
    arguments: [(2, 2, 8), (4, 1, 4), (3, 2, 12), (5, 1, 7), (16, 1, 16)])
  func symmetry(hosts: Int, ranks: Int, shards: Int) throws {
    var machine = MadeMachine.machine(forward: 1e-5, throughTime: 1e-5, weightGradients: 1e-6)
    (machine.bytesPerSecond, machine.latencySeconds) = (1e8, 3e-5)
    machine.messages = MachineProfile.Messages(
      send: 1e-6, receive: 1e-6, sendByte: 1e-9, receiveByte: 1e-9)
    let merged = try schedule(hosts: hosts, ranks: ranks, batch: 100, shards: shards)
    let single = try schedule(
      hosts: hosts, ranks: ranks, batch: 100, shards: shards, merges: false)
    #expect(single.sentBytes == merged.sentBytes)
    expect(seconds(merged, machine), seconds(single, machine), within: 0.01)
  }

  @Test("4,096 hosts take longer than 64 for the same, as each sends each other something")
  func manyHosts() throws {
    var machine = MadeMachine.machine(forward: 1e-5)
    machine.messages.send = 1e-6
    let few = seconds(try schedule(hosts: 64, batch: 4096), machine)
    let many = seconds(try schedule(hosts: 4096, batch: 4096), machine)
    #expect(many > few)
  }

  @Test("The expected largest of some draws lies between the median and the largest of all")
  func expectedMaximum() {
    // Evenly from 0 to 1: n / (n + 1).
    let even = (0...10).map { Double($0) / 10 }
    for count in [1, 2, 9, 1000] {
      expect(even.expectedMaximum(of: count), Double(count) / Double(count + 1))
    }
    #expect([1.5].expectedMaximum(of: 7) == 1.5)
  }
}
