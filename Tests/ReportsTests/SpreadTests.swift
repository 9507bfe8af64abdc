import Reports
import Testing

@Suite("Medians")
struct SpreadTests {
  @Test("The middle of an even number of values is between two")
  func spread() {
    #expect(Spread([])?.median == nil)
    #expect(Spread([3])?.median == 3)
    #expect(Spread([4, 1, 3, 2])?.median == 2.5)
    #expect(Spread([4, 1, 9])?.median == 4)
    #expect(Spread([4, 1, 9])?.min == 1 && Spread([4, 1, 9])?.max == 9)
  }
}
