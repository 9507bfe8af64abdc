#include "CKernelsElementary.h"

#include <float.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

_Static_assert(FLT_EVAL_METHOD == 0, "an operation on doubles is rounded to a double");

// Adding 1.5 * 2^52 rounds to the nearest integer.
static const double ROUNDER = 0x1.8p52;

// ln 2 in two parts. The first has so few bits that its products with exponents are exact.
static const double LN2_HIGH = 0x1.62e42feep-1, LN2_LOW = 0x1.a39ef35793c76p-33;

static double from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

// The sum of c[i] z^i.
static double polynomial(double z, int count, const double *c) {
  double sum = c[count - 1];
  for (int i = count - 2; i >= 0; i--) sum = sum * z + c[i];
  return sum;
}

// x 2^n for |n| < 2046, rounded once.
static double scaled(double x, int n) {
  const int half = n / 2;
  return x * from_bits((uint64_t)(1023 + half) << 52) * from_bits((uint64_t)(1023 + n - half) << 52);
}

double lockstep_exp(double x) {
  // 1 / k! for k from 2 on.
  static const double c[] = {
      1.0 / 2,       1.0 / 6,        1.0 / 24,        1.0 / 120,        1.0 / 720,         1.0 / 5040,
      1.0 / 40320,   1.0 / 362880,   1.0 / 3628800,   1.0 / 39916800,   1.0 / 479001600,   1.0 / 6227020800,
  };
  if (x != x) return x;
  if (x > 710) return from_bits(0x7ff0000000000000);
  if (x < -746) return 0;
  // x = n ln 2 + r, |r| <= ln(2) / 2.
  const double n = (x * 0x1.71547652b82fep+0 + ROUNDER) - ROUNDER;
  const double r = (x - n * LN2_HIGH) - n * LN2_LOW;
  return scaled(1 + (r + r * r * polynomial(r, sizeof c / sizeof *c, c)), (int)n);
}

double lockstep_log(double x) {
  // 2 / (2k + 1) for k from 1 on.
  static const double c[] = {
      2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21,
  };
  const double infinity = from_bits(0x7ff0000000000000);
  if (x != x || x == infinity) return x;
  if (x == 0) return -infinity;
  if (x < 0) return from_bits(0x7ff8000000000000);
  // x = 2^k (1 + f) with 1 + f from about sqrt(1/2) to sqrt(2).
  const int is_subnormal = x < DBL_MIN;
  const uint64_t bits = bits_of(is_subnormal ? x * 0x1p54 : x);
  const int64_t power = (int64_t)(bits - bits_of(0x1.6a09ep-1)) >> 52;
  const double f = from_bits(bits - ((uint64_t)power << 52)) - 1;
  const double k = (double)(is_subnormal ? power - 54 : power);
  // ln(1 + f) = 2 artanh s = f - f^2/2 + s (f^2/2 + the sum of c[k] s^2k).
  const double s = f / (2 + f), z = s * s, half_square = 0.5 * f * f;
  const double tail = z * polynomial(z, sizeof c / sizeof *c, c);
  return k * LN2_HIGH + (f - (half_square - (s * (half_square + tail) + k * LN2_LOW)));
}

double lockstep_cos(double x) {
  // The terms of sin r / r and of cos r from r^2 and r^4 on: (-1)^k / (2k + 1)! and (-1)^k / (2k)!.
  static const double sine[] = {
      -1.0 / 6,        1.0 / 120,          -1.0 / 5040,           1.0 / 362880,
      -1.0 / 39916800, 1.0 / 6227020800.0, -1.0 / 1307674368000., 1.0 / 355687428096000.,
  };
  static const double cosine[] = {
      1.0 / 24,        -1.0 / 720,          1.0 / 40320,           -1.0 / 3628800,
      1.0 / 479001600, -1.0 / 87178291200., 1.0 / 20922789888000., -1.0 / 6402373705728000.,
  };
  if (!(x >= -0x1p20 && x <= 0x1p20)) return from_bits(0x7ff8000000000000);
  // x = n pi / 2 + r, |r| <= pi / 4, with pi / 2 in parts whose products with n are exact.
  const double n = (x * 0x1.45f306dc9c883p-1 + ROUNDER) - ROUNDER;
  const double r = ((x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a6p-34) - n * 0x1.3198a2e037073p-69;
  const double z = r * r;
  const double sin_r = r + r * z * polynomial(z, sizeof sine / sizeof *sine, sine);
  const double cos_r = 1 - (0.5 * z - z * z * polynomial(z, sizeof cosine / sizeof *cosine, cosine));
  switch ((int)n & 3) {
    case 0: return cos_r;
    case 1: return -sin_r;
    case 2: return -cos_r;
    default: return sin_r;
  }
}

double lockstep_power(double base, uint64_t exponent) {
  double power = 1;
  for (; exponent; exponent >>= 1, base *= base)
    if (exponent & 1) power *= base;
  return power;
}
