/* Values: equality and order, what an outsider may send, decimals and canonical JSON; copies that stand alone; and a
** step in which memory runs out leaves the case as it was. */
#include "engine/core/value.h"

#include "engine/core/step.h"
#include "lang/base/ids.h"
#include "tests/unit/drive.h"
#include "tests/unit/fault.h"
#include "tests/unit/rich_image.h"
#include "tests/unit/test.h"

static struct bf_value text(const char *z) { return bf_text_value(BF_K_TEXT, bf_str_of(z)); }

static struct bf_value party(struct bf_arena *a, enum bf_kind kind, const char *code,
                             const char *name) {
    struct bf_value *parts = bf_new_array(a, struct bf_value, BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = code ? text(code) : BF_ABSENT;
    parts[BF_PARTY_NAME] = name ? text(name) : BF_ABSENT;
    return bf_party_value(kind, parts);
}

static void parties_are_known_by_kind_code_and_office(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct bf_value x = party(a, BF_K_DEPARTMENT, "gaj", "police");
    assert_true(bf_value_equal(x, party(a, BF_K_DEPARTMENT, "gaj", "renamed")));
    assert_false(bf_value_equal(x, party(a, BF_K_DEPARTMENT, "mzj", "police")));
    assert_false(bf_value_equal(x, party(a, BF_K_PERSON, "gaj", "police")));
    assert_false(bf_value_equal(x, bf_office_of(x, 0)));
    assert_true(bf_same_party(x, bf_office_of(x, 0)));
    assert_true(bf_value_equal(bf_office_of(x, 1), bf_office_of(x, 1)));
    assert_false(bf_value_equal(bf_office_of(x, 1), bf_office_of(x, 0)));
    /* without a code by name; a code and a name are never the same */
    assert_true(
        bf_value_equal(party(a, BF_K_PERSON, NULL, "Ann"), party(a, BF_K_PERSON, NULL, "Ann")));
    assert_false(
        bf_value_equal(party(a, BF_K_PERSON, "Ann", NULL), party(a, BF_K_PERSON, NULL, "Ann")));
    assert_true(bf_value_equal(bf_office_value(2), bf_office_value(2)));
    assert_false(bf_value_equal(bf_office_value(2), bf_office_value(1)));
    bf_arena_free(a);
}

static void equality_and_order(void **state) {
    (void)state;
    int order;
    assert_true(bf_value_equal(BF_ABSENT, BF_ABSENT));
    assert_false(bf_value_equal(BF_ABSENT, bf_int(0)));
    assert_false(bf_value_equal(bf_int(1), bf_bool(true)));
    assert_false(
        bf_value_equal(bf_period_value(BF_UNIT_DAYS, 5), bf_period_value(BF_UNIT_WORKING_DAYS, 5)));
    assert_false(bf_value_equal(bf_enum_value(1, 0), bf_enum_value(2, 0)));
    assert_true(bf_value_equal(text(""), text("")));
    assert_false(bf_value_equal(text("a"), text("ab")));
    struct bf_value one[] = {bf_int(1), text("x")}, same[] = {bf_int(1), text("x")};
    assert_true(bf_value_equal(bf_list_value(one, 2), bf_list_value(same, 2)));
    assert_false(bf_value_equal(bf_list_value(one, 2), bf_list_value(same, 1)));
    assert_false(bf_value_equal(bf_record_value(1, one, 2), bf_record_value(2, same, 2)));
    assert_true(bf_value_order(bf_int(INT64_MIN), bf_int(INT64_MAX), &order) && order < 0);
    assert_true(bf_value_order(bf_date(5), bf_date(5), &order) && order == 0);
    assert_false(bf_value_order(bf_int(1), bf_date(1), &order));
    assert_false(bf_value_order(bf_period_value(BF_UNIT_DAYS, 1), bf_period_value(BF_UNIT_HOURS, 1),
                                &order));
    assert_false(bf_value_order(BF_ABSENT, BF_ABSENT, &order));
}

static void decimals(void **state) {
    (void)state;
    static const struct {
        const char *in;
        int64_t millionths;
        const char *out;
    } good[] = {
        {"0", 0, "0"},
        {"-0", 0, "0"},
        {"1.10", 1100000, "1.1"},
        {"-0.000001", -1, "-0.000001"},
        {"999999999999.999999", BF_DECIMAL_MAX, "999999999999.999999"},
        {"-999999999999.999999", -BF_DECIMAL_MAX, "-999999999999.999999"},
        {"007.5", 7500000, "7.5"},
        {"10", 10000000, "10"},
        {"0.5", 500000, "0.5"},
    };
    static const char *const bad[] = {"",    "-",     ".5",  "1.",  "1.1234567",
                                      "1e3", "+1",    " 1",  "1 ",  "1,000",
                                      "0x1", "1.2.3", "--1", "NaN", "1000000000000"};
    char buf[BF_DECIMAL_TEXT];
    int64_t d;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(bf_decimal_parse(bf_str_of(good[i].in), &d));
        assert_int_equal(d, good[i].millionths);
        assert_string_equal(bf_decimal_print(d, buf), good[i].out);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (bf_decimal_parse(bf_str_of(bad[i]), &d))
            fail_msg("\"%s\" was taken for a decimal", bad[i]);
}

/* Examples of the standards and of published codes, worked out anew in another language; each other last
** character is wrong. */
static void identifiers(void **state) {
    (void)state;
    static const char *const ids[] = {"11010519491231002X", "440524188001010014"};
    static const char *const codes[] = {"91350100M000100Y43", "91110000600037341L"};
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXYIOSVZ";
    char copy[19];
    for (int i = 0; i < 2; i++)
        for (const char *c = alphabet; *c; c++) {
            memcpy(copy, ids[i], 19);
            copy[17] = *c;
            assert_int_equal(bf_citizen_id_ok(bf_str_of(copy)), *c == ids[i][17]);
            memcpy(copy, codes[i], 19);
            copy[17] = *c;
            assert_int_equal(bf_credit_code_ok(bf_str_of(copy)), *c == codes[i][17]);
        }
    assert_false(bf_citizen_id_ok(BF_STR("11010519491331002X"))); /* month 13 */
    assert_false(bf_citizen_id_ok(BF_STR("1101051949123100")));
    assert_false(bf_credit_code_ok(BF_STR("91350100M000100Y4")));
}

static void json_is(const struct bf_image *m, struct bf_value v, const char *wanted) {
    struct bf_buf b;
    bf_buf_init(&b);
    bf_value_json(m, v, &b);
    bf_buf_char(&b, '\0');
    assert_string_equal(b.p, wanted);
    bf_buf_fini(&b);
}

static void canonical_json(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    const struct bf_image *m = rich_image(a);
    json_is(m, BF_ABSENT, "null");
    json_is(m, bf_int(INT64_MIN), "-9223372036854775808");
    json_is(m, bf_value_of(BF_K_DECIMAL, -1500000), "\"-1.5\"");
    json_is(m, bf_date(20360), "\"2025-09-29\"");
    json_is(m, bf_period_value(BF_UNIT_WORKING_DAYS, 5), "{\"count\":5,\"unit\":\"working_days\"}");
    json_is(m, text("a\"\\\n\x01\xe4\xb8\xad"), "\"a\\\"\\\\\\u000a\\u0001\xe4\xb8\xad\"");
    json_is(m, bf_value_of(BF_K_VIOLATION, 0), "\"late\"");
    json_is(m, bf_office_of(party(a, BF_K_DEPARTMENT, "b", NULL), 0),
            "{\"code\":\"b\",\"kind\":\"department\",\"office\":\"head\"}");
    json_is(m, bf_office_value(1), "{\"kind\":\"office\",\"office\":\"council\"}");
    struct bf_value fields[] = {text("k"), party(a, BF_K_DEPARTMENT, "b", "B")};
    json_is(m, bf_record_value(0, fields, 2),
            "{\"code\":\"k\",\"holder\":{\"code\":\"b\",\"kind\":\"department\",\"name\":\"B\"}}");
    bf_arena_free(a);
}

/* What may stand where a type is asked for. */
static void outsiders_send_what_they_like(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    const struct bf_image *m = rich_image(a);
    struct bf_value office = bf_office_of(party(a, BF_K_DEPARTMENT, "b", NULL), 0);
    const struct {
        struct bf_value v;
        uint32_t type;
        bool ok;
    } cases[] = {
        {BF_ABSENT, MK_INT_OR_NONE, true},
        {BF_ABSENT, MK_INT, false},
        {bf_int(1), MK_INT, true},
        {bf_int(1), MK_BOOL, false},
        {bf_value_of(BF_K_BOOL, 2), MK_BOOL, false},
        {bf_value_of(BF_K_DECIMAL, BF_DECIMAL_MAX + 1), MK_DECIMAL, false},
        {bf_value_of(BF_K_DATE, BF_DAY_MAX), MK_DATE, true},
        {bf_value_of(BF_K_DATE, (int64_t)BF_DAY_MAX + 1), MK_DATE, false},
        {text("\xe4\xb8"), MK_TEXT, false},
        {text("\xe4\xb8\xad"), MK_TEXT, true},
        {bf_text_value(BF_K_DOCUMENT, BF_STR("x")), MK_TEXT, false},
        {bf_period_value(BF_UNIT_DAYS, 3), MK_WORKING_DAYS, false},
        {bf_period_value(BF_UNIT_DAYS, -1), MK_DAYS, false},
        {bf_value_of(BF_K_VIOLATION, 2), MK_VIOLATION, false},
        {bf_value_of(BF_K_VIOLATION, -1), MK_VIOLATION, false},
        {office, MK_PARTY, true},
        {office, MK_DEPARTMENT, false},
        {bf_office_value(1), MK_PARTY, true},
        {bf_office_value(7), MK_PARTY, false},
        {party(a, BF_K_DEPARTMENT, NULL, NULL), MK_DEPARTMENT, false},
        {party(a, BF_K_PERSON, "p", NULL), MK_DEPARTMENT, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!bf_value_check(m, cases[i].v, cases[i].type) != cases[i].ok)
            fail_msg("case %zu", i);
    bf_arena_free(a);
}

/* ---- memory running out ---- */

struct exhausted {
    const struct bf_image *image;
    const struct bf_calendar *calendar;
    const struct bf_value *data;
    struct bf_arena *scratch;
};

static bool open_and_ask(void *ctx) {
    struct exhausted *x = ctx;
    struct bf_world w = {.calendar = x->calendar};
    struct bf_outcome out;
    struct bf_event open = {.kind = BF_EVENT_OPEN,
                            .effective = (bf_instant)DRIVE_EPOCH * 86400,
                            .actor = x->data[0],
                            .start = BF_NONE,
                            .number = 1,
                            .args = x->data,
                            .nargs = 6};
    bf_step(x->image, &w, NULL, &open, x->scratch, &out);
    if (out.kind != BF_DONE)
        return false;
    struct bf_event ask = {.kind = BF_EVENT_ACT,
                           .effective = open.effective + 20 * 86400, /* the answer has lapsed */
                           .actor = x->data[0],
                           .what = RICH_ESCALATE};
    bf_step(x->image, &w, out.next, &ask, x->scratch, &out);
    return out.kind == BF_DONE && out.next->state == RICH_TALKS;
}

static bool attempt(void *ctx) {
    struct exhausted *x = ctx;
    x->scratch = bf_arena_new(0);
    if (!x->scratch)
        return false;
    bool ok = fault_guard(x->scratch, open_and_ask, x);
    bf_arena_free(x->scratch);
    return ok;
}

static void memory_runs_out_in_a_step(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct exhausted x = {.image = rich_image(a), .calendar = drive_calendar(a)};
    const struct bf_value data[] = {party(a, BF_K_DEPARTMENT, "a", NULL),
                                    party(a, BF_K_DEPARTMENT, "b", NULL),
                                    bf_int(3),
                                    BF_ABSENT,
                                    BF_ABSENT,
                                    bf_date(DRIVE_EPOCH)};
    x.data = data;
    assert_true(fault_until_quiet(attempt, &x) > 1);
    bf_arena_free(a);
}

/* ---- a journal that says nonsense ---- */

static void a_damaged_journal_is_refused(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    const struct bf_image *m = rich_image(a);
    uint64_t seed = 7;
    struct bf_value v[8];
    for (int i = 0; i < 8; i++)
        v[i] = bf_int(i);
    for (unsigned i = 0; i < test_rounds(200000); i++) {
        struct bf_case *c = bf_case_new(a, m, 0);
        struct bf_fact f = {.kind = (uint16_t)(test_random(&seed) % (BF_FACT_KINDS + 2)),
                            .how = (uint16_t)(test_random(&seed) % 3),
                            .src = 0,
                            .a = (uint32_t)(test_random(&seed) % 20),
                            .b = (uint32_t)(test_random(&seed) % 20),
                            .c = (uint32_t)(test_random(&seed) % 40),
                            .n = (uint32_t)(test_random(&seed) % 8),
                            .v = v};
        if (test_random(&seed) % 8 == 0)
            f.a = BF_NONE;
        if (test_random(&seed) % 8 == 0)
            f.b = BF_NONE;
        bf_apply(m, a, c, &f); /* whatever it says, it does not crash */
        if (i % 1000 == 999) {
            bf_arena_free(a);
            a = bf_arena_new(0);
            m = rich_image(a);
        }
    }
    bf_arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parties_are_known_by_kind_code_and_office),
        cmocka_unit_test(equality_and_order),
        cmocka_unit_test(decimals),
        cmocka_unit_test(identifiers),
        cmocka_unit_test(canonical_json),
        cmocka_unit_test(outsiders_send_what_they_like),
        cmocka_unit_test(memory_runs_out_in_a_step),
        cmocka_unit_test(a_damaged_journal_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
