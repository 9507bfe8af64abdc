// Prints a digest of the results of each kernel that decides bits, on the instruction set that the argument
// names, for every cell at odd sizes: the lines must be the same on all instruction sets.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

enum { V = LOCKSTEP_BLOCK, STEPS = 6 };

// Numbers whose bits no library decides: a linear congruential generator (Knuth's MMIX).
static uint64_t state;
static float number(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (float)(int32_t)(state >> 32) * 0x1p-31f;
}

static void *memory(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (!p) abort();
  memset(p, 0, (bytes + 127) / 64 * 64);
  return p;
}

static float *zeros(size_t count) { return memory(count * sizeof(float)); }

static float *numbers(size_t count, float scale) {
  float *p = zeros(count);
  for (size_t i = 0; i < count; i++) p[i] = number() * scale;
  return p;
}

// FNV-1a of 64 bits.
static uint64_t digest;
static void begin(void) { digest = 0xcbf29ce484222325u; }
static void add(const void *p, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) digest = (digest ^ ((const uint8_t *)p)[i]) * 0x100000001b3u;
}
static void add_floats(const float *p, size_t count) { add(p, count * sizeof *p); }
static void end(const char *precision, const char *name) {
  printf("%-5s %-26s %016llx\n", precision, name, (unsigned long long)digest);
}

static size_t blocks_of(size_t units) { return (units + V - 1) / V; }

typedef struct {
  size_t rows, inputs, units;
} shape;

// The rows that run at each time step: all, or fewer and fewer down to one or two.
static void set_running(size_t rows, int is_ragged, size_t running[STEPS]) {
  for (size_t t = 0; t < STEPS; t++)
    running[t] = is_ragged ? (rows * (STEPS - t) + STEPS - 1) / STEPS : rows;
}

