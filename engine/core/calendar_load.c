/* Reading a calendar file (docs/CALENDARS.md) and finding it.
**
** A file is read line by line into a working copy. Each day of the announced years remembers the
** line that set it last, which is enough to see what a later line may change. The whole file is
** checked first, whatever day it is to be known on; then the notices issued by then are read again
** and the ranks are summed.
*/
#include <stdio.h>
#include <string.h>

#include "engine/core/calendar_data.h"
#include "lang/base/diag.h"
#include "lang/base/stdlib.h"

#define FILE_MAX (4 << 20) /* of all parts together */
#define OFFSETS_MAX 4096
#define NOTICES_MAX 1000

struct loader {
    struct bf_arena *arena;
    bf_str name;
    struct bf_error *error;
    bf_str line, rest; /* the line, and what is unread of it */
    int number;
    bf_day known_on;
    bool stop; /* a notice issued later was met: nothing after it counts */

    bool has_name, has_weekend, has_from, has_horizon;
    bf_day first, horizon, known;
    bool weekend[7];
    struct bf_calendar_offset *offsets;
    uint32_t offset_count;
    struct bf_calendar_notice *notices;
    uint32_t notice_count;
    int notice_year;
    bool amends;
    struct bf_calendar_line *lines;
    uint32_t line_count, line_cap;
    struct bf_calendar_still *still;
    uint32_t still_count, still_cap;
    uint16_t *set_by; /* by day - first + 1 */
    uint32_t span;
};

/* A word in a message is cut where it would be too long, between two characters. */
static int shown(bf_str w) {
    uint32_t n = w.len;
    if (n > 60)
        for (n = 60; n > 0 && ((uint8_t)w.p[n] & 0xC0) == 0x80; n--)
            ;
    return (int)n;
}
#define SHOWN(w) shown(w), (w).p

/* In both languages: who reads a calendar's mistakes wrote it. line 0: of no line. */
static enum bf_err fail_text(struct bf_error *e, enum bf_err code, bf_str name, int line,
                             enum bf_text_id id, const bf_arg *args, int nargs) {
    for (int lang = BF_LANG_EN; lang <= BF_LANG_ZH; lang++) {
        struct bf_buf what, all;
        bf_buf_init(&what);
        bf_buf_init(&all);
        bf_text_render(&what, (enum bf_lang)lang, id, args, nargs);
        if (line)
            bf_text_render(
                &all, (enum bf_lang)lang, BF_T_CAL_LINE,
                BF_ARGS(bf_arg_str(name), bf_arg_int(line), bf_arg_str(bf_buf_view(&what))));
        bf_str text = bf_buf_view(line ? &all : &what);
        if (lang == BF_LANG_EN)
            bf_fail(e, code, "%.*s", (int)text.len, text.p ? text.p : "");
        else
            bf_error_in_chinese(e, text);
        bf_buf_fini(&what);
        bf_buf_fini(&all);
    }
    return code;
}

static bf_str cut(bf_str w) { return (bf_str){w.p, (uint32_t)shown(w)}; }

static enum bf_err fail_at(struct loader *l, enum bf_text_id id, const bf_arg *args, int nargs) {
    return fail_text(l->error, BF_EFORMAT, cut(l->name), l->number, id, args, nargs);
}

/* ---- words of a line ---- */
static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static void skip_blanks(bf_str *s) {
    while (s->len > 0 && is_blank(*s->p)) {
        s->p++;
        s->len--;
    }
}

/* The next word; empty at the line's end or at a comment. */
static bf_str word(struct loader *l) {
    skip_blanks(&l->rest);
    bf_str w = {l->rest.p, 0};
    if (l->rest.len > 0 && *l->rest.p == '#')
        return w;
    while (w.len < l->rest.len && !is_blank(w.p[w.len]))
        w.len++;
    l->rest.p += w.len;
    l->rest.len -= w.len;
    return w;
}

static bool is(bf_str w, const char *z) { return bf_str_eq(w, bf_str_of(z)); }

