import Cluster
import Testing
import Training

@Suite("The times of the ranks")
struct StragglerWatchTests {
  /// A rank that computed some samples in one step of an interval, and then waited.
  private func rank(
    _ seconds: Double, samples: Int = 1000, waiting: Double = 0, steps: Int = 1
  ) -> RankTimes {
    var compute = ComputeTimes()
    compute.samples = samples / steps
    var step = StepTimes()
    step.threads = [ComputeTimes(), compute]
    step.computation = seconds / Double(steps)
    step.reduction = waiting / Double(steps)
    step.total = step.computation + step.reduction
    var times = RankTimes()
    for _ in 0..<steps { times.add(step) }
    return times
  }

  @Test("The rank that waits least came last, by what the others wait longer")
  func last() {
    let ranks = [
      rank(4, waiting: 1.5, steps: 10), rank(5, waiting: 0.5, steps: 10),
      rank(3, waiting: 2.5, steps: 10),
    ]
    let last = LastRank(of: ranks)
    #expect(last?.rank == 1)
    #expect(abs((last?.seconds ?? 0) - 0.15) < 1e-12)
    #expect(LastRank(of: [rank(4)]) == nil)
  }

  @Test("A rank that takes a fifth longer for its samples than the others is named, once")
  func straggler() {
    var watch = StragglerWatch()
    // Two of them have twice the shards, which is no fault.
    let others = [rank(5), rank(10, samples: 2000), rank(10.5, samples: 2000)]
    for _ in 1...2 { #expect(watch.look(others + [rank(7, steps: 100)]).isEmpty) }
    let found = watch.look(others + [rank(8, steps: 100)])
    #expect(found.count == 1 && found.first?.rank == 3 && found.first?.steps == 300)
    #expect(abs((found.first?.excess ?? 0) - (22 / 15.0 - 1)) < 1e-9)
    for _ in 1...9 { #expect(watch.look(others + [rank(9)]).isEmpty) }
  }

  @Test("The slower of two ranks is named, and what is known of its processor")
  func two() {
    var slow = rank(13)
    slow.use.throttled = 0.25
    slow.use.swapped = 0x1p23
    slow.use.megahertz = 900
    var usual = rank(10)
    usual.use.megahertz = 3000
    var watch = StragglerWatch()
    let found = (1...3).flatMap { _ in watch.look([slow, usual]) }
    #expect(found.map(\.rank) == [0] && found.map(\.steps) == [3])
    #expect(abs((found.first?.excess ?? 0) - 0.3) < 1e-9)
    #expect(
      found.first?.causes == [
        "8 MiB of its memory are swapped out",
        "its processor runs at 900 MHz, and those of others at 3000",
        "the quota of its control group (cpu.max) stops it 25 % of the time",
      ])
  }

  @Test("What is slow for a moment, all alike, alone or less than a fifth slower is no straggler")
  func none() {
    var watch = StragglerWatch()
    for number in 1...20 {
      // A third slower, but in every third interval not.
      #expect(watch.look([rank(10), rank(number % 3 == 0 ? 10 : 14)]).isEmpty)
    }
    watch = StragglerWatch()
    for _ in 1...20 { #expect(watch.look([rank(10), rank(11.5), rank(9.5)]).isEmpty) }
    for _ in 1...20 { #expect(watch.look([rank(30)]).isEmpty) }
    watch = StragglerWatch()
    // Many intervals, but only seconds in all.
    for _ in 1...12 { #expect(watch.look([rank(0.5), rank(0.8)]).isEmpty) }
  }
}
