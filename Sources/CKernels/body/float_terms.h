// Products of floats: an operand is the floats themselves, activations [blocks][N][LANES] or
// gradients [blocks][N][4 LANES]. To stand in for bf16 where a processor has no instructions for
// it, they are rounded as they are stored (`rounds`): the products are then the same, and only
// their sums are not added in pairs.

typedef float term;
typedef part terms;
enum { PER_TERM = 1 };

INLINED terms load_terms(const term *p) {
  terms v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINED terms broadcast(term x) { return (terms)x; }
INLINED part multiply_add(part acc, terms w, terms x) { return fused(x, w, acc); }

INLINED vec rounded_to_bfloat16(vec x) {
  const bits b = (bits)x;
  return x == x ? (vec)NEAREST_BFLOAT16(b) : (vec)QUIET_BFLOAT16(b);
}

static size_t operand_size(size_t rows, size_t columns) {
  return blocks_of(columns) * rows * LANES * sizeof(float);
}
static size_t gradient_size(size_t rows, size_t units) {
  return blocks_of(units) * rows * 4 * LANES * sizeof(float);
}

// The operand as the weight gradients read it, whose sums run over rows.
INLINED const term *by_columns(const void *operand, const int C, size_t rows, size_t blocks) {
  (void)C, (void)rows, (void)blocks;
  return operand;
}

// Stores `count` rows, 1 or 2, of C vectors each as part of an operand.
INLINED void store_rows(const int count, const int C, const int rounds, vec values[2][4],
                        size_t rows, size_t blocks, size_t block, size_t row, void *operand) {
  (void)blocks;
  UNROLLED for (int r = 0; r < count; r++)
    UNROLLED for (int c = 0; c < C; c++)
      store((float *)operand + ((block * rows + row + r) * C + c) * LANES,
            rounds ? rounded_to_bfloat16(values[r][c]) : values[r][c]);
}

static void copy_rows(size_t rows, size_t first_row, size_t end_row, size_t blocks, const void *from,
                      void *to) {
  for (size_t block = 0; block < blocks; block++) {
    const size_t at = (block * rows + first_row) * LANES;
    memcpy((float *)to + at, (const float *)from + at, (end_row - first_row) * LANES * sizeof(float));
  }
}

// Stores PER_TERM rows of a matrix as one row of terms.
INLINED void store_terms(const int rounds, const vec *values, term *out) {
  store(out, rounds ? rounded_to_bfloat16(values[0]) : values[0]);
}

INLINED void fetch_operand(const int R, const int C, size_t rows, size_t blocks, size_t block,
                           size_t row, const void *operand) {
  (void)blocks;
  fetch(R * C * LANES, (const float *)operand + (block * rows + row) * C * LANES);
}
