/* The store: one suite for all makers, then what a file has beside. `store keep FILE` writes the database that
** tests/store/ keeps of each version. */
#include <fcntl.h>
#include <unistd.h>

#include "engine/store/maker.h"
#include "tests/store/kit.h"
#include "tests/unit/fault.h"
#include "tests/unit/test.h"

enum { KEPT_BATCHES = 7 };

static struct kit kit;
static const struct kit_maker *maker;

static int setup(void **state) {
    maker = &kit_makers[(intptr_t)*state];
    maker->init(&kit);
    assert_int_equal(maker->open(&kit), BF_OK);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    maker->fini(&kit);
    return 0;
}

static void reopen(void) {
    kit_close(&kit);
    if (maker->open(&kit) != BF_OK)
        fail_msg("%s", kit.error.text);
}

static enum bf_err submit(uint64_t n) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_batch b;
    kit_batch(&b, a, n);
    enum bf_err err = kit_submit(&kit, &b);
    bf_arena_free(a);
    return err;
}

static void submit_up_to(uint64_t n) {
    for (uint64_t i = 1; i <= n; i++)
        assert_int_equal(submit(i), BF_OK);
}

static void test_empty(void **state) {
    (void)state;
    kit_holds(&kit, 0);
    assert_int_equal(kit_check(&kit), BF_OK);
}

static void test_batches_stay(void **state) {
    (void)state;
    for (uint64_t n = 1; n <= 23; n++) {
        assert_int_equal(submit(n), BF_OK);
        kit_holds(&kit, n);
        if (n % 8 == 0)
            reopen();
    }
    reopen();
    kit_holds(&kit, 23);
    assert_int_equal(kit_check(&kit), BF_OK);
}

/* A batch that expects another head changes nothing and is the last. */
static void test_fence(void **state) {
    (void)state;
    submit_up_to(3);
    assert_int_equal(submit(5), BF_EIO);
    assert_non_null(strstr(kit.error.text, "another has written"));
    assert_int_equal(submit(4), BF_EIO);
    kit_holds(&kit, 3);
    reopen();
    kit_holds(&kit, 3);
    assert_int_equal(submit(1), BF_EIO); /* as if the partition were new */
    reopen();
    assert_int_equal(submit(4), BF_OK);
    kit_holds(&kit, 4);
}

