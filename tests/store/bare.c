/* bare: see bare.h. Tables and settings as the store has them, written down anew. */
#include "tests/store/bare.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHECKPOINT_PAGES = 1000 };

struct bare {
    sqlite3 *db;
    sqlite3_stmt *begin, *journal, *cases, *commit;
    int pages;
};

static void must(struct bare *b, int ok) {
    if (ok)
        return;
    fprintf(stderr, "bare: %s\n", sqlite3_errmsg(b->db));
    exit(1);
}

static int log_grew(void *ctx, sqlite3 *db, const char *name, int pages) {
    (void)db;
    (void)name;
    ((struct bare *)ctx)->pages = pages;
    return SQLITE_OK;
}

static void prepare(struct bare *b, const char *text, sqlite3_stmt **out) {
    must(b, sqlite3_prepare_v3(b->db, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK);
}

struct bare *bare_open(const char *path) {
    struct bare *b = calloc(1, sizeof *b);
    if (!b)
        exit(1);
    must(b, sqlite3_open(path, &b->db) == SQLITE_OK);
    must(b, sqlite3_exec(b->db,
                         "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                         "PRAGMA wal_autocheckpoint=0;"
                         "CREATE TABLE j(place INTEGER PRIMARY KEY, before INTEGER, head BLOB,"
                         " salt BLOB, body BLOB);"
                         "CREATE TABLE c(partition INTEGER, number INTEGER, ended INTEGER,"
                         " provisional INTEGER, last_seq INTEGER, due INTEGER, due_seq INTEGER,"
                         " epoch INTEGER, policy BLOB, PRIMARY KEY(partition, number))"
                         " WITHOUT ROWID;"
                         "CREATE INDEX d ON c(partition, due, due_seq, number)"
                         " WHERE due IS NOT NULL",
                         NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_wal_hook(b->db, log_grew, b);
    prepare(b, "BEGIN IMMEDIATE", &b->begin);
    prepare(b, "COMMIT", &b->commit);
    prepare(b, "INSERT INTO j VALUES(?1, ?1 - 1, zeroblob(40), zeroblob(16), ?2)", &b->journal);
    prepare(b, "REPLACE INTO c VALUES(0, ?1, 0, 0, ?2, ?3, ?2, ?2, zeroblob(32))", &b->cases);
    return b;
}

static void run(struct bare *b, sqlite3_stmt *st) {
    must(b, sqlite3_step(st) == SQLITE_DONE);
    sqlite3_reset(st);
}

void bare_begin(struct bare *b) { run(b, b->begin); }

void bare_step(struct bare *b, uint64_t seq, uint64_t number, int64_t due, const char *body,
               int len) {
    sqlite3_bind_int64(b->journal, 1, (sqlite3_int64)seq);
    sqlite3_bind_blob(b->journal, 2, body, len, SQLITE_STATIC);
    run(b, b->journal);
    sqlite3_bind_int64(b->cases, 1, (sqlite3_int64)number);
    sqlite3_bind_int64(b->cases, 2, (sqlite3_int64)seq);
    sqlite3_bind_int64(b->cases, 3, due);
    run(b, b->cases);
}

void bare_commit(struct bare *b) {
    run(b, b->commit);
    if (b->pages >= CHECKPOINT_PAGES)
        sqlite3_wal_checkpoint_v2(b->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

void bare_close(struct bare *b) {
    sqlite3_finalize(b->begin);
    sqlite3_finalize(b->journal);
    sqlite3_finalize(b->cases);
    sqlite3_finalize(b->commit);
    sqlite3_close(b->db);
    free(b);
}
