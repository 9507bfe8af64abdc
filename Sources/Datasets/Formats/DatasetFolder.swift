import Files
import Glibc

/// A folder of a data set, in which the files of a format are found by their names.
package struct DatasetFolder {
  private let directory: String
  /// The names of what is in the folder, but for hidden files; none where it cannot be listed.
  private let names: [String]
  /// How to name another folder, for errors.
  private let advice: String

  /// Looks at the folder.
  ///
  /// - Parameter advice: how to name another one.
  package init(
    _ directory: String, advice: String = "set data.directory to the folder that holds it"
  ) {
    self.directory = expandingTilde(directory)
    let names = (try? fileNames(in: self.directory)) ?? []
    self.names = names.filter { !$0.hasPrefix(".") }.sorted()
    self.advice = advice
  }

  /// The format of the data set in the folder.
  ///
  /// - Throws: ``DatasetError`` where it has files of several formats, or of none, which names those of
  ///   all.
  package func format() throws(DatasetError) -> DatasetFormat {
    let formats = DatasetFormat.allCases.filter(hasFiles)
    guard formats.count <= 1 else {
      throw DatasetError(
        .countMismatch, in: directory,
        found: "files of \(formats.map(\.rawValue).joined(separator: " and "))",
        expected: "those of one format",
        advice: "set data.format to one of them, or put each data set in a folder of its own")
    }
    if let format = formats.first { return format }
    throw DatasetError(
      .missingFile, in: directory,
      found: isFile
        ? "a file in place of the folder"
        : names.isEmpty ? "no such folder, or nothing in it" : "no files of a data set",
      expected: "train-images-idx3-ubyte and so on (idx), train-x.npy and so on (npy), one archive "
        + "of these arrays (npz), or NAME_TRAIN.ts and NAME_TEST.ts (ts)",
      advice: source + advice)
  }

  private var isFile: Bool {
    names.isEmpty && access(directory + "/.", F_OK) != 0 && errno == ENOTDIR
  }

  private func hasFiles(_ format: DatasetFormat) -> Bool {
    switch format {
    case .idx:
      [DatasetPart.training, .test].contains { part in
        ["images", "labels"].contains { !idxPaths(part, $0).isEmpty }
      }
    case .npy:
      ["train-x.npy", "train-y.npy", "test-x.npy", "test-y.npy"].contains { path(of: $0) != nil }
    case .npz: !archives.isEmpty
    case .ts: [DatasetPart.training, .test].contains { !seriesNames(of: $0).isEmpty }
    }
  }

  /// The files of a part, gzipped or plain.
  ///
  /// - Parameter needsLabels: false where samples without labels will do.
  /// - Throws: ``DatasetError`` that names the paths, where one is not there or two would do.
  package func paths(
    of part: DatasetPart, _ format: DatasetFormat, needsLabels: Bool = true
  ) throws(DatasetError) -> DatasetFormat.Paths {
    switch format {
    case .idx:
      return DatasetFormat.Paths(
        samples: try idxFile(part, "images", dimensions: 3),
        labels: !needsLabels && idxPaths(part, "labels").isEmpty
          ? nil : try idxFile(part, "labels", dimensions: 1), lengths: nil)
    case .npy:
      let name = part == .test ? "test" : "train"
      return DatasetFormat.Paths(
        samples: DataFile(try locate(name + "-x.npy")),
        labels: !needsLabels && path(of: name + "-y.npy") == nil
          ? nil : DataFile(try locate(name + "-y.npy")),
        lengths: try lengths(of: part) { name in
          path(of: name + "-lengths.npy").map { DataFile($0) }
        })
    case .npz:
      let archive = try only(archives, "archive whose name ends in .npz")
      return try members(of: part, in: archive.path, needsLabels: needsLabels)
    case .ts:
      let name = try only(
        seriesNames(of: part), "file whose name ends in \(Self.seriesEnding(part))")
      return DatasetFormat.Paths(samples: name, labels: name, lengths: nil)
    }
  }

  /// The paths of the IDX files of a part, such as `train-images-idx3-ubyte`,
  /// `train-images.idx3-ubyte` or `test-images-idx2-float.gz`; of one that is there gzipped and plain
  /// the first.
  private func idxPaths(_ part: DatasetPart, _ content: String) -> [String] {
    idxPaths((part == .test ? ["t10k", "test"] : ["train"]).map { "\($0)-\(content)" })
  }

  private func idxPaths(_ prefixes: [String]) -> [String] {
    var stems: [String] = []
    for name in names {
      let stem = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
      guard !stems.contains(stem),
        prefixes.contains(where: { prefix in
          ["-idx", ".idx"].contains { stem.hasPrefix(prefix + $0) }
        })
      else { continue }
      stems.append(stem)
    }
    return stems.compactMap { path(of: $0) }
  }

  private func idxFile(
    _ part: DatasetPart, _ content: String, dimensions: Int
  ) throws(DatasetError) -> DataFile {
    let paths = idxPaths(part, content)
    guard paths.count <= 1 else { throw several(paths, "one file of them") }
    // A folder that cannot be listed may yet have the files of MNIST.
    let usual = "\(part == .test ? "t10k" : "train")-\(content)-idx\(dimensions)-ubyte"
    if let path = paths.first { return DataFile(path) }
    return DataFile(try locate(usual))
  }

  /// The lengths of a part's arrays, which both parts have or none: without them, what fills up
  /// shorter sequences would count.
  ///
  /// - Parameter find: finds the lengths of `train` or `test`.
  private func lengths(
    of part: DatasetPart, find: (String) throws(DatasetError) -> DataFile?
  ) throws(DatasetError) -> DataFile? {
    let (name, other) = part == .test ? ("test", "train") : ("train", "test")
    if let file = try find(name) { return file }
    guard let file = try find(other) else { return nil }
    throw DatasetError(
      .missingFile, in: file.description, found: "no \(name)-lengths.npy beside it",
      expected: "the lengths of both parts, or of none",
      advice: "save the lengths of the other part, too, also where all are the same")
  }

  /// The names of the archives of arrays.
  private var archives: [String] { names.filter { $0.hasSuffix(".npz") } }

  /// The members of a part in an archive.
  private func members(
    of part: DatasetPart, in path: String, needsLabels: Bool
  ) throws(DatasetError) -> DatasetFormat.Paths {
    let names = try Self.members(of: path)
    /// An array by its name in a folder, as a keyword of `numpy.savez` can be, or as Keras has it.
    func find(_ part: String, _ content: String) throws(DatasetError) -> DataFile? {
      let spellings = ["\(part)-\(content)", "\(part)_\(content)", "\(content)_\(part)"]
      let found = spellings.map { $0 + ".npy" }.filter(names.contains)
      guard found.count <= 1 else { throw several(found, "one of them", in: path) }
      return found.first.map { DataFile(path, member: $0) }
    }
    let name = part == .test ? "test" : "train"
    func require(_ content: String) throws(DatasetError) -> DataFile {
      if let file = try find(name, content) { return file }
      throw DatasetError(
        .missingFile, in: path, found: "no array \(name)-\(content)",
        expected: "one of that name, or \(name)_\(content), or \(content)_\(name)",
        advice: "save the arrays again with numpy.savez")
    }
    return DatasetFormat.Paths(
      samples: try require("x"), labels: try needsLabels ? require("y") : find(name, "y"),
      lengths: try lengths(of: part) { (name) throws(DatasetError) in
        try find(name, "lengths")
      })
  }

  private static func members(of path: String) throws(DatasetError) -> Set<String> {
    let archive = try DatasetError.reading { () throws(FileError) in try ZipArchive(path: path) }
    return Set(archive.members.map(\.name))
  }

  private static func seriesEnding(_ part: DatasetPart) -> String {
    part == .test ? "_TEST.ts" : "_TRAIN.ts"
  }

  /// The names of the `.ts` files of a part, gzipped or plain.
  private func seriesNames(of part: DatasetPart) -> [String] {
    let endings = ["", ".gz"].map { Self.seriesEnding(part) + $0 }
    return names.filter { name in endings.contains { name.hasSuffix($0) } }
  }

  /// The one file that `names` has the name of.
  private func only(_ names: [String], _ noun: String) throws(DatasetError) -> DataFile {
    guard names.count <= 1 else { throw several(names, "one such file") }
    guard let name = names.first else {
      throw DatasetError(
        .missingFile, in: directory, found: "no \(noun)", expected: "one such file",
        advice: "put each data set in a folder of its own, or " + advice)
    }
    return DataFile(path(name))
  }

  private func several(
    _ names: [String], _ expected: String, in place: String? = nil
  ) -> DatasetError {
    DatasetError(
      .countMismatch, in: place ?? directory,
      found: names.joined(separator: " and ").excerpt(400), expected: expected,
      advice: "put each data set in a folder of its own, or " + advice)
  }

  /// The path of a file, gzipped or else plain, if there is one.
  private func path(of name: String) -> String? {
    candidates(name).first { access($0, F_OK) == 0 }
  }

  private func candidates(_ name: String) -> [String] { [path(name) + ".gz", path(name)] }

  private func path(_ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : directory + "/" + name
  }

  private func locate(_ name: String) throws(DatasetError) -> String {
    if let path = path(of: name) { return path }
    let candidates = candidates(name)
    throw DatasetError(
      .missingFile, in: directory,
      found: "neither \(candidates[0]) nor \(candidates[1])", expected: "one of them",
      advice: source + advice)
  }

  /// The commands that get the data set that the folder is named for.
  private var source: String {
    DatasetError.source(ofDirectory: directory).map { "get the data (\($0)), or " } ?? ""
  }
}

