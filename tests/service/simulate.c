/* simulate YEARS SEED IMAGE…: the engine in a world made by a seed: a clock that runs on by minutes and by weeks, clients whose
** commands come late, come twice, come several at once or are sent anew because nobody answered, a disk that is full, loses
** a batch or keeps one that nobody heard of, a service that is killed and starts again, calendars that are adopted year by
** year, cases that move to another text of their policy, acts that come early. The same seed makes the same world.
**
** After each run of some years:
**   - what was acknowledged is there, in the row that was named, and no key is there twice;
**   - every lapse was of an open duty that was certain, not before it was due; and none that is due is left;
**   - rows are numbered without a gap, and recorded never went back;
**   - tables and tree are what a rebuild makes of the journal, and each step again gives the same (verify.h).
** What is wrong is told with the seed. Images count by cn.workdays; those of one policy are migrated to and fro. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/service/world.h"
#include "tests/unit/random.h"

enum { YEARS_A_RUN = 8, FIRST_YEAR = 2025, CASES = 1200, MESSAGES = 60000, DEPTH = 3, PARTIES = 3 };

static struct seen {
    uint64_t runs, rows, acknowledged, lapses, refused, early, migrated, moved, killed, full, again;
} seen;

/* A command on its way; what is delivered twice is delivered from here twice. */
struct message {
    struct run *run;
    enum bf_event_kind kind;
    uint64_t number; /* 0: an opening */
    uint32_t policy, what, proc;
    bf_str act;
    struct bf_value actor, *args;
    uint32_t nargs;
    bool if_early;
    char key[16];
    bf_instant deliver;
    uint32_t copies; /* still to come */
    bool acknowledged;
    uint64_t seq;
    enum bf_answer_kind kind_of_answer;
};

struct run {
    struct world w;
    uint64_t seed, first_seed;
    struct message *message;
    uint32_t messages;
    uint64_t cases; /* numbers that were acknowledged go up to this */
    uint32_t adopted;
    bf_instant start, end;
    struct message *making; /* for the look */
};

static uint64_t below(struct run *r, uint64_t n) { return random_below(&r->seed, n); }

_Noreturn static void broken(struct run *r, const char *what) {
    fprintf(stderr, "seed %llu: ", (unsigned long long)r->first_seed);
    world_broken(&r->w, what);
}

/* ---- values ---- */

static struct bf_value party(struct run *r, const struct bf_image *m, enum bf_kind kind) {
    static const char *const code[PARTIES] = {"a", "b", "c"};
    struct bf_value p = world_party(r->w.a, kind, code[below(r, PARTIES)]);
    if (m->policy.level != BF_NONE && m->enums[m->policy.level].members.count)
        ((struct bf_value *)(uintptr_t)p.u.items)[BF_PARTY_LEVEL] =
            bf_enum_value(m->policy.level, 0);
    return p;
}

static struct bf_value value(struct run *r, const struct bf_image *m, uint32_t type, int depth);

static struct bf_value record(struct run *r, const struct bf_image *m, uint32_t row, int depth) {
    struct bf_i_range fields = m->record[row].fields;
    struct bf_value *v = bf_new_array(r->w.a, struct bf_value, fields.count + 1);
    for (uint32_t i = 0; i < fields.count; i++)
        v[i] = value(r, m, m->field[fields.first + i].type, depth - 1);
    return bf_record_value(row, v, fields.count);
}

static struct bf_value list(struct run *r, const struct bf_image *m, uint32_t type, int depth) {
    uint32_t n = (uint32_t)below(r, 3);
    struct bf_value *v = bf_new_array(r->w.a, struct bf_value, n + 1);
    for (uint32_t i = 0; i < n; i++)
        v[i] = value(r, m, m->type[type].ref, depth - 1);
    return bf_list_value(v, n);
}

