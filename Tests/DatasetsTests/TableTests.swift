import Datasets
import Files
import TestSupport
import Testing

@Suite("Tables of one row a time step")
struct TableTests {
  private let folder: TemporaryFolder
  private static let columns = TableColumns(id: "walk", label: "what", time: "time")

  init() throws { folder = try TemporaryFolder() }

  private func table(
    _ text: String, _ columns: TableColumns = TableTests.columns, delimiter: Character = ","
  ) throws -> SequenceTable {
    let path = try folder.write(Array(text.utf8), to: "table.csv")
    return try SequenceTable(path, columns, delimiter: delimiter)
  }

  /// Writes the arrays of a table, and reads the training set.
  private func load(_ table: SequenceTable, testShare: Double = 0.5) throws -> ShardedDataset {
    for name in SequenceTable.arrayNames { try? folder.remove(name) }
    _ = try table.write(table.parts(testShare: testShare), to: folder.path)
    return try ShardedDataset(
      directory: folder.path, part: .training, classes: table.classes.count,
      classNames: table.classes)
  }

  /// The training samples one by one: their labels, and their numbers of all time steps.
  private func samples(_ data: ShardedDataset) throws -> [(label: Int32, numbers: [Float])] {
    try (0..<data.sampleCount).map { index in
      let length = try data.longestFirst(shard: 0, positions: [index]).lengths[0]
      var numbers = [Float](repeating: -9, count: length * data.form.features)
      var labels: [Int32] = [-1]
      var numberSpan = numbers.mutableSpan
      var labelSpan = labels.mutableSpan
      _ = try data.gather(
        shard: 0, positions: [index], into: &numberSpan, labels: &labelSpan)
      return (labels[0], numbers)
    }
  }

