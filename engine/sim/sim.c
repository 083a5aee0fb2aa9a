/* Sim; see sim.h. Time passes here and nowhere else: pass_to fires lapses, deliver steps a case, settle
** starts what the facts ask for. */
#include "engine/sim/sim.h"

#include <string.h>

#include "engine/core/canon.h"
#include "engine/core/carry.h"
#include "engine/core/starts.h"
#include "engine/core/succession.h"
#include "lang/base/assert.h"

/* Its rows are values of the latest text that has it. */
struct bf_sim_register {
    uint32_t text, reg;
    struct bf_value *rows;
    uint32_t count, cap;
};

/* ---- registers ---- */

static bool key_is(const struct bf_image *m, uint32_t reg, struct bf_value row,
                   const struct bf_value *keys) {
    struct bf_i_range fields = m->reg[reg].keys;
    for (uint32_t i = 0; i < fields.count; i++)
        if (!bf_value_equal(row.u.items[m->key[fields.first + i]], keys[i]))
            return false;
    return true;
}

/* A text's register, which those it amends may have too. */
static struct bf_sim_register *register_of(struct bf_sim *s, uint32_t text, uint32_t reg) {
    const struct bf_image *m = s->text[text].image;
    for (uint32_t i = 0; i < s->register_count; i++) {
        const struct bf_image *o = s->text[s->registers[i].text].image;
        uint32_t row = s->registers[i].reg;
        if (bf_str_eq(bf_i_owner(o, row), bf_i_owner(m, reg)) &&
            bf_str_eq(bf_i_text(o, o->reg[row].name), bf_i_text(m, m->reg[reg].name)))
            return &s->registers[i];
    }
    struct bf_sim_register *r = &s->registers[s->register_count++];
    *r = (struct bf_sim_register){.text = text, .reg = reg};
    return r;
}

/* A row as another text's record. False: it is none. */
static bool carry_row(struct bf_sim *s, uint32_t from, uint32_t to, uint32_t reg,
                      struct bf_value row, struct bf_value *out) {
    const struct bf_image *m = s->text[to].image;
    struct bf_buf text;
    struct bf_canon j;
    struct bf_error e;
    *out = row;
    if (from == to)
        return true;
    bf_buf_in(&text, s->arena);
    bf_value_json(s->text[from].image, row, &text);
    return bf_canon_read(s->arena, bf_buf_view(&text), &j, &e) == BF_OK &&
           !bf_value_read_record(m, s->arena, &j, m->reg[reg].record, out);
}

static enum bf_lookup row_of(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                             struct bf_value *row) {
    const struct bf_sim_text *t = ctx;
    struct bf_sim *s = t->sim;
    uint32_t text = (uint32_t)(t - s->text);
    const struct bf_sim_register *r = register_of(s, text, reg);
    (void)n;
    for (uint32_t i = 0; i < r->count; i++)
        if (carry_row(s, r->text, text, reg, r->rows[i], row) && key_is(t->image, reg, *row, keys))
            return BF_LOOKUP_FOUND;
    return BF_LOOKUP_ABSENT;
}

static void put_row(struct bf_sim *s, uint32_t text, uint32_t reg, struct bf_value row) {
    struct bf_sim_register *r = register_of(s, text, reg);
    const struct bf_image *m = s->text[r->text].image;
    struct bf_i_range fields = m->reg[r->reg].keys;
    struct bf_value *keys =
        bf_new_array(s->arena, struct bf_value, fields.count ? fields.count : 1);
    if (!carry_row(s, text, r->text, r->reg, row, &row))
        return; /* a row of a text of before that the later one cannot read */
    for (uint32_t i = 0; i < fields.count; i++)
        keys[i] = row.u.items[m->key[fields.first + i]];
    for (uint32_t i = 0; i < r->count; i++)
        if (key_is(m, r->reg, r->rows[i], keys)) {
            r->rows[i] = row;
            return;
        }
    r->rows = bf_arena_grow(s->arena, r->rows, r->count, &r->cap, sizeof *r->rows);
    r->rows[r->count++] = row;
}

/* ---- texts ---- */

const struct bf_sim_text *bf_sim_text_of(const struct bf_sim *s, uint32_t number) {
    return &s->text[s->text_of[number - 1]];
}

static const struct bf_image *image_of(const struct bf_sim *s, uint32_t number) {
    return bf_sim_text_of(s, number)->image;
}

/* From the text that the scenario is written against to another. */
static struct bf_carry carry_to(const struct bf_sim *s, uint32_t text) {
    return (struct bf_carry){s->image, s->text[text].image, s->arena};
}

static bool in_force(const struct bf_sim *s, uint32_t text, bf_instant at) {
    const struct bf_i_policy *p = &s->text[text].image->policy;
    bf_day day = bf_calendar_day_of(s->calendar, at, (int32_t)p->day_ends);
    return day >= p->force_from && day <= p->force_to;
}

/* The text of the day; the last one where none is in force, which says so. */
static uint32_t text_at(const struct bf_sim *s, bf_instant at) {
    uint32_t text = s->texts - 1;
    while (text && in_force(s, text - 1, at))
        text--;
    return in_force(s, text, at) ? text : 0;
}