static enum bf_err line_end(struct loader *l) {
    bf_str w = word(l);
    return w.len ? fail_at(l, BF_T_CAL_EXTRA, BF_ARGS(bf_arg_str(cut(w)))) : BF_OK;
}

static enum bf_err day_word(struct loader *l, bf_str w, bf_day *day) {
    if (!bf_day_parse(w, day))
        return fail_at(l, BF_T_CAL_DATE, BF_ARGS(bf_arg_str(cut(w))));
    return BF_OK;
}

/* ---- the head ---- */
static enum bf_err read_name(struct loader *l) {
    bf_str w = word(l);
    if (l->has_name)
        return fail_at(l, BF_T_CAL_NAME_TWICE, BF_NOARGS);
    if (!bf_str_eq(w, l->name))
        return fail_at(l, BF_T_CAL_OTHER, BF_ARGS(bf_arg_str(cut(w))));
    l->has_name = true;
    return line_end(l);
}

static const char *const weekday_names[7] = {"monday", "tuesday",  "wednesday", "thursday",
                                             "friday", "saturday", "sunday"};

static enum bf_err read_weekend(struct loader *l) {
    if (l->has_weekend)
        return fail_at(l, BF_T_CAL_WEEKEND_TWICE, BF_NOARGS);
    l->has_weekend = true;
    bf_str w = word(l);
    if (is(w, "never"))
        return line_end(l);
    int count = 0;
    for (; w.len; w = word(l), count++) {
        int d = 0;
        while (d < 7 && !is(w, weekday_names[d]))
            d++;
        if (d == 7)
            return fail_at(l, BF_T_CAL_WEEKDAY, BF_ARGS(bf_arg_str(cut(w))));
        if (l->weekend[d])
            return fail_at(l, BF_T_CAL_WEEKDAY_TWICE,
                           BF_ARGS(bf_arg_str(bf_str_of(weekday_names[d]))));
        l->weekend[d] = true;
    }
    if (count == 0)
        return fail_at(l, BF_T_CAL_NO_WEEKEND, BF_NOARGS);
    return count == 7 ? fail_at(l, BF_T_CAL_NO_WORK, BF_NOARGS) : BF_OK;
}

/* +HH:MM, at most 18 hours. */
static bool parse_offset(bf_str w, int32_t *seconds) {
    int32_t n;
    if (w.len != 6 || (*w.p != '+' && *w.p != '-') || !bf_clock_parse((bf_str){w.p + 1, 5}, &n) ||
        n > 18 * 3600)
        return false;
    *seconds = *w.p == '-' ? -n : n;
    return true;
}

/* YYYY-MM-DDTHH:MMZ */
static bool parse_utc(bf_str w, bf_instant *at) {
    bf_day day;
    int32_t seconds;
    if (w.len != 17 || w.p[10] != 'T' || w.p[16] != 'Z' || !bf_day_parse((bf_str){w.p, 10}, &day) ||
        !bf_clock_parse((bf_str){w.p + 11, 5}, &seconds))
        return false;
    *at = (bf_instant)day * BF_DAY_SECONDS + seconds;
    return true;
}

#define OFFSET_GAP (2 * BF_DAY_SECONDS) /* longer than any two offsets differ */

static enum bf_err read_offset(struct loader *l) {
    bf_str w = word(l);
    struct bf_calendar_offset o = {BF_INSTANT_NONE, 0};
    if (!parse_offset(w, &o.seconds))
        return fail_at(l, BF_T_CAL_OFFSET, BF_ARGS(bf_arg_str(cut(w))));
    w = word(l);
    if (w.len) {
        bf_str when = word(l);
        if (!is(w, "from") || !parse_utc(when, &o.from))
            return fail_at(l, BF_T_CAL_OFFSET_FROM, BF_NOARGS);
    }
    if ((l->offset_count > 0) != (o.from != BF_INSTANT_NONE))
        return fail_at(l, BF_T_CAL_OFFSET_FIRST, BF_NOARGS);
    if (l->offset_count > 1 && o.from - l->offsets[l->offset_count - 1].from < OFFSET_GAP)
        return fail_at(l, BF_T_CAL_OFFSET_ORDER, BF_NOARGS);
    if (l->offset_count == OFFSETS_MAX)
        return fail_at(l, BF_T_CAL_OFFSETS, BF_ARGS(bf_arg_int(OFFSETS_MAX)));
    l->offsets[l->offset_count++] = o;
    return line_end(l);
}

