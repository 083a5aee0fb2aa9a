/* bench_due: the due date of a duty of working days, against a hand-written lookup in prefix sums
** over the same years. Both are called the same way, through a pointer, and each result is the start
** of the next query, so that it is latency that counts, as in a chain of duties. */
#include <stdio.h>

#include "engine/core/term.h"
#include "tests/bench/bench.h"

enum { CALLS = 4000000, DAYS = 9 * 366 };

static const struct bf_calendar *cn;
static const struct bf_count_rule rule = {86400, false, true, 0};
static bf_day first, turn;

/* ---- by hand ---- */
static uint16_t rank[DAYS + 1], nth[DAYS + 1];

static __attribute__((noinline)) bf_day lookup(bf_day from, int64_t n) {
    return first + nth[rank[from - first] + n];
}

static void fill_tables(bf_day horizon) {
    bool working = false;
    for (bf_day d = first; d <= horizon; d++) {
        bf_calendar_is_working(cn, d, &working);
        uint16_t before = d > first ? rank[d - first - 1] : 0;
        rank[d - first] = (uint16_t)(before + working);
        if (working)
            nth[rank[d - first]] = (uint16_t)(d - first);
    }
}

/* ---- the ledger ---- */
static __attribute__((noinline)) bf_day due_day(bf_day from, int64_t n) {
    struct bf_term term = {.limit = BF_LIMIT_PERIOD,
                           .start = from,
                           .start_at = BF_INSTANT_NONE,
                           .period = {BF_UNIT_WORKING_DAYS, n}};
    struct bf_due due;
    if (bf_term_due(cn, &rule, &term, &due) != BF_DAYS_CERTAIN)
        return turn;
    bench_keep((uint64_t)due.at);
    return due.last;
}

/* ---- the calendar alone ---- */
static __attribute__((noinline)) bf_day calendar_day(bf_day from, int64_t n) {
    bf_day last = turn;
    bf_calendar_after(cn, from, n, &last);
    return last;
}

struct side {
    bf_day (*call)(bf_day from, int64_t n);
    bf_day end;
};

static void run(void *ctx) {
    struct side *side = ctx;
    bf_day (*volatile chosen)(bf_day, int64_t) = side->call;
    bf_day (*call)(bf_day, int64_t) = chosen;
    bf_day day = first;
    for (int i = 0; i < CALLS; i++) {
        day = call(day, 1 + i % 60);
        if (day >= turn) /* near the horizon: start anew */
            day = first + (day & 7);
    }
    side->end = day;
    bench_keep((uint64_t)day);
}

static bool judge(const char *title, const char *name, struct side *subject, struct side *bare) {
    struct bench_side ours = {name, run, subject, CALLS};
    struct bench_side hand = {"prefix sums by hand", run, bare, CALLS};
    struct bench_result r = bench_compare(&ours, &hand, 15);
    if (subject->end != bare->end) {
        fprintf(stderr, "bench_due: %s and the lookup by hand disagree\n", name);
        return false;
    }
    return bench_time_at_most(title, "query", &r, 3.0);
}

int main(void) {
    struct bf_arena *arena = bf_arena_new(0);
    struct bf_error e;
    if (!arena || bf_calendar_open(arena, BF_STR("cn.workdays"), BF_DAY_MAX, &cn, &e) != BF_OK) {
        fprintf(stderr, "bench_due: %s\n", arena ? e.text : "out of memory");
        return 2;
    }
    first = bf_calendar_first(cn);
    turn = bf_calendar_horizon(cn) - 100;
    fill_tables(bf_calendar_horizon(cn));
    struct side bare = {lookup, 0}, ledger = {due_day, 0}, calendar = {calendar_day, 0};
    bool ok = judge("due, a duty of working days", "bf_term_due", &ledger, &bare);
    ok &= judge("due, the calendar alone", "bf_calendar_after", &calendar, &bare);
    bf_arena_free(arena);
    return ok ? 0 : 1;
}
