/* The engine where the scenarios do not lead it: looks, notices, commands in flight, full disks, lapses that pile up. */
#include <unistd.h>

#include "tests/engine/kit.h"
#include "tests/unit/fault.h"

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

/* ---- what is due ---- */

static const char *has(struct kit *k, uint64_t seq, const char *text) {
    return strstr(kit_body(k, seq), text);
}

static void scan(struct kit *k) {
    bf_engine_scan(k->e);
    kit_run(k);
}

static void consequence_is_overdue_too(void **state) {
    struct kit *k = *state;
    uint64_t c = kit_matter(k), seq = kit_seq(k);
    (void)c;
    assert_true(bf_engine_wake(k->e) == BF_INSTANT_NONE); /* nobody has looked yet */
    scan(k);
    assert_int_equal(kit_seq(k), seq);
    assert_true(bf_engine_wake(k->e) == kit_at("2025-11-06 00:00:00"));
    k->now = kit_at("2025-11-06 08:00:00");
    scan(k);
    assert_int_equal(kit_seq(k), seq + 3);
    assert_non_null(has(k, seq + 1, "\"fact\":\"violated\""));
    assert_non_null(has(k, seq + 2, "\"procedure\":\"remedy\""));
    assert_non_null(has(k, seq + 3, "\"fact\":\"lapsed\"")); /* by 1 October */
    assert_non_null(has(k, seq + 3, "\"procedure\":\"remedy\""));
    assert_true(bf_engine_wake(k->e) <= k->now); /* what the rows just written left is not known */
    scan(k);
    assert_int_equal(kit_seq(k), seq + 3);
    assert_true(bf_engine_wake(k->e) == BF_DUE_NEVER);
}

static void act_after_midnight_before_the_scan(void **state) {
    struct kit *k = *state;
    struct kit_told t;
    uint64_t c = kit_matter(k), seq = kit_seq(k);
    k->now = kit_at("2025-11-06 00:00:01");
    kit_does(k, &t, kit_town(k, "T"), "reply", c, NULL, 0, NULL);
    kit_run(k);
    assert_int_equal(t.answer.kind, BF_ANSWER_DONE);
    const char *lapsed = has(k, seq + 1, "\"fact\":\"lapsed\""),
               *late = has(k, seq + 1, "\"fact\":\"late\"");
    assert_true(lapsed && late && lapsed < late);
    seq = kit_seq(k);
    scan(k);
    assert_int_equal(kit_seq(k), seq);
}

enum { MANY = 40 };

/* Every matter's limit is past: its lapse, the remedy it opens, and that one's lapse. */
static void fired_once(struct kit *k, bool in_order) {
    const struct bf_row_journal *row;
    uint32_t n = kit_rows(k, BF_TABLE_JOURNAL, (const void **)&row), fired[2 * MANY + 1] = {0};
    uint64_t last = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct bf_error e;
        struct bf_entry_head h;
        assert_int_equal(bf_entry_head_read((const uint8_t *)row[i].head.p, &h, &e), BF_OK);
        if (!strstr(row[i].body.p, "\"fact\":\"lapsed\""))
            continue;
        fired[h.number]++;
        if (h.number <= MANY) {
            assert_true(!in_order || h.number == last + 1);
            last = h.number;
        } else {
            assert_true(!in_order || i > 1);
        }
    }
    for (uint32_t i = 1; i <= 2 * MANY; i++)
        assert_int_equal(fired[i], 1);
}

static void many_are_due(void **state) {
    struct kit *k = *state;
    for (int i = 0; i < MANY; i++)
        kit_matter(k);
    k->now = kit_at("2025-11-07 00:00:00");
    kit_close(k);
    kit_open(k);
    for (int i = 0; bf_engine_wake(k->e) <= k->now; i++) {
        assert_true(i < 5);
        scan(k);
    }
    assert_int_equal(kit_seq(k), 4 * MANY);
    fired_once(k, true);
}

