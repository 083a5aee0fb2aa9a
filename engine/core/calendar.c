/* Working days as ordinals.
**
** Every day of the proleptic calendar has a rank: how many working days there are from an epoch
** through it. Within the table (the years that notices announced) ranks are read from prefix sums,
** outside they follow from the week. So `the n-th working day after d` is the day whose rank is
** rank(d) + n, on either side of the table's edges.
*/
#include "engine/core/calendar.h"

#include <string.h>

#include "engine/core/calendar_data.h"
#include "lang/base/assert.h"

/* ---- the week ---- */
/* Working days by the weekend rule from Monday 0001-01-01 minus 7 days through `day`. */
static int64_t week_rank(const struct bf_calendar *c, int64_t day) {
    int64_t n = day - BF_DAY_MIN + 7; /* 0001-01-01 was a Monday */
    int64_t weeks = n / 7, rest = n % 7;
    if (rest < 0) {
        rest += 7;
        weeks--;
    }
    return weeks * c->week_working + c->week_through[rest];
}

/* The working day of that rank by the weekend rule. */
static int64_t week_day(const struct bf_calendar *c, int64_t rank) {
    int64_t weeks = (rank - 1) / c->week_working, nth = (rank - 1) % c->week_working;
    if (nth < 0) {
        nth += c->week_working;
        weeks--;
    }
    return weeks * 7 + c->week_nth[nth] + BF_DAY_MIN - 7;
}

/* ---- all days ---- */
/* edge is the day before the table's first; rank 0 is its. */
static int64_t rank_of(const struct bf_calendar *c, int64_t day) {
    int64_t i = day - c->edge;
    if (i < 0)
        return week_rank(c, day) - c->edge_rank;
    if (i <= c->span)
        return c->rank[i];
    return c->rank[c->span] + week_rank(c, day) - week_rank(c, (int64_t)c->edge + c->span);
}

static int64_t day_of_rank(const struct bf_calendar *c, int64_t rank) {
    if (rank < 1)
        return week_day(c, rank + c->edge_rank);
    if (rank <= c->total)
        return (int64_t)c->edge + c->nth[rank];
    return week_day(c, rank - c->total + week_rank(c, (int64_t)c->edge + c->span));
}

static enum bf_days reach(const struct bf_calendar *c, bf_day first, bf_day last) {
    if (!bf_day_ok(first) || !bf_day_ok(last))
        return BF_DAYS_RANGE;
    if (first < c->first)
        return BF_DAYS_UNKNOWN;
    return last > c->horizon ? BF_DAYS_PROVISIONAL : BF_DAYS_CERTAIN;
}

enum bf_days bf_calendar_is_working(const struct bf_calendar *c, bf_day day, bool *working) {
    enum bf_days r = reach(c, day, day);
    if (bf_days_known(r))
        *working = rank_of(c, day) > rank_of(c, (int64_t)day - 1);
    return r;
}

#define COUNT_MAX 4000000 /* more than there are days */

/* The far cases of bf_calendar_after, kept out of its short path. */
static enum bf_days after_slow(const struct bf_calendar *c, bf_day day, int64_t n, bf_day *out) {
    if (!bf_day_ok(day) || n < 0 || n > COUNT_MAX)
        return BF_DAYS_RANGE;
    if (n == 0) {
        *out = day;
        return BF_DAYS_CERTAIN;
    }
    if ((int64_t)day + 1 < c->first)
        return BF_DAYS_UNKNOWN;
    int64_t to = day_of_rank(c, rank_of(c, day) + n);
    if (!bf_day_ok(to))
        return BF_DAYS_RANGE;
    *out = (bf_day)to;
    return to > c->horizon ? BF_DAYS_PROVISIONAL : BF_DAYS_CERTAIN;
}

enum bf_days bf_calendar_after(const struct bf_calendar *c, bf_day day, int64_t n, bf_day *out) {
    return bf_calendar_after_fast(c, day, n, out) ? BF_DAYS_CERTAIN : after_slow(c, day, n, out);
}

enum bf_days bf_calendar_before(const struct bf_calendar *c, bf_day day, int64_t n, bf_day *out) {
    if (!bf_day_ok(day) || n < 0 || n > COUNT_MAX)
        return BF_DAYS_RANGE;
    if (n == 0) {
        *out = day;
        return BF_DAYS_CERTAIN;
    }
    int64_t yesterday = (int64_t)day - 1, to = day_of_rank(c, rank_of(c, yesterday) - n + 1);
    if (to < c->first)
        return to < BF_DAY_MIN ? BF_DAYS_RANGE : BF_DAYS_UNKNOWN;
    *out = (bf_day)to;
    return yesterday > c->horizon ? BF_DAYS_PROVISIONAL : BF_DAYS_CERTAIN;
}

enum bf_days bf_calendar_roll(const struct bf_calendar *c, bf_day day, bf_day *out) {
    if (!bf_day_ok(day))
        return BF_DAYS_RANGE;
    int64_t to = day_of_rank(c, rank_of(c, (int64_t)day - 1) + 1);
    enum bf_days r = to > BF_DAY_MAX ? BF_DAYS_RANGE : reach(c, day, (bf_day)to);
    if (bf_days_known(r))
        *out = (bf_day)to;
    return r;
}

