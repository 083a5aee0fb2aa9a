/* Calendars: the file's rules one by one, what was known when, clocks, and the edges of the data. */
#include "engine/core/calendar.h"

#include "tests/unit/fault.h"

static struct bf_arena *arena;

static int setup(void **state) {
    (void)state;
    arena = bf_arena_new(0);
    return arena == NULL;
}

static int teardown(void **state) {
    (void)state;
    bf_arena_free(arena);
    return 0;
}

static bf_day day(const char *z) {
    bf_day d;
    assert_true(bf_day_parse(bf_str_of(z), &d));
    return d;
}

static const struct bf_calendar *open_calendar(const char *name, bf_day known_on) {
    const struct bf_calendar *c = NULL;
    struct bf_error e = {0};
    if (bf_calendar_open(arena, bf_str_of(name), known_on, &c, &e))
        fail_msg("%s", e.text);
    return c;
}

static const struct bf_calendar *load(const char *text) {
    const struct bf_calendar *c = NULL;
    struct bf_error e = {0};
    if (bf_calendar_load(arena, BF_STR("t"), text, strlen(text), BF_DAY_MAX, &c, &e))
        fail_msg("%s", e.text);
    return c;
}

static bool works(const struct bf_calendar *c, const char *z) {
    bool w = false;
    assert_true(bf_days_known(bf_calendar_is_working(c, day(z), &w)));
    return w;
}

static void test_china(void **state) {
    (void)state;
    const struct bf_calendar *c = open_calendar("cn.workdays", BF_DAY_MAX);
    assert_int_equal(bf_calendar_first(c), day("2018-01-01"));
    assert_int_equal(bf_calendar_horizon(c), day("2026-12-31"));
    assert_int_equal(bf_calendar_known_on(c), day("2025-11-04"));
    assert_true(bf_str_eq(bf_calendar_name(c), BF_STR("cn.workdays")));
    assert_true(works(c, "2022-01-29") && works(c, "2022-01-30") && !works(c, "2022-01-31"));
    assert_true(!works(c, "2022-02-06") && works(c, "2022-02-07"));
    assert_true(works(c, "2025-10-11") && !works(c, "2025-10-12"));
    assert_true(works(c, "2024-02-09")); /* the eve of 2024 was worked */
    /* What 2025 came to: 365 days, 52 Saturdays and Sundays each; rest on weekdays 1 Jan, 28-31 Jan,
     * 3-4 Feb, 4 Apr, 1-2 and 5 May, 2 Jun, 1-3 and 6-8 Oct: 18; make-up days 26 Jan, 8 Feb, 27 Apr,
     * 28 Sep, 11 Oct: 5. */
    int64_t n;
    assert_int_equal(bf_calendar_count(c, day("2024-12-31"), day("2025-12-31"), &n),
                     BF_DAYS_CERTAIN);
    assert_int_equal(n, 365 - 104 - 18 + 5);
    assert_int_equal(bf_calendar_count(c, day("2025-12-31"), day("2024-12-31"), &n),
                     BF_DAYS_CERTAIN);
    assert_int_equal(n, -(365 - 104 - 18 + 5));
    struct bf_day_reason why;
    assert_int_equal(bf_calendar_reason(c, day("2025-10-11"), &why), BF_DAYS_CERTAIN);
    assert_true(why.set && why.working);
    assert_true(bf_str_eq(why.notice, BF_STR("国办发明电〔2024〕12号")));
    assert_true(bf_str_eq(why.name, BF_STR("国庆节、中秋节")));
    assert_int_equal(bf_calendar_reason(c, day("2025-10-12"), &why), BF_DAYS_CERTAIN);
    assert_true(!why.set && !why.working);
}

