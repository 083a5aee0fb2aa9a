/* adopt IMAGE JOURNAL [SEEDS]: a calendar adopted while duties are due. Cases of the image (adopt.banfa) are opened and acted on at
** random; then days of the calendar in force change, and another year is announced. Afterwards
**   - each case is what one gets who takes the case as it was, lets pass what was due by then by the old calendar, and
**     has a step count anew by the new one: whatever batch of it all the disk was full at, or the service killed;
**   - each open duty is due when a term computed afresh by the new calendar says;
**   - each lapse is of an open duty that was certain, on the day it was due, once.
** Prints what was seen, and leaves the journal of the first world. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/service/world.h"
#include "tests/unit/random.h"

enum { CASES = 24, DAYS = 60 };

static const char old_text[] = "banfa calendar 1\n"
                               "name cn.workdays\n"
                               "weekend saturday sunday\n"
                               "offset +08:00\n"
                               "from 2025-01-01\n"
                               "notice A of 2024-11-12 announces 2025\n"
                               "rest 2025-10-01..2025-10-08\n"
                               "work 2025-09-28\n"
                               "work 2025-10-11\n";
static const char new_text[] = "notice B of 2025-11-04 announces 2026\n"
                               "rest 2026-01-01..2026-01-03\n"
                               "work 2026-01-04\n"
                               "rest 2026-02-15..2026-02-23\n"
                               "notice C of 2025-11-20 amends 2025\n";

static unsigned seen_moved, seen_later, seen_sooner, seen_certain, seen_lapses, seen_faults;

static bf_day day_of(int y, int m, int d) { return bf_day_from_civil(y, m, d); }
static bf_instant noon(bf_day d) { return (bf_instant)d * 86400 + 4 * 3600; }

/* ---- commands ---- */

struct sent {
    struct world *w;
    const char *act; /* NULL: an opening */
    struct bf_value args[4];
    uint32_t nargs;
    bool answered;
    enum bf_answer_kind kind;
};

static struct bf_value party(struct bf_arena *a, enum bf_kind kind, const char *code) {
    struct bf_value *parts = bf_new_array(a, struct bf_value, BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, bf_str_of(code));
    parts[BF_PARTY_NAME] = bf_text_value(BF_K_TEXT, bf_str_of(code));
    return bf_party_value(kind, parts);
}

static bool reader(void *ctx, const struct bf_image *m, const struct bf_case *c, struct bf_arena *a,
                   struct bf_event *e) {
    const struct sent *x = ctx;
    e->args = x->args;
    e->nargs = x->nargs;
    e->actor = party(a, BF_K_PERSON, "ann");
    e->start = BF_NONE;
    if (!x->act)
        return true; /* what: procedure 0 */
    for (e->what = 0; !bf_str_eq(bf_i_text(m, m->act[e->what].name), bf_str_of(x->act)); e->what++)
        if (e->what + 1 == m->act_count)
            return false;
    if (strcmp(x->act, "supply") != 0)
        e->actor = c->data[1];
    return true;
}

static void told(void *ctx, const struct bf_answer *a) {
    struct sent *x = ctx;
    x->answered = true;
    x->kind = a->kind;
}

static void send(struct world *w, struct sent *x, uint64_t number) {
    bf_engine_command(w->e, &(struct bf_command){.kind = x->act ? BF_EVENT_ACT : BF_EVENT_OPEN,
                                                 .number = number,
                                                 .policy = w->policy[0],
                                                 .effective = BF_INSTANT_NONE,
                                                 .read = reader,
                                                 .answer = told,
                                                 .ctx = x});
    world_pump(w);
}

static void open_case(struct world *w, uint64_t *seed) {
    struct sent x = {.w = w, .nargs = 4};
    bf_day today = (bf_day)(w->now / 86400);
    x.args[0] = party(w->a, BF_K_PERSON, "ann");
    x.args[1] = party(w->a, BF_K_DEPARTMENT, "town");
    x.args[2] = bf_period_value(BF_UNIT_WORKING_DAYS, 1 + (int64_t)random_below(seed, 60));
    x.args[3] = bf_date((bf_day)(today + 1 + (bf_day)random_below(seed, 90)));
    send(w, &x, 0);
    if (x.kind != BF_ANSWER_DONE)
        world_broken(w, "not opened");
}

static void act(struct world *w, uint64_t *seed, uint64_t number) {
    static const char *const acts[] = {"ask", "supply", "tell", "call", "print", "extend_answer"};
    struct sent x = {.w = w, .act = acts[random_below(seed, 6)]};
    if (strcmp(x.act, "extend_answer") == 0)
        x.args[x.nargs++] = bf_period_value(BF_UNIT_WORKING_DAYS, 5);
    send(w, &x, number);
    if (!x.answered || (x.kind != BF_ANSWER_DONE && x.kind != BF_ANSWER_REFUSED))
        world_broken(w, "an act was not answered");
}

/* ---- the story ---- */

