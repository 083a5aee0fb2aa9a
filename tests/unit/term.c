/* The deadline ledger: vectors counted by hand, on the real calendar. */
#include "engine/core/term.h"
#include "engine/sim/words.h"

#include "tests/unit/test.h"

static struct bf_arena *arena;
static const struct bf_calendar *cn;
static const struct bf_count_rule plain = {86400, false, true, 0};

static int setup(void **state) {
    (void)state;
    struct bf_error e;
    arena = bf_arena_new(0);
    return !arena || bf_calendar_open(arena, BF_STR("cn.workdays"), BF_DAY_MAX, &cn, &e) != BF_OK;
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

static const char *show(bf_day d) {
    static char out[4][BF_DAY_TEXT];
    static int i;
    return bf_day_print(d, out[i = (i + 1) % 4]);
}

static struct bf_term period(const char *start, enum bf_unit unit, int64_t n) {
    return (struct bf_term){.limit = BF_LIMIT_PERIOD,
                            .start = day(start),
                            .start_at = BF_INSTANT_NONE,
                            .period = {unit, n}};
}

static void expect_last(const struct bf_count_rule *rule, const struct bf_term *t,
                        const char *last) {
    struct bf_due due;
    assert_int_equal(bf_term_due(cn, rule, t, &due), BF_DAYS_CERTAIN);
    assert_int_equal(due.kind, BF_DUE_DAY);
    assert_string_equal(show(due.last), last);
    assert_int_equal(due.at, (bf_instant)due.last * 86400 + rule->day_ends - 8 * 3600);
}

static struct bf_pause pause_days(const char *from, const char *to) {
    return (struct bf_pause){day(from), to ? day(to) : BF_DAY_NONE, 0, to ? 0 : BF_INSTANT_NONE};
}

/* The days that count are written beside each. */
static void test_plain(void **state) {
    (void)state;
    static const struct bf_count_rule same = {86400, true, true, 0},
                                      unrolled = {86400, false, false, 0};
    const struct {
        const struct bf_count_rule *rule;
        const char *start;
        enum bf_unit unit;
        int n;
        const char *last;
    } v[] = {
        /* 30 Sep, 9, 10, 11 (Saturday, worked), 13 Oct */
        {&plain, "2025-09-29", BF_UNIT_WORKING_DAYS, 5, "2025-10-13"},
        /* 29, 30 Sep, 8, 9 (weekend, worked), 10-14, 17 Oct */
        {&plain, "2022-09-28", BF_UNIT_WORKING_DAYS, 10, "2022-10-17"},
        /* 28, 29, 30 Jan (the last two a weekend, worked), 7-11, 14, 15 Feb */
        {&plain, "2022-01-27", BF_UNIT_WORKING_DAYS, 10, "2022-02-15"},
        /* Received on a rest day: as on the working day before it. */
        {&plain, "2025-10-04", BF_UNIT_WORKING_DAYS, 1, "2025-10-09"},
        {&plain, "2025-09-30", BF_UNIT_WORKING_DAYS, 1, "2025-10-09"},
        {&same, "2025-09-29", BF_UNIT_WORKING_DAYS, 2, "2025-09-30"},
        {&same, "2025-10-04", BF_UNIT_WORKING_DAYS, 1, "2025-10-09"},
        /* 1 October rests through the 8th. */
        {&plain, "2025-09-29", BF_UNIT_DAYS, 2, "2025-10-09"},
        {&unrolled, "2025-09-29", BF_UNIT_DAYS, 2, "2025-10-01"},
        {&same, "2025-09-29", BF_UNIT_DAYS, 2, "2025-09-30"},
        {&plain, "2025-09-29", BF_UNIT_DAYS, 1, "2025-09-30"},
        /* 28 February 2025 was a Friday, 30 November a Sunday, 2 March a Sunday. */
        {&plain, "2025-01-31", BF_UNIT_MONTHS, 1, "2025-02-28"},
        {&plain, "2025-10-31", BF_UNIT_MONTHS, 1, "2025-12-01"},
        {&unrolled, "2025-10-31", BF_UNIT_MONTHS, 1, "2025-11-30"},
        {&same, "2025-03-01", BF_UNIT_MONTHS, 1, "2025-03-31"},
        {&same, "2025-01-31", BF_UNIT_MONTHS, 1, "2025-02-28"},
        {&same, "2025-01-30", BF_UNIT_MONTHS, 1, "2025-02-28"},
        {&same, "2025-01-29", BF_UNIT_MONTHS, 1, "2025-02-28"},
        {&same, "2025-01-28", BF_UNIT_MONTHS, 1, "2025-02-27"},
        {&plain, "2024-02-29", BF_UNIT_MONTHS, 12, "2025-02-28"},
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct bf_term t = period(v[i].start, v[i].unit, v[i].n);
        expect_last(v[i].rule, &t, v[i].last);
    }
}

/* Article 13(1): 10 working days, then as many again. 18-21, 24-28, 31 October. */
static void test_extension(void **state) {
    (void)state;
    struct bf_period more[] = {{BF_UNIT_WORKING_DAYS, 10}, {BF_UNIT_WORKING_DAYS, 1}};
    struct bf_term t = period("2022-09-28", BF_UNIT_WORKING_DAYS, 10);
    t.extensions = more;
    t.extension_count = 1;
    expect_last(&plain, &t, "2022-10-31");
    t.extension_count = 2;
    expect_last(&plain, &t, "2022-11-01");
    /* Rolled once, after the extension: 6 days end on Sunday 12 October. */
    struct bf_period days = {BF_UNIT_DAYS, 3};
    t = period("2025-10-06", BF_UNIT_DAYS, 3);
    expect_last(&plain, &t, "2025-10-09");
    t.extensions = &days;
    t.extension_count = 1;
    expect_last(&plain, &t, "2025-10-13");
    /* A month and a month are two months from the start: not 28 March. */
    struct bf_period month = {BF_UNIT_MONTHS, 1};
    t = period("2025-01-31", BF_UNIT_MONTHS, 1);
    t.extensions = &month;
    t.extension_count = 1;
    expect_last(&plain, &t, "2025-03-31");
    struct bf_due due;
    t.extensions = &days;
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_RANGE);
}