static struct bf_value value(struct run *r, const struct bf_image *m, uint32_t type, int depth) {
    const struct bf_i_type *t = &m->type[type];
    if (depth <= 0 || (t->optional && below(r, 2)))
        return BF_ABSENT;
    switch ((enum bf_kind)t->kind) {
    case BF_K_BOOL: return bf_bool(below(r, 2));
    case BF_K_INT: return bf_int((int64_t)below(r, 20));
    case BF_K_DECIMAL: return bf_value_of(BF_K_DECIMAL, (int64_t)below(r, 20) * 500000);
    case BF_K_DATE: return bf_date((bf_day)(r->w.now / 86400 + (int64_t)below(r, 60) - 10));
    case BF_K_INSTANT: return bf_instant_value(r->w.now + (int64_t)below(r, 100) * 3600);
    case BF_K_TEXT:
    case BF_K_DOCUMENT: return bf_text_value((enum bf_kind)t->kind, BF_STR("text"));
    case BF_K_CITIZEN_ID: return bf_text_value(BF_K_CITIZEN_ID, BF_STR("11010519491231002X"));
    case BF_K_CREDIT_CODE: return bf_text_value(BF_K_CREDIT_CODE, BF_STR("91350100M000100Y43"));
    case BF_K_PARTY: return party(r, m, BF_K_DEPARTMENT);
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT: return party(r, m, (enum bf_kind)t->kind);
    case BF_K_VIOLATION: return bf_value_of(BF_K_VIOLATION, (int64_t)below(r, m->violation_count));
    case BF_K_PERIOD: return bf_period_value((enum bf_unit)t->ref, 1 + (int64_t)below(r, 15));
    case BF_K_ENUM:
        return bf_enum_value(t->ref, (uint32_t)below(r, m->enums[t->ref].members.count));
    case BF_K_RECORD: return record(r, m, t->ref, depth);
    case BF_K_LIST: return list(r, m, type, depth);
    case BF_K_NONE:
    case BF_K_CASE:
    case BF_KINDS: break;
    }
    return BF_ABSENT;
}

/* ---- commands are thought of ---- */

static struct message *new_message(struct run *r) {
    if (r->messages == MESSAGES)
        return NULL;
    struct message *x = &r->message[r->messages++];
    *x = (struct message){.run = r, .copies = 1 + (below(r, 6) == 0)};
    snprintf(x->key, sizeof x->key, "k%u", (unsigned)r->messages);
    x->deliver = r->w.now + (below(r, 4) ? 0 : (bf_instant)below(r, 3 * 86400));
    return x;
}

static void think_of_opening(struct run *r) {
    struct message *x = new_message(r);
    if (!x)
        return;
    x->kind = BF_EVENT_OPEN;
    x->policy = (uint32_t)below(r, r->w.policies);
    const struct bf_image *m = r->w.image[x->policy];
    x->proc = (uint32_t)below(r, m->proc_count);
    struct bf_i_range data = m->proc[x->proc].data;
    x->args = bf_new_array(r->w.a, struct bf_value, data.count + 1);
    x->nargs = data.count;
    x->actor = party(r, m, BF_K_PERSON);
    for (uint32_t i = 0; i < data.count; i++) {
        if (m->data[data.first + i].role == BF_DATA_KEEP)
            continue;
        x->args[i] = value(r, m, m->data[data.first + i].type, DEPTH);
        if (bf_is_party(x->args[i]) && below(r, 2))
            x->actor = x->args[i];
    }
    if (m->office_count && below(r, 4) == 0)
        x->actor = bf_office_of(x->actor, (uint32_t)below(r, m->office_count));
}

/* One of what somebody may do there, now or later. */
static bool choose(void *ctx, const struct bf_view *v, struct bf_arena *scratch) {
    struct run *r = ctx;
    struct message *x = r->making;
    struct bf_choices all;
    bf_offers(v->policy->image, v->world, v->c, v->now, false, scratch, &all);
    if (all.fault == BF_WHY_NEEDS)
        return false;
    x->act = (bf_str){"", 0};
    if (!all.count)
        return true;
    const struct bf_choice *c = &all.choice[below(r, all.count)];
    const struct bf_image *m = v->policy->image;
    x->kind = c->kind == BF_CHOICE_CONSENT ? below(r, 5) ? BF_EVENT_CONSENT : BF_EVENT_DECLINE
                                           : BF_EVENT_ACT;
    x->act = bf_i_text(m, m->act[c->act].name);
    x->actor = bf_present(c->actor) ? bf_value_copy(r->w.a, c->actor)
                                    : party(r, m, (enum bf_kind)m->type[c->any].kind);
    if (below(r, 12) == 0)
        x->actor = party(r, m, BF_K_DEPARTMENT);
    struct bf_i_range params = m->act[c->act].params;
    x->nargs = x->kind == BF_EVENT_ACT ? params.count : 0;
    x->args = bf_new_array(r->w.a, struct bf_value, params.count + 1);
    for (uint32_t i = 0; i < x->nargs; i++)
        x->args[i] = value(r, m, m->field[params.first + i].type, DEPTH);
    return true;
}

