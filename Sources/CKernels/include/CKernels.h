// The arithmetic of training: products of small matrices with what surrounds them fused in.
//
// N rows (samples), I inputs, H hidden units. Each kernel has one body (the headers in body/), compiled
// for several instruction sets; `lockstep_kernels_for` chooses one when the program runs.
//
// The bits of a result depend on the instruction set only where it multiplies bfloat16: a sum's terms are
// added in an order that the shapes alone decide, each with one fused multiply-add, and what is not
// rounded correctly by IEEE 754 (exponentials, logarithms) is computed here.
//
// Layouts. Units lie in ⌈H/V⌉ blocks of V = 16 on every instruction set, the last one padded with zeros.
//
//   activations  [blocks][N][V]          x, h, c: a tile's rows are consecutive
//   gates        [blocks][N][4][V]       the four gates of V units side by side, so that one register
//                                        tile holds all that a unit's cell needs
//   weights      [blocks][I + H][G][V]   W and U one below the other: x and h are one loop
//   transposed   [panels][blocks * GV][up to 4V]   for products with W or U transposed
//
// Sequences of a minibatch may differ in length. Its N rows are then sorted, the longest first, and at each
// time step only the first `running` of them are read and written: the layouts keep room for all N.
//
// A linear layer is the same with 4V classes as a block. An *operand* is what products read
// activations or gradients as: the floats above, or, in bf16, pairs of them (see body/bf16_terms.h).
#ifndef LOCKSTEP_CKERNELS_H
#define LOCKSTEP_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKernelsElementary.h"
#include "CKernelsPeak.h"

// V.
#define LOCKSTEP_BLOCK 16

// The cells. `name` has its facts and its equations in body/cells/name.h; what they look like from
// Swift is in Tensors/Cell.swift.
#define LOCKSTEP_CELLS(CELL, ...) CELL(lstm, __VA_ARGS__) CELL(peephole, __VA_ARGS__) CELL(gru, __VA_ARGS__)

// One time step of a recurrent layer. A cell's four sums take G gates of weights: an LSTM's i, f,
// g, o all, a GRU's n, r, z from W x and r, z, m from U h.
typedef struct {
  size_t rows, running, inputs, units;
  const void *x;       // operand [N, I]
  const void *h_prev;  // like h, or NULL for zero
  const void *weights; // [blocks][I + H][G][V], as `pack_weights` left them
  const float *bias;   // [blocks][4][V]
  const float *peepholes;   // [blocks][3][V], those of i, f, o; of a peephole cell
  const float *state_prev;  // [blocks][N][V], or NULL for zero
  float *gates;             // [blocks][N][4][V], out, activated; or NULL
  float *state, *tanh_c;    // [blocks][N][V], out: c and tanh(c), or h of a GRU; tanh_c or NULL
  void *h;                  // out: an operand of `h_blocks` blocks, of which this layer's begin at `h_first`
  size_t h_blocks, h_first;
  float *h_float;           // [blocks][N][V], out, not rounded; or NULL
} lockstep_cell_forward;

// The derivative of the above.
typedef struct {
  size_t rows, running, units;
  const void *next;       // the gradients of the following time step, or NULL
  const void *recurrent;  // U transposed
  const float *dh;        // [blocks][N][V], the gradient of h from elsewhere, or NULL for zero
  const float *peepholes, *gates, *state_prev, *state, *tanh_c;  // as in the forward step
  float *dstate;          // [blocks][N][V]; in, unless `is_last`: from the following step; out
  int is_last;            // whether dstate counts as zero: the last time step, unless the final state has a gradient
  void *gradients;        // gradient operand [N, 4H], out: of the four sums; with floats, it may be `gates`
  float *bias_gradient;      // [blocks][4][V], added to
  float *peephole_gradient;  // [blocks][3][V], added to; of a peephole cell
} lockstep_cell_backward;

typedef struct {
  void (*forward)(const lockstep_cell_forward *step);
  void (*backward)(const lockstep_cell_backward *step);
  size_t gates;          // G
  size_t first_sum;      // the first of the four sums that U h goes to
  size_t peepholes;      // how many diagonal matrices the state passes through
  int keeps_tanh;        // whether the backward step needs tanh_c
} lockstep_cell;

// Part of the gradient of weights: w = the sum over time steps and rows of x ⊗ gradients, of G of
// the four sums from `first_gate` on, or that added.
typedef struct {
  size_t rows, steps, inputs, units, gates, first_gate;
  const size_t *running;  // [steps], or NULL where all rows run at each
  const void *x;          // operands of `x_blocks` blocks, of which those of [N, I] begin at `x_first`
  size_t x_blocks, x_first;
  size_t x_stride;        // bytes from one time step to the next
  const void *gradients;  // gradient operands [N, 4H], likewise
  size_t gradient_stride;
  size_t first_block, block_count;
  int adds;               // whether w is added to; otherwise it is set
  float *w;               // the weights' gradient [blocks][depth][G][V], out
  size_t depth, first;    // all rows of a block, and the first of those for x
} lockstep_weight_gradient;

