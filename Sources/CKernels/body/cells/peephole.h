// LSTM with peepholes (Gers, Schraudolph & Schmidhuber, 2002): the gates see the cell state through diagonal
// matrices P, the output gate the new one:
//   i, f = σ(W x + U h + P c + b), g = tanh(W x + U h + b), c' = f c + i g,
//   o = σ(W x + U h + P c' + b), h' = o tanh(c').

enum { peephole_gates = 4, peephole_first_sum = 0, peephole_peepholes = 3, peephole_keeps_tanh = 1 };

INLINED void peephole_forward(const int R, const lockstep_cell_forward *s, vec acc[MOST_ROWS][4],
                              size_t block, size_t at) {
  const float *p = s->peepholes + block * peephole_peepholes * LANES;
  const vec p_i = load(p), p_f = load(p + LANES), p_o = load(p + 2 * LANES);
  UNROLLED for (int r = 0; r < R; r++) {
    const size_t here = at + r * LANES;
    const vec c_prev = s->state_prev ? load(s->state_prev + here) : splat(0);
    const vec i = sigmoid(fused(p_i, c_prev, acc[r][0])), f = sigmoid(fused(p_f, c_prev, acc[r][1]));
    const vec g = hyperbolic_tangent(acc[r][2]);
    const vec c = fused(f, c_prev, i * g);
    const vec o = sigmoid(fused(p_o, c, acc[r][3]));
    if (s->gates) store_gates(s->gates + 4 * here, i, f, g, o);
    store(s->state + here, c);
    acc[r][0] = c;
    acc[r][1] = o;
  }
  UNROLLED for (int r = 0; r < R; r++) {
    const vec tanh_c = hyperbolic_tangent(acc[r][0]);
    if (s->tanh_c) store(s->tanh_c + at + r * LANES, tanh_c);
    acc[r][0] = acc[r][1] * tanh_c;
  }
}

INLINED void peephole_backward(const lockstep_cell_backward *s, size_t block, size_t at, vec dh, vec d[4],
                               vec dp[MOST_PEEPHOLES]) {
  const float *p = s->peepholes + block * peephole_peepholes * LANES;
  const vec p_i = load(p), p_f = load(p + LANES), p_o = load(p + 2 * LANES);
  const float *gates = s->gates + 4 * at;
  const vec i = load(gates), f = load(gates + LANES);
  const vec g = load(gates + 2 * LANES), o = load(gates + 3 * LANES);
  const vec tanh_c = load(s->tanh_c + at), c = load(s->state + at);
  const vec c_prev = s->state_prev ? load(s->state_prev + at) : splat(0);
  d[3] = dh * tanh_c * (o * (splat(1) - o));
  vec dc = fused(dh * o, fused(-tanh_c, tanh_c, splat(1)), d[3] * p_o);
  if (!s->is_last) dc += load(s->dstate + at);
  d[0] = dc * g * (i * (splat(1) - i));
  d[1] = dc * c_prev * (f * (splat(1) - f));
  d[2] = dc * i * fused(-g, g, splat(1));
  store(s->dstate + at, fused(d[1], p_f, fused(dc, f, d[0] * p_i)));
  dp[0] = fused(d[0], c_prev, dp[0]);
  dp[1] = fused(d[1], c_prev, dp[1]);
  dp[2] = fused(d[3], c, dp[2]);
}
