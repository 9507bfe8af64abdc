import Reports
import Testing

@Suite("Medians")
struct MedianRangeTests {
  @Test("The middle of an even number of values is between two")
  func spread() {
    #expect(MedianRange([])?.median == nil)
    #expect(MedianRange([3])?.median == 3)
    #expect(MedianRange([4, 1, 3, 2])?.median == 2.5)
    #expect(MedianRange([4, 1, 9])?.median == 4)
    #expect(MedianRange([4, 1, 9])?.min == 1 && MedianRange([4, 1, 9])?.max == 9)
  }
}