// A layer's time steps forward and backward, and the gradients of its weights and inputs.
static void layer(const lockstep_kernels *k, const char *precision, const char *name, lockstep_cell cell,
                  shape s, int is_ragged) {
  size_t running[STEPS];
  set_running(s.rows, is_ragged, running);
  const char *lengths = is_ragged ? " ragged" : "";
  const size_t rows = s.rows, blocks = blocks_of(s.units), padded = blocks * V, depth = s.inputs + s.units;
  const size_t x_size = k->operand_size(rows, s.inputs), h_size = k->operand_size(rows, s.units);
  const size_t d_size = k->gradient_size(rows, s.units);
  float *p = numbers(depth * cell.gates * padded, 0.5f), *bias = numbers(4 * padded, 0.5f);
  float *peepholes = numbers(3 * padded, 0.5f);
  void *packed = memory(k->weights_size(cell.gates, s.inputs, s.units));
  const void *weights = p;
  if (k->weights_size(cell.gates, s.inputs, s.units)) {
    k->pack_weights(cell.gates, s.inputs, s.units, p, packed);
    weights = packed;
  }
  char *x = memory(STEPS * x_size), *h = memory(STEPS * h_size), *d = memory(STEPS * d_size);
  float *gates[STEPS], *states[STEPS], *tanhs[STEPS], *floats = zeros(rows * padded);

  begin();
  for (int t = 0; t < STEPS; t++) {
    float *inputs = numbers(rows * s.inputs, 1);
    k->pack_operand(rows, running[t], s.inputs, inputs, x + t * x_size);
    free(inputs);
    gates[t] = zeros(4 * rows * padded), states[t] = zeros(rows * padded), tanhs[t] = zeros(rows * padded);
    const lockstep_cell_forward step = {
        .rows = rows, .running = running[t], .inputs = s.inputs, .units = s.units, .x = x + t * x_size,
        .h_prev = t ? h + (t - 1) * h_size : NULL, .weights = weights, .bias = bias,
        .peepholes = peepholes, .state_prev = t ? states[t - 1] : NULL, .gates = gates[t],
        .state = states[t], .tanh_c = tanhs[t], .h = h + t * h_size, .h_blocks = blocks, .h_first = 0,
        .h_float = floats};
    cell.forward(&step);
    add_floats(floats, rows * padded);
    add_floats(states[t], rows * padded);
    add_floats(gates[t], 4 * rows * padded);
  }
  add(h, STEPS * h_size);
  char title[64];
  snprintf(title, sizeof title, "%s forward %zux%zux%zu%s", name, rows, s.inputs, s.units, lengths);
  end(precision, title);

  begin();
  void *u = memory(k->transposed_size(cell.gates, s.units, s.units));
  k->pack_transposed(cell.gates, depth, s.inputs, s.units, s.units, p, u);
  float *dstate = zeros(rows * padded), *bias_gradient = zeros(4 * padded);
  float *peephole_gradient = zeros(3 * padded);
  for (int t = STEPS - 1; t >= 0; t--) {
    float *dh = numbers(rows * padded, 1);
    if (t + 1 < STEPS) k->clear_rows(4, rows, running[t + 1], running[t], 0, blocks, d + (t + 1) * d_size);
    const lockstep_cell_backward step = {
        .rows = rows, .running = running[t], .units = s.units, .next = t + 1 < STEPS ? d + (t + 1) * d_size : NULL,
        .recurrent = u, .dh = dh, .peepholes = peepholes, .gates = gates[t],
        .state_prev = t ? states[t - 1] : NULL, .state = states[t], .tanh_c = tanhs[t],
        .dstate = dstate, .is_last = t + 1 == STEPS, .gradients = d + t * d_size,
        .bias_gradient = bias_gradient, .peephole_gradient = peephole_gradient};
    cell.backward(&step);
    add_floats(dstate, rows * padded);
    free(dh);
  }
  add(d, STEPS * d_size);
  add_floats(bias_gradient, 4 * padded);
  add_floats(peephole_gradient, 3 * padded);
  snprintf(title, sizeof title, "%s backward %zux%zux%zu%s", name, rows, s.inputs, s.units, lengths);
  end(precision, title);

  begin();
  float *w = zeros(depth * cell.gates * padded);
  lockstep_weight_gradient part = {
      .rows = rows, .running = is_ragged ? running : NULL, .steps = STEPS, .inputs = s.inputs,
      .units = s.units, .gates = cell.gates, .x = x, .x_blocks = blocks_of(s.inputs), .x_stride = x_size, .gradients = d,
      .gradient_stride = d_size, .block_count = blocks, .w = w, .depth = depth};
  k->weight_gradient(&part);
  part.steps = STEPS - 1, part.inputs = s.units, part.first_gate = cell.first_sum;
  part.x = h, part.x_blocks = blocks, part.x_stride = h_size, part.gradients = d + d_size;
  part.first = s.inputs;
  if (is_ragged) part.running = running + 1;
  k->weight_gradient(&part);
  part.adds = 1;
  k->weight_gradient(&part);
  add_floats(w, depth * cell.gates * padded);
  void *transposed = memory(k->transposed_size(cell.gates, s.inputs, s.units));
  k->pack_transposed(cell.gates, depth, 0, s.inputs, s.units, p, transposed);
  float *dx = zeros(rows * blocks_of(s.inputs) * V);
  const lockstep_data_gradient data = {
      .rows = rows, .running = running[0], .columns = s.inputs, .units = s.units, .gates = cell.gates, .gradients = d,
      .transposed = transposed, .dx = dx};
  k->data_gradient(&data);
  add_floats(dx, rows * blocks_of(s.inputs) * V);
  snprintf(title, sizeof title, "%s gradients %zux%zux%zu%s", name, rows, s.inputs, s.units, lengths);
  end(precision, title);

  void *all[] = {p, bias, peepholes, packed, x, h, d, floats, u, dstate, bias_gradient,
                 peephole_gradient, w, transposed, dx};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
  for (int t = 0; t < STEPS; t++) free(gates[t]), free(states[t]), free(tanhs[t]);
}

static void layers(const lockstep_kernels *k, const char *precision, int is_ragged) {
  static const shape shapes[] = {{1, 1, 1}, {7, 28, 19}, {13, 5, 33}, {25, 17, 64}, {10, 3, 81}};
  state = 1;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
#define LAYER(name, ...) layer(k, precision, #name, k->name, shapes[i], is_ragged);
    LOCKSTEP_CELLS(LAYER)
  }
}

