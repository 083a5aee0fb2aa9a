/* Journal: canonical JSON is read in its one spelling only; headers are as documented; memory that runs out while a
** file is written or read is told, and nothing leaks. */
#include "engine/core/journal_file.h"

#include <stdlib.h>

#include "lang/base/stdlib.h"
#include "tests/unit/fault.h"
#include "tests/unit/test.h"

static void one_spelling(void **state) {
    (void)state;
    static const char *const good[] = {"null",
                                       "true",
                                       "[]",
                                       "{}",
                                       "0",
                                       "-1",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "\"\\\"\\\\\\u0000\\u001f\x7f\xc3\xa9\"",
                                       "{\"a\":[1,{\"b\":null}],\"aa\":2,\"b\":3}"};
    static const struct {
        const char *text, *wrong;
    } bad[] = {
        {"", "no value"},
        {" 1", "no value"},
        {"1 ", "more than one value"},
        {"01", "needless zero"},
        {"-0", "needless zero"},
        {"1.0", "not an integer"},
        {"1e3", "not an integer"},
        {"9223372036854775808", "past 64 bits"},
        {"\"\\/\"", "needless escape"},
        {"\"\\n\"", "needless escape"},
        {"\"\\u0041\"", "needless escape"},
        {"\"\\u001F\"", "needless escape"},
        {"\"\n\"", "control character"},
        {"\"a", "without an end"},
        {"\"a\\\"", "without an end"},
        {"\"\xc3\"", "not UTF-8"},
        {"{\"a\":1,\"a\":1}", "written twice"},
        {"{\"b\":1,\"a\":1}", "out of order"},
        {"{\"a\" :1}", "no colon"},
        {"[1,]", "no value"},
        {"[1 ,2]", "goes on wrongly"},
        {"nul", "no value"},
    };
    struct bf_arena *a = bf_arena_new(0);
    struct bf_canon j;
    struct bf_error e;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(bf_canon_read(a, bf_str_of(good[i]), &j, &e), BF_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(bf_canon_read(a, bf_str_of(bad[i].text), &j, &e), BF_EFORMAT);
        if (!strstr(e.text, bad[i].wrong))
            fail_msg("%s: %s", bad[i].text, e.text);
    }
    char deep[2 * (BF_CANON_DEPTH + 1) + 1];
    memset(deep, '[', sizeof deep / 2);
    memset(deep + sizeof deep / 2, ']', sizeof deep / 2);
    bf_str all = {deep, sizeof deep - 1};
    assert_int_equal(bf_canon_read(a, all, &j, &e), BF_EFORMAT);
    all = (bf_str){deep + 1, sizeof deep - 3};
    assert_int_equal(bf_canon_read(a, all, &j, &e), BF_OK);
    bf_arena_free(a);
}

static void header_bytes(void **state) {
    (void)state;
    const struct bf_entry_head h = {.format = 1,
                                    .kind = BF_ENTRY_REGISTER,
                                    .partition = 0x01020304,
                                    .seq = 0x1122334455667788,
                                    .recorded = -1,
                                    .number = 7,
                                    .epoch = 0x0102};
    static const uint8_t bytes[BF_ENTRY_HEAD] = {
        0,    1,    0,    5,    1,    2,    3,    4,    0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
        0x77, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,
        0,    0,    0,    7,    0,    0,    0,    0,    0,    0,    1,    2};
    uint8_t out[BF_ENTRY_HEAD];
    struct bf_entry_head back;
    struct bf_error e;
    bf_entry_head_write(&h, out);
    assert_memory_equal(out, bytes, sizeof bytes);
    assert_int_equal(bf_entry_head_read(bytes, &back, &e), BF_OK);
    assert_int_equal(back.recorded, -1);
    assert_int_equal(back.seq, h.seq);
    out[1] = 2;
    assert_int_equal(bf_entry_head_read(out, &back, &e), BF_EFORMAT);
    out[1] = 1;
    out[3] = BF_ENTRY_KINDS;
    assert_int_equal(bf_entry_head_read(out, &back, &e), BF_EFORMAT);
}

/* ---- memory ---- */

struct copying {
    bf_str file;
    size_t at;
    struct bf_buf copy;
};

static enum bf_err give(void *ctx, void *p, size_t n, size_t *got, struct bf_error *e) {
    struct copying *c = ctx;
    size_t left = c->file.len - c->at;
    (void)e;
    *got = left < n ? left : n;
    memcpy(p, c->file.p + c->at, *got);
    c->at += *got;
    return BF_OK;
}

static enum bf_err take(void *ctx, const void *p, size_t n, struct bf_error *e) {
    struct copying *c = ctx;
    bf_buf_put(&c->copy, p, n);
    return c->copy.failed ? bf_fail(e, BF_ENOMEM, "out of memory") : BF_OK;
}

static enum bf_err copy_rows(struct bf_journal_in *in, struct bf_journal_out *o,
                             struct bf_error *e) {
    bool blobs = false;
    enum bf_err err = BF_OK;
    struct bf_entry n;
    while (!err && bf_journal_in_next(in, &n, &err, e)) {
        const struct bf_journal_row *row = bf_journal_in_row(in);
        const struct bf_calendar *c = bf_journal_in_calendar(in, n.calendar);
        if (!blobs && (err = bf_journal_out_image(o, n.image, e)) == BF_OK)
            err = bf_journal_out_calendar(o, bf_calendar_name(c), bf_calendar_bytes(c), e);
        blobs = true;
        if (!err)
            err = bf_journal_out_row(o, row->head, row->salt, row->body, e);
    }
    return err ? err : bf_journal_out_end(o, e);
}

static bool copy_file(void *ctx) {
    struct copying *c = ctx;
    const struct bf_supply from = {give, c};
    const struct bf_sink to = {take, c};
    struct bf_journal_in *in = NULL;
    struct bf_journal_out *o = NULL;
    struct bf_error e = {.code = BF_OK, .text = ""};
    c->at = 0;
    bf_buf_fini(&c->copy);
    bf_buf_init(&c->copy);
    enum bf_err err = bf_journal_in_open(&from, &in, &e);
    if (!err)
        err = bf_journal_out_open(&to, BF_HASH_SHA256, &o, &e);
    if (!err)
        err = copy_rows(in, o, &e);
    bf_journal_in_free(in);
    bf_journal_out_free(o);
    if (err)
        assert_int_equal(err, BF_ENOMEM);
    return !err;
}

/* The kept journal of format 1, read and written, is the same file; or memory ran out, and that is said. */
static void a_file_copied(void **state) {
    (void)state;
    const char *srcdir = getenv("srcdir");
    char path[BF_PATH_MAX];
    struct bf_arena *a = bf_arena_new(0);
    struct copying c = {.at = 0};
    struct bf_error e;
    snprintf(path, sizeof path, "%s/tests/journal/format1.journal", srcdir ? srcdir : ".");
    assert_int_equal(bf_file_read(a, path, 1 << 20, &c.file, &e), BF_OK);
    bf_buf_init(&c.copy);
    assert_true(copy_file(&c));
    assert_true(bf_str_eq(bf_buf_view(&c.copy), c.file));
    assert_true(fault_until_quiet(copy_file, &c) > 5);
    bf_buf_fini(&c.copy);
    bf_arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_spelling),
        cmocka_unit_test(header_bytes),
        cmocka_unit_test(a_file_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