static void many_are_due_and_the_disk_is_full(void **state) {
    struct kit *k = *state;
    for (int i = 0; i < MANY; i++)
        kit_matter(k);
    for (uint64_t at = 0; at < 8; at++) {
        struct bf_memory *empty = k->memory;
        (void)empty;
        k->now = kit_at("2025-11-07 00:00:00");
        bf_memory_fail(k->memory, at, BF_MEMORY_FULL);
        for (int i = 0; i < 20; i++, k->now++)
            if (bf_engine_wake(k->e) <= k->now)
                scan(k);
    }
    assert_int_equal(kit_seq(k), 4 * MANY);
    fired_once(k, false);
    assert_int_equal(k->died, 0);
}

/* A lapse that arms nothing new, taken back: nothing but the engine itself remembers to look again. */
static void a_lapse_taken_back_is_looked_for_again(void **state) {
    struct kit *k = *state;
    struct kit_told t;
    uint64_t c = kit_matter(k);
    kit_does(k, &t, kit_ann(k), "spread", c, NULL, 0, NULL);
    kit_run(k);
    scan(k);
    uint64_t seq = kit_seq(k);
    k->now = kit_at("2025-11-05 10:00:00");
    bf_memory_fail(k->memory, 0, BF_MEMORY_FULL);
    scan(k);
    assert_int_equal(kit_seq(k), seq);
    assert_true(bf_engine_wake(k->e) == k->now + 1);
    k->now++;
    scan(k);
    assert_int_equal(kit_seq(k), seq + 1);
}

static void requests_between_pages(void **state) {
    struct kit *k = *state;
    struct kit_told t;
    for (int i = 0; i < MANY; i++)
        kit_matter(k);
    uint64_t seq = kit_seq(k);
    k->now = kit_at("2025-11-07 00:00:00");
    bf_engine_scan(k->e);
    bf_store_poll(k->store); /* a page */
    kit_does(k, &t, kit_ann(k), "close", MANY, NULL, 0, NULL);
    kit_run(k);
    assert_int_equal(t.answer.kind, BF_ANSWER_DONE);
    assert_true(t.answer.seq < seq + 3 * MANY / 2); /* it did not wait for all of them */
    fired_once(k, false);
}

static void unknown_policy_blocks_nobody(void **state) {
    struct kit *k = *state;
    const struct bf_image *known = k->m;
    for (int i = 0; i < 12; i++) /* more than a page */
        kit_matter(k);
    kit_close(k);
    k->m = kit_image(k->a, "number \"other\"");
    kit_open(k);
    assert_non_null(bf_engine_add_policy(k->e, known, k->calendar));
    k->now = kit_at("2025-11-04 10:00:00");
    for (int i = 0; i < 12; i++) {
        uint64_t c = kit_matter(k);
        (void)c;
    }
    uint64_t seq = kit_seq(k);
    kit_close(k);
    kit_open(k); /* without the policy of the first */
    k->now = kit_at("2025-11-20 10:00:00");
    scan(k);
    assert_int_equal(kit_seq(k), seq + 36);
    assert_int_equal(bf_engine_count(k->e).stuck, 12);
    scan(k);
    assert_int_equal(kit_seq(k), seq + 36);
    assert_true(bf_engine_wake(k->e) == BF_DUE_NEVER); /* nobody runs in circles for them */
    assert_non_null(bf_engine_add_policy(k->e, known, k->calendar));
    scan(k);
    assert_int_equal(kit_seq(k), seq + 72);
    assert_int_equal(bf_engine_count(k->e).stuck, 0);
}

static void too_long_a_chain(void **state) {
    struct kit *k = *state;
    struct kit_told t, looked = {0};
    uint64_t c = kit_matter(k);
    kit_does(k, &t, kit_ann(k), "spread", c, NULL, 0, NULL);
    kit_run(k);
    uint64_t seq = kit_seq(k);
    kit_does(k, &t, kit_ann(k), "burst", c, "k", 0, NULL);
    kit_run(k);
    assert_int_equal(t.answer.kind, BF_ANSWER_CHAIN); /* nothing of it stays */
    assert_int_equal(kit_seq(k), seq);
    k->now = kit_at("2025-11-05 10:00:00");
    scan(k);
    assert_int_equal(kit_seq(k), seq + 1);
    assert_non_null(has(k, seq + 1, "\"fact\":\"lapsed\""));
    char failed[64];
    snprintf(failed, sizeof failed, "\"fact\":\"failed\",\"number\":%d", (int)BF_WHY_CHAIN);
    assert_non_null(has(k, seq + 1, failed));
    assert_int_equal(k->died, 0);
    kit_looks(k, &looked, c);
    kit_run(k);
    assert_int_equal(looked.answer.kind, BF_ANSWER_DONE);
    scan(k);
    assert_int_equal(kit_seq(k), seq + 1);
}