/* The rows of a case by its chain: batches 2, 7, 12 of case 3, newest first. */
static void test_chain(void **state) {
    (void)state;
    static const uint64_t whole[] = {24, 23, 14, 13, 4, 3};
    submit_up_to(14);
    struct bf_arena *a = bf_arena_new(0);
    struct bf_row_journal at = {.seq = 24};
    struct bf_query q = {.table = BF_TABLE_JOURNAL, .at = &at, .chain = true, .limit = 100};
    struct bf_rows rows;
    assert_int_equal(kit_read(&kit, &q, a, &rows), BF_OK);
    assert_int_equal(rows.count, 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(((const struct bf_row_journal *)rows.row)[i].seq, whole[i]);
    q.limit = 4;
    assert_int_equal(kit_read(&kit, &q, a, &rows), BF_OK);
    assert_int_equal(rows.count, 4);
    at.seq = 99;
    assert_int_equal(kit_read(&kit, &q, a, &rows), BF_OK);
    assert_int_equal(rows.count, 0);
    bf_arena_free(a);
}

/* Pages of rows that are large: each ends with the row that brings it to the bound, and none is left out. */
static void test_pages_of_large_rows(void **state) {
    (void)state;
    submit_up_to(14);
    for (uint32_t bytes = 1; bytes < 2000; bytes = bytes * 3 / 2 + 1) {
        struct bf_arena *a = bf_arena_new(0);
        struct bf_row_journal at = {.seq = 0};
        struct bf_query q = {
            .table = BF_TABLE_JOURNAL, .at = &at, .after = true, .limit = 100, .bytes = bytes};
        struct bf_rows rows = {.cut = true};
        while (rows.cut) {
            assert_int_equal(kit_read(&kit, &q, a, &rows), BF_OK);
            uint64_t sum = 0;
            for (uint32_t i = 0; i < rows.count; i++) {
                const struct bf_row_journal *row = (const struct bf_row_journal *)rows.row + i;
                assert_true(sum < bytes); /* nothing stands behind the row that reached it */
                sum += row->head.len + row->salt.len + row->body.len;
                assert_int_equal(row->seq, ++at.seq);
            }
            assert_int_equal(rows.cut, sum >= bytes);
        }
        assert_int_equal(at.seq, 28);
        bf_arena_free(a);
    }
}

/* Due by then, in order of due, sequence, number; a page begins behind the one before; no due, not there. */
static void test_due(void **state) {
    (void)state;
    static const struct {
        uint64_t number;
        bf_instant due;
        uint64_t seq;
    } cases[] = {{1, 50, 9}, {2, 50, 3}, {3, 10, 1}, {4, BF_INSTANT_NONE, 0},
                 {5, 50, 3}, {6, 51, 1}};
    static const uint64_t expected[] = {3, 2, 5, 1};
    struct bf_arena *a = bf_arena_new(0);
    struct bf_batch b;
    bf_batch_init(&b, a, 7, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        bf_batch_put(&b, BF_TABLE_CASES,
                     &(struct bf_row_cases){
                         .number = cases[i].number, .due = cases[i].due, .due_seq = cases[i].seq});
    struct bf_batch_cost cost;
    bf_batch_cost(&b, &cost);
    assert_int_equal(cost.rows, 7);
    assert_int_equal(cost.index_entries, 5);
    assert_int_equal(kit_submit(&kit, &b), BF_OK);
    struct bf_row_cases last;
    struct bf_query q = {.partition = 7,
                         .table = BF_TABLE_CASES,
                         .order = BF_BY_DUE,
                         .bounded = true,
                         .until = 50,
                         .limit = 1};
    struct bf_rows rows;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(kit_read(&kit, &q, a, &rows), BF_OK);
        assert_int_equal(rows.count, 1);
        last = *(const struct bf_row_cases *)rows.row;
        assert_int_equal(last.number, expected[i]);
        q.at = &last;
        q.after = true;
    }
    assert_int_equal(kit_read(&kit, &q, a, &rows), BF_OK);
    assert_int_equal(rows.count, 0);
    struct bf_query key = {.partition = 7,
                           .table = BF_TABLE_CASES,
                           .at = &(struct bf_row_cases){.number = 4},
                           .same = 1,
                           .limit = 1};
    assert_int_equal(kit_read(&kit, &key, a, &rows), BF_OK);
    assert_int_equal(rows.count, 1);
    assert_true(((const struct bf_row_cases *)rows.row)->due == BF_INSTANT_NONE);
    bf_arena_free(a);
}

/* ---- both makers, the same random work: they answer alike ---- */

static bf_str random_bytes(struct bf_arena *a, uint64_t *seed) {
    static const char some[] = "a\0b\n";
    uint32_t len = (uint32_t)(test_random(seed) % 4);
    return bf_str_dup(a, (bf_str){some + test_random(seed) % 2, len > 2 ? 0 : len});
}

static void random_row(struct bf_arena *a, uint64_t *seed, enum bf_table table, char *row) {
    const struct bf_table_shape *t = &bf_shapes[table];
    for (uint32_t i = 0; i < t->count; i++) {
        const struct bf_column *c = &t->column[i];
        if (!bf_cell_is_number(c))
            bf_cell_set_bytes(c, row, random_bytes(a, seed));
        else if (c->kind == BF_KIND_TIME && i >= t->keys && test_random(seed) % 3 == 0)
            bf_cell_set_number(c, row, BF_INSTANT_NONE);
        else
            bf_cell_set_number(c, row, (int64_t)(test_random(seed) % 5));
    }
}

static void random_batch(struct bf_batch *b, struct bf_arena *a, uint64_t *seed, uint64_t seq) {
    uint64_t count = test_random(seed) % 20;
    bf_batch_init(b, a, 3, seq);
    for (uint64_t i = 0; i < count; i++) {
        union {
            char bytes[256];
            uint64_t align;
        } row;
        enum bf_table table = test_random(seed) % BF_TABLES;
        if (table == BF_TABLE_HEAD)
            continue;
        random_row(a, seed, table, row.bytes);
        if (table == BF_TABLE_JOURNAL) {
            bf_cell_set_number(&bf_shapes[table].column[0], row.bytes, (int64_t)++seq);
            bf_cell_set_number(&bf_shapes[table].column[1], row.bytes,
                               (int64_t)(test_random(seed) % seq));
            bf_batch_put(b, table, row.bytes);
        } else if (test_random(seed) % 3) {
            bf_batch_put(b, table, row.bytes);
        } else {
            bf_batch_del(b, table, row.bytes);
        }
    }
    b->head = (struct bf_row_head){seq, seq / 2, count, random_bytes(a, seed)};
}

static void random_query(struct bf_query *q, struct bf_arena *a, uint64_t *seed) {
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    *q = (struct bf_query){.partition = 3, .table = test_random(seed) % BF_TABLES};
    q->order = test_random(seed) % BF_ORDERS;
    uint32_t count = bf_order_columns(q->table, q->order, column);
    if (!count && q->order != BF_BY_KEY)
        count = bf_order_columns(q->table, q->order = BF_BY_KEY, column);
    char *at = bf_arena_zalloc(a, 256);
    do
        random_row(a, seed, q->table, at);
    while (!bf_order_holds(q->table, q->order, at));
    q->at = at;
    q->limit = 1 + (uint32_t)(test_random(seed) % 6);
    q->bytes = test_random(seed) % 2 ? 1 + (uint32_t)(test_random(seed) % 60) : 0;
    if (q->table == BF_TABLE_JOURNAL && test_random(seed) % 2) {
        q->chain = true;
        return;
    }
    q->same = (uint32_t)(test_random(seed) % (count + 1));
    if (q->same == count)
        return;
    q->after = test_random(seed) % 2;
    if (!q->after && !q->same)
        q->at = NULL;
    q->bounded =
        test_random(seed) % 2 && bf_cell_is_number(&bf_shapes[q->table].column[column[q->same]]);
    q->until = (int64_t)(test_random(seed) % 6) - 1;
}

static void same_rows(const struct bf_rows *x, const struct bf_rows *y, uint64_t seed) {
    const struct bf_table_shape *t = &bf_shapes[x->table];
    uint8_t column[256];
    for (uint32_t i = 0; i < t->count; i++)
        column[i] = (uint8_t)i;
    if (x->count != y->count || x->cut != y->cut)
        fail_msg("seed %llu: %s: %u and %u rows", (unsigned long long)seed, t->name, x->count,
                 y->count);
    for (uint32_t i = 0; i < x->count; i++)
        if (bf_row_compare(x->table, column, t->count, (const char *)x->row + t->size * i,
                           (const char *)y->row + t->size * i) != 0)
            fail_msg("seed %llu: %s: row %u differs", (unsigned long long)seed, t->name, i);
}

static void same_dumps(struct kit *two, uint64_t seed) {
    char path[2][200];
    char command[1024];
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/dump.%d", two[KIT_SQLITE].dir, i);
        assert_int_equal(kit_dump(&two[i], 3, path[i]), BF_OK);
    }
    snprintf(command, sizeof command, "test -s %s && cmp %s %s", path[0], path[0], path[1]);
    if (system(command) != 0)
        fail_msg("seed %llu: dumps differ", (unsigned long long)seed);
}

