// GRU as torch.nn.GRU has it (Cho et al., 2014, with the reset gate after the product):
//   r, z = σ(W x + U h + b), m = U h + b of the new gate alone, n = tanh(W x + b + r m),
//   h' = (1 - z) n + z h.
// The four sums are those of n without m, r, z, and m: W x reaches the first three, U h the last three. The
// state is h, not rounded.

enum { gru_gates = 3, gru_first_sum = 1, gru_peepholes = 0, gru_keeps_tanh = 0 };

INLINED void gru_forward(const int R, const lockstep_cell_forward *s, vec acc[MOST_ROWS][4],
                         size_t block, size_t at) {
  UNROLLED for (int r = 0; r < R; r++) {
    const vec reset = sigmoid(acc[r][1]);
    acc[r][2] = sigmoid(acc[r][2]);
    acc[r][0] = fused(reset, acc[r][3], acc[r][0]);
    acc[r][1] = reset;
  }
  UNROLLED for (int r = 0; r < R; r++) {
    const size_t here = at + r * LANES;
    const vec n = hyperbolic_tangent(acc[r][0]), z = acc[r][2];
    if (s->gates) store_gates(s->gates + 4 * here, n, acc[r][1], z, acc[r][3]);
    vec h = fused(-z, n, n);
    if (s->state_prev) h = fused(z, load(s->state_prev + here), h);
    store(s->state + here, h);
    acc[r][0] = h;
  }
}

INLINED void gru_backward(const lockstep_cell_backward *s, size_t block, size_t at, vec dh, vec d[4],
                          vec dp[MOST_PEEPHOLES]) {
  const float *gates = s->gates + 4 * at;
  const vec n = load(gates), r = load(gates + LANES);
  const vec z = load(gates + 2 * LANES), m = load(gates + 3 * LANES);
  const vec h_prev = s->state_prev ? load(s->state_prev + at) : splat(0);
  if (!s->is_last) dh += load(s->dstate + at);
  d[0] = dh * (splat(1) - z) * fused(-n, n, splat(1));
  d[1] = d[0] * m * (r * (splat(1) - r));
  d[2] = dh * (h_prev - n) * (z * (splat(1) - z));
  d[3] = d[0] * r;
  store(s->dstate + at, dh * z);
}