// dx [⌈columns/V⌉][N][V] = the gradients of G of the four sums from `first_gate` on times the
// transposed matrix, or that added.
typedef struct {
  size_t rows, running, columns, units, gates, first_gate;
  const void *gradients;   // gradient operand [N, 4H]
  const void *transposed;
  int adds;
  float *dx;
} lockstep_data_gradient;

// A dropout mask's elements: a unit's word of Philox, number ⌊unit / Q⌋ of the block whose place is
// first + sample * sample_stride + unit mod Q, for Q = 16 ⌈units / 64⌉. The counter's first word is the lower
// half of the place, the others are `counter`, to whose last the upper half is added times 2⁸.
typedef struct {
  uint32_t key[2], counter[3];
  uint64_t first, sample_stride;  // multiples of V
  const uint32_t *samples;  // [N], the sample of each row, or NULL where they are in order
  uint32_t threshold;  // words below it become 0
  float scale;         // what the others become
} lockstep_dropout;

// The coefficients of one step of Adam.
typedef struct {
  float gradient_scale;    // what gradients are multiplied by
  float l2;                // what part of a parameter is added to its gradient
  float keep;              // what a parameter is multiplied by before the step
  float one_minus_beta1, beta2, one_minus_beta2;
  float step_size;         // learning rate / (1 - beta1^t)
  float sqrt_correction2;  // sqrt(1 - beta2^t)
  float epsilon;
} lockstep_adam;

// The coefficients of one step of LAMB.
typedef struct {
  float gradient_scale;    // what gradients are multiplied by
  float one_minus_beta1, beta2, one_minus_beta2;
  float correction1;       // 1 / (1 - beta1^t)
  float sqrt_correction2;  // sqrt(1 - beta2^t)
  float epsilon;
  float weight_decay;      // lambda
} lockstep_lamb;

// The coefficients of one step of SGD.
typedef struct {
  float gradient_scale;  // what gradients are multiplied by
  float l2;              // what part of a parameter is added to its gradient
  float momentum;        // what part of the velocity is kept
  int is_nesterov;       // true if a step goes where the velocity will be
  float step_size;       // learning rate
} lockstep_sgd;

