/* Civil days: known days, and every day of years 1 to 9999 there and back. */
#include "lang/base/date.h"

#include "tests/unit/test.h"

static bf_day day(const char *z) {
    bf_day d;
    assert_true(bf_day_parse(bf_str_of(z), &d));
    return d;
}

static void test_known_days(void **state) {
    (void)state;
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day("0001-01-01"), BF_DAY_MIN);
    assert_int_equal(day("9999-12-31"), BF_DAY_MAX);
    assert_int_equal(day("2000-03-01"), 11017); /* 30 years, 7 leap days, 31 + 29 days */
    assert_int_equal(bf_day_weekday(0), 4);
    assert_int_equal(bf_day_weekday(day("2025-10-11")), 6);
    assert_int_equal(bf_day_weekday(BF_DAY_MIN), 1);
}

/* A second count, day by day, of all of them. */
static void test_every_day(void **state) {
    (void)state;
    int y = 1, m = 1, d = 1, weekday = 1;
    for (bf_day n = BF_DAY_MIN; n <= BF_DAY_MAX; n++) {
        struct bf_civil c = bf_day_civil(n);
        assert_true(c.year == y && c.month == m && c.day == d);
        assert_int_equal(bf_day_from_civil(y, m, d), n);
        assert_int_equal(bf_day_weekday(n), weekday);
        weekday = weekday % 7 + 1;
        int feb = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0 ? 29 : 28;
        int len = m == 2 ? feb : m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
        if (d++ == len) {
            d = 1;
            if (m++ == 12) {
                m = 1;
                y++;
            }
        }
    }
    assert_int_equal(y, 10000);
}

static void test_parse(void **state) {
    (void)state;
    static const char *const bad[] = {"",           "2025-9-29",   "2025-02-29", "2025-00-01",
                                      "2025-13-01", "2025-01-00",  "2025-04-31", "0000-01-01",
                                      "2025/01/01", "2025-01-011", "+025-01-01", "２025-01"};
    bf_day d;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(bf_day_parse(bf_str_of(bad[i]), &d));
    char out[BF_DAY_TEXT];
    assert_string_equal(bf_day_print(day("2024-02-29"), out), "2024-02-29");
    assert_string_equal(bf_day_print(day("0012-03-04"), out), "0012-03-04");
}

static void test_months(void **state) {
    (void)state;
    static const struct {
        const char *from;
        int months;
        const char *to; /* NULL: out of range */
        bool clamped;
    } t[] = {
        {"2025-01-31", 1, "2025-02-28", true},
        {"2024-01-31", 1, "2024-02-29", true},
        {"2025-01-28", 1, "2025-02-28", false},
        {"2025-03-31", -1, "2025-02-28", true},
        {"2025-11-30", 3, "2026-02-28", true},
        {"2025-12-15", 1, "2026-01-15", false},
        {"2025-01-15", -1, "2024-12-15", false},
        {"2024-02-29", 12, "2025-02-28", true},
        {"2024-02-29", 48, "2028-02-29", false},
        {"9999-12-01", 1, NULL, false},
        {"0001-01-31", -1, NULL, false},
        {"2025-01-01", 0, "2025-01-01", false},
        /* Dodds v Walker [1981] 1 WLR 1027: four months from a notice of 30 September 1978 ended on 30 January,
           and an application of the 31st was a day late. */
        {"1978-09-30", 4, "1979-01-30", false},
        /* Regulation 1182/71, article 3(2)(c); Civil Code (China) 202; BGB 188(2) and (3): the same date, or the
           last day of a month without it. So from the end of February no end of March. */
        {"1999-12-31", 2, "2000-02-29", true},
        {"2000-01-31", 1, "2000-02-29", true},
        {"1900-01-31", 1, "1900-02-28", true},
        {"2025-02-28", 1, "2025-03-28", false},
        {"2025-05-31", 1, "2025-06-30", true},
        {"2025-08-31", 6, "2026-02-28", true},
        {"2023-08-31", 6, "2024-02-29", true},
        {"2024-02-29", 36, "2027-02-28", true},
        /* As python-dateutil's documentation has it of relativedelta, and Java's of LocalDate.plusMonths. */
        {"2003-01-31", 1, "2003-02-28", true},
        {"2003-01-27", 1, "2003-02-27", false},
        {"2000-02-28", 12, "2001-02-28", false},
        {"1999-02-28", 12, "2000-02-28", false},
        {"2000-02-29", 12, "2001-02-28", true},
        {"2000-02-29", -12, "1999-02-28", true},
        {"2007-03-31", 1, "2007-04-30", true},
        {"2008-02-29", 12, "2009-02-28", true},
        {"2007-03-31", -1, "2007-02-28", true},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        bf_day d;
        bool clamped;
        bool ok = bf_day_add_months(day(t[i].from), t[i].months, &d, &clamped);
        assert_int_equal(ok, t[i].to != NULL);
        if (!ok)
            continue;
        assert_int_equal(d, day(t[i].to));
        assert_int_equal(clamped, t[i].clamped);
    }
    bf_day d;
    assert_false(bf_day_add_months(0, INT64_MAX, &d, NULL));
    assert_false(bf_day_add_months(0, INT64_MIN, &d, NULL));
}

static void test_clock(void **state) {
    (void)state;
    int32_t s;
    assert_true(bf_clock_parse(BF_STR("17:30"), &s) && s == 63000);
    assert_true(bf_clock_parse(BF_STR("24:00"), &s) && s == 86400);
    assert_true(bf_clock_parse(BF_STR("00:00:01"), &s) && s == 1);
    assert_false(bf_clock_parse(BF_STR("24:00:01"), &s));
    assert_false(bf_clock_parse(BF_STR("7:30"), &s));
    assert_false(bf_clock_parse(BF_STR("07:60"), &s));
    char out[BF_INSTANT_TEXT];
    assert_string_equal(bf_instant_print(0, 8 * 3600, out), "1970-01-01T08:00:00+08:00");
    assert_string_equal(bf_instant_print(-1, -5400, out), "1969-12-31T22:29:59-01:30");
    assert_string_equal(bf_instant_print(INT64_MAX, 64800, out), "?");
    assert_string_equal(bf_instant_print(INT64_MIN, -64800, out), "?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_days), cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_parse),      cmocka_unit_test(test_months),
        cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
