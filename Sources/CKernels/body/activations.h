// Sigmoid and tanh of a vector, both from one exponential. They are accurate to a few units in the
// last place, and a NaN stays a NaN.

// e^y = power (1 + rest).
typedef struct {
  vec power, rest;
} exponential;

// For -87 <= y <= 87. With y = n ln 2 + r, |r| <= ln(2) / 2, the power is 2^n and the rest e^r - 1,
// as r + r^2 q(r) with a minimax polynomial q (the error is below 5e-9).
INLINED exponential exponential_of(vec y) {
  // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
  const vec shifted = fused(y, splat(1.44269504f), splat(12582912.0f));
  const vec n = shifted - splat(12582912.0f);
  const vec power = (vec)(((bits)shifted << 23) + (bits)0x3f800000u);
  const vec r = fused(n, splat(-0.69314718f), y);
  vec q = fused(r, splat(0.00139505403f), splat(0.00836891774f));
  q = fused(q, r, splat(0.0416662060f));
  q = fused(q, r, splat(0.166665182f));
  q = fused(q, r, splat(0.5f));
  return (exponential){power, fused(q, r * r, r)};
}

// σ(x) = 1 / (1 + e^-x)
INLINED vec sigmoid(vec x) {
  vec y = -x;
  y = y > splat(87.0f) ? splat(87.0f) : y;
  y = y < splat(-87.0f) ? splat(-87.0f) : y;
  const exponential e = exponential_of(y);
  return splat(1.0f) / fused(e.power, e.rest, splat(1.0f) + e.power);
}

// tanh(x) = sign(x) (1 - e^-2|x|) / (1 + e^-2|x|), with e^y - 1 as power * rest + (power - 1) so
// that it keeps its relative accuracy near zero, where the power is 1.
INLINED vec hyperbolic_tangent(vec x) {
  const bits sign = (bits)x & (bits)0x80000000u;
  vec y = splat(-2.0f) * (vec)((bits)x & (bits)0x7fffffffu);
  y = y < splat(-87.0f) ? splat(-87.0f) : y;
  const exponential e = exponential_of(y);
  const vec minus = fused(e.power, e.rest, e.power - splat(1.0f));
  return (vec)((bits)(minus / (splat(2.0f) + minus)) ^ sign ^ (bits)0x80000000u);
}
