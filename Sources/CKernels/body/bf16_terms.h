// Products of bfloat16 with sums in floats (VDPBF16PS, which multiplies and adds pairs): a term is a
// pair, the first one in the low half. Products run over units, and the weight gradients' over rows, so
// an operand holds the values twice:
//
//   pairs of columns  [blocks][N][C LANES / 2]
//   pairs of rows     [blocks][⌈N/2⌉][C LANES], the last one filled with zero
//
// with C = 1 for activations and 4 for gradients.

#include <immintrin.h>

typedef uint32_t term;
typedef bits terms;
enum { PER_TERM = 2 };

INLINED terms load_terms(const term *p) {
  terms v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINED terms broadcast(term x) { return (terms)x; }
INLINED part multiply_add(part acc, terms w, terms x) {
  return (part)_mm512_dpbf16_ps((__m512)acc, (__m512bh)w, (__m512bh)x);
}

INLINED size_t pairs_of(size_t n) { return (n + 1) / 2; }

INLINED __m256i rounded(vec x) { return (__m256i)_mm512_cvtneps_pbh((__m512)x); }
INLINED bits widened(__m256i x) { return (bits)_mm512_cvtepu16_epi32(x); }

static size_t size_of_pairs(const int C, size_t rows, size_t columns) {
  return blocks_of(columns) * C * (rows * LANES / 2 + pairs_of(rows) * LANES) * sizeof(term);
}
static size_t operand_size(size_t rows, size_t columns) { return size_of_pairs(1, rows, columns); }
static size_t gradient_size(size_t rows, size_t units) { return size_of_pairs(4, rows, units); }

INLINED term *by_columns(const void *operand, const int C, size_t rows, size_t blocks) {
  return (term *)operand + blocks * rows * C * LANES / 2;
}

// `row` is even.
INLINED void store_rows(const int count, const int C, const int rounds, vec values[2][4],
                        size_t rows, size_t blocks, size_t block, size_t row, void *operand) {
  (void)rounds;
  term *column_pairs = (term *)operand + (block * rows + row) * C * LANES / 2;
  term *row_pairs = by_columns(operand, C, rows, blocks)
                    + (block * pairs_of(rows) + row / 2) * C * LANES;
  UNROLLED for (int c = 0; c < C; c++) {
    const __m256i first = rounded(values[0][c]);
    memcpy(column_pairs + c * LANES / 2, &first, sizeof first);
    bits pair = widened(first);
    if (count == 2) {
      const __m256i second = rounded(values[1][c]);
      memcpy(column_pairs + (C + c) * LANES / 2, &second, sizeof second);
      pair |= widened(second) << 16;
    }
    memcpy(row_pairs + c * LANES, &pair, sizeof pair);
  }
}

static void copy_rows(size_t rows, size_t first_row, size_t end_row, size_t blocks, const void *from,
                      void *to) {
  const size_t width = LANES / 2;
  for (size_t block = 0; block < blocks; block++) {
    const size_t at = (block * rows + first_row) * width;
    memcpy((term *)to + at, (const term *)from + at, (end_row - first_row) * width * sizeof(term));
    for (size_t row = first_row & ~(size_t)1; row < end_row; row += 2) {
      // Of a pair only the rows that are meant.
      const uint32_t mask = (row >= first_row ? 0xffffu : 0) | (row + 1 < end_row ? 0xffff0000u : 0);
      const size_t pair = (block * pairs_of(rows) + row / 2) * LANES;
      const bits old = load_terms(by_columns(to, 1, rows, blocks) + pair);
      const bits new = load_terms(by_columns(from, 1, rows, blocks) + pair);
      const bits merged = (old & (bits)~mask) | (new & (bits)mask);
      memcpy(by_columns(to, 1, rows, blocks) + pair, &merged, sizeof merged);
    }
  }
}

INLINED void store_terms(const int rounds, const vec *values, term *out) {
  (void)rounds;
  const bits pair = widened(rounded(values[0])) | widened(rounded(values[1])) << 16;
  memcpy(out, &pair, sizeof pair);
}

INLINED void fetch_operand(const int R, const int C, size_t rows, size_t blocks, size_t block,
                           size_t row, const void *operand) {
  fetch(R * C * LANES / 2, (const term *)operand + (block * rows + row) * C * LANES / 2);
  fetch((R + 1) / 2 * C * LANES, by_columns(operand, C, rows, blocks)
                                         + (block * pairs_of(rows) + row / 2) * C * LANES);
}