/* What the scenario assumes, as far as it is said otherwise than in the text. */
static const struct bf_value *assumed(const struct bf_sim *s, uint32_t text) {
    const struct bf_image *m = s->image, *to = s->text[text].image;
    const struct bf_carry k = carry_to(s, text);
    if (!text)
        return s->assume;
    const struct bf_value *usual = bf_assume_defaults(s->arena, m);
    struct bf_value *out = bf_assume_defaults(s->arena, to);
    for (uint32_t i = 0; i < to->assume_count; i++)
        for (uint32_t n = 0; n < m->assume_count; n++)
            if (bf_str_eq(bf_i_text(m, m->assume[n].name), bf_i_text(to, to->assume[i].name)) &&
                !bf_value_equal(s->assume[n], usual[n]))
                bf_carry_value(&k, m->assume[n].type, to->assume[i].type, s->assume[n], &out[i]);
    return out;
}

/* ---- expressions of the scenario ---- */

/* As the scenario's text calls it. */
static const struct bf_case *find_case(void *ctx, uint32_t number) {
    struct bf_sim *s = ctx;
    const struct bf_case *c = number && number <= s->case_count ? s->cases[number - 1] : NULL;
    return c && s->text_of[number - 1]
               ? bf_migrate_view(image_of(s, number), c, s->image, &s->text[0].world, s->arena)
               : c;
}

static const struct bf_case *latest_case(void *ctx, uint32_t proc) {
    struct bf_sim *s = ctx;
    for (uint32_t i = s->case_count; i-- > 0;) {
        const struct bf_carry k = {s->image, image_of(s, i + 1), s->arena};
        if (s->cases[i]->proc == (s->text_of[i] ? bf_carry_proc(&k, proc) : proc))
            return find_case(s, i + 1);
    }
    return NULL;
}

static bf_day today(const struct bf_sim *s) {
    if (s->now == BF_INSTANT_NONE)
        return BF_DAY_NONE;
    return bf_calendar_day_of(s->calendar, s->now, (int32_t)s->image->policy.day_ends);
}

static bool fail(struct bf_sim *s, enum bf_sim_verdict verdict) {
    s->verdict = verdict;
    return false;
}

static bool eval(struct bf_sim *s, uint32_t code, struct bf_value *v) {
    struct bf_env env = {.image = s->image,
                         .world = &s->text[0].world,
                         .arena = s->arena,
                         .assume = s->assume,
                         .today = today(s),
                         .budget = BF_STEP_BUDGET,
                         .locals = s->locals,
                         .latest = latest_case,
                         .find = find_case,
                         .ctx = s};
    enum bf_why why = bf_eval(&env, code, v);
    if (why == BF_WHY_NOTHING)
        return true;
    s->why = why;
    return fail(s, BF_SIM_FAULT);
}

/* ---- steps and what they cause ---- */

/* Starts to come and violations to strike out, in the order in which facts asked for them. */
struct agenda {
    struct errand {
        struct bf_event event;
        uint32_t text;   /* of a case to start */
        uint32_t number; /* EXCUSE: which case */
        uint32_t cause;  /* the entry whose fact asks for it, from 1 */
    } * errand;
    uint32_t count, cap, next;
};

static void plan_open(struct bf_sim *s, struct agenda *g, struct bf_event event, uint32_t text) {
    g->errand = bf_arena_grow(s->arena, g->errand, g->count, &g->cap, sizeof *g->errand);
    g->errand[g->count++] = (struct errand){event, text, 0, s->entry_count};
}

static void plan(struct bf_sim *s, struct agenda *g, struct bf_event event, uint32_t number) {
    plan_open(s, g, event, 0);
    g->errand[g->count - 1].number = number;
}

/* The same, before what is planned already: g->next is the errand under way. */
static void plan_first(struct bf_sim *s, struct agenda *g, struct bf_event event, uint32_t number) {
    plan(s, g, event, number);
    struct errand *at = g->errand + g->next + 1, first = g->errand[g->count - 1];
    memmove(at + 1, at, (g->count - g->next - 2) * sizeof *at);
    *at = first;
}

/* What starts of itself goes by the text of the day, unless that has nothing that could. */
static void plan_starts(struct bf_sim *s, struct agenda *g, uint32_t number,
                        const struct bf_fact *f) {
    uint32_t text = s->text_of[number - 1], then = text_at(s, f->at), what = f->a;
    const struct bf_carry k = {s->text[text].image, s->text[then].image, s->arena};
    struct bf_event e = {.kind = BF_EVENT_OPEN,
                         .effective = f->at,
                         .start = BF_NONE,
                         .what = f->a,
                         .args = f->v,
                         .nargs = f->n},
                    over = e;
    bool opens = f->kind == BF_FACT_OPENED;
    if (then != text &&
        (opens ? bf_carry_event(&k, BF_NONE, &over) : bf_carry_raised(&k, &what, &over))) {
        e = over;
        text = then;
    }
    if (opens)
        plan_open(s, g, e, text);
    for (uint32_t i = 0;
         !opens && (e.start = bf_starts_on(s->text[text].image, what, i, &e.what)) != BF_NONE; i++)
        plan_open(s, g, e, text);
}

/* What is run begins, or is left; a case that is run has ended. */
static void settle_run(struct bf_sim *s, struct agenda *g, uint32_t number,
                       const struct bf_fact *f) {
    struct bf_event e = {.effective = f->at, .start = BF_NONE, .what = f->a};
    if (f->kind == BF_FACT_RUN) {
        e.kind = BF_EVENT_OPEN;
        e.parent = number;
        e.args = f->v;
        e.nargs = f->n;
        plan_open(s, g, e, s->text_of[number - 1]);
    } else if (f->kind == BF_FACT_CANCELLED && f->v[0].u.i) {
        e.kind = BF_EVENT_CANCEL;
        plan(s, g, e, (uint32_t)f->v[0].u.i);
    } else if (f->kind == BF_FACT_ENDED && s->cases[number - 1]->parent) {
        e.kind = BF_EVENT_RETURN;
        e.number = number;
        plan(s, g, e, s->cases[number - 1]->parent);
    }
}

