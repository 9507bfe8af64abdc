import CKernels

/// Elementary functions whose bits are the same on any processor and with any C library, for what
/// parameters follow from (CKernelsElementary.h).
package enum Elementary {
  /// e to the power of `x`, with an error below one unit in the last place.
  package static func exp(_ x: Double) -> Double { lockstep_exp(x) }

  /// The natural logarithm, with an error below one unit in the last place: -∞ for 0, and NaN for
  /// less.
  package static func log(_ x: Double) -> Double { lockstep_log(x) }

  /// The cosine of an angle in radians from -2²⁰ to 2²⁰, with an error below 2⁻⁵²; NaN for others.
  package static func cos(_ x: Double) -> Double { lockstep_cos(x) }

  /// `base` to a whole power, with a relative error below `exponent` · 2⁻⁵³.
  package static func power(_ base: Double, _ exponent: Int) -> Double {
    precondition(exponent >= 0, "no power that needs a division")
    return lockstep_power(base, UInt64(exponent))
  }
}
