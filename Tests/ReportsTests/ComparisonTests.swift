import Configuration
import Foundation
import FoundationXML
import Reports
import Testing
import Training

/// The report on figures that are made up.
@Suite("The comparison's report")
struct ComparisonTests {
  static let nasty = "<script>alert(\"1\")</script> & 'x'\u{1}"

  private func report(
    names: [String] = ["plain", ComparisonTests.nasty], accuracies: [[Int]], classes: [String]
  ) throws -> ComparisonReport {
    let configurations = zip(names, accuracies).enumerated().map { index, given in
      var configuration = Configuration()
      configuration.model.hidden = 64 + index
      configuration.data.directory = "/data/<\(index)>"
      configuration.log.every = 7 + index
      configuration.train.batch = 50
      let runs = given.1.enumerated().map { seed, hits in
        ComparedRun(
          seed: UInt64(seed), folder: "\(given.0)/seed-\(seed)", samples: 6000,
          epochs: (1...(3 + index)).map { epoch in
            EpochFigures(
              epoch: epoch, trainingLoss: 1 / Double(epoch), evaluationLoss: 1.1 / Double(epoch),
              accuracy: Double(hits) / 1000, seconds: 2)
          }, confusion: ConfusionMatrix(counts: [[hits, 500 - hits], [500 - hits, hits]]))
      }
      return ComparedConfiguration(
        name: given.0, file: "\(given.0).yaml", configuration: configuration,
        parameters: 214_282, runs: runs)
    }
    return ComparisonReport(
      machine: ComparisonReport.Machine(ranks: 2, hosts: 1, instructionSet: "AVX-512"),
      origin: ComparisonReport.Origin(
        version: "9.8", arguments: ["compare", "a & b"], time: 86_400),
      evaluated: .test, seeds: accuracies[0].indices.map(UInt64.init), classes: classes,
      configurations: configurations)
  }

  /// The texts of a page that is well-formed; nil for another.
  private func texts(_ page: String) -> [String]? {
    final class Reader: NSObject, XMLParserDelegate {
      var texts: [String] = []
      func parser(_ parser: XMLParser, foundCharacters string: String) { texts.append(string) }
    }
    let (parser, reader) = (XMLParser(data: Data(page.utf8)), Reader())
    parser.delegate = reader
    return parser.parse() ? reader.texts : nil
  }

  @Test("The page is well-formed whatever the names are, and needs nothing but itself")
  func page() throws {
    let classes = ["<i>", "R&D"]
    let page = ComparisonPage(
      try report(accuracies: [[400, 402, 404], [450, 452, 455]], classes: classes)
    ).html
    let said = try #require(texts(page)).joined()
    for text in classes + [
      "<script>alert(\"1\")</script> & 'x'\u{FFFD}", "model.hidden", "/data/<1>",
    ] {
      #expect(said.contains(text), "\(text)")
    }
    for word in ["<script", "http", "url(", "@import", "src=", "<i>", "nan", "inf\""] {
      #expect(!page.contains(word), "\(word)")
    }
    // The confusion matrix is that of all seeds, and the accuracy their mean and deviation.
    for text in [
      "1206", "294", "80.40 ± 0.40 %", "214,282", "which is beyond the noise", "train.batch",
      "lockstep 9.8, 1970-01-02 00:00:00 UTC: lockstep compare a & b; 2 ranks",
    ] {
      #expect(said.contains(text), "\(text)")
    }
    #expect(page.contains("prefers-color-scheme: dark") && page.contains("width=device-width"))
    // For each configuration and chart, a line for each seed and the mean.
    #expect(page.components(separatedBy: "<polyline").count - 1 == 2 * 2 * (3 + 1))
  }