/* What lies outside the case that a fact speaks of. */
static void settle_fact(struct bf_sim *s, struct agenda *g, uint32_t number,
                        const struct bf_fact *f) {
    if (f->kind == BF_FACT_PUT)
        put_row(s, s->text_of[number - 1], f->a, f->v[0]);
    else if (f->kind == BF_FACT_OPENED || f->kind == BF_FACT_RAISED)
        plan_starts(s, g, number, f);
    else if (f->kind == BF_FACT_EXCUSED && f->v[0].n && f->v[0].n != number)
        /* a violation of another case: that case's number is in the value */
        plan(s, g,
             (struct bf_event){
                 .kind = BF_EVENT_EXCUSE, .effective = f->at, .args = f->v, .nargs = f->n},
             f->v[0].n);
    else
        settle_run(s, g, number, f);
}

static struct bf_sim_entry *new_entry(struct bf_sim *s) {
    s->entries =
        bf_arena_grow(s->arena, s->entries, s->entry_count, &s->entry_cap, sizeof *s->entries);
    return &s->entries[s->entry_count++];
}

/* One step of one case (number 0: a case to start, under a text). Returns the entry, which stays where it is only
** until the next; NULL: an event that left nothing. */
static struct bf_sim_entry *deliver(struct bf_sim *s, struct agenda *g, struct bf_event event,
                                    uint32_t text, uint32_t number, uint32_t stmt) {
    struct bf_case *c = number ? s->cases[number - 1] : NULL;
    struct bf_outcome out;
    event.recorded = s->now;
    text = number ? s->text_of[number - 1] : text;
    struct bf_world world = s->text[text].world;
    if (event.kind == BF_EVENT_OPEN)
        event.number = s->case_count + 1;
    if (event.kind == BF_EVENT_OPEN)
        world.assume = assumed(s, text);
    if (event.kind == BF_EVENT_OPEN && event.parent)
        world.assume = s->cases[event.parent - 1]->assume;
    bf_step(s->text[text].image, &world, c, &event, s->arena, &out);
    BF_ASSERT(out.kind != BF_NEEDS); /* row_of always answers */
    if (bf_event_silent(event.kind) && !out.fact_count)
        return NULL;

    if (out.next && !number) {
        s->cases = bf_arena_grow(s->arena, s->cases, s->case_count, &s->case_cap, sizeof *s->cases);
        s->text_of =
            bf_arena_grow(s->arena, s->text_of, s->case_count, &s->text_cap, sizeof *s->text_of);
        s->text_of[s->case_count] = text;
        number = ++s->case_count;
    }
    if (out.next)
        s->cases[number - 1] = out.next;
    struct bf_sim_entry *e = new_entry(s);
    *e = (struct bf_sim_entry){.event = event,
                               .proc = event.kind == BF_EVENT_OPEN ? event.what
                                                                   : s->cases[number - 1]->proc,
                               .number = number,
                               .text = text,
                               .stmt = stmt,
                               .outcome = out.kind,
                               .facts = out.facts,
                               .fact_count = out.fact_count,
                               .refused = out.refused,
                               .after = number ? s->cases[number - 1] : NULL};
    for (uint32_t i = 0; i < out.fact_count; i++)
        settle_fact(s, g, number, &out.facts[i]);
    return e;
}

static bool settle(struct bf_sim *s, struct agenda *g);

/* The lapse whose coming is the first event for the text that follows a case's own; see follow. */
static bool lapses_later(const struct bf_sim *s, uint32_t number, bf_instant from, bf_instant at,
                         bf_instant *due) {
    const struct bf_case *c = s->cases[number - 1];
    return bf_case_next_lapse(image_of(s, number), c, due) != BF_NONE && *due <= at &&
           *due > (from > c->at ? from : c->at);
}

/* A case goes over to the text that amends its own for all cases, with its first event on or after that one's first day; a
** tick is one if something lapses that was not over before that day. Where it cannot go over, it keeps its text. */
static bool follow(struct bf_sim *s, uint32_t number, bf_instant at, bool tick) {
    const struct bf_migrate_choice none = {.count = 0};
    for (uint32_t text = s->text_of[number - 1]; text > 0; text--) {
        const struct bf_sim_text *old = &s->text[text], *new = old - 1;
        const struct bf_i_policy *p = &new->image->policy;
        const struct bf_case *c = s->cases[number - 1];
        struct bf_migrated *m = bf_new(s->arena, struct bf_migrated);
        struct agenda g = {0};
        bf_instant from = BF_INSTANT_NONE, due;
        if (new->image->amend->cases != BF_CASES_ALL || !in_force(s, text - 1, at) ||
            bf_case_ended(old->image, c))
            return true;
        if (p->force_from != INT32_MIN)
            from = bf_calendar_day_end(s->calendar, p->force_from - 1, (int32_t)p->day_ends);
        bool lapses = lapses_later(s, number, from, at, &due);
        if (tick && !lapses)
            return true;
        bf_instant when = lapses ? due - 1 : at;
        bf_migrate(old->image, c, new->image, &new->world, &none, when, s->arena, m);
        if (m->obstacle)
            return true;
        s->cases[number - 1] = m->c;
        s->text_of[number - 1] = text - 1;
        *new_entry(s) = (struct bf_sim_entry){
            .event = {.kind = BF_EVENT_MIGRATE, .recorded = s->now, .effective = when},
            .proc = m->c->proc,
            .number = number,
            .text = text - 1,
            .stmt = BF_NONE,
            .outcome = BF_DONE,
            .facts = m->facts,
            .fact_count = m->fact_count,
            .after = m->c,
            .over = m};
        for (uint32_t i = 0; i < m->fact_count; i++)
            settle_fact(s, &g, number, &m->facts[i]);
        if (!settle(s, &g))
            return false;
    }
    return true;
}

