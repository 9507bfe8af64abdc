// How one C body becomes several: on x86-64 the compiler clones a function for each instruction set
// and the loader picks the best one; elsewhere the baseline already has vectors.
#ifndef LOCKSTEP_DISPATCH_H
#define LOCKSTEP_DISPATCH_H

#if defined(__x86_64__)
#define VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTORISED
#endif

// Stands before a loop whose iterations touch different elements. Without it the compiler checks
// at run time, over whole matrices, that no two pointers overlap; the interleaved gates always do.
#define INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")

#define INLINED static inline __attribute__((always_inline))

#endif
