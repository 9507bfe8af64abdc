/// A value for a key that was typed on the command line.
package struct TypedSetting: Sendable {
  /// The option as it was typed, such as `--set train.epochs=3` or `--epochs 3`.
  let option: String
  /// `section.key=value`.
  let text: String

  /// A value `section.key=value` of `--set`.
  package init(_ text: String) {
    self.text = text
    option = "--set \(text)"
  }

  /// A value of an option that stands for a key, such as `--epochs` for `train.epochs`.
  package init(_ option: String, for key: String, _ value: String) {
    text = "\(key)=\(value)"
    self.option = "\(option) \(value)"
  }
}
