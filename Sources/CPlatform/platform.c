// What Swift's view of the C library does not show: extensions of GNU and of Linux.
#define _GNU_SOURCE

#include "CPlatform.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int credledger_spawn(pid_t *process, const char *path, char *const arguments[], char *const environment[], int input,
                     int output, int error) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int status = posix_spawn_file_actions_init(&actions);
  if (status != 0) return status;
  status = posix_spawnattr_init(&attributes);
  if (status != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return status;
  }
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  if ((status = posix_spawn_file_actions_adddup2(&actions, input, 0)) == 0 &&
      (status = posix_spawn_file_actions_adddup2(&actions, output, 1)) == 0 &&
      (status = posix_spawn_file_actions_adddup2(&actions, error, 2)) == 0 &&
      (status = posix_spawn_file_actions_addclosefrom_np(&actions, 3)) == 0 &&
      (status = posix_spawnattr_setsigmask(&attributes, &none)) == 0 &&
      (status = posix_spawnattr_setsigdefault(&attributes, &all)) == 0 &&
      (status = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)) == 0)
    status = posix_spawn(process, path, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

int credledger_memory_file(void) { return memfd_create("credledger", MFD_CLOEXEC); }

int credledger_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int credledger_write_back(int file, off_t offset, off_t count, unsigned int flags) {
  return sync_file_range(file, offset, count, flags);
}

int credledger_hide_memory(void) {
  const struct rlimit nothing = {0, 0};
  if (setrlimit(RLIMIT_CORE, &nothing) != 0) return -1;
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int credledger_take_turns(uint64_t nanoseconds) {
  // The first version of the kernel's struct sched_attr, which the C library declares only since 2.41.
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return -1;
  attributes.size = sizeof attributes;
  attributes.runtime = nanoseconds;
  // Of any other policy than SCHED_OTHER this would mean something else, or be refused.
  return attributes.policy != 0 ? 0 : (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}