static void test_pauses(void **state) {
    (void)state;
    /* Asked on 30 September, supplied on 10 October, neither counts: 11, 13-16 October. */
    struct bf_pause one = pause_days("2025-09-30", "2025-10-10");
    struct bf_term t = period("2025-09-29", BF_UNIT_WORKING_DAYS, 5);
    t.pauses = &one;
    t.pause_count = 1;
    expect_last(&plain, &t, "2025-10-16");
    /* On the day of the event nothing is lost; on a rest day neither. */
    one = pause_days("2025-09-29", "2025-09-29");
    expect_last(&plain, &t, "2025-10-13");
    one = pause_days("2025-10-01", "2025-10-08");
    expect_last(&plain, &t, "2025-10-13");
    /* Twice on one day is one day: 9, 10 and 11 October go; 30 Sep, 13, 14, 15, 16 count. */
    struct bf_pause two[] = {pause_days("2025-10-09", "2025-10-10"),
                             pause_days("2025-10-10", "2025-10-11")};
    t.pauses = two;
    t.pause_count = 2;
    expect_last(&plain, &t, "2025-10-16");
    /* Months and dates move on by the days touched: 15 November, a Saturday, and two. */
    struct bf_pause days[] = {pause_days("2025-10-20", "2025-10-20"),
                              pause_days("2025-10-20", "2025-10-21")};
    t = period("2025-10-15", BF_UNIT_MONTHS, 1);
    t.pauses = days;
    t.pause_count = 2;
    expect_last(&plain, &t, "2025-11-17");
    t = (struct bf_term){.limit = BF_LIMIT_DATE,
                         .start = day("2025-10-15"),
                         .date = day("2025-11-14"),
                         .pauses = days,
                         .pause_count = 2};
    expect_last(&plain, &t, "2025-11-16"); /* a Sunday: dates are not rolled */
    /* A rolled end inside a pause goes to the next working day that ran whole. 10 days end on
     * Saturday 18 October and roll to Monday; paused on Sunday till Tuesday: Wednesday. */
    one = pause_days("2025-10-19", "2025-10-21");
    t = period("2025-10-08", BF_UNIT_DAYS, 10);
    expect_last(&plain, &t, "2025-10-20");
    t.pauses = &one;
    t.pause_count = 1;
    expect_last(&plain, &t, "2025-10-22");
    struct bf_due due;
    one = pause_days("2025-10-10", NULL);
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_CERTAIN);
    assert_int_equal(due.kind, BF_DUE_PAUSED);
    t.limit = BF_LIMIT_NONE;
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_CERTAIN);
    assert_int_equal(due.kind, BF_DUE_NONE);
}

