/* drive: see drive.h. */
#include "tests/unit/drive.h"

#include <string.h>

#define HOLDS(x) ((x) ? (void)0 : run->fail(#x, __FILE__, __LINE__))

enum { PARTIES = 3, DEPTH = 4 };

struct run {
    struct drive *d;
    void (*fail)(const char *what, const char *file, int line);
    struct bf_arena *a; /* of the case at hand */
    struct bf_world world;
    const struct bf_case *c; /* NULL before it is open */
    struct bf_case *rebuilt; /* by facts alone */
    bf_instant now;
    struct bf_buf json[2];
    bool needs; /* the world has just said it lacks a row */
};

const struct bf_calendar *drive_calendar(struct bf_arena *a) {
    static const char text[] = "banfa calendar 1\n"
                               "name drive\n"
                               "weekend saturday sunday\n"
                               "offset +08:00\n"
                               "from 2025-01-01\n"
                               "notice X of 2024-11-12 announces 2025\n"
                               "rest 2025-10-01..2025-10-08\n"
                               "work 2025-09-28\n"
                               "work 2025-10-11\n";
    const struct bf_calendar *c = NULL;
    struct bf_error e;
    return bf_calendar_load(a, BF_STR("drive"), text, sizeof text - 1, BF_DAY_MAX, &c, &e) == BF_OK
               ? c
               : NULL;
}

static uint8_t byte(struct run *run) { return run->d->p < run->d->end ? *run->d->p++ : 0; }

static uint32_t below(struct run *run, uint32_t n) {
    return n ? (byte(run) | (uint32_t)byte(run) << 8) % n : 0;
}

/* ---- values ---- */

static struct bf_value party(struct run *run, enum bf_kind kind) {
    static const char *const code[PARTIES] = {"a", "b", "c"};
    uint32_t n = below(run, PARTIES);
    struct bf_value *parts = bf_new_array(run->a, struct bf_value, BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, bf_str_of(code[n]));
    parts[BF_PARTY_NAME] = bf_text_value(BF_K_TEXT, BF_STR("name"));
    uint32_t level = run->d->image->policy.level;
    if (level != BF_NONE && run->d->image->enums[level].members.count)
        parts[BF_PARTY_LEVEL] = bf_enum_value(level, 0);
    return bf_party_value(kind, parts);
}

static struct bf_value value(struct run *run, uint32_t type, int depth);

static struct bf_value record(struct run *run, uint32_t row, int depth) {
    struct bf_i_range fields = run->d->image->record[row].fields;
    struct bf_value *v = bf_new_array(run->a, struct bf_value, fields.count);
    for (uint32_t i = 0; i < fields.count; i++)
        v[i] = value(run, run->d->image->field[fields.first + i].type, depth - 1);
    return bf_record_value(row, v, fields.count);
}

static struct bf_value list(struct run *run, uint32_t type, int depth) {
    uint32_t n = below(run, 4);
    struct bf_value *v = bf_new_array(run->a, struct bf_value, n);
    for (uint32_t i = 0; i < n; i++)
        v[i] = value(run, run->d->image->type[type].ref, depth - 1);
    return bf_list_value(v, n);
}

/* Mostly of the type; deep or now and then, absent. */
static struct bf_value value(struct run *run, uint32_t type, int depth) {
    const struct bf_i_type *t = &run->d->image->type[type];
    if (depth <= 0 || (t->optional && byte(run) % 2) || byte(run) == 255)
        return BF_ABSENT;
    switch ((enum bf_kind)t->kind) {
    case BF_K_BOOL: return bf_bool(byte(run) % 2);
    case BF_K_INT: return bf_int((int8_t)byte(run));
    case BF_K_DECIMAL: return bf_value_of(BF_K_DECIMAL, (int8_t)byte(run) * 500000);
    case BF_K_DATE: return bf_date(DRIVE_EPOCH + (int8_t)byte(run));
    case BF_K_INSTANT: return bf_instant_value(run->now + (int8_t)byte(run) * 3600);
    case BF_K_TEXT:
    case BF_K_DOCUMENT: return bf_text_value((enum bf_kind)t->kind, BF_STR("text"));
    case BF_K_CITIZEN_ID: return bf_text_value(BF_K_CITIZEN_ID, BF_STR("11010519491231002X"));
    case BF_K_CREDIT_CODE: return bf_text_value(BF_K_CREDIT_CODE, BF_STR("91350100M000100Y43"));
    case BF_K_PARTY: return party(run, BF_K_DEPARTMENT);
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT: return party(run, (enum bf_kind)t->kind);
    case BF_K_VIOLATION:
        return bf_value_of(BF_K_VIOLATION, below(run, run->d->image->violation_count));
    case BF_K_PERIOD: return bf_period_value((enum bf_unit)t->ref, byte(run) % 16);
    case BF_K_ENUM:
        return bf_enum_value(t->ref, below(run, run->d->image->enums[t->ref].members.count));
    case BF_K_RECORD: return record(run, t->ref, depth);
    case BF_K_LIST: return list(run, type, depth);
    case BF_K_NONE:
    case BF_K_CASE:
    case BF_KINDS: break;
    }
    return BF_ABSENT;
}