static void random_work(uint64_t first) {
    struct kit two[KIT_MAKERS];
    uint64_t seed = first, seq = 0;
    for (int i = 0; i < KIT_MAKERS; i++) {
        kit_makers[i].init(&two[i]);
        assert_int_equal(kit_makers[i].open(&two[i]), BF_OK);
    }
    for (int round = 0; round < 30; round++) {
        struct bf_arena *a = bf_arena_new(0);
        struct bf_batch b;
        random_batch(&b, a, &seed, seq);
        for (int i = 0; i < KIT_MAKERS; i++)
            if (kit_submit(&two[i], &b) != BF_OK)
                fail_msg("seed %llu: %s", (unsigned long long)first, two[i].error.text);
        seq = b.head.seq;
        for (int i = 0; i < 10; i++) {
            struct bf_query q;
            struct bf_rows rows[KIT_MAKERS];
            random_query(&q, a, &seed);
            for (int m = 0; m < KIT_MAKERS; m++)
                if (kit_read(&two[m], &q, a, &rows[m]) != BF_OK)
                    fail_msg("seed %llu: %s", (unsigned long long)first, two[m].error.text);
            same_rows(&rows[0], &rows[1], first);
        }
        bf_arena_free(a);
    }
    same_dumps(two, first);
    for (int i = 0; i < KIT_MAKERS; i++) {
        assert_int_equal(kit_check(&two[i]), BF_OK);
        kit_makers[i].fini(&two[i]);
    }
}

