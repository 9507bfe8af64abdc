#include "CKernels.h"

#include "dispatch.h"

VECTORISED
void lockstep_adam(size_t count, float *parameters, const float *gradients,
                   float *m, float *v, float gradient_scale, float one_minus_beta1, float beta2,
                   float one_minus_beta2, float step_size, float sqrt_correction2, float epsilon) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) {
    const float g = gradients[i] * gradient_scale;
    m[i] = m[i] + (g - m[i]) * one_minus_beta1;
    v[i] = v[i] * beta2 + one_minus_beta2 * g * g;
    const float denominator = __builtin_elementwise_sqrt(v[i]) / sqrt_correction2 + epsilon;
    parameters[i] = parameters[i] - step_size * (m[i] / denominator);
  }
}
