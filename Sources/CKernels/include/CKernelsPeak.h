// The peak of one core, by chains of multiply-adds that never leave the registers.
#ifndef LOCKSTEP_CKERNELS_PEAK_H
#define LOCKSTEP_CKERNELS_PEAK_H

#include <stddef.h>

// Runs `rounds` rounds of independent chains of single-precision multiply-adds, with the widest
// vectors of this processor, and returns the floating-point operations done: a multiply-add counts
// as two. 0 on an architecture for which there are none here.
double lockstep_peak_float32(size_t rounds);

// The same for products of pairs of bfloat16 that are added to single-precision sums (vdpbf16ps).
// 0 on a processor without AVX512_BF16.
double lockstep_peak_bfloat16(size_t rounds);

#endif