/* A party of the case, or any; himself, or an office of his. */
static struct bf_value actor(struct run *run) {
    const struct bf_image *m = run->d->image;
    struct bf_value v = party(run, (enum bf_kind)(BF_K_PERSON + below(run, 3)));
    if (run->c && byte(run) % 4) {
        uint32_t n = m->proc[run->c->proc].data.count;
        struct bf_value datum = n ? run->c->data[below(run, n)] : BF_ABSENT;
        if (bf_is_party(datum))
            v = datum;
    }
    uint8_t choice = byte(run) % 8;
    if (choice == 0 && m->office_count)
        return bf_office_value(below(run, m->office_count));
    if (choice <= 2 && m->office_count && v.n)
        return bf_office_of(v, below(run, m->office_count));
    return v;
}

static enum bf_lookup row(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                          struct bf_value *out) {
    struct run *run = ctx;
    (void)keys;
    (void)n;
    if (run->needs)
        return BF_LOOKUP_NEEDS;
    struct bf_i_range fields = run->d->image->record[run->d->image->reg[reg].record].fields;
    if (reg % 2)
        return BF_LOOKUP_ABSENT;
    struct bf_value *v = bf_new_array(run->a, struct bf_value, fields.count);
    *out = bf_record_value(run->d->image->reg[reg].record, v, fields.count);
    return BF_LOOKUP_FOUND; /* a row in which all is absent */
}

/* ---- what must hold ---- */

