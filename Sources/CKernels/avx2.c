#include "tables.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
// A vector is two registers, and up to 12 of the 16 hold a tile.
#define PARTS 2
enum { TILE_COLUMNS = 2, TILE_ROWS = 3, LAST_TILE_ROWS = 3, COLUMN_ROWS = 5, LAST_COLUMN_ROWS = 6 };
#define FUSED_MULTIPLY_ADD 1
#include "body/float_kernels.h"
FLOAT_KERNELS(lockstep_avx2, lockstep_avx2_rounding, "AVX2")
#pragma clang attribute pop
#endif
