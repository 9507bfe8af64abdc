// Branch-free sigmoid and tanh that the compiler turns into vector code, both from one
// exponential. They are accurate to a few units in the last place, and a NaN stays a NaN.
#ifndef LOCKSTEP_ACTIVATIONS_H
#define LOCKSTEP_ACTIVATIONS_H

#include <string.h>

#include "dispatch.h"

// e^y - 1 for y <= 88. With y = n ln 2 + r, it is 2^n (e^r - 1) + (2^n - 1), which keeps full
// relative accuracy near zero, where n is 0. e^r - 1 is its Taylor series, |r| <= ln(2) / 2.
INLINED float exponential_minus_one(float y) {
  y = y < -87.0f ? -87.0f : y;
  // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
  const float shifted = y * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + 0x3f800000u;
  float power;
  memcpy(&power, &bits, sizeof power);
  float r = y - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * (r * r) + r;
  return power * p + (power - 1.0f);
}

INLINED float sigmoid(float x) {
  const float y = -x > 87.0f ? 87.0f : -x;
  return 1.0f / (2.0f + exponential_minus_one(y));
}

INLINED float hyperbolic_tangent(float x) {
  const float e = exponential_minus_one(-2.0f * __builtin_fabsf(x));
  return __builtin_copysignf(e / (2.0f + e), x);
}

#endif