/* Days of the rest of the year change places; then the next year. */
static const struct bf_calendar *newer(struct world *w, uint64_t *seed) {
    char *text = bf_arena_alloc(w->a, 8192), day[BF_DAY_TEXT];
    bool gentle = random_below(seed, 2); /* weekends are worked, so that dates come sooner */
    int n = snprintf(text, 8192, "%s%s", old_text, new_text);
    for (bf_day d = day_of(2025, 10, 13); d < day_of(2025, 12, 31); d++) {
        bool weekend = bf_day_weekday(d) >= 6;
        if (random_below(seed, 5) == 0 && (weekend || !gentle))
            n += snprintf(text + n, (size_t)(8192 - n), "%s %s\n", weekend ? "work" : "rest",
                          bf_day_print(d, day));
    }
    return world_calendar(w, "cn.workdays", text);
}

static void scan(struct world *w) {
    while (!w->dead && bf_engine_wake(w->e) <= w->now) {
        bf_engine_scan(w->e);
        world_pump(w);
    }
}

/* Until the day on which the new calendar is adopted; what was due since the last scan is still open. */
static void live(struct world *w, uint64_t *seed) {
    uint64_t cases = 0;
    for (int i = 0; i < DAYS; i++) {
        w->now = noon(day_of(2025, 10, 9) + i) + (bf_instant)random_below(seed, 3600);
        if (i < DAYS - 6)
            scan(w);
        for (uint64_t k = random_below(seed, 3); cases < CASES && k > 0; k--, cases++)
            open_case(w, seed);
        for (uint64_t k = random_below(seed, 3); cases && k > 0; k--)
            act(w, seed, 1 + random_below(seed, cases));
    }
}

/* ---- what should be ---- */

static void tick(const struct bf_image *m, struct bf_arena *a, const struct bf_calendar *c,
                 struct bf_case **x, enum bf_event_kind kind, bf_instant at) {
    struct bf_world world = {.calendar = c};
    struct bf_event e = {.kind = kind, .effective = at, .start = BF_NONE};
    struct bf_outcome out;
    bf_step(m, &world, *x, &e, a, &out);
    *x = out.next;
}

static bf_str expected(struct world *w, struct bf_arena *a, const struct bf_journal_case *j,
                       bf_instant adopted, bf_instant until) {
    struct bf_case *x = j->c;
    struct bf_buf out;
    bf_instant at;
    bool open = !bf_case_ended(j->image, x);
    if (open)
        tick(j->image, a, w->calendar[0], &x, BF_EVENT_TICK, adopted);
    if (open && !bf_case_ended(j->image, x))
        tick(j->image, a, w->calendar[1], &x, BF_EVENT_CALENDAR, adopted > x->at ? adopted : x->at);
    while (bf_case_next_lapse(j->image, x, &at) != BF_NONE && at <= until)
        tick(j->image, a, w->calendar[1], &x, BF_EVENT_TICK, at);
    bf_buf_in(&out, a);
    bf_case_json(j->image, x, &out);
    return bf_buf_view(&out);
}

static void same_cases(struct world *w, struct bf_arena *a, const struct bf_journal_cases *before,
                       bf_instant adopted) {
    struct world_rows rows = world_rows(w, a);
    struct bf_journal_cases now = world_cases(w, a, &rows);
    for (uint32_t i = 0; i < now.count; i++) {
        bf_str want = expected(w, a, &before->cases[i], adopted, w->now);
        struct bf_buf got;
        bf_buf_in(&got, a);
        bf_case_json(now.cases[i].image, now.cases[i].c, &got);
        if (!bf_str_eq(want, bf_buf_view(&got))) {
            fprintf(stderr, "%.*s\n%.*s\n", (int)want.len, want.p, (int)got.len, got.p);
            world_broken(w, "a case is not what it should be (first)");
        }
    }
    world_check_cases(w, a, &rows);
}

static bool same_due(const struct bf_due *x, const struct bf_due *y) {
    return x->kind == y->kind && x->last == y->last && x->at == y->at &&
           x->provisional == y->provisional;
}

/* Each open duty, by a fresh computation. */
static void fresh_dues(struct world *w, struct bf_arena *a, const struct bf_journal_cases *before) {
    struct world_rows rows = world_rows(w, a);
    struct bf_journal_cases now = world_cases(w, a, &rows);
    for (uint32_t i = 0; i < now.count; i++) {
        const struct bf_image *m = now.cases[i].image;
        struct bf_count_rule rule = bf_count_rule_of(m);
        for (uint32_t d = 0; d < m->proc[0].duties.count; d++) {
            const struct bf_case_duty *x = &now.cases[i].c->duties[d];
            const struct bf_case_duty *old = &before->cases[i].c->duties[d];
            struct bf_term t = bf_case_term(x);
            struct bf_due due;
            if (x->status != BF_STATUS_OPEN || bf_case_ended(m, now.cases[i].c))
                continue;
            if (bf_term_due(w->calendar[1], &rule, &t, &due) > BF_DAYS_PROVISIONAL ||
                !same_due(&due, &x->due))
                world_broken(w, "an open duty is not due when the new calendar says");
            if (old->status != BF_STATUS_OPEN || old->epoch != x->epoch)
                continue;
            seen_later += due.last > old->due.last;
            seen_sooner += due.last < old->due.last;
            seen_certain += old->due.provisional && !due.provisional;
        }
    }
}

