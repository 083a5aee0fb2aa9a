/* Civil days by counting years from 1 March, so that the leap day comes last. */
#include "lang/base/date.h"

#include <stdio.h>

#include "lang/base/assert.h"

static bool leap_year(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int bf_month_length(int year, int month) {
    static const int8_t length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    BF_ASSERT(month >= 1 && month <= 12);
    return month == 2 && leap_year(year) ? 29 : length[month - 1];
}

bool bf_civil_ok(int64_t year, int64_t month, int64_t day) {
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= bf_month_length((int)year, (int)month);
}

#define DAYS_400_YEARS 146097
#define EPOCH_FROM_MARCH_0 719468 /* days from 0000-03-01 to 1970-01-01 */

bf_day bf_day_from_civil(int year, int month, int day) {
    BF_ASSERT(bf_civil_ok(year, month, day));
    int y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - EPOCH_FROM_MARCH_0;
}

struct bf_civil bf_day_civil(bf_day day) {
    BF_ASSERT(bf_day_ok(day));
    int n = day + EPOCH_FROM_MARCH_0, era = n / DAYS_400_YEARS, e = n % DAYS_400_YEARS;
    int y = (e - e / 1460 + e / 36524 - e / 146096) / 365;
    int of_year = e - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    int month = m < 10 ? m + 3 : m - 9;
    return (struct bf_civil){era * 400 + y + (month <= 2), month, of_year - (153 * m + 2) / 5 + 1};
}

int bf_day_weekday(bf_day day) {
    int64_t n = ((int64_t)day + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(n < 0 ? n + 7 : n) + 1;
}

bool bf_day_add_months(bf_day day, int64_t months, bf_day *out, bool *clamped) {
    if (!bf_day_ok(day) || months > 12 * 9999 || months < -12 * 9999)
        return false;
    struct bf_civil c = bf_day_civil(day);
    int64_t n = (int64_t)c.year * 12 + c.month - 1 + months;
    if (n < 12 || n >= 12 * 10000)
        return false;
    int year = (int)(n / 12), month = (int)(n % 12) + 1, length = bf_month_length(year, month);
    if (clamped)
        *clamped = c.day > length;
    *out = bf_day_from_civil(year, month, c.day > length ? length : c.day);
    return true;
}

/* count decimal digits at p, or -1. */
static int digits(const char *p, int count) {
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        n = n * 10 + (p[i] - '0');
    }
    return n;
}

bool bf_day_parse(bf_str s, bf_day *day) {
    if (s.len != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    int y = digits(s.p, 4), m = digits(s.p + 5, 2), d = digits(s.p + 8, 2);
    if (!bf_civil_ok(y, m, d))
        return false;
    *day = bf_day_from_civil(y, m, d);
    return true;
}

static void put_digits(char *out, int n, int count) {
    for (int i = count - 1; i >= 0; i--, n /= 10)
        out[i] = (char)('0' + n % 10);
}

const char *bf_day_print(bf_day day, char out[BF_DAY_TEXT]) {
    struct bf_civil c = bf_day_civil(day);
    put_digits(out, c.year, 4);
    out[4] = '-';
    put_digits(out + 5, c.month, 2);
    out[7] = '-';
    put_digits(out + 8, c.day, 2);
    out[10] = '\0';
    return out;
}

bool bf_clock_parse(bf_str s, int32_t *seconds) {
    if ((s.len != 5 && s.len != 8) || s.p[2] != ':' || (s.len == 8 && s.p[5] != ':'))
        return false;
    int h = digits(s.p, 2), m = digits(s.p + 3, 2), sec = s.len == 8 ? digits(s.p + 6, 2) : 0;
    if (h < 0 || m < 0 || m > 59 || sec < 0 || sec > 59)
        return false;
    int32_t n = h * 3600 + m * 60 + sec;
    if (n > BF_DAY_SECONDS)
        return false;
    *seconds = n;
    return true;
}

const char *bf_instant_print(bf_instant at, int32_t offset, char out[BF_INSTANT_TEXT]) {
    int64_t day = at / BF_DAY_SECONDS, second = at % BF_DAY_SECONDS + offset;
    day += second / BF_DAY_SECONDS;
    second %= BF_DAY_SECONDS;
    if (second < 0) {
        second += BF_DAY_SECONDS;
        day--;
    }
    if (!bf_day_ok(day)) {
        snprintf(out, BF_INSTANT_TEXT, "?");
        return out;
    }
    int minutes = (offset < 0 ? -offset : offset) / 60;
    bf_day_print((bf_day)day, out);
    const int part[] = {(int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60),
                        minutes / 60 % 100, minutes % 60};
    const char before[] = {'T', ':', ':', offset < 0 ? '-' : '+', ':'};
    for (int i = 0; i < 5; i++) {
        out[10 + 3 * i] = before[i];
        put_digits(out + 11 + 3 * i, part[i], 2);
    }
    out[25] = '\0';
    return out;
}
