/* Deriving the due date from the ledger.
**
** All terms end alike: an end without pauses, moved on by what pauses took away, then rolled. A
** period of days or working days counts its way there; months and dates know their end and are
** moved in whole days; hours are moved in seconds.
*/
#include "engine/core/term.h"

#include "engine/core/calendar_data.h"
#include "lang/base/assert.h"

#define COUNT_MAX (INT64_C(1) << 40) /* sums of a few such stay far from overflow */
#define HOUR_SECONDS 3600

/* Where a term ends: unrolled is the last day its period needs. */
struct end {
    bf_day unrolled, last;
    bf_instant at; /* Hours: the end itself */
};

static bool counts_days(enum bf_unit u) { return u == BF_UNIT_WORKING_DAYS || u == BF_UNIT_DAYS; }

static enum bf_days add_days(bf_day day, int64_t n, bf_day *out) {
    if (n < -COUNT_MAX || n > COUNT_MAX || !bf_day_ok((int64_t)day + n))
        return BF_DAYS_RANGE;
    *out = (bf_day)(day + n);
    return BF_DAYS_CERTAIN;
}

/* The day before the first that may count. */
static int64_t day_before(const struct bf_count_rule *rule, bf_day start) {
    return (int64_t)start - rule->same_day;
}

/* The last of n days, or working days, counted from a start. */
static enum bf_days nth_day(const struct bf_calendar *c, const struct bf_count_rule *rule,
                            enum bf_unit unit, int64_t n, bf_day start, bf_day *out) {
    int64_t before = day_before(rule, start);
    if (!bf_day_ok(before))
        return BF_DAYS_RANGE;
    return unit == BF_UNIT_DAYS ? add_days((bf_day)before, n, out)
                                : bf_calendar_after(c, (bf_day)before, n, out);
}

/* The last day of some months. Counted from the same day they end the day before its namesake,
** except that a month too short ends them with its last day. */
static enum bf_days months_end(const struct bf_count_rule *rule, int64_t months, bf_day start,
                               bf_day *out) {
    bool clamped;
    bf_day day;
    if (!bf_day_add_months(start, months, &day, &clamped))
        return BF_DAYS_RANGE;
    return add_days(day, rule->same_day && !clamped ? -1 : 0, out);
}

/* The last day of a period without pauses, not rolled. */
static enum bf_days period_end(const struct bf_calendar *c, const struct bf_count_rule *rule,
                               enum bf_unit unit, int64_t n, bf_day start, bf_day *out) {
    if (n < 0 || n > COUNT_MAX || !bf_day_ok(start))
        return BF_DAYS_RANGE;
    switch (unit) {
    case BF_UNIT_WORKING_DAYS:
    case BF_UNIT_DAYS: return nth_day(c, rule, unit, n, start, out);
    case BF_UNIT_MONTHS: return months_end(rule, n, start, out);
    case BF_UNIT_HOURS: break;
    }
    return BF_DAYS_RANGE;
}

static bool rolls(const struct bf_count_rule *rule, enum bf_unit unit) {
    return rule->roll && (unit == BF_UNIT_DAYS || unit == BF_UNIT_MONTHS);
}

static enum bf_days worse(enum bf_days a, enum bf_days b) { return a > b ? a : b; }

/* ---- days that do not count ---- */
static bool stands_still(const struct bf_count_rule *rule, const struct bf_term *t) {
    return t->limit == BF_LIMIT_PERIOD && (rule->still >> t->period.unit & 1) != 0;
}

/* The ledger's pauses and, where the unit stands still, the calendar's still days, in the order in which they begin. */
struct gaps {
    const struct bf_term *t;
    const struct bf_calendar *c;
    bf_day after;          /* still days up to this one take nothing off */
    uint32_t pause, still; /* the next of each */
};

static struct gaps gaps_of(const struct bf_calendar *c, const struct bf_count_rule *rule,
                           const struct bf_term *t) {
    struct gaps g = {t, c, (bf_day)day_before(rule, t->start), 0, c->still_count};
    if (stands_still(rule, t))
        g.still = bf_calendar_still_from(c, g.after + 1);
    return g;
}

