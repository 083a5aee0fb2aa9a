/* Calendar: which days are working days, and when a legal day ends.
**
** A calendar is data (docs/CALENDARS.md has the format), loaded beside the image and named by the
** hash of its bytes; the machine's zone and clock are never asked. Once loaded it is immutable.
**
** 1. Within the data an answer is certain. After the horizon (the last day somebody announced) it
**    follows the weekend rule and is provisional. Before the first day there is none: a past year
**    nobody entered is never guessed.
** 2. Every query takes constant time and allocates nothing.
** 3. Several calendars are one, called "a+b": a day is a working day if it is one in all, and the clock is the
**    first's. Known is what all know.
** 4. Legal days never run backwards: once a day has ended at `day ends`, clocks put back do not
**    reopen it.
*/
#ifndef BF_CALENDAR_H
#define BF_CALENDAR_H

#include "lang/base/date.h"
#include "lang/base/error.h"
#include "lang/base/hash.h"

/* What an answer about days is worth. With the last two there is no answer and the result is left
** untouched. Ordered: the worse of two is the greater. */
enum bf_days {
    BF_DAYS_CERTAIN,
    BF_DAYS_PROVISIONAL, /* depends on days after the horizon */
    BF_DAYS_UNKNOWN,     /* depends on days before the calendar's first */
    BF_DAYS_RANGE,       /* outside years 1 to 9999 */
};
static inline bool bf_days_known(enum bf_days d) { return d <= BF_DAYS_PROVISIONAL; }

struct bf_calendar;

/* Reads a calendar file's bytes (a copy is kept) as they were known on a day: notices issued later
** are not there yet, and the horizon is that of then. BF_DAY_MAX: everything. name is the one asked
** for and must be the one in the file. The calendar lives in the arena.
** Fails with BF_EFORMAT, the text naming the line; any bytes may be given. */
enum bf_err bf_calendar_load(struct bf_arena *a, bf_str name, const void *bytes, size_t len,
                             bf_day known_on, const struct bf_calendar **cal, struct bf_error *e);

/* Finds the calendar `name` (by either spelling of its name), each part of several in the folders given, then in
** stdlib, and loads it. */
enum bf_err bf_calendar_find(struct bf_arena *a, const char *const *folder, uint32_t folders,
                             bf_str name, bf_day known_on, const struct bf_calendar **cal,
                             struct bf_error *e);
/* The same in stdlib alone. */
enum bf_err bf_calendar_open(struct bf_arena *a, bf_str name, bf_day known_on,
                             const struct bf_calendar **cal, struct bf_error *e);

bf_str bf_calendar_name(const struct bf_calendar *c);
const uint8_t *bf_calendar_hash(const struct bf_calendar *c); /* SHA-256 of the file's bytes */
bf_str bf_calendar_bytes(const struct bf_calendar *c);        /* the file */
bf_day bf_calendar_first(const struct bf_calendar *c);
bf_day bf_calendar_horizon(const struct bf_calendar *c); /* BF_DAY_MAX: nothing to announce */
/* The issue of the last notice that went in; BF_DAY_NONE if the calendar has no notices. */
bf_day bf_calendar_known_on(const struct bf_calendar *c);

/* ---- working days ---- */
enum bf_days bf_calendar_is_working(const struct bf_calendar *c, bf_day day, bool *working);
/* The n-th working day after `day` (n >= 1; n = 0 gives `day`), and before it. */
enum bf_days bf_calendar_after(const struct bf_calendar *c, bf_day day, int64_t n, bf_day *out);
enum bf_days bf_calendar_before(const struct bf_calendar *c, bf_day day, int64_t n, bf_day *out);
/* The first working day on or after `day`; the last on or before it. */
enum bf_days bf_calendar_roll(const struct bf_calendar *c, bf_day day, bf_day *out);
enum bf_days bf_calendar_roll_back(const struct bf_calendar *c, bf_day day, bf_day *out);
/* Working days in (a, b]; if b is before a, minus those in (b, a]. */
enum bf_days bf_calendar_count(const struct bf_calendar *c, bf_day a, bf_day b, int64_t *n);

/* Do limits stand still on the day (where a policy says so)? After the horizon none is known to. */
bool bf_calendar_is_still(const struct bf_calendar *c, bf_day day);

/* Why a day is what it is, for people: a day some notice set has its citation and the name written
** beside it, others follow the weekend rule (both strings empty). */
struct bf_day_reason {
    bool working;
    bool set;      /* by a notice */
    bf_str name;   /* 春节 */
    bf_str notice; /* 国办发明电〔2021〕11号 */
};
enum bf_days bf_calendar_reason(const struct bf_calendar *c, bf_day day, struct bf_day_reason *out);

/* ---- clock ---- day_ends: seconds from midnight, 1 to 86400; 86400 is 24:00 */
/* Seconds east of UTC at an instant. */
int32_t bf_calendar_offset(const struct bf_calendar *c, bf_instant at);
/* The legal day an instant falls on: from day_ends on it is the next day. */
bf_day bf_calendar_day_of(const struct bf_calendar *c, bf_instant at, int32_t day_ends);
/* The first instant that is too late for something due on that day. */
bf_instant bf_calendar_day_end(const struct bf_calendar *c, bf_day day, int32_t day_ends);
/* The instant a wall clock shows `seconds` from midnight on a civil day: the first, if it does so
** twice; if it never does, the instant the clocks jump over it. */
bf_instant bf_calendar_instant(const struct bf_calendar *c, bf_day day, int32_t seconds);
/* The wall clock at an instant: civil day and seconds from midnight. */
void bf_calendar_local(const struct bf_calendar *c, bf_instant at, bf_day *day, int32_t *seconds);

#endif
