// The kernels of one precision as a table: with `rounds` 0 or 1 as a constant.

#define KERNELS(table, label, native, rounding, size_of_weights)                                   \
  static void pack_operand_##table(size_t rows, size_t columns, const float *x, void *operand) {   \
    pack_rows(1, rounding, rows, columns, x, operand);                                             \
  }                                                                                                \
  static void pack_gradient_##table(size_t rows, size_t columns, const float *d, void *operand) {  \
    pack_rows(4, rounding, rows, columns, d, operand);                                             \
  }                                                                                                \
  static void pack_weights_##table(size_t inputs, size_t units, const float *p, void *weights) {   \
    pack_blocks(rounding, inputs, units, p, weights);                                              \
  }                                                                                                \
  static void pack_transposed_##table(size_t depth, size_t first, size_t columns, size_t units,    \
                                      const float *p, void *transposed) {                          \
    pack_panels(rounding, depth, first, columns, units, p, transposed);                            \
  }                                                                                                \
  static void lstm_forward_##table(const lockstep_lstm_forward *step) {                            \
    forward_step(rounding, step);                                                                  \
  }                                                                                                \
  static void lstm_backward_##table(const lockstep_lstm_backward *step) {                          \
    backward_step(rounding, step);                                                                 \
  }                                                                                                \
  const lockstep_kernels table = {                                                                 \
      .name = label,                                                                               \
      .lanes = LANES,                                                                              \
      .is_native = native,                                                                         \
      .operand_size = operand_size,                                                                \
      .gradient_size = gradient_size,                                                              \
      .weights_size = size_of_weights,                                                             \
      .transposed_size = transposed_size,                                                          \
      .pack_operand = pack_operand_##table,                                                        \
      .pack_gradient = pack_gradient_##table,                                                      \
      .pack_weights = pack_weights_##table,                                                        \
      .pack_transposed = pack_transposed_##table,                                                  \
      .lstm_forward = lstm_forward_##table,                                                        \
      .lstm_backward = lstm_backward_##table,                                                      \
      .weight_gradient = weight_gradient,                                                          \
      .data_gradient = data_gradient,                                                              \
      .linear_forward = linear_forward,                                                            \
      .add = add,                                                                                  \
      .column_sums = column_sums,                                                                  \
      .sum_of_squares = sum_of_squares,                                                            \
      .scale_bytes = scale_bytes,                                                                  \
      .bfloat16_from_float = bfloat16_from_float,                                                    \
      .bfloat16_to_float = bfloat16_to_float,                                                        \
      .bfloat16_add = bfloat16_add,                                                                  \
      .float_round_bfloat16 = float_round_bfloat16,                                                  \
      .float_add_bfloat16 = float_add_bfloat16,                                                      \
      .adam = adam,                                                                                \
  };
