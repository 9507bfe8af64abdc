import Datasets
import Glibc

/// Files of the time-series classification archive.
struct TSReader: FuzzedReader {
  private let folder: String
  let seeds = [
    "@problemName a\n@timeStamps false\n@classLabel true up down\n@data\n1,2,3:4,5,6:up\n7:8:down\n",
    "# a comment\n@missing false\n\n@data\n" + String(repeating: "1e3,-2.5:down\r\n", count: 40),
    "@data\n0.125:up",
  ].map { Array($0.utf8) }

  init(folder: String) throws {
    self.folder = folder + "/ts"
    guard mkdir(self.folder, 0o700) == 0 || errno == EEXIST else {
      throw BrokenPromise("cannot make \(self.folder)")
    }
  }

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    var bytes = random.pick(seeds)
    for _ in 0..<1 + random.below(4) {
      guard random.once(in: 2), !bytes.isEmpty else {
        mutateBlindly(&bytes, &random)
        continue
      }
      let place = random.below(bytes.count)
      if random.once(in: 2) {
        bytes[place] = random.pick(Array(":,\n\r @#?%.eE+-0 1\t\0\u{85}".utf8))
      } else {
        let word = random.pick(["nan", "inf", "1e999", "0x1p3", "@data\n", "::", "\u{2028}", "?"])
        bytes.insert(contentsOf: Array(word.utf8), at: place)
      }
    }
    return bytes
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    let file = folder + "/X_TRAIN.ts"
    unlink(file)
    guard symlink(path, file) == 0 else { throw BrokenPromise("cannot link \(file)") }
    let data = try readAndSurvey(folder, classes: ["up", "down"])
    guard data.sampleCount >= 1, data.form.steps >= 1, data.form.features >= 1 else {
      throw BrokenPromise("nothing was read, and nothing refused")
    }
  }

  static func isRefusal(_ error: any Error) -> Bool { error is DatasetError }
}
