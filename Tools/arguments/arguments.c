#include "CArguments.h"

#include <elf.h>
#include <sys/auxv.h>

static int count;
static char *const *values;

// The C runtime hands the arguments to each function of .init_array. Swift's own list of them is read from
// /proc/self/cmdline, which is empty where /proc is not mounted.
__attribute__((constructor)) static void keep(int argc, char **argv) {
  count = argc;
  values = argv;
}

int credledger_argument_count(void) { return count; }

char *const *credledger_arguments(void) { return values; }

const char *credledger_program(void) { return (const char *)getauxval(AT_EXECFN); }