static bool returns(struct bf_sim *s, struct errand *x) {
    uint32_t child = x->event.number;
    return bf_returns(image_of(s, x->number), s->cases[x->number - 1], image_of(s, child),
                      s->cases[child - 1], s->arena, &x->event);
}

static bool settle(struct bf_sim *s, struct agenda *g) {
    for (; g->next < g->count; g->next++) {
        if (g->next >= BF_SIM_CHAIN_MAX)
            return fail(s, BF_SIM_CHAIN);
        struct errand x = g->errand[g->next];
        const struct bf_case *c = x.number ? s->cases[x.number - 1] : NULL;
        if (c && bf_event_silent(x.event.kind) && x.event.effective < c->at)
            x.event.effective = c->at; /* no step is dated before the one before it */
        if (x.event.kind == BF_EVENT_RETURN && !returns(s, &x))
            continue;
        if (x.number && !follow(s, x.number, x.event.effective, false))
            return false;
        if (x.event.kind == BF_EVENT_RETURN && !returns(s, &x))
            continue;
        struct bf_sim_entry *e = deliver(s, g, x.event, x.text, x.number, BF_NONE);
        if (e)
            e->cause = x.cause;
        if (x.event.kind == BF_EVENT_OPEN && x.event.parent)
            plan_first(s, g,
                       (struct bf_event){.kind = BF_EVENT_BEGUN,
                                         .effective = x.event.effective,
                                         .start = BF_NONE,
                                         .number = e->number},
                       x.event.parent);
    }
    return true;
}

/* ---- time ---- */

/* The lapse that comes next, of all cases, if it comes by `to`. */
static uint32_t next_lapse(const struct bf_sim *s, bf_instant to, bf_instant *at) {
    uint32_t found = 0, first_duty = 0;
    for (uint32_t i = 0; i < s->case_count; i++) {
        bf_instant due;
        uint32_t duty = bf_case_next_lapse(image_of(s, i + 1), s->cases[i], &due);
        if (duty == BF_NONE || due > to)
            continue;
        if (!found || due < *at || (due == *at && duty < first_duty)) {
            found = i + 1;
            first_duty = duty;
            *at = due;
        }
    }
    return found;
}

/* One case that the calendar starts; its member, unless it has none (NULL), says what a datum of it is. */
static bool start_one(struct bf_sim *s, uint32_t text, uint32_t start,
                      const struct bf_value *member) {
    struct agenda g = {0};
    deliver(s, &g,
            (struct bf_event){.kind = BF_EVENT_OPEN,
                              .effective = s->now,
                              .what = bf_start_proc(s->text[text].image, start),
                              .start = start,
                              .args = member,
                              .nargs = member ? 1 : 0},
            text, 0, BF_NONE);
    return settle(s, &g);
}

/* All cases that the calendar starts now. What one of them puts into the register is no member of this time. */
static bool start_all(struct bf_sim *s) {
    uint32_t text = text_at(s, s->now);
    const struct bf_image *m = s->text[text].image;
    for (uint32_t i = 0; i < m->start_count; i++) {
        if (!bf_start_falls(m, s->calendar, i, s->now))
            continue;
        if (!m->start[i].member_reg && !start_one(s, text, i, NULL))
            return false;
        if (!m->start[i].member_reg)
            continue;
        uint32_t reg = m->start[i].member_reg - 1, n = 0;
        const struct bf_sim_register *r = register_of(s, text, reg);
        struct bf_value *rows = bf_new_array(s->arena, struct bf_value, r->count + 1);
        for (uint32_t k = 0; k < r->count; k++)
            n += carry_row(s, r->text, text, reg, r->rows[k], &rows[n]);
        rows = bf_rows_in_order(s->arena, m, reg, rows, n);
        bf_rows_now(&s->text[text].world, s->arena, m, reg, rows, n);
        for (uint32_t k = 0; k < n; k++) {
            if (!bf_present(rows[k]))
                continue;
            rows[k] = bf_start_member(m, i, rows[k]);
            if (!start_one(s, text, i, &rows[k]))
                return false;
        }
    }
    return true;
}

/* The next instant at which the calendar starts something under the text of that day. */
static bool next_start(const struct bf_sim *s, bf_instant *at) {
    bool found = false;
    for (uint32_t t = 0; t < s->texts; t++) {
        bf_instant next = s->started;
        bool more = true;
        while (more && (more = bf_starts_next(s->text[t].image, s->calendar, next, &next)) && t &&
               in_force(s, t - 1, next)) {
            const struct bf_i_policy *p = &s->text[t - 1].image->policy; /* they are that one's */
            more = p->force_to != INT32_MAX;
            if (more)
                next = bf_calendar_day_end(s->calendar, p->force_to, (int32_t)p->day_ends) - 1;
        }
        if (more && (!found || next < *at)) {
            *at = next;
            found = true;
        }
    }
    return found;
}

