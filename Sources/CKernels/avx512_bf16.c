#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#define PARTS 1
enum { TILE_COLUMNS = 4, TILE_ROWS = 6, LAST_TILE_ROWS = 7, COLUMN_ROWS = 6, LAST_COLUMN_ROWS = 7 };
#define FUSED_MULTIPLY_ADD 1
#include "body/vectors.h"
#include "body/coarse_activations.h"
#include "body/dropout.h"
#include "body/elementwise.h"
#include "body/bfloat16.h"
#include "body/cells.h"
#include "body/bf16_terms.h"
#include "body/products.h"
#include "body/recurrent.h"
#include "body/packing.h"
#include "body/table.h"
KERNELS(lockstep_avx512_bf16, "AVX-512 with BF16", 1, 1)
#pragma clang attribute pop
#endif
