/* sqlite_sql: see sqlite.h. Statements are made from the shape of the tables.
**
** Tables are WITHOUT ROWID, so that a key costs no second tree; but the journal, whose rows are long and come in
** order, is a rowid table: `place` is partition << 47 | seq.
*/
#include <string.h>
#include <time.h>

#include "engine/store/sqlite.h"
#include "lang/base/assert.h"

enum { PLACE_SHIFT = 47, READ_SECONDS_MAX = 5, OPS_BETWEEN_LOOKS = 10000 };

static bool is_journal(enum bf_table table) { return table == BF_TABLE_JOURNAL; }

static sqlite3_int64 place_of(uint32_t partition, int64_t seq) {
    return (sqlite3_int64)partition << PLACE_SHIFT | seq;
}

enum bf_err bf_sql_fail(struct bf_error *e, sqlite3 *db, int rc, const char *what) {
    enum bf_err code = BF_EIO;
    switch (rc & 0xff) {
    case SQLITE_NOMEM: code = BF_ENOMEM; break;
    case SQLITE_FULL: code = BF_EFULL; break;
    case SQLITE_INTERRUPT: code = BF_ELIMIT; break;
    case SQLITE_BUSY: code = BF_EBUSY; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: code = BF_EFORMAT; break;
    default: break;
    }
    return bf_fail(e, code, "%s: %s (SQLite %d)", what,
                   code == BF_ELIMIT ? "it took too long" : (db ? sqlite3_errmsg(db) : "no memory"),
                   rc);
}

/* ---- the text of statements ---- */

static void put_names(struct bf_buf *out, const struct bf_table_shape *t, const uint8_t *column,
                      uint32_t count, const char *before, const char *after) {
    for (uint32_t i = 0; i < count; i++)
        bf_buf_fmt(out, "%s\"%s\"%s", before, t->column[column ? column[i] : i].name, after);
}

static void create_table(struct bf_buf *out, enum bf_table table) {
    const struct bf_table_shape *t = &bf_shapes[table];
    uint32_t first = 0;
    bf_buf_fmt(out, "CREATE TABLE \"%s\"(", t->name);
    if (is_journal(table)) {
        bf_buf_fmt(out,
                   "place INTEGER PRIMARY KEY, partition INTEGER AS (place >> %d),"
                   " seq INTEGER AS (place & %lld)",
                   PLACE_SHIFT, (long long)BF_SEQ_MAX);
        first = 1;
    } else {
        bf_buf_z(out, "partition INTEGER NOT NULL");
    }
    for (uint32_t i = first; i < t->count; i++) {
        const struct bf_column *c = &t->column[i];
        bool none = c->kind == BF_KIND_TIME && i >= t->keys;
        bf_buf_fmt(out, ", \"%s\" %s%s", c->name,
                   bf_cell_is_number(c)      ? "INTEGER"
                   : c->kind == BF_KIND_TEXT ? "TEXT"
                                             : "BLOB",
                   none ? "" : " NOT NULL");
    }
    if (!is_journal(table)) {
        bf_buf_z(out, ", PRIMARY KEY(partition");
        put_names(out, t, NULL, t->keys, ", ", "");
        bf_buf_z(out, ")) STRICT, WITHOUT ROWID;\n");
    } else {
        bf_buf_z(out, ") STRICT;\n");
    }
}

static void create_index(struct bf_buf *out, enum bf_table table, enum bf_order order) {
    const struct bf_table_shape *t = &bf_shapes[table];
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    uint32_t count = bf_order_columns(table, order, column);
    uint32_t present = bf_order_present(order);
    if (!count)
        return;
    bf_buf_fmt(out, "CREATE INDEX \"%s_%d\" ON \"%s\"(partition", t->name, (int)order, t->name);
    put_names(out, t, column, count, ", ", "");
    bf_buf_z(out, ")");
    if (present != BF_NO_COLUMN)
        bf_buf_fmt(out, " WHERE \"%s\" IS NOT NULL", t->column[present].name);
    bf_buf_z(out, ";\n");
}

void bf_sql_create(struct bf_buf *out, unsigned classes) {
    for (enum bf_table table = 0; table < BF_TABLES; table++) {
        if (!(classes & 1u << bf_shapes[table].cls))
            continue;
        create_table(out, table);
        for (enum bf_order order = BF_BY_KEY + 1; order < BF_ORDERS; order++)
            create_index(out, table, order);
    }
}