/* Lapses and calendar starts until then: by instant, lapses first. cause: the entry that armed what is over already, from
** 1; 0: time alone. */
static bool pass_to(struct bf_sim *s, bf_instant to, uint32_t cause) {
    bf_instant at = 0, start = 0;
    if (s->now == BF_INSTANT_NONE)
        s->started = to - 1; /* the scenario's world begins now */
    for (;;) {
        bool starts = next_start(s, &start) && start <= to;
        uint32_t number = next_lapse(s, starts ? start : to, &at);
        if (!number && !starts)
            break;
        if (!number) {
            s->now = s->started = start;
            if (!start_all(s))
                return false;
            continue;
        }
        struct agenda g = {0};
        s->now = at > s->now ? at : s->now;
        if (!follow(s, number, s->now, true))
            return false;
        struct bf_sim_entry *e =
            deliver(s, &g, (struct bf_event){.kind = BF_EVENT_TICK, .effective = s->now}, 0, number,
                    BF_NONE);
        BF_ASSERT(e || s->texts > 1); /* a lapse is a fact, unless another text has none then */
        if (e)
            e->cause = cause;
        bf_instant again; /* all of this case's lapses due by now came with that tick */
        BF_ASSERT(bf_case_next_lapse(image_of(s, number), s->cases[number - 1], &again) ==
                      BF_NONE ||
                  again > s->now);
        if (!settle(s, &g))
            return false;
    }
    s->now = to;
    return true;
}

/* Goes to an instant, or as far as the options allow; *stop then. */
static bool go(struct bf_sim *s, bf_instant to, bf_instant until, bool *stop) {
    if (s->now != BF_INSTANT_NONE && to < s->now)
        return fail(s, BF_SIM_BACKWARDS);
    *stop = until != BF_INSTANT_NONE && to > until;
    return *stop && s->now == BF_INSTANT_NONE ? true : pass_to(s, *stop ? until : to, 0);
}

static bool at(struct bf_sim *s, const struct bf_i_stmt *st, bf_instant *to) {
    bf_day day = (bf_day)st->a;
    int32_t seconds = 0;
    if (st->b != BF_NONE)
        seconds = (int32_t)st->b;
    else if (s->now != BF_INSTANT_NONE)
        bf_calendar_local(s->calendar, s->now, &(bf_day){0}, &seconds);
    if (seconds == BF_DAY_SECONDS) {
        day++;
        seconds = 0;
    }
    *to = bf_calendar_instant(s->calendar, day, seconds);
    return true;
}

/* The same time on the last day of the period, which is not rolled to a working day. */
static bool after_wait(struct bf_sim *s, uint32_t code, bf_instant *to) {
    struct bf_value v;
    bf_day day, last;
    int32_t seconds;
    if (s->now == BF_INSTANT_NONE)
        return fail(s, BF_SIM_NO_TIME);
    if (!eval(s, code, &v))
        return false;
    if (!bf_present(v) || v.u.i < 0)
        return fail(s, BF_SIM_NO_DATE);
    struct bf_period d = {(enum bf_unit)v.aux, v.u.i};
    if (d.unit == BF_UNIT_HOURS) {
        if (d.count > (int64_t)BF_DAY_MAX * 24)
            return fail(s, BF_SIM_NO_DATE);
        *to = s->now + d.count * 3600;
        return true;
    }
    bf_calendar_local(s->calendar, s->now, &day, &seconds);
    struct bf_count_rule rule = {.day_ends = BF_DAY_SECONDS};
    if (!bf_days_known(bf_period_after(s->calendar, &rule, d, day, &last)))
        return fail(s, BF_SIM_NO_DATE);
    *to = bf_calendar_instant(s->calendar, last, seconds);
    return true;
}

/* ---- statements ---- */

static bool eval_tuple(struct bf_sim *s, uint32_t code, struct bf_event *e) {
    struct bf_value v;
    if (!eval(s, code, &v))
        return false;
    e->args = v.u.items;
    e->nargs = v.n;
    return true;
}

static void bind(struct bf_sim *s, uint32_t local, uint32_t number) {
    if (local != BF_NONE)
        s->locals[local] = (struct bf_value){
            .kind = BF_K_CASE,
            .aux = bf_carry_proc(&(struct bf_carry){image_of(s, number), s->image, s->arena},
                                 s->cases[number - 1]->proc),
            .u.i = number};
}

static bool same_cite(const struct bf_image *x, const struct bf_i_cite *a, const struct bf_image *y,
                      const struct bf_i_cite *b) {
    bf_str of = bf_i_text(x, a->policy == BF_NONE ? x->policy.name : a->policy);
    bf_str other = bf_i_text(y, b->policy == BF_NONE ? y->policy.name : b->policy);
    return a->article == b->article && a->suffix == b->suffix && a->paragraph == b->paragraph &&
           a->item == b->item && bf_str_eq(of, other);
}

/* After an act: was it done or refused, as the scenario has it? expect: the statement REFUSED, or NULL. */
static bool judge(struct bf_sim *s, const struct bf_sim_entry *e, const struct bf_i_stmt *expect) {
    const struct bf_image *m = s->text[e->text].image;
    if (!expect) {
        if (e->outcome == BF_DONE)
            return true;
        s->refusal = e;
        return fail(s, BF_SIM_REFUSED);
    }
    if (e->outcome == BF_DONE)
        return fail(s, BF_SIM_NOT_REFUSED);
    s->refusal = e;
    if (expect->a != BF_REFUSAL_REFUSED && (enum bf_refusal)expect->a != e->refused.kind)
        return fail(s, BF_SIM_OTHER_REFUSAL);
    struct bf_i_range of = {0, 0};
    if (e->refused.src != BF_NONE)
        of = m->src[e->refused.src].cites;
    for (uint32_t i = 0; i < expect->c; i++) {
        bool found = false;
        for (uint32_t k = 0; k < of.count && !found; k++)
            found = same_cite(s->image, &s->image->cite[expect->b + i], m, &m->cite[of.first + k]);
        if (!found)
            return fail(s, BF_SIM_OTHER_CITE);
    }
    return true;
}

