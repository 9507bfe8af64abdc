import Training

/// The kinds of what observers write about a run, by what a resumed run does again.
enum RecordKind {
  /// A step.
  case step
  /// A record of the end of an epoch's steps, such as a histogram.
  case epochEnd
  /// An evaluation, or what followed from it.
  case evaluation
  /// A record of the beginning or the end of a part of a run.
  case part
}

extension TrainingRun {
  /// Tells whether something that an earlier part of the run wrote stays, as this one will not write it
  /// again: steps that are done; evaluations, and what comes with epochs, at the end of one, since an
  /// undisturbed run has no others, and not the evaluation that the run begins with.
  func keeps(_ kind: RecordKind, of step: Int) -> Bool {
    let lastStep = firstStep - 1
    guard lastStep > 0, step <= lastStep else { return false }
    let isEpochEnd = step % stepsPerEpoch == 0
    return switch kind {
    case .step: true
    case .epochEnd: isEpochEnd
    case .evaluation: isEpochEnd && !(step == lastStep && beginsWithEvaluation)
    case .part: false
    }
  }
}
