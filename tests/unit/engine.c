/* The engine where the scenarios do not lead it: looks, notices, commands in flight, full disks, lapses that pile up. */
#include <unistd.h>

#include "tests/engine/kit.h"

static int setup(void **state) {
    static struct kit k;
    kit_init(&k);
    kit_open(&k);
    assert_int_equal(k.ready, 1);
    *state = &k;
    return 0;
}

static int teardown(void **state) {
    kit_fini(*state);
    return 0;
}

/* ---- looks ---- */

static void look_waits_for_what_it_saw(void **state) {
    struct kit *k = *state;
    struct kit_told acted, looked = {0};
    uint64_t c = kit_matter(k), seq = kit_seq(k);
    kit_does(k, &acted, kit_town(k, "T"), "reply", c, NULL, 0, NULL);
    kit_looks(k, &looked, c);
    assert_int_equal(looked.shown, 1);
    assert_int_equal(looked.last_seq, seq + 1); /* the act, which is not durable */
    assert_int_equal(looked.times + acted.times, 0);
    kit_run(k);
    assert_int_equal(looked.times, 1);
    assert_int_equal(looked.answer.kind, BF_ANSWER_DONE);
    kit_looks(k, &looked, c); /* all of it is durable: at once */
    assert_int_equal(looked.times, 1);
}

static void look_on_a_full_disk(void **state) {
    struct kit *k = *state;
    struct kit_told acted, looked = {0};
    uint64_t c = kit_matter(k), seq = kit_seq(k);
    bf_memory_fail(k->memory, 0, BF_MEMORY_FULL);
    kit_does(k, &acted, kit_town(k, "T"), "reply", c, NULL, 0, NULL);
    bf_engine_flush(k->e);
    kit_looks(k, &looked, c); /* while the batch is at the writer */
    assert_int_equal(looked.last_seq, seq + 1);
    kit_run(k);
    assert_int_equal(acted.answer.kind, BF_ANSWER_FULL);
    assert_int_equal(looked.answer.kind, BF_ANSWER_FULL);
    kit_looks(k, &looked, c);
    kit_run(k);
    assert_int_equal(looked.answer.kind, BF_ANSWER_DONE);
    assert_int_equal(looked.last_seq, seq);
    assert_int_equal(looked.answer_status, BF_STATUS_OPEN);
}

static void look_sees_no_open_duty_that_is_over(void **state) {
    struct kit *k = *state;
    struct kit_told looked = {0};
    uint64_t c = kit_matter(k), seq = kit_seq(k);
    k->now = kit_at("2025-11-05 23:59:59"); /* two working days after the 3rd: the 5th */
    kit_looks(k, &looked, c);
    assert_int_equal(looked.answer_status, BF_STATUS_OPEN);
    k->now = kit_at("2025-11-06 00:00:00");
    kit_looks(k, &looked, c);
    assert_int_equal(looked.answer_status, BF_STATUS_LAPSED);
    assert_int_equal(looked.times, 0); /* the lapse is a row, and not durable */
    kit_run(k);
    assert_int_equal(looked.times, 1);
    assert_true(kit_seq(k) > seq);
    seq = kit_seq(k);
    bf_engine_scan(k->e); /* nothing is fired twice */
    kit_run(k);
    assert_int_equal(kit_seq(k), seq + 1); /* what the remedy, opened by the lapse, has in store */
}

static void look_at_registers(void **state) {
    struct kit *k = *state;
    struct bf_value key = kit_town(k, "T");
    struct kit_told looked = {.key = &key}, noticed;
    kit_looks(k, &looked, 0);
    kit_run(k);
    assert_int_equal(looked.shown, 2); /* first, the row was not there */
    assert_false(looked.found);
    kit_notices(k, &noticed, BF_ENTRY_REGISTER, NULL,
                "{\"register\":\"marks\",\"row\":{\"note\":\"x\",\"who\":{\"code\":\"T\",\"kind\":"
                "\"department\",\"name\":\"T\"}}}");
    assert_int_equal(noticed.times, 0);
    kit_looks(k, &looked, 0);
    assert_true(looked.found);
    assert_int_equal(looked.times, 0); /* not durable yet */
    kit_run(k);
    assert_int_equal(looked.times, 1);
    assert_int_equal(noticed.answer.kind, BF_ANSWER_DONE);
    assert_non_null(strstr(kit_body(k, noticed.answer.seq), "\"principal\":\"operator\""));
    kit_looks(k, &looked, 99);
    kit_run(k);
    assert_int_equal(looked.answer.kind, BF_ANSWER_NO_CASE);
}

/* ---- notices ---- */

