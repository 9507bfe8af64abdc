// The arithmetic of the cells on registers: R rows of one block of LANES units. A cell has its equations in a
// file of cells/: a forward step, from the four sums in acc[r] to its state and to h, which is left in
// acc[r][0], and a backward one, from dh to the gradients d of the sums and to dstate.

enum { LSTM, PEEPHOLE, GRU };
enum { PEEPHOLES = 3 };

INLINED void store_gates(float *gates, vec a, vec b, vec c, vec d) {
  store(gates, a);
  store(gates + LANES, b);
  store(gates + 2 * LANES, c);
  store(gates + 3 * LANES, d);
}

#include "cells/gru.h"
#include "cells/lstm.h"
#include "cells/peephole.h"

// The gates that have weights, and the first of the sums that U h reaches.
INLINED int gates_of(const int cell) { return cell == GRU ? 3 : 4; }
INLINED int first_recurrent_gate(const int cell) { return cell == GRU ? 1 : 0; }
INLINED int peepholes_of(const int cell) { return cell == PEEPHOLE ? PEEPHOLES : 0; }

INLINED void cell_forward(const int cell, const int R, const lockstep_cell_forward *s,
                          vec acc[MOST_ROWS][4], size_t block, size_t at) {
  switch (cell) {
    case LSTM: lstm_forward(R, s, acc, at); break;
    case PEEPHOLE: peephole_forward(R, s, acc, block, at); break;
    default: gru_forward(R, s, acc, at); break;
  }
  if (s->h_float)
    UNROLLED for (int r = 0; r < R; r++) store(s->h_float + at + r * LANES, acc[r][0]);
}

INLINED void cell_backward(const int cell, const lockstep_cell_backward *s, size_t block, size_t at, vec dh,
                           vec d[4], vec dp[PEEPHOLES]) {
  switch (cell) {
    case LSTM: lstm_backward(s, at, dh, d); break;
    case PEEPHOLE: peephole_backward(s, block, at, dh, d, dp); break;
    default: gru_backward(s, at, dh, d); break;
  }
}

// The memory that the cells of a tile are about to use, while the products still run.
INLINED void fetch_for_forward(const int R, const lockstep_cell_forward *s, size_t at) {
  if (s->gates) fetch(4 * R * LANES, s->gates + 4 * at);
  fetch(R * LANES, s->state + at);
  if (s->tanh_c) fetch(R * LANES, s->tanh_c + at);
}
INLINED void fetch_for_backward(const int R, const lockstep_cell_backward *s, size_t at) {
  fetch(4 * R * LANES, s->gates + 4 * at);
  if (s->tanh_c) fetch(R * LANES, s->tanh_c + at);
  if (s->state_prev) fetch(R * LANES, s->state_prev + at);
}
