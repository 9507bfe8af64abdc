// The fused element-wise loops of training. Each has one body, compiled for several
// instruction sets and chosen when the program is loaded.
//
// N rows (samples), H hidden units, gates in PyTorch's order i, f, g, o. Matrices are row-major.
#ifndef LOCKSTEP_CKERNELS_H
#define LOCKSTEP_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// The instruction set that the loops below run with on this processor, as a name for logs.
const char *lockstep_instruction_set(void);

// One time step of an LSTM layer after the matrix products.
//
//   gates   [N, 4H]  in: W x + U h; out: the activated gates i, f, g, o
//   bias    [4H]     b_ih + b_hh
//   c_prev  [N, H]   the cell state before the step, or NULL for zero
//   c       [N, H]   out: f * c_prev + i * g
//   tanh_c  [N, H]   out: tanh(c)
//   h       [N, H]   out: o * tanh(c)
void lockstep_lstm_gates_forward(size_t n, size_t hidden, float *gates, const float *bias,
                                 const float *c_prev, float *c, float *tanh_c, float *h);

// The derivative of the above.
//
//   gates   [N, 4H]  in: the activated gates; out: the gradient of W x + U h + b
//   c_prev  [N, H]   the cell state before the step, or NULL for zero
//   tanh_c  [N, H]   as left by the forward step
//   dh      [N, H]   the gradient of h
//   dc      [N, H]   in: the gradient of c from the following step; out: that of c_prev
void lockstep_lstm_gates_backward(size_t n, size_t hidden, float *gates, const float *c_prev,
                                  const float *tanh_c, const float *dh, float *dc);

// y[r][j] += bias[j] for every row of y [rows, columns].
void lockstep_add_bias(size_t rows, size_t columns, const float *bias, float *y);

// sums[j] = sum over r of x[r][j], in row order; x [rows, columns].
void lockstep_column_sums(size_t rows, size_t columns, const float *x, float *sums);

// y = a + b, element by element. y may be a or b.
void lockstep_add(size_t count, const float *a, const float *b, float *y);

// The sum of squares in double precision, in an order that only depends on `count`.
double lockstep_sum_of_squares(size_t count, const float *x);

// Softmax, cross-entropy and its gradient, for logits [N, classes] and labels [N].
//
//   d_logits  [N, classes]  out, unless NULL: scale * (softmax - onehot)
//   loss_sum  out: the sum over rows of -log softmax[label], added in row order
//   correct   out: the rows whose largest logit (the first of equals) is the label's
void lockstep_softmax_cross_entropy(size_t n, size_t classes, const float *logits,
                                    const int32_t *labels, float scale, float *d_logits,
                                    double *loss_sum, int64_t *correct);

// One step of Adam (Kingma & Ba, 2015) as torch.optim.Adam computes it:
//   g = gradient_scale * gradient
//   m += (g - m) (1 - beta1);  v = beta2 v + (1 - beta2) g^2
//   p -= step_size * m / (sqrt(v) / sqrt_correction2 + epsilon)
// with step_size = learning rate / (1 - beta1^t) and sqrt_correction2 = sqrt(1 - beta2^t).
void lockstep_adam(size_t count, float *parameters, const float *gradients, float *m, float *v,
                   float gradient_scale, float one_minus_beta1, float beta2, float one_minus_beta2, float step_size,
                   float sqrt_correction2, float epsilon);

#endif
