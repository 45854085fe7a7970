#ifndef CREDLEDGER_CLMDB_H
#define CREDLEDGER_CLMDB_H
#include <lmdb.h>
#include <sys/vfs.h>

/* glibc declares it under _GNU_SOURCE only, which the importer does not set. */
extern int sched_getcpu(void);
#endif
