// The arithmetic of the cells on registers: R rows of one block of LANES units. A cell has a file
// in cells/ with its facts (those of lockstep_cell), a forward step, from the four sums in acc[r]
// to its state and to h, which is left in acc[r][0], and a backward one, from dh to the gradients d
// of the sums and to dstate; to the gradients dp of its peepholes it adds.

enum { MOST_PEEPHOLES = 3 };

INLINED void store_gates(float *gates, vec a, vec b, vec c, vec d) {
  store(gates, a);
  store(gates + LANES, b);
  store(gates + 2 * LANES, c);
  store(gates + 3 * LANES, d);
}

#include "cells/gru.h"
#include "cells/lstm.h"
#include "cells/peephole.h"

#define NUMBER(name, ...) name##_cell,
enum { LOCKSTEP_CELLS(NUMBER) };

#define HAS_PRODUCTS(name, ...) \
  _Static_assert(name##_gates == 3 || name##_gates == 4, "products.h has products for 3 and 4 gates");
LOCKSTEP_CELLS(HAS_PRODUCTS)

// A cell is a constant wherever these are inlined.
#define FACT(name, fact) case name##_cell: return name##_##fact;
#define FACT_OF(cell, fact) \
  switch (cell) { LOCKSTEP_CELLS(FACT, fact) } \
  __builtin_unreachable()
INLINED int gates_of(const int cell) { FACT_OF(cell, gates); }
INLINED int first_sum_of(const int cell) { FACT_OF(cell, first_sum); }
INLINED int peepholes_of(const int cell) { FACT_OF(cell, peepholes); }

INLINED void cell_forward(const int cell, const int R, const lockstep_cell_forward *s,
                          vec acc[MOST_ROWS][4], size_t block, size_t at) {
#define FORWARD(name, ...) case name##_cell: name##_forward(R, s, acc, block, at); break;
  switch (cell) { LOCKSTEP_CELLS(FORWARD) }
  if (s->h_float)
    UNROLLED for (int r = 0; r < R; r++) store(s->h_float + at + r * LANES, acc[r][0]);
}

INLINED void cell_backward(const int cell, const lockstep_cell_backward *s, size_t block, size_t at, vec dh,
                           vec d[4], vec dp[MOST_PEEPHOLES]) {
#define BACKWARD(name, ...) case name##_cell: name##_backward(s, block, at, dh, d, dp); break;
  switch (cell) { LOCKSTEP_CELLS(BACKWARD) }
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
