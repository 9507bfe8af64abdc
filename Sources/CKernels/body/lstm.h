// The products of an LSTM's time step with its cells.

INLINED void forward_tile(const int R, const int rounds, const lockstep_lstm_forward *s,
                          size_t block, size_t row) {
  vec acc[MOST_ROWS][4];
  const size_t at = (block * s->rows + row) * LANES;
  const size_t blocks = blocks_of(s->units);
  const size_t inputs = terms_of(s->inputs), units = terms_of(s->units);
  const term *w = (const term *)s->weights + block * (inputs + units) * 4 * LANES;
  const size_t first = row * LANES / PER_TERM;
  set_to_bias(R, s->bias + block * 4 * LANES, acc);
  accumulate_operand(R, 4, acc, LANES / PER_TERM, inputs, (const term *)s->x + first, s->rows, w);
  fetch_for_forward(R, s, at);
  fetch_operand(R, 1, s->rows, blocks, block, row, s->h);
  if (s->h_prev)
    accumulate_operand(R, 4, acc, LANES / PER_TERM, units, (const term *)s->h_prev + first,
                       s->rows, w + inputs * 4 * LANES);
  cell_forward(R, s, acc, at);
  UNROLLED for (int r = 0; r < R; r += 2) {
    vec h[2][4];
    h[0][0] = acc[r][0];
    if (r + 1 < R) h[1][0] = acc[r + 1][0];
    store_rows(r + 1 < R ? 2 : 1, 1, rounds, h, s->rows, blocks, block, row + r, s->h);
  }
}

INLINED void forward_step(const int rounds, const lockstep_lstm_forward *s) {
  const size_t blocks = blocks_of(s->units);
  for (size_t block = 0; block < blocks; block++)
    for (size_t row = 0, tile; row < s->rows; row += tile) {
      tile = rows_of_tile(s->rows - row);
      WITH_ROWS(tile, forward_tile(R, rounds, s, block, row));
    }
}

// The units of C blocks: dh = the gradient from elsewhere + the next step's gradients times U.
INLINED void backward_tile(const int R, const int C, const int rounds,
                           const lockstep_lstm_backward *s, size_t block, size_t row) {
  vec acc[MOST_ROWS][4];
  const size_t rows = s->rows, blocks = blocks_of(s->units);
  const size_t depth = blocks * 4 * LANES / PER_TERM;
  const int run = 4 * LANES / PER_TERM;
  set_to_zero(R, C, acc);
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int c = 0; c < C; c++)
      if (s->dh) acc[r][c] = load(s->dh + ((block + c) * rows + row + r) * LANES);
  if (s->next) {
    const term *d = (const term *)s->next + row * run;
    const term *u = (const term *)s->recurrent + block * LANES * depth;
    for (size_t k = 0; k < blocks; k++) {
      if (k < (size_t)C) {
        fetch_for_backward(R, s, ((block + k) * rows + row) * LANES);
        fetch_operand(R, 4, rows, blocks, block + k, row, s->gradients);
      }
      accumulate(R, C, acc, run, d + k * run * rows, run, 1, u + k * run * C * LANES);
    }
  }
  UNROLLED for (int c = 0; c < C; c++) {
    float *bias_gradient = s->bias_gradient + (block + c) * 4 * LANES;
    vec sums[4];
    UNROLLED for (int g = 0; g < 4; g++) sums[g] = load(bias_gradient + g * LANES);
    UNROLLED for (int r = 0; r < R; r += 2) {
      vec d[2][4];
      UNROLLED for (int second = 0; second < 2; second++)
        if (r + second < R) {
          cell_backward(s, ((block + c) * rows + row + r + second) * LANES, acc[r + second][c], d[second]);
          UNROLLED for (int g = 0; g < 4; g++) sums[g] += d[second][g];
        }
      store_rows(r + 1 < R ? 2 : 1, 4, rounds, d, rows, blocks, block + c, row + r, s->gradients);
    }
    UNROLLED for (int g = 0; g < 4; g++) store(bias_gradient + g * LANES, sums[g]);
  }
}

INLINED void backward_step(const int rounds, const lockstep_lstm_backward *s) {
  const size_t blocks = blocks_of(s->units);
  for (size_t block = 0; block < blocks; block += 4)
    for (size_t row = 0, tile; row < s->rows; row += tile) {
      tile = rows_of_tile(s->rows - row);
      WITH_TILE(tile, panel_width(block, blocks), backward_tile(R, C, rounds, s, block, row));
    }
}
