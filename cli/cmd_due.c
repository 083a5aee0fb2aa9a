/* banfa due: the last day of a period.
**
** One query from --from and --within, or any number from standard input, a line each: a date, a tab
** and a period. A line out is the last day, and after a tab `provisional` if nobody has announced
** that year yet. A period of hours ends at an instant: the first that is too late. A line that
** cannot be answered gives an empty line ({"error":…} with --json), a complaint on stderr that names it,
** and exit status 1.
*/
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "engine/core/term.h"
#include "engine/core/value.h"
#include "lang/base/cite.h"

#define LINE_MAX_BYTES 4096

struct query {
    bf_str from, within; /* as written */
    bf_day day;
    int32_t seconds; /* of the clock, -1: none given */
    struct bf_period period;
};

struct due_run {
    const struct bf_cli *cli;
    const struct bf_calendar *calendar;
    struct bf_count_rule rule;
    struct bf_buf out;
    int64_t line; /* 0: not from standard input */
    bool failed;
};

/* ---- reading what people write ---- */
struct plain {
    char p[128];
    uint32_t len;
};

static void put_plain(struct plain *out, const char *p, uint32_t n) {
    if (out->len + n < sizeof out->p) {
        memcpy(out->p + out->len, p, n);
        out->len += n;
    } else {
        out->len = sizeof out->p; /* too long for a date or a period: nothing will match */
    }
}

/* Full-width characters become ASCII, runs of blanks one space, none at the ends. */
static bool make_plain(bf_str s, struct plain *out) {
    const char *p = s.p, *end = s.p + s.len;
    bool blank = false;
    out->len = 0;
    while (p < end && out->len < sizeof out->p) {
        uint32_t cp;
        int n = bf_utf8_decode(p, end, &cp);
        if (n == 0)
            return false;
        char c = cp >= 0xFF01 && cp <= 0xFF5E ? (char)(cp - 0xFEE0) : *p;
        if (cp == 0x3000 || cp == ' ' || cp == '\t' || cp == '\r') {
            blank = out->len > 0;
        } else {
            if (blank)
                put_plain(out, " ", 1);
            blank = false;
            if (n == 1 || c != *p)
                put_plain(out, &c, 1);
            else
                put_plain(out, p, (uint32_t)n);
        }
        p += n;
    }
    return out->len < sizeof out->p;
}

static bool take(bf_str *s, const char *z) {
    bf_str w = bf_str_of(z);
    if (!bf_str_starts(*s, w))
        return false;
    s->p += w.len;
    s->len -= w.len;
    return true;
}

/* A number, in digits or in Chinese; false if there is none or it is absurdly long. */
static bool take_number(bf_str *s, int64_t *n) {
    uint32_t i = 0, zh;
    *n = 0;
    for (; i < s->len && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
        if (i == 15)
            return false;
        *n = *n * 10 + (s->p[i] - '0');
    }
    if (i == 0) {
        i = bf_zh_number_read(s->p, s->p + s->len, &zh);
        *n = zh;
    }
    s->p += i;
    s->len -= i;
    return i > 0;
}

/* 2025-09-29, 2025年9月29日, and a clock after either. */
static bool read_date(bf_str written, bf_day *day, int32_t *seconds) {
    struct plain plain;
    int64_t y, m, d;
    if (!make_plain(written, &plain))
        return false;
    bf_str s = {plain.p, plain.len};
    if (s.len >= 10 && bf_day_parse((bf_str){s.p, 10}, day)) {
        s = (bf_str){s.p + 10, s.len - 10};
    } else {
        if (!take_number(&s, &y) || !take(&s, "年") || !take_number(&s, &m) || !take(&s, "月") ||
            !take_number(&s, &d) || !take(&s, "日") || !bf_civil_ok(y, m, d))
            return false;
        *day = bf_day_from_civil((int)y, (int)m, (int)d);
    }
    *seconds = -1;
    if (s.len == 0)
        return true;
    if (!take(&s, "T"))
        take(&s, " ");
    return bf_clock_parse(s, seconds) && *seconds < BF_DAY_SECONDS;
}

