/* Calendar starts: the days found one by one, each looked at by itself, against those that are computed. */
#include "engine/core/starts.h"

#include "tests/unit/test.h"

static struct bf_arena *arena;
static const struct bf_calendar *cn;

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

/* Is the day one of the start's? Counted from the first day in force, day after day. */
static bool is_one(const struct bf_i_start *s, bf_day force, bf_day d) {
    struct bf_civil c = bf_day_civil(d), f = bf_day_civil(force);
    int64_t n = s->every_count, passed = 0;
    int last = bf_month_length(c.year, c.month);
    if (s->every == BF_EVERY_YEAR)
        return d >= force && c.month == n / 100 &&
               (c.day == n % 100 || (c.day == last && n % 100 > last));
    if (d <= force)
        return false;
    if (s->every_unit == BF_UNIT_MONTHS)
        return ((c.year - f.year) * 12 + c.month - f.month) % n == 0 &&
               (c.day == f.day || (c.day == last && f.day > last));
    for (bf_day x = force + 1; x <= d; x++) {
        bool working = true;
        if (s->every_unit == BF_UNIT_WORKING_DAYS)
            assert_int_equal(bf_calendar_is_working(cn, x, &working), BF_DAYS_CERTAIN);
        passed += working;
        if (x == d && !working)
            return false;
    }
    return passed % n == 0;
}

/* All instants from the first to the last known, in order; then none. */
static void follows(struct bf_i_start s, const char *force, const char *to, uint32_t day_ends) {
    struct bf_image m = {.start = &s, .start_count = 1};
    bf_instant after = BF_INSTANT_NONE, at;
    m.policy.force_from = day(force);
    m.policy.force_to = day(to);
    m.policy.day_ends = day_ends;
    for (bf_day d = m.policy.force_from; d <= m.policy.force_to; d++) {
        if (!is_one(&s, m.policy.force_from, d))
            continue;
        bf_instant begins = bf_calendar_day_end(cn, d - 1, (int32_t)day_ends);
        assert_true(bf_start_next(&m, cn, 0, after, &at));
        assert_int_equal(at, begins);
        assert_true(bf_start_falls(&m, cn, 0, at));
        assert_false(bf_start_falls(&m, cn, 0, at + 1));
        assert_int_equal(bf_calendar_day_of(cn, at, (int32_t)day_ends), d);
        assert_true(bf_start_next(&m, cn, 0, at - 1,
                                  &at)); /* what falls at the instant comes after the one before */
        assert_int_equal(at, begins);
        after = at;
    }
    assert_false(bf_start_next(&m, cn, 0, after, &at));
}

static void days_one_by_one(void **state) {
    (void)state;
    static const char *const force[] = {"2019-01-01", "2020-02-29", "2020-03-31", "2021-12-31"};
    static const uint32_t ends[] = {86400, 63000};
    for (size_t f = 0; f < 4; f++)
        for (size_t e = 0; e < 2; e++) {
            struct bf_i_start year = {.every = BF_EVERY_YEAR}, each = {.every = BF_EVERY_PERIOD};
            static const uint32_t dates[] = {101, 228, 229, 331, 1231};
            for (size_t i = 0; i < 5; i++) {
                year.every_count = dates[i];
                follows(year, force[f], "2025-12-31", ends[e]);
            }
            for (uint32_t unit = BF_UNIT_WORKING_DAYS; unit < BF_UNIT_HOURS; unit++)
                for (uint32_t n = 1; n <= 31; n += 5) {
                    each.every_unit = unit;
                    each.every_count = n;
                    follows(each, force[f], "2024-12-31", ends[e]);
                }
        }
}

/* Working days nobody has announced yet start nothing; days that need no calendar do. */
static void past_the_horizon(void **state) {
    (void)state;
    bf_day horizon = bf_calendar_horizon(cn);
    struct bf_i_start s = {
        .every = BF_EVERY_PERIOD, .every_count = 5, .every_unit = BF_UNIT_WORKING_DAYS};
    struct bf_image m = {.start = &s, .start_count = 1};
    bf_instant at, after = bf_calendar_day_end(cn, horizon, 86400);
    m.policy.force_from = day("2020-01-01");
    m.policy.force_to = INT32_MAX;
    m.policy.day_ends = 86400;
    assert_false(bf_start_next(&m, cn, 0, after, &at));
    assert_false(bf_starts_next(&m, cn, after, &at));
    s.every_unit = BF_UNIT_DAYS;
    assert_true(bf_starts_next(&m, cn, after, &at));
    m.policy.force_from = INT32_MIN; /* no first day: nothing to count from */
    assert_false(bf_starts_next(&m, cn, after, &at));
}

/* Near the end of all days nothing overflows. */
static void the_last_days(void **state) {
    (void)state;
    bf_instant at, after = bf_calendar_day_end(cn, day("9998-06-30"), 86400);
    struct bf_i_start s = {.every = BF_EVERY_PERIOD, .every_count = INT32_MAX};
    struct bf_image m = {.start = &s, .start_count = 1};
    m.policy.force_from = day("2020-01-01");
    m.policy.force_to = INT32_MAX;
    m.policy.day_ends = 86400;
    for (uint32_t unit = BF_UNIT_WORKING_DAYS; unit < BF_UNIT_HOURS; unit++) {
        s.every_unit = unit;
        assert_false(bf_start_next(&m, cn, 0, after, &at));
    }
    s = (struct bf_i_start){.every = BF_EVERY_YEAR, .every_count = 101};
    assert_true(bf_start_next(&m, cn, 0, after, &at));
    assert_false(bf_start_next(&m, cn, 0, at, &at));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_one_by_one),
        cmocka_unit_test(past_the_horizon),
        cmocka_unit_test(the_last_days),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