static void test_alike(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= test_rounds(40); seed++)
        random_work(seed);
}

/* ---- memory's own ---- */

static void test_memory_faults(void **state) {
    (void)state;
    submit_up_to(2);
    bf_memory_fail(kit.memory, 1, BF_MEMORY_FULL);
    assert_int_equal(submit(3), BF_OK);
    assert_int_equal(submit(4), BF_EFULL);
    kit_holds(&kit, 3);
    assert_int_equal(submit(4), BF_OK); /* life goes on */
    bf_memory_fail(kit.memory, 0, BF_MEMORY_LOST);
    assert_int_equal(submit(5), BF_EIO);
    assert_int_equal(submit(5), BF_EIO);
    reopen();
    kit_holds(&kit, 4);
    bf_memory_fail(kit.memory, 0, BF_MEMORY_DOUBTFUL);
    assert_int_equal(submit(5), BF_EIO);
    reopen();
    kit_holds(&kit, 5);
}

/* ---- the file's own ---- */

static void test_lock(void **state) {
    (void)state;
    struct kit other = kit;
    assert_int_equal(maker->open(&other), BF_EBUSY);
    assert_non_null(strstr(other.error.text, "locked"));
    submit_up_to(1);
    reopen();
}

/* Writes a big-endian number into the file's header (of SQLite: 60 user_version, 68 application_id). */
static void patch(long offset, uint32_t n) {
    kit_close(&kit);
    FILE *f = fopen(kit.path, "r+b");
    assert_non_null(f);
    unsigned char bytes[] = {n >> 24 & 255, n >> 16 & 255, n >> 8 & 255, n & 255};
    assert_int_equal(fseek(f, offset, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, 4, f), 4);
    assert_int_equal(fclose(f), 0);
}

static void test_versions(void **state) {
    (void)state;
    assert_true(kit.opened.fresh);
    submit_up_to(4);
    patch(60, BF_STORE_VERSION + 1);
    assert_int_equal(maker->open(&kit), BF_EFORMAT);
    assert_non_null(strstr(kit.error.text, "newer"));
    patch(60,
          BF_STORE_VERSION - 1); /* an older one: the journal stays, the rest is to be rebuilt */
    assert_int_equal(maker->open(&kit), BF_OK);
    assert_true(kit.opened.rebuild && !kit.opened.fresh);
    assert_int_equal(kit_head(&kit, 0), 0);
    struct bf_arena *a = bf_arena_new(0);
    struct bf_query q = {.table = BF_TABLE_JOURNAL, .limit = 100};
    struct bf_rows rows;
    assert_int_equal(kit_read(&kit, &q, a, &rows), BF_OK);
    assert_int_equal(rows.count, 8);
    bf_arena_free(a);
    reopen();
    assert_false(kit.opened.rebuild);
    patch(68, 12345);
    assert_int_equal(maker->open(&kit), BF_EFORMAT);
    assert_non_null(strstr(kit.error.text, "another program"));
}

static void test_not_a_database(void **state) {
    (void)state;
    patch(0, 0);
    assert_int_equal(maker->open(&kit), BF_EFORMAT);
    strcpy(kit.path, "/nonexistent/x.db");
    assert_int_equal(maker->open(&kit), BF_ENOENT);
}

