/* Date: civil days and clock instants, by the proleptic Gregorian calendar, years 1 to 9999.
**
** A day is its number since 1970-01-01, an instant a number of seconds UTC since then. Nothing here
** knows a time zone, a holiday or the machine's clock.
*/
#ifndef BF_DATE_H
#define BF_DATE_H

#include "lang/base/text.h"

typedef int32_t bf_day;
typedef int64_t bf_instant;

#define BF_DAY_MIN ((bf_day)-719162) /* 0001-01-01 */
#define BF_DAY_MAX ((bf_day)2932896) /* 9999-12-31 */
#define BF_DAY_NONE INT32_MIN        /* no day; no calendar has it */
#define BF_INSTANT_NONE INT64_MIN
#define BF_DAY_SECONDS 86400

struct bf_civil {
    int year, month, day; /* from 1 */
};

static inline bool bf_day_ok(int64_t day) { return day >= BF_DAY_MIN && day <= BF_DAY_MAX; }
bool bf_civil_ok(int64_t year, int64_t month, int64_t day); /* is there such a date? */
int bf_month_length(int year, int month);
bf_day bf_day_from_civil(int year, int month, int day); /* the date must exist */
struct bf_civil bf_day_civil(bf_day day);
int bf_day_weekday(bf_day day); /* 1 Monday … 7 Sunday */

/* The same day of the month `months` (may be negative) later, or that month's last day if it has no
** such day; *clamped (may be NULL) tells the second. False beyond years 1 to 9999. */
bool bf_day_add_months(bf_day day, int64_t months, bf_day *out, bool *clamped);

/* Exactly YYYY-MM-DD, an existing date. */
bool bf_day_parse(bf_str s, bf_day *day);
#define BF_DAY_TEXT 11
const char *bf_day_print(bf_day day, char out[BF_DAY_TEXT]); /* YYYY-MM-DD; returns out */

/* HH:MM or HH:MM:SS, 24:00 included, as seconds from midnight. */
bool bf_clock_parse(bf_str s, int32_t *seconds);
/* YYYY-MM-DDTHH:MM:SS+HH:MM at the given UTC offset (seconds); the offset's seconds are dropped. */
#define BF_INSTANT_TEXT 32
const char *bf_instant_print(bf_instant at, int32_t offset, char out[BF_INSTANT_TEXT]);

#endif
