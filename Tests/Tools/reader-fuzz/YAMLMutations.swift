private let yamlTokens = [
  "{", "}", "[", "]", ", ", ": ", "? ", "- ", "# ", "\n", "\n  ", "\t", "|\n", ">-\n", "|9+\n", "'",
  "\"", "&a ", "*a", "*a ", "&a [*a]", "<<: *a", "<<: ", "<<: {batch: 9}", "! ", "!!str ", "!!int ",
  "!!binary ", "!!set ", "!!omap ", "!!float ", "!!null ", "!<tag:yaml.org,2002:int> ", "!a!b ",
  "!%ff ",
  "%YAML 1.1\n---\n", "%YAML 9.9\n", "%TAG !a! b\n---\n", "---\n", "...\n", "\0", "\u{FEFF}",
  "\u{2028}", "\u{85}", "\u{FFFE}", "\u{1F600}", "e\u{301}", "\\", "\"\\uD800\"", "\"\\xff\"",
  "\"\\U00110000\"", "\"\\0\"", "=", "= : 1", "batch", "train", "data:", "classes", "auto",
  "[[1, 2], {a: b}]", "{[a, b]: c}", "? [a]\n: b\n", "? {a: b}\n", "@", "`", "~: ~", "batch: ",
  "\r",
  "\r\n", "1, 2: 3", "\u{1B}[2J", "-", "- - - - ",
]

/// A mutated configuration; nil for an input of no relation to one.
func mutatedYAML(_ seed: [UInt8], _ random: inout InputGenerator) -> [UInt8]? {
  if random.once(in: 1000) { return hugeYAML(&random) }
  if random.once(in: 50) { return trickyYAML(&random) }
  if random.once(in: 200) { return nil }
  var text = seed
  for _ in 0..<1 + random.below(4) {
    if text.isEmpty { text = seed }
    mutateText(&text, tokens: yamlTokens, &random)
  }
  return text
}

/// Aliases that double, chains, and nesting, of modest size.
private func trickyYAML(_ random: inout InputGenerator) -> [UInt8] {
  let count = 1 + random.below(random.once(in: 4) ? 5000 : 60)
  return Array(nested(random.below(12), count, &random).utf8)
}

/// Texts of the same kinds by the megabyte, up to twice what a configuration may have.
private func hugeYAML(_ random: inout InputGenerator) -> [UInt8] {
  let count = 1 << (10 + random.below(7))
  return Array(nested(random.below(20), count, &random).utf8)
}

private func nested(_ form: Int, _ count: Int, _ random: inout InputGenerator) -> String {
  let key = random.pick(["data", "train", "classes", "a"])
  func repeated(_ text: String) -> String { String(repeating: text, count: count) }
  switch form {
  case 0:
    let doubling = (1...count).map { "&a\($0) [*a\($0 - 1), *a\($0 - 1)]" }
    return "data: {classes: [&a0 [x, x], \(doubling.joined(separator: ", "))]}"
  case 1:
    let doubling = (1...count).map { "a\($0): &a\($0) {? *a\($0 - 1) : *a\($0 - 1)}" }
    return "a0: &a0 x\n" + doubling.joined(separator: "\n")
  case 2: return "a0: &a0 x\n" + (1...count).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
  case 3: return "\(key): " + repeated("[") + (random.once(in: 2) ? repeated("]") : "")
  case 4: return "\(key): " + repeated("{a: ") + (random.once(in: 2) ? "1" + repeated("}") : "")
  case 5: return repeated("- ")
  case 6: return repeated("? ")
  case 7:
    return (0..<min(count, 1500)).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
  case 8: return "train:\n  batch: " + repeated("1:") + "1"
  case 9: return "train: {<<: [" + (1...count).map { "{b\($0): 1}" }.joined(separator: ", ") + "]}"
  case 10: return repeated("{") + "a" + repeated(": 1}")
  case 11: return "{? " + repeated("{? ") + "[" + repeated("a, ") + "]" + repeated("}") + "}"
  case 12: return (1...count).map { "k\($0): \($0)\n" }.joined()
  case 13: return "data: {directory: \"" + repeated("a\\n ") + "\"}"
  case 14: return repeated("\n") + "a: ["
  case 15: return "train: {" + repeated("b") + ": 1}"
  case 16: return "data: {classes: [" + repeated("a, ") + "]}"
  case 17: return "train:\n  batch: |\n" + repeated("    1\n")
  case 18:
    // A large key inside as many keys as there may be.
    let depth = random.pick([30, min(count, 490)])
    return String(repeating: "{? ", count: depth) + "[" + String(repeating: "a,", count: 31_000)
      + "]" + String(repeating: "}", count: depth)
  default:
    let depth = min(count, 250)
    let line = String(repeating: "{", count: depth) + "a" + String(repeating: ":}", count: depth)
    return (0..<64_000 / line.utf8.count).map { "? \(line)\n: \($0)\n" }.joined()
  }
}
