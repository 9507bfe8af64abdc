// Products on register tiles: R rows of C vectors stay in registers while the sum runs.

_Static_assert(PER_TERM == 1 || (TILE_ROWS % 2 == 0 && COLUMN_ROWS % 2 == 0), "pairs of rows lie within a tile");

INLINED size_t terms_of(size_t n) { return (n + PER_TERM - 1) / PER_TERM; }

// acc[r][F + c] += the sum over p of a(r, p) b[p][c] for c < C, where `b_stride` terms lie from one
// p to the next.
INLINED void accumulate(const int R, const int F, const int C, vec acc[MOST_ROWS][4], size_t depth,
                        const term *a, size_t row_stride, size_t depth_stride, const term *b,
                        const int b_stride) {
  enum { WIDTH = LANES / PARTS };
  part sums[MOST_ROWS][4 * PARTS];
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int c = 0; c < C; c++) split(acc[r][F + c], sums[r] + c * PARTS);
  for (size_t p = 0; p < depth; p++, a += depth_stride, b += b_stride) {
    // Whichever of the two is smaller stays in registers beside the tile.
    terms w[4 * PARTS], x[MOST_ROWS];
    if (R < C * PARTS) {
      UNROLLED for (int r = 0; r < R; r++) x[r] = broadcast(a[r * row_stride]);
      UNROLLED for (int c = 0; c < C * PARTS; c++) {
        w[c] = load_terms(b + c * WIDTH);
        UNROLLED for (int r = 0; r < R; r++) sums[r][c] = multiply_add(sums[r][c], w[c], x[r]);
      }
    } else {
      UNROLLED for (int c = 0; c < C * PARTS; c++) w[c] = load_terms(b + c * WIDTH);
      UNROLLED for (int r = 0; r < R; r++) {
        x[r] = broadcast(a[r * row_stride]);
        UNROLLED for (int c = 0; c < C * PARTS; c++) sums[r][c] = multiply_add(sums[r][c], w[c], x[r]);
      }
    }
  }
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int c = 0; c < C; c++) acc[r][F + c] = joined(sums[r] + c * PARTS);
}

// The vectors of `columns` that are summed in one pass: as many as fit the registers and leave no rest.
INLINED int pass_of(const int columns) {
  return columns <= TILE_COLUMNS ? columns : columns % TILE_COLUMNS ? 1 : TILE_COLUMNS;
}

// The same for rows of an operand [..][rows][run], of which `a` is the tile's first.
INLINED void accumulate_runs(const int R, const int F, const int C, vec acc[MOST_ROWS][4], const int run,
                             size_t depth, const term *a, size_t rows, const term *b, const int b_stride) {
  size_t p = 0;
  for (; p + run <= depth; p += run)
    accumulate(R, F, C, acc, run, a + p * rows, run, 1, b + p * b_stride, b_stride);
  if (p < depth) accumulate(R, F, C, acc, depth - p, a + p * rows, run, 1, b + p * b_stride, b_stride);
}

INLINED void set_to_zero(const int R, const int C, vec acc[MOST_ROWS][4]) {
  UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int c = 0; c < C; c++) acc[r][c] = splat(0);
}

INLINED void set_to_bias(const int R, const float *bias, vec acc[MOST_ROWS][4]) {
  UNROLLED for (int c = 0; c < 4; c++) {
    const vec b = load(bias + c * LANES);
    UNROLLED for (int r = 0; r < R; r++) acc[r][c] = b;
  }
}

INLINED void data_tile(const int G, const int R, const int C, size_t rows, size_t blocks, const term *d,
                       const term *w, int adds, float *dx) {
  vec acc[MOST_ROWS][4];
  const int run = 4 * LANES / PER_TERM, used = G * LANES / PER_TERM;
  set_to_zero(R, C, acc);
  for (size_t k = 0; k < blocks; k++)
    accumulate(R, 0, C, acc, used, d + k * run * rows, run, 1, w + k * used * C * LANES, C * LANES);
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int c = 0; c < C; c++) {
      float *here = dx + (c * rows + r) * LANES;
      store(here, adds ? load(here) + acc[r][c] : acc[r][c]);
    }
}

INLINED void data_tiles(const int G, const lockstep_data_gradient *p) {
  const size_t rows = p->rows, blocks = blocks_of(p->columns), unit_blocks = blocks_of(p->units);
  for (size_t block = 0; block < blocks; block += TILE_COLUMNS) {
    const term *w = (const term *)p->transposed + block * LANES * unit_blocks * G * LANES / PER_TERM;
    for (size_t row = 0, tile; row < p->running; row += tile) {
      tile = rows_of_tile(TILE_COLUMNS, p->running - row);
      const term *d = (const term *)p->gradients + (row * 4 + p->first_gate) * LANES / PER_TERM;
      WITH_TILE(tile, panel_width(block, blocks),
                data_tile(G, R, C, rows, unit_blocks, d, w, p->adds, p->dx + (block * rows + row) * LANES));
    }
  }
}

static void data_gradient(const lockstep_data_gradient *p) {
  if (p->gates == 3)
    data_tiles(3, p);
  else
    data_tiles(4, p);
}

