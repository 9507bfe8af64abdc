#include "CKernelsPeak.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// The compiler may know nothing of a value that went through here, so it can neither fold a chain
// nor leave it out. It costs no instruction.
#define OPAQUE(register_class, value) __asm__ volatile("" : "+" register_class(value))

#define UNROLLED _Pragma("clang loop unroll(full)")

// A function that runs `chains` chains of `step`, which adds to `sum` and may use x and y. There
// are more chains than a processor has multiply-adds under way (its units times their latency, 8 to
// 16), and with x and y no more vectors than it has registers. The sums stay finite and normal.
#define CHAINS(name, target, vector, register_class, chains, operations, one, small, step) \
  target static double name(size_t rounds) {                                               \
    vector sums[chains], x = one, y = small;                                               \
    OPAQUE(register_class, x);                                                             \
    OPAQUE(register_class, y);                                                             \
    UNROLLED for (int chain = 0; chain < chains; chain++) {                                \
      sums[chain] = one;                                                                   \
      OPAQUE(register_class, sums[chain]);                                                 \
    }                                                                                      \
    for (size_t round = 0; round < rounds; round++) {                                      \
      UNROLLED for (int chain = 0; chain < chains; chain++) {                              \
        vector sum = sums[chain];                                                          \
        step;                                                                              \
        OPAQUE(register_class, sum);                                                       \
        sums[chain] = sum;                                                                 \
      }                                                                                    \
    }                                                                                      \
    return (double)rounds * (chains) * (operations);                                       \
  }

#if defined(__x86_64__)
#define TARGET(features) __attribute__((target(features)))

CHAINS(float32_avx512, TARGET("avx512f"), __m512, "v", 16, 32, _mm512_set1_ps(1),
       _mm512_set1_ps(1e-20f), sum = _mm512_fmadd_ps(x, y, sum))
CHAINS(float32_avx2, TARGET("avx2,fma"), __m256, "x", 12, 16, _mm256_set1_ps(1),
       _mm256_set1_ps(1e-20f), sum = _mm256_fmadd_ps(x, y, sum))
// Without a fused multiply-add the product must depend on the sum, or it is the same in all rounds.
CHAINS(float32_sse2, , __m128, "x", 12, 8, _mm_set1_ps(1), _mm_set1_ps(1e-20f),
       sum = _mm_add_ps(_mm_mul_ps(sum, x), y))
// The bits of x and y are taken for pairs of bfloat16: the upper ones are the same two numbers, and
// the lower ones are small.
CHAINS(bfloat16_avx512, TARGET("avx512f,avx512bf16"), __m512, "v", 16, 64, _mm512_set1_ps(1),
       _mm512_set1_ps(1e-20f), sum = _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)y))

double lockstep_peak_float32(size_t rounds) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return float32_avx512(rounds);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return float32_avx2(rounds);
  return float32_sse2(rounds);
}

double lockstep_peak_bfloat16(size_t rounds) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") ? bfloat16_avx512(rounds) : 0;
}

#else

#if defined(__aarch64__)
CHAINS(float32_neon, , float32x4_t, "w", 24, 8, vdupq_n_f32(1), vdupq_n_f32(1e-20f),
       sum = vfmaq_f32(sum, x, y))

double lockstep_peak_float32(size_t rounds) { return float32_neon(rounds); }
#else
double lockstep_peak_float32(size_t rounds) { return (void)rounds, 0; }
#endif

double lockstep_peak_bfloat16(size_t rounds) { return (void)rounds, 0; }
#endif
