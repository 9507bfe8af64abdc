/// The text in lines of less than 80 columns, broken at spaces; those after the first are indented.
func wrapped(_ text: String, indent: Int) -> [String] {
  var lines: [String] = []
  for word in text.split(separator: " ", omittingEmptySubsequences: false) {
    guard let line = lines.last else {
      lines = [String(word)]
      continue
    }
    if line.count + 1 + word.count < 80 || line.allSatisfy({ $0 == " " }) {
      lines[lines.count - 1] += " " + word
    } else {
      lines.append(String(repeating: " ", count: indent) + word)
    }
  }
  return lines
}