void bf_sql_drop(struct bf_buf *out, unsigned classes) {
    for (enum bf_table table = 0; table < BF_TABLES; table++)
        if (classes & 1u << bf_shapes[table].cls)
            bf_buf_fmt(out, "DROP TABLE IF EXISTS \"%s\";\n", bf_shapes[table].name);
}

static void put_text(struct bf_buf *out, enum bf_table table) {
    const struct bf_table_shape *t = &bf_shapes[table];
    bool journal = is_journal(table);
    bf_buf_fmt(out, "%s INTO \"%s\"(%s", journal ? "INSERT" : "REPLACE", t->name,
               journal ? "place" : "partition");
    for (uint32_t i = journal; i < t->count; i++)
        bf_buf_fmt(out, ", \"%s\"", t->column[i].name);
    bf_buf_z(out, ") VALUES(?");
    for (uint32_t i = journal; i < t->count; i++)
        bf_buf_z(out, ", ?");
    bf_buf_z(out, ")");
}

static void del_text(struct bf_buf *out, enum bf_table table) {
    const struct bf_table_shape *t = &bf_shapes[table];
    bf_buf_fmt(out, "DELETE FROM \"%s\" WHERE %s = ?", t->name,
               is_journal(table) ? "place" : "partition");
    if (!is_journal(table))
        put_names(out, t, NULL, t->keys, " AND ", " = ?");
}

static void query_text(struct bf_buf *out, const struct bf_query *q) {
    const struct bf_table_shape *t = &bf_shapes[q->table];
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    uint32_t count = bf_order_columns(q->table, q->order, column);
    uint32_t present = bf_order_present(q->order);
    bf_buf_z(out, "SELECT ");
    put_names(out, t, NULL, 1, "", "");
    for (uint32_t i = 1; i < t->count; i++)
        bf_buf_fmt(out, ", \"%s\"", t->column[i].name);
    bf_buf_fmt(out, " FROM \"%s\"", t->name);
    if (is_journal(q->table)) {
        bf_buf_z(out, " WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?");
        return;
    }
    if (q->order == BF_BY_KEY)
        bf_buf_z(out, " NOT INDEXED WHERE partition = ?");
    else
        bf_buf_fmt(out, " INDEXED BY \"%s_%d\" WHERE partition = ?", t->name, (int)q->order);
    put_names(out, t, column, q->same, " AND ", " = ?");
    if (present != BF_NO_COLUMN)
        bf_buf_fmt(out, " AND \"%s\" IS NOT NULL", t->column[present].name);
    if (q->after) {
        for (uint32_t i = q->same; i < count; i++)
            bf_buf_fmt(out, "%s\"%s\"", i == q->same ? " AND (" : ", ", t->column[column[i]].name);
        for (uint32_t i = q->same; i < count; i++)
            bf_buf_z(out, i == q->same ? ") > (?" : ", ?");
        bf_buf_z(out, ")");
    }
    if (q->bounded)
        put_names(out, t, column + q->same, 1, " AND ", " <= ?");
    bf_buf_z(out, " ORDER BY partition");
    put_names(out, t, column, count, ", ", "");
    bf_buf_z(out, " LIMIT ?");
}

static int prepare(struct bf_sql *sql, struct bf_buf *text, sqlite3_stmt **out) {
    int rc = text->failed ? SQLITE_NOMEM
                          : sqlite3_prepare_v3(sql->db, text->p, (int)text->len,
                                               SQLITE_PREPARE_PERSISTENT, out, NULL);
    bf_buf_fini(text);
    return rc;
}