static void chosen(void *ctx, const struct bf_answer *a) { (void)ctx, (void)a; }

static void think_of_act(struct run *r) {
    struct message *x = r->cases ? new_message(r) : NULL;
    if (!x)
        return;
    x->kind = BF_EVENT_ACT;
    x->number = 1 + below(r, r->cases);
    if (below(r, 4) && r->cases > 30)
        x->number = r->cases - below(r, 30);
    x->if_early = below(r, 3) > 0;
    r->making = x;
    bf_engine_look(
        r->w.e, &(struct bf_look){.number = x->number, .look = choose, .answer = chosen, .ctx = r});
    world_pump(&r->w);
    if (!x->act.len)
        x->copies = 0; /* nobody has anything to do there */
}

/* ---- … and delivered ---- */

static bool reader(void *ctx, const struct bf_image *m, const struct bf_case *c, struct bf_arena *a,
                   struct bf_event *e) {
    const struct message *x = ctx;
    e->args = bf_values_copy(a, x->args, x->nargs);
    e->nargs = x->nargs;
    e->actor = x->actor;
    e->start = BF_NONE;
    e->what = x->proc;
    if (x->kind == BF_EVENT_OPEN)
        return true;
    struct bf_i_range acts = m->proc[c->proc].acts;
    for (e->what = acts.first; e->what < acts.first + acts.count; e->what++)
        if (bf_str_eq(bf_i_text(m, m->act[e->what].name), x->act))
            return true;
    return false; /* the case has moved to a text that has no such act */
}

static void told(void *ctx, const struct bf_answer *a) {
    struct message *x = ctx;
    struct run *r = x->run;
    if (a->kind == BF_ANSWER_FULL) {
        x->copies++; /* sent anew */
        x->deliver = r->w.now + 60;
        return;
    }
    if (a->kind == BF_ANSWER_MALFORMED || a->kind == BF_ANSWER_CHAIN)
        return; /* no row was made */
    if (a->kind != BF_ANSWER_DONE && a->kind != BF_ANSWER_REFUSED && a->kind != BF_ANSWER_EARLY)
        broken(r, "an answer that nobody gives");
    if (x->acknowledged && (x->seq != a->seq || x->kind_of_answer != a->kind || !a->again))
        broken(r, "the same key, another answer");
    x->acknowledged = true;
    x->seq = a->seq;
    x->kind_of_answer = a->kind;
    seen.again += a->again;
    if (a->kind == BF_ANSWER_DONE && x->kind == BF_EVENT_OPEN && a->number > r->cases)
        r->cases = a->number;
}

static void deliver(struct message *x) {
    struct run *r = x->run;
    x->copies--;
    x->deliver = r->w.now + (bf_instant)below(r, 5 * 86400);
    bf_engine_command(r->w.e, &(struct bf_command){.kind = x->kind,
                                                   .number = x->number,
                                                   .policy = r->w.policy[x->policy],
                                                   .effective = BF_INSTANT_NONE,
                                                   .keep_early = x->if_early,
                                                   .principal = BF_STR("somebody"),
                                                   .key = bf_str_of(x->key),
                                                   .read = reader,
                                                   .answer = told,
                                                   .ctx = x});
}

/* All that has arrived by now, in one round. */
static void deliver_all(struct run *r) {
    uint32_t old = r->messages > 400 ? r->messages - 400 : 0;
    for (uint32_t i = old; i < r->messages && !r->w.dead; i++)
        if (r->message[i].copies && r->message[i].deliver <= r->w.now)
            deliver(&r->message[i]);
    world_pump(&r->w);
}

/* ---- what else happens ---- */

