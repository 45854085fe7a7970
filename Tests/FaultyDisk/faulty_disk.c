// A disk that fails: loaded into a process by LD_PRELOAD, it lets one of the calls by which LMDB writes fail.
//
//   FAULTY_CALL    pwrite, pwritev, writev or fdatasync; without it nothing fails
//   FAULTY_NUMBER  which of the process's calls of that name fails, from 1; those after it do not
//   FAULTY_ERROR   the number of the error; EIO without it
//   FAULTY_DELAY   how many microseconds each fdatasync takes longer, so that a kill finds many commits under way
//   FAULTY_SLOW    a part of paths: as much longer takes each write and fsync of such a file
//
// Only calls on files named data.mdb count, and pwrite of the meta page (which is opened apart, for synchronous writes)
// counts like the others.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static int is_database(int descriptor) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 8) return 0;
  path[length] = 0;
  return strcmp(path + length - 8, "data.mdb") == 0;
}

// Whether this call is to fail; sets errno if so.
static int fails(const char *name, int descriptor) {
  int saved = errno;
  const char *call = getenv("FAULTY_CALL");
  if (call == NULL || strcmp(call, name) != 0 || !is_database(descriptor)) {
    errno = saved;
    return 0;
  }
  const char *number = getenv("FAULTY_NUMBER");
  const char *error = getenv("FAULTY_ERROR");
  if (atomic_fetch_add(&calls, 1) + 1 != (number ? atol(number) : 1)) {
    errno = saved;
    return 0;
  }
  errno = error ? atoi(error) : EIO;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  return fails("pwrite", descriptor) ? -1 : REAL(pwrite)(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  return fails("pwrite", descriptor) ? -1 : REAL(pwrite64)(descriptor, bytes, count, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
  return fails("pwritev", descriptor) ? -1 : REAL(pwritev)(descriptor, parts, count, offset);
}

ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t offset) {
  return fails("pwritev", descriptor) ? -1 : REAL(pwritev64)(descriptor, parts, count, offset);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  return fails("writev", descriptor) ? -1 : REAL(writev)(descriptor, parts, count);
}

static void slow_down(int descriptor) {
  int saved = errno;
  const char *delay = getenv("FAULTY_DELAY"), *part = getenv("FAULTY_SLOW");
  if (delay != NULL && part != NULL) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    if (strstr(path, part) != NULL) usleep((useconds_t)atol(delay));
  }
  errno = saved;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  slow_down(descriptor);
  return REAL(write)(descriptor, bytes, count);
}

int fsync(int descriptor) {
  slow_down(descriptor);
  return REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
  const char *delay = getenv("FAULTY_DELAY");
  if (delay != NULL && is_database(descriptor)) usleep((useconds_t)atol(delay));
  return fails("fdatasync", descriptor) ? -1 : REAL(fdatasync)(descriptor);
}
