// Vectors of 16 floats on every instruction set, in as many registers as they take there: this width
// orders sums and memory, so that the bits of all results are the same on all of them.
//
// The including file says whether the instruction set has a fused multiply-add (FUSED_MULTIPLY_ADD, 0 or
// 1), into how many registers the products split a vector (PARTS: 1, 2 or 4), and what fits the registers:
// a tile of TILE_COLUMNS vectors, 1, 2 or 4, of TILE_ROWS rows, and of up to LAST_TILE_ROWS rows where no
// more follow; or of one vector, of COLUMN_ROWS and LAST_COLUMN_ROWS rows.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../include/CKernels.h"

// No function here that takes vectors is called from another file.
#pragma clang diagnostic ignored "-Wpsabi"

// What is rounded once says so with `fused`.
#pragma STDC FP_CONTRACT OFF

#define INLINED static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")
#define INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")

// The most rows of a tile, which WITH_ROWS has cases for.
enum { MOST_ROWS = 7 };
_Static_assert(TILE_ROWS <= LAST_TILE_ROWS && LAST_TILE_ROWS <= MOST_ROWS, "no case for such a tile");
_Static_assert(COLUMN_ROWS <= LAST_COLUMN_ROWS && LAST_COLUMN_ROWS <= MOST_ROWS, "no case for such a tile");
_Static_assert(4 % TILE_COLUMNS == 0, "four gates are cut into equal passes");

enum { LANES = LOCKSTEP_BLOCK };

typedef float vec __attribute__((ext_vector_type(LANES)));
typedef float part __attribute__((ext_vector_type(LANES / PARTS)));
typedef uint32_t bits __attribute__((ext_vector_type(LANES)));