// A file of samples alone, with those beside it that belong to it.
extension DatasetFolder {
  /// The format of a file in the folder, by its name, and the files that belong to it.
  ///
  /// - Throws: ``DatasetError`` where an archive is none, or has no samples, or two files would do.
  func files(
    with name: String
  ) throws(DatasetError) -> (format: DatasetFormat, paths: DatasetFormat.Paths) {
    let file = DataFile(path(name))
    let plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
    if plain.hasSuffix(".ts") {
      return (.ts, DatasetFormat.Paths(samples: file, labels: file, lengths: nil))
    }
    if name.hasSuffix(".npz") { return (.npz, try samples(ofArchive: file.path)) }
    if plain.hasSuffix(".npy") {
      var base = plain.dropLast(4)
      if base.hasSuffix("-x") { base.removeLast(2) }
      func beside(_ content: String) -> DataFile? {
        path(of: "\(base)-\(content).npy").map { DataFile($0) }
      }
      return (
        .npy,
        DatasetFormat.Paths(samples: file, labels: beside("y"), lengths: beside("lengths"))
      )
    }
    let ending = plain.split(separator: ".").last.map(String.init) ?? ""
    guard !plain.contains(".") || ending.contains("idx") || ending.contains("ubyte") else {
      let isTable = ["csv", "tsv", "txt"].contains(ending)
      throw DatasetError(
        .wrongMagic, in: file.path, found: "a name that ends in .\(ending.excerpt())",
        expected: "one that ends in .npy, .npz or .ts, or an IDX file of images",
        advice: isTable
          ? "make arrays of a table with lockstep convert"
          : "save the samples as a NumPy array")
    }
    var labels: [String] = []
    for ending in ["-images-idx", "-images.idx"] {
      guard let range = plain.ranges(of: ending).last else { continue }
      labels = idxPaths(["\(plain[..<range.lowerBound])-labels"])
    }
    guard labels.count <= 1 else { throw several(labels, "one file of them") }
    return (
      .idx,
      DatasetFormat.Paths(samples: file, labels: labels.first.map { DataFile($0) }, lengths: nil)
    )
  }

  /// The arrays `x`, `y` and `lengths` of an archive, or else those of its test part.
  private func samples(ofArchive path: String) throws(DatasetError) -> DatasetFormat.Paths {
    let names = try Self.members(of: path)
    guard names.contains("x.npy") else {
      return try members(of: .test, in: path, needsLabels: false)
    }
    func member(_ content: String) -> DataFile? {
      names.contains(content + ".npy") ? DataFile(path, member: content + ".npy") : nil
    }
    return DatasetFormat.Paths(
      samples: DataFile(path, member: "x.npy"), labels: member("y"), lengths: member("lengths"))
  }
}