/* 2019: the first notice gave one day to Labour Day; 2020: the holiday was lengthened during it. */
static void test_known_on(void **state) {
    (void)state;
    const struct bf_calendar *before = open_calendar("cn.workdays", day("2019-03-21"));
    const struct bf_calendar *after = open_calendar("中国.工作日历", day("2019-03-22"));
    assert_int_equal(bf_calendar_horizon(before), day("2019-12-31"));
    assert_true(!works(before, "2019-05-01") && works(before, "2019-05-02"));
    assert_true(!works(before, "2019-04-28") && !works(before, "2019-05-05"));
    assert_true(!works(after, "2019-05-02") && !works(after, "2019-05-03"));
    assert_true(works(after, "2019-04-28") && works(after, "2019-05-05"));
    before = open_calendar("cn.workdays", day("2020-01-25"));
    after = open_calendar("cn.workdays", day("2020-01-26"));
    assert_true(!works(before, "2020-01-30") && works(before, "2020-01-31"));
    assert_true(works(before, "2020-02-01") && works(before, "2020-01-19"));
    assert_true(!works(after, "2020-01-31") && !works(after, "2020-02-01"));
    assert_true(works(after, "2020-01-19") && works(after, "2020-02-03"));
    /* Before anything was announced all is provisional. */
    before = open_calendar("cn.workdays", day("2017-11-29"));
    bool w;
    assert_int_equal(bf_calendar_is_working(before, day("2018-01-01"), &w), BF_DAYS_PROVISIONAL);
    assert_true(w);
    assert_memory_equal(bf_calendar_hash(before), bf_calendar_hash(after), BF_SHA256_LEN);
}

static void test_edges(void **state) {
    (void)state;
    const struct bf_calendar *c = open_calendar("cn.workdays", BF_DAY_MAX);
    bf_day d;
    int64_t n;
    bool w;
    assert_int_equal(bf_calendar_is_working(c, day("2017-12-31"), &w), BF_DAYS_UNKNOWN);
    assert_int_equal(bf_calendar_after(c, day("2017-12-30"), 1, &d), BF_DAYS_UNKNOWN);
    assert_int_equal(bf_calendar_after(c, day("2017-12-31"), 1, &d), BF_DAYS_CERTAIN);
    assert_int_equal(d, day("2018-01-02"));
    assert_int_equal(bf_calendar_before(c, day("2018-01-02"), 1, &d), BF_DAYS_UNKNOWN);
    assert_int_equal(bf_calendar_count(c, day("2017-12-30"), day("2018-01-02"), &n),
                     BF_DAYS_UNKNOWN);
    /* The last known day is a Thursday; Friday 1 January 2027 is only a weekday as yet. */
    assert_int_equal(bf_calendar_after(c, day("2026-12-30"), 1, &d), BF_DAYS_CERTAIN);
    assert_int_equal(d, day("2026-12-31"));
    assert_int_equal(bf_calendar_after(c, day("2026-12-31"), 2, &d), BF_DAYS_PROVISIONAL);
    assert_int_equal(d, day("2027-01-04"));
    assert_int_equal(bf_calendar_before(c, day("2027-01-04"), 2, &d), BF_DAYS_PROVISIONAL);
    assert_int_equal(d, day("2026-12-31"));
    assert_int_equal(bf_calendar_after(c, BF_DAY_MAX, 1, &d), BF_DAYS_RANGE);
    assert_int_equal(bf_calendar_after(c, 0, -1, &d), BF_DAYS_RANGE);
    assert_int_equal(bf_calendar_after(c, INT32_MIN, INT64_MAX, &d), BF_DAYS_RANGE);
    assert_int_equal(bf_calendar_after(c, day("2020-01-01"), INT64_MIN, &d), BF_DAYS_RANGE);
    assert_int_equal(bf_calendar_after(c, day("2020-01-01"), INT64_MAX, &d), BF_DAYS_RANGE);
    assert_int_equal(bf_calendar_after(c, day("2020-01-01"), 0, &d), BF_DAYS_CERTAIN);
    assert_int_equal(d, day("2020-01-01"));
}

static void test_none(void **state) {
    (void)state;
    const struct bf_calendar *c = open_calendar("none", BF_DAY_MAX);
    bf_day d;
    assert_int_equal(bf_calendar_after(c, day("2025-10-01"), 7, &d), BF_DAYS_CERTAIN);
    assert_int_equal(d, day("2025-10-08"));
    assert_int_equal(bf_calendar_after(c, BF_DAY_MIN, BF_DAY_MAX - BF_DAY_MIN, &d),
                     BF_DAYS_CERTAIN);
    assert_int_equal(d, BF_DAY_MAX);
    assert_int_equal(bf_calendar_before(c, BF_DAY_MAX, BF_DAY_MAX - BF_DAY_MIN, &d),
                     BF_DAYS_CERTAIN);
    assert_int_equal(d, BF_DAY_MIN);
    assert_int_equal(bf_calendar_before(c, BF_DAY_MIN, 1, &d), BF_DAYS_RANGE);
    assert_int_equal(bf_calendar_roll(c, BF_DAY_MIN, &d), BF_DAYS_CERTAIN);
    assert_int_equal(bf_calendar_roll_back(c, BF_DAY_MAX, &d), BF_DAYS_CERTAIN);
}