INLINED vec load(const float *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINED void store(float *p, vec v) { memcpy(p, &v, sizeof v); }
INLINED vec splat(float x) { return (vec)x; }

// A vector of its parts, and the parts of a vector.
INLINED vec joined(const part *p) {
#if PARTS == 1
  return p[0];
#elif PARTS == 2
  vec v;
  v.lo = p[0], v.hi = p[1];
  return v;
#else
  vec v;
  v.lo.lo = p[0], v.lo.hi = p[1], v.hi.lo = p[2], v.hi.hi = p[3];
  return v;
#endif
}
INLINED void split(vec v, part *p) {
#if PARTS == 1
  p[0] = v;
#elif PARTS == 2
  p[0] = v.lo, p[1] = v.hi;
#else
  p[0] = v.lo.lo, p[1] = v.lo.hi, p[2] = v.hi.lo, p[3] = v.hi.hi;
#endif
}

// a b + c, rounded once.
#if FUSED_MULTIPLY_ADD
#define fused(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
typedef double wide __attribute__((ext_vector_type(LANES)));
typedef uint64_t wide_bits __attribute__((ext_vector_type(LANES)));

// product + term, for a product that is exact in double precision. The sum is rounded to odd (to the
// neighbor whose last bit is 1, unless it is exact), so that the second rounding, to a float, gives what
// one alone would (Boldo & Melquiond, 2008).
static __attribute__((noinline)) vec rounded_once(wide product, wide term) {
  const wide sum = product + term;
  // The rounding error of the sum (Knuth's TwoSum); a NaN where the sum is none or infinite.
  const wide rest = sum - product, error = (product - (sum - rest)) + (term - rest);
  const wide_bits is_inexact = (wide_bits)((error < 0) | (error > 0));
  const wide_bits is_even = ((wide_bits)sum & 1) - 1;
  const wide_bits away = 1 - (((wide_bits)error ^ (wide_bits)sum) >> 63) * 2;
  return __builtin_convertvector((wide)((wide_bits)sum + (away & is_inexact & is_even)), vec);
}

static __attribute__((noinline)) vec fused(vec a, vec b, vec c) {
  const wide product = __builtin_convertvector(a, wide) * __builtin_convertvector(b, wide);
  const wide term = __builtin_convertvector(c, wide), sum = product + term;
  const vec once = __builtin_convertvector(sum, vec);
  // Two roundings differ from one only where the first ends halfway between two floats: where the 29 bits
  // that a float lacks are 100..0, or more of them where the float is subnormal.
  const bits low = __builtin_convertvector((wide_bits)sum, bits);
  const bits high = __builtin_convertvector((wide_bits)sum >> 32, bits) & 0x7fffffffu;
  const bits is_halfway = (bits)((low & 0x1fffffffu) == 0x10000000u);
  const bits is_tiny = (bits)((high < 0x38200000u) & ((high | low) != 0));
  if (__builtin_reduce_or(is_halfway | is_tiny)) return rounded_once(product, term);
  return once;
}
#endif

// Brings so many floats into the second cache; the first one's buffers are for what the products
// stream.
INLINED void fetch(const int floats, const void *p) {
  UNROLLED for (int i = 0; i < floats; i += 16) __builtin_prefetch((const float *)p + i, 0, 2);
}

INLINED size_t blocks_of(size_t units) { return (units + LANES - 1) / LANES; }

// The blocks from `block` on that one panel takes: the vectors of a tile.
INLINED size_t panel_width(size_t block, size_t blocks) {
  return TILE_COLUMNS > 1 && blocks - block < TILE_COLUMNS ? blocks - block : TILE_COLUMNS;
}

// The most rows of a tile of C vectors that more may follow, and of one that none follows.
INLINED int tile_rows(const int C) { return C == 1 ? COLUMN_ROWS : TILE_ROWS; }
INLINED int last_tile_rows(const int C) { return C == 1 ? LAST_COLUMN_ROWS : LAST_TILE_ROWS; }

// The rows of the next tile of C vectors when `left` are left. All tiles but the last start at a
// multiple of two rows if tile_rows(C) is even.
INLINED size_t rows_of_tile(const int C, size_t left) {
  const size_t most = tile_rows(C), half = (left + 1) / 2;
  if (left <= (size_t)last_tile_rows(C)) return left;
  if (left >= 2 * most) return most;
  return most % 2 ? half : (half + 1) / 2 * 2;
}

// Calls with the constant R equal to `rows`, 1 to last_tile_rows(columns).
#define WITH_ROWS(columns, rows, call)    \
  switch (rows) {                         \
    ROWS(columns, 1, call)                \
    ROWS(columns, 2, call)                \
    ROWS(columns, 3, call)                \
    ROWS(columns, 4, call)                \
    ROWS(columns, 5, call)                \
    ROWS(columns, 6, call)                \
    ROWS(columns, 7, call)                \
    default: __builtin_unreachable();     \
  }
#define ROWS(columns, count, call)                \
  case count: {                                   \
    enum { R = count };                           \
    if (R <= last_tile_rows(columns)) { call; }   \
  } break;

// Calls with the constants R equal to `rows`, 1 to last_tile_rows(TILE_COLUMNS), and C to `columns`, 1 to 4.
#define WITH_TILE(rows, columns, call)                                        \
  switch (columns) {                                                          \
    case 1: { enum { C = 1 }; WITH_ROWS(TILE_COLUMNS, rows, call) } break;    \
    case 2: { enum { C = 2 }; WITH_ROWS(TILE_COLUMNS, rows, call) } break;    \
    case 3: { enum { C = 3 }; WITH_ROWS(TILE_COLUMNS, rows, call) } break;    \
    default: { enum { C = 4 }; WITH_ROWS(TILE_COLUMNS, rows, call) } break;   \
  }

INLINED void transpose(vec rows[LANES]) {
  vec other[LANES];
  // Interleaving the halves log2(LANES) times turns element (i, j) into (j, i).
  for (int distance = 1; distance < LANES; distance *= 2) {
    UNROLLED for (int i = 0; i < LANES / 2; i++) {
      const vec a = rows[i], b = rows[i + LANES / 2];
      other[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      other[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    UNROLLED for (int i = 0; i < LANES; i++) rows[i] = other[i];
  }
}
