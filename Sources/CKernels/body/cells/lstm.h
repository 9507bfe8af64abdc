// LSTM: i, f, o = σ(W x + U h + b), g = tanh(W x + U h + b), c' = f c + i g, h' = o tanh(c').
// (Hochreiter & Schmidhuber, 1997, with the forget gate of Gers, Schmidhuber & Cummins, 2000.)

enum { lstm_gates = 4, lstm_first_sum = 0, lstm_peepholes = 0, lstm_keeps_tanh = 1 };

INLINED void lstm_forward(const int R, const lockstep_cell_forward *s, vec acc[MOST_ROWS][4],
                          size_t block, size_t at) {
  UNROLLED for (int r = 0; r < R; r++) {
    const size_t here = at + r * LANES;
    const vec i = sigmoid(acc[r][0]), f = sigmoid(acc[r][1]);
    const vec g = hyperbolic_tangent(acc[r][2]), o = sigmoid(acc[r][3]);
    const vec c = fused(f, s->state_prev ? load(s->state_prev + here) : splat(0), i * g);
    if (s->gates) store_gates(s->gates + 4 * here, i, f, g, o);
    store(s->state + here, c);
    acc[r][0] = c;
    acc[r][1] = o;
  }
  // Apart from the above, so that the rows' independent chains overlap.
  UNROLLED for (int r = 0; r < R; r++) {
    const vec tanh_c = hyperbolic_tangent(acc[r][0]);
    if (s->tanh_c) store(s->tanh_c + at + r * LANES, tanh_c);
    acc[r][0] = acc[r][1] * tanh_c;
  }
}

INLINED void lstm_backward(const lockstep_cell_backward *s, size_t block, size_t at, vec dh, vec d[4],
                           vec dp[MOST_PEEPHOLES]) {
  const float *gates = s->gates + 4 * at;
  const vec i = load(gates), f = load(gates + LANES);
  const vec g = load(gates + 2 * LANES), o = load(gates + 3 * LANES);
  const vec tanh_c = load(s->tanh_c + at);
  const vec c_prev = s->state_prev ? load(s->state_prev + at) : splat(0);
  vec dc = dh * o * fused(-tanh_c, tanh_c, splat(1));
  if (!s->is_last) dc += load(s->dstate + at);
  d[0] = dc * g * (i * (splat(1) - i));
  d[1] = dc * c_prev * (f * (splat(1) - f));
  d[2] = dc * i * fused(-g, g, splat(1));
  d[3] = dh * tanh_c * (o * (splat(1) - o));
  store(s->dstate + at, dc * f);
}