static enum bf_err read_from(struct loader *l) {
    if (l->has_from)
        return fail_at(l, BF_T_CAL_FROM_TWICE, BF_NOARGS);
    l->has_from = true;
    enum bf_err err = day_word(l, word(l), &l->first);
    return err ? err : line_end(l);
}

static enum bf_err read_horizon(struct loader *l) {
    if (l->has_horizon)
        return fail_at(l, BF_T_CAL_HORIZON_TWICE, BF_NOARGS);
    if (!l->has_from)
        return fail_at(l, BF_T_CAL_HORIZON_EARLY, BF_NOARGS);
    l->has_horizon = true;
    enum bf_err err = day_word(l, word(l), &l->horizon);
    if (!err && l->horizon < l->first)
        return fail_at(l, BF_T_CAL_HORIZON_BEFORE, BF_NOARGS);
    return err ? err : line_end(l);
}

/* ---- notices and their days ---- */
static int year_of(bf_day day) { return bf_day_civil(day).year; }

/* The head is complete and may start a first notice. */
static enum bf_err head_done(struct loader *l) {
    if (!l->has_name || !l->has_weekend || !l->has_from || l->offset_count == 0)
        return fail_at(l, BF_T_CAL_HEAD, BF_NOARGS);
    if (l->has_horizon)
        return fail_at(l, BF_T_CAL_HORIZON_NOTICES, BF_NOARGS);
    struct bf_civil c = bf_day_civil(l->first);
    if (c.month != 1 || c.day != 1)
        return fail_at(l, BF_T_CAL_FROM_JANUARY, BF_NOARGS);
    return BF_OK;
}

static enum bf_err open_year(struct loader *l, int year) {
    int next = l->span == 0 ? year_of(l->first) : year_of(l->horizon) + 1;
    if (year != next)
        return fail_at(l, BF_T_CAL_YEAR_ORDER, BF_ARGS(bf_arg_int(next), bf_arg_int(year)));
    if (year - year_of(l->first) >= BF_CALENDAR_YEARS)
        return fail_at(l, BF_T_CAL_YEARS, BF_ARGS(bf_arg_int(BF_CALENDAR_YEARS)));
    l->horizon = bf_day_from_civil(year, 12, 31);
    l->span = (uint32_t)(l->horizon - l->first) + 1;
    return BF_OK;
}

/* notice CITATION of DATE announces|amends YEAR */
static enum bf_err read_notice(struct loader *l) {
    enum bf_err err = l->notice_count == 0 ? head_done(l) : BF_OK;
    if (err)
        return err;
    bf_str cite = word(l), of = word(l), when = word(l), verb = word(l), year = word(l);
    bf_day issued, new_year;
    char first[] = "YYYY-01-01";
    if (!is(of, "of") || !(is(verb, "announces") || is(verb, "amends")) || year.len != 4)
        return fail_at(l, BF_T_CAL_NOTICE, BF_NOARGS);
    if ((err = day_word(l, when, &issued)) || (err = line_end(l)))
        return err;
    memcpy(first, year.p, 4);
    if (!bf_day_parse(BF_STR(first), &new_year))
        return fail_at(l, BF_T_CAL_YEAR, BF_ARGS(bf_arg_str(cut(year))));
    if (l->notice_count > 0 && issued < l->notices[l->notice_count - 1].of)
        return fail_at(l, BF_T_CAL_NOTICE_ORDER, BF_NOARGS);
    if (issued > l->known_on) {
        l->stop = true;
        return BF_OK;
    }
    if (l->notice_count == NOTICES_MAX)
        return fail_at(l, BF_T_CAL_NOTICES, BF_ARGS(bf_arg_int(NOTICES_MAX)));
    l->amends = is(verb, "amends");
    l->notice_year = year_of(new_year);
    if (l->amends && (l->span == 0 || l->notice_year > year_of(l->horizon)))
        return fail_at(l, BF_T_CAL_NOT_ANNOUNCED, BF_ARGS(bf_arg_int(l->notice_year)));
    if (!l->amends && (err = open_year(l, l->notice_year)))
        return err;
    l->notices[l->notice_count++] = (struct bf_calendar_notice){bf_str_dup(l->arena, cite), issued};
    l->known = issued;
    return BF_OK;
}

