/* Term: the deadline ledger. When a duty is due is derived, never stored.
**
** A running duty keeps its start, its period and a ledger of pauses and extensions; from these and
** a calendar the last day follows, and the instant that is the first too late.
**
** 1. A day counts if the duty ran through the whole of it: not the day of the event (with `count
**    from same day` that one does), nor a day on which it was paused or resumed. A day two pauses
**    touch is left out once. In working days only the calendar's count, in days all do.
** 2. Months end on the same day of the month, or its last. Counted from the same day they end the
**    day before that (2 March and a month: 1 April); where the month is too short, on its last day.
** 3. Months and dates move on by the days pauses touched, the event's own included. The calendar's still days are
**    as days paused to the units that stand still on them (months: those behind the event's day), and to no date.
** 4. A period in days or months whose last day is a rest day ends with the next working day: once,
**    after pauses and extensions, unless `roll none`. Working days cannot end on a rest day; dates
**    and hours are not rolled.
** 5. Hours run from the instant, to the second, less the seconds paused.
** 6. Provisional is what a later calendar may change: the end of working days, or of what is
**    rolled or stands still, after the horizon. Dates, hours and unrolled periods ask the calendar nothing and are
**    certain.
** 7. Nothing allocates. Any numbers may be given: beyond years 1 to 9999 the answer is
**    BF_DAYS_RANGE.
*/
#ifndef BF_TERM_H
#define BF_TERM_H

#include "engine/core/calendar.h"
#include "lang/defs/common.h"

/* How a policy counts. */
struct bf_count_rule {
    int32_t day_ends; /* seconds from midnight, 1 to 86400 */
    bool same_day;    /* count from same day */
    bool roll;        /* off: roll none */
    uint32_t
        still; /* bit u: periods of unit u do not run on the calendar's still days; never hours */
};
#define BF_COUNT_RULE_DEFAULT ((struct bf_count_rule){86400, false, true, 0})

struct bf_period {
    enum bf_unit unit;
    int64_t count; /* a year is 12 months */
};

/* `to` and `to_at` are BF_DAY_NONE and BF_INSTANT_NONE while it lasts. */
struct bf_pause {
    bf_day from, to;
    bf_instant from_at, to_at; /* only Hours read them */
};

enum bf_limit {
    BF_LIMIT_NONE, /* 及时: never lapses by itself */
    BF_LIMIT_PERIOD,
    BF_LIMIT_DATE,
};
struct bf_term {
    enum bf_limit limit;
    bf_day start;        /* legal day of the event, or the Date counted from */
    bf_instant start_at; /* only Hours read it; BF_INSTANT_NONE (counted from a Date): the end of
                              * that day, with same_day its beginning */
    struct bf_period period; /* PERIOD */
    bf_day date;             /* DATE */
    /* In the order they happened. An extension has the period's unit; that of a date may have any
     * but hours and moves it to its own last day counted from the date. */
    const struct bf_period *extensions;
    uint32_t extension_count;
    const struct bf_pause *pauses; /* by `from`; only the last may be unfinished */
    uint32_t pause_count;
};

enum bf_due_kind {
    BF_DUE_DAY,    /* last and at are set */
    BF_DUE_NONE,   /* no limit */
    BF_DUE_PAUSED, /* standing still: no date until it resumes */
};
struct bf_due { /* 16 bytes: it is in every fact and duty */
    enum bf_due_kind kind : 8;
    bool provisional;
    bf_day last;   /* the last day, as people see it and as the lapse is dated */
    bf_instant at; /* the first instant that is too late */
};

/* When a duty is due. UNKNOWN and RANGE leave *due untouched; CERTAIN and PROVISIONAL agree with
** due->provisional. */
enum bf_days bf_term_due(const struct bf_calendar *c, const struct bf_count_rule *rule,
                         const struct bf_term *term, struct bf_due *due);

/* `extend … to DATE`: the fewest units of the term's own (for a date: days) that make its last day
** reach `date`; 0 if it does already. Not for BF_LIMIT_NONE, nor while paused. */
enum bf_days bf_term_units_to(const struct bf_calendar *c, const struct bf_count_rule *rule,
                              const struct bf_term *term, bf_day date, int64_t *units);

/* ---- explaining ---- */
enum bf_day_mark {
    BF_MARK_EVENT,   /* the day of the event: not counted */
    BF_MARK_COUNTED, /* the ordinal is the how-manieth */
    BF_MARK_REST,    /* not a working day, in a term of working days */
    BF_MARK_PAUSED,  /* touched by a pause; ordinal unused */
    BF_MARK_ROLLED,  /* after the period's last day: a rest day, or the working day that ends it */
    BF_MARK_RUNNING, /* before the end of months, a date or hours, which have no ordinal */
    BF_MARK_STILL,   /* of the calendar's still days, on which the unit stands still */
};
struct bf_counted_day {
    bf_day day;
    enum bf_day_mark mark;
    int64_t ordinal; /* of COUNTED, from 1 */
    bool last;       /* the last day */
};
/* The days from the event to the last one, in order, through `upto` at most (for a paused term and
** one without limit it ends there). Returning false from the callback ends it. UNKNOWN may come after
** the days before the one that is unknown. */
enum bf_days bf_term_each_day(const struct bf_calendar *c, const struct bf_count_rule *rule,
                              const struct bf_term *term, bf_day upto,
                              bool (*each)(void *ctx, const struct bf_counted_day *day), void *ctx);

/* ---- the language's date expressions ---- */
/* `D after X`: the last day of D counted from X, rolled as the rule says. Hours are RANGE: they
** make no date of a date. */
enum bf_days bf_period_after(const struct bf_calendar *c, const struct bf_count_rule *rule,
                             struct bf_period period, bf_day x, bf_day *out);
/* `D before X`: the latest day from which D does not end after X. */
enum bf_days bf_period_before(const struct bf_calendar *c, const struct bf_count_rule *rule,
                              struct bf_period period, bf_day x, bf_day *out);
/* `X + D` and, back, `X - D`: the day so much later or earlier, whatever the rule says of counting and rolling. Months
** end on the same day of the month, or its last. Hours are RANGE. */
enum bf_days bf_day_moved(const struct bf_calendar *c, struct bf_period period, bf_day x, bool back,
                          bf_day *out);
/* workday(X): X if it is a working day, else the next; next_workday(X): the first after X.
** days_between and working_days_between(A, B): those in (A, B], negative if B is before A. */
static inline enum bf_days bf_workday(const struct bf_calendar *c, bf_day x, bf_day *out) {
    return bf_calendar_roll(c, x, out);
}
static inline enum bf_days bf_next_workday(const struct bf_calendar *c, bf_day x, bf_day *out) {
    return bf_calendar_after(c, x, 1, out);
}
static inline int64_t bf_days_between(bf_day a, bf_day b) { return (int64_t)b - a; }
static inline enum bf_days bf_working_days_between(const struct bf_calendar *c, bf_day a, bf_day b,
                                                   int64_t *n) {
    return bf_calendar_count(c, a, b, n);
}

#endif
