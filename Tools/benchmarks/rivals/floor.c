/*
 * The floor: what liblmdb itself takes for the puts of an issued token, with no logic and no hashing.
 *
 * Usage: floor FOLDER BATCH SECONDS RECORD_BYTES ROW_BYTES CHECK_BYTES
 *
 * Each event appends a record and a validity row, keyed by position; each 16th a tile. Each batch puts the rows of
 * the tree's edge and the projections' checkpoint, and commits durably. Prints the events a second of the time after
 * a tenth of it was spent on warming up.
 */
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define TABLES 5
enum { LOG, VALIDITY, TILES, EDGE, PROJECTIONS };
static const char *const names[TABLES] = {"log", "validity", "tiles", "edge", "projections"};

static void check(int code) {
  if (code == 0) return;
  fprintf(stderr, "floor: %s\n", mdb_strerror(code));
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void big_endian(uint8_t *out, uint64_t value) {
  for (int index = 7; index >= 0; index--, value >>= 8) out[index] = (uint8_t)value;
}

static uint8_t content[65536];

static void put(MDB_txn *transaction, MDB_dbi table, const uint8_t *key, size_t key_bytes, size_t bytes,
                unsigned flags) {
  MDB_val k = {key_bytes, (void *)key}, value = {bytes, NULL};
  check(mdb_put(transaction, table, &k, &value, flags | MDB_RESERVE));
  memcpy(value.mv_data, content, bytes);
}

int main(int count, char **arguments) {
  if (count != 7) {
    fprintf(stderr, "usage: floor FOLDER BATCH SECONDS RECORD_BYTES ROW_BYTES CHECK_BYTES\n");
    return 2;
  }
  long batch = atol(arguments[2]);
  double seconds = atof(arguments[3]);
  size_t record = strtoul(arguments[4], NULL, 10), row = strtoul(arguments[5], NULL, 10);
  size_t extra = strtoul(arguments[6], NULL, 10);
  for (size_t index = 0; index < sizeof content; index++) content[index] = (uint8_t)(index * 131 >> 3);

  MDB_env *environment;
  MDB_txn *transaction;
  MDB_dbi tables[TABLES];
  mkdir(arguments[1], 0700);
  check(mdb_env_create(&environment));
  check(mdb_env_set_maxdbs(environment, TABLES));
  check(mdb_env_set_mapsize(environment, (size_t)64 << 30));
  check(mdb_env_open(environment, arguments[1], MDB_NOTLS | MDB_NORDAHEAD, 0600));
  check(mdb_txn_begin(environment, NULL, 0, &transaction));
  for (int index = 0; index < TABLES; index++)
    check(mdb_dbi_open(transaction, names[index], MDB_CREATE, &tables[index]));
  check(mdb_txn_commit(transaction));

  uint64_t position = 0, counted = 0;
  uint8_t key[9];
  double began = now(), end = began + seconds, measured = 0;
  for (;;) {
    double time = now();
    if (measured == 0 && time >= began + seconds / 10) measured = time, counted = position;
    if (time >= end) break;
    uint64_t start = position;
    check(mdb_txn_begin(environment, NULL, 0, &transaction));
    for (long index = 0; index < batch; index++) {
      position++;
      big_endian(key, position);
      put(transaction, tables[LOG], key, 8, record + extra, MDB_APPEND);
      put(transaction, tables[VALIDITY], key, 8, row + extra, MDB_APPEND);
      for (int level = 0; level < 16 && position % (1ull << 4 * (level + 1)) == 0; level++) {
        big_endian(key, position);
        key[8] = (uint8_t)level;
        put(transaction, tables[TILES], key, 9, 512 + extra, MDB_APPEND);
      }
    }
    /* A level of the edge is rewritten when a tile of the level below became complete. */
    for (int level = 0; level < 16 && (level == 0 || position >> 4 * level != start >> 4 * level); level++) {
      big_endian(key, (uint64_t)level);
      size_t hashes = (size_t)(position >> 4 * level & 15);
      put(transaction, tables[EDGE], key, 8, hashes * 32 + extra, 0);
    }
    put(transaction, tables[PROJECTIONS], (const uint8_t *)"projections", 11, 17 + extra, 0);
    check(mdb_txn_commit(transaction));
  }
  printf("%.0f\n", (double)(position - counted) / (now() - measured));
  mdb_env_close(environment);
  return 0;
}
