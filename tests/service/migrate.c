/* migrate IMAGE1 IMAGE2 JOURNAL: open cases go on under the second text. What becomes of each was worked out by hand, in `want`;
** the dry run says the same as what is then done, and leaves no row; and it comes out the same whatever batch of it the disk
** was full at, or the service killed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/mem.h"
#include "tests/service/world.h"

/* 2025-11-03, a Monday; weekends rest, nothing else is known to. */
static const char calendar_text[] = "banfa calendar 1\n"
                                    "name cn.workdays\n"
                                    "weekend saturday sunday\n"
                                    "offset +08:00\n"
                                    "from 2025-01-01\n"
                                    "horizon 2026-12-31\n";

/* Asked for on 11 November. Ten working days from the 3rd end on the 17th; where the day of the event counts, on the
** 14th. What is new counts from the 11th, which counts: ten days to the 20th. Five working days from the 4th end on the
** 11th, or on the 10th, which is over, and lapses. Case 5 was extended: fifteen, to the 24th, or the 21st. */
static const char *const want[] = {
    "1: state received taken_in; datum_new weight; assumption_new grace; duty_recomputed answer "
    "2025-11-17 2025-11-14; "
    "duty_voided log 2025-11-24 -; duty_new publish - 2025-11-20",
    "2: datum_new weight; assumption_new grace; duty_kept answer - -",
    "3: in the way: state shelved",
    "4: in the way: violation old_breach",
    "5: state received taken_in; datum_dropped note; act_dropped remark; datum_new weight; "
    "assumption_new grace; "
    "duty_recomputed answer 2025-11-24 2025-11-21; duty_voided log 2025-11-24 -; duty_new publish "
    "- 2025-11-20",
    "6: datum_new weight; assumption_new grace; duty_recomputed decide_it 2025-11-11 2025-11-10",
};
enum { CASES = sizeof want / sizeof *want };

/* The limit of `answer` is chosen to be read anew: fifteen working days from the 3rd, which counts, end on the 21st; case 5
** keeps its five more, to the 28th. What stands still, and what cases assume, is as it was. */
static const char *const want_anew[CASES] = {
    "1: state received taken_in; datum_new weight; assumption_new grace; duty_recomputed answer "
    "2025-11-17 2025-11-21; "
    "duty_voided log 2025-11-24 -; duty_new publish - 2025-11-20",
    "2: datum_new weight; assumption_new grace; duty_kept answer - -",
    "3: in the way: state shelved",
    "4: in the way: violation old_breach",
    "5: state received taken_in; datum_dropped note; act_dropped remark; datum_new weight; "
    "assumption_new grace; "
    "duty_recomputed answer 2025-11-24 2025-11-28; duty_voided log 2025-11-24 -; duty_new publish "
    "- 2025-11-20",
    "6: datum_new weight; assumption_new grace; duty_recomputed decide_it 2025-11-11 2025-11-10",
};

struct said {
    struct world *w;
    char line[CASES][1000];
    uint32_t count, moved;
    bool over;
    enum bf_answer_kind end;
    enum anew { KEPT, ANEW_NAMED, ANEW_ALL } anew;
};

static int put(char *to, size_t at, const char *fmt, bf_str s) {
    return snprintf(to + at, 1000 - at, fmt, (int)s.len, s.p);
}

static size_t put_due(char *to, size_t at, const struct bf_due *due) {
    char day[BF_DAY_TEXT];
    return (size_t)snprintf(to + at, 1000 - at, " %s",
                            due->kind == BF_DUE_DAY ? bf_day_print(due->last, day) : "-");
}

/* In the order of the kinds: states, then what is dropped, then what is new, then duties. */
static void each(void *ctx, const struct bf_migrated_case *c) {
    struct said *x = ctx;
    if (x->count == CASES || (x->count && c->number <= x->count))
        world_broken(x->w, "a case was told of twice");
    char *to = x->line[x->count++];
    size_t n = (size_t)snprintf(to, 1000, "%llu:", (unsigned long long)c->number);
    if (c->obstacle) {
        n += (size_t)snprintf(to + n, 1000 - n, " in the way: %s", bf_obstacle_word(c->obstacle));
        put(to, n, " %.*s", c->name);
        return;
    }
    x->moved += c->seq > 0;
    const char *between = " ";
    for (int kind = 0; kind < BF_CHANGES; kind++)
        for (uint32_t i = 0; i < c->changed_count; i++) {
            const struct bf_changed *d = &c->changed[i];
            if ((int)d->change != kind)
                continue;
            n += (size_t)snprintf(to + n, 1000 - n, "%s%s", between, bf_change_word(d->change));
            n += (size_t)put(to, n, " %.*s", d->name);
            if (d->change == BF_CHANGE_STATE)
                n += (size_t)put(to, n, " %.*s", d->now);
            if (d->change >= BF_CHANGE_DUTY_KEPT) {
                n += put_due(to, n, &d->before);
                n += put_due(to, n, &d->after);
            }
            between = "; ";
        }
}

