// Loops over whole buffers. The compiler makes vectors of them.

static void add(size_t count, const float *a, const float *b, float *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

static void multiply(size_t count, const float *x, float *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] *= x[i];
}

static void divide(size_t count, float divisor, float *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] /= divisor;
}

static void keep_larger(size_t count, const float *x, float time, float *y, float *times) {
  if (times) {
    INDEPENDENT_ITERATIONS
    for (size_t i = 0; i < count; i++) times[i] = x[i] > y[i] || x[i] != x[i] ? time : times[i];
  }
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] = x[i] > y[i] || x[i] != x[i] ? x[i] : y[i];
}

static void choose(size_t count, const float *x, const float *times, float time, float *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] = times[i] == time ? x[i] : 0.0f;
}

static void column_sums(size_t rows, size_t columns, const float *x, float *sums) {
  for (size_t j = 0; j < columns; j++) sums[j] = 0.0f;
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * columns;
    INDEPENDENT_ITERATIONS
    for (size_t j = 0; j < columns; j++) sums[j] += row[j];
  }
}

static double sum_of_squares(size_t count, const float *x) {
  enum { lanes = 32 };
  double partial[lanes] = {0};
  size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (size_t l = 0; l < lanes; l++) partial[l] += (double)x[i + l] * (double)x[i + l];
  for (size_t l = 0; i + l < count; l++) partial[l] += (double)x[i + l] * (double)x[i + l];
  double sum = 0;
  for (size_t l = 0; l < lanes; l++) sum += partial[l];
  return sum;
}

static void adam(size_t count, float *parameters, const float *gradients, float *m, float *v,
                 const lockstep_adam *coefficients) {
  const lockstep_adam c = *coefficients;
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) {
    const float g = gradients[i] * c.gradient_scale + c.l2 * parameters[i];
    m[i] = m[i] + (g - m[i]) * c.one_minus_beta1;
    v[i] = v[i] * c.beta2 + c.one_minus_beta2 * g * g;
    const float denominator = __builtin_elementwise_sqrt(v[i]) / c.sqrt_correction2 + c.epsilon;
    parameters[i] = parameters[i] * c.keep - c.step_size * (m[i] / denominator);
  }
}

static inline float lamb_update(float p, float m, float v, lockstep_lamb c) {
  const float denominator = __builtin_elementwise_sqrt(v) / c.sqrt_correction2 + c.epsilon;
  return m * c.correction1 / denominator + c.weight_decay * p;
}

static double lamb_moments(size_t count, const float *parameters, const float *gradients, float *m,
                           float *v, const lockstep_lamb *coefficients) {
  enum { block = 512 };
  const lockstep_lamb c = *coefficients;
  float update[block];
  double sum = 0;
  for (size_t first = 0; first < count; first += block) {
    const size_t n = count - first < block ? count - first : block;
    INDEPENDENT_ITERATIONS
    for (size_t l = 0; l < n; l++) {
      const size_t i = first + l;
      const float g = gradients[i] * c.gradient_scale;
      m[i] = m[i] + (g - m[i]) * c.one_minus_beta1;
      v[i] = v[i] * c.beta2 + c.one_minus_beta2 * g * g;
      update[l] = lamb_update(parameters[i], m[i], v[i], c);
    }
    sum += sum_of_squares(n, update);
  }
  return sum;
}

static void lamb_step(size_t count, float *parameters, const float *m, const float *v, float step_size,
                      const lockstep_lamb *coefficients) {
  const lockstep_lamb c = *coefficients;
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++)
    parameters[i] = parameters[i] - step_size * lamb_update(parameters[i], m[i], v[i], c);
}

static void sgd(size_t count, float *parameters, const float *gradients, float *v,
                const lockstep_sgd *coefficients) {
  const lockstep_sgd c = *coefficients;
  if (!v) {
    INDEPENDENT_ITERATIONS
    for (size_t i = 0; i < count; i++) {
      const float g = gradients[i] * c.gradient_scale + c.l2 * parameters[i];
      parameters[i] = parameters[i] - c.step_size * g;
    }
    return;
  }
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) {
    const float g = gradients[i] * c.gradient_scale + c.l2 * parameters[i];
    v[i] = c.momentum * v[i] + g;
    parameters[i] = parameters[i] - c.step_size * (c.is_nesterov ? g + c.momentum * v[i] : v[i]);
  }
}

static void scale_bytes(size_t count, const uint8_t *bytes, float *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] = (float)bytes[i] / 255.0f;
}
