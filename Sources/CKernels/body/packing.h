// Matrices as the products read them.

// `count` floats and zeros up to a whole vector.
INLINED vec load_some(const float *p, size_t count) {
  if (count >= LANES) return load(p);
  float values[LANES] = {0};
  memcpy(values, p, count * sizeof(float));
  return load(values);
}

// x [running][columns], C vectors of which are a block.
INLINED void pack_rows(const int C, const int rounds, size_t rows, size_t running, size_t columns,
                       const float *x, void *operand) {
  const size_t width = C * LANES, blocks = (columns + width - 1) / width;
  for (size_t block = 0; block < blocks; block++)
    for (size_t row = 0; row < running; row += 2) {
      const int count = row + 1 < running ? 2 : 1;
      vec values[2][4];
      for (int r = 0; r < count; r++)
        UNROLLED for (int c = 0; c < C; c++) {
          const size_t column = block * width + c * LANES;
          values[r][c] = column < columns
                             ? load_some(x + (row + r) * columns + column, columns - column)
                             : splat(0);
        }
      if (count == 2)
        store_rows(2, C, rounds, values, rows, blocks, block, row, operand);
      else
        store_rows(1, C, rounds, values, rows, blocks, block, row, operand);
    }
}

INLINED void pack_masked(const int rounds, size_t rows, size_t running, size_t blocks, const float *h,
                         const float *mask, void *operand) {
  for (size_t block = 0; block < blocks; block++)
    for (size_t row = 0; row < running; row += 2) {
      const size_t at = (block * rows + row) * LANES;
      vec values[2][4];
      values[0][0] = load(h + at) * load(mask + at);
      if (row + 1 < running) {
        values[1][0] = load(h + at + LANES) * load(mask + at + LANES);
        store_rows(2, 1, rounds, values, rows, blocks, block, row, operand);
      } else {
        store_rows(1, 1, rounds, values, rows, blocks, block, row, operand);
      }
    }
}

static void clear_rows(size_t C, size_t rows, size_t first_row, size_t end_row, size_t first_block,
                       size_t block_count, void *operand) {
  const size_t width = C * LANES / PER_TERM;
  for (size_t block = first_block; block < first_block + block_count; block++)
    memset((term *)operand + (block * rows + first_row) * width, 0,
           (end_row - first_row) * width * sizeof(term));
}

// `count` vectors of each of `depth` rows of `gates` vectors.
INLINED term *pack_depth(const int rounds, size_t gates, size_t count, size_t depth, const float *from,
                         term *to) {
  for (size_t k = 0; k < depth; k += PER_TERM, to += count * LANES)
    for (size_t c = 0; c < count; c++) {
      vec values[2];
      UNROLLED for (int i = 0; i < PER_TERM; i++)
        values[i] = k + i < depth ? load(from + ((k + i) * gates + c) * LANES) : splat(0);
      store_terms(rounds, values, to + c * LANES);
    }
  return to;
}

// [block][pass][I + H][gates of a pass][LANES]: where all gates are one pass, as the parameters lie.
INLINED void pack_blocks(const int rounds, size_t gates, size_t inputs, size_t units,
                         const float *parameters, void *weights) {
  term *to = weights;
  const size_t count = pass_of(gates);
  for (size_t block = 0; block < blocks_of(units); block++)
    for (size_t c = 0; c < gates; c += count) {
      const float *from = parameters + (block * (inputs + units) * gates + c) * LANES;
      to = pack_depth(rounds, gates, count, inputs, from, to);
      to = pack_depth(rounds, gates, count, units, from + inputs * gates * LANES, to);
    }
}

static size_t size_of_blocks(size_t gates, size_t inputs, size_t units) {
  return blocks_of(units) * (terms_of(inputs) + terms_of(units)) * gates * LANES * sizeof(term);
}

static size_t transposed_size(size_t gates, size_t columns, size_t units) {
  return blocks_of(columns) * LANES * blocks_of(units) * gates * LANES / PER_TERM * sizeof(term);
}

// The V x V square of columns from `column` on and of the gate lanes from `parameters` on.
INLINED void load_transposed(size_t gates, size_t column, size_t columns, const float *parameters,
                             vec square[LANES]) {
  UNROLLED for (int i = 0; i < LANES; i++)
    square[i] = column + i < columns ? load(parameters + (column + i) * gates * LANES) : splat(0);
  transpose(square);
}

INLINED void pack_panels(const int rounds, size_t gates, size_t depth, size_t first, size_t columns,
                         size_t units, const float *parameters, void *transposed) {
  const size_t blocks = blocks_of(columns), unit_blocks = blocks_of(units);
  for (size_t block = 0; block < blocks; block += TILE_COLUMNS) {
    const size_t width = panel_width(block, blocks);
    term *panel = (term *)transposed + block * LANES * unit_blocks * gates * LANES / PER_TERM;
    for (size_t lanes = 0; lanes < gates * unit_blocks; lanes++)
      for (size_t c = 0; c < width; c++) {
        vec square[LANES];
        load_transposed(
            gates, (block + c) * LANES, columns,
            parameters + (lanes / gates * depth + first) * gates * LANES + lanes % gates * LANES,
            square);
        UNROLLED for (int i = 0; i < LANES; i += PER_TERM)
          store_terms(rounds, square + i,
                      panel + ((lanes * LANES + i) / PER_TERM * width + c) * LANES);
      }
  }
}