static int prepare_z(struct bf_sql *sql, const char *z, sqlite3_stmt **out) {
    return sqlite3_prepare_v3(sql->db, z, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
}

int bf_sql_prepare_writer(struct bf_sql *sql) {
    int rc = prepare_z(sql, "BEGIN IMMEDIATE", &sql->begin);
    if (!rc)
        rc = prepare_z(sql, "COMMIT", &sql->commit);
    if (!rc)
        rc = prepare_z(sql, "ROLLBACK", &sql->rollback);
    if (!rc)
        rc = prepare_z(sql,
                       "UPDATE head SET seq = ?, cases = ?, size = ?, tree = ? WHERE partition = ? "
                       "AND seq = ?",
                       &sql->fence);
    for (enum bf_table table = 0; table < BF_TABLES && !rc; table++) {
        struct bf_buf text;
        bf_buf_init(&text);
        put_text(&text, table);
        rc = prepare(sql, &text, &sql->put[table]);
        bf_buf_init(&text);
        del_text(&text, table);
        if (!rc)
            rc = prepare(sql, &text, &sql->del[table]);
        else
            bf_buf_fini(&text);
    }
    return rc;
}

/* ---- writing ---- */

static int bind_bytes(sqlite3_stmt *st, int at, enum bf_column_kind kind, bf_str s) {
    const char *p = s.len ? s.p : "";
    if (kind == BF_KIND_TEXT)
        return sqlite3_bind_text64(st, at, p, s.len, SQLITE_STATIC, SQLITE_UTF8);
    return sqlite3_bind_blob64(st, at, p, s.len, SQLITE_STATIC);
}

static int bind_cell(sqlite3_stmt *st, int at, const struct bf_column *c, const void *row) {
    if (!bf_cell_is_number(c))
        return bind_bytes(st, at, c->kind, bf_cell_bytes(c, row));
    int64_t n = bf_cell_number(c, row);
    if (c->kind == BF_KIND_TIME && n == BF_INSTANT_NONE)
        return sqlite3_bind_null(st, at);
    return sqlite3_bind_int64(st, at, n);
}

/* Binds the row's place and its first `count` columns behind it. */
static int bind_row(sqlite3_stmt *st, enum bf_table table, uint32_t partition, const void *row,
                    uint32_t count) {
    const struct bf_table_shape *t = &bf_shapes[table];
    bool journal = is_journal(table);
    int at = 1;
    int rc = sqlite3_bind_int64(
        st, at++, journal ? place_of(partition, bf_cell_number(&t->column[0], row)) : partition);
    for (uint32_t i = journal; i < count && !rc; i++)
        rc = bind_cell(st, at++, &t->column[i], row);
    return rc;
}

/* Runs a statement without rows to its end. */
static int run(sqlite3_stmt *st) {
    int rc = sqlite3_step(st);
    int ended = sqlite3_reset(st);
    return rc == SQLITE_DONE ? ended : rc == SQLITE_ROW ? SQLITE_ERROR : rc;
}

static int write_op(struct bf_sql *sql, const struct bf_batch *b, const struct bf_batch_op *op) {
    const struct bf_table_shape *t = &bf_shapes[op->table];
    sqlite3_stmt *st = op->del ? sql->del[op->table] : sql->put[op->table];
    int rc = bind_row(st, op->table, b->partition, op->row, op->del ? t->keys : t->count);
    return rc ? rc : run(st);
}

/* Moves the head from where it is expected; *moved: it was there. */
static int move_head(struct bf_sql *sql, const struct bf_batch *b, bool *moved) {
    sqlite3_stmt *st = sql->fence;
    int rc = sqlite3_bind_int64(st, 1, (sqlite3_int64)b->head.seq);
    if (!rc)
        rc = sqlite3_bind_int64(st, 2, (sqlite3_int64)b->head.cases);
    if (!rc)
        rc = sqlite3_bind_int64(st, 3, (sqlite3_int64)b->head.size);
    if (!rc)
        rc = bind_bytes(st, 4, BF_KIND_BYTES, b->head.tree);
    if (!rc)
        rc = sqlite3_bind_int64(st, 5, b->partition);
    if (!rc)
        rc = sqlite3_bind_int64(st, 6, (sqlite3_int64)b->expected);
    if (!rc)
        rc = run(st);
    *moved = !rc && sqlite3_changes(sql->db) == 1;
    if (rc || *moved || b->expected)
        return rc;
    /* A partition's first batch: there is no head yet, or it is elsewhere. */
    const struct bf_query q = {.partition = b->partition, .table = BF_TABLE_HEAD, .limit = 1};
    struct bf_error e;
    struct bf_rows rows;
    struct bf_arena *a = bf_arena_new(0);
    if (!a)
        return SQLITE_NOMEM;
    enum bf_err err = bf_sql_read(sql, &q, a, &rows, &e);
    bool none = !err && rows.count == 0;
    bf_arena_free(a);
    if (err)
        return SQLITE_ERROR;
    if (!none)
        return SQLITE_OK;
    st = sql->put[BF_TABLE_HEAD];
    rc = bind_row(st, BF_TABLE_HEAD, b->partition, &b->head, bf_shapes[BF_TABLE_HEAD].count);
    if (!rc)
        rc = run(st);
    *moved = !rc;
    return rc;
}

static int write_batch(struct bf_sql *sql, const struct bf_batch *b, bool *moved) {
    int rc = run(sql->begin);
    if (!rc)
        rc = move_head(sql, b, moved);
    for (uint32_t i = 0; i < b->count && !rc && *moved; i++)
        rc = write_op(sql, b, &b->op[i]);
    if (!rc && *moved)
        rc = run(sql->commit);
    return rc;
}

enum bf_err bf_sql_commit(struct bf_sql *sql, const struct bf_batch *b, struct bf_error *e) {
    bool moved = false;
    int rc = write_batch(sql, b, &moved);
    if (!rc && moved)
        return BF_OK;
    enum bf_err err = BF_EIO;
    if (rc)
        err = bf_sql_fail(e, sql->db, sqlite3_extended_errcode(sql->db), "commit");
    else
        bf_fail(e, BF_EIO, "commit: the head is elsewhere: another has written");
    if (!sqlite3_get_autocommit(sql->db) && run(sql->rollback) != SQLITE_OK)
        return bf_fail(e, BF_EIO, "roll back: %s", sqlite3_errmsg(sql->db));
    return err == BF_EFULL ? err : (e->code = BF_EIO);
}

/* ---- reading ---- */

static int too_late(void *ctx) {
    const struct timespec *until = ctx;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > until->tv_sec ||
           (now.tv_sec == until->tv_sec && now.tv_nsec > until->tv_nsec);
}

static sqlite3_stmt **query_slot(struct bf_sql *sql, const struct bf_query *q) {
    size_t at = (size_t)q->table * BF_ORDERS + (size_t)q->order;
    at = at * (BF_ORDER_COLUMNS_MAX + 1) + q->same;
    return &sql->query[at * 4 + q->after * 2u + q->bounded];
}

static int bind_journal(sqlite3_stmt *st, const struct bf_query *q) {
    const struct bf_row_journal *at = q->at;
    int64_t low = q->same ? (int64_t)at->seq : q->after ? (int64_t)at->seq + 1 : 0;
    int64_t high = q->same ? (int64_t)at->seq : (int64_t)BF_SEQ_MAX;
    if (q->bounded && q->until < high)
        high = q->until;
    if (low > (int64_t)BF_SEQ_MAX || high < 0)
        low = 1, high = 0; /* no such row */
    int rc = sqlite3_bind_int64(st, 1, place_of(q->partition, low));
    if (!rc)
        rc = sqlite3_bind_int64(st, 2, place_of(q->partition, high));
    return rc ? rc : sqlite3_bind_int64(st, 3, q->limit);
}

static int bind_query(sqlite3_stmt *st, const struct bf_query *q) {
    if (is_journal(q->table))
        return bind_journal(st, q);
    const struct bf_table_shape *t = &bf_shapes[q->table];
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    uint32_t count = bf_order_columns(q->table, q->order, column);
    int at = 1, rc = sqlite3_bind_int64(st, at++, q->partition);
    for (uint32_t i = 0; i < (q->after ? count : q->same) && !rc; i++)
        rc = bind_cell(st, at++, &t->column[column[i]], q->at);
    if (!rc && q->bounded)
        rc = sqlite3_bind_int64(st, at++, q->until);
    return rc ? rc : sqlite3_bind_int64(st, at, q->limit);
}

static void read_row(sqlite3_stmt *st, const struct bf_table_shape *t, struct bf_arena *a,
                     void *row) {
    for (uint32_t i = 0; i < t->count; i++) {
        const struct bf_column *c = &t->column[i];
        int at = (int)i;
        if (bf_cell_is_number(c)) {
            bool none = sqlite3_column_type(st, at) == SQLITE_NULL;
            bf_cell_set_number(c, row, none ? BF_INSTANT_NONE : sqlite3_column_int64(st, at));
            continue;
        }
        const void *p = sqlite3_column_blob(st, at);
        int len = sqlite3_column_bytes(st, at);
        bf_str s = {len ? bf_arena_copy(a, p, (size_t)len) : "", (uint32_t)len};
        bf_cell_set_bytes(c, row, s);
    }
}

struct found {
    char *row;
    uint32_t count, cap;
    uint64_t bytes;
    bool cut;
};

static void *found_add(struct found *f, struct bf_arena *a, size_t size) {
    if (f->count == f->cap) {
        uint32_t cap = f->cap ? f->cap * 2 : 16;
        char *row = bf_arena_zalloc(a, size * cap);
        if (f->count)
            memcpy(row, f->row, size * f->count);
        f->row = row;
        f->cap = cap;
    }
    return f->row + size * f->count++;
}

static int read_rows(struct bf_sql *sql, const struct bf_query *q, struct bf_arena *a,
                     struct found *f) {
    const struct bf_table_shape *t = &bf_shapes[q->table];
    sqlite3_stmt **slot = query_slot(sql, q);
    int rc = SQLITE_OK;
    if (!*slot) {
        struct bf_buf text;
        bf_buf_init(&text);
        query_text(&text, q);
        rc = prepare(sql, &text, slot);
    }
    if (!rc)
        rc = bind_query(*slot, q);
    if (rc)
        return rc;
    while (!f->cut && (rc = sqlite3_step(*slot)) == SQLITE_ROW) {
        void *row = found_add(f, a, t->size);
        read_row(*slot, t, a, row);
        f->bytes += bf_row_texts(q->table, row);
        f->cut = q->bytes && f->bytes >= q->bytes;
    }
    if (f->cut)
        rc = SQLITE_DONE;
    int ended = sqlite3_reset(*slot);
    return rc == SQLITE_DONE ? ended : rc;
}

/* One transaction, so that the chain is of one moment. */
static int read_chain(struct bf_sql *sql, const struct bf_query *q, struct bf_arena *a,
                      struct found *f) {
    struct bf_row_journal at = {.seq = ((const struct bf_row_journal *)q->at)->seq};
    const struct bf_query one = {.partition = q->partition,
                                 .table = BF_TABLE_JOURNAL,
                                 .at = &at,
                                 .same = 1,
                                 .limit = 1,
                                 .bytes = q->bytes};
    int rc = sqlite3_exec(sql->db, "BEGIN", NULL, NULL, NULL);
    while (!rc && at.seq && f->count < q->limit && !f->cut) {
        uint32_t before = f->count;
        rc = read_rows(sql, &one, a, f);
        if (rc || f->count == before)
            break;
        at.seq = ((const struct bf_row_journal *)(const void *)f->row)[before].before;
    }
    if (!sqlite3_get_autocommit(sql->db)) {
        int ended = sqlite3_exec(sql->db, "COMMIT", NULL, NULL, NULL);
        rc = rc ? rc : ended;
    }
    return rc;
}

enum bf_err bf_sql_read(struct bf_sql *sql, const struct bf_query *q, struct bf_arena *a,
                        struct bf_rows *out, struct bf_error *e) {
    struct timespec until;
    struct found f = {0};
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += READ_SECONDS_MAX;
    sqlite3_progress_handler(sql->db, OPS_BETWEEN_LOOKS, too_late, &until);
    int rc = q->chain ? read_chain(sql, q, a, &f) : read_rows(sql, q, a, &f);
    sqlite3_progress_handler(sql->db, 0, NULL, NULL);
    if (rc)
        return bf_sql_fail(e, sql->db, rc, bf_shapes[q->table].name);
    *out = (struct bf_rows){q->table, f.row, f.count, f.cut};
    return BF_OK;
}

enum bf_err bf_sql_check(struct bf_sql *sql, struct bf_error *e) {
    sqlite3_stmt *st = NULL;
    int rc = prepare_z(sql, "PRAGMA integrity_check(1)", &st);
    if (!rc)
        rc = sqlite3_step(st);
    enum bf_err err = BF_OK;
    const char *said = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
    if (!said)
        err = bf_sql_fail(e, sql->db, rc, "integrity check");
    else if (strcmp(said, "ok") != 0)
        err = bf_fail(e, BF_EFORMAT, "integrity check: %s", said);
    sqlite3_finalize(st);
    return err;
}

void bf_sql_close(struct bf_sql *sql) {
    sqlite3_finalize(sql->begin);
    sqlite3_finalize(sql->commit);
    sqlite3_finalize(sql->rollback);
    sqlite3_finalize(sql->fence);
    for (int i = 0; i < BF_TABLES; i++) {
        sqlite3_finalize(sql->put[i]);
        sqlite3_finalize(sql->del[i]);
    }
    for (int i = 0; i < BF_SQL_QUERIES; i++)
        sqlite3_finalize(sql->query[i]);
    int rc = sqlite3_close(sql->db);
    BF_ASSERT(rc == SQLITE_OK); /* a statement or a backup of ours is left */
    *sql = (struct bf_sql){0};
}