/* May this line set that day, after what was said of it before? */
static enum bf_err check_day(struct loader *l, bf_day day, bool work) {
    char d[BF_DAY_TEXT];
    const struct bf_calendar_line *before = NULL;
    uint16_t by = l->set_by[day - l->first + 1];
    if (by)
        before = &l->lines[by - 1];
    if (before && before->notice == l->notice_count - 1)
        return fail_at(l, BF_T_CAL_SET_TWICE, BF_ARGS(bf_arg_str(bf_str_of(bf_day_print(day, d)))));
    if (before && !l->amends)
        return fail_at(l, BF_T_CAL_SET_BEFORE,
                       BF_ARGS(bf_arg_str(bf_str_of(bf_day_print(day, d)))));
    bool rests = before ? !before->work : l->weekend[bf_day_weekday(day) - 1];
    if (work && !rests)
        return fail_at(l, BF_T_CAL_WORKED, BF_ARGS(bf_arg_str(bf_str_of(bf_day_print(day, d)))));
    return BF_OK;
}

static struct bf_calendar_line *new_line(struct loader *l) {
    l->lines = bf_arena_grow(l->arena, l->lines, l->line_count, &l->line_cap, sizeof *l->lines);
    return &l->lines[l->line_count++];
}

/* DATE[..DATE] [NAME], of the notice at hand */
static enum bf_err read_range(struct loader *l, struct bf_calendar_still *range) {
    if (l->notice_count == 0)
        return fail_at(l, BF_T_CAL_NO_NOTICE, BF_NOARGS);
    bf_str w = word(l), from = {w.p, w.len < 10 ? w.len : 10};
    bf_day first, last;
    enum bf_err err;
    if (!bf_day_parse(from, &first))
        return day_word(l, w, &first);
    last = first;
    if (w.len > 10) {
        if (w.len < 12 || memcmp(w.p + 10, "..", 2) != 0)
            return fail_at(l, BF_T_CAL_DAYS, BF_NOARGS);
        if ((err = day_word(l, (bf_str){w.p + 12, w.len - 12}, &last)))
            return err;
    }
    if (last < first)
        return fail_at(l, BF_T_CAL_DAYS_ORDER, BF_NOARGS);
    if (first < l->first || last > bf_day_from_civil(l->notice_year, 12, 31))
        return fail_at(l, BF_T_CAL_DAYS_OUTSIDE, BF_ARGS(bf_arg_int(l->notice_year)));
    *range = (struct bf_calendar_still){first, last, bf_str_dup(l->arena, word(l))};
    return line_end(l);
}

/* rest|work DATE[..DATE] [NAME] */
static enum bf_err read_days(struct loader *l, bool work) {
    struct bf_calendar_still r;
    enum bf_err err = read_range(l, &r);
    if (err)
        return err;
    for (bf_day day = r.first; day <= r.last; day++)
        if ((err = check_day(l, day, work)))
            return err;
    if (l->line_count == BF_CALENDAR_LINES)
        return fail_at(l, BF_T_CAL_LINES, BF_ARGS(bf_arg_int(BF_CALENDAR_LINES)));
    *new_line(l) = (struct bf_calendar_line){r.first, r.last, l->notice_count - 1, work, r.name};
    for (bf_day day = r.first; day <= r.last; day++)
        l->set_by[day - l->first + 1] = (uint16_t)l->line_count;
    return BF_OK;
}