/* ---- commands in flight ---- */

static void two_acts_in_one_batch(void **state) {
    struct kit *k = *state;
    struct kit_told one, two;
    struct bf_value n = bf_int(1);
    const struct bf_row_journal *row;
    uint64_t c = kit_matter(k), seq = kit_seq(k);
    kit_does(k, &one, kit_ann(k), "note", c, "a", 1, &n);
    kit_does(k, &two, kit_ann(k), "note", c, "b", 1, &n);
    kit_run(k);
    assert_int_equal(one.answer.seq, seq + 1);
    assert_int_equal(two.answer.seq, seq + 2);
    kit_rows(k, BF_TABLE_JOURNAL, (const void **)&row);
    assert_int_equal(row[seq + 1].before, seq + 1);
    assert_non_null(has(k, seq + 2, "\"v\":[2]")); /* on the head that the first left */
}

static void commit_fails_while_requests_wait(void **state) {
    struct kit *k = *state;
    struct kit_told one, two, three;
    struct bf_value n = bf_int(1);
    uint64_t c = kit_matter(k), seq = kit_seq(k);
    bf_memory_fail(k->memory, 0, BF_MEMORY_FULL);
    kit_does(k, &one, kit_ann(k), "note", c, "a", 1, &n);
    bf_engine_flush(k->e); /* at the writer */
    kit_does(k, &two, kit_ann(k), "note", c, "b", 1, &n);
    kit_does(k, &three, kit_ann(k), "note", c, "a", 1, &n); /* the first's key: waits for its row */
    kit_run(k);
    assert_int_equal(one.answer.kind, BF_ANSWER_FULL);
    assert_int_equal(two.answer.kind, BF_ANSWER_FULL); /* it stood on the first */
    assert_int_equal(three.answer.kind, BF_ANSWER_DONE);
    assert_false(three.answer.again);
    assert_int_equal(kit_seq(k), seq + 1);
    assert_non_null(has(k, seq + 1, "\"v\":[1]"));
}

static void commit_is_lost(void **state) {
    struct kit *k = *state;
    for (int doubtful = 0; doubtful < 2; doubtful++) {
        struct kit_told one, two, again;
        struct bf_value n = bf_int(1);
        uint64_t c = kit_matter(k), seq = kit_seq(k);
        bf_memory_fail(k->memory, 0, doubtful ? BF_MEMORY_DOUBTFUL : BF_MEMORY_LOST);
        kit_does(k, &one, kit_ann(k), "note", c, "a", 1, &n);
        bf_engine_flush(k->e);
        kit_does(k, &two, kit_ann(k), "note", c, "b", 1, &n);
        kit_run(k);
        assert_int_equal(k->died, 1);
        assert_int_equal(one.times + two.times, 0); /* nobody knows */
        bf_store_close(k->store);
        bf_engine_free(k->e);
        kit_open(k);
        kit_does(k, &again, kit_ann(k), "note", c, "a", 1, &n); /* so it is asked again */
        kit_run(k);
        assert_int_equal(again.answer.kind, BF_ANSWER_DONE);
        assert_int_equal(again.answer.again, doubtful);
        assert_int_equal(again.answer.seq, seq + 1);
        assert_int_equal(kit_seq(k), seq + 1);
    }
}