static bool same_json(struct run *run, const struct bf_case *x, const struct bf_case *y) {
    struct bf_buf *a = &run->json[0], *b = &run->json[1];
    a->len = b->len = 0;
    bf_case_json(run->d->image, x, a);
    bf_case_json(run->d->image, y, b);
    return !a->failed && !b->failed && a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

static bool same_facts(struct run *run, const struct bf_outcome *x, const struct bf_outcome *y) {
    struct bf_buf *a = &run->json[0], *b = &run->json[1];
    a->len = b->len = 0;
    for (uint32_t i = 0; i < x->fact_count; i++)
        bf_fact_json(run->d->image, &x->facts[i], a);
    for (uint32_t i = 0; i < y->fact_count; i++)
        bf_fact_json(run->d->image, &y->facts[i], b);
    return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

static void check_facts(struct run *run, const struct bf_case *before,
                        const struct bf_outcome *out) {
    const struct bf_image *m = run->d->image;
    if (!out->next)
        return;
    struct bf_case *c =
        before ? bf_case_clone(run->a, m, before) : bf_case_new(run->a, m, out->next->proc);
    for (uint32_t i = 0; i < out->fact_count; i++) {
        struct bf_fact f = bf_fact_copy(run->a, &out->facts[i]);
        HOLDS(bf_apply(m, run->a, c, &f));
        if (!run->rebuilt)
            run->rebuilt = bf_case_new(run->a, m, out->next->proc);
        HOLDS(bf_apply(m, run->a, run->rebuilt, &f));
    }
    HOLDS(same_json(run, c, out->next));
    HOLDS(same_json(run, run->rebuilt, out->next));
}

static void check_refusal(struct run *run, const struct bf_event *e, const struct bf_outcome *out) {
    const struct bf_fact *last = &out->facts[out->fact_count - 1];
    HOLDS(out->fact_count > 0 && last->kind == BF_FACT_REFUSED);
    HOLDS(out->refused.kind != BF_REFUSAL_NONE && out->refused.why != BF_WHY_NOTHING);
    HOLDS(last->how == out->refused.kind && last->c == out->refused.why);
    HOLDS(out->refused.src == BF_NONE || out->refused.src < run->d->image->src_count);
    if (!run->c) {
        HOLDS(out->next == NULL);
        return;
    }
    if (out->refused.why == BF_WHY_STAMP || out->refused.why == BF_WHY_BUDGET)
        return;
    struct bf_event tick = {
        .kind = BF_EVENT_TICK, .recorded = e->effective, .effective = e->effective};
    struct bf_outcome ticked;
    bf_step(run->d->image, &run->world, run->c, &tick, run->a, &ticked);
    HOLDS(ticked.kind == BF_DONE && same_json(run, ticked.next, out->next));
    HOLDS(ticked.fact_count + 1 == out->fact_count);
}

/* Takes a step and looks at it from all sides. */
static void step(struct run *run, const struct bf_event *e, struct bf_outcome *out) {
    const struct bf_image *m = run->d->image;
    struct bf_outcome again;
    struct bf_case *given = run->c ? bf_case_clone(run->a, m, run->c) : NULL;
    bf_step(m, &run->world, run->c, e, run->a, out);
    HOLDS(!given || same_json(run, given, run->c));
    bf_step(m, &run->world, run->c, e, run->a, &again);
    HOLDS(again.kind == out->kind && (out->kind == BF_NEEDS || same_facts(run, &again, out)));
    if (out->kind == BF_NEEDS) {
        HOLDS(run->needs && out->need.reg < m->reg_count);
        return;
    }
    run->d->steps++;
    for (uint32_t i = 0; i < out->fact_count; i++)
        run->d->lapsed += out->facts[i].kind == BF_FACT_LAPSED;
    if (out->kind == BF_DONE)
        run->d->done++;
    else
        run->d->refused++;
    if (out->kind == BF_REFUSED)
        check_refusal(run, e, out);
    check_facts(run, run->c, out);
    if (out->next)
        run->c = out->next;
}

/* What is said to be open is open. Tried on the side: the case does not go there. */
static void check_choice(struct run *run, const struct bf_choice *c) {
    const struct bf_image *m = run->d->image;
    struct bf_value who = bf_present(c->actor) ? c->actor : party(run, BF_K_DEPARTMENT);
    struct bf_event e = {.effective = run->now, .actor = who, .what = c->act};
    struct bf_outcome out;
    bool banned = false;
    for (uint32_t i = 0; i < m->proc[run->c->proc].bans.count; i++)
        banned |= m->ban[m->proc[run->c->proc].bans.first + i].act == c->act;
    if (c->open != BF_OPEN || banned || m->act[c->act].params.count || c->kind != BF_CHOICE_ACT ||
        bf_value_check_party(m, who) || !bf_acts_as(who, who) ||
        (c->any != BF_NONE && !bf_acts_as_any(m, who, c->any)))
        return;
    e.kind = BF_EVENT_ACT;
    bf_step(m, &run->world, run->c, &e, run->a, &out);
    /* what it brings about may still fail, but it was not refused as not lawful */
    HOLDS(out.kind == BF_DONE || out.refused.kind == BF_REFUSAL_MALFORMED);
}

static void check_offers(struct run *run) {
    struct bf_event tick = {.kind = BF_EVENT_TICK, .effective = run->now};
    struct bf_outcome out;
    struct bf_choices choices;
    step(run, &tick, &out);
    bf_offers(run->d->image, &run->world, run->c, run->now, true, run->a, &choices);
    for (uint32_t i = 0; i < choices.count; i++)
        check_choice(run, &choices.choice[i]);
}

/* ---- events ---- */

static void open_case(struct run *run, uint32_t number) {
    const struct bf_image *m = run->d->image;
    uint32_t proc = below(run, m->proc_count);
    struct bf_i_range data = m->proc[proc].data;
    struct bf_value *args = bf_new_array(run->a, struct bf_value, data.count);
    for (uint32_t i = 0; i < data.count; i++)
        if (m->data[data.first + i].role != BF_DATA_KEEP && m->data[data.first + i].init == BF_NONE)
            args[i] = value(run, m->data[data.first + i].type, DEPTH);
    struct bf_event e = {.kind = BF_EVENT_OPEN,
                         .effective = run->now,
                         .actor = actor(run),
                         .what = proc,
                         .start = BF_NONE,
                         .number = number,
                         .args = args,
                         .nargs = data.count};
    for (uint32_t i = data.count; i-- > 0 && byte(run) % 16;)
        if (bf_is_party(args[i]))
            e.actor = args[i];
    uint32_t start = BF_NONE, event = below(run, m->event_count), of = proc;
    if (byte(run) % 4 == 0 && m->event_count)
        start = bf_starts_on(m, event, 0, &of);
    if (start != BF_NONE) {
        struct bf_i_range params = m->event[event].params;
        struct bf_value *v = bf_new_array(run->a, struct bf_value, params.count);
        for (uint32_t i = 0; i < params.count; i++)
            v[i] = value(run, m->field[params.first + i].type, DEPTH);
        e.what = of;
        e.start = start;
        e.actor = BF_ABSENT;
        e.args = v;
        e.nargs = params.count;
    }
    for (uint32_t i = 0; i < m->proc[proc].starts.count && byte(run) % 2; i++) {
        uint32_t row = m->proc[proc].starts.first + i;
        if (!m->start[row].every)
            continue;
        e.what = proc;
        e.start = row;
        e.actor = BF_ABSENT;
        e.nargs = m->start[row].member_reg ? 1 : 0;
        if (e.nargs)
            args[0] = value(run, m->data[m->start[row].member_data].type, DEPTH);
        e.args = args;
    }
    struct bf_outcome out;
    step(run, &e, &out);
}

/* One of the choices there are, as an event; now and then any act by anybody. */
static void act(struct run *run, uint8_t how) {
    const struct bf_image *m = run->d->image;
    struct bf_i_range acts = m->proc[run->c->proc].acts;
    struct bf_event e = {.kind = BF_EVENT_ACT,
                         .effective = run->now,
                         .actor = actor(run),
                         .what = acts.first + below(run, acts.count)};
    struct bf_choices choices;
    bf_offers(m, &run->world, run->c, run->now, false, run->a, &choices);
    if (choices.count && how % 4) {
        const struct bf_choice *c = &choices.choice[below(run, choices.count)];
        for (uint32_t i = 0; how % 8 > 4 && i < choices.count; i++) /* consents are few */
            if (choices.choice[i].kind == BF_CHOICE_CONSENT)
                c = &choices.choice[i];
        e.what = c->act;
        if (bf_present(c->actor))
            e.actor = c->actor;
        if (c->kind == BF_CHOICE_CONSENT)
            e.kind = byte(run) % 4 ? BF_EVENT_CONSENT : BF_EVENT_DECLINE;
    } else if (how % 16 == 0) {
        e.kind = BF_EVENT_CONSENT;
    }
    if (e.what < m->act_count) {
        struct bf_i_range params = m->act[e.what].params;
        struct bf_value *v = bf_new_array(run->a, struct bf_value, params.count);
        for (uint32_t i = 0; i < params.count; i++)
            v[i] = value(run, m->field[params.first + i].type, DEPTH);
        e.args = v;
        e.nargs = params.count;
    }
    struct bf_outcome out;
    step(run, &e, &out);
    for (uint32_t i = 0; out.kind == BF_DONE && i < out.fact_count; i++)
        run->d->consented += out.facts[i].kind == BF_FACT_CONSENTED;
}

static void pass_time(struct run *run, uint8_t how) {
    bf_instant next;
    if (how % 4 == 0 && bf_case_next_lapse(run->d->image, run->c, &next) != BF_NONE &&
        next > run->now)
        run->now = next - how / 4 % 2; /* the last second in time, or the first too late */
    else
        run->now += (bf_instant)byte(run) * 5400;
    struct bf_event e = {.kind = how % 8 == 3 ? BF_EVENT_CALENDAR : BF_EVENT_TICK,
                         .effective = run->now};
    struct bf_outcome out;
    step(run, &e, &out);
}

static void one_step(struct run *run) {
    uint8_t how = byte(run);
    run->needs = how % 32 == 31;
    if (how % 8 < 2)
        pass_time(run, byte(run));
    else
        act(run, byte(run));
    run->needs = false;
    if (how % 8 == 7)
        check_offers(run);
    if (how % 64 == 5 && run->d->image->violation_count) {
        struct bf_value v = {.kind = BF_K_VIOLATION,
                             .n = byte(run) % 2 ? run->c->number : 0,
                             .u.i = below(run, run->d->image->violation_count)};
        struct bf_event e = {
            .kind = BF_EVENT_EXCUSE, .effective = run->now, .args = &v, .nargs = 1};
        struct bf_outcome out;
        step(run, &e, &out);
    }
}

void drive_run(struct drive *d, uint32_t cases, uint32_t steps_each,
               void (*fail)(const char *what, const char *file, int line)) {
    struct run r = {.d = d, .fail = fail}, *run = &r;
    if (!d->image->proc_count)
        return;
    bf_buf_init(&run->json[0]);
    bf_buf_init(&run->json[1]);
    for (uint32_t n = 1; n <= cases; n++) {
        run->a = bf_arena_new(0);
        HOLDS(run->a != NULL);
        run->world =
            (struct bf_world){.calendar = d->calendar, .row = row, .ctx = run, .budget = 100000};
        run->c = NULL;
        run->rebuilt = NULL;
        run->now = (bf_instant)DRIVE_EPOCH * 86400 + below(run, 200000);
        open_case(run, n);
        for (uint32_t i = 0; run->c && i < steps_each && d->p < d->end; i++)
            one_step(run);
        bf_arena_free(run->a);
    }
    bf_buf_fini(&run->json[0]);
    bf_buf_fini(&run->json[1]);
}