static bool read_period(bf_str written, struct bf_period *period) {
    /* Each before the ones it begins with. */
    static const struct {
        const char *word;
        enum bf_unit unit;
        int times;
    } units[] = {
        {" working days", BF_UNIT_WORKING_DAYS, 1},
        {" working day", BF_UNIT_WORKING_DAYS, 1},
        {"个工作日", BF_UNIT_WORKING_DAYS, 1},
        {"工作日", BF_UNIT_WORKING_DAYS, 1},
        {" days", BF_UNIT_DAYS, 1},
        {" day", BF_UNIT_DAYS, 1},
        {"个自然日", BF_UNIT_DAYS, 1},
        {"日", BF_UNIT_DAYS, 1},
        {"天", BF_UNIT_DAYS, 1},
        {" weeks", BF_UNIT_DAYS, 7},
        {" week", BF_UNIT_DAYS, 7},
        {"个星期", BF_UNIT_DAYS, 7},
        {"星期", BF_UNIT_DAYS, 7},
        {"周", BF_UNIT_DAYS, 7},
        {" months", BF_UNIT_MONTHS, 1},
        {" month", BF_UNIT_MONTHS, 1},
        {"个月", BF_UNIT_MONTHS, 1},
        {" years", BF_UNIT_MONTHS, 12},
        {" year", BF_UNIT_MONTHS, 12},
        {"年", BF_UNIT_MONTHS, 12},
        {" hours", BF_UNIT_HOURS, 1},
        {" hour", BF_UNIT_HOURS, 1},
        {"小时", BF_UNIT_HOURS, 1},
    };
    struct plain plain;
    int64_t n;
    if (!make_plain(written, &plain))
        return false;
    bf_str s = {plain.p, plain.len};
    if (!take_number(&s, &n) || n == 0)
        return false;
    if (s.len > 1 && *s.p == ' ' && (uint8_t)s.p[1] >= 0x80)
        take(&s, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!take(&s, units[i].word))
            continue;
        *period = (struct bf_period){units[i].unit, n * units[i].times};
        return s.len == 0 || bf_str_eq(s, BF_STR("内")) || bf_str_eq(s, BF_STR("以内")) ||
               bf_str_eq(s, BF_STR("之内"));
    }
    return false;
}

/* ---- complaints ---- */
/* What was written, as far as it can be shown. */
static bf_arg shown(bf_str s) {
    if (s.len > 100)
        s.len = 100;
    s.len = (uint32_t)bf_utf8_check(s.p, s.len);
    const char *nul = s.len ? memchr(s.p, '\0', s.len) : NULL;
    if (nul)
        s.len = (uint32_t)(nul - s.p);
    return bf_arg_str(s);
}

static void complain(struct due_run *run, enum bf_text_id text, const bf_arg *args, int nargs) {
    struct bf_buf b;
    bf_buf_init(&b);
    if (run->line > 0)
        bf_text_render(&b, run->cli->lang, BF_T_DUE_AT_LINE, BF_ARGS(bf_arg_int(run->line)));
    bf_text_render(&b, run->cli->lang, text, args, nargs);
    fprintf(stderr, "banfa due: %.*s\n", (int)b.len, b.len ? b.p : "");
    if (run->cli->json && run->line > 0) {
        bf_buf_z(&run->out, "{\"error\":");
        bf_json_text(bf_buf_view(&b), &run->out);
        bf_buf_char(&run->out, '}');
    }
    bf_buf_fini(&b);
    run->failed = true;
}

