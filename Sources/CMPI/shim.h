#ifndef CMPI_SHIM_H
#define CMPI_SHIM_H

#include <mpi.h>

// Swift imports macros that are plain literals (MPI_ERR_COUNT, MPI_ANY_TAG). Handles and special
// addresses are casts (of addresses in Open MPI, of numbers in MPICH), which only C can spell: each
// gets a function here.
#define CMPI_EXPOSE(type, name) \
  static inline type cmpi_##name(void) { return name; }

CMPI_EXPOSE(MPI_Comm, MPI_COMM_WORLD)
CMPI_EXPOSE(MPI_Comm, MPI_COMM_SELF)
CMPI_EXPOSE(MPI_Comm, MPI_COMM_NULL)
CMPI_EXPOSE(MPI_Request, MPI_REQUEST_NULL)
CMPI_EXPOSE(MPI_Message, MPI_MESSAGE_NULL)
CMPI_EXPOSE(MPI_Info, MPI_INFO_NULL)
CMPI_EXPOSE(MPI_Errhandler, MPI_ERRORS_RETURN)
CMPI_EXPOSE(void *, MPI_IN_PLACE)
CMPI_EXPOSE(MPI_Status *, MPI_STATUS_IGNORE)

CMPI_EXPOSE(MPI_Datatype, MPI_C_BOOL)
CMPI_EXPOSE(MPI_Datatype, MPI_FLOAT)
CMPI_EXPOSE(MPI_Datatype, MPI_DOUBLE)
CMPI_EXPOSE(MPI_Datatype, MPI_INT8_T)
CMPI_EXPOSE(MPI_Datatype, MPI_UINT8_T)
CMPI_EXPOSE(MPI_Datatype, MPI_INT16_T)
CMPI_EXPOSE(MPI_Datatype, MPI_UINT16_T)
CMPI_EXPOSE(MPI_Datatype, MPI_INT32_T)
CMPI_EXPOSE(MPI_Datatype, MPI_UINT32_T)
CMPI_EXPOSE(MPI_Datatype, MPI_INT64_T)
CMPI_EXPOSE(MPI_Datatype, MPI_UINT64_T)

CMPI_EXPOSE(MPI_Op, MPI_SUM)
CMPI_EXPOSE(MPI_Op, MPI_PROD)
CMPI_EXPOSE(MPI_Op, MPI_MIN)
CMPI_EXPOSE(MPI_Op, MPI_MAX)
CMPI_EXPOSE(MPI_Op, MPI_LAND)
CMPI_EXPOSE(MPI_Op, MPI_LOR)
CMPI_EXPOSE(MPI_Op, MPI_LXOR)
CMPI_EXPOSE(MPI_Op, MPI_BAND)
CMPI_EXPOSE(MPI_Op, MPI_BOR)
CMPI_EXPOSE(MPI_Op, MPI_BXOR)

#undef CMPI_EXPOSE

// True for Open MPI; false for MPICH and its descendants.
static inline _Bool cmpi_is_open_mpi(void) {
#ifdef OPEN_MPI
  return 1;
#else
  return 0;
#endif
}

#endif
