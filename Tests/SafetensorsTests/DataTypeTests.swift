import Files
import Safetensors
import Testing
import TestSupport

@Suite("The element types of safetensors")
struct DataTypeTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file with one tensor of `count` elements.
  private func file(_ dataType: String, _ count: Int, _ bytes: [UInt8]) throws -> SafetensorsFile {
    let header =
      "{\"__metadata__\":null,\"w\":{\"dtype\":\"\(dataType)\",\"shape\":[\(count)],"
      + "\"data_offsets\":[0,\(bytes.count)]}}"
    return try SafetensorsFile(
      folder.write(safetensors(Array(header.utf8)) + bytes, to: "file"))
  }

  /// The elements of a tensor, converted.
  private func floats<Word: FixedWidthInteger>(
    _ dataType: String, _ words: [Word]
  ) throws -> [Float] {
    let bytes = words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    return try file(dataType, words.count, bytes).floats(named: "w")
  }

  /// The value of a float of `bits`, by its definition.
  private func value(
    _ bits: Int, exponentBits: Int, mantissaBits: Int, bias: Int
  ) -> Double {
    let mantissa = bits & (1 << mantissaBits - 1)
    let exponent = bits >> mantissaBits & (1 << exponentBits - 1)
    let sign = bits >> (mantissaBits + exponentBits) == 1 ? -1.0 : 1
    let scale = Double(
      sign: .plus, exponent: max(exponent, 1) - bias - mantissaBits, significand: 1)
    return sign * Double(mantissa + (exponent == 0 ? 0 : 1 << mantissaBits)) * scale
  }

  private func expectEqual(_ found: [Float], _ expected: [Double]) {
    #expect(found.count == expected.count)
    let wrong = zip(found, expected).enumerated().filter { _, pair in
      pair.0.isNaN != pair.1.isNaN || !pair.0.isNaN && Double(pair.0) != pair.1
        || pair.0.sign != pair.1.sign && !pair.0.isNaN
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(3))")
  }

  @Test("Every float of 16 bits has its value")
  func halves() throws {
    let all = (0...UInt16.max).map { $0 }
    expectEqual(
      try floats("F16", all),
      all.map { bits in
        if bits & 0x7C00 == 0x7C00 {
          return bits & 0x3FF != 0 ? .nan : bits >> 15 == 1 ? -.infinity : .infinity
        }
        return value(Int(bits), exponentBits: 5, mantissaBits: 10, bias: 15)
      })
    expectEqual(
      try floats("BF16", all), all.map { Double(Float(bitPattern: UInt32($0) << 16)) })
  }

  @Test("Every float of 8 bits has its value")
  func bytes() throws {
    let all = (0...UInt8.max).map { $0 }
    func expected(
      _ exponentBits: Int, _ bias: Int, _ special: (UInt8) -> Double?
    ) -> [Double] {
      all.map {
        special($0)
          ?? value(
            Int($0), exponentBits: exponentBits, mantissaBits: 7 - exponentBits, bias: bias)
      }
    }
    expectEqual(try floats("F8_E4M3", all), expected(4, 7) { $0 & 0x7F == 0x7F ? .nan : nil })
    expectEqual(
      try floats("F8_E5M2", all),
      expected(5, 15) {
        $0 & 0x7C < 0x7C ? nil : $0 & 3 != 0 ? .nan : $0 >> 7 == 1 ? -.infinity : .infinity
      })
    expectEqual(try floats("F8_E4M3FNUZ", all), expected(4, 8) { $0 == 0x80 ? .nan : nil })
    expectEqual(try floats("F8_E5M2FNUZ", all), expected(5, 16) { $0 == 0x80 ? .nan : nil })
    expectEqual(
      try floats("F8_E8M0", all),
      all.map {
        $0 == 0xFF ? .nan : Double(sign: .plus, exponent: Int($0) - 127, significand: 1)
      })
  }

  @Test("Doubles and long integers are rounded to the nearest float, ties to even")
  func rounding() throws {
    let ulp = 0x1p-23
    let doubles: [(Double, Float)] = [
      (1 + ulp / 2, 1), (1 + ulp * 1.5, 1 + Float(2 * ulp)), (1 + ulp * 0.5000001, 1 + Float(ulp)),
      (-1 - ulp / 2, -1), (0x1p-150, 0), (0x1.8p-149, 0x1p-148), (3.5e38, .infinity),
      (Double(Float.greatestFiniteMagnitude) * (1 + 0x1p-26), .greatestFiniteMagnitude),
    ]
    #expect(try floats("F64", doubles.map(\.0.bitPattern)) == doubles.map(\.1))
    #expect(try floats("F64", [Double.nan.bitPattern])[0].isNaN)
    #expect(
      try floats("I64", [16_777_217, 16_777_219, -16_777_217, Int64.min])
        == [16_777_216, 16_777_220, -16_777_216, -0x1p63])
    #expect(try floats("U64", [UInt64.max, 16_777_217]) == [0x1p64, 16_777_216])
    #expect(try floats("I32", [16_777_219, Int32.min]) == [16_777_220, -0x1p31])
    #expect(try floats("U32", [UInt32.max]) == [0x1p32])
    #expect(try floats("I16", [Int16.min, 7]) == [-32768, 7])
    #expect(try floats("U16", [UInt16.max]) == [65535])
    #expect(try floats("I8", [Int8.min]) == [-128])
    #expect(try floats("U8", [UInt8.max]) == [255])
    #expect(try floats("BOOL", [0, 1] as [UInt8]) == [0, 1])
  }

  @Test(
    "Elements of less than a byte, and complex ones, are read over and not converted",
    arguments: [("F4", 6, 3), ("F6_E2M3", 4, 3), ("F6_E3M2", 8, 6), ("C64", 2, 16)])
  func skipped(dataType: String, count: Int, byteCount: Int) throws {
    let file = try file(dataType, count, [UInt8](repeating: 0x11, count: byteCount))
    #expect(file.entries[0].elementCount == count)
    let error = checkpointError { _ = try file.floats(named: "w") }
    #expect(error?.kind == .wrongDataType && error?.reason.contains(dataType) == true)
    let wrong = checkpointError {
      _ = try self.file(dataType, count + 1, Array(repeating: 0, count: byteCount))
    }
    #expect(wrong?.reason.contains("does not fit") == true)
  }

  @Test(
    "A file of torch.save is recognized, and the error says how to make safetensors of it",
    arguments: [
      ([0x50, 0x4B, 3, 4, 0, 0, 8, 8], "zip archive"),
      ([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46], "pickle"),
    ] as [([UInt8], String)])
  func pytorchFiles(firstBytes: [UInt8], format: String) throws {
    let path = try folder.write(firstBytes + [UInt8](repeating: 1, count: 100), to: "model.pt")
    let error = checkpointError { _ = try SafetensorsFile(path) }
    #expect(error?.reason.contains(format) == true)
    #expect(error?.reason.contains("torch.load('\(path)'") == true)
    #expect(error?.reason.contains("save_file") == true)
  }
}
