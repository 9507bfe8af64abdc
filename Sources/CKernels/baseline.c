#include "tables.h"

#if defined(__aarch64__)
// A vector is four registers, and 24 of the 32 hold a tile.
#define PARTS 4
enum { TILE_COLUMNS = 1, TILE_ROWS = 6, LAST_TILE_ROWS = 6, COLUMN_ROWS = 6, LAST_COLUMN_ROWS = 6 };
#define FUSED_MULTIPLY_ADD 1
#define BASELINE "NEON"
#else
// Products are emulated, so that larger tiles and smaller parts would gain nothing.
#define PARTS 1
enum { TILE_COLUMNS = 1, TILE_ROWS = 2, LAST_TILE_ROWS = 2, COLUMN_ROWS = 2, LAST_COLUMN_ROWS = 2 };
#define FUSED_MULTIPLY_ADD 0
#define BASELINE "baseline"
#endif
#include "body/float_kernels.h"
FLOAT_KERNELS(lockstep_baseline, lockstep_baseline_rounding, BASELINE)
