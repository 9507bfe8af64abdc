/// Where a training keeps the states of one segment of time steps at a time, and computes them again
/// in the backward pass.
package enum Recomputation: String, Codable, CaseIterable, Sendable {
  /// Nowhere.
  case never
  /// Where there is no memory for all.
  case auto
  /// Everywhere.
  case always
}