#define HEAD "banfa calendar 1\nname t\nweekend saturday sunday\noffset +00:00\nfrom 2018-01-01\n"

/* Clocks that jump: forward an hour on 25 March 2018 at 01:00 UTC, back on 28 October. */
static void test_clock(void **state) {
    (void)state;
    const struct bf_calendar *c = load(HEAD "offset +01:00 from 2018-03-25T01:00Z\n"
                                            "offset +00:00 from 2018-10-28T01:00Z\n"
                                            "horizon 2018-12-31\n");
    bf_instant jan = (bf_instant)day("2018-01-15") * 86400,
               jul = (bf_instant)day("2018-07-15") * 86400;
    assert_int_equal(bf_calendar_offset(c, jan), 0);
    assert_int_equal(bf_calendar_offset(c, jul), 3600);
    assert_int_equal(bf_calendar_day_end(c, day("2018-01-15"), 86400), jan + 86400);
    assert_int_equal(bf_calendar_day_end(c, day("2018-07-15"), 86400), jul + 86400 - 3600);
    assert_int_equal(bf_calendar_day_of(c, jul + 63000 - 3601, 63000), day("2018-07-15"));
    assert_int_equal(bf_calendar_day_of(c, jul + 63000 - 3600, 63000), day("2018-07-16"));
    /* 01:30 on 25 March never is: the jump itself. On 28 October it is twice: the first. */
    bf_instant jump = (bf_instant)day("2018-03-25") * 86400 + 3600;
    bf_instant back = (bf_instant)day("2018-10-28") * 86400 + 3600;
    assert_int_equal(bf_calendar_instant(c, day("2018-03-25"), 5400), jump);
    assert_int_equal(bf_calendar_instant(c, day("2018-10-28"), 5400), back - 1800);
    /* A day that ends at 01:30 stays ended when the clocks go back over it. */
    assert_int_equal(bf_calendar_day_of(c, back - 1801, 5400), day("2018-10-28"));
    for (int s = -1800; s < 7200; s += 60)
        assert_int_equal(bf_calendar_day_of(c, back + s, 5400), day("2018-10-29"));
    bf_day d;
    int32_t s;
    bf_calendar_local(c, jul + 86400 - 3600, &d, &s);
    assert_true(d == day("2018-07-16") && s == 0);
    bf_calendar_local(c, INT64_MIN, &d, &s);
    bf_calendar_local(c, INT64_MAX, &d, &s);
    assert_int_equal(bf_calendar_offset(open_calendar("cn.workdays", BF_DAY_MAX), jan), 28800);
}

/* Every instant falls on the day that ends after it and did not end before it. */
static void test_day_of_is_day_end(void **state) {
    (void)state;
    const struct bf_calendar *c = load(HEAD "offset +14:00 from 2018-03-25T01:00Z\n"
                                            "offset -11:30 from 2018-03-28T13:00Z\n"
                                            "offset +02:00 from 2018-03-31T23:59Z\n"
                                            "horizon 2018-12-31\n");
    static const int32_t ends[] = {1, 5400, 43200, 63000, 86399, 86400};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (bf_instant t = 1521500000; t < 1522800000; t += 607) {
            bf_day d = bf_calendar_day_of(c, t, ends[i]);
            assert_true(t < bf_calendar_day_end(c, d, ends[i]));
            assert_true(t >= bf_calendar_day_end(c, d - 1, ends[i]));
        }
}

/* ---- several ---- */
#define PART_A \
    "banfa calendar 1\nname a\nweekend saturday sunday\noffset +08:00\nfrom 2018-01-01\n" \
    "notice A of 2017-12-01 announces 2018\nrest 2018-01-02 feast\nwork 2018-01-06 made_up\n" \
    "notice B of 2018-12-01 announces 2019\n"
