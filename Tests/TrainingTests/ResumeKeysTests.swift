import Configuration
import Testing
import Training

@Suite("Keys that a resumed run may change")
struct ResumeKeysTests {
  @Test("Each is a key that there is, and what decides the bits is none of them")
  func keys() {
    let all = Set(Configuration().values.keys)
    #expect(Configuration.keysThatMayChange.isSubset(of: all))
    #expect(
      Configuration.keysThatMayChange.isDisjoint(with: [
        "data.shards", "data.validation", "model.initializer", "train.batch", "train.seed",
        "train.accumulation", "train.precision", "reduction.order", "reduction.wire",
        "train.earlyStoppingDelta", "evaluation.criterion", "schedule.patience",
      ]))
  }
}