/* The gap that begins next, which `take` then leaves behind. An unfinished pause is looked at only where a caller asks
** what would be: it has its first day. */
static bool next_gap(struct gaps *g, bf_day *from, bf_day *to, bool take) {
    const struct bf_pause *p = g->pause < g->t->pause_count ? &g->t->pauses[g->pause] : NULL;
    const struct bf_calendar_still *s =
        g->still < g->c->still_count ? &g->c->still[g->still] : NULL;
    bf_day still_from = s && s->first > g->after ? s->first : g->after + 1;
    if (!p && !s)
        return false;
    if (s && (!p || still_from < p->from)) {
        *from = still_from;
        *to = s->last;
        g->still += take;
    } else {
        *from = p->from;
        *to = p->to == BF_DAY_NONE ? p->from : p->to;
        g->pause += take;
    }
    return true;
}

/* Moves an end on by the days that do not count before it was reached; the gaps left begin after it. n is the count of a
** period of days or working days. */
static enum bf_days move_by_gaps(const struct bf_count_rule *rule, struct gaps *g, int64_t n,
                                 bf_day *last) {
    const struct bf_term *t = g->t;
    enum bf_unit unit = t->limit == BF_LIMIT_PERIOD ? t->period.unit : BF_UNIT_MONTHS;
    int64_t covered = counts_days(unit) ? day_before(rule, t->start) : (int64_t)t->start - 1;
    enum bf_days r = BF_DAYS_CERTAIN;
    bf_day from, to;
    while (next_gap(g, &from, &to, false) && from <= *last) {
        int64_t lost;
        (void)next_gap(g, &from, &to, true);
        if (from <= covered) /* two gaps that touch a day take it off once */
            from = (bf_day)(covered + 1);
        if (to < from || from > *last)
            continue;
        covered = to;
        if (!bf_day_ok(from) || !bf_day_ok(to))
            return BF_DAYS_RANGE;
        lost = (int64_t)to - from + 1;
        if (unit == BF_UNIT_WORKING_DAYS &&
            (r = bf_calendar_count(g->c, from > BF_DAY_MIN ? from - 1 : from, to, &lost)) >
                BF_DAYS_PROVISIONAL)
            return r;
        n += lost;
        r = counts_days(unit) ? nth_day(g->c, rule, unit, n, t->start, last)
                              : add_days(*last, lost, last);
        if (!bf_days_known(r))
            return r;
    }
    return r;
}

/* The next working day the term ran through the whole of, if its last day is a rest day. */
static enum bf_days roll_end(struct gaps *g, bf_day *last) {
    bf_day rolled, from, to;
    enum bf_days r = bf_calendar_roll(g->c, *last, &rolled);
    if (!bf_days_known(r) || rolled == *last)
        return r;
    while (next_gap(g, &from, &to, false) && from <= rolled) {
        (void)next_gap(g, &from, &to, true);
        if (to >= rolled && !bf_days_known(r = bf_calendar_after(g->c, to, 1, &rolled)))
            return r;
    }
    *last = rolled;
    return r;
}

/* ---- ends ---- */
static enum bf_days hours_end(const struct bf_calendar *c, const struct bf_count_rule *rule,
                              const struct bf_term *t, int64_t hours, struct end *end) {
    bf_instant at = t->start_at;
    if (at == BF_INSTANT_NONE)
        at = bf_calendar_day_end(c, (bf_day)day_before(rule, t->start), rule->day_ends);
    if (hours < 0 || hours > COUNT_MAX || at > COUNT_MAX || at < -COUNT_MAX)
        return BF_DAYS_RANGE;
    bf_instant covered = at;
    at += hours * HOUR_SECONDS;
    for (uint32_t i = 0; i < t->pause_count && t->pauses[i].from_at < at; i++) {
        const struct bf_pause *p = &t->pauses[i];
        bf_instant from = p->from_at > covered ? p->from_at : covered;
        if (p->to_at == BF_INSTANT_NONE || p->to_at <= from)
            continue;
        if (p->to_at > COUNT_MAX)
            return BF_DAYS_RANGE;
        at += p->to_at - from;
        covered = p->to_at;
    }
    const bf_instant first = (bf_instant)BF_DAY_MIN * BF_DAY_SECONDS;
    if (at <= first || at >= (bf_instant)BF_DAY_MAX * BF_DAY_SECONDS)
        return BF_DAYS_RANGE;
    end->at = at;
    end->last = end->unrolled = bf_calendar_day_of(c, at - 1, rule->day_ends);
    return BF_DAYS_CERTAIN;
}

