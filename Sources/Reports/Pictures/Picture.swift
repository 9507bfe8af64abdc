import Files

/// A picture of pixels, which is drawn from filled rectangles.
package struct Picture: Equatable, Sendable {
  /// Red, green and blue, from 0 to 255.
  package struct Color: Equatable, Sendable {
    package let red, green, blue: UInt8

    package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    /// A color between two, from `a` at 0 to `b` at 1.
    static func mix(_ a: Color, _ b: Color, _ share: Double) -> Color {
      func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
        UInt8((Double(a) + (Double(b) - Double(a)) * min(max(share, 0), 1)).rounded())
      }
      return Color(mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue))
    }

    static let white = Color(255, 255, 255)
    static let ink = Color(31, 35, 40)
  }

  package let width, height: Int
  /// `[height][width][3]`.
  private(set) var bytes: [UInt8]

  package init(width: Int, height: Int, _ color: Color = .white) {
    (self.width, self.height) = (width, height)
    bytes = (0..<width * height).flatMap { _ in [color.red, color.green, color.blue] }
  }

  /// The color of a pixel.
  package subscript(x: Int, y: Int) -> Color {
    let start = (y * width + x) * 3
    return Color(bytes[start], bytes[start + 1], bytes[start + 2])
  }

  /// Fills a rectangle, as far as it is in the picture.
  package mutating func fill(x: Int, y: Int, width: Int, height: Int, _ color: Color) {
    for row in max(y, 0)..<max(min(y + height, self.height), max(y, 0)) {
      for column in max(x, 0)..<max(min(x + width, self.width), max(x, 0)) {
        let start = (row * self.width + column) * 3
        (bytes[start], bytes[start + 1], bytes[start + 2]) = (color.red, color.green, color.blue)
      }
    }
  }

  /// The digits, three bits a row of five, and the sign for "is taken for".
  private static let glyphs: [Character: [UInt8]] = [
    "0": [7, 5, 5, 5, 7], "1": [2, 6, 2, 2, 7], "2": [7, 1, 7, 4, 7], "3": [7, 1, 7, 1, 7],
    "4": [5, 5, 7, 1, 1], "5": [7, 4, 7, 1, 7], "6": [7, 4, 7, 5, 7], "7": [7, 1, 1, 2, 2],
    "8": [7, 5, 7, 5, 7], "9": [7, 5, 7, 1, 7], ">": [4, 2, 1, 2, 4],
  ]

  /// The pixels from one character to the next, at twice the size of its bits.
  static let characterWidth = 8
  static let characterHeight = 10

  /// Writes digits around a middle.
  mutating func write(_ text: String, x: Int, y: Int, _ color: Color) {
    let left = x - (text.count * Self.characterWidth - 2) / 2
    for (index, character) in text.enumerated() {
      for (row, bits) in (Self.glyphs[character] ?? []).enumerated() {
        for column in 0..<3 where bits >> (2 - column) & 1 == 1 {
          fill(
            x: left + index * Self.characterWidth + 2 * column,
            y: y - Self.characterHeight / 2 + 2 * row, width: 2, height: 2, color)
        }
      }
    }
  }

  /// The picture as a PNG file.
  ///
  /// Source: <https://www.w3.org/TR/png-3/>.
  package var png: [UInt8] {
    func bigEndian(_ number: Int) -> [UInt8] {
      withUnsafeBytes(of: UInt32(number).bigEndian) { Array($0) }
    }
    func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
      let body = Array(type.utf8) + data
      return bigEndian(data.count) + body + bigEndian(Int(crc32(body)))
    }
    let size = 3 * width
    // A zero before each row: its bytes are as they are.
    let rows = (0..<height).flatMap { [0] + bytes[$0 * size..<($0 + 1) * size] }
    return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
      + chunk("IHDR", bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0])
      + chunk("IDAT", deflated(rows)) + chunk("IEND", [])
  }
}
