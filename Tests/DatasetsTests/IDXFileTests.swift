import Datasets
import Files
import Foundation
import Testing
import TestSupport

@Suite("IDX files")
struct IDXFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func imageError(_ bytes: [UInt8]) throws -> DatasetError? {
    let path = try folder.write(bytes, to: "images")
    return datasetError {
      var file = try IDXFile.images(path)
      _ = try file.elements()
    }
  }

  @Test("A gzipped file, a plain one and one of two gzip members read the same")
  func forms() throws {
    // Larger than the buffers that the file is read through.
    let bytes = idxImages(400, height: 13, width: 31)
    let forms = [bytes, gzip(bytes), gzip(Array(bytes[..<9])) + gzip(Array(bytes[9...]))]
    for form in forms {
      var file = try IDXFile.images(folder.write(form, to: "images"))
      #expect(file.sizes == [400, 13, 31])
      let elements = try file.elements()
      #expect(elements.bytes == Array(bytes[16...]))
      #expect(try elements.digest == SHA256Digest(of: bytes))
    }
  }

  @Test("Only the images that are asked for are kept, and the digest is that of the whole file")
  func keeping() throws {
    let bytes = idxImages(9, height: 2, width: 3)
    let path = try folder.write(gzip(bytes), to: "images")
    var file = try IDXFile.images(path)
    let kept = try file.elements(kept: [8, 2])
    #expect(kept.bytes == Array(bytes[64..<70] + bytes[28..<34]))
    #expect(try kept.digest == SHA256Digest(of: bytes))
  }

  @Test("A file that cannot be opened is an error with the system's reason")
  func unreadable() throws {
    let absent = datasetError { _ = try IDXFile.images(folder.path + "/absent") }
    #expect(absent?.kind == .unreadableFile)
    #expect(absent?.description.contains("No such file") == true)
    let directory = datasetError { _ = try IDXFile.images(folder.path) }
    #expect(directory?.kind == .unreadableFile)
    #expect(directory?.description.contains("a folder") == true)
    // Nobody writes to this pipe.
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    let pipe = datasetError { _ = try IDXFile.images(folder.path + "/pipe") }
    #expect(pipe?.kind == .unreadableFile)
  }

  @Test("Swapped files are recognized")
  func swapped() throws {
    let error = try imageError(idxLabels(5))
    #expect(error?.kind == .wrongMagic)
    #expect(error?.description.contains("not swapped") == true)
    let path = try folder.write(idxImages(2, height: 2, width: 2), to: "labels")
    let other = datasetError { _ = try IDXFile.labels(path) }
    #expect(other?.kind == .wrongMagic)
    #expect(other?.description.contains("not swapped") == true)
  }

  @Test("Other IDX types and other files are named for what they are")
  func otherTypes() throws {
    let floats = try imageError(idx(magic: 0x0D03, sizes: [1, 1, 1], elements: [0, 0, 0, 0]))
    #expect(floats?.kind == .wrongMagic)
    #expect(floats?.description.contains("32-bit floats") == true)
    let page = try imageError(Array("<!DOCTYPE html>".utf8))
    #expect(page?.kind == .wrongMagic)
    #expect(page?.description.contains("neither gzip nor IDX") == true)
  }

  @Test("Empty and cut headers are too short")
  func shortHeader() throws {
    for count in [0, 1, 3, 4, 15] {
      let error = try imageError(Array(idxImages(1, height: 1, width: 1)[..<count]))
      #expect(error?.kind == .shortFile)
      #expect(error?.reason.hasPrefix("found \(count) bytes;") == true)
    }
  }

  @Test("Dimensions of zero or beyond reason are refused")
  func dimensions() throws {
    let wrong: [[UInt32]] = [[0, 2, 2], [2, 0, 2], [2, 2, 0], [1, .max, .max], [1, 1, 40_000]]
    for sizes in wrong {
      let error = try imageError(idx(magic: 0x0803, sizes: sizes, elements: [1, 2, 3, 4]))
      #expect(error?.kind == .wrongDimensions)
    }
    let path = try folder.write(idx(magic: 0x0801, sizes: [0], elements: []), to: "labels")
    #expect(datasetError { _ = try IDXFile.labels(path) }?.kind == .wrongDimensions)
  }

  @Test("A header that promises petabytes costs no memory, only an error")
  func lyingHeader() throws {
    let error = try imageError(
      idx(magic: 0x0803, sizes: [.max, 1 << 15, 1 << 15], elements: [1, 2, 3]))
    #expect(error?.kind == .shortFile)
    #expect(error?.reason.hasPrefix("found 19 bytes;") == true)
    let compressed = try imageError(
      gzip(idx(magic: 0x0803, sizes: [.max, 1 << 15, 1 << 15], elements: [1, 2, 3])))
    #expect(compressed?.kind == .shortFile)
    #expect(compressed?.reason.hasPrefix("found 19 bytes;") == true)
  }

  @Test("A short file says how many bytes it has and how many it should have")
  func short() throws {
    let error = try imageError(Array(idxImages(3, height: 4, width: 5).dropLast()))
    #expect(error?.kind == .shortFile)
    #expect(error?.reason.hasPrefix("found 75 bytes;") == true)
    #expect(error?.reason.contains("76 bytes") == true)
  }

  @Test("Bytes after the last image are refused, near or far")
  func trailing() throws {
    let bytes = idxImages(3, height: 4, width: 5)
    #expect(try imageError(bytes + [0])?.kind == .trailingBytes)
    let far = bytes + [UInt8](repeating: 0, count: 1 << 17)
    #expect(try imageError(far)?.kind == .trailingBytes)
    #expect(try imageError(gzip(far))?.kind == .trailingBytes)
  }

  @Test("A cut, altered or lengthened gzip stream is refused")
  func gzipDamage() throws {
    let whole = gzip(idxImages(300, height: 10, width: 10))
    let cut = try imageError(Array(whole.dropLast(9)))
    #expect(cut?.kind == .damagedGzip)
    #expect(cut?.description.contains("cut off") == true)
    var altered = whole
    altered[altered.count - 6] ^= 1
    let checksum = try imageError(altered)
    #expect(checksum?.kind == .damagedGzip)
    #expect(checksum?.description.contains("data check") == true)
    #expect(try imageError(whole + [1])?.kind == .damagedGzip)
    #expect(try imageError(whole + Array("garbage".utf8))?.kind == .damagedGzip)
    #expect(try imageError(Array(whole[..<2]))?.kind == .damagedGzip)
    #expect(try imageError([0x1F, 0x8B] + Array("garbage".utf8))?.kind == .damagedGzip)
    #expect(try imageError(gzip([]))?.kind == .shortFile)
  }

  @Test("A gzip stream of a thousandth of its contents is refused beyond 64 MiB, and read below")
  func bomb() throws {
    func zeros(_ count: UInt32) -> [UInt8] {
      idx(
        magic: 0x0803, sizes: [count, 1024, 1024],
        elements: [UInt8](repeating: 0, count: Int(count) << 20))
    }
    let error = try imageError(gzip(zeros(80)))
    #expect(error?.kind == .damagedGzip)
    #expect(error?.description.contains("at most 200 times as many") == true)
    #expect(error?.description.contains("gunzip") == true)
    var small = try IDXFile.images(folder.write(gzip(zeros(60)), to: "images"))
    #expect(try small.elements(kept: [0]).bytes.count == 1 << 20)
  }

  @Test("A label beyond the classes is reported with its index, also in a shard of another rank")
  func labelRange() throws {
    var bytes = idxLabels(70_000)
    bytes[8 + 69_001] = 11
    let path = try folder.write(gzip(bytes), to: "labels")
    let error = datasetError {
      var file = try IDXFile.labels(path)
      _ = try file.elements(classes: 10, kept: [])
    }
    #expect(error?.kind == .labelOutOfRange)
    #expect(error?.reason.hasPrefix("found label 11 at index 69001;") == true)
    var file = try IDXFile.labels(path)
    #expect(try file.elements(classes: 12).bytes == Array(bytes[8...]))
  }

  @Test("Mutated files never trap", arguments: 0..<8)
  func fuzz(seed: UInt64) throws {
    var random = SplitMix64(state: seed)
    let images = idxImages(5, height: 3, width: 4)
    let labels = idxLabels(5)
    for _ in 0..<500 {
      let plain = Bool.random(using: &random) ? images : labels
      var bytes = Bool.random(using: &random) ? plain : gzip(plain)
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[at] = .random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(at...)
        case 2: bytes.insert(.random(in: 0...255, using: &random), at: at)
        default: bytes[at] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
        }
      }
      let path = try folder.write(bytes, to: "mutated")
      do throws(DatasetError) {
        var file = try IDXFile.images(path)
        _ = try file.elements()
      } catch {}
      do throws(DatasetError) {
        var file = try IDXFile.labels(path)
        _ = try file.elements(classes: 10)
      } catch {}
    }
  }
}
