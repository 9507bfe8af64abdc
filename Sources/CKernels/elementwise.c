#include "CKernels.h"

#include "dispatch.h"

VECTORISED
void lockstep_add_bias(size_t rows, size_t columns, const float *bias, float *y) {
  for (size_t r = 0; r < rows; r++) {
    float *row = y + r * columns;
    INDEPENDENT_ITERATIONS
    for (size_t j = 0; j < columns; j++) row[j] += bias[j];
  }
}

VECTORISED
void lockstep_column_sums(size_t rows, size_t columns, const float *x, float *sums) {
  for (size_t j = 0; j < columns; j++) sums[j] = 0.0f;
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * columns;
    INDEPENDENT_ITERATIONS
    for (size_t j = 0; j < columns; j++) sums[j] += row[j];
  }
}

VECTORISED
void lockstep_add(size_t count, const float *a, const float *b, float *y) {
  INDEPENDENT_ITERATIONS
  for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

VECTORISED
double lockstep_sum_of_squares(size_t count, const float *x) {
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