  @Test("Rows of one id make one sequence, in the order of their time")
  func sequences() throws {
    // Ids in turn, times that fall, spaces, quotes, line breaks in quotes, and a mark of byte order.
    let text = #"""
      \#u{FEFF}walk,time,"x, or so",y,what,part
      a,2,5,-6e1,"up ""high""",train
      b,0.5, 1 ,2,down,test

      a,1,3,4,"up ""high""",train
      "c
      d",1e1,7,8,down,training
      a,-1,1,2,"up ""high""",train
      e,3,1,2,down,Test
      """#
    for (text, delimiter) in [
      (text, ","), (text + "\n", ","),
      (text.replacing(",", with: ";").replacing("x; or", with: "x, or"), ";"),
      (text.replacing("\n", with: "\r\n"), ","),
    ] as [(String, Character)] {
      let columns = TableColumns(id: "walk", label: "what", time: "time", split: "part")
      let table = try table(text, columns, delimiter: delimiter)
      #expect(table.features == ["x, or so", "y"])
      #expect(table.classes == ["down", "up \"high\""])
      #expect(table.lengths == 1...3 && table.missingCount == 0 && !table.hasNumbers)
      let data = try load(table)
      #expect(data.form == SampleForm(steps: 3, features: 2, hasLengths: true))
      let samples = try samples(data)
      #expect(samples.map(\.label) == [1, 0])
      #expect(samples.map(\.numbers) == [[1, 2, 3, 4, 5, -60], [7, 8]])
    }
  }

  @Test("Without times the order of the file counts, and features are those that are named")
  func order() throws {
    let text =
      "n,x,walk,y,what\n1,2,a,3,7\n2,5,b,6,10\n3,8,a,9,7\n4,11,b,12,10\n5,1,c,1,7\n6,1,c,1,7\n"
    let columns = TableColumns(id: "walk", label: "what", features: ["y", "n"])
    let table = try table(text, columns)
    // The classes are numbers, but not from 0 on, and so texts.
    #expect(table.features == ["y", "n"] && table.classes == ["7", "10"] && !table.hasNumbers)
    #expect(table.lengths == 2...2)
    let data = try load(table)
    #expect(data.form == SampleForm(steps: 2, features: 2))
    #expect(try folder.names().filter { $0.contains("lengths") }.isEmpty)
    #expect(try samples(data).contains { $0.numbers == [6, 2, 12, 4] && $0.label == 1 })
  }

  @Test("Labels that are the numbers of the classes stay numbers")
  func numbers() throws {
    let table = try table("walk,time,x,what\na,0,1,1\nb,0,2,0\nc,0,3,0\nd,0,1,1\n")
    #expect(table.hasNumbers && table.classes == ["0", "1"])
    #expect(try samples(load(table)).map(\.label).sorted() == [0, 1])
    #expect(String(decoding: try folder.read("train-y.npy"), as: UTF8.self).contains("'<i4'"))
  }

  @Test("A label that is spelled in other bytes is the same")
  func spellings() throws {
    let rows = (0..<8).map { "w\($0),0,\($0),\(["a", "caf\u{E9}", "cafe\u{301}"][$0 % 3])\n" }
    let table = try table("walk,time,x,what\n" + rows.joined())
    #expect(table.classes == ["a", "café"])
    #expect(try samples(load(table)).map(\.label).max() == 1)
  }

  @Test("An empty field is a missing value, which is written as NaN")
  func missing() throws {
    let table = try table("walk,time,x,y,what\na,0,,1,u\nb,0,NA,2,v\nc,0,3,nan,v\nd,0,1,1,u\n")
    #expect(table.missingCount == 3)
    #expect(datasetError { _ = try load(table) }?.kind == .notFinite)
    let bits = try folder.read("train-x.npy") + folder.read("test-x.npy")
    let nan = bytes([Float.nan])
    #expect(bits.indices.count { bits[$0...].starts(with: nan) } == 3)
  }

  @Test("The data alone decide on the test set, each class with its share")
  func split() throws {
    let ids = (0..<50).map { "id \($0)" }
    func rows(_ ids: [String]) -> String {
      ids.map { "\($0),0,1,\($0.hasSuffix("7") ? "rare" : "usual")\n" }.joined()
    }
    func test(_ ids: [String], _ share: Double) throws -> Set<String> {
      let parts = try table("walk,time,x,what\n" + rows(ids)).parts(testShare: share)
      #expect(Set(parts.training + parts.test) == Set(0..<ids.count))
      #expect(parts.training.count + parts.test.count == ids.count)
      #expect(parts.test == parts.test.sorted() && parts.training == parts.training.sorted())
      return Set(parts.test.map { ids[$0] })
    }
    let chosen = try test(ids, 0.2)
    #expect(chosen.count == 10 && chosen.count { $0.hasSuffix("7") } == 1)
    #expect(try test(ids.reversed(), 0.2) == chosen)
    #expect(try test(ids, 0.4).isSuperset(of: chosen))
    // One of each class at the least, on both sides.
    #expect(try test(ids, 0.01).count == 2 && test(ids, 0.99).count == 48)
    let alone = datasetError { _ = try test(["id 7", "id 8"], 0.5) }
    #expect(alone?.found == "no test sequence among 2")
    #expect(alone?.reason.contains("give two sequences of a class or more") == true)
  }

  @Test("What does not fit is an error that says in which line")
  func errors() throws {
    let header = "walk,time,x,what\n"
    let cases = [
      ("", "no line"), (header, "no line behind the first"),
      (header + "a,0,1,u\n\nb,0,1\n", "3 fields in line 4"),
      (header + "a,0,1,u\nb,0,1,v,w\n", "5 fields in line 3"),
      (header + "a,0,one,u\n", "\"one\" as \"x\" in line 2"),
      (header + "a,0,inf,u\n", "\"inf\" as \"x\" in line 2"),
      (header + "a,0,1e39,u\n", "\"1e39\" as \"x\" in line 2"),
      (header + "a,0,0x10,u\n", "\"0x10\" as \"x\" in line 2"),
      (header + "a,0,1\0,u\n", "as \"x\" in line 2"),
      (header + "a,,1,u\n", "the time \"\" in line 2"),
      (header + "a,0,1,u\na,1,1,v\n", "the label \"v\" of \"a\" in line 3"),
      (header + "a,0,1,u\na,1,1,u\na,0.0,1,u\n", "the time 0.0 of \"a\" in line 4"),
      (header + ",0,1,u\n", "no id in line 2"), (header + "a,0,1,\n", "no label in line 2"),
      (header + "a,0,1,u\n", "1 different label"),
      (header + "a,0,1,u\n\"b\n\",0,1,u\nc,0,1,\"u\n", "a quote that is not closed in line 5"),
      (header + "a,0,1,u\nb,0,1,\"u\"v\n", "in line 3"),
      (header + "a,0,1,u\u{200B}\n", "the label \"u \" in line 2"),
      ("walk,time,what\na,0,u\n", "no column for a feature"),
      ("walk,time,x,x,walk,what\na,0,1,1,a,u\n", "2 columns \"walk\""),
      ("walk,time,,what\na,0,1,u\n", "no name of column 3 in the first line"),
      ("walk;time;x;what\na;0;1;u\n", "no column \"walk\""),
    ]
    for (text, found) in cases {
      let error = datasetError { _ = try table(text) }
      #expect(error?.found.contains(found) == true, "\(text): \(String(describing: error))")
    }
    for (columns, found) in [
      (TableColumns(id: "walk", label: "what", features: ["x", "what"]), "the feature \"what\""),
      (TableColumns(id: "walk", label: "walk"), "one column for two options"),
    ] {
      let error = datasetError { _ = try table(header + "a,0,1,u\nb,0,1,v\n", columns) }
      #expect(error?.found == found)
    }
    let split = TableColumns(id: "walk", label: "what", time: "time", split: "x")
    let part = datasetError { _ = try table("walk,time,x,y,what\na,0,dev,1,u\n", split) }
    #expect(part?.found == "the part \"dev\" in line 2")
    let other = datasetError {
      _ = try table("walk,time,x,y,what\na,0,train,1,u\na,1,test,1,u\n", split)
    }
    #expect(other?.found == "another part of the data of \"a\" in line 3")
    let utf8 = datasetError {
      let path = try folder.write(Array((header + "a,0,1,u\n").utf8) + [0xFF], to: "latin")
      _ = try SequenceTable(path, Self.columns)
    }
    #expect(utf8?.found == "bytes that are no UTF-8 in line 3")
    let endless = datasetError {
      _ = try table(header + "\"" + String(repeating: "a,0,1,u\n", count: 200_000))
    }
    #expect(endless?.found.contains("without the end of a row in line 2") == true)
  }

  @Test("A table that is larger than a piece is read the same, gzipped or not")
  func large() throws {
    var text = "walk,time,x,what\n"
    for row in 0..<20_000 {
      // A line break in every id.
      let label = row % 700 % 3 == 0 ? "\"u, v\"" : "w"
      text += "\"w\n\(row % 700)\",\(row),\(Double(row) / 3),\(label)\n"
    }
    let plain = try load(table(text))
    let digests = plain.digests
    #expect(plain.sampleCount == 350 && plain.form.steps == 29)
    let path = try folder.write(gzip(Array(text.utf8)), to: "table.csv.gz")
    #expect(try load(SequenceTable(path, Self.columns)).digests == digests)
  }

  @Test("Arrays that are there are not written over")
  func occupied() throws {
    let table = try table("walk,time,x,what\na,0,1,u\nb,0,1,v\nc,0,1,u\nd,0,1,v\n")
    _ = try load(table)
    let parts = try table.parts(testShare: 0.5)
    #expect(throws: FileError.self) { try table.write(parts, to: folder.path) }
  }
}