/* A date moved by its extensions, each counted from where the one before left it. */
static enum bf_days extended_date(const struct bf_calendar *c, const struct bf_term *t,
                                  int64_t more_days, bf_day *last) {
    const struct bf_count_rule plain = {BF_DAY_SECONDS, false, false, 0};
    enum bf_days all = BF_DAYS_CERTAIN;
    *last = t->date;
    for (uint32_t i = 0; i < t->extension_count && bf_days_known(all); i++)
        all = worse(
            all, period_end(c, &plain, t->extensions[i].unit, t->extensions[i].count, *last, last));
    if (bf_days_known(all))
        all = worse(all, period_end(c, &plain, BF_UNIT_DAYS, more_days, *last, last));
    return all;
}

/* The period's count with its extensions, or a negative number if one is of another unit or the sum
** is absurd. */
static int64_t whole_count(const struct bf_term *t, int64_t more) {
    int64_t n = t->period.count;
    for (uint32_t i = 0; i < t->extension_count && n >= 0 && n <= COUNT_MAX; i++) {
        int64_t by = t->extensions[i].count;
        if (t->extensions[i].unit != t->period.unit || by < 0 || by > COUNT_MAX)
            return -1;
        n += by;
    }
    return n < 0 || n > COUNT_MAX ? -1 : n + more;
}

/* Where a term with a limit ends, `more` of its own units later than it says. */
static enum bf_days term_end(const struct bf_calendar *c, const struct bf_count_rule *rule,
                             const struct bf_term *t, int64_t more, struct end *end) {
    bool dated = t->limit == BF_LIMIT_DATE;
    int64_t n = dated ? 0 : whole_count(t, more);
    if (n < 0 || !bf_day_ok(t->start))
        return BF_DAYS_RANGE;
    if (stands_still(rule, t) && t->start < c->first)
        return BF_DAYS_UNKNOWN;
    if (!dated && t->period.unit == BF_UNIT_HOURS)
        return hours_end(c, rule, t, n, end);
    enum bf_days r = dated ? extended_date(c, t, more, &end->last)
                           : period_end(c, rule, t->period.unit, n, t->start, &end->last);
    struct gaps gaps = gaps_of(c, rule, t);
    if (bf_days_known(r))
        r = worse(dated ? r : BF_DAYS_CERTAIN, move_by_gaps(rule, &gaps, n, &end->last));
    if (!bf_days_known(r))
        return r;
    if (!dated && (t->period.unit == BF_UNIT_WORKING_DAYS || stands_still(rule, t)))
        r = end->last > c->horizon ? BF_DAYS_PROVISIONAL : BF_DAYS_CERTAIN;
    end->unrolled = end->last;
    if (!dated && rolls(rule, t->period.unit))
        r = worse(r, roll_end(&gaps, &end->last));
    if (bf_days_known(r))
        end->at = bf_calendar_day_end(c, end->last, rule->day_ends);
    return r;
}

static bool is_paused(const struct bf_term *t) {
    return t->pause_count > 0 && t->pauses[t->pause_count - 1].to == BF_DAY_NONE;
}

enum bf_days bf_term_due(const struct bf_calendar *c, const struct bf_count_rule *rule,
                         const struct bf_term *t, struct bf_due *due) {
    bf_day last;
    if (t->limit == BF_LIMIT_PERIOD && t->period.unit == BF_UNIT_WORKING_DAYS &&
        t->extension_count == 0 && t->pause_count == 0 && !stands_still(rule, t) &&
        bf_calendar_after_fast(c, (bf_day)((uint32_t)t->start - rule->same_day), t->period.count,
                               &last)) {
        bf_instant at = bf_calendar_day_end(c, last, rule->day_ends);
        *due = (struct bf_due){.kind = BF_DUE_DAY, .last = last, .at = at};
        return BF_DAYS_CERTAIN;
    }
    if (t->limit == BF_LIMIT_NONE || is_paused(t)) {
        *due = (struct bf_due){.kind = t->limit == BF_LIMIT_NONE ? BF_DUE_NONE : BF_DUE_PAUSED,
                               .last = BF_DAY_NONE,
                               .at = BF_INSTANT_NONE};
        return BF_DAYS_CERTAIN;
    }
    struct end end;
    enum bf_days r = term_end(c, rule, t, 0, &end);
    if (bf_days_known(r))
        *due = (struct bf_due){.kind = BF_DUE_DAY,
                               .provisional = r == BF_DAYS_PROVISIONAL,
                               .last = end.last,
                               .at = end.at};
    return r;
}