static void test_hours(void **state) {
    (void)state;
    /* 29 September 10:00 in Hebi, 24 hours, two of them paused. */
    bf_instant ten = (bf_instant)day("2025-09-29") * 86400 + 2 * 3600;
    struct bf_pause p = {day("2025-09-29"), day("2025-09-29"), ten + 60, ten + 60 + 7200};
    struct bf_term t = period("2025-09-29", BF_UNIT_HOURS, 24);
    t.start_at = ten;
    struct bf_due due;
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_CERTAIN);
    assert_int_equal(due.at, ten + 86400);
    assert_string_equal(show(due.last), "2025-09-30");
    t.pauses = &p;
    t.pause_count = 1;
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_CERTAIN);
    assert_int_equal(due.at, ten + 86400 + 7200);
    /* 14 hours end at midnight: the first instant too late is the next day's, the last day is not. */
    t = period("2025-09-29", BF_UNIT_HOURS, 14);
    t.start_at = ten;
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_CERTAIN);
    assert_string_equal(show(due.last), "2025-09-29");
    /* Counted from a Date: from its end, or with the same day from its beginning. */
    t.start_at = BF_INSTANT_NONE;
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_CERTAIN);
    assert_int_equal(due.at, ten + 14 * 3600 + 14 * 3600);
    static const struct bf_count_rule same = {86400, true, true, 0};
    assert_int_equal(bf_term_due(cn, &same, &t, &due), BF_DAYS_CERTAIN);
    assert_int_equal(due.at, ten + 14 * 3600 - 86400 + 14 * 3600);
}

static void test_day_ends(void **state) {
    (void)state;
    static const struct bf_count_rule rule = {17 * 3600 + 1800, false, true, 0};
    struct bf_term t = period("2025-09-29", BF_UNIT_WORKING_DAYS, 5);
    struct bf_due due;
    assert_int_equal(bf_term_due(cn, &rule, &t, &due), BF_DAYS_CERTAIN);
    char out[BF_INSTANT_TEXT];
    assert_string_equal(bf_instant_print(due.at, 28800, out), "2025-10-13T17:30:00+08:00");
    assert_int_equal(bf_calendar_day_of(cn, due.at - 1, rule.day_ends), due.last);
    assert_int_equal(bf_calendar_day_of(cn, due.at, rule.day_ends), due.last + 1);
}

/* The horizon matters to what the calendar is asked about, and to nothing else. */
static void test_provisional(void **state) {
    (void)state;
    static const struct bf_count_rule unrolled = {86400, false, false, 0};
    struct bf_due due;
    struct bf_term t = period("2026-12-29", BF_UNIT_WORKING_DAYS, 2);
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_CERTAIN);
    t.period.count = 5; /* 30, 31 December, 1, 4, 5 January */
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_PROVISIONAL);
    assert_true(due.provisional);
    assert_string_equal(show(due.last), "2027-01-05");
    t = period("2026-12-29", BF_UNIT_DAYS, 5);
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_PROVISIONAL);
    assert_string_equal(show(due.last), "2027-01-04");
    assert_int_equal(bf_term_due(cn, &unrolled, &t, &due), BF_DAYS_CERTAIN);
    assert_string_equal(show(due.last), "2027-01-03");
    t = (struct bf_term){
        .limit = BF_LIMIT_DATE, .start = day("2026-12-29"), .date = day("2027-06-30")};
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_CERTAIN);
    t = period("2016-01-01", BF_UNIT_WORKING_DAYS, 5);
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_UNKNOWN);
    t = period("2016-01-01", BF_UNIT_MONTHS, 36); /* only its end is asked about: a holiday */
    assert_int_equal(bf_term_due(cn, &plain, &t, &due), BF_DAYS_CERTAIN);
    assert_string_equal(show(due.last), "2019-01-02");
}