// The sums of a linear layer, softmax with cross-entropy, and its gradient.
static void loss(const lockstep_kernels *k) {
  enum { ROWS = 11, INPUTS = 37, CLASSES = 71 };
  const size_t width = (CLASSES + 4 * V - 1) / (4 * V) * 4 * V;
  float *h = numbers(ROWS * INPUTS, 1), *w = numbers(INPUTS * width, 1), *bias = numbers(width, 1);
  float *logits = zeros(ROWS * CLASSES), *gradient = zeros(ROWS * CLASSES);
  void *x = memory(k->operand_size(ROWS, INPUTS));
  k->pack_operand(ROWS, ROWS, INPUTS, h, x);
  begin();
  k->linear_forward(ROWS, INPUTS, CLASSES, x, w, bias, logits);
  add_floats(logits, ROWS * CLASSES);
  end("fp32", "linear");
  int32_t labels[ROWS];
  lockstep_mixed_label mixed[ROWS];
  for (int r = 0; r < ROWS; r++) {
    labels[r] = r * 7 % CLASSES;
    mixed[r] = (lockstep_mixed_label){r * 5 % CLASSES, (number() + 1) / 2};
  }
  double sum, weight;
  int64_t correct;
  begin();
  lockstep_softmax_cross_entropy(ROWS, CLASSES, logits, labels, mixed, NULL, 0.1, 0.25f, gradient, &sum, &weight,
                                 &correct);
  add_floats(gradient, ROWS * CLASSES);
  add(&sum, sizeof sum);
  add(&correct, sizeof correct);
  k->column_sums(ROWS, CLASSES, gradient, bias);
  add_floats(bias, CLASSES);
  sum = k->sum_of_squares(ROWS * CLASSES, gradient);
  add(&sum, sizeof sum);
  end("fp32", "softmax");
  free(h), free(w), free(bias), free(logits), free(gradient), free(x);
}

static void optimizer(const lockstep_kernels *k) {
  enum { COUNT = 1003 };
  float *p = numbers(COUNT, 1), *m = numbers(COUNT, 1), *v = numbers(COUNT, 1);
  for (int i = 0; i < COUNT; i++) v[i] *= v[i];
  begin();
  for (int step = 1; step <= 3; step++) {
    float *g = numbers(COUNT, 1);
    const lockstep_adam c = {
        .gradient_scale = 0.7f, .l2 = 0.01f, .keep = 0.99f, .one_minus_beta1 = 0.1f, .beta2 = 0.999f,
        .one_minus_beta2 = 0.001f, .step_size = (float)(1e-3 / (1 - lockstep_power(0.9, step))),
        .sqrt_correction2 = (float)(1 - lockstep_power(0.999, step)), .epsilon = 1e-8f};
    k->adam(COUNT, p, g, m, v, &c);
    free(g);
  }
  add_floats(p, COUNT);
  add_floats(m, COUNT);
  add_floats(v, COUNT);
  end("fp32", "adam");
  free(p), free(m), free(v);
}

static void lamb(const lockstep_kernels *k) {
  enum { COUNT = 1003 };
  float *p = numbers(COUNT, 1), *m = zeros(COUNT), *v = zeros(COUNT);
  begin();
  for (int step = 1; step <= 3; step++) {
    float *g = numbers(COUNT, 1);
    const lockstep_lamb c = {
        .gradient_scale = 0.7f, .one_minus_beta1 = 0.1f, .beta2 = 0.999f, .one_minus_beta2 = 0.001f,
        .correction1 = (float)(1 / (1 - lockstep_power(0.9, step))),
        .sqrt_correction2 = (float)(1 - lockstep_power(0.999, step)), .epsilon = 1e-6f, .weight_decay = 0.01f};
    const double squares = k->lamb_moments(COUNT, p, g, m, v, &c);
    k->lamb_step(COUNT, p, m, v, 0.01f, &c);
    add(&squares, sizeof squares);
    free(g);
  }
  add_floats(p, COUNT);
  add_floats(m, COUNT);
  add_floats(v, COUNT);
  end("fp32", "lamb");
  free(p), free(m), free(v);
}

static void sgd(const lockstep_kernels *k) {
  enum { COUNT = 1003 };
  float *p = numbers(COUNT, 1), *v = zeros(COUNT);
  begin();
  for (int step = 1; step <= 6; step++) {
    float *g = numbers(COUNT, 1);
    const lockstep_sgd c = {
        .gradient_scale = 0.7f, .l2 = 0.01f, .momentum = 0.9f, .is_nesterov = step % 2, .step_size = 0.1f};
    k->sgd(COUNT, p, g, step % 3 ? v : NULL, &c);
    free(g);
  }
  add_floats(p, COUNT);
  add_floats(v, COUNT);
  end("fp32", "sgd");
  free(p), free(v);
}