/* A case that the statement's program names. */
static bool case_of(struct bf_sim *s, uint32_t code, uint32_t *number) {
    struct bf_value v;
    if (!eval(s, code, &v))
        return false;
    if (!find_case(s, bf_present(v) ? (uint32_t)v.u.i : 0))
        return fail(s, BF_SIM_NO_CASE);
    *number = (uint32_t)v.u.i;
    return true;
}

static bool open_case(struct bf_sim *s, const struct bf_i_stmt *st, uint32_t row,
                      const struct bf_i_stmt *expect) {
    struct agenda g = {0};
    struct bf_event e = {
        .kind = BF_EVENT_OPEN, .effective = s->now, .what = st->c, .start = BF_NONE, .by = s->by};
    if (!eval(s, st->b, &e.actor) || !eval_tuple(s, st->d, &e))
        return false;
    uint32_t text = text_at(s, s->now);
    const struct bf_carry k = carry_to(s, text);
    struct bf_event then = e;
    if (text && !bf_carry_event(&k, BF_NONE, &then)) {
        text = 0; /* which says that it is not in force */
        then = e;
    }
    struct bf_sim_entry *entry = deliver(s, &g, then, text, 0, row);
    uint32_t own = s->entry_count;
    if (!judge(s, entry, expect))
        return false;
    if (entry->outcome == BF_DONE)
        bind(s, st->a, entry->number);
    return settle(s, &g) && pass_to(s, s->now, own); /* what came late lapses at once */
}

static bool do_act(struct bf_sim *s, const struct bf_i_stmt *st, uint32_t row,
                   const struct bf_i_stmt *expect) {
    struct agenda g = {0};
    uint32_t number;
    struct bf_event e = {.kind = st->op == BF_S_DO        ? BF_EVENT_ACT
                                 : st->op == BF_S_CONSENT ? BF_EVENT_CONSENT
                                                          : BF_EVENT_DECLINE,
                         .effective = s->now,
                         .by = s->by,
                         .what = st->c,
                         .start = BF_NONE};
    if (!case_of(s, st->a, &number) || !eval(s, st->b, &e.actor))
        return false;
    if (st->op == BF_S_DO && !eval_tuple(s, st->d, &e))
        return false;
    if (st->e != BF_NONE && !eval(s, st->e, &e.who))
        return false;
    if (!follow(s, number, s->now, false))
        return false;
    uint32_t text = s->text_of[number - 1];
    const struct bf_carry k = carry_to(s, text);
    if (text && !bf_carry_event(&k, s->cases[number - 1]->proc, &e))
        return fail(s, BF_SIM_NO_CASE);
    struct bf_sim_entry *entry = deliver(s, &g, e, text, number, row);
    uint32_t own = s->entry_count;
    return judge(s, entry, expect) && settle(s, &g) && pass_to(s, s->now, own);
}

/* An event from outside: every procedure that starts on it is tried; one that starts will do. */
static bool report(struct bf_sim *s, const struct bf_i_stmt *st, uint32_t row,
                   const struct bf_i_stmt *expect) {
    struct agenda g = {0};
    struct bf_event e = {.kind = BF_EVENT_OPEN, .effective = s->now, .by = s->by};
    uint32_t proc, bound = 0, done = BF_NONE, last = BF_NONE;
    if (!eval(s, st->b, &e.actor) || !eval_tuple(s, st->d, &e))
        return false;
    uint32_t text = text_at(s, s->now), what = st->c;
    const struct bf_carry k = carry_to(s, text);
    e.actor = text ? bf_carry_party(&k, e.actor) : e.actor;
    if (text && !bf_carry_raised(&k, &what, &e))
        return fail(s, BF_SIM_NO_CASE);
    uint32_t wanted = st->e == BF_NONE ? BF_NONE : bf_carry_proc(&k, st->e);
    for (uint32_t i = 0; (e.start = bf_starts_on(k.y, what, i, &proc)) != BF_NONE; i++) {
        e.what = proc;
        struct bf_sim_entry *entry = deliver(s, &g, e, text, 0, row);
        last = s->entry_count - 1;
        if (entry->outcome == BF_DONE) {
            done = last;
            if (proc == wanted)
                bound = entry->number;
        }
    }
    if (last == BF_NONE)
        return fail(s, BF_SIM_NO_CASE);
    if (!judge(s, &s->entries[done != BF_NONE ? done : last], expect))
        return false;
    if (st->a != BF_NONE && !expect) {
        if (!bound)
            return fail(s, BF_SIM_NO_CASE);
        bind(s, st->a, bound);
    }
    return settle(s, &g) && pass_to(s, s->now, last + 1); /* what came late lapses at once */
}

/* ---- successors ---- */

static void record_put(struct bf_sim *s, uint32_t reg, struct bf_value row) {
    s->puts = bf_arena_grow(s->arena, s->puts, s->put_count, &s->put_cap, sizeof *s->puts);
    s->puts[s->put_count++] = (struct bf_sim_put){s->entry_count, reg, row, s->now};
}

/* The same, as the text of a case has it: old, who takes its place, instrument. */
static const struct bf_value *parties_for(struct bf_sim *s, uint32_t number,
                                          const struct bf_value v[3]) {
    const struct bf_carry k = carry_to(s, s->text_of[number - 1]);
    struct bf_value *out = bf_values_copy(s->arena, v, 3);
    for (int i = 0; i < 2 && s->text_of[number - 1]; i++)
        if (bf_is_party(v[i]))
            out[i] = bf_carry_party(&k, v[i]);
    return out;
}

