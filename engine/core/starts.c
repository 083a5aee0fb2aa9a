/* starts: see starts.h. */
#include "engine/core/starts.h"

#include <stdlib.h>

#include "engine/core/canon.h"

/* ---- when ---- */

static bool yearly(uint32_t month_day, bf_day from, bf_day *out) {
    int month = (int)(month_day / 100), day = (int)(month_day % 100);
    for (int year = bf_day_civil(from).year; year <= 9999; year++) {
        int last = bf_month_length(year, month);
        *out = bf_day_from_civil(year, month, day < last ? day : last);
        if (*out >= from)
            return true;
    }
    return false;
}

static bool each_days(bf_day force, int64_t n, bf_day from, bf_day *out) {
    int64_t k = from > force ? ((int64_t)from - force + n - 1) / n : 1;
    int64_t day = force + k * n;
    *out = (bf_day)day;
    return bf_day_ok(day);
}

static bool each_months(bf_day force, int64_t n, bf_day from, bf_day *out) {
    struct bf_civil a = bf_day_civil(force), b = bf_day_civil(from);
    int64_t months = ((int64_t)b.year - a.year) * 12 + b.month - a.month;
    for (int64_t k = months / n > 1 ? months / n : 1;; k++) {
        if (!bf_day_add_months(force, k * n, out, NULL))
            return false;
        if (*out >= from)
            return true;
    }
}

static bool each_working_days(const struct bf_calendar *c, bf_day force, int64_t n, bf_day from,
                              bf_day *out) {
    int64_t passed = 0;
    if (from > force && bf_calendar_count(c, force, from - 1, &passed) != BF_DAYS_CERTAIN)
        return false;
    return bf_calendar_after(c, force, (passed / n + 1) * n, out) == BF_DAYS_CERTAIN;
}

/* The first day on or after `from`. */
static bool next_day(const struct bf_image *m, const struct bf_calendar *c,
                     const struct bf_i_start *s, bf_day from, bf_day *out) {
    bf_day force = m->policy.force_from;
    bool found = false;
    if (!s->every || !bf_day_ok(force))
        return false;
    from = from < force ? force : from;
    if (s->every == BF_EVERY_YEAR)
        found = yearly(s->every_count, from, out);
    else if (s->every_unit == BF_UNIT_DAYS)
        found = each_days(force, s->every_count, from, out);
    else if (s->every_unit == BF_UNIT_MONTHS)
        found = each_months(force, s->every_count, from, out);
    else if (s->every_unit == BF_UNIT_WORKING_DAYS)
        found = each_working_days(c, force, s->every_count, from, out);
    return found && *out > BF_DAY_MIN && *out <= m->policy.force_to;
}

bool bf_start_next(const struct bf_image *m, const struct bf_calendar *c, uint32_t start,
                   bf_instant after, bf_instant *at) {
    int32_t ends = (int32_t)m->policy.day_ends;
    bf_day from = after == BF_INSTANT_NONE ? BF_DAY_MIN : bf_calendar_day_of(c, after, ends), day;
    for (;; from = day + 1) {
        if (!next_day(m, c, &m->start[start], from, &day))
            return false;
        *at = bf_calendar_day_end(c, day - 1, ends);
        if (after == BF_INSTANT_NONE || *at > after)
            return true;
    }
}

bool bf_starts_next(const struct bf_image *m, const struct bf_calendar *c, bf_instant after,
                    bf_instant *at) {
    bool found = false;
    for (uint32_t i = 0; i < m->start_count; i++) {
        bf_instant next;
        if (!m->start[i].every || !bf_start_next(m, c, i, after, &next) || (found && next >= *at))
            continue;
        *at = next;
        found = true;
    }
    return found;
}

bool bf_start_falls(const struct bf_image *m, const struct bf_calendar *c, uint32_t start,
                    bf_instant at) {
    bf_instant next;
    return m->start[start].every && bf_start_next(m, c, start, at - 1, &next) && next == at;
}

uint32_t bf_start_proc(const struct bf_image *m, uint32_t start) {
    uint32_t p = 0;
    while (start - m->proc[p].starts.first >= m->proc[p].starts.count)
        p++;
    return p;
}

/* ---- for whom ---- */

bf_str bf_row_key(struct bf_arena *a, const struct bf_image *m, uint32_t reg, struct bf_value row) {
    struct bf_i_range fields = m->reg[reg].keys;
    struct bf_value *keys = bf_new_array(a, struct bf_value, fields.count + 1);
    struct bf_buf b;
    for (uint32_t i = 0; i < fields.count; i++)
        keys[i] = row.u.items[m->key[fields.first + i]];
    bf_buf_in(&b, a);
    bf_value_json(m, bf_value_identity(a, bf_list_value(keys, fields.count)), &b);
    return bf_buf_view(&b);
}

struct keyed {
    bf_str key;
    struct bf_value row;
};

static int by_key(const void *x, const void *y) {
    return bf_str_cmp(((const struct keyed *)x)->key, ((const struct keyed *)y)->key);
}

struct bf_value *bf_rows_in_order(struct bf_arena *a, const struct bf_image *m, uint32_t reg,
                                  const struct bf_value *rows, uint32_t count) {
    struct keyed *k = bf_new_array(a, struct keyed, count + 1);
    struct bf_value *out = bf_new_array(a, struct bf_value, count + 1);
    for (uint32_t i = 0; i < count; i++)
        k[i] = (struct keyed){bf_row_key(a, m, reg, rows[i]), rows[i]};
    qsort(k, count, sizeof *k, by_key);
    for (uint32_t i = 0; i < count; i++)
        out[i] = k[i].row;
    return out;
}

void bf_rows_now(const struct bf_world *w, struct bf_arena *a, const struct bf_image *m,
                 uint32_t reg, struct bf_value *rows, uint32_t count) {
    if (!w->succession_count)
        return;
    bf_str *key = bf_new_array(a, bf_str, count);
    for (uint32_t i = 0; i < count; i++)
        key[i] = bf_present(rows[i]) ? bf_row_key(a, m, reg, rows[i]) : (bf_str){"", 0};
    for (uint32_t i = 0; i < count; i++) {
        struct bf_value now = bf_world_value(w, a, rows[i]);
        bf_str his = bf_present(now) ? bf_row_key(a, m, reg, now) : key[i];
        bool taken = false;
        for (uint32_t k = 0; k < count && !taken && !bf_str_eq(his, key[i]); k++)
            taken = bf_str_eq(his, key[k]);
        rows[i] = taken ? BF_ABSENT : now;
        if (!taken)
            key[i] = his;
    }
}

struct bf_value bf_start_member(const struct bf_image *m, uint32_t start, struct bf_value row) {
    uint32_t field = m->start[start].member_field;
    return field ? row.u.items[field - 1] : row;
}