#define PART_B \
    "banfa calendar 1\nname b.c\nweekend friday saturday\noffset +00:00\nfrom 2018-01-03\n" \
    "horizon 2019-06-30\n"

static bf_day num(const char *z) {
    bf_day day;
    assert_true(bf_day_parse(bf_str_of(z), &day));
    return day;
}

static void expect_day(const struct bf_calendar *c, const char *z, bool working, const char *name) {
    struct bf_day_reason r;
    bf_day day;
    assert_true(bf_day_parse(bf_str_of(z), &day));
    assert_int_equal(bf_calendar_reason(c, day, &r), BF_DAYS_CERTAIN);
    if (r.working != working || !bf_str_eq(r.name, bf_str_of(name)))
        fail_msg("%s: %d %.*s", z, r.working, (int)r.name.len, r.name.p);
}

/* A day works if it works in both; known is what both know; the clock is the first's. */
static void test_several(void **state) {
    static const char both[] = "banfa calendars 1\nname a+b.c\n" PART_A PART_B;
    const struct bf_calendar *c = NULL;
    struct bf_error e;
    bf_day day;
    bool working;
    (void)state;
    if (bf_calendar_load(arena, BF_STR("a+b.c"), both, strlen(both), BF_DAY_MAX, &c, &e))
        fail_msg("%s", e.text);
    assert_int_equal(bf_calendar_first(c), num("2018-01-03"));
    assert_int_equal(bf_calendar_horizon(c), num("2019-06-30"));
    assert_int_equal(bf_calendar_known_on(c), num("2018-12-01"));
    assert_int_equal(bf_calendar_offset(c, 0), 28800);
    assert_int_equal(bf_calendar_bytes(c).len, strlen(both));
    assert_int_equal(bf_calendar_is_working(c, num("2018-01-02"), &working), BF_DAYS_UNKNOWN);
    expect_day(c, "2018-01-03", true, "");
    expect_day(c, "2018-01-05", false, ""); /* Friday rests in b.c */
    expect_day(c, "2018-01-06", false, ""); /* Saturday: made up for in a, at rest in b.c */
    expect_day(c, "2018-01-07", false, ""); /* Sunday rests in a */
    expect_day(c, "2018-01-08", true, "");
    /* Thursday 4, Monday 8, Tuesday 9: the third working day after the 3rd */
    assert_int_equal(bf_calendar_after(c, num("2018-01-03"), 3, &day), BF_DAYS_CERTAIN);
    assert_int_equal(day, num("2018-01-09"));
    /* Monday to Thursday: past the horizon by the weekend of both, provisionally */
    assert_int_equal(bf_calendar_after(c, num("2019-06-27"), 1, &day), BF_DAYS_PROVISIONAL);
    assert_int_equal(day, num("2019-07-01"));
    /* as known in 2018: a had announced that year alone */
    assert_int_equal(
        bf_calendar_load(arena, BF_STR("a+b.c"), both, strlen(both), num("2018-06-01"), &c, &e),
        BF_OK);
    assert_int_equal(bf_calendar_horizon(c), num("2018-12-31"));
    /* the same from the library, by name */
    assert_int_equal(
        bf_calendar_open(arena, BF_STR("uk.scotland+中国.工作日历"), BF_DAY_MAX, &c, &e), BF_OK);
    assert_int_equal(bf_calendar_name(c).len, strlen("uk.scotland+cn.workdays"));
    expect_day(c, "2025-10-01", false, "国庆节、中秋节");
    expect_day(c, "2025-12-01", false, "St_Andrew's_Day_(substitute)");
    expect_day(c, "2025-09-28", false, ""); /* a Sunday worked in China */
}

