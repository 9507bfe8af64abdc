#include "tables.h"

#define LANES 4
#if defined(__aarch64__)
// 24 of the 32 registers hold a tile.
enum { TILE_ROWS = 6, LAST_TILE_ROWS = 6 };
#define FUSED_MULTIPLY_ADD 1
#define BASELINE "NEON"
#else
enum { TILE_ROWS = 3, LAST_TILE_ROWS = 3 };
#define FUSED_MULTIPLY_ADD 0
#define BASELINE "baseline"
#endif
#include "body/float_kernels.h"
FLOAT_KERNELS(lockstep_baseline, lockstep_baseline_rounding, BASELINE)
