import Configuration
import Datasets

/// The shards that the samples are cut into, and the bytes that ranks hold.
struct DataLayouts {
  /// Nil where there are no such shards, as `failure` says.
  let shards: DataReport.Shards?
  let memory: [DataReport.RankMemory]
  /// The reason why the samples cannot be cut; nil where they can, or there are none.
  let failure: DatasetError?

  init(_ training: PartSurvey, _ test: PartSurvey, _ configuration: Configuration) {
    let data = configuration.data
    guard let form = training.form, training.sampleCount > 0 else {
      (shards, memory, failure) = (nil, [], nil)
      return
    }
    do throws(DatasetError) {
      let holdOut = try HoldOut(sampleCount: training.sampleCount, heldOut: data.validation)
      let layout = try ShardLayout(
        sampleCount: holdOut.count(of: .training), shardCount: data.shards)
      let sizes = DatasetSizes(layout: layout, form: form, classes: data.classes.count)
      let cut = DataReport.Shards(
        count: data.shards, largest: layout.sampleCount(inShard: 0),
        smallest: layout.sampleCount(inShard: data.shards - 1))
      var evaluation = 0
      for (count, form) in [(data.validation, form), (test.sampleCount, test.form ?? form)]
      where count > 0 {
        let whole = try ShardLayout(sampleCount: count, shardCount: 1)
        evaluation +=
          DatasetSizes(layout: whole, form: form, classes: data.classes.count).places(0..<1)
          .byteCount
      }
      var memory: [DataReport.RankMemory] = []
      var ranks = 1
      while ranks <= data.shards {
        let blocks = try ShardLayout.blocks(worldSize: ranks, shardCount: data.shards)
        memory.append(
          DataReport.RankMemory(
            ranks: ranks, trainingBytes: blocks.map { sizes.places($0).byteCount }.max() ?? 0,
            evaluationBytes: evaluation))
        ranks *= 2
      }
      (shards, self.memory, failure) = (cut, memory, nil)
    } catch {
      (shards, memory, failure) = (nil, [], error)
    }
  }
}