static bool read_query(struct due_run *run, struct query *q) {
    if (!read_date(q->from, &q->day, &q->seconds)) {
        complain(run, BF_T_DUE_BAD_DATE, BF_ARGS(shown(q->from)));
        return false;
    }
    if (!read_period(q->within, &q->period)) {
        complain(run, BF_T_DUE_BAD_PERIOD, BF_ARGS(shown(q->within)));
        return false;
    }
    return true;
}

/* ---- answering ---- */
static void put_json(struct due_run *run, const struct query *q, const struct bf_due *due,
                     const char *too_late) {
    char last[BF_DAY_TEXT], hash[2 * BF_SHA256_LEN + 1];
    bf_str name = bf_calendar_name(run->calendar);
    bf_hex(bf_calendar_hash(run->calendar), BF_SHA256_LEN, hash);
    json_t *json =
        json_pack("{s:s%, s:s, s:s%, s:s, s:b, s:s, s:s%}", "calendar", name.p, (size_t)name.len,
                  "calendar_hash", hash, "from", q->from.p, (size_t)q->from.len, "due",
                  bf_day_print(due->last, last), "provisional", due->provisional, "too_late",
                  too_late, "within", q->within.p, (size_t)q->within.len);
    char *text = json ? json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
    if (text) {
        json_free_t release;
        json_get_alloc_funcs(NULL, &release);
        bf_buf_z(&run->out, text);
        release(text);
    } else {
        run->out.failed = true;
    }
    json_decref(json);
}

static void answer(struct due_run *run, const struct query *q) {
    struct bf_term term = {.limit = BF_LIMIT_PERIOD,
                           .start = q->day,
                           .start_at = BF_INSTANT_NONE,
                           .period = q->period};
    struct bf_due due;
    if (q->seconds >= 0)
        term.start_at = bf_calendar_instant(run->calendar, q->day, q->seconds);
    enum bf_days r = bf_term_due(run->calendar, &run->rule, &term, &due);
    if (r == BF_DAYS_UNKNOWN) {
        char first[BF_DAY_TEXT];
        bf_day_print(bf_calendar_first(run->calendar), first);
        complain(
            run, BF_T_DUE_BEFORE_DATA,
            BF_ARGS(bf_arg_str(bf_calendar_name(run->calendar)), bf_arg_str(bf_str_of(first))));
        return;
    }
    if (r == BF_DAYS_RANGE) {
        complain(run, BF_T_DUE_RANGE, BF_NOARGS);
        return;
    }
    char last[BF_DAY_TEXT], too_late[BF_INSTANT_TEXT];
    bf_instant_print(due.at, bf_calendar_offset(run->calendar, due.at), too_late);
    if (run->cli->json) {
        put_json(run, q, &due, too_late);
        return;
    }
    bf_buf_z(&run->out, q->period.unit == BF_UNIT_HOURS ? too_late : bf_day_print(due.last, last));
    if (due.provisional)
        bf_buf_z(&run->out, "\tprovisional");
}

/* ---- standard input ---- */
static void answer_line(struct due_run *run, bf_str line) {
    struct query q = {.from = line};
    const char *tab = line.len ? memchr(line.p, '\t', line.len) : NULL;
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    if (line.len > LINE_MAX_BYTES) {
        complain(run, BF_T_DUE_LONG_LINE, BF_ARGS(bf_arg_int(LINE_MAX_BYTES)));
    } else if (!tab) {
        complain(run, BF_T_DUE_BAD_LINE, BF_NOARGS);
    } else {
        q.from.len = (uint32_t)(tab - line.p);
        q.within = (bf_str){tab + 1, line.len - q.from.len - 1};
        if (read_query(run, &q))
            answer(run, &q);
    }
    bf_buf_char(&run->out, '\n');
}

static bool write_out(struct due_run *run) {
    bool ok = bf_cli_write(run->cli, &run->out);
    run->out.len = 0;
    return ok;
}