static void done(void *ctx, enum bf_answer_kind kind) {
    struct said *x = ctx;
    x->over = true;
    x->end = kind;
}

static void ask(struct said *x, bool dry) {
    static const bf_str from = {"received", 8}, to = {"taken_in", 8}, answer = {"answer", 6};
    bf_engine_migrate(x->w->e,
                      &(struct bf_migration){.from = x->w->policy[0],
                                             .to = x->w->policy[1],
                                             .choice = {&from, &to, 1, &answer,
                                                        x->anew == ANEW_NAMED, x->anew == ANEW_ALL},
                                             .dry_run = dry,
                                             .principal = BF_STR("operator"),
                                             .each = each,
                                             .done = done,
                                             .ctx = x});
}

static struct said migrate_as(struct world *w, bool dry, enum anew anew) {
    struct said x = {.w = w, .anew = anew};
    ask(&x, dry);
    world_pump(w);
    if (!x.over && !w->dead)
        world_broken(w, "a migration did not end");
    return x;
}

static struct said migrate(struct world *w, bool dry) { return migrate_as(w, dry, KEPT); }

static void compare(struct world *w, const struct said *x) {
    const char *const *wanted = x->anew ? want_anew : want;
    if (x->count != CASES)
        world_broken(w, "another number of cases is told of");
    for (uint32_t i = 0; i < CASES; i++)
        if (strcmp(x->line[i], wanted[i]) != 0) {
            fprintf(stderr, "%s\n%s\n", wanted[i], x->line[i]);
            world_broken(w, "a case becomes something else (second)");
        }
}

/* ---- the story ---- */

static bf_instant at(int month, int day) {
    return (bf_instant)bf_day_from_civil(2025, month, day) * 86400 + 2 * 3600; /* 10:00 there */
}

static void open_case(struct world *w) {
    struct world_sent x = {.actor = world_party(w->a, BF_K_PERSON, "ann"), .nargs = 5};
    x.args[0] = x.actor;
    x.args[1] = world_party(w->a, BF_K_DEPARTMENT, "town");
    x.args[2] = bf_text_value(BF_K_TEXT, BF_STR("a matter"));
    world_send(w, &x, 0);
    if (x.kind != BF_ANSWER_DONE)
        world_broken(w, "not opened");
}

static void act(struct world *w, uint64_t number, const char *name, struct bf_value arg) {
    struct world_sent x = {.act = name, .actor = world_party(w->a, BF_K_DEPARTMENT, "town")};
    if (bf_present(arg))
        x.args[x.nargs++] = arg;
    world_send(w, &x, number);
    if (!w->dead && x.kind != BF_ANSWER_DONE)
        world_broken(w, name);
}

static void live(struct world *w) {
    w->now = at(11, 3);
    for (int i = 0; i < 5; i++)
        open_case(w);
    act(w, 2, "ask", BF_ABSENT);
    act(w, 3, "shelve", BF_ABSENT);
    act(w, 4, "move_on", BF_ABSENT);
    act(w, 5, "remark", bf_text_value(BF_K_TEXT, BF_STR("noted")));
    act(w, 5, "extend_answer", bf_period_value(BF_UNIT_WORKING_DAYS, 5));
    w->now = at(11, 4);
    open_case(w);
    act(w, 6, "move_on", BF_ABSENT);
    w->now = at(11, 11) - 8 * 3600; /* 02:00: case 4's limit has passed, nobody has looked */
}

