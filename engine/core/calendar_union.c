/* Several calendars as one: a day is a working day if it is one in each of them.
**
** Its file is the parts' files under a head of two lines, so that its bytes are all there is to know and to hash:
**
**     banfa calendars 1
**     name uk.england+uk.scotland
**     banfa calendar 1          (the first part, whole)
**     …
**     banfa calendar 1          (the second)
*/
#include <string.h>

#include "engine/core/calendar_data.h"

#define HEAD BF_STR("banfa calendars 1\n")
#define PART BF_STR("banfa calendar 1")

uint32_t bf_calendar_parts(bf_str name, bf_str part[BF_CALENDAR_PARTS]) {
    uint32_t count = 0;
    for (;;) {
        const char *plus = name.len ? memchr(name.p, '+', name.len) : NULL;
        uint32_t len = plus ? (uint32_t)(plus - name.p) : name.len;
        if (!len || count == BF_CALENDAR_PARTS)
            return 0;
        part[count++] = (bf_str){name.p, len};
        if (!plus)
            return count;
        name = (bf_str){plus + 1, name.len - len - 1};
    }
}

void bf_calendar_join(struct bf_arena *a, const bf_str *part, const bf_str *file, uint32_t count,
                      bf_str *name, bf_str *text) {
    struct bf_buf n, t;
    bf_buf_in(&n, a);
    bf_buf_in(&t, a);
    for (uint32_t i = 0; i < count; i++) {
        bf_buf_z(&n, i ? "+" : "");
        bf_buf_str(&n, part[i]);
    }
    bf_buf_str(&t, HEAD);
    bf_buf_z(&t, "name ");
    bf_buf_str(&t, bf_buf_view(&n));
    bf_buf_char(&t, '\n');
    for (uint32_t i = 0; i < count; i++) {
        bool bom = bf_str_starts(file[i], BF_STR("\xEF\xBB\xBF"));
        bf_buf_str(&t, bom ? (bf_str){file[i].p + 3, file[i].len - 3} : file[i]);
        if (file[i].len && file[i].p[file[i].len - 1] != '\n')
            bf_buf_char(&t, '\n');
    }
    *name = bf_buf_view(&n);
    *text = bf_buf_view(&t);
}

bool bf_calendar_is_union(bf_str file) { return bf_str_starts(file, HEAD); }

/* ---- taking it apart ---- */

static bf_str line_of(bf_str text) {
    const char *end = text.len ? memchr(text.p, '\n', text.len) : NULL;
    return (bf_str){text.p, end ? (uint32_t)(end - text.p) : text.len};
}

static bf_str after(bf_str text, bf_str line) {
    uint32_t n = line.len < text.len ? line.len + 1 : line.len;
    return (bf_str){text.p + n, text.len - n};
}

static bool begins_part(bf_str line) {
    if (!bf_str_starts(line, PART))
        return false;
    return line.len == PART.len || strchr(" \t\r#", line.p[PART.len]);
}

/* The files of the parts, each from its first line to the next one's. */
static uint32_t take_apart(bf_str text, bf_str file[BF_CALENDAR_PARTS]) {
    uint32_t count = 0;
    while (text.len) {
        bf_str line = line_of(text), rest = after(text, line);
        if (begins_part(line)) {
            if (count == BF_CALENDAR_PARTS)
                return 0;
            file[count++] = (bf_str){text.p, 0};
        } else if (!count) {
            return 0;
        }
        file[count - 1].len += text.len - rest.len;
        text = rest;
    }
    return count;
}

/* ---- putting it together ---- */

struct joining {
    struct bf_arena *arena;
    struct bf_calendar *c;
    const struct bf_calendar *part[BF_CALENDAR_PARTS];
    uint32_t first_line[BF_CALENDAR_PARTS]; /* where the part's lines begin among all */
    uint32_t count;
};

/* Lines and notices of all, one part's after another's. */
static bool join_lines(struct joining *j) {
    uint32_t lines = 0, notices = 0;
    uint32_t counts[BF_CALENDAR_PARTS] = {0}, cited[BF_CALENDAR_PARTS] = {0};
    for (uint32_t p = 0; p < j->count; p++) {
        for (uint32_t i = 1; i <= j->part[p]->span; i++)
            if (j->part[p]->set_by[i] > counts[p])
                counts[p] = j->part[p]->set_by[i];
        for (uint32_t i = 0; i < counts[p]; i++)
            if (j->part[p]->lines[i].notice >= cited[p])
                cited[p] = j->part[p]->lines[i].notice + 1;
        j->first_line[p] = lines;
        lines += counts[p];
        notices += cited[p];
    }
    if (lines > BF_CALENDAR_LINES)
        return false;
    struct bf_calendar_line *line = bf_new_array(j->arena, struct bf_calendar_line, lines + 1);
    struct bf_calendar_notice *notice =
        bf_new_array(j->arena, struct bf_calendar_notice, notices + 1);
    notices = 0;
    for (uint32_t p = 0; p < j->count; p++) {
        for (uint32_t i = 0; i < counts[p]; i++) {
            line[j->first_line[p] + i] = j->part[p]->lines[i];
            line[j->first_line[p] + i].notice += notices;
        }
        if (cited[p])
            memcpy(notice + notices, j->part[p]->notices, cited[p] * sizeof *notice);
        notices += cited[p];
    }
    j->c->lines = line;
    j->c->notices = notice;
    return true;
}

