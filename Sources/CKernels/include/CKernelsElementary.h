// The elementary functions that decide bits: of IEEE 754's basic operations alone, so that their results
// are the same on any processor and with any C library.
#ifndef LOCKSTEP_CKERNELS_ELEMENTARY_H
#define LOCKSTEP_CKERNELS_ELEMENTARY_H

#include <stdint.h>

// e^x. The error is below one unit in the last place.
double lockstep_exp(double x);

// The natural logarithm: -infinity for 0, NaN for less. The error is below one unit in the last place.
double lockstep_log(double x);

// The cosine for |x| <= 2^20, and NaN for all others. The error is below one unit in the last place of 1.
double lockstep_cos(double x);

// base^exponent. The relative error is below exponent * 2^-53.
double lockstep_power(double base, uint64_t exponent);

#endif
