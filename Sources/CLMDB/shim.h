#ifndef CREDLEDGER_CLMDB_H
#define CREDLEDGER_CLMDB_H
#include <lmdb.h>
#include <sys/vfs.h>

/* glibc declares these under _GNU_SOURCE only, which the importer does not set. */
extern int sched_getcpu(void);
extern int pipe2(int ends[2], int flags);
extern int sync_file_range(int file, __off64_t offset, __off64_t count, unsigned int flags);
#endif
