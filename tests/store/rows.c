/* rows: see rows.h. Only the file's tables are the store's; statements and rows are written down anew. */
#include "tests/store/rows.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/store/store.h"

enum { CHECKPOINT_PAGES = 1000, TILE = 256, HASH = 32, BODY_MAX = 4096, FRONTIER_HEAD = 10 };
static const int body_bytes[ROWS_STAGES] = {1331, 1391, 1263};

struct rows {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *head, *journal, *cases, *keys, *put_work, *del_work, *tile;
    uint64_t seq, expected;
    int64_t epoch;
    int pages, folded_at;
    char hashes[TILE * HASH];
};

static void must(struct rows *r, int ok) {
    if (ok)
        return;
    fprintf(stderr, "rows: %s\n", r->db ? sqlite3_errmsg(r->db) : "cannot open");
    exit(1);
}

static int log_grew(void *ctx, sqlite3 *db, const char *name, int pages) {
    (void)db;
    (void)name;
    ((struct rows *)ctx)->pages = pages;
    return SQLITE_OK;
}

static void prepare(struct rows *r, const char *text, sqlite3_stmt **out) {
    must(r, sqlite3_prepare_v3(r->db, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK);
}

static void make_tables(const char *path) {
    struct bf_store_options o = {0};
    struct bf_store_opened opened;
    struct bf_store *store;
    struct bf_error e;
    if (bf_store_open_sqlite(path, &o, &store, &opened, &e) != BF_OK) {
        fprintf(stderr, "rows: %s\n", e.text);
        exit(1);
    }
    bf_store_close(store);
}

struct rows *rows_open(const char *path) {
    struct rows *r = calloc(1, sizeof *r);
    if (!r)
        exit(1);
    make_tables(path);
    must(r, sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
                SQLITE_OK);
    must(r,
         sqlite3_exec(r->db,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                      "PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY;"
                      "INSERT INTO head(partition, seq, cases, size, tree) VALUES(0, 0, 0, 0, x'')",
                      NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_wal_hook(r->db, log_grew, r);
    prepare(r, "BEGIN IMMEDIATE", &r->begin);
    prepare(r, "COMMIT", &r->commit);
    prepare(r,
            "UPDATE head SET seq = ?1, cases = ?2, size = ?1, tree = ?3 WHERE partition = 0"
            " AND seq = ?4",
            &r->head);
    prepare(r,
            "INSERT INTO journal(place, before, head, salt, body)"
            " VALUES(?1, ?2, zeroblob(40), zeroblob(16), ?3)",
            &r->journal);
    prepare(
        r,
        "REPLACE INTO cases(partition, number, ended, provisional, last_seq, due, due_seq, epoch,"
        " policy) VALUES(0, ?1, ?2, 0, ?3, ?4, ?5, 1, zeroblob(32))",
        &r->cases);
    prepare(r,
            "REPLACE INTO keys(partition, number, principal, key, seq) VALUES(0, ?1, ?2, ?3, ?4)",
            &r->keys);
    prepare(r,
            "REPLACE INTO work(partition, who, due, number, item, kind, provisional)"
            " VALUES(0, ?1, ?2, ?3, ?4, 1, 0)",
            &r->put_work);
    prepare(r,
            "DELETE FROM work WHERE partition = 0 AND who = ?1 AND due = ?2 AND number = ?3"
            " AND item = ?4",
            &r->del_work);
    prepare(r, "REPLACE INTO tile(partition, level, place, bytes) VALUES(0, 0, ?1, ?2)", &r->tile);
    r->epoch = (int64_t)time(NULL);
    return r;
}

void rows_close(struct rows *r) {
    sqlite3_stmt *all[] = {r->begin, r->commit,   r->head,     r->journal, r->cases,
                           r->keys,  r->put_work, r->del_work, r->tile};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    sqlite3_close(r->db);
    free(r);
}

static void run(struct rows *r, sqlite3_stmt *st) {
    must(r, sqlite3_step(st) == SQLITE_DONE);
    sqlite3_reset(st);
}

static void bind(sqlite3_stmt *st, int at, uint64_t n) {
    sqlite3_bind_int64(st, at, (sqlite3_int64)n);
}

static void bind_text(sqlite3_stmt *st, int at, const char *z) {
    sqlite3_bind_text(st, at, z, -1, SQLITE_STATIC);
}

void rows_begin(struct rows *r) { run(r, r->begin); }

/* Limits are of working days, so that a day's cases fall due at once. */
static uint64_t due_of(const struct rows *r, uint32_t stage) {
    return (uint64_t)r->epoch + (stage ? 3 : 5) * UINT64_C(86400);
}

static void work(struct rows *r, sqlite3_stmt *st, uint64_t number, uint32_t stage) {
    bind_text(st, 1, stage ? "91410600MA44444442" : "91410600MA33333332");
    bind(st, 2, due_of(r, stage));
    bind(st, 3, number);
    bind_text(st, 4, stage ? "duty.1" : "duty.0");
    run(r, st);
}

static void journal_row(struct rows *r, const struct rows_step *s) {
    char body[BODY_MAX];
    size_t len = (size_t)body_bytes[s->stage], sent = s->len < len ? s->len : len;
    memcpy(body, s->text, sent);
    memset(body + sent, 'x', len - sent);
    bind(r->journal, 1, r->seq);
    bind(r->journal, 2, s->before);
    sqlite3_bind_blob(r->journal, 3, body, (int)len, SQLITE_STATIC);
    run(r, r->journal);
}

uint64_t rows_step(struct rows *r, const struct rows_step *s) {
    bool ended = s->stage == ROWS_STAGES - 1;
    r->seq++;
    journal_row(r, s);
    bind(r->cases, 1, s->number);
    bind(r->cases, 2, ended);
    bind(r->cases, 3, r->seq);
    bind(r->cases, 4, due_of(r, s->stage));
    if (ended)
        sqlite3_bind_null(r->cases, 4);
    bind(r->cases, 5, ended ? 0 : s->stage);
    run(r, r->cases);
    bind(r->keys, 1, s->stage ? s->number : 0);
    bind_text(r->keys, 2, s->principal);
    bind_text(r->keys, 3, s->key);
    bind(r->keys, 4, r->seq);
    run(r, r->keys);
    if (s->stage)
        work(r, r->del_work, s->number, s->stage - 1);
    if (!ended)
        work(r, r->put_work, s->number, s->stage);
    return r->seq;
}

static int frontier_bytes(uint64_t size) {
    return FRONTIER_HEAD + __builtin_popcountll(size) * HASH;
}

void rows_commit(struct rows *r, uint64_t cases) {
    /* The last tile has grown; one before it may have become full. */
    for (uint64_t place = r->expected / TILE; place <= r->seq / TILE; place++) {
        uint64_t leaves = r->seq - place * TILE;
        bind(r->tile, 1, place);
        sqlite3_bind_blob(r->tile, 2, r->hashes, (int)(leaves < TILE ? leaves : TILE) * HASH,
                          SQLITE_STATIC);
        if (leaves)
            run(r, r->tile);
    }
    bind(r->head, 1, r->seq);
    bind(r->head, 2, cases);
    sqlite3_bind_blob(r->head, 3, r->hashes, frontier_bytes(r->seq), SQLITE_STATIC);
    bind(r->head, 4, r->expected);
    run(r, r->head);
    must(r, sqlite3_changes(r->db) == 1);
    run(r, r->commit);
    r->expected = r->seq;
    if (r->pages < CHECKPOINT_PAGES ||
        (r->pages > r->folded_at && r->pages - r->folded_at < CHECKPOINT_PAGES))
        return;
    r->folded_at = r->pages;
    sqlite3_wal_checkpoint_v2(r->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}
