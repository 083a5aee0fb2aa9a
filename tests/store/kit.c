/* kit: see kit.h. */
#include "tests/store/kit.h"

#include <fcntl.h>
#include <semaphore.h>
#include <unistd.h>

#include "engine/store/maker.h"
#include "tests/unit/test.h"

enum { CASES = 5 };

/* ---- makers ---- */

static void wake(void *ctx) { sem_post(ctx); }

static void init_common(struct kit *k) {
    *k = (struct kit){0};
    k->sem = malloc(sizeof(sem_t));
    assert_non_null(k->sem);
    sem_init(k->sem, 0, 0);
}

static void init_sqlite(struct kit *k) {
    init_common(k);
    strcpy(k->dir, "/tmp/bfstore.XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    snprintf(k->path, sizeof k->path, "%s/a.db", k->dir);
}

static void init_memory(struct kit *k) {
    init_common(k);
    k->memory = bf_memory_new();
    assert_non_null(k->memory);
}

static struct bf_store_options options(struct kit *k) {
    return (struct bf_store_options){
        .wake = wake, .wake_ctx = k->sem, .vfs = k->vfs, .checkpoint_pages = k->checkpoint_pages};
}

static enum bf_err open_sqlite(struct kit *k) {
    struct bf_store_options o = options(k);
    return bf_store_open_sqlite(k->path, &o, &k->store, &k->opened, &k->error);
}

static enum bf_err open_memory(struct kit *k) {
    struct bf_store_options o = options(k);
    return bf_store_open_memory(k->memory, &o, &k->store, &k->error);
}

void kit_close(struct kit *k) {
    bf_store_close(k->store);
    k->store = NULL;
}

static void fini_common(struct kit *k) {
    kit_close(k);
    sem_destroy(k->sem);
    free(k->sem);
}

static void fini_sqlite(struct kit *k) {
    char command[128];
    fini_common(k);
    snprintf(command, sizeof command, "rm -rf '%s'", k->dir);
    assert_int_equal(system(command), 0);
}

static void fini_memory(struct kit *k) {
    fini_common(k);
    bf_memory_free(k->memory);
}

const struct kit_maker kit_makers[KIT_MAKERS] = {
    [KIT_SQLITE] = {"sqlite", true, init_sqlite, open_sqlite, fini_sqlite},
    [KIT_MEMORY] = {"memory", false, init_memory, open_memory, fini_memory},
};

/* ---- calls that wait ---- */

void kit_done(void *ctx, enum bf_err err, const struct bf_error *e) {
    struct kit_end *end = ctx;
    assert_false(end->ended);
    assert_int_equal(err == BF_OK, e == NULL);
    end->ended = true;
    end->err = err;
    if (e)
        end->error = *e;
}

enum bf_err kit_wait(struct kit *k, struct kit_end *end) {
    while (!end->ended) {
        while (sem_wait(k->sem) != 0) {}
        bf_store_poll(k->store);
    }
    if (end->err)
        k->error = end->error;
    return end->err;
}

enum bf_err kit_submit(struct kit *k, const struct bf_batch *b) {
    struct kit_end end = {0};
    bf_store_submit(k->store, b, kit_done, &end);
    return kit_wait(k, &end);
}

enum bf_err kit_check(struct kit *k) {
    struct kit_end end = {0};
    bf_store_check(k->store, kit_done, &end);
    return kit_wait(k, &end);
}

enum bf_err kit_backup(struct kit *k, const char *path) {
    struct kit_end end = {0};
    bf_store_backup(k->store, path, kit_done, &end);
    return kit_wait(k, &end);
}

enum bf_err kit_dump(struct kit *k, uint32_t partition, const char *path) {
    struct kit_end end = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    bf_store_dump(k->store, partition, fd, kit_done, &end);
    enum bf_err err = kit_wait(k, &end);
    close(fd);
    return err;
}

struct read_end {
    struct kit_end end;
    struct bf_arena *arena;
    struct bf_rows *out;
};

static void rows_done(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct read_end *r = ctx;
    if (!err) {
        const struct bf_table_shape *t = &bf_shapes[rows->table];
        char *copy = bf_arena_alloc(r->arena, t->size * rows->count + 1);
        if (rows->count)
            memcpy(copy, rows->row, t->size * rows->count);
        for (uint32_t i = 0; i < rows->count; i++)
            for (uint32_t c = 0; c < t->count; c++)
                if (!bf_cell_is_number(&t->column[c])) {
                    void *row = copy + t->size * i;
                    bf_str s = bf_cell_bytes(&t->column[c], row);
                    bf_cell_set_bytes(&t->column[c], row, bf_str_dup(r->arena, s));
                }
        *r->out = (struct bf_rows){rows->table, copy, rows->count, rows->cut};
    }
    kit_done(&r->end, err, e);
}

enum bf_err kit_read(struct kit *k, const struct bf_query *q, struct bf_arena *a,
                     struct bf_rows *out) {
    struct read_end r = {.arena = a, .out = out};
    bf_store_read(k->store, q, rows_done, &r);
    return kit_wait(k, &r.end);
}

uint64_t kit_head(struct kit *k, uint32_t partition) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_query q = {.partition = partition, .table = BF_TABLE_HEAD, .limit = 1};
    struct bf_rows rows;
    assert_int_equal(kit_read(k, &q, a, &rows), BF_OK);
    uint64_t seq = rows.count ? ((const struct bf_row_head *)rows.row)->seq : 0;
    bf_arena_free(a);
    return seq;
}