static void key_in_flight(void **state) {
    struct kit *k = *state;
    struct kit_told one, two, other;
    struct bf_value n = bf_int(1);
    uint64_t c = kit_matter(k), seq = kit_seq(k);
    kit_does(k, &one, kit_ann(k), "note", c, "a", 1, &n);
    kit_does(k, &two, kit_ann(k), "note", c, "a", 1, &n);
    kit_does(k, &other, kit_ann(k), "close", c, "a", 0, NULL);
    assert_int_equal(one.times + two.times + other.times, 0);
    kit_run(k);
    assert_false(one.answer.again);
    assert_true(two.answer.again);
    assert_int_equal(two.answer.seq, seq + 1);
    assert_int_equal(other.answer.kind, BF_ANSWER_OTHER_BODY);
    assert_int_equal(kit_seq(k), seq + 1);
}

static enum bf_answer_kind opened(struct kit *k, unsigned key, bool *again) {
    struct kit_told t;
    char text[16];
    struct bf_value args[] = {kit_ann(k), kit_town(k, "T")};
    snprintf(text, sizeof text, "key-%u", key);
    kit_opens(k, &t, args[0], "matter", text, 2, args);
    kit_run(k);
    assert_int_equal(t.times, 1);
    *again = t.answer.again;
    return t.answer.kind;
}

/* After a while the store is asked only for keys that were used; and every one of them is found, those of before the
** start, of its reading, and of after. */
static void keys_are_looked_for_where_they_may_be(void **state) {
    enum { BEFORE = 1100, ASKED = 16, AFTER = 300 };
    struct kit *k = *state;
    bool again;
    for (unsigned i = 0; i < BEFORE; i++)
        assert_int_equal(opened(k, i, &again), BF_ANSWER_DONE);
    assert_int_equal(bf_engine_count(k->e).key_reads, ASKED); /* of an empty disk the sixteenth */
    kit_close(k);
    kit_open(k);
    for (unsigned i = BEFORE; i < BEFORE + AFTER; i++) {
        if (i == BEFORE + ASKED + 5) { /* it was not there after all, and is tried again */
            bf_memory_fail(k->memory, 0, BF_MEMORY_FULL);
            assert_int_equal(opened(k, i, &again), BF_ANSWER_FULL);
        }
        assert_int_equal(opened(k, i, &again), BF_ANSWER_DONE);
        assert_false(again);
    }
    assert_int_equal(bf_engine_count(k->e).key_reads, ASKED + 1);
    for (unsigned i = 0; i < BEFORE + AFTER; i++) {
        assert_int_equal(opened(k, i, &again), BF_ANSWER_DONE);
        assert_true(again);
    }
    const void *rows;
    assert_int_equal(kit_rows(k, BF_TABLE_CASES, &rows), BEFORE + AFTER);
}

/* Openings on their way to the disk when the filter is begun. */
static void keys_under_way_are_known(void **state) {
    enum { BEFORE = 15 };
    struct kit *k = *state;
    struct kit_told t[BEFORE + 1];
    struct bf_value args[] = {kit_ann(k), kit_town(k, "T")};
    char key[BEFORE + 1][16];
    bool again;
    for (unsigned i = 0; i <= BEFORE; i++) {
        if (i == BEFORE)
            bf_store_poll(k->store); /* those before have been stepped, and are not flushed */
        snprintf(key[i], sizeof key[i], "key-%u", i);
        kit_opens(k, &t[i], args[0], "matter", key[i], 2, args);
    }
    assert_int_equal(bf_engine_count(k->e).queue_rows, BEFORE);
    bf_store_poll(k->store);
    kit_run(k);
    assert_int_equal(opened(k, BEFORE + 1, &again), BF_ANSWER_DONE);
    for (unsigned i = 0; i <= BEFORE + 1; i++) {
        assert_int_equal(opened(k, i, &again), BF_ANSWER_DONE);
        assert_true(again);
    }
}