/* More units than reach any day from any other. */
#define UNITS_MAX (24 * INT64_C(4000000))

enum bf_days bf_term_units_to(const struct bf_calendar *c, const struct bf_count_rule *rule,
                              const struct bf_term *t, bf_day date, int64_t *units) {
    BF_ASSERT(t->limit != BF_LIMIT_NONE);
    if (!bf_day_ok(date))
        return BF_DAYS_RANGE;
    struct end end;
    enum bf_days r = term_end(c, rule, t, 0, &end), best = r;
    if (!bf_days_known(r))
        return r;
    /* The end grows with the units; too many of them leave the years and so reach it too. */
    int64_t short_of = -1, enough = 0;
    if (end.last < date) {
        short_of = 0;
        enough = UNITS_MAX;
        best = BF_DAYS_RANGE;
    }
    while (enough - short_of > 1) {
        int64_t mid = short_of + (enough - short_of) / 2;
        r = term_end(c, rule, t, mid, &end);
        if (r == BF_DAYS_UNKNOWN)
            return r;
        if (bf_days_known(r) && end.last < date) {
            short_of = mid;
        } else {
            enough = mid;
            best = r;
        }
    }
    if (bf_days_known(best))
        *units = enough;
    return best;
}

/* ---- explaining ---- */
struct walk {
    const struct bf_calendar *c;
    const struct bf_count_rule *rule;
    const struct bf_term *t;
    struct end end; /* last is BF_DAY_MAX + 1 where there is none */
    uint32_t pause; /* the first that is not over before the day */
    int64_t ordinal;
};

static bool in_pause(struct walk *w, bf_day day) {
    const struct bf_pause *p = w->t->pauses;
    while (w->pause < w->t->pause_count && p[w->pause].to != BF_DAY_NONE && p[w->pause].to < day)
        w->pause++;
    return w->pause < w->t->pause_count && p[w->pause].from <= day;
}

static bool in_still(const struct walk *w, bf_day day) {
    return stands_still(w->rule, w->t) && bf_calendar_is_still(w->c, day);
}

static enum bf_days mark_day(struct walk *w, bf_day day, struct bf_counted_day *out) {
    const struct bf_term *t = w->t;
    bool counting = t->limit == BF_LIMIT_PERIOD && counts_days(t->period.unit);
    bool hours = t->limit == BF_LIMIT_PERIOD && t->period.unit == BF_UNIT_HOURS;
    bool working = true;
    *out = (struct bf_counted_day){.day = day, .last = day == w->end.last};
    if (day == t->start && !w->rule->same_day && !hours) {
        out->mark = BF_MARK_EVENT;
    } else if (in_pause(w, day)) {
        out->mark = BF_MARK_PAUSED;
    } else if (in_still(w, day)) {
        out->mark = BF_MARK_STILL;
    } else if (day > w->end.unrolled) {
        out->mark = BF_MARK_ROLLED;
    } else if (!counting) {
        out->mark = BF_MARK_RUNNING;
    } else {
        enum bf_days r = t->period.unit == BF_UNIT_WORKING_DAYS
                             ? bf_calendar_is_working(w->c, day, &working)
                             : BF_DAYS_CERTAIN;
        if (!bf_days_known(r))
            return r;
        out->mark = working ? BF_MARK_COUNTED : BF_MARK_REST;
        out->ordinal = working ? ++w->ordinal : 0;
    }
    return BF_DAYS_CERTAIN;
}

enum bf_days bf_term_each_day(const struct bf_calendar *c, const struct bf_count_rule *rule,
                              const struct bf_term *t, bf_day upto,
                              bool (*each)(void *ctx, const struct bf_counted_day *day),
                              void *ctx) {
    struct walk w = {c, rule, t, {BF_DAY_MAX + 1, BF_DAY_MAX + 1, 0}, 0, 0};
    enum bf_days all = BF_DAYS_CERTAIN;
    if (!bf_day_ok(t->start))
        return BF_DAYS_RANGE;
    if (t->limit != BF_LIMIT_NONE && !is_paused(t))
        all = term_end(c, rule, t, 0, &w.end);
    if (!bf_days_known(all))
        return all;
    bf_day stop = upto < BF_DAY_MAX ? upto : BF_DAY_MAX;
    if (w.end.last < stop)
        stop = w.end.last;
    for (bf_day day = t->start; day <= stop; day++) {
        struct bf_counted_day out;
        enum bf_days r = mark_day(&w, day, &out);
        if (!bf_days_known(r))
            return r;
        if (!each(ctx, &out))
            break;
    }
    return all;
}