static void test_units_to(void **state) {
    (void)state;
    int64_t n;
    struct bf_term t = period("2025-09-29", BF_UNIT_WORKING_DAYS, 5); /* till 13 October */
    static const struct {
        const char *to;
        int n;
    } v[] = {{"2025-10-13", 0}, {"2025-01-01", 0}, {"2025-10-14", 1},
             {"2025-10-17", 4}, {"2025-10-18", 5}, {"2025-10-20", 5}};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_int_equal(bf_term_units_to(cn, &plain, &t, day(v[i].to), &n), BF_DAYS_CERTAIN);
        assert_int_equal(n, v[i].n);
    }
    t = period("2025-10-08", BF_UNIT_DAYS, 10); /* Saturday 18, rolled to Monday */
    assert_int_equal(bf_term_units_to(cn, &plain, &t, day("2025-10-20"), &n), BF_DAYS_CERTAIN);
    assert_int_equal(n, 0);
    assert_int_equal(bf_term_units_to(cn, &plain, &t, day("2025-10-21"), &n), BF_DAYS_CERTAIN);
    assert_int_equal(n, 3);
    t = period("2025-01-31", BF_UNIT_MONTHS, 1);
    assert_int_equal(bf_term_units_to(cn, &plain, &t, day("2025-03-29"), &n), BF_DAYS_CERTAIN);
    assert_int_equal(n, 1);
    t = (struct bf_term){
        .limit = BF_LIMIT_DATE, .start = day("2025-10-15"), .date = day("2025-11-14")};
    assert_int_equal(bf_term_units_to(cn, &plain, &t, day("2025-11-16"), &n), BF_DAYS_CERTAIN);
    assert_int_equal(n, 2);
    assert_int_equal(bf_term_units_to(cn, &plain, &t, INT32_MAX, &n), BF_DAYS_RANGE);
    assert_int_equal(bf_term_units_to(cn, &plain, &t, BF_DAY_MAX, &n), BF_DAYS_CERTAIN);
    assert_int_equal(n, BF_DAY_MAX - day("2025-11-14"));
}

struct marks {
    char text[64];
    int n;
};

static bool collect(void *ctx, const struct bf_counted_day *d) {
    struct marks *m = ctx;
    static const char letter[] = {'e', 'c', '.', 'p', '>', '-', 's'};
    m->text[m->n++] = d->mark == BF_MARK_COUNTED ? (char)('0' + d->ordinal) : letter[d->mark];
    if (d->last)
        m->text[m->n++] = '|';
    return m->n < 60;
}

static void expect_marks(const struct bf_term *t, const char *upto, const char *marks) {
    struct marks m = {0};
    assert_int_equal(bf_term_each_day(cn, &plain, t, day(upto), collect, &m), BF_DAYS_CERTAIN);
    assert_string_equal(m.text, marks);
}

static void test_each_day(void **state) {
    (void)state;
    struct bf_term t = period("2025-09-29", BF_UNIT_WORKING_DAYS, 5);
    expect_marks(&t, "2026-01-01", "e1........234.5|");
    expect_marks(&t, "2025-09-30", "e1");
    struct bf_pause p = pause_days("2025-09-30", "2025-10-10");
    t.pauses = &p;
    t.pause_count = 1;
    expect_marks(&t, "2026-01-01", "eppppppppppp1.2345|");
    p.to = BF_DAY_NONE;
    expect_marks(&t, "2025-10-03", "epppp");
    t = period("2025-10-15", BF_UNIT_DAYS, 3);
    expect_marks(&t, "2026-01-01", "e123>>|");
    t = period("2025-10-15", BF_UNIT_HOURS, 30);
    expect_marks(&t, "2026-01-01", "---|");
    t.limit = BF_LIMIT_NONE;
    expect_marks(&t, "2025-10-16", "e-");
}