static void act_before_its_opening_is_durable(void **state) {
    struct kit *k = *state;
    struct kit_told early, opened, act;
    struct bf_value args[] = {kit_ann(k), kit_town(k, "T")}, n = bf_int(1);
    kit_does(k, &early, kit_ann(k), "note", 1, NULL, 1, &n); /* of no case yet */
    kit_opens(k, &opened, args[0], "matter", NULL, 2, args);
    kit_does(k, &act, kit_ann(k), "note", 1, NULL, 1, &n);
    kit_run(k);
    assert_int_equal(opened.answer.kind, BF_ANSWER_DONE);
    assert_int_equal(opened.answer.number, 1);
    assert_int_equal(act.answer.kind, BF_ANSWER_DONE); /* in its batch */
    assert_int_equal(early.times, 1);
    bf_memory_fail(k->memory, 0, BF_MEMORY_FULL);
    kit_opens(k, &opened, args[0], "matter", NULL, 2, args);
    kit_does(k, &act, kit_ann(k), "note", 2, NULL, 1, &n);
    bf_engine_flush(k->e);
    kit_does(k, &early, kit_ann(k), "note", 2, NULL, 1, &n);
    kit_run(k);
    assert_int_equal(opened.answer.kind, BF_ANSWER_FULL);
    assert_int_equal(act.answer.kind, BF_ANSWER_FULL);
    assert_int_equal(early.answer.kind, BF_ANSWER_FULL);
    kit_does(k, &act, kit_ann(k), "note", 2, NULL, 1, &n);
    kit_run(k);
    assert_int_equal(act.answer.kind, BF_ANSWER_NO_CASE);
    assert_int_equal(kit_matter(k), 2);
    kit_does(k, &act, kit_ann(k), "note", 2, NULL, 1, &n);
    kit_run(k);
    assert_int_equal(act.answer.kind, BF_ANSWER_DONE);
}

static void put_mark(struct kit *k, const char *code) {
    struct kit_told t;
    char data[256];
    snprintf(data, sizeof data,
             "{\"register\":\"marks\",\"row\":{\"note\":\"x\",\"who\":{\"code\":\"%s\",\"kind\":"
             "\"department\",\"name\":\"then\"}}}",
             code);
    kit_notices(k, &t, BF_ENTRY_REGISTER, NULL, data);
    kit_run(k);
    assert_int_equal(t.answer.kind, BF_ANSWER_DONE);
}

/* With a cache that holds no row: it once read the one, forgot it for the other, and so on. */
static void opening_that_needs_two_rows(void **state) {
    struct kit *k = *state;
    struct kit_told t;
    struct bf_value args[] = {kit_ann(k), kit_town(k, "T"), kit_town(k, "U")};
    put_mark(k, "T");
    kit_opens(k, &t, args[0], "double", NULL, 3, args);
    kit_run(k);
    assert_int_equal(t.answer.kind, BF_ANSWER_REFUSED);
    put_mark(k, "U");
    for (int i = 0; i < 3; i++) {
        kit_close(k);
        k->o.cached_cases = i ? 0 : 100;
        kit_open(k);
        kit_opens(k, &t, args[0], "double", NULL, 3, args);
        kit_run(k);
        assert_int_equal(t.answer.kind, BF_ANSWER_DONE);
    }
}

/* ---- caches ---- */

static void rows_of_registers_are_forgotten(void **state) {
    struct kit *k = *state;
    k->o.cached_cases = 8;
    kit_close(k);
    kit_open(k);
    for (int i = 0; i < 100; i++) {
        char code[16];
        snprintf(code, sizeof code, "T%d", i);
        put_mark(k, code);
    }
    assert_in_range(bf_engine_count(k->e).cached_rows, 1, 9);
    struct bf_value key = kit_town(k, "T3");
    struct kit_told looked = {.key = &key};
    kit_looks(k, &looked, 0);
    kit_run(k);
    assert_true(looked.found);
    assert_int_equal(looked.shown, 2); /* it was read again */
}

/* A hundred who want a row each: nobody is tried for a row that another wants. */
static void looks_wait_for_their_own_rows(void **state) {
    struct kit *k = *state;
    enum { LOOKS = 100 };
    static struct kit_told looked[LOOKS];
    static struct bf_value key[LOOKS];
    static char code[LOOKS][16];
    for (int i = 0; i < LOOKS; i++) {
        snprintf(code[i], sizeof code[i], "T%d", i);
        if (i % 2)
            put_mark(k, code[i]);
    }
    kit_close(k);
    kit_open(k);
    for (int i = 0; i < LOOKS; i++) {
        key[i] = kit_town(k, code[i]);
        looked[i].key = &key[i];
        kit_looks(k, &looked[i], 0);
    }
    kit_run(k);
    for (int i = 0; i < LOOKS; i++) {
        assert_int_equal(looked[i].times, 1);
        assert_int_equal(looked[i].shown, 2);
        assert_int_equal(looked[i].found, i % 2);
    }
}