/* A database of each released version opens, and holds what was written then. */
static void test_kept(void **state) {
    (void)state;
    const char *srcdir = getenv("srcdir");
    char command[1024];
    kit_close(&kit);
    snprintf(command, sizeof command, "cp '%s/tests/store/v1.db' '%s' && chmod u+w '%s'",
             srcdir ? srcdir : ".", kit.path, kit.path);
    assert_int_equal(system(command), 0);
    assert_int_equal(maker->open(&kit), BF_OK);
    assert_false(kit.opened.fresh || kit.opened.rebuild);
    kit_holds(&kit, KEPT_BATCHES);
    assert_int_equal(submit(KEPT_BATCHES + 1), BF_OK);
    kit_holds(&kit, KEPT_BATCHES + 1);
}

/* Batches go on while the copy is made; it holds all up to one of them. */
static void test_backup(void **state) {
    (void)state;
    char copy[200];
    snprintf(copy, sizeof copy, "%s/copy.db", kit.dir);
    uint64_t n = 600;
    submit_up_to(n);
    struct kit_end end = {0};
    bf_store_backup(kit.store, copy, kit_done, &end);
    while (!end.ended)
        assert_int_equal(submit(++n), BF_OK);
    assert_int_equal(end.err, BF_OK);
    assert_int_equal(kit_backup(&kit, copy), BF_EIO); /* there is a file already */
    kit_holds(&kit, n);
    kit_close(&kit);
    strcpy(kit.path, copy);
    assert_int_equal(maker->open(&kit), BF_OK);
    uint64_t copied = kit_head(&kit, 0) / 2;
    assert_in_range(copied, 600, n);
    kit_holds(&kit, copied);
    assert_int_equal(kit_check(&kit), BF_OK);
}

/* All that was asked is answered in closing. */
static void test_close_answers(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct bf_batch b;
    struct kit_end ends[2] = {0};
    kit_batch(&b, a, 1);
    bf_store_submit(kit.store, &b, kit_done, &ends[0]);
    bf_store_check(kit.store, kit_done, &ends[1]);
    kit_close(&kit);
    assert_true(ends[0].ended && ends[1].ended);
    assert_int_equal(ends[0].err, BF_OK);
    assert_int_equal(ends[1].err, BF_OK);
    bf_arena_free(a);
    assert_int_equal(maker->open(&kit), BF_OK);
    kit_holds(&kit, 1);
}

static bool try_to_open(void *ctx) {
    (void)ctx;
    struct bf_store *store;
    struct bf_store_opened opened;
    struct bf_error e;
    enum bf_err err =
        bf_store_open_sqlite(kit.path, &(struct bf_store_options){0}, &store, &opened, &e);
    if (!err)
        bf_store_close(store);
    return err == BF_OK;
}

static void test_open_without_memory(void **state) {
    (void)state;
    kit_close(&kit);
    assert_true(fault_until_quiet(try_to_open, NULL) > 2);
}

static int keep(const char *path) {
    maker = &kit_makers[KIT_SQLITE];
    maker->init(&kit);
    snprintf(kit.path, sizeof kit.path, "%s", path);
    if (maker->open(&kit) != BF_OK)
        return 1;
    submit_up_to(KEPT_BATCHES);
    maker->fini(&kit);
    return 0;
}

#define SQLITE(f) cmocka_unit_test_prestate_setup_teardown(f, setup, teardown, (void *)KIT_SQLITE)
#define MEMORY(f) cmocka_unit_test_prestate_setup_teardown(f, setup, teardown, (void *)KIT_MEMORY)
#define BOTH(f) SQLITE(f), MEMORY(f)

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "keep") == 0)
        return keep(argv[2]);
    const struct CMUnitTest tests[] = {
        BOTH(test_empty),
        BOTH(test_batches_stay),
        BOTH(test_fence),
        BOTH(test_chain),
        BOTH(test_pages_of_large_rows),
        BOTH(test_due),
        BOTH(test_close_answers),
        cmocka_unit_test(test_alike),
        MEMORY(test_memory_faults),
        SQLITE(test_lock),
        SQLITE(test_versions),
        SQLITE(test_not_a_database),
        SQLITE(test_kept),
        SQLITE(test_backup),
        SQLITE(test_open_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
