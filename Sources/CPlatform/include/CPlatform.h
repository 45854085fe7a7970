#ifndef CREDLEDGER_PLATFORM_H
#define CREDLEDGER_PLATFORM_H

#include <stdint.h>
#include <sys/types.h>

/// Starts a program with three descriptors as its standard input, output and error, no other descriptor, no signal
/// blocked or ignored, and this environment. The path is not looked for anywhere.
///
/// Returns 0, or an error number.
int credledger_spawn(pid_t *process, const char *path, char *const arguments[], char *const environment[], int input,
                     int output, int error);

/// A file that is in memory only, and closed in programs that are started; -1 with errno where there is none.
int credledger_memory_file(void);

/// A pipe whose ends are closed in programs that are started; -1 with errno where there is none.
int credledger_pipe(int ends[2]);

/// Has the device write a part of a file, as sync_file_range(2) says.
///
/// Returns 0, or -1 with errno.
int credledger_write_back(int file, off_t offset, off_t count, unsigned int flags);

/// Keeps the memory of the process from core dumps, and from debuggers of anybody but root.
///
/// Returns 0, or -1 with errno.
int credledger_hide_memory(void);

/// Has the calling thread run for so many nanoseconds at a time, as sched_setattr(2) says: where others want the processor as
/// well, it gets it sooner after it has waited, and no more of it. Policy and priority stay. Linux before 6.12 ignores it.
///
/// Returns 0, or -1 with errno.
int credledger_take_turns(uint64_t nanoseconds);

#endif
