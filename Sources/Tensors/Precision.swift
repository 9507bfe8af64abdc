/// What matrix products take their inputs as. Sums, the cell state, parameters and moments are
/// floats with either.
package enum Precision: String, Codable, Sendable, CaseIterable {
  /// IEEE binary32.
  case float32 = "fp32"
  /// bfloat16: activations, gradients and copies of the weights, rounded to the nearest.
  case bfloat16 = "bf16"
}
