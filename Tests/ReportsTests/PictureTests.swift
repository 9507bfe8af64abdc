import Files
import Reports
import Testing
import Training

@Suite("Pictures of pixels")
struct PictureTests {
  // Source: <https://www.w3.org/TR/png-3/>, sections 5 and 11.
  @Test("A PNG file has the signature, its size, and three whole chunks")
  func png() {
    let png = Picture(width: 3, height: 2, Picture.Color(1, 2, 3)).png
    #expect(png.prefix(8) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    #expect(png[16..<29] == [0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0])
    var rest = png.dropFirst(8)
    var types: [String] = []
    while rest.count >= 12 {
      let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      let body = Array(rest.dropFirst(4).prefix(4 + count))
      let sum = rest.dropFirst(8 + count).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      #expect(sum == crc32(body))
      types.append(String(decoding: body.prefix(4), as: UTF8.self))
      rest = rest.dropFirst(12 + count)
    }
    #expect(types == ["IHDR", "IDAT", "IEND"] && rest.isEmpty)
    // The checksum of the end, which each PNG file has.
    #expect(png.suffix(4) == [0xae, 0x42, 0x60, 0x82])
  }

  @Test("A cell of a confusion matrix is the darker, the more of its class's samples it has")
  func confusion() {
    let picture = Picture(ConfusionMatrix(counts: [[75, 25], [0, 100]]))
    #expect((picture.width, picture.height) == (108, 108))
    // In a corner, where there is no digit.
    func cell(_ row: Int, _ column: Int) -> Picture.Color {
      picture[28 + 40 * column + 1, 28 + 40 * row + 1]
    }
    #expect(cell(1, 0) == Picture.Color(255, 255, 255))
    #expect(cell(1, 1) == Picture.Color(9, 80, 170))
    #expect(cell(0, 0).red > cell(1, 1).red && cell(0, 0).blue > cell(0, 0).red)
    #expect(cell(0, 1).red > cell(0, 1).blue)
    let many = Picture(
      ConfusionMatrix(counts: Array(repeating: Array(repeating: 1, count: 100), count: 100)))
    #expect((many.width, many.height) == (600, 600))
  }

  @Test("What is outside of a picture is not drawn")
  func clipping() {
    var picture = Picture(width: 4, height: 4)
    let color = Picture.Color(1, 2, 3)
    picture.fill(x: -5, y: 2, width: 7, height: 9, color)
    picture.fill(x: 9, y: 9, width: 2, height: 2, color)
    let filled = (0..<16).filter { picture[$0 % 4, $0 / 4] == color }
    #expect(filled == [8, 9, 12, 13])
  }
}
