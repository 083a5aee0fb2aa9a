/* fuzz_calendar: any bytes are a calendar or an error that names a line; and whatever calendar they
** are, its sums agree with its days and its clocks with themselves. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "engine/core/calendar.h"

static int64_t rank_step(const struct bf_calendar *c, bf_day day) {
    bool working = false;
    int64_t n = -1;
    enum bf_days r = bf_calendar_is_working(c, day, &working);
    struct bf_day_reason why;
    FUZZ_CHECK(bf_calendar_reason(c, day, &why) == r);
    if (!bf_days_known(r))
        return 0;
    FUZZ_CHECK(why.working == working);
    if (bf_day_ok((int64_t)day - 1)) {
        FUZZ_CHECK(bf_calendar_count(c, day - 1, day, &n) == r);
        FUZZ_CHECK(n == working);
    }
    return working;
}

/* Walks days one by one and compares with what is summed up. */
static void check_days(const struct bf_calendar *c, bf_day from, int days) {
    int64_t walked = 0, counted;
    bf_day to;
    for (int i = 1; i <= days && bf_day_ok((int64_t)from + i); i++) {
        int64_t step = rank_step(c, from + i);
        walked += step;
        if (!bf_day_ok(from) || !step)
            continue;
        FUZZ_CHECK(bf_days_known(bf_calendar_count(c, from, from + i, &counted)));
        FUZZ_CHECK(counted == walked);
        FUZZ_CHECK(bf_days_known(bf_calendar_after(c, from, walked, &to)) && to == from + i);
        if (bf_day_ok((int64_t)from + i + 1) && walked == 1)
            FUZZ_CHECK(bf_days_known(bf_calendar_before(c, from + i + 1, 1, &to)) &&
                       to == from + i);
    }
}

static void check_clock(const struct bf_calendar *c, bf_day day) {
    static const int32_t ends[] = {1, 5400, 63000, 86400};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        bf_instant end = bf_calendar_day_end(c, day, ends[i]);
        FUZZ_CHECK(bf_calendar_day_end(c, day + 1, ends[i]) >= end);
        FUZZ_CHECK(bf_calendar_day_of(c, end - 1, ends[i]) <= day);
        FUZZ_CHECK(bf_calendar_day_of(c, end, ends[i]) > day);
    }
}

static void check_load(const void *data, size_t size, bf_day known_on) {
    struct bf_arena *arena = bf_arena_new(0);
    const struct bf_calendar *c = NULL;
    struct bf_error e = {.code = BF_OK, .text = ""};
    FUZZ_CHECK(arena);
    enum bf_err err = bf_calendar_load(arena, BF_STR("t"), data, size, known_on, &c, &e);
    FUZZ_CHECK((err == BF_OK) == (c != NULL));
    if (err) {
        FUZZ_CHECK(err == BF_EFORMAT && strstr(e.text, ", line "));
        FUZZ_CHECK(bf_utf8_check(e.text, strlen(e.text)) == strlen(e.text));
    } else {
        bf_day first = bf_calendar_first(c), horizon = bf_calendar_horizon(c);
        bf_day to;
        FUZZ_CHECK(bf_calendar_after(c, first - 2, 1, &to) >= BF_DAYS_UNKNOWN);
        check_days(c, first - 1, 60);
        check_days(c, horizon - 20 < first - 1 ? first - 1 : horizon - 20, 60);
        check_clock(c, first);
        check_clock(c, horizon);
        check_clock(c, 17614);
    }
    bf_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 16)
        return 0;
    check_load(data, size, BF_DAY_MAX);
    check_load(data, size, 17500);
    return 0;
}
