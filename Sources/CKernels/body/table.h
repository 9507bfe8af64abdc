// The kernels of one precision as a table: with `rounds` 0 or 1 as a constant.

#define CELL(name, table, rounding)                                                                \
  static void forward_##name##_##table(const lockstep_cell_forward *step) {                        \
    forward_step(name##_cell, rounding, step);                                                     \
  }                                                                                                \
  static void backward_##name##_##table(const lockstep_cell_backward *step) {                      \
    backward_step(name##_cell, rounding, step);                                                    \
  }

#define CELL_ENTRY(name, table)                                                                    \
  .name = {.forward = forward_##name##_##table,                                                    \
           .backward = backward_##name##_##table,                                                  \
           .gates = name##_gates,                                                                  \
           .first_sum = name##_first_sum,                                                          \
           .peepholes = name##_peepholes,                                                          \
           .keeps_tanh = name##_keeps_tanh},

#define KERNELS(table, label, native, rounding)                                                    \
  static size_t weights_size_##table(size_t gates, size_t inputs, size_t units) {                  \
    return rounding || TILE_COLUMNS < 4 ? size_of_blocks(gates, inputs, units) : 0;                \
  }                                                                                                \
  static void pack_operand_##table(size_t rows, size_t running, size_t columns, const float *x,    \
                                   void *operand) {                                                \
    pack_rows(1, rounding, rows, running, columns, x, operand);                                    \
  }                                                                                                \
  static void pack_gradient_##table(size_t rows, size_t columns, const float *d, void *operand) {  \
    pack_rows(4, rounding, rows, rows, columns, d, operand);                                       \
  }                                                                                                \
  static void pack_product_##table(size_t rows, size_t running, size_t blocks, const float *h,     \
                                   const float *mask, void *operand) {                             \
    pack_masked(rounding, rows, running, blocks, h, mask, operand);                                \
  }                                                                                                \
  static void pack_weights_##table(size_t gates, size_t inputs, size_t units, const float *p,      \
                                   void *weights) {                                                \
    pack_blocks(rounding, gates, inputs, units, p, weights);                                       \
  }                                                                                                \
  static void pack_transposed_##table(size_t gates, size_t depth, size_t first, size_t columns,    \
                                      size_t units, const float *p, void *transposed) {            \
    pack_panels(rounding, gates, depth, first, columns, units, p, transposed);                     \
  }                                                                                                \
  LOCKSTEP_CELLS(CELL, table, rounding)                                                            \
  const lockstep_kernels table = {                                                                 \
      .name = label,                                                                               \
      .is_native = native,                                                                         \
      .operand_size = operand_size,                                                                \
      .gradient_size = gradient_size,                                                              \
      .weights_size = weights_size_##table,                                                        \
      .transposed_size = transposed_size,                                                          \
      .pack_operand = pack_operand_##table,                                                        \
      .pack_gradient = pack_gradient_##table,                                                      \
      .pack_product = pack_product_##table,                                                        \
      .clear_rows = clear_rows,                                                                    \
      .copy_rows = copy_rows,                                                                      \
      .pack_weights = pack_weights_##table,                                                        \
      .pack_transposed = pack_transposed_##table,                                                  \
      LOCKSTEP_CELLS(CELL_ENTRY, table)                                                            \
      .weight_gradient = weight_gradient,                                                          \
      .data_gradient = data_gradient,                                                              \
      .linear_forward = linear_forward,                                                            \
      .dropout_mask = dropout_mask,                                                                \
      .multiply = multiply,                                                                        \
      .add = add,                                                                                  \
      .divide = divide,                                                                            \
      .keep_larger = keep_larger,                                                                  \
      .choose = choose,                                                                            \
      .column_sums = column_sums,                                                                  \
      .sum_of_squares = sum_of_squares,                                                            \
      .scale_bytes = scale_bytes,                                                                  \
      .bfloat16_from_float = bfloat16_from_float,                                                  \
      .bfloat16_to_float = bfloat16_to_float,                                                      \
      .bfloat16_add = bfloat16_add,                                                                \
      .float_round_bfloat16 = float_round_bfloat16,                                                \
      .float_add_bfloat16 = float_add_bfloat16,                                                    \
      .adam = adam,                                                                                \
      .lamb_moments = lamb_moments,                                                                \
      .lamb_step = lamb_step,                                                                      \
      .sgd = sgd,                                                                                  \
  };