static void test_before_after(void **state) {
    (void)state;
    bf_day d;
    struct bf_period five = {BF_UNIT_WORKING_DAYS, 5}, ten = {BF_UNIT_DAYS, 10},
                     month = {BF_UNIT_MONTHS, 1};
    assert_int_equal(bf_period_after(cn, &plain, five, day("2025-09-29"), &d), BF_DAYS_CERTAIN);
    assert_string_equal(show(d), "2025-10-13");
    /* From the 12th: 13, 14, 15, 16, 17. From the 13th it would end on the 20th. */
    assert_int_equal(bf_period_before(cn, &plain, five, day("2025-10-19"), &d), BF_DAYS_CERTAIN);
    assert_string_equal(show(d), "2025-10-12");
    /* Sunday 19 October: 10 days must end by Friday 17, since Saturday rolls to the 20th. */
    assert_int_equal(bf_period_before(cn, &plain, ten, day("2025-10-19"), &d), BF_DAYS_CERTAIN);
    assert_string_equal(show(d), "2025-10-07");
    /* All starts from 28 to 31 January 2025 end on 28 February. */
    assert_int_equal(bf_period_before(cn, &plain, month, day("2025-02-28"), &d), BF_DAYS_CERTAIN);
    assert_string_equal(show(d), "2025-01-31");
    const struct {
        const char *from, *to;
        struct bf_period by;
        bool back;
    } moved[] = {
        {"2025-11-06", "2025-11-09", {BF_UNIT_DAYS, 3}, false}, /* a Sunday */
        {"2025-11-09", "2025-11-06", {BF_UNIT_DAYS, 3}, true},
        {"2025-09-30", "2025-10-09", {BF_UNIT_WORKING_DAYS, 1}, false}, /* behind National Day */
        {"2025-10-09", "2025-09-30", {BF_UNIT_WORKING_DAYS, 1}, true},
        {"2024-01-31", "2024-02-29", {BF_UNIT_MONTHS, 1}, false},
        {"2025-03-31", "2025-02-28", {BF_UNIT_MONTHS, 1}, true},
    };
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        assert_int_equal(bf_day_moved(cn, moved[i].by, day(moved[i].from), moved[i].back, &d),
                         BF_DAYS_CERTAIN);
        assert_string_equal(show(d), moved[i].to);
    }
    struct bf_period hour = {BF_UNIT_HOURS, 1};
    assert_int_equal(bf_day_moved(cn, hour, 0, false, &d), BF_DAYS_RANGE);
    assert_int_equal(bf_period_after(cn, &plain, hour, 0, &d), BF_DAYS_RANGE);
    assert_int_equal(bf_workday(cn, day("2025-10-03"), &d), BF_DAYS_CERTAIN);
    assert_string_equal(show(d), "2025-10-09");
    assert_int_equal(bf_next_workday(cn, day("2025-10-09"), &d), BF_DAYS_CERTAIN);
    assert_string_equal(show(d), "2025-10-10");
    int64_t n;
    assert_int_equal(bf_working_days_between(cn, day("2025-09-29"), day("2025-10-13"), &n),
                     BF_DAYS_CERTAIN);
    assert_int_equal(n, 5);
}

