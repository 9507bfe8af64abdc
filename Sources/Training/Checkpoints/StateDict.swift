import Datasets
import Files
import Networks
import Optimizers
import Safetensors
import Tensors

/// The tensors of a safetensors file under the names that they have in the state dict of a plain
/// PyTorch model: an `nn.LSTM` called `lstm`, or an `nn.GRU` called `gru`, and an `nn.Linear`
/// called `fc`.
struct StateDict {
  private let file: SafetensorsFile
  /// The names in the file by the plain ones.
  private let names: [String: String]

  /// The parts of names that PyTorch's wrappers of a model, or of a part of it, put in between:
  /// `DataParallel`, `DistributedDataParallel` and `AveragedModel`; `torch.compile`; `FSDP`;
  /// activation checkpointing.
  private static let wrappers: Set<Substring> = [
    "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
  ]
  /// The beginnings of the names of what is no parameter: slots, raw parameters and figures of features
  /// of Lockstep, and the count of `AveragedModel`.
  private static let others =
    OptimizerKind.allSlotNames.map { $0 + "." } + Standardization.tensorNames
    + [TrainingCheckpoint.rawPrefix, "n_averaged"]

  /// Reads the names of a file.
  ///
  /// - Throws: `FileError` if it holds a parameter twice, with a wrapper and without.
  init(_ file: SafetensorsFile) throws(FileError) {
    var names: [String: String] = [:]
    for name in file.names where !Self.others.contains(where: name.hasPrefix) {
      let plain = name.split(separator: ".", omittingEmptySubsequences: false)
        .filter { !Self.wrappers.contains($0) }.joined(separator: ".")
      if let other = names.updateValue(name, forKey: plain) {
        throw FileError(
          .malformed, path: file.path,
          reason: "it has the parameter \(plain) twice, as \(other) and as \(name)",
          advice: "save the state dict of one model")
      }
    }
    (self.file, self.names) = (file, names)
  }

  /// Checks that it has the parameters of a layout in their shapes, and no others.
  ///
  /// - Throws: `FileError` that names the first tensor that is missing, different or too many, and
  ///   what of the configuration does not fit the file.
  func require(_ layout: ParameterLayout) throws(FileError) {
    let model = "the model of the configuration has"
    for parameter in layout.entries {
      guard let found = entry(parameter.name) else {
        throw mismatch(
          .noSuchTensor,
          "it has no tensor \(parameter.name), which \(model) in the shape \(parameter.shape)",
          layout)
      }
      guard found.shape == parameter.shape else {
        throw mismatch(
          .wrongShape,
          "its tensor \(found.name) has the shape \(found.shape); \(model) "
            + "\(parameter.shape)", layout)
      }
    }
    let expected = Set(layout.entries.map(\.name))
    if let stranger = names.filter({ !expected.contains($0.key) }).min(by: { $0.key < $1.key }) {
      throw mismatch(
        .noSuchTensor, "it has a tensor \(stranger.value), which \(model) not", layout)
    }
  }

  /// Reads the parameters into `buffer`, converted to 32-bit floats as `load_state_dict` does.
  ///
  /// - Throws: `FileError`.
  func load(into buffer: ParameterBuffer, isCancelled: () -> Bool) throws {
    for parameter in buffer.layout.entries {
      buffer.set(
        parameter,
        to: try file.floats(
          named: names[parameter.name] ?? parameter.name, isCancelled: isCancelled))
    }
  }

  /// Reads those parameters into `buffer` that it has in their shapes.
  ///
  /// - Returns: what became of all parameters.
  /// - Throws: `FileError`, also if it has none of them.
  func loadFitting(
    into buffer: ParameterBuffer, isCancelled: () -> Bool
  ) throws -> PartialInitialization {
    var result = PartialInitialization()
    for parameter in buffer.layout.entries {
      guard let found = entry(parameter.name), found.shape == parameter.shape else {
        result.drawn.append((parameter.name, parameter.shape, entry(parameter.name)?.shape))
        continue
      }
      buffer.set(parameter, to: try file.floats(named: found.name, isCancelled: isCancelled))
      result.loaded.append(parameter.name)
    }
    guard result.loaded.contains(where: { !$0.hasPrefix("fc.") }) else {
      throw mismatch(
        .noSuchTensor,
        "it has no tensor of the name and the shape of a recurrent layer's parameter in the "
          + "configuration's model, so there is nothing to begin with", buffer.layout)
    }
    return result
  }

  private func entry(_ name: String) -> TensorEntry? {
    names[name].flatMap { file.entry(named: $0) }
  }

  private func mismatch(
    _ kind: FileError.Kind, _ finding: String, _ layout: ParameterLayout
  ) -> FileError {
    FileError(kind, path: file.path, reason: finding, advice: advice(layout.shape))
  }