/* ---- the tree ---- */

static void tree_moves_with_the_rows(void **state) {
    struct kit *k = *state;
    struct kit_told t;
    struct bf_value n = bf_int(1);
    kit_close(k);
    k->o.hash = BF_HASH_SM3;
    kit_open(k);
    uint64_t c = kit_matter(k);
    kit_tree(k, BF_HASH_SM3);
    k->o.hash = BF_HASH_SHA256; /* it stays what it was made with */
    for (int i = 0; i < 580; i++) {
        if (i % 100 == 7)
            bf_memory_fail(k->memory, 0, BF_MEMORY_FULL);
        if (i % 130 == 9) {
            kit_run(k);
            kit_close(k);
            kit_open(k);
            assert_int_equal(k->died, 0);
        }
        kit_does(k, &t, kit_ann(k), "note", c, NULL, 1, &n);
        if (i % 3 == 0)
            kit_run(k);
    }
    kit_run(k);
    assert_true(kit_seq(k) > 512);
    kit_tree(k, BF_HASH_SM3);
}

static void submitted(void *ctx, enum bf_err err, const struct bf_error *e) {
    (void)ctx, (void)e;
    assert_int_equal(err, BF_OK);
}

/* A tree that is not the journal's is no tree to go on from. */
static void another_tree_is_fatal(void **state) {
    struct kit *k = *state;
    const struct bf_row_head *head;
    kit_matter(k);
    kit_rows(k, BF_TABLE_HEAD, (const void **)&head);
    for (int i = 0; i < 4; i++) {
        struct bf_batch b;
        struct bf_row_head other = *head;
        bf_batch_init(&b, k->a, 0, head->seq);
        char *tree = bf_arena_copy(k->a, head->tree.p, head->tree.len);
        other.tree.p = tree;
        if (i == 0)
            tree[head->tree.len - 1] ^= 1; /* another root */
        if (i == 1)
            other.tree.len = 0;
        if (i == 2)
            other.size++;
        if (i == 3)
            bf_batch_del(&b, BF_TABLE_TILE, &(struct bf_row_tile){0});
        b.head = other;
        bf_store_submit(k->store, &b, submitted, NULL);
        bf_store_poll(k->store);
        kit_close(k);
        kit_open(k);
        assert_int_equal(k->died, 1);
        assert_int_equal(k->ready, 0);
        bf_store_close(k->store);
        bf_engine_free(k->e);
        kit_reopen(k);
        b.count = 0;
        b.head = *head;
        if (i < 3) {
            bf_store_submit(k->store, &b, submitted, NULL);
            bf_store_poll(k->store);
        }
    }
}

/* ---- out of memory ---- */

struct round_of_work {
    struct kit_told open, note, mark, read, look, tell, again;
    struct bf_value args[3], n, text;
};

static void work(struct kit *k, struct round_of_work *r) {
    struct kit_told *all[] = {&r->open, &r->note, &r->mark, &r->read, &r->look, &r->tell};
    static const char told[] = "{\"id\":\"o\",\"json\":{\"name\":\"one\"},\"kind\":\"origin\"}";
    (void)all;
    kit_opens(k, &r->open, r->args[0], "matter", "open", 2, r->args);
    kit_run(k);
    if (k->died)
        return;
    kit_does(k, &r->note, r->args[0], "note", 1, "note", 1, &r->n);
    kit_does(k, &r->mark, r->args[0], "put_mark", 1, "mark", 1, &r->text);
    kit_looks(k, &r->look, 1);
    kit_notices(k, &r->tell, BF_ENTRY_SETTING, "tell", told);
    kit_run(k);
    if (k->died)
        return;
    kit_does(k, &r->read, r->args[0], "read", 1, "read", 0, NULL);
    bf_engine_scan(k->e);
    kit_run(k);
}

static bool done(const struct kit_told *t) {
    return t->times == 1 && t->answer.kind == BF_ANSWER_DONE;
}

