#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

static double class_weight(const float *weights, size_t label) { return weights ? (double)weights[label] : 1; }

// In double precision: classes are few, so this is no cost, and the loss is exact to a float.
void lockstep_softmax_cross_entropy(size_t n, size_t classes, const float *logits,
                                    const int32_t *labels, const lockstep_mixed_label *mixed,
                                    const float *class_weights, double smoothing, float scale,
                                    float *d_logits, double *loss_sum, double *weight_sum,
                                    int64_t *correct) {
  const double uniform = smoothing / (double)classes;
  double sum_over_rows = 0, weight_of_rows = 0;
  int64_t hits = 0;
  for (size_t r = 0; r < n; r++) {
    const float *row = logits + r * classes;
    const size_t label = (size_t)labels[r];
    const size_t other = mixed ? (size_t)mixed[r].label : label;
    const double share = mixed ? (double)mixed[r].share : 0;
    size_t largest = 0;
    for (size_t j = 1; j < classes; j++)
      if (row[j] > row[largest]) largest = j;
    hits += largest == label;
    double sum = 0;
    for (size_t j = 0; j < classes; j++) sum += lockstep_exp((double)row[j] - (double)row[largest]);
    // The weight of the logarithm of the sum: that of all classes, which is 1 without class weights.
    const double own = class_weight(class_weights, label), mixed_in = class_weight(class_weights, other);
    const double labels_weight = share > 0 ? (1 - share) * own + share * mixed_in : own;
    double total = (1 - smoothing) * labels_weight;
    double weighted = own * ((double)row[label] - (double)row[largest]);
    if (share > 0)
      weighted = (1 - share) * weighted + share * (mixed_in * ((double)row[other] - (double)row[largest]));
    weighted *= 1 - smoothing;
    if (smoothing > 0)
      for (size_t j = 0; j < classes; j++) {
        const double weight = uniform * class_weight(class_weights, j);
        total += weight;
        weighted += weight * ((double)row[j] - (double)row[largest]);
      }
    if (!class_weights) total = 1;
    sum_over_rows += total * lockstep_log(sum) - weighted;
    weight_of_rows += labels_weight;
    if (!d_logits) continue;
    for (size_t j = 0; j < classes; j++) {
      const double probability = lockstep_exp((double)row[j] - (double)row[largest]) / sum;
      const double mixture = (j == label ? 1 - share : 0) + (j == other ? share : 0);
      const double weight = class_weight(class_weights, j) * ((1 - smoothing) * mixture + uniform);
      d_logits[r * classes + j] = (float)((double)scale * (total * probability - weight));
    }
  }
  *loss_sum = sum_over_rows;
  *weight_sum = weight_of_rows;
  *correct = hits;
}
