#include <string.h>

#include "tables.h"

// One instruction set's two tables.
typedef struct {
  const char *name;
  const lockstep_kernels *fp32, *bf16;
  int (*is_supported)(void);
} instruction_set;

#if defined(__x86_64__)
static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
         && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
         && __builtin_cpu_supports("fma");
}
static int has_avx512_bf16(void) { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif
static int always(void) { return 1; }

static const instruction_set sets[] = {
#if defined(__x86_64__)
    {"avx512bf16", &lockstep_avx512, &lockstep_avx512_bf16, has_avx512_bf16},
    {"avx512", &lockstep_avx512, &lockstep_avx512_rounding, has_avx512},
    {"avx2", &lockstep_avx2, &lockstep_avx2_rounding, has_avx2},
#endif
    {"baseline", &lockstep_baseline, &lockstep_baseline_rounding, always},
};
enum { COUNT = sizeof sets / sizeof *sets };

const lockstep_kernels *lockstep_kernels_for(const char *name, int bfloat16) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  for (int i = 0; i < COUNT; i++)
    if (sets[i].is_supported() && (!name || strcmp(name, sets[i].name) == 0))
      return bfloat16 ? sets[i].bf16 : sets[i].fp32;
  return NULL;
}

const char *lockstep_instruction_set_name(size_t index) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  for (int i = 0; i < COUNT; i++)
    if (sets[i].is_supported() && index-- == 0) return sets[i].name;
  return NULL;
}