/* Each command sent once more is then done, and all is as if nothing had failed. */
static void allocations_fail(void **state) {
    struct kit *k = *state;
    struct round_of_work r = {.args = {kit_ann(k), kit_town(k, "T")},
                              .n = bf_int(1),
                              .text = bf_text_value(BF_K_TEXT, BF_STR("x"))};
    kit_close(k);
    k->o.cached_cases = 0;
    bf_instant begin = k->now;
    unsigned clean = 0, died = 0;
    for (long n = 0, quiet = 0; quiet < 2; n++) {
        quiet = 0;
        for (int only_one = 0; only_one < 2; only_one++) {
            struct fault f = {.left = n, .only_one = only_one};
            bf_memory_free(k->memory);
            k->memory = bf_memory_new();
            k->now = begin;
            memset(&r, 0, offsetof(struct round_of_work, args));
            kit_open(k);
            bf_mem_set_hook(fault_may, &f);
            work(k, &r);
            bf_mem_set_hook(NULL, NULL);
            const struct kit_told *all[] = {&r.open, &r.note, &r.mark, &r.look, &r.tell, &r.read};
            for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
                enum bf_answer_kind kind = all[i]->answer.kind;
                assert_true(all[i]->times <= 1);
                if (!k->died && all[i]->k)
                    assert_int_equal(all[i]->times, 1);
                if (all[i]->times && !f.hit)
                    assert_int_equal(kind, BF_ANSWER_DONE);
                if (all[i]->times && kind != BF_ANSWER_DONE)
                    assert_true(kind == BF_ANSWER_MEMORY || kind == BF_ANSWER_STORE ||
                                kind == BF_ANSWER_NO_CASE || kind == BF_ANSWER_REFUSED);
            }
            died += k->died;
            clean += !k->died && f.hit;
            bool again = done(&r.open) && done(&r.note) && done(&r.mark) && done(&r.tell);
            if (k->died) {
                bf_store_close(k->store);
                bf_engine_free(k->e);
                kit_open(k);
            }
            kit_run(k);
            work(k, &r);
            assert_true(done(&r.open) && done(&r.note) && done(&r.mark) && done(&r.tell) &&
                        done(&r.look));
            if (again)
                assert_true(r.open.answer.again && r.note.answer.again && r.mark.answer.again &&
                            r.tell.answer.again);
            const void *rows;
            assert_int_equal(kit_rows(k, BF_TABLE_CASES, &rows), 1);
            assert_int_equal(kit_rows(k, BF_TABLE_SETTING, &rows), 1);
            assert_int_equal(kit_rows(k, BF_TABLE_REGISTER, &rows), 1);
            if (r.read.answer.kind ==
                BF_ANSWER_MEMORY) { /* what a failed read left is told to the next */
                kit_does(k, &r.read, r.args[0], "read", 1, "read", 0, NULL);
                kit_run(k);
            }
            assert_true(done(&r.read) ||
                        r.read.answer.kind == BF_ANSWER_REFUSED); /* before the mark was put */
            assert_int_equal(kit_rows(k, BF_TABLE_KEYS, &rows), 5);
            kit_tree(k, BF_HASH_SHA256);
            kit_close(k);
            quiet += !f.hit;
        }
    }
    print_message("clean answers %u times, ended %u times\n", clean, died);
    kit_open(k);
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
        T(consequence_is_overdue_too),
        T(act_after_midnight_before_the_scan),
        T(many_are_due),
        T(many_are_due_and_the_disk_is_full),
        T(a_lapse_taken_back_is_looked_for_again),
        T(requests_between_pages),
        T(unknown_policy_blocks_nobody),
        T(too_long_a_chain),
        T(two_acts_in_one_batch),
        T(commit_fails_while_requests_wait),
        T(commit_is_lost),
        T(key_in_flight),
        T(keys_are_looked_for_where_they_may_be),
        T(keys_under_way_are_known),
        T(act_before_its_opening_is_durable),
        T(opening_that_needs_two_rows),
        T(rows_of_registers_are_forgotten),
        T(looks_wait_for_their_own_rows),
        T(tree_moves_with_the_rows),
        T(another_tree_is_fatal),
        T(allocations_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
