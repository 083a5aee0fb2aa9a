/* Asks the deadline ledger what a line of standard input asks, for an oracle in another language.
**
**   term_driver CALENDAR KNOWN-ON
**   due   RULE TERM             units RULE TERM DATE        days RULE TERM UPTO
**   after RULE UNIT N DATE      before RULE UNIT N DATE     between DATE DATE
** RULE is DAY-ENDS SAME-DAY ROLL as numbers. TERM is `none`, `period UNIT N` or `date DATE`, then
** DATE START-AT, a count and as many `UNIT N` of extensions, a count and as many pauses
** `FROM TO FROM-AT TO-AT`. Instants are seconds; a dash is no day and no instant.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core/term.h"
#include "lang/base/assert.h"

#define LEDGER_MAX 16

static char line[4096];
static char *cursor;
static long line_number;

static const char *word(void) {
    char *w = strtok_r(NULL, " \n", &cursor);
    if (!w) {
        fprintf(stderr, "line %ld: too short\n", line_number);
        exit(2);
    }
    return w;
}

static int64_t number(void) {
    const char *w = word();
    return strcmp(w, "-") == 0 ? BF_INSTANT_NONE : strtoll(w, NULL, 10);
}

static bf_day date(void) {
    const char *w = word();
    bf_day day = BF_DAY_NONE;
    if (strcmp(w, "-") != 0 && !bf_day_parse(bf_str_of(w), &day)) {
        fprintf(stderr, "line %ld: not a date: %s\n", line_number, w);
        exit(2);
    }
    return day;
}

static struct bf_period period(void) {
    static const char *const names[] = {"working", "days", "months", "hours"};
    const char *w = word();
    for (int u = 0; u < 4; u++)
        if (strcmp(w, names[u]) == 0)
            return (struct bf_period){(enum bf_unit)u, number()};
    fprintf(stderr, "line %ld: not a unit: %s\n", line_number, w);
    exit(2);
}

static struct bf_count_rule rule(void) {
    int32_t day_ends = (int32_t)number();
    bool same_day = number() != 0;
    return (struct bf_count_rule){day_ends, same_day, number() != 0, 0};
}

static struct bf_term term(void) {
    static struct bf_period extensions[LEDGER_MAX];
    static struct bf_pause pauses[LEDGER_MAX];
    struct bf_term t = {.extensions = extensions, .pauses = pauses};
    const char *limit = word();
    if (strcmp(limit, "period") == 0) {
        t.limit = BF_LIMIT_PERIOD;
        t.period = period();
    } else if (strcmp(limit, "date") == 0) {
        t.limit = BF_LIMIT_DATE;
        t.date = date();
    }
    t.start = date();
    t.start_at = number();
    t.extension_count = (uint32_t)number();
    BF_ASSERT(t.extension_count <= LEDGER_MAX);
    for (uint32_t i = 0; i < t.extension_count; i++)
        extensions[i] = period();
    t.pause_count = (uint32_t)number();
    BF_ASSERT(t.pause_count <= LEDGER_MAX);
    for (uint32_t i = 0; i < t.pause_count; i++) {
        pauses[i].from = date();
        pauses[i].to = date();
        pauses[i].from_at = number();
        pauses[i].to_at = number();
    }
    return t;
}

static bool failed(enum bf_days r) {
    if (r == BF_DAYS_UNKNOWN)
        puts("unknown");
    else if (r == BF_DAYS_RANGE)
        puts("range");
    return !bf_days_known(r);
}

static void print_due(enum bf_days r, const struct bf_due *due) {
    char text[BF_DAY_TEXT];
    if (failed(r))
        return;
    BF_ASSERT(due->kind != BF_DUE_DAY || due->provisional == (r == BF_DAYS_PROVISIONAL));
    if (due->kind == BF_DUE_NONE)
        puts("none");
    else if (due->kind == BF_DUE_PAUSED)
        puts("paused");
    else
        printf("%s %lld %d\n", bf_day_print(due->last, text), (long long)due->at, due->provisional);
}

static void print_day(enum bf_days r, bf_day day) {
    char text[BF_DAY_TEXT];
    if (!failed(r))
        printf("%s %d\n", bf_day_print(day, text), r == BF_DAYS_PROVISIONAL);
}

static void print_number(enum bf_days r, int64_t n) {
    if (!failed(r))
        printf("%lld %d\n", (long long)n, r == BF_DAYS_PROVISIONAL);
}

static char marks[8192];
static size_t marks_len;

/* e event, . rest, p paused, > rolled over, - running, or the ordinal; | after the last. */
static bool keep_mark(void *ctx, const struct bf_counted_day *d) {
    (void)ctx;
    static const char letters[] = {'e', 0, '.', 'p', '>', '-', 's'};
    char end = d->last ? '|' : ' ';
    size_t room = sizeof marks - marks_len;
    int n = d->mark == BF_MARK_COUNTED
                ? snprintf(marks + marks_len, room, "%lld%c", (long long)d->ordinal, end)
                : snprintf(marks + marks_len, room, "%c%c", letters[d->mark], end);
    BF_ASSERT(n > 0 && (size_t)n < room);
    marks_len += (size_t)n;
    return true;
}

static void answer(const struct bf_calendar *c, const char *verb) {
    struct bf_due due;
    bf_day day = 0;
    int64_t n = 0;
    if (strcmp(verb, "between") == 0) {
        bf_day a = date(), b = date();
        enum bf_days r = bf_calendar_count(c, a, b, &n);
        print_number(r, n);
        return;
    }
    struct bf_count_rule how = rule();
    if (strcmp(verb, "after") == 0 || strcmp(verb, "before") == 0) {
        struct bf_period p = period();
        bf_day x = date();
        enum bf_days r = *verb == 'a' ? bf_period_after(c, &how, p, x, &day)
                                      : bf_period_before(c, &how, p, x, &day);
        print_day(r, day);
        return;
    }
    struct bf_term t = term();
    if (strcmp(verb, "due") == 0) {
        enum bf_days r = bf_term_due(c, &how, &t, &due);
        print_due(r, &due);
    } else if (strcmp(verb, "units") == 0) {
        day = date();
        enum bf_days r = bf_term_units_to(c, &how, &t, day, &n);
        print_number(r, n);
    } else {
        marks_len = 0;
        marks[0] = '\0';
        if (!failed(bf_term_each_day(c, &how, &t, date(), keep_mark, NULL)))
            puts(marks);
    }
}

int main(int argc, char **argv) {
    struct bf_arena *arena = bf_arena_new(0);
    const struct bf_calendar *c;
    struct bf_error e;
    bf_day known_on;
    if (argc != 3 || !arena || !bf_day_parse(bf_str_of(argv[2]), &known_on))
        return 2;
    if (bf_calendar_open(arena, bf_str_of(argv[1]), known_on, &c, &e) != BF_OK) {
        fprintf(stderr, "%s\n", e.text);
        return 2;
    }
    while (fgets(line, sizeof line, stdin)) {
        line_number++;
        cursor = line;
        answer(c, word());
    }
    bf_arena_free(arena);
    return 0;
}