/* What the migration did, read from the journal: one row a case, and the case stands as it should. */
static void check(struct world *w, struct bf_arena *a, int64_t count) {
    struct world_rows rows = world_rows(w, a);
    struct bf_journal_cases cases = world_cases(w, a, &rows);
    unsigned rows_of[CASES + 1] = {0};
    for (uint32_t i = 0; i < rows.count; i++)
        rows_of[rows.row[i].head.number] += rows.row[i].head.kind == BF_ENTRY_MIGRATE;
    for (uint32_t i = 0; i < CASES; i++) {
        bool stays = i == 2 || i == 3;
        if (rows_of[i + 1] != !stays || cases.cases[i].image != w->image[!stays])
            world_broken(w, "a case is not where it should be");
    }
    const struct bf_case *one = cases.cases[0].c;
    const struct bf_image *m = w->image[1];
    if (one->data[4].u.i != 2 || one->assume[0].u.i != 5 || one->assume[1].u.i != 3 ||
        !bf_str_eq(bf_i_text(m, m->state[one->state].name), BF_STR("taken_in")) ||
        one->duties[0].count != count)
        world_broken(w, "case 1 does not stand as it should");
    world_check_cases(w, a, &rows);
}

static void begin(struct world *w, char **path, uint32_t cached_cases) {
    *w = (struct world){.a = bf_arena_new(0), .cached_cases = cached_cases, .batch_rows = 8};
    world_image(w, path[0]);
    world_image(w, path[1]);
    world_calendar(w, "cn.workdays", calendar_text);
    world_open(w);
    live(w);
}

static void end(struct world *w) {
    world_close(w);
    bf_memory_free(w->memory);
    bf_arena_free(w->a);
}

static bool story(char **path, uint32_t n, enum bf_memory_fault fault) {
    struct world w;
    begin(&w, path, 2);
    struct bf_arena *a = bf_arena_new(0);
    unsigned faults = 0;
    struct world_rows before = world_rows(&w, a);
    struct said dry = migrate(&w, true);
    compare(&w, &dry);
    if (world_rows(&w, a).count != before.count || dry.moved)
        world_broken(&w, "a dry run did something");
    if (n)
        bf_memory_fail(w.memory, n - 1, fault);
    struct said real = migrate(&w, false);
    if (!w.dead && real.end == BF_ANSWER_DONE)
        compare(&w, &real);
    while (w.dead || real.end != BF_ANSWER_DONE) {
        faults++;
        if (w.dead)
            world_reopen(&w);
        real = migrate(&w, false);
    }
    check(&w, a, 10);
    for (int day = 12; day < 30; day++) { /* the fault may still be to come */
        w.now = at(11, day);
        world_scan(&w);
        if (w.dead) {
            faults++;
            world_reopen(&w);
        }
        world_scan(&w);
    }
    world_verify(&w);
    if (!n)
        world_export(&w, path[2]);
    if (migrate(&w, false).moved)
        world_broken(&w, "what was moved is moved again");
    bf_arena_free(a);
    end(&w);
    return faults > 0;
}

/* Dry and done, by name and all of them; and rebuilt and stepped again from the rows it comes out the same. */
static void anew(char **path, enum anew how) {
    struct world w;
    begin(&w, path, 100);
    struct bf_arena *a = bf_arena_new(0);
    for (int dry = 1; dry >= 0; dry--) {
        struct said x = migrate_as(&w, dry, how);
        compare(&w, &x);
    }
    check(&w, a, 15);
    w.now = at(11, 21) + 15 * 3600; /* the next day has begun */
    world_scan(&w);
    struct world_rows rows = world_rows(&w, a);
    unsigned lapses = 0;
    for (uint32_t i = 0; i < rows.count; i++)
        for (uint32_t k = 0; k < rows.row[i].fact_count && rows.row[i].head.number == 1; k++)
            lapses += rows.row[i].facts[k].kind == BF_FACT_LAPSED && rows.row[i].facts[k].a == 0;
    if (lapses != 1)
        world_broken(&w, "the new limit does not lapse");
    world_verify(&w);
    bf_arena_free(a);
    end(&w);
}

/* ---- other rows have the numbers of those taken back ---- */

struct eager {
    struct world *w;
    unsigned full, opened;
};

static bool read_opening(void *ctx, const struct bf_image *m, const struct bf_case *c,
                         struct bf_arena *a, struct bf_event *e) {
    struct bf_value *args = bf_new_array(a, struct bf_value, 5);
    (void)ctx, (void)m, (void)c;
    memset(args, 0, 5 * sizeof *args);
    args[0] = e->actor = world_party(a, BF_K_PERSON, "ann");
    args[1] = world_party(a, BF_K_DEPARTMENT, "town");
    args[2] = bf_text_value(BF_K_TEXT, BF_STR("a matter"));
    e->args = args;
    e->nargs = 5;
    e->start = BF_NONE;
    return true;
}

static void open_another(struct eager *x);

