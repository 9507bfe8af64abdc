import EventFiles
import TestSupport
import Testing

@Suite("Event files")
struct EventFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a file with a scalar for each of some steps.
  private func write(_ steps: ClosedRange<Int>, tag: String = "train/loss") throws {
    let file = try EventFile(in: folder.path, host: "h") { _ in true }
    for step in steps {
      try file.append(Event(time: 1, step: step, .values([SummaryValue(tag, .scalar(0))])))
    }
  }

  // Source: RFC 3720, appendix B.4.
  @Test("The checksum is the Castagnoli CRC of the standard's own examples")
  func checksum() {
    #expect(crc32c(Array(repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(crc32c(Array(repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(crc32c((0..<32).map { UInt8($0) }) == 0x46dd_794e)
  }

  @Test("A file begins with its version, and its name tells TensorBoard what it is")
  func beginning() throws {
    try write(1...1)
    let name = try #require(folder.names().first)
    #expect(name.hasPrefix("events.out.tfevents.") && name.hasSuffix(".lockstep"))
    let bytes = try folder.read(name)
    // 9 of the time, 15 of the version and 12 of the writer, behind 8 of the length and 4 of its checksum.
    #expect(bytes.prefix(8) == [36, 0, 0, 0, 0, 0, 0, 0])
    #expect(String(decoding: bytes[12..<48], as: UTF8.self).contains("brain.Event:2"))
  }

  @Test("What is to be dropped leaves the files of earlier starts, and an empty one goes")
  func pruning() throws {
    try write(1...3)
    try write(4...6, tag: "test/loss")
    let names = try folder.names()
    let (first, second) = (names[0], names[1])
    let bytes = try folder.read(second)
    let file = try EventFile(in: folder.path, host: "h") { event in
      event.step <= 5 && event.tags == ["test/loss"]
    }
    try file.flush()
    #expect(try folder.names().count == 2 && !folder.names().contains(first))
    #expect(try folder.read(second) == bytes.dropLast((bytes.count - 52) / 3))
  }

  @Test("A file that was cut off, or damaged, keeps what stands before")
  func damage() throws {
    try write(1...3)
    let name = try folder.names()[0]
    let whole = try folder.read(name)
    let event = (whole.count - 52) / 3
    for damage in [1, 5, event - 1] {
      try folder.write(Array(whole.dropLast(damage)), to: name)
      _ = try EventFile(in: folder.path, host: "h") { _ in true }
      #expect(try folder.read(name) == whole.dropLast(event), "cut off by \(damage)")
    }
    // A damaged event in the midst goes alone, and one whose length is damaged with all behind it.
    for (place, left) in [
      (whole.count - event - 6, whole.dropLast(2 * event) + whole.suffix(event)),
      (whole.count - 2 * event + 1, Array(whole.dropLast(2 * event))),
    ] {
      var damaged = whole
      damaged[place] ^= 1
      try folder.write(damaged, to: name)
      let file = try EventFile(in: folder.path, host: "h") { _ in true }
      #expect(try folder.read(name) == left)
      #expect(file.damagedFiles == [folder.path + "/" + name])
    }
  }

  @Test("Files of other programs stay as they are")
  func others() throws {
    let name = "events.out.tfevents.1.h.2.0"
    try folder.write([1, 2, 3], to: name)
    _ = try EventFile(in: folder.path, host: "h") { _ in false }
    #expect(try folder.read(name) == [1, 2, 3])
  }
}

@Suite("The histogram of an event file")
struct HistogramTests {
  @Test("Each number is in the bucket whose limits enclose it")
  func buckets() throws {
    var histogram = Histogram()
    let numbers = [-3.0, -0.5, -1e-13, 0, 1e-13, 0.25, 0.25, 7, .nan, .infinity]
    for number in numbers { histogram.add(number) }
    #expect(histogram.count == 8)
    #expect((histogram.minimum, histogram.maximum) == (-3, 7))
    #expect(abs(histogram.sum - 4) < 1e-12 && abs(histogram.sumOfSquares - 58.375) < 1e-12)
    let (limits, counts) = histogram.buckets
    #expect(counts.reduce(0, +) == 8 && limits.count == counts.count)
    #expect(zip(limits, limits.dropFirst()).allSatisfy(<))
    for number in numbers where number.isFinite {
      let index = try #require(limits.firstIndex { number <= $0 * (1 + ($0 < 0 ? -1e-9 : 1e-9)) })
      #expect(counts[index] > 0, "\(number)")
    }
    #expect(try #require(limits.last) / 7 < 1.1001)
  }

  @Test("Without numbers there are no buckets")
  func empty() {
    #expect(Histogram().buckets.limits.isEmpty)
  }
}