static void notice_sets(void **state) {
    struct kit *k = *state;
    struct kit_told t;
    const struct bf_row_setting *row;
    kit_notices(k, &t, BF_ENTRY_DIRECTORY, NULL,
                "{\"rows\":[{\"id\":\"p1\",\"json\":{\"name\":\"Li\"},\"kind\":\"person\"},"
                "{\"id\":\"p2\",\"json\":{},\"kind\":\"person\"}]}");
    kit_run(k);
    assert_int_equal(t.answer.kind, BF_ANSWER_DONE);
    assert_int_equal(t.answer.setting_count, 2);
    kit_notices(k, &t, BF_ENTRY_DIRECTORY, NULL,
                "{\"rows\":[{\"id\":\"p2\",\"json\":null,\"kind\":\"person\"}]}");
    kit_run(k);
    assert_int_equal(kit_rows(k, BF_TABLE_SETTING, (const void **)&row), 1);
    assert_string_equal(row->id.p, "p1");
    assert_string_equal(row->json.p, "{\"name\":\"Li\"}");
    assert_int_equal(row->seq, 1);
}

static void notice_that_says_nothing(void **state) {
    struct kit *k = *state;
    struct kit_told t;
    static const struct {
        enum bf_entry_kind kind;
        const char *data;
    } wrong[] = {
        {BF_ENTRY_DIRECTORY, "{\"rows\": []}"}, /* a blank is not canonical */
        {BF_ENTRY_DIRECTORY, "{\"rows\":[]}"},
        {BF_ENTRY_DIRECTORY, "{\"rows\":[{\"id\":\"x\",\"json\":{},\"kind\":\"origin\"}]}"},
        {BF_ENTRY_SETTING, "{\"id\":\"x\",\"json\":{},\"kind\":\"person\"}"},
        {BF_ENTRY_SETTING, "{\"id\":\"\",\"json\":{},\"kind\":\"origin\"}"},
        {BF_ENTRY_SETTING, "[]"},
        {BF_ENTRY_POLICY, "{\"active\":true,\"name\":\"x\",\"policy\":\"00\"}"},
        {BF_ENTRY_CALENDAR, "{\"name\":\"x\"}"},
        {BF_ENTRY_REGISTER, "{\"register\":\"other\",\"row\":{}}"},
        {BF_ENTRY_REGISTER, "{\"register\":\"marks\",\"row\":{\"note\":1}}"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        kit_notices(k, &t, wrong[i].kind, "k", wrong[i].data);
        kit_run(k);
        assert_int_equal(t.times, 1);
        assert_int_equal(t.answer.kind, BF_ANSWER_MALFORMED);
    }
    assert_int_equal(kit_seq(k), 0);
}

static void notice_has_a_key(void **state) {
    struct kit *k = *state;
    struct kit_told first, second, other;
    static const char one[] = "{\"id\":\"o\",\"json\":{\"name\":\"one\"},\"kind\":\"origin\"}";
    static const char two[] = "{\"id\":\"o\",\"json\":{\"name\":\"two\"},\"kind\":\"origin\"}";
    kit_notices(k, &first, BF_ENTRY_SETTING, "k", one);
    kit_notices(k, &second, BF_ENTRY_SETTING, "k", one);
    kit_notices(k, &other, BF_ENTRY_SETTING, "k", two);
    kit_run(k);
    assert_int_equal(first.answer.kind, BF_ANSWER_DONE);
    assert_false(first.answer.again);
    assert_int_equal(second.answer.kind, BF_ANSWER_DONE);
    assert_true(second.answer.again);
    assert_int_equal(second.answer.seq, first.answer.seq);
    assert_int_equal(other.answer.kind, BF_ANSWER_OTHER_BODY);
    assert_int_equal(kit_seq(k), 1);
    kit_close(k);
    kit_open(k);
    kit_notices(k, &second, BF_ENTRY_SETTING, "k", one);
    kit_run(k);
    assert_true(second.answer.again);
    bf_memory_fail(k->memory, 0,
                   BF_MEMORY_FULL); /* the first is refused, the second is then the first */
    kit_notices(k, &first, BF_ENTRY_SETTING, "k2", two);
    kit_notices(k, &second, BF_ENTRY_SETTING, "k2", two);
    kit_run(k);
    assert_int_equal(first.answer.kind, BF_ANSWER_FULL);
    assert_int_equal(second.answer.kind, BF_ANSWER_DONE);
    assert_false(second.answer.again);
    assert_int_equal(kit_seq(k), 2);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(look_waits_for_what_it_saw),
        T(look_on_a_full_disk),
        T(look_sees_no_open_duty_that_is_over),
        T(look_at_registers),
        T(notice_sets),
        T(notice_that_says_nothing),
        T(notice_has_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
