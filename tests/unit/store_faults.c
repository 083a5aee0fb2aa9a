/* The store on a failing disk. For every kind of fault, the first operation fails, then the second, until none is
** left to fail. After each the file is opened again: every acknowledged batch is there, none twice, none half; one
** that was told as full is not there; and it goes on. */
#include "tests/store/faultvfs.h"
#include "tests/store/kit.h"
#include "tests/unit/test.h"

enum { BATCHES = 7 };

static const char *const kind_names[] = {"EIO", "full", "short", "crash", "torn"};

static enum bf_err submit(struct kit *k, uint64_t n) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_batch b;
    kit_batch(&b, a, n);
    enum bf_err err = kit_submit(k, &b);
    bf_arena_free(a);
    return err;
}

/* Works until all is done or the store died; *acked of the batches, *doubt: one more may be there. */
static void work(struct kit *k, uint64_t *acked, bool *doubt) {
    const struct kit_maker *maker = &kit_makers[KIT_SQLITE];
    char copy[200];
    snprintf(copy, sizeof copy, "%s/copy.db", k->dir);
    *acked = 0;
    *doubt = false;
    if (maker->open(k) != BF_OK)
        return;
    while (*acked < BATCHES) {
        enum bf_err err = submit(k, *acked + 1);
        if (err == BF_EFULL) {
            kit_holds(k, *acked); /* reads go on */
            continue;
        }
        *doubt = err != BF_OK;
        if (err)
            return;
        if (++*acked == 3)
            (void)kit_backup(k, copy); /* may fail; the store does not mind */
    }
}

/* False when the Nth operation was never reached. */
static bool try_nth(enum fault_kind kind, long n, uint32_t checkpoint_pages) {
    const struct kit_maker *maker = &kit_makers[KIT_SQLITE];
    struct kit k;
    uint64_t acked;
    bool doubt;
    maker->init(&k);
    k.vfs = FAULT_VFS;
    k.checkpoint_pages = checkpoint_pages;
    faultvfs_arm(kind, n, (uint64_t)n);
    work(&k, &acked, &doubt);
    kit_close(&k);
    bool hit = faultvfs_disarm();
    faultvfs_lose();
    if (maker->open(&k) != BF_OK)
        fail_msg("%s at %ld: %s", kind_names[kind], n, k.error.text);
    uint64_t there = kit_head(&k, 0) / 2;
    if (there < acked || there > acked + doubt)
        fail_msg("%s at %ld: %llu acknowledged, %llu there", kind_names[kind], n,
                 (unsigned long long)acked, (unsigned long long)there);
    if (kit_check(&k) != BF_OK)
        fail_msg("%s at %ld: %s", kind_names[kind], n, k.error.text);
    kit_holds(&k, there);
    assert_int_equal(submit(&k, there + 1), BF_OK);
    kit_holds(&k, there + 1);
    maker->fini(&k);
    return hit;
}

static void until_quiet(enum fault_kind kind) {
    long stride = test_rounds(100) < 100 ? 17 : 1;
    for (uint32_t pages = 4; pages <= 1000; pages += 996) {
        long n = 0;
        while (try_nth(kind, n, pages))
            n += stride;
        assert_true(n > 50);
    }
}

static void test_eio(void **state) { (void)state, until_quiet(FAULT_EIO); }
static void test_full(void **state) { (void)state, until_quiet(FAULT_FULL); }
static void test_short(void **state) { (void)state, until_quiet(FAULT_SHORT); }
static void test_crash(void **state) { (void)state, until_quiet(FAULT_CRASH); }
static void test_torn(void **state) { (void)state, until_quiet(FAULT_TORN); }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eio),   cmocka_unit_test(test_full), cmocka_unit_test(test_short),
        cmocka_unit_test(test_crash), cmocka_unit_test(test_torn),
    };
    faultvfs_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