/* Who hears that the disk was full asks again at once, and more. */
static void told_eager(void *ctx, const struct bf_answer *a) {
    struct eager *x = ctx;
    if (a->kind != BF_ANSWER_FULL)
        return;
    x->full++;
    for (int i = 0; i < 4; i++)
        open_another(x);
}

static void open_another(struct eager *x) {
    x->opened++;
    bf_engine_command(x->w->e, &(struct bf_command){.kind = BF_EVENT_OPEN,
                                                    .policy = x->w->policy[1],
                                                    .effective = BF_INSTANT_NONE,
                                                    .principal = BF_STR("somebody"),
                                                    .read = read_opening,
                                                    .answer = told_eager,
                                                    .ctx = x});
}

/* DONE: nobody is left but who is in the way. */
static void check_moved(struct world *w) {
    struct said left = migrate(w, true);
    if (left.end != BF_ANSWER_DONE || left.count != 2)
        world_broken(w, "what was undone is told of as done");
}

static bool numbers_again(char **path, uint32_t n) {
    struct world w;
    begin(&w, path, 100);
    struct eager eager = {.w = &w};
    struct said x = {.w = &w};
    bf_memory_fail(w.memory, n, BF_MEMORY_FULL);
    ask(&x, false);
    while (!x.over || !bf_engine_idle(w.e)) {
        if (!x.over && !eager.full)
            open_another(&eager);
        bf_engine_flush(w.e);
        bf_store_poll(w.store);
    }
    bool full = x.end == BF_ANSWER_FULL;
    if (!full && x.end != BF_ANSWER_DONE)
        world_broken(&w, "a migration ends otherwise");
    while (x.end != BF_ANSWER_DONE)
        x = migrate(&w, false);
    check_moved(&w);
    end(&w);
    return full;
}

/* ---- memory fails ---- */

struct fault {
    long left;
    bool only_one, hit;
};

static int may(void *ctx, size_t size) {
    struct fault *f = ctx;
    (void)size;
    if (f->left-- > 0 || (f->only_one && f->hit))
        return 1;
    f->hit = true;
    return 0;
}

/* Two are asked for at once: where the first ends, the second begins. Returns false when no allocation failed. */
static bool without_memory(struct world *w, struct fault f, bool dry) {
    struct said x[2] = {{.w = w}, {.w = w}};
    bf_mem_set_hook(may, &f);
    ask(&x[0], dry);
    ask(&x[1], true);
    for (int i = 0; i < 1000 && (!x[0].over || !x[1].over); i++) {
        bf_engine_flush(w->e);
        bf_store_poll(w->store);
    }
    bf_mem_set_hook(NULL, NULL);
    world_pump(w);
    if (w->dead && dry)
        world_broken(w, "no memory is no reason to die");
    if (w->dead)
        return f.hit; /* the store had none for a batch */
    for (int i = 0; i < 2; i++)
        if (!x[i].over || (x[i].end != BF_ANSWER_DONE && x[i].end != BF_ANSWER_MEMORY &&
                           x[i].end != BF_ANSWER_FULL))
            world_broken(w, "without memory a migration does not end as it should");
    if (!dry && x[0].end == BF_ANSWER_DONE)
        check_moved(w);
    return f.hit;
}

static unsigned memory_fails(char **path, bool dry) {
    unsigned faults = 0;
    for (int only_one = 0; only_one < 2; only_one++)
        for (long n = 0;; n++, faults++) {
            struct world w;
            begin(&w, path, 2);
            world_reopen(&w); /* no case is known */
            bool hit = without_memory(&w, (struct fault){n, only_one == 1, false}, dry);
            end(&w);
            if (!hit)
                break;
        }
    return faults;
}

int main(int argc, char **argv) {
    unsigned faults = 0;
    if (argc != 4)
        return 2;
    story(argv + 1, 0, BF_MEMORY_FULL);
    anew(argv + 1, ANEW_NAMED);
    anew(argv + 1, ANEW_ALL);
    for (int fault = BF_MEMORY_FULL; fault <= BF_MEMORY_DOUBTFUL; fault++)
        for (uint32_t n = 1; story(argv + 1, n, (enum bf_memory_fault)fault); n++)
            faults++;
    unsigned again = 0, memory = memory_fails(argv + 1, true) + memory_fails(argv + 1, false);
    for (uint32_t n = 0; n < 8; n++)
        again += numbers_again(argv + 1, n);
    printf("%d cases, %u faults, %u of memory; %u undone\n", (int)CASES, faults, memory, again);
    return faults && memory && again ? 0 : 1;
}
