// The products of a recurrent layer's time step with its cells.

// acc[r][F + g] += a row of the operand `a` times the weights of gate g < G, pass by pass. Before the
// operand's `depth` rows of weights lie `before` others, after them `after`.
INLINED void accumulate_gates(const int R, const int F, const int G, vec acc[MOST_ROWS][4], size_t before,
                              size_t depth, size_t after, const term *a, size_t rows, const term *weights) {
  const int C = pass_of(G);
  const size_t total = before + depth + after;
  UNROLLED for (int g = 0; g < G; g += C)
    accumulate_runs(R, F + g, C, acc, LANES / PER_TERM, depth, a, rows,
                    weights + (g * total + before * C) * LANES, C * LANES);
}

INLINED void forward_tile(const int cell, const int R, const int rounds, const lockstep_cell_forward *s,
                          size_t block, size_t row) {
  vec acc[MOST_ROWS][4];
  const int G = gates_of(cell);
  const size_t at = (block * s->rows + row) * LANES;
  const size_t inputs = terms_of(s->inputs), units = terms_of(s->units);
  const term *w = (const term *)s->weights + block * (inputs + units) * G * LANES;
  const size_t first = row * LANES / PER_TERM;
  set_to_bias(R, s->bias + block * 4 * LANES, acc);
  accumulate_gates(R, 0, G, acc, 0, inputs, units, (const term *)s->x + first, s->rows, w);
  fetch_for_forward(R, s, at);
  fetch_operand(R, 1, s->rows, s->h_blocks, s->h_first + block, row, s->h);
  if (s->h_prev)
    accumulate_gates(R, first_sum_of(cell), G, acc, inputs, units, 0,
                     (const term *)s->h_prev + s->h_first * s->rows * LANES / PER_TERM + first, s->rows, w);
  cell_forward(cell, R, s, acc, block, at);
  UNROLLED for (int r = 0; r < R; r += 2) {
    vec h[2][4];
    h[0][0] = acc[r][0];
    if (r + 1 < R) h[1][0] = acc[r + 1][0];
    store_rows(r + 1 < R ? 2 : 1, 1, rounds, h, s->rows, s->h_blocks, s->h_first + block, row + r, s->h);
  }
}

INLINED void forward_step(const int cell, const int rounds, const lockstep_cell_forward *s) {
  const size_t blocks = blocks_of(s->units);
  const int C = pass_of(gates_of(cell));
  for (size_t block = 0; block < blocks; block++)
    for (size_t row = 0, tile; row < s->running; row += tile) {
      tile = rows_of_tile(C, s->running - row);
      WITH_ROWS(C, tile, forward_tile(cell, R, rounds, s, block, row));
    }
}

// The units of C blocks: dh = the gradient from elsewhere + the next step's gradients times U.
INLINED void backward_tile(const int cell, const int R, const int C, const int rounds,
                           const lockstep_cell_backward *s, size_t block, size_t row) {
  vec acc[MOST_ROWS][4];
  const int G = gates_of(cell), P = peepholes_of(cell);
  const size_t rows = s->rows, blocks = blocks_of(s->units);
  const int run = 4 * LANES / PER_TERM, used = G * LANES / PER_TERM;
  set_to_zero(R, C, acc);
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int c = 0; c < C; c++)
      if (s->dh) acc[r][c] = load(s->dh + ((block + c) * rows + row + r) * LANES);
  if (s->next) {
    const term *d = (const term *)s->next + row * run + first_sum_of(cell) * LANES / PER_TERM;
    const term *u = (const term *)s->recurrent + block * LANES * blocks * used;
    for (size_t k = 0; k < blocks; k++) {
      if (k < (size_t)C) {
        fetch_for_backward(R, s, ((block + k) * rows + row) * LANES);
        fetch_operand(R, 4, rows, blocks, block + k, row, s->gradients);
      }
      accumulate(R, 0, C, acc, used, d + k * run * rows, run, 1, u + k * used * C * LANES, C * LANES);
    }
  }
  UNROLLED for (int c = 0; c < C; c++) {
    float *bias_gradient = s->bias_gradient + (block + c) * 4 * LANES;
    float *peephole_gradient = s->peephole_gradient + (P ? (block + c) * P * LANES : 0);
    vec sums[4], dp[MOST_PEEPHOLES];
    UNROLLED for (int g = 0; g < 4; g++) sums[g] = load(bias_gradient + g * LANES);
    UNROLLED for (int p = 0; p < P; p++) dp[p] = load(peephole_gradient + p * LANES);
    UNROLLED for (int r = 0; r < R; r += 2) {
      vec d[2][4];
      UNROLLED for (int second = 0; second < 2; second++)
        if (r + second < R) {
          cell_backward(cell, s, block + c, ((block + c) * rows + row + r + second) * LANES,
                        acc[r + second][c], d[second], dp);
          UNROLLED for (int g = 0; g < 4; g++) sums[g] += d[second][g];
        }
      store_rows(r + 1 < R ? 2 : 1, 4, rounds, d, rows, blocks, block + c, row + r, s->gradients);
    }
    UNROLLED for (int g = 0; g < 4; g++) store(bias_gradient + g * LANES, sums[g]);
    UNROLLED for (int p = 0; p < P; p++) store(peephole_gradient + p * LANES, dp[p]);
  }
}

INLINED void backward_step(const int cell, const int rounds, const lockstep_cell_backward *s) {
  const size_t blocks = blocks_of(s->units);
  for (size_t block = 0; block < blocks; block += TILE_COLUMNS)
    for (size_t row = 0, tile; row < s->running; row += tile) {
      tile = rows_of_tile(TILE_COLUMNS, s->running - row);
      WITH_TILE(tile, panel_width(block, blocks), backward_tile(cell, R, C, rounds, s, block, row));
    }
}
