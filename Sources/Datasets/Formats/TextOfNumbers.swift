extension String {
  /// The line, of a file's first one without a mark of the byte order.
  func withoutMark(inLine line: Int) -> Substring {
    let scalars = unicodeScalars
    return line == 1 && scalars.first == "\u{FEFF}" ? Substring(scalars.dropFirst()) : self[...]
  }
}

extension StringProtocol {
  /// The decimal number that the whole text is; nil of any other text, also of one that C would take
  /// for a number: hexadecimal digits, `inf`, or what goes on behind a zero byte.
  var decimal: Double? {
    let isDecimal = utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    return isDecimal ? Double(self) : nil
  }
}
