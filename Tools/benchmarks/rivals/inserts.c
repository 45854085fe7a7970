/*
 * SQLite as a rival: single rows of a given size, one durable transaction each (WAL, synchronous=FULL).
 *
 * Usage: inserts FILE SECONDS BYTES. Prints the rows a second.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static sqlite3 *database;

static void check(int code, int expected) {
  if (code == expected) return;
  fprintf(stderr, "inserts: %s\n", sqlite3_errmsg(database));
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: inserts FILE SECONDS BYTES\n");
    return 2;
  }
  double seconds = atof(arguments[2]);
  int bytes = atoi(arguments[3]);
  char *content = calloc(1, (size_t)bytes);
  sqlite3_stmt *insert;
  check(sqlite3_open(arguments[1], &database), SQLITE_OK);
  check(sqlite3_exec(database,
                     "pragma journal_mode=wal; pragma synchronous=full;"
                     "create table events (position integer primary key, record blob not null)",
                     NULL, NULL, NULL),
        SQLITE_OK);
  check(sqlite3_prepare_v2(database, "insert into events (record) values (?)", -1, &insert, NULL), SQLITE_OK);
  long rows = 0;
  double began = now();
  while (now() < began + seconds) {
    check(sqlite3_bind_blob(insert, 1, content, bytes, SQLITE_STATIC), SQLITE_OK);
    check(sqlite3_step(insert), SQLITE_DONE);
    check(sqlite3_reset(insert), SQLITE_OK);
    rows++;
  }
  printf("%.0f\n", (double)rows / (now() - began));
  sqlite3_finalize(insert);
  sqlite3_close(database);
  free(content);
  return 0;
}
