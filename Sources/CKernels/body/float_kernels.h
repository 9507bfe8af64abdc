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

#define FLOAT_KERNELS(table, rounding_table, label) \
  KERNELS(table, label, 1, 0)                       \
  KERNELS(rounding_table, label " (bf16 by rounding)", 0, 1)