  /// The advice for a file whose tensors are not those of a model of `shape`.
  private func advice(_ shape: ClassifierShape) -> String {
    guard let mine = self.shape else {
      return "name the model's layers \(shape.cell.layerName) and fc, as the README shows"
    }
    if mine.inputSize != shape.inputSize {
      return "the model of the file reads rows of \(mine.inputSize) pixels, and the images have "
        + "rows of \(shape.inputSize)"
    }
    if mine.classes != shape.classes {
      return "the model of the file has \(mine.classes) classes, and data.classes names "
        + "\(shape.classes)"
    }
    let settings: [(key: String, mine: String, other: String)] = [
      ("cell", mine.cell.rawValue, shape.cell.rawValue),
      ("layers", "\(mine.layers)", "\(shape.layers)"),
      ("hidden", "\(mine.hiddenSize)", "\(shape.hiddenSize)"),
      ("bidirectional", "\(mine.isBidirectional)", "\(shape.isBidirectional)"),
    ]
    let changes = settings.filter { $0.mine != $0.other }.map { "model.\($0.key) to \($0.mine)" }
    return changes.isEmpty
      ? "save the model's state_dict alone"
      : "set \(changes.joined(separator: " and ")), as in the file"
  }

  /// The sizes that the shapes tell of; nil if there is no recurrent layer under a known name.
  private var shape: ClassifierShape? {
    for cell in [Cell.peephole, .lstm, .gru] {
      func shape(_ parameter: String, _ layer: Int) -> [Int]? {
        entry("\(cell.layerName).\(parameter)_l\(layer)")?.shape
      }
      guard cell != .peephole || shape("weight_ci", 0) != nil,
        let input = shape("weight_ih", 0), let hidden = shape("weight_hh", 0),
        input.count == 2, hidden.count == 2
      else { continue }
      return ClassifierShape(
        inputSize: input[1], hiddenSize: hidden[1],
        layers: (0...).first { shape("weight_hh", $0) == nil } ?? 0,
        classes: entry("fc.weight")?.shape.first ?? 0, cell: cell,
        isBidirectional: entry("\(cell.layerName).weight_hh_l0_reverse") != nil)
    }
    return nil
  }
}

/// The parameters that a file had, and those that it had not.
package struct PartialInitialization {
  /// The names of the parameters that were read.
  package fileprivate(set) var loaded: [String] = []
  /// The names and shapes of the others, and the shapes that the file has under the same names.
  package fileprivate(set) var drawn: [(name: String, shape: [Int], found: [Int]?)] = []

  /// What was read and what was not, in two sentences.
  ///
  /// - Parameter path: the file's path.
  func sentences(_ path: String) -> [String] {
    let count = loaded.count + drawn.count
    let others = drawn.map { name, shape, found in
      found.map { "\(name) (\(shape), and \($0) in the file)" } ?? "\(name) (not in the file)"
    }
    return [
      "\(loaded.count) of \(counted(count, "parameter tensor")) come from \(path): "
        + loaded.joined(separator: ", "),
      drawn.isEmpty
        ? "no parameter tensor is drawn: the file has all of them"
        : "the others are drawn: " + others.joined(separator: ", "),
    ]
  }
}

extension ParameterBuffer {
  /// Reads the parameters that a file of Lockstep's or of PyTorch's has in their shapes, as `load` does,
  /// and leaves the others as they are.
  ///
  /// - Parameter isCancelled: as for `load`.
  /// - Returns: what became of all parameters.
  /// - Throws: `FileError`, as `load`, but for other tensors; if none fits.
  package func loadFitting(
    from path: String, isCancelled: () -> Bool = { false }
  ) throws -> PartialInitialization {
    let result = try StateDict(SafetensorsFile(path, isCancelled: isCancelled))
      .loadFitting(into: self, isCancelled: isCancelled)
    try requireFinite(path)
    return result
  }

  /// Reads the parameters from a file of Lockstep's, or of PyTorch's from the state dict of such a
  /// model, wrapped or not.
  ///
  /// - Parameter isCancelled: asked before each piece of the file; true ends the reading with an
  ///   error of the kind `cancelled`.
  /// - Throws: `FileError` if the file cannot be read, has other tensors, or has values that are not
  ///   finite.
  package func load(from path: String, isCancelled: () -> Bool = { false }) throws {
    let state = try StateDict(SafetensorsFile(path, isCancelled: isCancelled))
    try state.require(layout)
    try state.load(into: self, isCancelled: isCancelled)
    try requireFinite(path)
  }

  private func requireFinite(_ path: String) throws(FileError) {
    if let name = layout.firstNotFinite(all) {
      throw FileError(
        .malformed, path: path,
        reason:
          "its tensor \(name) has values that are not finite; give a file of a run that did "
          + "not diverge")
    }
  }
}
