#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

// Calls of Linux that the C library declares under _GNU_SOURCE alone, without which Swift reads it.

/// memfd_create(2), closed by exec.
static inline int clinux_memfd_create(const char *name) {
  return (int)syscall(SYS_memfd_create, name, 1u);
}

/// sched_setaffinity(2) of the calling thread, with a bit for each processor.
static inline int clinux_set_affinity(const unsigned long *mask, size_t bytes) {
  return (int)syscall(SYS_sched_setaffinity, 0, bytes, mask);
}

#endif