/* Answers what has come so far before it waits for more, so that a program may ask and listen. A
** line too long is remembered by its length only. */
static int answer_input(struct due_run *run) {
    char line[LINE_MAX_BYTES + 1], part[65536];
    size_t len = 0;
    ssize_t got;
    while ((got = read(STDIN_FILENO, part, sizeof part)) != 0) {
        if (got < 0) {
            if (errno == EINTR)
                continue;
            struct bf_error e;
            bf_fail(&e, BF_EIO, "standard input: %s", strerror(errno));
            return bf_cli_fail(run->cli, &e);
        }
        for (ssize_t i = 0; i < got; i++) {
            if (part[i] == '\n') {
                run->line++;
                answer_line(run, (bf_str){line, (uint32_t)len});
                len = 0;
            } else if (len <= LINE_MAX_BYTES) {
                line[len++] = part[i];
            }
        }
        if (!write_out(run))
            return BF_EXIT_USAGE;
    }
    if (len > 0) {
        run->line++;
        answer_line(run, (bf_str){line, (uint32_t)len});
    }
    return write_out(run) ? run->failed : BF_EXIT_USAGE;
}

static int answer_one(struct due_run *run, struct query *q) {
    if (!read_query(run, q))
        return BF_EXIT_USAGE;
    answer(run, q);
    if (run->failed)
        return BF_EXIT_ERRORS;
    bf_buf_char(&run->out, '\n');
    return write_out(run) ? BF_EXIT_FINE : BF_EXIT_USAGE;
}

static int run_due(struct bf_cli *cli, struct bf_arena *arena, int argc, char **argv) {
    struct due_run run = {.cli = cli, .rule = BF_COUNT_RULE_DEFAULT};
    const char *calendar = bf_cli_value(&argc, argv, "--calendar");
    const char *from = bf_cli_value(&argc, argv, "--from");
    const char *within = bf_cli_value(&argc, argv, "--within");
    const char *known_on = bf_cli_value(&argc, argv, "--as-known-on");
    run.rule.same_day = bf_cli_flag(&argc, argv, "--same-day");
    run.rule.roll = !bf_cli_flag(&argc, argv, "--no-roll");
    if (bf_cli_flag(&argc, argv, "--standstill"))
        run.rule.still = 1u << BF_UNIT_WORKING_DAYS | 1u << BF_UNIT_DAYS | 1u << BF_UNIT_MONTHS;
    if (!bf_cli_operands(cli, &argc, argv, 0, 1))
        return BF_EXIT_USAGE;
    bool input = argc == 2;
    if (!calendar)
        return bf_cli_usage(cli, BF_T_DUE_NO_CALENDAR, BF_NOARGS);
    if (input ? strcmp(argv[1], "-") != 0 || from || within : !from || !within)
        return bf_cli_usage(cli, BF_T_DUE_NO_QUERY, BF_NOARGS);
    bf_day known = BF_DAY_MAX;
    int32_t clock = -1;
    if (known_on && (!read_date(bf_str_of(known_on), &known, &clock) || clock >= 0))
        return bf_cli_usage(cli, BF_T_DUE_BAD_DATE, BF_ARGS(shown(bf_str_of(known_on))));
    struct bf_error e;
    if (bf_calendar_open(arena, bf_str_of(calendar), known, &run.calendar, &e) != BF_OK)
        return bf_cli_fail(cli, &e);
    bf_buf_init(&run.out);
    int status = input ? answer_input(&run)
                       : answer_one(&run, &(struct query){.from = bf_str_of(from),
                                                          .within = bf_str_of(within)});
    bf_buf_fini(&run.out);
    return status;
}

int bf_cmd_due(struct bf_cli *cli, int argc, char **argv) {
    struct bf_arena *arena = bf_arena_new(0);
    if (!arena)
        return bf_cli_fail(cli, &(struct bf_error){.code = BF_ENOMEM, .text = "out of memory"});
    int status = run_due(cli, arena, argc, argv);
    bf_arena_free(arena);
    return status;
}