// C of a unit's G gates.
INLINED void weight_tile(const int G, const int C, const int R, size_t depth, const size_t *running,
                         size_t steps, const term *x, size_t x_stride, const term *d, size_t d_stride,
                         int is_first, float *w) {
  vec acc[MOST_ROWS][4];
  if (is_first) set_to_zero(R, C, acc);
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int c = 0; c < C; c++)
      if (!is_first) acc[r][c] = load(w + (r * G + c) * LANES);
  for (size_t t = 0; t < steps; t++)
    accumulate(R, 0, C, acc, running ? terms_of(running[t]) : depth, x + t * x_stride, 1, LANES,
               d + t * d_stride, 4 * LANES);
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int c = 0; c < C; c++) store(w + (r * G + c) * LANES, acc[r][c]);
}

// C gates from `first` on, and the inputs from `start` to `end`, all of one block.
INLINED void weight_tiles_of_block(const int G, const int C, int first, size_t start, size_t end,
                                   size_t depth, const size_t *running, size_t steps, const term *x,
                                   size_t x_stride, const term *d, size_t d_stride, int is_first, float *w) {
  for (size_t k = start, tile; k < end; k += tile) {
    tile = rows_of_tile(C, end - k);
    WITH_ROWS(C, tile,
              weight_tile(G, C, R, depth, running, steps, x + (k - start), x_stride, d + first * LANES,
                          d_stride, is_first, w + (k * G + first) * LANES));
  }
}

// A few time steps at a time, whose gradients stay in the first cache while all inputs pass: fewer
// where they are read in several passes.
INLINED size_t steps_of_chunk(const int has_passes, size_t rows) {
  const size_t few = rows ? 50 / rows : 1;
  return !has_passes ? 4 : few > 1 ? few : 1;
}

INLINED void weight_tiles(const int G, const lockstep_weight_gradient *p) {
  const int C = pass_of(G);
  const size_t depth = terms_of(p->rows), chunk = steps_of_chunk(C < G, p->rows);
  const size_t x_stride = p->x_stride / sizeof(term);
  const size_t d_stride = p->gradient_stride / sizeof(term);
  const term *x = by_columns(p->x, 1, p->rows, p->x_blocks) + p->x_first * depth * LANES;
  const term *d = by_columns(p->gradients, 4, p->rows, blocks_of(p->units)) + p->first_gate * LANES;
  // Once also without any step, to set the gradient to zero.
  for (size_t t = 0; t == 0 || t < p->steps; t += chunk) {
    const size_t steps = p->steps - t < chunk ? p->steps - t : chunk;
    for (size_t block = p->first_block; block < p->first_block + p->block_count; block++) {
      const term *gradients = d + t * d_stride + block * depth * 4 * LANES;
      // A tile lies within a block of inputs.
      for (size_t start = 0; start < p->inputs; start += LANES) {
        const size_t end = start + LANES < p->inputs ? start + LANES : p->inputs;
        const term *inputs = x + t * x_stride + start * depth;
        float *w = p->w + (block * p->depth + p->first) * G * LANES;
        const int is_first = t == 0 && !p->adds;
        for (int c = 0; c < G; c += C)
          weight_tiles_of_block(G, C, c, start, end, depth, p->running ? p->running + t : NULL, steps, inputs,
                                x_stride, gradients, d_stride, is_first, w);
      }
    }
  }
}

static void weight_gradient(const lockstep_weight_gradient *p) {
  if (p->gates == 3)
    weight_tiles(3, p);
  else
    weight_tiles(4, p);
}

INLINED void linear_tile(const int R, size_t rows, size_t inputs, const term *x, const term *w,
                         const float *bias, float y[MOST_ROWS][4 * LANES]) {
  vec acc[MOST_ROWS][4];
  set_to_bias(R, bias, acc);
  const int C = pass_of(4);
  UNROLLED for (int c = 0; c < 4; c += C)
    accumulate_runs(R, c, C, acc, LANES / PER_TERM, terms_of(inputs), x, rows, w + c * LANES, 4 * LANES);
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int c = 0; c < 4; c++) store(y[r] + c * LANES, acc[r][c]);
}

static void linear_forward(size_t rows, size_t inputs, size_t classes, const void *x,
                           const void *weights, const float *bias, float *y) {
  enum { WIDTH = 4 * LANES };
  const int C = pass_of(4);
  for (size_t first = 0; first < classes; first += WIDTH) {
    const size_t count = classes - first < WIDTH ? classes - first : WIDTH;
    const term *w = (const term *)weights + first * terms_of(inputs);
    for (size_t row = 0, tile; row < rows; row += tile) {
      tile = rows_of_tile(C, rows - row);
      float out[MOST_ROWS][WIDTH];
      const term *a = (const term *)x + row * LANES / PER_TERM;
      WITH_ROWS(C, tile, linear_tile(R, rows, inputs, a, w, bias + first, out));
      for (size_t r = 0; r < tile; r++)
        memcpy(y + (row + r) * classes + first, out[r], count * sizeof(float));
    }
  }
}
