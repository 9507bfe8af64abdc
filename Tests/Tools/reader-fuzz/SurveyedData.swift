import Datasets

/// Reads the training part of the data set in a folder, as a training and as a survey do, which must
/// agree on whether it is whole.
///
/// - Throws: the training's refusal, or ``BrokenPromise`` where the survey finds nothing wrong with
///   what was refused, or something with what was not.
func readAndSurvey(_ folder: String, classes: [String]) throws -> ShardedDataset {
  let faults = try PartSurvey(.training, in: folder, classes: classes).faults
  let data: ShardedDataset
  do {
    data = try ShardedDataset(
      directory: folder, part: .training, classes: classes.count, classNames: classes)
  } catch {
    guard faults == DataFaults() else { throw error }
    throw BrokenPromise("a survey finds nothing wrong, and a training says: \(error)")
  }
  guard let fault = faults.first.first else { return data }
  throw BrokenPromise("a training takes what a survey finds wrong: \(fault)")
}
