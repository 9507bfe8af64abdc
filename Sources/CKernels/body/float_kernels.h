// All kernels on floats: two tables, the second one rounding to bfloat16.
#include "vectors.h"
#include "activations.h"
#include "dropout.h"
#include "elementwise.h"
#include "bfloat16.h"
#include "cells.h"
#include "float_terms.h"
#include "products.h"
#include "recurrent.h"
#include "packing.h"
#include "table.h"

static size_t no_copy_of_weights(size_t gates, size_t inputs, size_t units) {
  (void)gates, (void)inputs, (void)units;
  return 0;
}

#define FLOAT_KERNELS(table, rounding_table, label)                       \
  KERNELS(table, label, 1, 0, no_copy_of_weights)                         \
  KERNELS(rounding_table, label " (bf16 by rounding)", 0, 1, size_of_blocks)
