// Rounding to bfloat16, the upper half of a float: to nearest, ties to even. Infinities, zeros and
// signs stay, subnormals are rounded like other numbers, and a NaN stays one.

// The rounding of a float's bits, or of a vector's. The carry of a large number leads to infinity.
#define NEAREST_BFLOAT16(b) (((b) + 0x7fffu + ((b) >> 16 & 1u)) & 0xffff0000u)
// A NaN's payload may lie in the lower half, and its carry would lead to anything.
#define QUIET_BFLOAT16(b) (((b) | 0x00400000u) & 0xffff0000u)

INLINED float float_of(uint32_t b) {
  float x;
  memcpy(&x, &b, sizeof x);
  return x;
}

// The bits of a float after rounding.
INLINED uint32_t rounded_bits(float x) {
  uint32_t b;
  memcpy(&b, &x, sizeof b);
  return x != x ? QUIET_BFLOAT16(b) : NEAREST_BFLOAT16(b);
}

// A gradient on the wire: loops over floats x and y, and bfloat16 as 16 bits.

static void bfloat16_from_float(size_t count, const float *x, uint16_t *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] = (uint16_t)(rounded_bits(x[i]) >> 16);
}

static void bfloat16_to_float(size_t count, const uint16_t *x, float *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] = float_of((uint32_t)x[i] << 16);
}

static void bfloat16_add(size_t count, const uint16_t *x, uint16_t *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) {
    const float sum = float_of((uint32_t)y[i] << 16) + float_of((uint32_t)x[i] << 16);
    y[i] = (uint16_t)(rounded_bits(sum) >> 16);
  }
}

static void float_round_bfloat16(size_t count, float *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] = float_of(rounded_bits(y[i]));
}

static void float_add_bfloat16(size_t count, const float *x, float *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++)
    y[i] = float_of(rounded_bits(float_of(rounded_bits(y[i])) + float_of(rounded_bits(x[i]))));
}
