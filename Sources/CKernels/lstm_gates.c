#include "CKernels.h"

#include "activations.h"

VECTORISED
void lockstep_lstm_gates_forward(size_t n, size_t hidden, float *gates, const float *bias,
                                 const float *c_prev, float *c, float *tanh_c, float *h) {
  for (size_t row = 0; row < n; row++) {
    float *gate_i = gates + row * 4 * hidden;
    float *gate_f = gate_i + hidden;
    float *gate_g = gate_f + hidden;
    float *gate_o = gate_g + hidden;
    float *c_row = c + row * hidden;
    float *tanh_c_row = tanh_c + row * hidden;
    float *h_row = h + row * hidden;
    const float *c_prev_row = c_prev ? c_prev + row * hidden : 0;
    INDEPENDENT_ITERATIONS
    for (size_t j = 0; j < hidden; j++) {
      const float i = sigmoid(gate_i[j] + bias[j]);
      const float f = sigmoid(gate_f[j] + bias[hidden + j]);
      const float g = hyperbolic_tangent(gate_g[j] + bias[2 * hidden + j]);
      const float o = sigmoid(gate_o[j] + bias[3 * hidden + j]);
      const float state = f * (c_prev_row ? c_prev_row[j] : 0.0f) + i * g;
      const float tanh_state = hyperbolic_tangent(state);
      gate_i[j] = i;
      gate_f[j] = f;
      gate_g[j] = g;
      gate_o[j] = o;
      c_row[j] = state;
      tanh_c_row[j] = tanh_state;
      h_row[j] = o * tanh_state;
    }
  }
}

VECTORISED
void lockstep_lstm_gates_backward(size_t n, size_t hidden, float *gates, const float *c_prev,
                                  const float *tanh_c, const float *dh, float *dc) {
  for (size_t row = 0; row < n; row++) {
    float *gate_i = gates + row * 4 * hidden;
    float *gate_f = gate_i + hidden;
    float *gate_g = gate_f + hidden;
    float *gate_o = gate_g + hidden;
    const float *c_prev_row = c_prev ? c_prev + row * hidden : 0;
    const float *tanh_c_row = tanh_c + row * hidden;
    const float *dh_row = dh + row * hidden;
    float *dc_row = dc + row * hidden;
    INDEPENDENT_ITERATIONS
    for (size_t j = 0; j < hidden; j++) {
      const float i = gate_i[j], f = gate_f[j], g = gate_g[j], o = gate_o[j];
      const float d_state = dc_row[j] + dh_row[j] * o * (1.0f - tanh_c_row[j] * tanh_c_row[j]);
      const float c_before = c_prev_row ? c_prev_row[j] : 0.0f;
      gate_i[j] = d_state * g * i * (1.0f - i);
      gate_f[j] = d_state * c_before * f * (1.0f - f);
      gate_g[j] = d_state * i * (1.0f - g * g);
      gate_o[j] = dh_row[j] * tanh_c_row[j] * o * (1.0f - o);
      dc_row[j] = d_state * f;
    }
  }
}
