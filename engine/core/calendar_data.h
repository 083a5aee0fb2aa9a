/* What a loaded calendar is made of: for the loader, the queries and the deadline ledger only. */
#ifndef BF_CALENDAR_DATA_H
#define BF_CALENDAR_DATA_H

#include "engine/core/calendar.h"

#define BF_CALENDAR_YEARS 150   /* so that a day of the table and a rank fit in 16 bits */
#define BF_CALENDAR_LINES 65000 /* of rest and work days */

struct bf_calendar_offset {
    bf_instant from; /* the first one's is not looked at: it holds from ever */
    int32_t seconds;
};

struct bf_calendar_notice {
    bf_str cite;
    bf_day of;
};

/* A line `rest` or `work`: the days from first through last. */
struct bf_calendar_line {
    bf_day first, last;
    uint32_t notice;
    bool work;
    bf_str name;
};

/* A line `still`: in these days limits do not run, where a policy says so. */
struct bf_calendar_still {
    bf_day first, last;
    bf_str name;
};

struct bf_calendar {
    /* The table: days edge+1 … edge+span, as far as notices announced; its end is the horizon. */
    bf_day edge;
    uint32_t span, total;
    const uint16_t *rank;   /* [0..span]: working days among the first i days */
    const uint16_t *nth;    /* [1..total]: the i of the n-th of them */
    const uint16_t *set_by; /* [1..span]: the line that set the day, from 1; 0: the weekend rule */

    bool rest[7]; /* Monday first */
    int32_t week_working;
    int32_t week_through[7]; /* working days from Monday through that day */
    int32_t week_nth[7];     /* [n]: the weekday of the n-th working day, from 0 */
    int64_t edge_rank;       /* rank of the day edge by the weekend rule alone */

    bf_day first, horizon, known_on;
    const struct bf_calendar_offset *offsets;
    uint32_t offset_count; /* at least 1 */
    const struct bf_calendar_notice *notices;
    const struct bf_calendar_line *lines;
    const struct bf_calendar_still *still; /* in order, apart from one another */
    uint32_t still_count;
    bf_str name, bytes;
    uint8_t hash[BF_SHA256_LEN];
};

/* ---- loading ---- */
void bf_calendar_sum_week(struct bf_calendar *c);
/* Puts ranges of still days in order and cuts off what two of them share. */
void bf_calendar_order_still(struct bf_calendar_still *still, uint32_t *count);
enum bf_err bf_calendar_load_one(struct bf_arena *a, bf_str name, bf_str file, bf_day known_on,
                                 const struct bf_calendar **cal, struct bf_error *e);

#define BF_CALENDAR_PARTS 16
/* The calendars that a name joined by + names; 0: too many, or an empty one. */
uint32_t bf_calendar_parts(bf_str name, bf_str part[BF_CALENDAR_PARTS]);
/* The file of several, with its name; bf_calendar_load_union reads it. */
void bf_calendar_join(struct bf_arena *a, const bf_str *part, const bf_str *file, uint32_t count,
                      bf_str *name, bf_str *text);
bool bf_calendar_is_union(bf_str file);
enum bf_err bf_calendar_load_union(struct bf_arena *a, bf_str name, bf_str file, bf_day known_on,
                                   const struct bf_calendar **cal, struct bf_error *e);

/* The first of the still days that end on or after a day: an index, still_count if there are none. */
uint32_t bf_calendar_still_from(const struct bf_calendar *c, bf_day day);

/* The commonest case of bf_calendar_after, for callers that count many: all of it in the table.
** False: ask bf_calendar_after. */
static inline bool bf_calendar_after_fast(const struct bf_calendar *c, bf_day day, int64_t n,
                                          bf_day *out) {
    uint32_t i = (uint32_t)day - (uint32_t)c->edge;
    if (i > c->span)
        return false;
    uint64_t rank = c->rank[i] + (uint64_t)n - 1;
    if ((uint64_t)n - 1 >= c->total || rank >= c->total)
        return false;
    *out = c->edge + c->nth[rank + 1];
    return true;
}

#endif