static void start_again(struct run *r) {
    seen.killed++;
    if (below(r, 4) == 0)
        r->w.now += (bf_instant)below(r, 20 * 86400);
    world_reopen(&r->w);
    world_pump(&r->w);
    for (uint32_t i = 0; i < r->messages; i++) { /* who had no answer asks again, mostly */
        struct message *x = &r->message[i];
        if (!x->acknowledged && !x->copies && (x->act.len || x->kind == BF_EVENT_OPEN) &&
            i + 400 > r->messages && below(r, 3)) {
            x->copies = 1;
            x->deliver = r->w.now + (bf_instant)below(r, 3600);
        }
    }
}

static void survive(struct run *r) {
    while (r->w.dead)
        start_again(r);
}

static void adopt_next(struct run *r) {
    if (r->adopted + 1 >= r->w.calendars)
        return;
    if (world_adopt(&r->w, r->adopted + 1))
        r->adopted++;
    survive(r);
}

struct migrating {
    struct run *r;
    bool over;
};
static void each(void *ctx, const struct bf_migrated_case *c) {
    (void)ctx;
    seen.migrated += c->seq > 0;
}
static void done(void *ctx, enum bf_answer_kind kind) {
    (void)kind;
    ((struct migrating *)ctx)->over = true;
}

/* From an image to another of the same policy. */
static void migrate(struct run *r) {
    uint32_t from = 0, to = 0;
    bool pair = false;
    for (int i = 0; i < 200 && !pair; i++) {
        from = (uint32_t)below(r, r->w.policies);
        to = (uint32_t)below(r, r->w.policies);
        const struct bf_image *x = r->w.image[from], *y = r->w.image[to];
        pair = from != to && bf_str_eq(bf_i_text(x, x->policy.name), bf_i_text(y, y->policy.name));
    }
    if (!pair)
        return;
    struct migrating *g = bf_new(r->w.a, struct migrating);
    static const bf_str there = {"received", 8}, here = {"taken_in", 8};
    bool forth = from < to;
    g->r = r;
    bf_engine_migrate(r->w.e,
                      &(struct bf_migration){.from = r->w.policy[from],
                                             .to = r->w.policy[to],
                                             .choice = {forth ? &there : &here,
                                                        forth ? &here : &there, 1, NULL, 0, false},
                                             .dry_run = below(r, 3) == 0,
                                             .each = each,
                                             .done = done,
                                             .ctx = g});
    world_pump(&r->w);
    if (!r->w.dead && !g->over)
        broken(r, "a migration did not end");
    survive(r);
}

static void something_fails(struct run *r) {
    enum bf_memory_fault fault = (enum bf_memory_fault)below(r, 3);
    seen.full += fault == BF_MEMORY_FULL;
    bf_memory_fail(r->w.memory, below(r, 4), fault);
}

static void scan(struct run *r) {
    world_scan(&r->w);
    survive(r);
}

static void time_passes(struct run *r) {
    static const bf_instant steps[] = {60, 3600, 7200, 86400, 5 * 86400, 30 * 86400};
    r->w.now += 1 + (bf_instant)below(r, (uint64_t)steps[below(r, 6)]);
}

static void act(struct run *r) {
    switch (below(r, 16)) {
    case 0:
        if (r->cases * (uint64_t)(r->end - r->start) < CASES * (uint64_t)(r->w.now - r->start))
            for (int i = 0; i < 4; i++)
                think_of_opening(r);
        break;
    case 1: something_fails(r); break;
    case 2:
        if (below(r, 10) == 0)
            migrate(r);
        break;
    case 3: scan(r); break;
    case 4:
    case 5: time_passes(r); break;
    default:
        for (uint64_t i = 1 + below(r, 3); i > 0 && !r->w.dead; i--)
            think_of_act(r);
        break;
    }
    survive(r);
    deliver_all(r);
    survive(r);
}

/* ---- what must hold ---- */