/* still DATE[..DATE] [NAME] */
static enum bf_err read_still(struct loader *l) {
    struct bf_calendar_still r;
    enum bf_err err = read_range(l, &r);
    if (err)
        return err;
    for (uint32_t i = 0; i < l->still_count; i++)
        if (r.first <= l->still[i].last && r.last >= l->still[i].first)
            return fail_at(l, BF_T_CAL_STILL_TWICE, BF_NOARGS);
    if (l->still_count == BF_CALENDAR_YEARS * 10)
        return fail_at(l, BF_T_CAL_STILL_LINES, BF_ARGS(bf_arg_int(BF_CALENDAR_YEARS * 10)));
    l->still = bf_arena_grow(l->arena, l->still, l->still_count, &l->still_cap, sizeof *l->still);
    l->still[l->still_count++] = r;
    return BF_OK;
}

/* ---- the file ---- */
static enum bf_err read_line(struct loader *l) {
    bf_str w = word(l);
    if (w.len == 0)
        return BF_OK;
    if (is(w, "rest") || is(w, "work"))
        return read_days(l, is(w, "work"));
    if (is(w, "still"))
        return read_still(l);
    if (is(w, "notice"))
        return read_notice(l);
    if (l->notice_count > 0)
        return fail_at(l, BF_T_CAL_AFTER_NOTICE, BF_ARGS(bf_arg_str(cut(w))));
    if (is(w, "name"))
        return read_name(l);
    if (is(w, "weekend"))
        return read_weekend(l);
    if (is(w, "offset"))
        return read_offset(l);
    if (is(w, "from"))
        return read_from(l);
    if (is(w, "horizon"))
        return read_horizon(l);
    return fail_at(l, BF_T_CAL_WORD, BF_ARGS(bf_arg_str(cut(w))));
}

static bool next_line(struct loader *l, bf_str *text) {
    if (text->len == 0)
        return false;
    const char *end = memchr(text->p, '\n', text->len);
    uint32_t len = end ? (uint32_t)(end - text->p) : text->len;
    l->line = (bf_str){text->p, len};
    text->p += len + (end != NULL);
    text->len -= len + (end != NULL);
    if (l->line.len > 0 && l->line.p[l->line.len - 1] == '\r')
        l->line.len--;
    l->rest = l->line;
    l->number++;
    return true;
}

static enum bf_err check_bytes(struct loader *l, bf_str text) {
    size_t bad = bf_utf8_check(text.p, text.len);
    const char *nul = memchr(text.p, '\0', text.len);
    if (nul && (size_t)(nul - text.p) < bad)
        bad = (size_t)(nul - text.p);
    if (bad == text.len)
        return BF_OK;
    l->number = 1;
    for (size_t i = 0; i < bad; i++)
        l->number += text.p[i] == '\n';
    return fail_at(l, BF_T_CAL_UTF8, BF_ARGS(bf_arg_int((int64_t)bad)));
}

/* Reads the file as known on a day, from an empty loader. */
static enum bf_err read_file(struct loader *l, bf_str text) {
    l->offsets = bf_new_array(l->arena, struct bf_calendar_offset, OFFSETS_MAX);
    l->notices = bf_new_array(l->arena, struct bf_calendar_notice, NOTICES_MAX);
    l->set_by = bf_new_array(l->arena, uint16_t, BF_CALENDAR_YEARS * 366 + 1);
    l->known = BF_DAY_NONE;
    if (!next_line(l, &text) || !is(word(l), "banfa") || !is(word(l), "calendar") ||
        !is(word(l), "1")) {
        l->number = 1;
        return fail_at(l, BF_T_CAL_FIRST_LINE, BF_NOARGS);
    }
    enum bf_err err = line_end(l);
    while (!err && !l->stop && next_line(l, &text))
        err = read_line(l);
    if (err)
        return err;
    if (l->notice_count == 0 && !l->stop) {
        if (!l->has_name || !l->has_weekend || !l->has_from || l->offset_count == 0)
            return fail_at(l, BF_T_CAL_SHORT, BF_NOARGS);
        if (!l->has_horizon)
            return fail_at(l, BF_T_CAL_NO_HORIZON, BF_NOARGS);
    } else if (l->notice_count == 0) {
        l->horizon = l->first - 1; /* as then known: nothing */
    }
    return BF_OK;
}