/* ---- date expressions ---- */
enum bf_days bf_period_after(const struct bf_calendar *c, const struct bf_count_rule *rule,
                             struct bf_period period, bf_day x, bf_day *out) {
    struct bf_term t = {.limit = BF_LIMIT_PERIOD, .start = x, .period = period};
    struct end end;
    if (period.unit == BF_UNIT_HOURS)
        return BF_DAYS_RANGE;
    enum bf_days r = term_end(c, rule, &t, 0, &end);
    if (bf_days_known(r))
        *out = end.last;
    return r;
}

/* Still days only put an end off: the latest start is the one without them, or before it. Ends of months do not grow with
** their starts day by day, so each is tried. */
static enum bf_days before_still(const struct bf_calendar *c, const struct bf_count_rule *rule,
                                 struct bf_period period, bf_day x, bf_day *start) {
    for (bf_day s = *start; s >= c->first; s--) {
        bf_day end;
        enum bf_days r = bf_period_after(c, rule, period, s, &end);
        if (!bf_days_known(r) || end > x)
            continue;
        *start = s;
        return r;
    }
    return BF_DAYS_UNKNOWN;
}

/* The latest start whose months do not end after a day: near the day as many months before. */
static enum bf_days months_before(const struct bf_count_rule *rule, int64_t months, bf_day end,
                                  bf_day *out) {
    bf_day start, last;
    if (!bf_day_add_months(end, -months, &start, NULL))
        return BF_DAYS_RANGE;
    /* A clamped month lies at most three days off, the same-day rule one more. */
    for (start = start > BF_DAY_MAX - 4 ? BF_DAY_MAX : start + 4; start >= BF_DAY_MIN; start--) {
        if (months_end(rule, months, start, &last) == BF_DAYS_CERTAIN && last <= end) {
            *out = start;
            return BF_DAYS_CERTAIN;
        }
    }
    return BF_DAYS_RANGE;
}

enum bf_days bf_period_before(const struct bf_calendar *c, const struct bf_count_rule *rule,
                              struct bf_period period, bf_day x, bf_day *out) {
    enum bf_days r = BF_DAYS_CERTAIN;
    bf_day end = x, start = x;
    if (period.count < 0 || period.count > COUNT_MAX || !bf_day_ok(x) ||
        period.unit == BF_UNIT_HOURS)
        return BF_DAYS_RANGE;
    if (rolls(rule, period.unit))
        r = bf_calendar_roll_back(c, x, &end);
    if (!bf_days_known(r))
        return r;
    if (period.unit == BF_UNIT_MONTHS) {
        r = worse(r, months_before(rule, period.count, end, &start));
    } else if (period.unit == BF_UNIT_DAYS) {
        r = worse(r, add_days(end, rule->same_day - period.count, &start));
    } else {
        /* The first of the last n working days through x is the first that counts. */
        if (x == BF_DAY_MAX)
            return BF_DAYS_RANGE;
        r = bf_calendar_before(c, x + 1, period.count, &start);
        if (bf_days_known(r))
            r = worse(r, add_days(start, rule->same_day - 1, &start));
    }
    if (bf_days_known(r) && rule->still >> period.unit & 1)
        r = worse(r, before_still(c, rule, period, x, &start));
    if (bf_days_known(r))
        *out = start;
    return r;
}

enum bf_days bf_day_moved(const struct bf_calendar *c, struct bf_period period, bf_day x, bool back,
                          bf_day *out) {
    int64_t n = back ? -period.count : period.count;
    if (period.count < 0 || period.count > COUNT_MAX || !bf_day_ok(x))
        return BF_DAYS_RANGE;
    switch (period.unit) {
    case BF_UNIT_WORKING_DAYS:
        return back ? bf_calendar_before(c, x, period.count, out)
                    : bf_calendar_after(c, x, period.count, out);
    case BF_UNIT_DAYS: return add_days(x, n, out);
    case BF_UNIT_MONTHS:
        return bf_day_add_months(x, n, out, NULL) ? BF_DAYS_CERTAIN : BF_DAYS_RANGE;
    case BF_UNIT_HOURS: break;
    }
    return BF_DAYS_RANGE;
}