static void check_acknowledged(struct run *r, const struct world_rows *rows) {
    uint64_t *row_of = bf_new_array(r->w.a, uint64_t, r->messages + 1);
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct bf_entry *n = &rows->row[i];
        if (!n->key.len)
            continue;
        uint64_t k = strtoull(n->key.p + 1, NULL, 10);
        if (k < 1 || k > r->messages || row_of[k - 1]) {
            fprintf(stderr, "rows %llu and %llu, case %llu\n",
                    (unsigned long long)(k > 0 && k <= r->messages ? row_of[k - 1] : 0),
                    (unsigned long long)n->head.seq, (unsigned long long)n->head.number);
            broken(r, "a key is there twice");
        }
        row_of[k - 1] = n->head.seq;
    }
    for (uint32_t i = 0; i < r->messages; i++) {
        const struct message *x = &r->message[i];
        if (!x->acknowledged)
            continue;
        const struct bf_entry *n = x->seq <= rows->count ? &rows->row[x->seq - 1] : NULL;
        if (!n || row_of[i] != x->seq || (x->number && n->head.number != x->number))
            broken(r, "what was acknowledged is not there");
        enum bf_entry_kind kind = x->kind_of_answer == BF_ANSWER_DONE    ? BF_ENTRY_STEP
                                  : x->kind_of_answer == BF_ANSWER_EARLY ? BF_ENTRY_EARLY
                                                                         : BF_ENTRY_REFUSAL;
        if (n->head.kind != kind)
            broken(r, "what was acknowledged is there as something else");
        seen.acknowledged++;
        seen.refused += kind == BF_ENTRY_REFUSAL;
        seen.early += kind == BF_ENTRY_EARLY;
    }
}

static void check_lapses(struct run *r, struct bf_arena *a, const struct world_rows *rows,
                         uint64_t cases) {
    struct bf_case **c = bf_new_array(a, struct bf_case *, cases + 1);
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct bf_entry *n = &rows->row[i];
        struct bf_case **at = &c[n->head.number];
        for (uint32_t k = 0;
             n->head.number && k < n->fact_count && n->head.kind != BF_ENTRY_MIGRATE; k++) {
            const struct bf_fact *f = &n->facts[k];
            struct bf_entry one = *n;
            if (f->kind == BF_FACT_RECOMPUTED) {
                seen.moved++;
                if (n->event.kind != BF_EVENT_CALENDAR || !n->cause)
                    broken(r, "a date moved, and no calendar did it");
            }
            if (f->kind == BF_FACT_LAPSED) {
                const struct bf_case_duty *d = bf_case_duty(n->image, *at, f->a);
                seen.lapses++;
                if (d->status != BF_STATUS_OPEN || d->due.kind != BF_DUE_DAY ||
                    d->due.provisional || d->due.at > n->head.recorded ||
                    (f->day != d->due.last && f->day != (*at)->day))
                    broken(r, "a lapse that is none");
            }
            one.facts = f;
            one.fact_count = 1;
            if (bf_entry_apply(a, &one, at, &r->w.error))
                broken(r, "a fact does not fit");
        }
        if (n->head.kind == BF_ENTRY_MIGRATE && bf_entry_apply(a, n, at, &r->w.error))
            broken(r, "a migration does not fit");
    }
}

static void nothing_is_left(struct run *r, const struct bf_journal_cases *cases) {
    for (uint32_t i = 0; i < cases->count; i++) {
        bf_instant due;
        const struct bf_journal_case *c = &cases->cases[i];
        if (!bf_case_ended(c->image, c->c) && bf_case_next_lapse(c->image, c->c, &due) != BF_NONE &&
            due <= r->w.now)
            broken(r, "a limit has passed and nothing happened");
    }
}

static void check(struct run *r) {
    struct bf_arena *a = bf_arena_new(0);
    bf_memory_fail(r->w.memory, UINT64_MAX / 2, BF_MEMORY_FULL);
    for (int i = 0; i < 5; i++) {
        world_pump(&r->w);
        bf_engine_scan(r->w.e);
        world_pump(&r->w);
        r->w.now += 2;
        scan(r);
    }
    if (bf_engine_sweeping(r->w.e))
        broken(r, "the sweep did not end");
    struct world_rows rows = world_rows(&r->w, a);
    struct bf_journal_cases cases = world_cases(&r->w, a, &rows);
    check_acknowledged(r, &rows);
    check_lapses(r, a, &rows, cases.count);
    nothing_is_left(r, &cases);
    world_check_cases(&r->w, a, &rows);
    world_verify(&r->w);
    seen.rows += rows.count;
    bf_arena_free(a);
}

/* ---- a run ---- */

