// A disk that fails: loaded into a process by LD_PRELOAD, it lets one of the calls by which LMDB opens or writes fail.
//
//   FAULTY_CALL    pwrite, pwritev, writev, fdatasync, open or mmap; without it nothing fails
//   FAULTY_NUMBER  which of the process's calls of that name fails, from 1; those after it do not
//   FAULTY_ERROR   the number of the error; EIO without it
//   FAULTY_DELAY   how many microseconds each fdatasync takes longer, so that a kill finds many commits under way
//   FAULTY_SLOW    a part of paths: as much longer takes each write and fsync of such a file
//
// Only calls on files named data.mdb count, and open of those named lock.mdb; pwrite of the meta page (which is opened apart,
// for synchronous writes) counts like the others.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static int is_named(const char *name) {
  const char *call = getenv("FAULTY_CALL");
  return call != NULL && strcmp(call, name) == 0;
}

// Whether this call, which counts, is to fail; sets errno if so.
static int comes_to(int saved) {
  const char *number = getenv("FAULTY_NUMBER");
  const char *error = getenv("FAULTY_ERROR");
  if (atomic_fetch_add(&calls, 1) + 1 != (number ? atol(number) : 1)) {
    errno = saved;
    return 0;
  }
  errno = error ? atoi(error) : EIO;
  return 1;
}

static int fails(const char *name, int descriptor) {
  int saved = errno;
  if (!is_named(name) || !is_database(descriptor)) {
    errno = saved;
    return 0;
  }
  return comes_to(saved);
}

static int fails_to_open(const char *path) {
  int saved = errno;
  size_t length = strlen(path);
  if (!is_named("open") || length < 8
      || (strcmp(path + length - 8, "data.mdb") != 0 && strcmp(path + length - 8, "lock.mdb") != 0)) {
    errno = saved;
    return 0;
  }
  return comes_to(saved);
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

static mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return fails_to_open(path) ? -1 : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return fails_to_open(path) ? -1 : REAL(open64)(path, flags, mode);
}

void *mmap(void *place, size_t length, int protection, int flags, int descriptor, off_t offset) {
  if (descriptor >= 0 && fails("mmap", descriptor)) return MAP_FAILED;
  return REAL(mmap)(place, length, protection, flags, descriptor, offset);
}

void *mmap64(void *place, size_t length, int protection, int flags, int descriptor, off64_t offset) {
  if (descriptor >= 0 && fails("mmap", descriptor)) return MAP_FAILED;
  return REAL(mmap64)(place, length, protection, flags, descriptor, offset);
}