/* Rows one by one: why a date moved, and that lapses are what they must be. */
static void check_rows(struct world *w, struct bf_arena *a) {
    struct world_rows rows = world_rows(w, a);
    struct bf_case *c[CASES + 1] = {0};
    uint64_t adoption = 0;
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct bf_entry *n = &rows.row[i];
        if (n->head.kind == BF_ENTRY_CALENDAR)
            adoption = n->head.seq;
        if (!n->head.number)
            continue;
        bool counts = n->event.kind == BF_EVENT_CALENDAR;
        if (counts && (n->cause != adoption || !n->fact_count ||
                       memcmp(n->calendar, bf_calendar_hash(w->calendar[1]), BF_SHA256_LEN) != 0))
            world_broken(w, "a row of counting anew does not say why");
        for (uint32_t k = 0; k < n->fact_count; k++) {
            const struct bf_fact *f = &n->facts[k];
            struct bf_entry one = *n;
            if (f->kind == BF_FACT_RECOMPUTED) {
                seen_moved++;
                if (!counts)
                    world_broken(w, "a date moved without a calendar");
            }
            if (f->kind == BF_FACT_LAPSED) {
                const struct bf_case_duty *d = bf_case_duty(n->image, c[n->head.number], f->a);
                seen_lapses++;
                if (d->status != BF_STATUS_OPEN || d->due.provisional ||
                    d->due.at > n->head.recorded ||
                    (f->day != d->due.last && f->day != c[n->head.number]->day))
                    world_broken(w, "a lapse that is none");
            }
            one.facts = f;
            one.fact_count = 1;
            if (bf_entry_apply(a, &one, &c[n->head.number], &w->error))
                world_broken(w, "a fact does not fit");
        }
    }
}

/* The whole story with a fault at the n-th batch from the adoption on. False: it was over before that. */
static bool story(const char *path, uint64_t seed, uint32_t n, enum bf_memory_fault fault,
                  const char *journal) {
    struct world w = {.a = bf_arena_new(0), .cached_cases = 4, .batch_rows = 8};
    struct bf_arena *a = bf_arena_new(0);
    world_image(&w, path);
    world_calendar(&w, "cn.workdays", old_text);
    newer(&w, &seed);
    world_open(&w);
    live(&w, &seed);
    struct world_rows rows = world_rows(&w, a);
    struct bf_journal_cases before = world_cases(&w, a, &rows);
    bf_instant adopted = w.now;
    unsigned faults = 0;
    if (n)
        bf_memory_fail(w.memory, n - 1, fault);
    while (!world_adopt(&w, 1)) {
        faults++;
        if (w.dead && fault == BF_MEMORY_DOUBTFUL) {
            world_reopen(&w); /* it is there, though nobody was told */
            break;
        }
        if (w.dead)
            world_reopen(&w);
    }
    if (!n) { /* told to rest in the middle, it does, and goes on after the next start */
        bf_engine_rest(w.e);
        world_pump(&w);
        if (!bf_engine_sweeping(w.e))
            world_broken(&w, "it did not rest");
        world_reopen(&w);
    }
    for (int i = 0; i < 3; i++) {
        world_pump(&w);
        if (w.dead) {
            faults++;
            world_reopen(&w);
            world_pump(&w);
        }
        if (!w.dead && bf_engine_sweeping(w.e)) { /* the disk was full */
            bf_engine_scan(w.e);
            world_pump(&w);
        }
        if (i == 0) {
            if (bf_engine_sweeping(w.e))
                world_broken(&w, "the sweep did not end");
            same_cases(&w, a, &before, adopted);
            fresh_dues(&w, a, &before);
        }
        w.now += i * 40 * 86400;
        scan(&w);
    }
    if (w.dead) {
        faults++;
        world_reopen(&w);
    }
    scan(&w);
    same_cases(&w, a, &before, adopted);
    check_rows(&w, a);
    world_verify(&w);
    if (journal)
        world_export(&w, journal);
    world_close(&w);
    bf_memory_free(w.memory);
    bf_arena_free(a);
    bf_arena_free(w.a);
    seen_faults += faults;
    return faults > 0;
}

int main(int argc, char **argv) {
    uint64_t seeds = argc > 3 ? strtoull(argv[3], NULL, 10) : 4;
    if (argc < 3)
        return 2;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        story(argv[1], seed, 0, BF_MEMORY_FULL, seed == 1 ? argv[2] : NULL);
        for (int fault = BF_MEMORY_FULL; fault <= BF_MEMORY_DOUBTFUL; fault++)
            for (uint32_t n = 1; story(argv[1], seed, n, (enum bf_memory_fault)fault, NULL); n++)
                ;
    }
    printf("%u dates moved: %u later, %u sooner, %u certain; %u lapses, %u faults\n", seen_moved,
           seen_later, seen_sooner, seen_certain, seen_lapses, seen_faults);
    return seen_later && seen_sooner && seen_certain && seen_lapses && seen_faults ? 0 : 1;
}