/* Calendar k announces the years up to FIRST_YEAR + k, and amends some days of the one before. */
static void calendars(struct run *r) {
    size_t cap = 1 << 20, n = 0;
    char *text = bf_arena_alloc(r->w.a, cap), day[BF_DAY_TEXT];
    n += (size_t)snprintf(text, cap,
                          "banfa calendar 1\nname cn.workdays\nweekend saturday sunday\n"
                          "offset +08:00\nfrom %d-01-01\n",
                          FIRST_YEAR);
    for (int k = 0; k <= YEARS_A_RUN && k < WORLD_CALENDARS; k++) {
        int year = FIRST_YEAR + k;
        n += (size_t)snprintf(text + n, cap - n, "notice N%d of %d-11-04 announces %d\n", k,
                              year - 1, year);
        for (int half = 0; half < 2; half++) {
            bf_day first = bf_day_from_civil(year, half ? 7 : 1, 1);
            for (bf_day d = first; d < first + (half ? 120 : 180); d++)
                if (below(r, 12) == 0)
                    n += (size_t)snprintf(text + n, cap - n, "%s %s\n",
                                          bf_day_weekday(d) >= 6 ? "work" : "rest",
                                          bf_day_print(d, day));
            if (!half)
                n += (size_t)snprintf(text + n, cap - n, "notice A%d of %d-11-05 amends %d\n", k,
                                      year - 1, year);
        }
        if (k) /* days of the year under way change places */
            n += (size_t)snprintf(text + n, cap - n, "notice M%d of %d-11-06 amends %d\n", k,
                                  year - 1, year - 1);
        for (bf_day d = bf_day_from_civil(year - 1, 11, 10); k && d < bf_day_from_civil(year, 1, 1);
             d++)
            if (below(r, 5) == 0)
                n += (size_t)snprintf(text + n, cap - n, "%s %s\n",
                                      bf_day_weekday(d) >= 6 ? "work" : "rest",
                                      bf_day_print(d, day));
        world_calendar(&r->w, "cn.workdays", bf_str_z(r->w.a, (bf_str){text, (uint32_t)n}));
    }
}

static double run(char **path, int paths, uint64_t seed, double years) {
    struct run r = {.seed = seed, .first_seed = seed};
    r.w.a = bf_arena_new(0);
    r.w.cached_cases = 1 + (uint32_t)below(&r, 40);
    r.w.batch_rows = 4 + (uint32_t)below(&r, 60);
    r.message = bf_new_array(r.w.a, struct message, MESSAGES);
    calendars(&r);
    for (int i = 0; i < paths && i < WORLD_POLICIES; i++)
        world_image(&r.w, path[i]);
    bf_instant start = (bf_instant)bf_day_from_civil(FIRST_YEAR, 2, 1) * 86400;
    r.w.now = r.start = start;
    r.end = start + (bf_instant)(years * 365 * 86400);
    world_open(&r.w);
    while (r.w.now < r.end) {
        act(&r);
        if (r.w.now > start + (bf_instant)(283 + r.adopted * 365) * 86400)
            adopt_next(&r);
    }
    check(&r);
    double lived = (double)(r.w.now - start) / (365 * 86400.0);
    world_close(&r.w);
    bf_memory_free(r.w.memory);
    bf_arena_free(r.w.a);
    seen.runs++;
    return lived;
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    double years = strtod(argv[1], NULL), lived = 0;
    uint64_t seed = strtoull(argv[2], NULL, 10);
    while (lived < years) {
        double left = years - lived;
        lived += run(argv + 3, argc - 3, seed++, left < YEARS_A_RUN ? left : YEARS_A_RUN);
    }
    printf("%.0f years in %llu runs, seeds %s to %llu: %llu rows, %llu acknowledged (%llu refused, "
           "%llu early, %llu "
           "twice), %llu lapses, %llu dates moved, %llu migrated; killed %llu times, full %llu\n",
           lived, (unsigned long long)seen.runs, argv[2], (unsigned long long)seed - 1,
           (unsigned long long)seen.rows, (unsigned long long)seen.acknowledged,
           (unsigned long long)seen.refused, (unsigned long long)seen.early,
           (unsigned long long)seen.again, (unsigned long long)seen.lapses,
           (unsigned long long)seen.moved, (unsigned long long)seen.migrated,
           (unsigned long long)seen.killed, (unsigned long long)seen.full);
    return seen.acknowledged && seen.lapses && seen.early && seen.killed ? 0 : 1;
}