void bf_calendar_sum_week(struct bf_calendar *c) {
    for (int d = 0; d < 7; d++) {
        if (!c->rest[d])
            c->week_nth[c->week_working++] = d;
        c->week_through[d] = c->week_working;
    }
    int64_t n = (int64_t)c->edge - BF_DAY_MIN + 7;
    c->edge_rank = n / 7 * c->week_working + c->week_through[n % 7];
}

void bf_calendar_order_still(struct bf_calendar_still *still, uint32_t *count) {
    for (uint32_t i = 1; i < *count; i++) {
        struct bf_calendar_still r = still[i];
        uint32_t at = i;
        for (; at > 0 && still[at - 1].first > r.first; at--)
            still[at] = still[at - 1];
        still[at] = r;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *count; i++) {
        struct bf_calendar_still r = still[i];
        if (kept && r.first <= still[kept - 1].last)
            r.first = still[kept - 1].last + 1;
        if (r.first <= r.last)
            still[kept++] = r;
    }
    *count = kept;
}

static void sum_table(struct bf_calendar *c, const struct loader *l) {
    uint16_t *rank = bf_new_array(l->arena, uint16_t, l->span + 1);
    uint16_t *nth = bf_new_array(l->arena, uint16_t, l->span + 1);
    for (uint32_t i = 1; i <= l->span; i++) {
        bool rests = l->set_by[i] ? !l->lines[l->set_by[i] - 1].work
                                  : l->weekend[bf_day_weekday(c->edge + (bf_day)i) - 1];
        rank[i] = (uint16_t)(rank[i - 1] + !rests);
        if (!rests)
            nth[rank[i]] = (uint16_t)i;
    }
    c->rank = rank;
    c->nth = nth;
    c->span = l->span;
    c->total = rank[l->span];
}

static const struct bf_calendar *build(const struct loader *l, bf_str text) {
    struct bf_calendar *c = bf_new(l->arena, struct bf_calendar);
    c->edge = l->first - 1;
    c->first = l->first;
    c->horizon = l->horizon;
    c->known_on = l->known;
    memcpy(c->rest, l->weekend, sizeof c->rest);
    bf_calendar_sum_week(c);
    sum_table(c, l);
    c->set_by = bf_arena_copy(l->arena, l->set_by, (l->span + 1) * sizeof *l->set_by);
    c->offsets = bf_arena_copy(l->arena, l->offsets, l->offset_count * sizeof *l->offsets);
    c->offset_count = l->offset_count;
    c->notices = bf_arena_copy(l->arena, l->notices, l->notice_count * sizeof *l->notices);
    c->lines = l->lines;
    c->still = l->still;
    c->still_count = l->still_count;
    if (c->still_count)
        bf_calendar_order_still(l->still, &c->still_count);
    c->name = bf_str_dup(l->arena, l->name);
    c->bytes = bf_str_dup(l->arena, text);
    bf_sha256(text.p, text.len, c->hash);
    return c;
}

enum bf_err bf_calendar_load_one(struct bf_arena *a, bf_str name, bf_str file, bf_day known_on,
                                 const struct bf_calendar **cal, struct bf_error *e) {
    bf_str text = file;
    if (bf_str_starts(text, BF_STR("\xEF\xBB\xBF")))
        text = (bf_str){text.p + 3, text.len - 3};
    struct loader l = {.arena = a, .name = name, .error = e, .known_on = BF_DAY_MAX};
    enum bf_err err = check_bytes(&l, text);
    if (!err)
        err = read_file(&l, text);
    if (!err && l.known != BF_DAY_NONE && l.known > known_on) {
        l = (struct loader){.arena = a, .name = name, .error = e, .known_on = known_on};
        err = read_file(&l, text);
    }
    if (!err)
        *cal = build(&l, file);
    return err;
}