static void dropout(const lockstep_kernels *k) {
  enum { ROWS = 7, RUNNING = 5, UNITS = 83 };
  static const uint32_t samples[ROWS] = {3, 0, 6, 1, 0xffffffffu, 2, 5};
  const lockstep_dropout d = {
      .key = {1, 2}, .counter = {4, 5, 6}, .first = 0xfffffff0u, .sample_stride = 64, .samples = samples,
      .threshold = 0x40000000u, .scale = 1.25f};
  const size_t padded = blocks_of(UNITS) * V;
  float *mask = zeros(ROWS * padded), *h = numbers(ROWS * padded, 1);
  begin();
  k->dropout_mask(ROWS, RUNNING, UNITS, &d, mask);
  add_floats(mask, ROWS * padded);
  void *operand = memory(k->operand_size(ROWS, padded));
  k->pack_product(ROWS, RUNNING, blocks_of(UNITS), h, mask, operand);
  add(operand, k->operand_size(ROWS, padded));
  void *copy = memory(k->operand_size(ROWS, padded));
  k->copy_rows(ROWS, 1, 4, blocks_of(UNITS), operand, copy);
  add(copy, k->operand_size(ROWS, padded));
  end("fp32", "dropout");
  free(mask), free(h), free(operand), free(copy);
}

// Numbers in 16 bits, and bytes as floats.
static void conversions(const lockstep_kernels *k) {
  enum { COUNT = 515 };
  float *x = numbers(COUNT, 300), *y = numbers(COUNT, 300);
  uint16_t *a = memory(COUNT * sizeof *a), *b = memory(COUNT * sizeof *b);
  uint8_t bytes[COUNT];
  for (int i = 0; i < COUNT; i++) bytes[i] = (uint8_t)i;
  begin();
  k->bfloat16_from_float(COUNT, x, a);
  k->bfloat16_from_float(COUNT, y, b);
  k->bfloat16_add(COUNT, a, b);
  k->float_add_bfloat16(COUNT, x, y);
  k->float_round_bfloat16(COUNT, x);
  add(b, COUNT * sizeof *b);
  add_floats(x, COUNT);
  add_floats(y, COUNT);
  k->scale_bytes(COUNT, bytes, x);
  k->multiply(COUNT, x, y);
  k->add(COUNT, x, y, x);
  add_floats(x, COUNT);
  add_floats(y, COUNT);
  end("fp32", "conversions");
  free(x), free(y), free(a), free(b);
}

// The means and the largest of outputs over time, and the gradient of the largest.
static void pooling(const lockstep_kernels *k) {
  enum { COUNT = 515 };
  float *largest = zeros(COUNT), *times = zeros(COUNT), *y = zeros(COUNT);
  for (int i = 0; i < COUNT; i++) largest[i] = -INFINITY;
  begin();
  for (int t = 0; t < 3; t++) {
    float *x = numbers(COUNT, 1);
    k->keep_larger(COUNT, x, t, largest, times);
    free(x);
  }
  k->divide(COUNT, 3, largest);
  k->choose(COUNT, largest, times, 1, y);
  add_floats(largest, COUNT);
  add_floats(times, COUNT);
  add_floats(y, COUNT);
  end("fp32", "pooling");
  free(largest), free(times), free(y);
}

static void elementary(void) {
  begin();
  for (int i = 0; i < 10000; i++) {
    const double x = number(), y = number();
    const double values[] = {lockstep_exp(700 * x), lockstep_log(x + 1), lockstep_cos(7 * y),
                             lockstep_power(0.5 + x / 2, (uint64_t)i)};
    add(values, sizeof values);
  }
  end("fp64", "elementary functions");
}

int main(int count, char **arguments) {
  const char *name = count > 1 ? arguments[1] : NULL;
  const lockstep_kernels *fp32 = lockstep_kernels_for(name, 0), *bf16 = lockstep_kernels_for(name, 1);
  if (!fp32 || !bf16) {
    fprintf(stderr, "kernel-digests: this processor has no instruction set '%s'\n", name);
    return 64;
  }
  layers(fp32, "fp32", 0);
  loss(fp32);
  optimizer(fp32);
  dropout(fp32);
  conversions(fp32);
  elementary();
  const uint64_t numbers_so_far = state;
  lamb(fp32);
  sgd(fp32);
  state = numbers_so_far;
  // An instruction that multiplies bfloat16 rounds in its own way.
  if (!bf16->is_native) layers(bf16, "bf16", 0);
  state = numbers_so_far;
  layers(fp32, "fp32", 1);
  pooling(fp32);
  if (!bf16->is_native) layers(bf16, "bf16", 1);
}