/* Is it a working day in all? by: the line that says so, of the first part that has one. */
static bool works(const struct joining *j, bf_day day, uint16_t *by) {
    uint16_t rests = 0, set = 0;
    bool all = true;
    for (uint32_t p = 0; p < j->count; p++) {
        const struct bf_calendar *c = j->part[p];
        int64_t i = (int64_t)day - c->edge;
        bool working = false;
        (void)bf_calendar_is_working(c, day, &working); /* known: it is past every first day */
        uint16_t line = i >= 1 && i <= c->span ? c->set_by[i] : 0;
        if (line)
            line = (uint16_t)(line + j->first_line[p]);
        all = all && working;
        if (!working && !rests)
            rests = line;
        if (working && !set)
            set = line;
    }
    *by = all ? set : rests;
    return all;
}

static void join_days(struct joining *j, uint32_t span) {
    struct bf_calendar *c = j->c;
    uint16_t *rank = bf_new_array(j->arena, uint16_t, span + 1);
    uint16_t *nth = bf_new_array(j->arena, uint16_t, span + 1);
    uint16_t *set_by = bf_new_array(j->arena, uint16_t, span + 1);
    for (uint32_t i = 1; i <= span; i++) {
        bool working = works(j, c->edge + (bf_day)i, &set_by[i]);
        rank[i] = (uint16_t)(rank[i - 1] + working);
        if (working)
            nth[rank[i]] = (uint16_t)i;
    }
    c->rank = rank;
    c->nth = nth;
    c->set_by = set_by;
    c->span = span;
    c->total = rank[span];
}

/* Still in all is what is still in one. */
static void join_still(struct joining *j) {
    uint32_t count = 0, n = 0;
    for (uint32_t p = 0; p < j->count; p++)
        count += j->part[p]->still_count;
    struct bf_calendar_still *all = bf_new_array(j->arena, struct bf_calendar_still, count + 1);
    for (uint32_t p = 0; p < j->count; p++)
        for (uint32_t i = 0; i < j->part[p]->still_count; i++)
            all[n++] = j->part[p]->still[i];
    bf_calendar_order_still(all, &n);
    j->c->still = all;
    j->c->still_count = n;
}

static enum bf_err join(struct joining *j, struct bf_error *e) {
    struct bf_calendar *c = j->c;
    bf_day last = BF_DAY_MIN; /* of all tables */
    c->first = BF_DAY_MIN;
    c->horizon = BF_DAY_MAX;
    c->known_on = BF_DAY_NONE;
    for (uint32_t p = 0; p < j->count; p++) {
        const struct bf_calendar *k = j->part[p];
        bf_day end = k->edge + (bf_day)k->span;
        c->first = k->first > c->first ? k->first : c->first;
        c->horizon = k->horizon < c->horizon ? k->horizon : c->horizon;
        c->known_on = k->known_on > c->known_on ? k->known_on : c->known_on;
        last = k->span && end > last ? end : last;
        for (int d = 0; d < 7; d++)
            c->rest[d] = c->rest[d] || k->rest[d];
    }
    c->edge = c->first - 1;
    bf_calendar_sum_week(c);
    if (!c->week_working)
        return bf_fail(e, BF_EFORMAT, "no working day is left in the week");
    last = last < c->horizon ? last : c->horizon;
    int64_t span = last < c->first ? 0 : (int64_t)last - c->edge;
    if (span > BF_CALENDAR_YEARS * 366 || !join_lines(j))
        return bf_fail(e, BF_ELIMIT, "too many years, or lines of days");
    join_days(j, (uint32_t)span);
    join_still(j);
    c->offsets = j->part[0]->offsets;
    c->offset_count = j->part[0]->offset_count;
    return BF_OK;
}

enum bf_err bf_calendar_load_union(struct bf_arena *a, bf_str name, bf_str file, bf_day known_on,
                                   const struct bf_calendar **cal, struct bf_error *e) {
    bf_str called[BF_CALENDAR_PARTS], part[BF_CALENDAR_PARTS];
    bf_str text = after(file, line_of(file)), head = line_of(text);
    struct joining j = {.arena = a, .c = bf_new(a, struct bf_calendar)};
    j.count = bf_calendar_parts(name, called);
    if (!bf_str_starts(head, BF_STR("name ")) ||
        !bf_str_eq((bf_str){head.p + 5, head.len - 5}, name) || j.count < 2)
        return bf_fail(e, BF_EFORMAT,
                       "line 2: several calendars are called by their names joined with +");
    if (take_apart(after(text, head), part) != j.count)
        return bf_fail(e, BF_EFORMAT, "the name says %u calendars, the file has not as many",
                       (unsigned)j.count);
    for (uint32_t i = 0; i < j.count; i++) {
        enum bf_err err = bf_calendar_load_one(a, called[i], part[i], known_on, &j.part[i], e);
        if (err)
            return err;
        for (uint32_t k = 0; k < i; k++)
            if (bf_str_eq(called[k], called[i]))
                return bf_fail(e, BF_EFORMAT, "one calendar is named twice");
    }
    enum bf_err err = join(&j, e);
    if (err)
        return err;
    j.c->name = bf_str_dup(a, name);
    j.c->bytes = bf_str_dup(a, file);
    bf_sha256(file.p, file.len, j.c->hash);
    *cal = j.c;
    return BF_OK;
}