enum bf_days bf_calendar_roll_back(const struct bf_calendar *c, bf_day day, bf_day *out) {
    if (!bf_day_ok(day))
        return BF_DAYS_RANGE;
    int64_t to = day_of_rank(c, rank_of(c, day));
    enum bf_days r = to < BF_DAY_MIN ? BF_DAYS_RANGE : reach(c, (bf_day)to, day);
    if (bf_days_known(r))
        *out = (bf_day)to;
    return r;
}

enum bf_days bf_calendar_count(const struct bf_calendar *c, bf_day a, bf_day b, int64_t *n) {
    if (!bf_day_ok(a) || !bf_day_ok(b))
        return BF_DAYS_RANGE;
    if (a == b) {
        *n = 0;
        return BF_DAYS_CERTAIN;
    }
    enum bf_days r = reach(c, a < b ? a + 1 : b + 1, a < b ? b : a);
    if (bf_days_known(r))
        *n = rank_of(c, b) - rank_of(c, a);
    return r;
}

enum bf_days bf_calendar_reason(const struct bf_calendar *c, bf_day day,
                                struct bf_day_reason *out) {
    bool working = false;
    enum bf_days r = bf_calendar_is_working(c, day, &working);
    if (!bf_days_known(r))
        return r;
    *out = (struct bf_day_reason){.working = working};
    int64_t i = (int64_t)day - c->edge;
    if (i >= 1 && i <= c->span && c->set_by[i]) {
        const struct bf_calendar_line *line = &c->lines[c->set_by[i] - 1];
        out->set = true;
        out->name = line->name;
        out->notice = c->notices[line->notice].cite;
    }
    return r;
}

uint32_t bf_calendar_still_from(const struct bf_calendar *c, bf_day day) {
    uint32_t lo = 0, hi = c->still_count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->still[mid].last < day)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool bf_calendar_is_still(const struct bf_calendar *c, bf_day day) {
    uint32_t i = bf_calendar_still_from(c, day);
    return i < c->still_count && c->still[i].first <= day;
}

/* ---- clock ---- */
/* The index of the offset in force at an instant: the last whose `from` is not after it. */
static uint32_t offset_index(const struct bf_calendar *c, bf_instant at) {
    uint32_t lo = 0, hi = c->offset_count;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->offsets[mid].from <= at)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

int32_t bf_calendar_offset(const struct bf_calendar *c, bf_instant at) {
    return c->offsets[offset_index(c, at)].seconds;
}

/* The first instant at which clocks have reached a local time, given as if it were UTC. */
static bf_instant first_reached(const struct bf_calendar *c, int64_t local) {
    /* An offset holds local times up to its end; ends grow, since changes are days apart. */
    uint32_t lo = 0, hi = c->offset_count - 1;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (local - c->offsets[mid].seconds < c->offsets[mid + 1].from)
            hi = mid;
        else
            lo = mid + 1;
    }
    bf_instant at = local - c->offsets[lo].seconds;
    return lo > 0 && at < c->offsets[lo].from ? c->offsets[lo].from : at;
}

bf_instant bf_calendar_instant(const struct bf_calendar *c, bf_day day, int32_t seconds) {
    return first_reached(c, (int64_t)day * BF_DAY_SECONDS + seconds);
}

bf_instant bf_calendar_day_end(const struct bf_calendar *c, bf_day day, int32_t day_ends) {
    return bf_calendar_instant(c, day, day_ends);
}

void bf_calendar_local(const struct bf_calendar *c, bf_instant at, bf_day *day, int32_t *seconds) {
    const int64_t edge = (int64_t)(BF_DAY_MAX + 2) * BF_DAY_SECONDS;
    at = at > edge ? edge : at < -edge ? -edge : at; /* beyond all years; keeps sums in range */
    int64_t local = at + bf_calendar_offset(c, at), d = local / BF_DAY_SECONDS;
    int64_t s = local % BF_DAY_SECONDS;
    if (s < 0) {
        s += BF_DAY_SECONDS;
        d--;
    }
    *day = (bf_day)d;
    *seconds = (int32_t)s;
}

bf_day bf_calendar_day_of(const struct bf_calendar *c, bf_instant at, int32_t day_ends) {
    bf_day day;
    int32_t seconds;
    bf_calendar_local(c, at, &day, &seconds);
    if (seconds >= day_ends)
        day++;
    /* Clocks put back over the day's end do not reopen it. */
    return at >= bf_calendar_day_end(c, day, day_ends) ? day + 1 : day;
}

/* ---- names ---- */
bf_str bf_calendar_name(const struct bf_calendar *c) { return c->name; }
const uint8_t *bf_calendar_hash(const struct bf_calendar *c) { return c->hash; }

bf_str bf_calendar_bytes(const struct bf_calendar *c) { return c->bytes; }
bf_day bf_calendar_first(const struct bf_calendar *c) { return c->first; }
bf_day bf_calendar_horizon(const struct bf_calendar *c) { return c->horizon; }
bf_day bf_calendar_known_on(const struct bf_calendar *c) { return c->known_on; }