enum bf_err bf_calendar_load(struct bf_arena *a, bf_str name, const void *bytes, size_t len,
                             bf_day known_on, const struct bf_calendar **cal, struct bf_error *e) {
    const bf_str file = {bytes, (uint32_t)len};
    if (len > FILE_MAX)
        return bf_fail(e, BF_ELIMIT, "calendar %.*s: larger than %d bytes", SHOWN(name), FILE_MAX);
    return bf_calendar_is_union(file) ? bf_calendar_load_union(a, name, file, known_on, cal, e)
                                      : bf_calendar_load_one(a, name, file, known_on, cal, e);
}

/* ---- finding ---- */
static bf_str english_name(bf_str name) {
    static const struct {
        const char *class, *en, *zh;
    } names[] = {
#define BUILTIN(id, class, en, zh) {#class, en, zh},
#include "lang/defs/builtins.def"
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].class, "MODULE") == 0 && is(name, names[i].zh))
            return bf_str_of(names[i].en);
    return name;
}

/* a.b becomes a/b.calendar; only letters, digits and _ stand between the dots. */
static bool file_of(bf_str name, char out[BF_PATH_MAX]) {
    size_t at = strlen(out), end = at + name.len;
    if (name.len == 0 || end + sizeof "/.calendar" > BF_PATH_MAX)
        return false;
    out[at++] = '/';
    for (uint32_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        bool dot = c == '.' && i > 0 && i + 1 < name.len && name.p[i - 1] != '.';
        if (!dot && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '_')
            return false;
        out[at++] = dot ? '/' : c;
    }
    memcpy(out + at, ".calendar", sizeof ".calendar");
    return true;
}

static enum bf_err read_in(struct bf_arena *a, const char *folder, bf_str name, bf_str *text,
                           struct bf_error *e) {
    char path[BF_PATH_MAX];
    if (strlen(folder) >= BF_PATH_MAX)
        return fail_text(e, BF_ENOENT, name, 0, BF_T_CAL_NONE, BF_ARGS(bf_arg_str(cut(name))));
    memcpy(path, folder, strlen(folder) + 1);
    if (!file_of(name, path))
        return fail_text(e, BF_ENOENT, name, 0, BF_T_CAL_NONE, BF_ARGS(bf_arg_str(cut(name))));
    enum bf_err err = bf_file_read(a, path, FILE_MAX, text, e);
    if (err == BF_ENOENT)
        return fail_text(e, err, name, 0, BF_T_CAL_NO_FILE,
                         BF_ARGS(bf_arg_str(cut(name)), bf_arg_str(bf_str_of(path))));
    return err;
}

static enum bf_err read_named(struct bf_arena *a, const char *const *folder, uint32_t folders,
                              bf_str name, bf_str *text, struct bf_error *e) {
    char stdlib[BF_PATH_MAX];
    enum bf_err err = bf_stdlib_dir(stdlib, e);
    for (uint32_t i = 0; i < folders; i++) {
        enum bf_err here = read_in(a, folder[i], name, text, e);
        if (here != BF_ENOENT)
            return here;
    }
    return err ? err : read_in(a, stdlib, name, text, e);
}

enum bf_err bf_calendar_open(struct bf_arena *a, bf_str name, bf_day known_on,
                             const struct bf_calendar **cal, struct bf_error *e) {
    return bf_calendar_find(a, NULL, 0, name, known_on, cal, e);
}

enum bf_err bf_calendar_find(struct bf_arena *a, const char *const *folder, uint32_t folders,
                             bf_str name, bf_day known_on, const struct bf_calendar **cal,
                             struct bf_error *e) {
    bf_str part[BF_CALENDAR_PARTS], file[BF_CALENDAR_PARTS], text;
    uint32_t count = bf_calendar_parts(name, part);
    if (!count)
        return fail_text(e, BF_ENOENT, name, 0, BF_T_CAL_NONE, BF_ARGS(bf_arg_str(cut(name))));
    for (uint32_t i = 0; i < count; i++) {
        part[i] = english_name(part[i]);
        enum bf_err err = read_named(a, folder, folders, part[i], &file[i], e);
        if (err)
            return err;
    }
    text = file[0];
    name = part[0];
    if (count > 1)
        bf_calendar_join(a, part, file, count, &name, &text);
    return bf_calendar_load(a, name, text.p, text.len, known_on, cal, e);
}