/* From now on: every open case that names `old`, in their order. v: old, list, instrument. */
static bool record_succession(struct bf_sim *s, struct bf_value v[3]) {
    struct bf_value whom = v[1];
    if (!bf_succession_ok(&s->text[0].world, v[0], whom))
        return fail(s, BF_SIM_SUCCESSION);
    record_put(s, BF_NONE, bf_list_value(bf_values_copy(s->arena, v, 3), 3));
    if (whom.n == 1)
        v[1] = whom.u.items[0];
    s->successions = bf_arena_grow(s->arena, s->successions, s->succession_count,
                                   &s->succession_cap, sizeof *s->successions);
    s->successions[s->succession_count++] =
        (struct bf_succession){v[0], whom.n == 1 ? v[1] : BF_ABSENT};
    for (uint32_t i = 0; i < s->texts; i++) {
        s->text[i].world.successions = s->successions;
        s->text[i].world.succession_count = s->succession_count;
    }
    uint32_t put = s->put_count, cases = s->case_count;
    for (uint32_t i = 0; i < cases; i++) {
        struct agenda g = {0};
        const struct bf_case *c = s->cases[i];
        if (bf_case_ended(image_of(s, i + 1), c) || !bf_case_names(image_of(s, i + 1), c, v[0]))
            continue;
        struct bf_event e = {.kind = BF_EVENT_SUCCEED,
                             .effective = s->now > c->at ? s->now : c->at,
                             .what = BF_NONE,
                             .start = BF_NONE,
                             .args = parties_for(s, i + 1, v),
                             .nargs = 3};
        deliver(s, &g, e, 0, i + 1, BF_NONE)->cause_put = put;
        if (!settle(s, &g) || !pass_to(s, s->now, 0))
            return false;
    }
    return true;
}

static bool succeed(struct bf_sim *s, const struct bf_i_stmt *st, uint32_t row,
                    const struct bf_i_stmt *expect) {
    struct agenda g = {0};
    struct bf_value *v = bf_new_array(s->arena, struct bf_value, 3);
    uint32_t number;
    v[2] = BF_ABSENT;
    if (!eval(s, st->d, &v[0]) || !eval(s, st->b, &v[1]) ||
        (st->e != BF_NONE && !eval(s, st->e, &v[2])))
        return false;
    if (st->a == BF_NONE)
        return record_succession(s, v);
    if (!case_of(s, st->a, &number))
        return false;
    if (v[1].n == 1)
        v[1] = v[1].u.items[0];
    struct bf_event e = {.kind = BF_EVENT_ASSIGN,
                         .effective = s->now,
                         .what = BF_NONE,
                         .start = BF_NONE,
                         .nargs = 3};
    if (!follow(s, number, s->now, false))
        return false;
    e.args = parties_for(s, number, v);
    struct bf_sim_entry *entry = deliver(s, &g, e, 0, number, row);
    uint32_t own = s->entry_count;
    return judge(s, entry, expect) && settle(s, &g) && pass_to(s, s->now, own);
}

static bool acted(struct bf_sim *s, uint32_t row, const struct bf_i_stmt *expect) {
    const struct bf_i_stmt *st = &s->image->stmt[row];
    if (s->now == BF_INSTANT_NONE)
        return fail(s, BF_SIM_NO_TIME);
    switch ((enum bf_stmt_op)st->op) {
    case BF_S_OPEN: return open_case(s, st, row, expect);
    case BF_S_DO:
    case BF_S_CONSENT:
    case BF_S_DECLINE: return do_act(s, st, row, expect);
    case BF_S_REPORT: return report(s, st, row, expect);
    case BF_S_SUCCEED: return succeed(s, st, row, expect);
    case BF_S_AT:
    case BF_S_WAIT:
    case BF_S_LET:
    case BF_S_ASSUME:
    case BF_S_PUT:
    case BF_S_EXPECT:
    case BF_S_REFUSED:
    case BF_S_BY: break;
    }
    BF_ASSERT(!"a statement that acts");
    return false;
}

/* An act, and the lapses of limits that were past already when it armed them. */
static bool act(struct bf_sim *s, uint32_t row, const struct bf_i_stmt *expect) {
    return acted(s, row, expect) && pass_to(s, s->now, 0);
}

static bool expect(struct bf_sim *s, const struct bf_i_stmt *st) {
    struct bf_value v, actual = BF_ABSENT;
    if (!eval(s, st->a, &v))
        return false;
    if (bf_is_yes(v))
        return true;
    if (st->e != BF_NONE && eval(s, st->e, &actual))
        s->actual = actual;
    return fail(s, BF_SIM_EXPECTED);
}

/* The persons behind the next statement. Images say that they are parties; that they are people is seen here. */
static bool behind(struct bf_sim *s, struct bf_value persons) {
    struct bf_persons *by = bf_new(s->arena, struct bf_persons);
    for (uint32_t i = 0; i < persons.n; i++) {
        struct bf_value p = persons.u.items[i];
        s->why = BF_WHY_ACTOR;
        if (bf_present(p) && (p.kind != BF_K_PERSON || p.aux != BF_NO_OFFICE))
            return fail(s, BF_SIM_FAULT);
    }
    *by = (struct bf_persons){persons.u.items[0], persons.u.items[1], persons.u.items[2]};
    s->by = by;
    return true;
}

