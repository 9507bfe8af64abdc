#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <sys/syscall.h>
#include <unistd.h>

// A call of Linux that the C library declares under _GNU_SOURCE alone, without which Swift reads it.

/// memfd_create(2), closed by exec.
static inline int clinux_memfd_create(const char *name) {
  return (int)syscall(SYS_memfd_create, name, 1u);
}

#endif
