import Datasets

/// Tables of one row a time step.
struct CSVReader: FuzzedReader {
  let seeds = [
    "walk,time,x,y,what,part\na,0,1,2.5,up,train\na,1,-3e1,,up,train\nb,0,0,1,down,test\n",
    "walk,what,time,x\r\n\"a\",\"up \"\"high\"\"\",0,1\r\n\"b\nc\",down,3,NA\r\n",
    "\u{FEFF}x,time,what,walk\n" + (0..<60).map { "\($0),\($0),\($0 % 2),\($0 % 6)\n" }.joined(),
  ].map { Array($0.utf8) }

  init(folder: String) {}

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    var bytes = random.pick(seeds)
    for _ in 0..<1 + random.below(4) {
      guard random.once(in: 2), !bytes.isEmpty else {
        mutateBlindly(&bytes, &random)
        continue
      }
      let place = random.below(bytes.count)
      if random.once(in: 2) {
        bytes[place] = random.pick(Array(",;\"\n\r \t.eE+-0\0".utf8))
      } else {
        let words = [
          "\"", "\"\"", "\n", "nan", "inf", "1e999", "train", "\u{2028}", "\u{301}", ",,",
        ]
        bytes.insert(contentsOf: Array(random.pick(words + extremeTexts).utf8), at: place)
      }
    }
    return bytes
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    let columns = TableColumns(
      id: "walk", label: "what", time: random.once(in: 2) ? nil : "time",
      split: random.once(in: 4) ? "part" : nil, features: random.once(in: 4) ? nil : ["x"])
    let table = try SequenceTable(path, columns)
    let parts = try table.parts(testShare: 0.3)
    guard !table.features.isEmpty, table.lengths.lowerBound >= 1, table.classes.count >= 2,
      !parts.training.isEmpty, !parts.test.isEmpty
    else { throw BrokenPromise("nothing was read, and nothing refused") }
  }

  func readSeed(_ path: String) throws {
    _ = try SequenceTable(
      path, TableColumns(id: "walk", label: "what", time: "time", features: ["x"]))
  }

  static func isRefusal(_ error: any Error) -> Bool { error is DatasetError }
}