/* ---- made-up batches ---- */

static bf_str text(struct bf_arena *a, const char *fmt, uint64_t n) {
    char z[64];
    snprintf(z, sizeof z, fmt, (unsigned long long)n);
    return bf_str_dup(a, bf_str_of(z));
}

/* The last batch before n on the same case; 0: none. */
static uint64_t batch_before(uint64_t n) { return n > CASES ? n - CASES : 0; }

static struct bf_row_work work_of(struct bf_arena *a, uint64_t n) {
    return (struct bf_row_work){.who = BF_STR("处室"),
                                .due = (bf_instant)(100 * n),
                                .number = 1 + n % CASES,
                                .item = text(a, "item %llu", n)};
}

static void put_journal(struct bf_batch *b, uint64_t seq, uint64_t before, uint64_t n) {
    struct bf_row_journal row = {.seq = seq,
                                 .before = before,
                                 .head = BF_STR("0123456789012345678901234567890123456789"),
                                 .salt = BF_STR("0123456789abcdef"),
                                 .body = text(b->arena, "batch %llu", n)};
    bf_batch_put(b, BF_TABLE_JOURNAL, &row);
}

void kit_batch(struct bf_batch *b, struct bf_arena *a, uint64_t n) {
    uint64_t before = batch_before(n), number = 1 + n % CASES;
    bf_batch_init(b, a, 0, 2 * (n - 1));
    b->head = (struct bf_row_head){2 * n, n, 2 * n, text(a, "root %llu", n)};
    put_journal(b, 2 * n - 1, 2 * before, n);
    put_journal(b, 2 * n, 2 * n - 1, n);
    struct bf_row_cases row = {.number = number,
                               .last_seq = 2 * n,
                               .due = (bf_instant)(100 * n),
                               .due_seq = n,
                               .epoch = n,
                               .policy = BF_STR("0123456789abcdef0123456789abcdef")};
    bf_batch_put(b, BF_TABLE_CASES, &row);
    bf_batch_put(b, BF_TABLE_KEYS,
                 &(struct bf_row_keys){number, BF_STR("李"), text(a, "key %llu", n), 2 * n});
    if (before) {
        struct bf_row_work old = work_of(a, before);
        bf_batch_del(b, BF_TABLE_WORK, &old);
    }
    struct bf_row_work work = work_of(a, n);
    bf_batch_put(b, BF_TABLE_WORK, &work);
    bf_batch_put(b, BF_TABLE_REGISTER,
                 &(struct bf_row_register){BF_STR("场地"), text(a, "\"%llu\"", n % 3),
                                           text(a, "[%llu]", n), 2 * n});
}

static void journal_holds(struct kit *k, struct bf_arena *a, uint64_t n) {
    struct bf_query q = {.table = BF_TABLE_JOURNAL, .limit = UINT32_MAX};
    struct bf_rows rows;
    assert_int_equal(kit_read(k, &q, a, &rows), BF_OK);
    assert_int_equal(rows.count, 2 * n);
    const struct bf_row_journal *row = rows.row;
    for (uint64_t i = 0; i < 2 * n; i++) {
        assert_int_equal(row[i].seq, i + 1);
        assert_true(bf_str_eq(row[i].body, text(a, "batch %llu", i / 2 + 1)));
    }
}

void kit_holds(struct kit *k, uint64_t n) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_rows rows;
    assert_int_equal(kit_head(k, 0), 2 * n);
    journal_holds(k, a, n);
    uint64_t open = n < CASES ? n : CASES;
    /* The due are the last batches of each case, in order. */
    struct bf_query due = {.table = BF_TABLE_CASES, .order = BF_BY_DUE, .limit = 100};
    assert_int_equal(kit_read(k, &due, a, &rows), BF_OK);
    assert_int_equal(rows.count, open);
    for (uint64_t i = 0; i < open; i++)
        assert_int_equal(((const struct bf_row_cases *)rows.row)[i].last_seq,
                         2 * (n - open + i + 1));
    struct bf_query keys = {.table = BF_TABLE_KEYS, .limit = UINT32_MAX};
    assert_int_equal(kit_read(k, &keys, a, &rows), BF_OK);
    assert_int_equal(rows.count, n);
    struct bf_query work = {.table = BF_TABLE_WORK, .limit = 100};
    assert_int_equal(kit_read(k, &work, a, &rows), BF_OK);
    assert_int_equal(rows.count, open);
    for (uint64_t i = 0; i < open; i++)
        assert_int_equal(((const struct bf_row_work *)rows.row)[i].due, 100 * (n - open + i + 1));
    struct bf_query registers = {.table = BF_TABLE_REGISTER,
                                 .order = BF_BY_SEQ,
                                 .at = &(struct bf_row_register){.name = BF_STR("场地")},
                                 .same = 1,
                                 .limit = 100};
    assert_int_equal(kit_read(k, &registers, a, &rows), BF_OK);
    uint64_t kept = n < 3 ? n : 3;
    assert_int_equal(rows.count, kept);
    for (uint64_t i = 0; i < kept; i++)
        assert_int_equal(((const struct bf_row_register *)rows.row)[i].seq, 2 * (n - kept + i + 1));
    bf_arena_free(a);
}