// The kernels for one precision on one instruction set.
typedef struct {
  const char *name;
  // True if the instruction set multiplies the precision's numbers; otherwise floats stand in for
  // them.
  int is_native;

  // The sizes in bytes of an operand [N, columns], of a gradient operand [N, 4 * units], of packed
  // weights (0 where the products read the parameters themselves), and of a transposed matrix.
  size_t (*operand_size)(size_t rows, size_t columns);
  size_t (*gradient_size)(size_t rows, size_t units);
  size_t (*weights_size)(size_t gates, size_t inputs, size_t units);
  size_t (*transposed_size)(size_t gates, size_t columns, size_t units);

  // x [running][columns] as an operand [N, columns]; d [N][columns] as the gradient operand of a linear layer.
  void (*pack_operand)(size_t rows, size_t running, size_t columns, const float *x, void *operand);
  void (*pack_gradient)(size_t rows, size_t columns, const float *d, void *operand);
  // h [blocks][N][V] times a mask as an operand.
  void (*pack_product)(size_t rows, size_t running, size_t blocks, const float *h, const float *mask,
                       void *operand);
  // Sets some rows of `block_count` blocks of C vectors of an operand to zero, as the products over units
  // read them; and those rows of an operand of as many blocks to those of another one, for all products.
  void (*clear_rows)(size_t C, size_t rows, size_t first_row, size_t end_row, size_t first_block,
                     size_t block_count, void *operand);
  void (*copy_rows)(size_t rows, size_t first_row, size_t end_row, size_t blocks, const void *from, void *to);
  // Parameters [blocks][I + H][G][V] as the forward products read them; and `columns` rows of
  // theirs from `first` on, transposed.
  void (*pack_weights)(size_t gates, size_t inputs, size_t units, const float *parameters, void *weights);
  void (*pack_transposed)(size_t gates, size_t depth, size_t first, size_t columns, size_t units,
                          const float *parameters, void *transposed);

#define LOCKSTEP_CELL(name, ...) lockstep_cell name;
  LOCKSTEP_CELLS(LOCKSTEP_CELL)
#undef LOCKSTEP_CELL
  void (*weight_gradient)(const lockstep_weight_gradient *part);
  void (*data_gradient)(const lockstep_data_gradient *part);

  // y [N][classes] = W x + b, for an operand x [N, I] and weights [⌈classes/4V⌉][I][4V].
  void (*linear_forward)(size_t rows, size_t inputs, size_t classes, const void *x,
                         const void *weights, const float *bias, float *y);

  // A mask [⌈units/V⌉][N][V].
  void (*dropout_mask)(size_t rows, size_t running, size_t units, const lockstep_dropout *dropout, float *mask);
  // y *= x.
  void (*multiply)(size_t count, const float *x, float *y);
  // y = a + b. y may be a or b.
  void (*add)(size_t count, const float *a, const float *b, float *y);
  // y /= divisor.
  void (*divide)(size_t count, float divisor, float *y);
  // Where x is larger than y, or not a number: y = x, and times, unless NULL, = time.
  void (*keep_larger)(size_t count, const float *x, float time, float *y, float *times);
  // y = x where times = time, and 0 elsewhere.
  void (*choose)(size_t count, const float *x, const float *times, float time, float *y);
  // sums[j] = the sum over r of x[r][j], in the order of the rows; x [rows][columns].
  void (*column_sums)(size_t rows, size_t columns, const float *x, float *sums);
  // The sum of squares in double precision, in an order that only `count` decides.
  double (*sum_of_squares)(size_t count, const float *x);
  // y = bytes / 255.
  void (*scale_bytes)(size_t count, const uint8_t *bytes, float *y);

  // The gradients' format on the way in bf16: 16 bits, the upper half of a float, rounded to
  // nearest, ties to even.
  void (*bfloat16_from_float)(size_t count, const float *x, uint16_t *y);
  void (*bfloat16_to_float)(size_t count, const uint16_t *x, float *y);
  // y += x, the sum rounded.
  void (*bfloat16_add)(size_t count, const uint16_t *x, uint16_t *y);
  // y rounded, kept as floats.
  void (*float_round_bfloat16)(size_t count, float *y);
  // y = the rounded sum of the rounded y and x, kept as floats: to the bit what `bfloat16_add`
  // gives.
  void (*float_add_bfloat16)(size_t count, const float *x, float *y);

  // One step of Adam (Kingma & Ba, 2015) as torch.optim.Adam computes it:
  //   g = gradient_scale * gradient + l2 p
  //   m += (g - m) (1 - beta1);  v = beta2 v + (1 - beta2) g^2
  //   p = keep p - step_size * m / (sqrt(v) / sqrt_correction2 + epsilon)
  void (*adam)(size_t count, float *parameters, const float *gradients, float *m, float *v,
               const lockstep_adam *c);

  // One step of LAMB (You et al., 2020, algorithm 2), in two parts: a layer's step size depends on the
  // norm of its update
  //   u = correction1 * m / (sqrt(v) / sqrt_correction2 + epsilon) + weight_decay * p
  // The first part takes the gradients into the moments, as Adam does without l2, and returns the sum of
  // squares of u in double precision, in an order that only `count` decides; the second is
  //   p = p - step_size * u
  double (*lamb_moments)(size_t count, const float *parameters, const float *gradients, float *m, float *v,
                         const lockstep_lamb *c);
  void (*lamb_step)(size_t count, float *parameters, const float *m, const float *v, float step_size,
                    const lockstep_lamb *c);

  // One step of SGD with momentum (Polyak, 1964; Nesterov's as Sutskever et al., 2013) as torch.optim.SGD
  // computes it, with dampening 0:
  //   g = gradient_scale * gradient + l2 p;  v = momentum * v + g
  //   p = p - step_size * v, or p - step_size * (g + momentum * v) if is_nesterov
  // Without a velocity v, which is then NULL: p = p - step_size * g.
  void (*sgd)(size_t count, float *parameters, const float *gradients, float *v, const lockstep_sgd *c);
} lockstep_kernels;

// The kernels for products of floats, or of bfloat16 if `bfloat16`, on the instruction set called
// `name`; for NULL on the best that this processor has. NULL if there is none of that name, or not
// here.
const lockstep_kernels *lockstep_kernels_for(const char *name, int bfloat16);

// The name of the instruction set number `index` of those that this processor has, best first, or
// NULL.
const char *lockstep_instruction_set_name(size_t index);

// A label that is mixed into a row's own, and its share of the weight: the row's own label has the
// rest.
typedef struct {
  int32_t label;
  float share;
} lockstep_mixed_label;

// Softmax, cross-entropy and its gradient, for logits [N][classes] and labels [N].
//
// labels  = (1 - share) * onehot(label) + share * onehot(mixed label)
// weights = class_weights * ((1 - smoothing) * labels + smoothing / classes)
//
//   mixed          [N], or NULL where all shares are 0
//   class_weights  [classes], or NULL where all are 1
//   d_logits       [N][classes]  out, unless NULL: scale * (sum(weights) * softmax - weights)
//   loss_sum       out: the sum over rows of the weighted sum of -log softmax, added in row order
//   weight_sum     out: the sum over rows of the sum of class_weights * labels
//   correct        out: the rows whose largest logit (the first of equals) is the label's
void lockstep_softmax_cross_entropy(size_t n, size_t classes, const float *logits,
                                    const int32_t *labels, const lockstep_mixed_label *mixed,
                                    const float *class_weights, double smoothing, float scale,
                                    float *d_logits, double *loss_sum, double *weight_sum,
                                    int64_t *correct);

#endif
