#include "tables.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define PARTS 1
enum { TILE_COLUMNS = 4, TILE_ROWS = 5, LAST_TILE_ROWS = 5, COLUMN_ROWS = 5, LAST_COLUMN_ROWS = 5 };
#define FUSED_MULTIPLY_ADD 1
#include "body/float_kernels.h"
FLOAT_KERNELS(lockstep_avx512, lockstep_avx512_rounding, "AVX-512")
#pragma clang attribute pop
#endif