  @Test("Odd comparisons have a page, too")
  func oddPages() throws {
    let names = (0..<11).map { String(repeating: "long name ", count: 4) + "\($0)" }
    let many = try report(
      names: names, accuracies: names.indices.map { [400 + $0, 404 - $0] }, classes: ["a", "b"])
    #expect(texts(ComparisonPage(many).html) != nil)
    #expect(many.pairs.count == 55)
    let same = try report(names: ["a", "b"], accuracies: [[500], [500]], classes: ["a", "b"])
    let page = ComparisonPage(same).html
    #expect(texts(page) != nil && !page.contains("nan"))
    let none = try report(names: ["a", "b"], accuracies: [[0], [0]], classes: ["a", "b"])
    #expect(texts(ComparisonPage(none).html) != nil)
  }

  @Test("What is beyond the noise is said in words")
  func sentences() throws {
    func sentences(_ accuracies: [[Int]]) throws -> [String] {
      let report = try report(
        names: ["a", "b", "c"], accuracies: accuracies, classes: ["x", "y"])
      return report.pairs.map(report.sentence)
    }
    #expect(
      try sentences([[400, 402, 404], [450, 452, 455]]) == [
        "b is 10.07 percentage points more accurate than a (95 % interval 9.02 to 11.12), which is beyond "
          + "the noise: p < 0.0001."
      ])
    #expect(
      try sentences([[404, 400, 410], [402, 398, 405]])[0].hasPrefix(
        "a is 0.60 percentage points ahead of b (95 % interval −1.4"))
    #expect(
      try sentences([[400], [402]]) == [
        "b is 0.40 percentage points more accurate than a; whether that is more than noise cannot be judged "
          + "with one seed."
      ])
    #expect(
      try sentences([[400, 400], [402, 402]])[0].hasSuffix(
        "cannot be judged, as the seeds of each have the same accuracy."))
    #expect(
      try sentences([[400, 402, 404], [402, 400, 404]])[0].contains(
        " have the same mean accuracy ("))
    // One of 8 % cannot be more than 92 points behind.
    #expect(try sentences([[20, 60], [470, 490]])[0].contains(" to 92.00)"))
    let three = try sentences([[400, 402, 404], [450, 452, 455], [401, 402, 405]])
    #expect(
      three.count == 3
        && three.allSatisfy {
          $0.contains(" of the two alone)") && $0.contains("after Holm's correction")
        })
  }

  @Test("The figures are one JSON object, and read back as they were")
  func json() throws {
    let report = try report(
      names: ["a", "b"], accuracies: [[400, 402], [450, 452]], classes: ["x", "y"])
    let again = try JSONDecoder().decode(ComparisonReport.self, from: Data(report.json.utf8))
    #expect(again == report)
    #expect(report.differences.map(\.key) == ["data.directory", "model.hidden"])
    #expect(report.differences.last?.values == ["64", "65"])
    let shared = KeyDifference.shared(by: report.configurations.map(\.configuration))
    #expect(shared.map(\.key) == ["train.batch", "train.epochs"])
  }

  @Test("The recall of a class is its row's share on the diagonal")
  func recall() {
    let matrix =
      ConfusionMatrix(counts: [[3, 1], [0, 0]]) + ConfusionMatrix(counts: [[1, 3], [0, 0]])
    #expect(matrix.recalls == [0.5, nil])
    #expect(matrix.correct == 4 && matrix.samples == 8)
  }

  /// The values are those of scikit-learn's balanced_accuracy_score and f1_score.
  @Test("Balanced accuracy and macro F1 count each class as much")
  func balancedFigures() {
    let matrix = ConfusionMatrix(counts: [[6, 2, 0], [1, 1, 0], [0, 0, 0]])
    #expect(matrix.accuracy == 0.7 && matrix.balancedAccuracy == 0.625 && !matrix.isBalanced)
    #expect(matrix.precisions == [6 / 7, 1 / 3, nil])
    #expect(matrix.f1Scores == [0.8, 0.4, nil])
    #expect(abs(matrix.macroF1 - 0.6) < 1e-15)
    #expect(ConfusionMatrix(counts: [[3, 1], [0, 4]]).isBalanced)
    #expect(ConfusionMatrix(classes: 2).macroF1 == 0)
  }
}