static void test_bad_several(void **state) {
    static const struct {
        const char *name, *text, *why;
    } t[] = {
        {"a", "banfa calendars 1\nname a\n" PART_A, "joined"},
        {"a+b.c", "banfa calendars 1\nname b.c+a\n" PART_A PART_B, "joined"},
        {"a+b.c", "banfa calendars 1\n" PART_A PART_B, "joined"},
        {"a+b.c", "banfa calendars 1\nname a+b.c\n", "not as many"},
        {"a+b.c", "banfa calendars 1\nname a+b.c\n" PART_A, "not as many"},
        {"a+b.c", "banfa calendars 1\nname a+b.c\nfrom 2018-01-01\n" PART_A PART_B, "not as many"},
        {"b.c+a", "banfa calendars 1\nname b.c+a\n" PART_A PART_B, "\"a\""},
        {"a+a", "banfa calendars 1\nname a+a\n" PART_A PART_A, "twice"},
        {"a+", "banfa calendars 1\nname a+\n" PART_A, "joined"},
        {"a+w",
         "banfa calendars 1\nname a+w\n" PART_A
         "banfa calendar 1\nname w\nweekend monday tuesday wednesday thursday friday\n"
         "offset +00:00\nfrom 2018-01-01\nhorizon 2019-06-30\n",
         "no working day"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        const struct bf_calendar *c = NULL;
        struct bf_error e = {0};
        enum bf_err err = bf_calendar_load(arena, bf_str_of(t[i].name), t[i].text,
                                           strlen(t[i].text), BF_DAY_MAX, &c, &e);
        if (err != BF_EFORMAT || !strstr(e.text, t[i].why))
            fail_msg("case %zu: %d %s", i, err, e.text);
    }
}

/* Each bad file and the line its error must name, with some words of the reason. */
static void test_bad_files(void **state) {
    (void)state;
    static const struct {
        const char *text, *where, *why;
    } t[] = {
        {"", "line 1:", "banfa calendar 1"},
        {"banfa calendar 2\n", "line 1:", "banfa calendar 1"},
        {"banfa calendar 1\nname t\n", "line 2:", "without"},
        {"banfa calendar 1\nname u\n", "line 2:", "\"u\""},
        {"banfa calendar 1\nname t\nname t\n", "line 3:", "twice"},
        {"banfa calendar 1\n\n\xff\n", "line 3:", "UTF-8"},
        {"banfa calendar 1\nweekend sunday caturday\n", "line 2:", "caturday"},
        {"banfa calendar 1\nweekend sunday sunday\n", "line 2:", "twice"},
        {"banfa calendar 1\nweekend\n", "line 2:", "never"},
        {"banfa calendar 1\nweekend monday tuesday wednesday thursday friday saturday sunday\n",
         "line 2:", "no working day"},
        {"banfa calendar 1\noffset 8\n", "line 2:", "+08:00"},
        {"banfa calendar 1\noffset +18:01\n", "line 2:", "+18:01"},
        {"banfa calendar 1\nholiday 2018-01-01\n", "line 2:", "holiday"},
        {"banfa calendar 1\nfrom 2018-02-30\n", "line 2:", "2018-02-30"},
        {HEAD, "line 5:", "horizon"},
        {HEAD "horizon 2017-12-31\n", "line 6:", "before"},
        {HEAD "offset +01:00\n", "line 6:", "from"},
        {HEAD "offset +01:00 from 2018-03-25T01:00Z\noffset +00:00 from 2018-03-25T02:00Z\n",
         "line 7:", "two days"},
        {HEAD "rest 2018-01-01\n", "line 6:", "under the notice"},
        {HEAD "notice N of 2017-12-01 announces 2019\n", "line 6:", "2018, not 2019"},
        {HEAD "notice N of 2017-12-01 amends 2018\n", "line 6:", "not announced"},
        {HEAD "notice N of 2017-12-01 announces MMXV\n", "line 6:", "MMXV"},
        {HEAD "notice N 2017-12-01 announces 2018\n", "line 6:", "a notice reads"},
        {HEAD "horizon 2018-12-31\nnotice N of 2017-12-01 announces 2018\n", "line 7:", "horizon"},
        {HEAD "notice N of 2017-12-01 announces 2018\nnotice M of 2016-12-01 announces 2019\n",
         "line 7:", "order"},
        {HEAD "notice N of 2017-12-01 announces 2018\nname t\n", "line 7:", "after the first"},
        {HEAD "notice N of 2017-12-01 announces 2018\nrest 2018-01-01 a b\n", "line 7:", "b"},
        {HEAD "notice N of 2017-12-01 announces 2018\nrest 2019-01-01\n", "line 7:", "2018"},
        {HEAD "notice N of 2017-12-01 announces 2018\nrest 2017-12-31\n", "line 7:", "first"},
        {HEAD "notice N of 2017-12-01 announces 2018\nrest 2018-01-02..2018-01-01\n",
         "line 7:", "before the first"},
        {HEAD "notice N of 2017-12-01 announces 2018\nrest 2018-01-02-2018-01-04\n",
         "line 7:", "YYYY-MM-DD.."},
        {HEAD "notice N of 2017-12-01 announces 2018\nrest 2018-01-元旦\n",
         "line 7:", "\"2018-01-元旦\""},
        {HEAD "notice N of 2017-12-01 announces 2018\nwork 2018-01-03\n",
         "line 7:", "2018-01-03 is a working day already"},
        {HEAD
         "notice N of 2017-12-01 announces 2018\nrest 2018-01-01..2018-01-03\nrest 2018-01-03\n",
         "line 8:", "2018-01-03 is set twice"},
        {HEAD "notice N of 2017-12-01 announces 2018\nrest 2018-12-31\n"
              "notice M of 2018-12-01 announces 2019\nrest 2018-12-31\n",
         "line 9:", "amends nothing"},
        {HEAD "notice N of 2017-12-01 announces 2018\nwork 2018-01-06\n"
              "notice M of 2018-01-05 amends 2018\nwork 2018-01-06\n",
         "line 9:", "already"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        const struct bf_calendar *c = NULL;
        struct bf_error e = {0};
        enum bf_err err =
            bf_calendar_load(arena, BF_STR("t"), t[i].text, strlen(t[i].text), BF_DAY_MAX, &c, &e);
        if (err != BF_EFORMAT || !strstr(e.text, t[i].where) || !strstr(e.text, t[i].why))
            fail_msg("case %zu: %d %s", i, err, e.text);
        assert_null(c);
    }
}

/* An amendment may undo both a rest day and a make-up day; CRLF and a BOM are fine. */
static void test_amendment(void **state) {
    (void)state;
    const struct bf_calendar *c =
        load("\xEF\xBB\xBF"
             "banfa calendar 1\r\nname t # mine\r\nweekend sunday saturday\r\n"
             "offset +00:00\r\nfrom 2018-01-01\r\n"
             "notice N of 2017-12-01 announces 2018\r\nrest 2018-01-03 x\r\nwork 2018-01-06 x\r\n"
             "notice M of 2018-01-02 amends 2018\r\nwork 2018-01-03\r\nrest 2018-01-06");
    assert_true(works(c, "2018-01-03") && !works(c, "2018-01-06"));
}

static void test_names(void **state) {
    (void)state;
    static const char *const bad[] = {"", ".", "a..b", "../x", "cn/workdays", "cn.", ".cn", "nope"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct bf_calendar *c = NULL;
        struct bf_error e = {0};
        assert_int_equal(bf_calendar_open(arena, bf_str_of(bad[i]), BF_DAY_MAX, &c, &e), BF_ENOENT);
        assert_non_null(strstr(e.text, bad[i]));
    }
}

/* Running out of memory anywhere on the way leaves nothing behind. */
static bool open_in(void *ctx) {
    const struct bf_calendar *c;
    struct bf_error e;
    return bf_calendar_open(ctx, BF_STR("cn.workdays"), 17500, &c, &e) == BF_OK;
}

static bool attempt_open(void *ctx) {
    (void)ctx;
    struct bf_arena *a = bf_arena_new(0);
    bool ok = a && fault_guard(a, open_in, a);
    bf_arena_free(a);
    return ok;
}

static void test_fault(void **state) {
    (void)state;
    assert_true(fault_until_quiet(attempt_open, NULL) > 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_china),       cmocka_unit_test(test_known_on),
        cmocka_unit_test(test_edges),       cmocka_unit_test(test_none),
        cmocka_unit_test(test_clock),       cmocka_unit_test(test_day_of_is_day_end),
        cmocka_unit_test(test_bad_files),   cmocka_unit_test(test_several),
        cmocka_unit_test(test_bad_several), cmocka_unit_test(test_amendment),
        cmocka_unit_test(test_names),       cmocka_unit_test(test_fault),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
