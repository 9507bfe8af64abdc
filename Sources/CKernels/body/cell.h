// The arithmetic of an LSTM's cell on registers: R rows of one block of LANES units.

// From the sums in acc[r] = W x + U h + b of the four gates to c and h, which is left in acc[r][0].
INLINED void cell_forward(const int R, const lockstep_lstm_forward *s, vec acc[MOST_ROWS][4], size_t at) {
  UNROLLED for (int r = 0; r < R; r++) {
    const size_t here = at + r * LANES;
    const vec i = sigmoid(acc[r][0]), f = sigmoid(acc[r][1]);
    const vec g = hyperbolic_tangent(acc[r][2]), o = sigmoid(acc[r][3]);
    const vec c = f * (s->c_prev ? load(s->c_prev + here) : splat(0)) + i * g;
    if (s->gates) {
      float *gates = s->gates + 4 * here;
      store(gates, i);
      store(gates + LANES, f);
      store(gates + 2 * LANES, g);
      store(gates + 3 * LANES, o);
    }
    store(s->c + here, c);
    acc[r][0] = c;
    acc[r][1] = o;
  }
  // Apart from the above, so that the rows' independent chains overlap.
  UNROLLED for (int r = 0; r < R; r++) {
    const vec tanh_c = hyperbolic_tangent(acc[r][0]);
    if (s->tanh_c) store(s->tanh_c + at + r * LANES, tanh_c);
    acc[r][0] = acc[r][1] * tanh_c;
    if (s->h_float) store(s->h_float + at + r * LANES, acc[r][0]);
  }
}

// From dh to the gradients d of the gates' sums, and dc.
INLINED void cell_backward(const lockstep_lstm_backward *s, size_t at, vec dh, vec d[4]) {
  const float *gates = s->gates + 4 * at;
  const vec i = load(gates), f = load(gates + LANES);
  const vec g = load(gates + 2 * LANES), o = load(gates + 3 * LANES);
  const vec tanh_c = load(s->tanh_c + at);
  const vec c_prev = s->c_prev ? load(s->c_prev + at) : splat(0);
  vec dc = dh * o * (splat(1) - tanh_c * tanh_c);
  if (!s->is_last) dc += load(s->dc + at);
  d[0] = dc * g * (i * (splat(1) - i));
  d[1] = dc * c_prev * (f * (splat(1) - f));
  d[2] = dc * i * (splat(1) - g * g);
  d[3] = dh * tanh_c * (o * (splat(1) - o));
  store(s->dc + at, dc * f);
}

// The memory that the cells of a tile are about to use, while the products still run.
INLINED void fetch_for_forward(const int R, const lockstep_lstm_forward *s, size_t at) {
  if (s->gates) fetch(4 * R * LANES, s->gates + 4 * at);
  fetch(R * LANES, s->c + at);
  if (s->tanh_c) fetch(R * LANES, s->tanh_c + at);
}
INLINED void fetch_for_backward(const int R, const lockstep_lstm_backward *s, size_t at) {
  fetch(4 * R * LANES, s->gates + 4 * at);
  fetch(R * LANES, s->tanh_c + at);
  if (s->c_prev) fetch(R * LANES, s->c_prev + at);
}