/* Runs the statement at row *row; moves *row past what it took. */
static bool statement(struct bf_sim *s, uint32_t *row, bf_instant until, bool *stop) {
    const struct bf_i_stmt *st = &s->image->stmt[*row];
    bf_instant to = 0;
    struct bf_value v;
    bool done;
    s->stmt = (*row)++;
    switch ((enum bf_stmt_op)st->op) {
    case BF_S_AT: return at(s, st, &to) && go(s, to, until, stop);
    case BF_S_WAIT: return after_wait(s, st->a, &to) && go(s, to, until, stop);
    case BF_S_LET: return eval(s, st->b, &s->locals[st->a]);
    case BF_S_ASSUME: return eval(s, st->b, &s->assume[st->a]);
    case BF_S_PUT:
        if (!eval(s, st->b, &v))
            return false;
        put_row(s, 0, st->a, v);
        record_put(s, st->a, v);
        return true;
    case BF_S_EXPECT: return expect(s, st);
    case BF_S_REFUSED: return act(s, (*row)++, st);
    case BF_S_BY:
        if (!eval(s, st->a, &v) || !behind(s, v))
            return false;
        done = statement(s, row, until, stop);
        s->by = NULL;
        return done;
    case BF_S_OPEN:
    case BF_S_DO:
    case BF_S_CONSENT:
    case BF_S_DECLINE:
    case BF_S_SUCCEED:
    case BF_S_REPORT: return act(s, s->stmt, NULL);
    }
    return true;
}

static bool run(struct bf_sim *s, uint32_t scenario, bf_instant until) {
    const struct bf_i_scenario *sc = &s->image->scenario[scenario];
    for (uint32_t i = 0; i < s->image->fixture_count; i++)
        if (!eval(s, s->image->fixture[i].code, &s->locals[i])) {
            s->stmt = BF_NONE;
            return false;
        }
    bool stop = false;
    for (uint32_t row = sc->stmts.first; row < sc->stmts.first + sc->stmts.count && !stop;)
        if (!statement(s, &row, until, &stop))
            return false;
    s->stmt = BF_NONE;
    if (!stop && until != BF_INSTANT_NONE && s->now != BF_INSTANT_NONE && until > s->now)
        return pass_to(s, until, 0);
    return true;
}

/* The image's text, and those behind it. An image that was loaded has them whole. */
static bool read_texts(struct bf_sim *s) {
    uint32_t registers = 0;
    struct bf_error e;
    struct bf_image *m, *base;
    for (const struct bf_image *x = s->image; x && s->texts < BF_SIM_TEXTS; x = base) {
        struct bf_sim_text *t = &s->text[s->texts++];
        *t = (struct bf_sim_text){
            .sim = s, .image = x, .world = {.calendar = s->calendar, .row = row_of, .ctx = t}};
        registers += x->reg_count;
        if (bf_image_base(s->arena, x, &m, &e) != BF_OK)
            return fail(s, BF_SIM_MEMORY);
        base = m;
    }
    s->text[0].world.assume = s->assume;
    s->registers = bf_new_array(s->arena, struct bf_sim_register, registers + 1);
    return true;
}

struct bf_sim *bf_sim_run(struct bf_arena *a, const struct bf_image *m, const struct bf_calendar *c,
                          uint32_t scenario, const struct bf_sim_options *options) {
    struct bf_sim *s = bf_new(a, struct bf_sim);
    *s = (struct bf_sim){.arena = a, .image = m, .calendar = c, .now = BF_INSTANT_NONE};
    jmp_buf jump, *before = bf_arena_on_exhausted(a, &jump);
    if (setjmp(jump) == 0) {
        s->local_count = m->fixture_count + m->scenario[scenario].locals;
        s->locals = bf_new_array(a, struct bf_value, s->local_count + 1);
        s->assume = bf_assume_defaults(a, m);
        if (options && options->assume)
            memcpy(s->assume, options->assume, m->assume_count * sizeof *s->assume);
        if (read_texts(s))
            run(s, scenario, options ? options->until : BF_INSTANT_NONE);
    } else {
        s->verdict = BF_SIM_MEMORY;
    }
    bf_arena_on_exhausted(a, before);
    return s;
}

/* ---- finding ---- */

bool bf_sim_party(const struct bf_sim *s, bf_str name, struct bf_value *party) {
    const struct bf_image *m = s->image;
    const char *dot = memrchr(name.p, '.', name.len);
    bf_str whose = {name.p, dot ? (uint32_t)(dot - name.p) : name.len};
    bf_str post = dot ? (bf_str){dot + 1, name.len - whose.len - 1} : name;
    uint32_t office = 0;
    bool found = false;
    while (office < m->office_count && !bf_str_eq(bf_i_text(m, m->office[office].name), post))
        office++;
    for (uint32_t i = 0; i < m->fixture_count && !found; i++) {
        *party = s->locals[i];
        found = bf_is_party(*party) && bf_str_eq(bf_i_text(m, m->fixture[i].name), whose);
    }
    if (found && !dot)
        return true;
    if (office == m->office_count || found != (dot != NULL) ||
        (m->office[office].per == BF_NONE) != !dot)
        return false;
    *party = dot ? bf_office_of(*party, office) : bf_office_value(office);
    return true;
}

uint32_t bf_sim_find(const struct bf_image *m, bf_str title, uint32_t *matches) {
    uint32_t found = BF_NONE;
    *matches = 0;
    for (uint32_t i = 0; i < m->scenario_count; i++) {
        bf_str t = bf_i_text(m, m->scenario[i].title);
        if (bf_str_eq(t, title)) {
            *matches = 1;
            return i;
        }
        if (bf_str_contains(t, title)) {
            found = i;
            ++*matches;
        }
    }
    return *matches == 1 ? found : BF_NONE;
}