/* The calendar's still days, against a count day by day: 1. a day counts if it is behind the event's, not still, not paused,
** and (of working days) worked; 2. months end on their namesake, moved on by such days before the end; 3. rolling goes on to
** the next working day that is neither. */
static bool is_still(bf_day d) {
    static const char *const ranges[][2] = {
        {"2024-01-01", "2024-01-02"}, {"2024-03-24", "2024-04-07"}, {"2024-07-15", "2024-08-15"},
        {"2024-12-18", "2025-01-02"}, {"2025-04-13", "2025-04-27"}, {"2025-07-15", "2025-08-15"},
        {"2025-12-18", "2026-01-02"}, {"2026-03-29", "2026-04-12"}, {"2026-07-15", "2026-08-15"},
        {"2026-12-18", "2026-12-31"}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (d >= day(ranges[i][0]) && d <= day(ranges[i][1]))
            return true;
    return false;
}

static bf_day count_up(const struct bf_calendar *c, const struct bf_term *t, bool roll) {
    const struct bf_pause *p = t->pauses;
    bf_day d = t->start;
    int64_t left = t->period.count;
    bool working = true, out;
    if (t->period.unit == BF_UNIT_MONTHS) {
        assert_true(bf_day_add_months(t->start, left, &d, NULL));
        left = 0;
        for (bf_day k = t->start + 1; k <= d; k++) /* d moves */
            d += is_still(k) || (t->pause_count && k >= p->from && k <= p->to);
    }
    while (left) {
        d++;
        out = is_still(d) || (t->pause_count && d >= p->from && d <= p->to);
        assert_true(bf_days_known(bf_calendar_is_working(c, d, &working)));
        left -= !out && (working || t->period.unit == BF_UNIT_DAYS);
    }
    bool rest = !bf_days_known(bf_calendar_is_working(c, d, &working)) || !working;
    for (out = true; roll && rest && (!working || out);) {
        d++;
        out = is_still(d) || (t->pause_count && d >= p->from && d <= p->to);
        assert_true(bf_days_known(bf_calendar_is_working(c, d, &working)));
    }
    return d;
}

static void test_standstill(void **state) {
    (void)state;
    struct bf_error e;
    const struct bf_calendar *ch;
    assert_int_equal(bf_calendar_open(arena, BF_STR("ch.bern"), BF_DAY_MAX, &ch, &e), BF_OK);
    const struct bf_count_rule rule = {86400, false, true, 7};
    uint64_t seed = 20261124;
    for (uint32_t i = 0; i < 4000; i++) {
        uint32_t x = (uint32_t)(test_random(&seed) >> 33);
        static const enum bf_unit units[] = {BF_UNIT_DAYS, BF_UNIT_WORKING_DAYS, BF_UNIT_MONTHS};
        bf_day start = day("2024-01-01") + (bf_day)(x % 700),
               from = start + 1 + (bf_day)(x / 700 % 40);
        struct bf_pause pause = {from, from + (bf_day)(x / 28000 % 20), 0, 0};
        struct bf_period period = {units[x / 560000 % 3], 1 + x / 1680000 % 40};
        if (period.unit == BF_UNIT_MONTHS)
            period.count = 1 + period.count % 4;
        struct bf_term t = {.limit = BF_LIMIT_PERIOD,
                            .start = start,
                            .start_at = BF_INSTANT_NONE,
                            .period = period,
                            .pauses = &pause,
                            .pause_count = x & 1};
        struct bf_due due;
        assert_int_equal(bf_term_due(ch, &rule, &t, &due), BF_DAYS_CERTAIN);
        bf_day hand = count_up(ch, &t, period.unit != BF_UNIT_WORKING_DAYS);
        if (due.last != hand)
            fail_msg("from %s, %d of unit %d, pause %d: %s, by hand %s", show(start),
                     (int)period.count, (int)period.unit, (int)t.pause_count, show(due.last),
                     show(hand));
        bf_day last, latest = 0;
        if (t.pause_count)
            continue;
        assert_int_equal(bf_period_after(ch, &rule, period, start, &last), BF_DAYS_CERTAIN);
        assert_int_equal(last, hand);
        bf_day end = hand + (bf_day)(x % 3);
        for (bf_day s = start; s <= end; s++)
            if (bf_days_known(bf_period_after(ch, &rule, period, s, &last)) && last <= end)
                latest = s;
        assert_int_equal(bf_period_before(ch, &rule, period, end, &last), BF_DAYS_CERTAIN);
        if (last != latest)
            fail_msg("%d of unit %d before %s: %s, by hand %s", (int)period.count, (int)period.unit,
                     show(end), show(last), show(latest));
    }
    struct bf_term t = period("2026-12-10", BF_UNIT_DAYS, 30),
                   early = period("2023-12-31", BF_UNIT_DAYS, 3);
    struct bf_due due;
    assert_int_equal(bf_term_due(ch, &rule, &t, &due), BF_DAYS_PROVISIONAL);
    assert_int_equal(bf_term_due(ch, &rule, &early, &due), BF_DAYS_UNKNOWN);
    /* 24 and 25 June; 14 July to 17 August: the still days, and the Saturday and Sunday behind them */
    t = period("2024-07-13", BF_UNIT_DAYS, 1);
    struct marks m = {0};
    assert_int_equal(bf_term_each_day(ch, &rule, &t, day("2024-08-20"), collect, &m),
                     BF_DAYS_CERTAIN);
    assert_string_equal(m.text, "e1ssssssssssssssssssssssssssssssss>|");
}

/* Who asks why a date moved is told of still days, where the policy heeds them. */
static void test_still_days_told(void **state) {
    (void)state;
    static const char text[] =
        "banfa calendar 1\nname x\nweekend saturday sunday\noffset +00:00\nfrom 2025-01-01\n"
        "notice A of 2024-12-01 announces 2025\n"
        "notice B of 2025-02-01 amends 2025\nstill 2025-03-03 Recess\n";
    const struct bf_calendar *old, *now;
    struct bf_error e;
    assert_int_equal(
        bf_calendar_load(arena, BF_STR("x"), text, sizeof text - 1, day("2025-01-31"), &old, &e),
        BF_OK);
    assert_int_equal(
        bf_calendar_load(arena, BF_STR("x"), text, sizeof text - 1, BF_DAY_MAX, &now, &e), BF_OK);
    struct bf_image m = {.policy.still = 1u << BF_UNIT_DAYS};
    struct bf_words w = {arena, &m, now, BF_LANG_EN};
    bf_str told = bf_words_calendar_change(&w, old, day("2025-03-04"), day("2025-03-05"));
    assert_true(bf_str_eq(told, BF_STR("limits stand still on 2025-03-03 Mon")));
    m.policy.still = 0;
    assert_int_equal(bf_words_calendar_change(&w, old, day("2025-03-04"), day("2025-03-05")).len,
                     0);
}

/* Absurd numbers are out of range, never undefined. */
static void test_absurd(void **state) {
    (void)state;
    static const int64_t numbers[] = {INT64_MIN,     -1,       0, 1, 4000000, INT64_C(1) << 40,
                                      INT64_MAX - 1, INT64_MAX};
    static const bf_day days[] = {INT32_MIN, INT32_MIN + 1, BF_DAY_MIN - 1, BF_DAY_MIN, 0,
                                  17600,     BF_DAY_MAX,    BF_DAY_MAX + 1, INT32_MAX};
    enum { N = sizeof numbers / sizeof *numbers, D = sizeof days / sizeof *days };
    for (int i = 0; i < N * N * D * D * 4 * 2; i++) {
        int64_t a = numbers[i % N], b = numbers[i / N % N];
        bf_day s = days[i / (N * N) % D], p = days[i / (N * N * D) % D];
        enum bf_unit unit = (enum bf_unit)(i / (N * N * D * D) % 4);
        struct bf_count_rule rule = {86400, i / (N * N * D * D * 4) != 0, true, 7};
        struct bf_period more = {unit, b};
        struct bf_pause pause = {p, p == BF_DAY_NONE ? 0 : p, a, b};
        struct bf_term t = {.limit = BF_LIMIT_PERIOD,
                            .start = s,
                            .start_at = b,
                            .period = {unit, a},
                            .date = p,
                            .extensions = &more,
                            .extension_count = i % 3 != 0,
                            .pauses = &pause,
                            .pause_count = i % 5 != 0};
        struct bf_due due = {.last = 0};
        int64_t n;
        bf_day d;
        if (bf_days_known(bf_term_due(cn, &rule, &t, &due)) && due.kind == BF_DUE_DAY)
            assert_true(bf_day_ok(due.last));
        bf_term_units_to(cn, &rule, &t, p, &n);
        t.limit = BF_LIMIT_DATE;
        if (bf_days_known(bf_term_due(cn, &rule, &t, &due)) && due.kind == BF_DUE_DAY)
            assert_true(bf_day_ok(due.last));
        if (bf_days_known(bf_period_before(cn, &rule, t.period, s, &d)))
            assert_true(bf_day_ok(d));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),        cmocka_unit_test(test_extension),
        cmocka_unit_test(test_pauses),       cmocka_unit_test(test_hours),
        cmocka_unit_test(test_day_ends),     cmocka_unit_test(test_provisional),
        cmocka_unit_test(test_units_to),     cmocka_unit_test(test_each_day),
        cmocka_unit_test(test_before_after), cmocka_unit_test(test_absurd),
        cmocka_unit_test(test_standstill),   cmocka_unit_test(test_still_days_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
