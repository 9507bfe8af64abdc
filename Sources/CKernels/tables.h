// The tables that the files of this folder make, one for each instruction set and precision.
#ifndef LOCKSTEP_TABLES_H
#define LOCKSTEP_TABLES_H

#include "include/CKernels.h"

#if defined(__x86_64__)
extern const lockstep_kernels lockstep_avx512, lockstep_avx512_rounding, lockstep_avx512_bf16;
extern const lockstep_kernels lockstep_avx2, lockstep_avx2_rounding;
#endif
extern const lockstep_kernels lockstep_baseline, lockstep_baseline_rounding;

#endif
