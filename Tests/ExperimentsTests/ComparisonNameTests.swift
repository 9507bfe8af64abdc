import Experiments
import Testing

@Suite("Names of compared configurations")
struct ComparisonNameTests {
  @Test("Names are the files' base names, each once")
  func names() {
    #expect(
      ComparisonNames.unique(
        ["x/a.yaml", "y/a.yaml", "a-2.yaml", "b", "comparison.html.yaml"]
          .map(ComparisonNames.baseName))
        == ["a", "a-2", "a-2-2", "b", "comparison.html-2"])
  }
}
