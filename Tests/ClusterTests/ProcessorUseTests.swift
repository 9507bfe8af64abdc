import Cluster
import Foundation
import Testing

@Suite("What slows a process")
struct ProcessorUseTests {
  @Test("It is said from the worst on, and small parts are not")
  func causes() {
    var use = ProcessorUse()
    #expect(use.causes(usualMegahertz: 3000).isEmpty)
    (use.waiting, use.throttled, use.stolen) = (0.04, 0.01, 0.01)
    (use.swapped, use.megahertz) = (4096, 2800)
    #expect(use.causes(usualMegahertz: 3000).isEmpty)
    (use.waiting, use.throttled, use.stolen, use.megahertz) = (0.5, 0.1, 0.2, 1000)
    let causes = use.causes(usualMegahertz: 3000)
    #expect(causes.map { $0.contains("MHz") } == [true, false, false, false])
    #expect(causes.map { $0.contains("50 %") } == [false, true, false, false])
    #expect(causes.map { $0.contains("20 %") } == [false, false, true, false])
    #expect(causes.map { $0.contains("cpu.max") } == [false, false, false, true])
    // Where one clock is not known, nothing is said of it.
    #expect(use.causes(usualMegahertz: 0).count == 3)
  }

  @Test("Threads that share a processor wait for it")
  func waiting() throws {
    let group = ControlGroup.all(of: "cpu").first
    #expect(group?.throttledSeconds ?? 0 >= 0)
    // Twice as many threads as there are processors.
    let count = 2 * ProcessInfo.processInfo.activeProcessorCount
    let threads = try WorkerThreads(count: count)
    let meter = ProcessorUseMeter()
    #expect(meter.lap() == ProcessorUse())
    try threads.forEach(Array(0..<count)) { _, _ in
      let end = Date(timeIntervalSinceNow: 1.2)
      while Date() < end {}
    }
    let use = meter.lap()
    #expect(use.waiting > 0.1 && use.waiting < 1.1, "\(use)")
    #expect(use.throttled >= 0 && use.stolen <= 1)
    // Less than a second later it is the same.
    #expect(meter.lap() == use)
  }
}
