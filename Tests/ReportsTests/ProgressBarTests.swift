import Reports
import Testing

@Suite("The progress bar")
struct ProgressBarTests {
  @Test("The progress bar shows share, steps, rate and time left, and fits any terminal")
  func bar() {
    let bar = ProgressBar(done: 150, total: 3000, samplesPerSecond: 2345.6, secondsLeft: 3725)
    let text = bar.text(columns: 80)
    #expect(text.hasPrefix("[="))
    #expect(text.hasSuffix("]   5 %  150/3000  2346 samples/s  1:02:05 left"))
    for columns in 0...120 { #expect(bar.text(columns: columns).count <= max(columns - 1, 0)) }
    let odd = ProgressBar(done: 0, total: 0, samplesPerSecond: .nan, secondsLeft: .infinity)
    #expect(odd.text(columns: 80).contains("0 %"))
  }
}
