// Vectors of LANES floats, for the instruction set that the including file is compiled for.
//
// That file defines LANES, FUSED_MULTIPLY_ADD (0 or 1), and how rows are cut into register tiles:
// TILE_ROWS at a time, and up to LAST_TILE_ROWS for the last tile.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../include/CKernels.h"

#define INLINED static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")
#define INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")

// The most rows of a tile, which WITH_ROWS has cases for.
enum { MOST_ROWS = 7 };
_Static_assert(LAST_TILE_ROWS <= MOST_ROWS && TILE_ROWS <= MOST_ROWS, "no case for such a tile");

typedef float vec __attribute__((ext_vector_type(LANES)));
typedef uint32_t bits __attribute__((ext_vector_type(LANES)));

INLINED vec load(const float *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINED void store(float *p, vec v) { memcpy(p, &v, sizeof v); }
INLINED vec splat(float x) { return (vec)x; }

// Brings so many floats into the second cache; the first one's buffers are for what the products
// stream.
INLINED void fetch(const int floats, const void *p) {
  UNROLLED for (int i = 0; i < floats; i += 16) __builtin_prefetch((const float *)p + i, 0, 2);
}

INLINED size_t blocks_of(size_t units) { return (units + LANES - 1) / LANES; }

// The blocks from `block` on that one panel takes.
INLINED size_t panel_width(size_t block, size_t blocks) {
  return blocks - block < 4 ? blocks - block : 4;
}

// The rows of the next tile when `left` are left. All tiles but the last start at a multiple of two
// rows if TILE_ROWS is even.
INLINED size_t rows_of_tile(size_t left) {
  if (left <= LAST_TILE_ROWS) return left;
  if (left >= 2 * TILE_ROWS) return TILE_ROWS;
  const size_t half = (left + 1) / 2;
  return TILE_ROWS % 2 ? half : (half + 1) / 2 * 2;
}

// Calls with the constant R equal to `rows`, 1 to 7.
#define WITH_ROWS(rows, call)              \
  switch (rows) {                          \
    case 1: { enum { R = 1 }; call; } break; \
    case 2: { enum { R = 2 }; call; } break; \
    case 3: { enum { R = 3 }; call; } break; \
    case 4: { enum { R = 4 }; call; } break; \
    case 5: { enum { R = 5 }; call; } break; \
    case 6: { enum { R = 6 }; call; } break; \
    default: { enum { R = 7 }; call; } break; \
  }

// Calls with the constants R and C equal to `rows` and to `columns`, 1 to 4.
#define WITH_TILE(rows, columns, call)                         \
  switch (columns) {                                           \
    case 1: { enum { C = 1 }; WITH_ROWS(rows, call) } break;   \
    case 2: { enum { C = 2 }; WITH_ROWS(rows, call) } break;   \
    case 3: { enum { C = 3 }; WITH_ROWS(rows, call) } break;   \
    default: { enum { C = 4 }; WITH_ROWS(rows, call) } break;  \
  }

INLINED void transpose(vec rows[LANES]) {
  vec other[LANES];
  // Interleaving the halves log2(LANES) times turns element (i, j) into (j, i).
  for (int distance = 1; distance < LANES; distance *= 2) {
    UNROLLED for (int i = 0; i < LANES / 2; i++) {
      const vec a = rows[i], b = rows[i + LANES / 2];
#if LANES == 16
      other[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      other[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif LANES == 8
      other[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      other[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
      other[2 * i] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      other[2 * i + 1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
    }
    UNROLLED for (int i = 0; i < LANES; i++) rows[i] = other[i];
  }
}
