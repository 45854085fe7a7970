#ifndef CREDLEDGER_ARGUMENTS_H
#define CREDLEDGER_ARGUMENTS_H

/// How many arguments the process was started with, its own name included.
int credledger_argument_count(void);

/// The arguments, which live as long as the process.
char *const *credledger_arguments(void);

/// The file that the system started, as its caller named it; NULL where the system does not say.
const char *credledger_program(void);

#endif
