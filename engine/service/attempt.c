/* Attempt: one command, or one lapse, with all it causes. Rows are made and heads moved as it goes; when it cannot
** go on, every head is as it was before and no row is left, so that it can be tried again. */
#include "engine/service/engine_parts.h"

#include <string.h>

#include "engine/core/carry.h"
#include "engine/core/refused.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

/* What is still to be done because some fact asked for it. */
struct errand {
    struct bf_event event;
    uint64_t number; /* whose case; 0: one to start */
    const struct bf_engine_policy *policy;
    uint64_t cause;
};
struct agenda {
    struct errand *errand;
    uint32_t count, cap, next;
};
struct bf_followed {
    const struct bf_head *head;
    const struct bf_followed *outer;
};

/* ---- registers ---- */

/* world.row: what this attempt put, else what the cell says. */
static enum bf_lookup row_of(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                             struct bf_value *row) {
    struct bf_attempt *t = ctx;
    const struct bf_image *m = t->policy->image;
    struct bf_reg_row *cell = bf_engine_cell(t->engine, bf_derive_register_name(t->arena, m, reg),
                                             bf_derive_register_key(t->arena, m, keys, n), true);
    if (!cell)
        t->out_of_memory = true;
    if (!cell || !cell->here) {
        t->needs = true;
        t->wanted = cell;
        return BF_LOOKUP_NEEDS;
    }
    if (cell->seq > t->seen)
        t->seen = cell->seq;
    bf_str text = cell->row;
    for (uint32_t i = t->put_count; i-- > 0;)
        if (t->puts[i].cell == cell) {
            text = t->puts[i].row;
            break;
        }
    if (!text.len)
        return BF_LOOKUP_ABSENT;
    struct bf_canon j;
    struct bf_error e;
    const char *wrong = "not canonical";
    if (bf_canon_read(t->arena, text, &j, &e) == BF_OK)
        wrong = bf_value_read_record(m, t->arena, &j, m->reg[reg].record, row);
    if (wrong)
        t->unreadable = true; /* another version's row: told, never guessed */
    return wrong ? BF_LOOKUP_NEEDS : BF_LOOKUP_FOUND;
}

static void put_row(struct bf_attempt *t, uint32_t reg, struct bf_value row, uint64_t seq) {
    struct bf_row_register put = bf_derive_register(t->arena, t->policy->image, reg, row, seq);
    struct bf_reg_row *cell = bf_engine_cell(t->engine, put.name, put.key, false);
    if (!cell) {
        t->out_of_memory = true;
        return;
    }
    t->puts = bf_arena_grow(t->arena, t->puts, t->put_count, &t->put_cap, sizeof *t->puts);
    t->puts[t->put_count++] = (struct bf_put){cell, put.row, seq};
}

/* ---- heads ---- */

static void touch(struct bf_attempt *t, struct bf_head *h) {
    for (uint32_t i = 0; i < t->touched_count; i++)
        if (t->touched[i].head == h)
            return;
    t->touched =
        bf_arena_grow(t->arena, t->touched, t->touched_count, &t->touched_cap, sizeof *t->touched);
    t->touched[t->touched_count++] =
        (struct bf_touched){h, h->c, h->calendar, h->policy, h->early, h->last_seq, h->epoch};
    h->pins++;
}

void bf_attempt_put_back(struct bf_attempt *t) {
    while (t->touched_count) {
        struct bf_touched *x = &t->touched[--t->touched_count];
        x->head->c = x->before;
        x->head->calendar = x->calendar;
        x->head->policy = x->policy;
        x->head->early = x->early;
        x->head->last_seq = x->last_seq;
        x->head->epoch = x->epoch;
        x->head->heirs_seen = 0;
        x->head->pins--;
        if (!x->before)
            bf_engine_forget(t->engine, x->head);
    }
    t->made_count = t->put_count = t->opened = 0;
    t->own = BF_NONE;
}

/* ---- what facts ask for ---- */

static void plan(struct bf_attempt *t, struct agenda *g, const struct errand *errand) {
    g->errand = bf_arena_grow(t->arena, g->errand, g->count, &g->cap, sizeof *g->errand);
    g->errand[g->count++] = *errand;
}

/* What starts of itself goes by the text of the day too, unless that has nothing that could. */
static void plan_starts(struct bf_attempt *t, struct agenda *g, struct errand x,
                        const struct bf_fact *f) {
    const struct bf_engine_policy *text = bf_engine_text(t->engine, t->policy, f->at);
    const struct bf_carry k = {t->policy->image, text->image, t->arena};
    uint32_t what = f->a;
    struct bf_event e = x.event;
    bool opens = f->kind == BF_FACT_OPENED;
    e.what = opens ? what : BF_NONE;
    if (text != t->policy &&
        (opens ? bf_carry_event(&k, BF_NONE, &e) : bf_carry_raised(&k, &what, &e))) {
        x.event = e;
        x.policy = text;
    }
    if (opens) {
        x.event.what = x.policy == text ? e.what : what;
        plan(t, g, &x);
        return;
    }
    for (uint32_t i = 0;
         (x.event.start = bf_starts_on(x.policy->image, what, i, &x.event.what)) != BF_NONE; i++)
        plan(t, g, &x);
}

static void plan_fact(struct bf_attempt *t, struct agenda *g, uint64_t number,
                      const struct bf_fact *f, uint64_t seq) {
    struct errand x = {.policy = t->policy, .cause = seq};
    x.event = (struct bf_event){
        .kind = BF_EVENT_OPEN, .effective = f->at, .start = BF_NONE, .args = f->v, .nargs = f->n};
    if (f->kind == BF_FACT_PUT) {
        put_row(t, f->a, f->v[0], seq);
    } else if (f->kind == BF_FACT_OPENED || f->kind == BF_FACT_RAISED) {
        plan_starts(t, g, x, f);
    } else if (f->kind == BF_FACT_EXCUSED && f->v[0].n && f->v[0].n != number) {
        x.event.kind = BF_EVENT_EXCUSE;
        x.number = f->v[0].n;
        plan(t, g, &x);
    } else if (f->kind == BF_FACT_RUN) {
        x.event.what = f->a;
        x.event.parent = (uint32_t)number;
        plan(t, g, &x);
    } else if (f->kind == BF_FACT_CANCELLED && f->v[0].u.i) {
        x.event = (struct bf_event){
            .kind = BF_EVENT_CANCEL, .effective = f->at, .what = BF_NONE, .start = BF_NONE};
        x.number = (uint64_t)f->v[0].u.i;
        plan(t, g, &x);
    }
}

/* A case that is run has ended: the one that runs it hears of it. */
static void plan_return(struct bf_attempt *t, struct agenda *g, const struct bf_head *head,
                        const struct bf_fact *f, uint64_t seq) {
    struct errand x = {.policy = t->policy, .cause = seq, .number = head->c->parent};
    x.event = (struct bf_event){.kind = BF_EVENT_RETURN,
                                .effective = f->at,
                                .number = (uint32_t)head->number,
                                .start = BF_NONE};
    if (f->kind == BF_FACT_ENDED && head->c->parent)
        plan(t, g, &x);
}

/* ---- one step ---- */

/* The next row, of a head (NULL: of no case). */
static struct bf_entry *make(struct bf_attempt *t, enum bf_entry_kind kind, struct bf_head *head,
                             const struct bf_calendar *calendar) {
    t->made = bf_arena_grow(t->arena, t->made, t->made_count, &t->made_cap, sizeof *t->made);
    struct bf_made *made = &t->made[t->made_count++];
    *made = (struct bf_made){.head = head, .before = head ? head->last_seq : 0};
    struct bf_entry *n = &made->entry;
    n->head = (struct bf_entry_head){.format = BF_JOURNAL_FORMAT,
                                     .kind = (uint16_t)kind,
                                     .partition = t->engine->o.partition,
                                     .seq = t->engine->seq + t->made_count,
                                     .recorded = t->now,
                                     .number = head ? head->number : 0};
    if (t->policy) {
        memcpy(n->policy, t->policy->image->hash, sizeof n->policy);
        memcpy(n->calendar, bf_calendar_hash(calendar), sizeof n->calendar);
        n->image = t->policy->image;
    }
    n->proc = BF_NONE;
    n->day = BF_DAY_NONE;
    return n;
}

/* Who sent it. */
static void sign(struct bf_entry *n, const struct bf_work *w) {
    n->principal = w->command.principal;
    n->key = w->command.key;
    n->request = w->command.request;
    memcpy(n->body_hash, w->command.body_hash, sizeof n->body_hash);
}

static bool know_heirs(const struct bf_attempt *t, struct bf_world *w, bf_instant at) {
    return bf_heirs_know(t->engine->heirs, t->policy->image, t->policy->calendar, w, at);
}

/* ---- acts that come early ---- */

/* Is the act to be kept? A deputy's is not: his time may be over when its own comes. again: when its window opens, as far as that is known. */
static bool is_kept(const struct bf_attempt *t, const struct bf_head *head, const struct bf_work *w,
                    bool deputy, const struct bf_outcome *out, const struct bf_calendar *calendar,
                    bf_instant *again) {
    const struct bf_due *window = &out->refused.window;
    bool asked = t->early || (w && w->command.keep_early && head &&
                              head->early.count < BF_EARLY_MAX && !deputy);
    if (!asked || out->kind != BF_REFUSED || out->refused.kind != BF_REFUSAL_NOT_YET)
        return false;
    if (window->kind == BF_DUE_DAY && window->last > BF_DAY_MIN)
        *again = bf_calendar_day_end(calendar, window->last - 1,
                                     (int32_t)t->policy->image->policy.day_ends);
    if (*again <= t->now)
        *again = BF_INSTANT_NONE; /* it is not only the window that is awaited */
    return true;
}

static bool moved_window(const struct bf_attempt *t, bf_instant again) {
    return again != t->early_again;
}

/* The row that keeps it, or ends its being kept. */
static void early_row(struct bf_attempt *t, struct bf_entry *n, struct bf_head *head,
                      bf_instant again) {
    struct bf_buf data, body;
    if (n->head.kind == BF_ENTRY_EARLY && again != BF_INSTANT_NONE) {
        bf_buf_in(&data, t->arena);
        bf_buf_fmt(&data, "{\"again\":%lld}", (long long)again);
        n->data = bf_buf_view(&data);
    }
    bf_buf_in(&body, t->arena);
    if (n->head.kind == BF_ENTRY_EARLY)
        bf_entry_body(n, &body);
    bf_early_row(t->arena, &head->early, n, bf_buf_view(&body));
}

/* Is he refused whom the case does not know at all? */
static enum bf_attempt_end stranger(struct bf_attempt *t, const struct bf_head *head,
                                    const struct bf_work *w, const struct bf_world *world,
                                    const struct bf_outcome *out) {
    struct bf_view v = {.policy = t->policy, .world = world, .now = t->now};
    bool sees = true;
    if (!head || !w || !w->command.sees || out->kind != BF_REFUSED ||
        (out->refused.why != BF_WHY_ACTOR && out->refused.why != BF_WHY_GONE))
        return BF_ATTEMPT_DONE;
    v.number = head->number;
    v.last_seq = head->last_seq;
    v.c = out->next ? out->next : head->c;
    v.early = &head->early;
    bool done = w->command.sees(w->command.ctx, &v, t->arena, &sees);
    if (t->out_of_memory || (!done && !t->needs))
        return BF_ATTEMPT_MEMORY;
    if (t->unreadable)
        return BF_ATTEMPT_UNREADABLE;
    if (t->needs)
        return BF_ATTEMPT_WAIT;
    return sees ? BF_ATTEMPT_DONE : BF_ATTEMPT_MALFORMED;
}

/* Steps a head (NULL: a case to start), counting by a calendar, and makes the row. */
static enum bf_attempt_end step_by(struct bf_attempt *t, struct agenda *g, struct bf_event event,
                                   struct bf_head *head, const struct bf_work *w, uint64_t cause,
                                   const struct bf_calendar *calendar, struct bf_outcome *out) {
    struct bf_engine *e = t->engine;
    const struct bf_image *m = t->policy->image;
    uint64_t seq = e->seq + t->made_count + 1;
    struct bf_world world = {
        .calendar = calendar, .assume = t->policy->assume, .row = row_of, .ctx = t};
    if (event.kind == BF_EVENT_TICK || event.kind == BF_EVENT_SUCCEED)
        world.lapse_fails = t->lapse_fails;
    if (!know_heirs(t, &world, event.effective))
        return BF_ATTEMPT_MEMORY;
    event.recorded = t->now;
    if (event.kind == BF_EVENT_OPEN) {
        BF_ASSERT(e->cases + t->opened < UINT32_MAX); /* case numbers of the core have 32 bits */
        event.number = (uint32_t)(e->cases + t->opened + 1);
    }
    if (event.kind == BF_EVENT_OPEN && event.parent) /* what it assumes its sub-case does */
        world.assume = bf_engine_head(e, event.parent)->c->assume;
    bf_step(m, &world, head ? head->c : NULL, &event, t->arena, out);
    if (t->out_of_memory)
        return BF_ATTEMPT_MEMORY;
    if (t->unreadable)
        return BF_ATTEMPT_UNREADABLE;
    if (out->kind == BF_NEEDS)
        return BF_ATTEMPT_WAIT;
    if (bf_event_silent(event.kind) && !out->fact_count)
        return BF_ATTEMPT_DONE;
    enum bf_attempt_end known = stranger(t, head, w, &world, out);
    if (known != BF_ATTEMPT_DONE)
        return known;
    bf_instant again = BF_INSTANT_NONE;
    bool deputy = event.by && bf_present(event.by->principal);
    bool early = is_kept(t, head, w, deputy, out, calendar, &again);
    if (early && t->early && !moved_window(t, again))
        return BF_ATTEMPT_DONE; /* it waits on */

    uint32_t proc = head ? head->c->proc : event.what;
    if (!head && out->next) {
        head = bf_engine_new_head(e, event.number, t->policy);
        if (!head)
            return BF_ATTEMPT_MEMORY;
        t->opened++;
    }
    struct bf_entry *n = make(t,
                              early                  ? BF_ENTRY_EARLY
                              : out->kind == BF_DONE ? BF_ENTRY_STEP
                                                     : BF_ENTRY_REFUSAL,
                              head, calendar);
    n->proc = proc;
    n->event = event;
    n->day = bf_calendar_day_of(calendar, event.effective, (int32_t)m->policy.day_ends);
    n->cause = cause;
    if (w) {
        t->own = t->made_count - 1;
        sign(n, w);
    }
    if (t->early) {
        n->principal = t->early->principal;
        n->request = t->early->request;
    }
    if (n->head.kind == BF_ENTRY_REFUSAL) {
        struct bf_buf data;
        bf_buf_in(&data, t->arena);
        bf_refused_json(m, &out->refused, &data);
        n->data = bf_buf_view(&data);
    }
    if (!early) {
        n->facts = out->facts;
        n->fact_count = out->fact_count;
    }
    if (head) {
        touch(t, head);
        if (head->early.count || early)
            early_row(t, n, head, again);
        if (out->next && !early)
            head->c = out->next;
        head->calendar = calendar;
        head->last_seq = seq;
        head->epoch++;
    }
    for (uint32_t i = 0; i < out->fact_count && !early; i++) {
        plan_fact(t, g, head ? head->number : 0, &out->facts[i], seq);
        if (head)
            plan_return(t, g, head, &out->facts[i], seq);
    }
    return t->out_of_memory ? BF_ATTEMPT_MEMORY : BF_ATTEMPT_DONE;
}

static enum bf_attempt_end settle(struct bf_attempt *t, struct agenda *g);

/* Brings a head to the current calendar: first what lapsed before the adoption, by the calendar of then; then its
** duties are counted anew. A case in which no date moves gets no row. */
static enum bf_attempt_end forward(struct bf_attempt *t, struct bf_head *head) {
    const struct bf_engine_policy *policy = t->policy;
    struct bf_adoption unrecorded;
    const struct bf_adoption *a;
    enum bf_attempt_end end = BF_ATTEMPT_DONE;
    while (end == BF_ATTEMPT_DONE &&
           (a = bf_adopt_next(t->engine, head, t->now, &unrecorded)) != NULL) {
        const struct bf_calendar *old = head->calendar ? head->calendar : a->calendar;
        struct bf_event event = {
            .kind = BF_EVENT_TICK, .effective = a->at, .start = BF_NONE, .what = BF_NONE};
        struct agenda g = {0};
        struct bf_outcome out = {.fact_count = 1};
        bf_instant due;
        t->policy = head->policy;
        while (end == BF_ATTEMPT_DONE && out.fact_count &&
               bf_case_next_lapse(head->policy->image, head->c, &due) != BF_NONE && due <= a->at)
            end = step_by(t, &g, event, head, NULL, 0, old, &out);
        event.kind = BF_EVENT_CALENDAR;
        if (event.effective < head->c->at)
            event.effective = head->c->at;
        if (end == BF_ATTEMPT_DONE)
            end = step_by(t, &g, event, head, NULL, a->seq, a->calendar, &out);
        if (end == BF_ATTEMPT_DONE)
            head->calendar = a->calendar;
        if (end == BF_ATTEMPT_DONE)
            end = settle(t, &g);
    }
    t->policy = policy;
    return end;
}

static enum bf_attempt_end lapse(struct bf_attempt *t, struct agenda *g, struct bf_head *head,
                                 bf_instant by);

/* The heir takes the place of whom the case names, behind what lapsed by then. Where that brought it to another text, the
** caller looks at it anew. */
static enum bf_attempt_end take_place(struct bf_attempt *t, struct bf_head *head,
                                      const struct bf_heir *x) {
    const struct bf_image *m = head->policy->image;
    const struct bf_value args[] = {x->old, x->to, x->instrument};
    struct agenda g = {0};
    struct bf_outcome out;
    t->policy = head->policy;
    enum bf_attempt_end end = lapse(t, &g, head, x->from);
    bool told = bf_case_gone(head->c, x->old) && !bf_is_party(x->to);
    if (end != BF_ATTEMPT_DONE || head->policy->image != m || told || bf_case_ended(m, head->c) ||
        !bf_case_names(m, head->c, x->old))
        return end;
    struct bf_event event = {.kind = BF_EVENT_SUCCEED,
                             .effective = x->from > head->c->at ? x->from : head->c->at,
                             .what = BF_NONE,
                             .start = BF_NONE,
                             .args = bf_arena_copy(t->arena, args, sizeof args),
                             .nargs = 3};
    t->policy = head->policy;
    end = step_by(t, &g, event, head, NULL, x->seq, t->policy->calendar, &out);
    return end == BF_ATTEMPT_DONE ? settle(t, &g) : end;
}

/* A case of which nobody's place was taken since it was last looked at costs a comparison. */
static enum bf_attempt_end take_places(struct bf_attempt *t, struct bf_head *head, bf_instant by) {
    const struct bf_engine_policy *policy = t->policy;
    enum bf_attempt_end end = BF_ATTEMPT_DONE;
    const struct bf_heir *x = NULL;
    do {
        if (!bf_heirs_next(t->engine, head, by, &x))
            end = BF_ATTEMPT_MEMORY;
        else if (x && !bf_case_ended(head->policy->image, head->c) &&
                 bf_case_names(head->policy->image, head->c, x->old))
            end = take_place(t, head, x);
    } while (end == BF_ATTEMPT_DONE && x);
    if (end != BF_ATTEMPT_DONE)
        head->heirs_seen = 0;
    t->policy = policy;
    return end;
}

/* By the current calendar, with everybody in whose place by an instant another is named so. */
static enum bf_attempt_end current(struct bf_attempt *t, struct bf_head *head, bf_instant by) {
    if (t->engine->adopting)
        return BF_ATTEMPT_WAIT; /* which that is is not known yet */
    enum bf_attempt_end end =
        head->calendar == t->policy->calendar ? BF_ATTEMPT_DONE : forward(t, head);
    return end == BF_ATTEMPT_DONE && bf_heirs_version(t->engine->heirs) ? take_places(t, head, by)
                                                                        : end;
}

static enum bf_attempt_end follow(struct bf_attempt *t, struct bf_head *head, bf_instant at,
                                  bool tick);

/* … by the current calendar, to which the head is brought first. Whose event is more than time has gone over to the text of
** its day before, since it is that text's. */
static enum bf_attempt_end step(struct bf_attempt *t, struct agenda *g, struct bf_event event,
                                struct bf_head *head, const struct bf_work *w, uint64_t cause,
                                struct bf_outcome *out) {
    enum bf_attempt_end end = head ? current(t, head, event.effective) : BF_ATTEMPT_DONE;
    if (end == BF_ATTEMPT_DONE && head && event.kind == BF_EVENT_TICK)
        end = follow(t, head, event.effective, true);
    return end == BF_ATTEMPT_DONE ? step_by(t, g, event, head, w, cause, t->policy->calendar, out)
                                  : end;
}

/* A head at hand, or why not. */
static enum bf_attempt_end bring(struct bf_attempt *t, uint64_t number, struct bf_head **head) {
    *head = bf_engine_head(t->engine, number);
    if (!*head)
        return BF_ATTEMPT_MEMORY;
    if ((*head)->c)
        return BF_ATTEMPT_DONE;
    return (*head)->loading               ? BF_ATTEMPT_WAIT
           : (*head)->failed == BF_ENOENT ? BF_ATTEMPT_UNREADABLE
                                          : BF_ATTEMPT_MEMORY;
}

/* What a case hears of another is not dated before what it did last. False: it need not hear it, or (*end) cannot yet. */
static bool heard(struct bf_attempt *t, struct errand *x, const struct bf_head *head,
                  enum bf_attempt_end *end) {
    if (x->event.effective < head->c->at)
        x->event.effective = head->c->at;
    if (x->event.kind != BF_EVENT_RETURN)
        return true;
    struct bf_head *child;
    *end = bring(t, x->event.number, &child);
    return *end == BF_ATTEMPT_DONE && bf_returns(head->policy->image, head->c, child->policy->image,
                                                 child->c, t->arena, &x->event);
}

/* The case that runs the one just opened (0: refused) hears of it next, so that the oldest it awaits is this. */
static void plan_begun(struct bf_attempt *t, struct agenda *g, const struct errand *opened,
                       uint32_t number) {
    struct errand x = {.policy = opened->policy, .number = opened->event.parent};
    x.cause = t->made[t->made_count - 1].entry.head.seq;
    x.event = (struct bf_event){.kind = BF_EVENT_BEGUN,
                                .effective = opened->event.effective,
                                .start = BF_NONE,
                                .what = BF_NONE,
                                .number = number};
    plan(t, g, &x);
    struct errand *at = g->errand + g->next + 1;
    memmove(at + 1, at, (g->count - g->next - 2) * sizeof *at);
    *at = x;
}

static enum bf_attempt_end settle(struct bf_attempt *t, struct agenda *g) {
    struct bf_outcome out;
    for (; g->next < g->count; g->next++) {
        struct errand x = g->errand[g->next];
        struct bf_head *head = NULL;
        if (t->made_count > BF_ENGINE_CHAIN)
            return BF_ATTEMPT_CHAIN;
        t->policy = x.policy;
        enum bf_attempt_end end = x.number ? bring(t, x.number, &head) : BF_ATTEMPT_DONE;
        if (end != BF_ATTEMPT_DONE)
            return end;
        if (head)
            t->policy = head->policy;
        if (head && bf_event_silent(x.event.kind) && !heard(t, &x, head, &end)) {
            if (end != BF_ATTEMPT_DONE)
                return end;
            continue;
        }
        const struct bf_engine_policy *policy = t->policy;
        end = head ? follow(t, head, x.event.effective, false) : BF_ATTEMPT_DONE;
        bool hears = end != BF_ATTEMPT_DONE || t->policy == policy ||
                     !bf_event_silent(x.event.kind) || heard(t, &x, head, &end);
        if (end != BF_ATTEMPT_DONE)
            return end;
        if (!hears)
            continue;
        end = step(t, g, x.event, head, NULL, x.cause, &out);
        if (end != BF_ATTEMPT_DONE)
            return end;
        if (x.event.kind == BF_EVENT_OPEN && x.event.parent)
            plan_begun(t, g, &x, out.kind == BF_DONE ? out.next->number : 0);
    }
    return BF_ATTEMPT_DONE;
}

/* ---- migration ---- */

static void migrate_row(struct bf_attempt *t, struct agenda *g, struct bf_head *head,
                        struct bf_migrate_deed *d) {
    const struct bf_migrated *m = d->out;
    const struct bf_image *from = head->policy->image;
    struct bf_entry *n = make(t, BF_ENTRY_MIGRATE, head, d->to->calendar);
    d->seq = n->head.seq;
    n->proc = m->c->proc;
    n->principal = d->principal;
    n->request = d->request;
    struct bf_buf data;
    bf_buf_in(&data, t->arena);
    bf_migrate_json(from, d->to->image, m, &data);
    n->data = bf_buf_view(&data);
    n->facts = m->facts;
    n->fact_count = m->fact_count;
    touch(t, head);
    head->c = m->c;
    head->policy = d->to;
    head->calendar = d->to->calendar;
    head->last_seq = n->head.seq;
    head->epoch++;
    uint64_t seq = n->head.seq;
    for (uint32_t i = 0; i < m->fact_count; i++) {
        plan_fact(t, g, head->number, &m->facts[i], seq);
        plan_return(t, g, head, &m->facts[i], seq);
    }
}

/* What a head has due by an instant, each lapse a row. */
static enum bf_attempt_end lapse(struct bf_attempt *t, struct agenda *g, struct bf_head *head,
                                 bf_instant by) {
    struct bf_event tick = {.kind = BF_EVENT_TICK, .effective = by, .start = BF_NONE};
    struct bf_outcome out = {.fact_count = 1};
    bf_instant due;
    enum bf_attempt_end end = current(t, head, by);
    while (end == BF_ATTEMPT_DONE && out.fact_count &&
           bf_case_next_lapse(head->policy->image, head->c, &due) != BF_NONE && due <= by) {
        end = step(t, g, tick, head, NULL, 0, &out);
        if (end == BF_ATTEMPT_DONE)
            end = settle(t, g);
    }
    return end;
}

/* What is due by then happened under the image it was due under. */
static enum bf_attempt_end move(struct bf_attempt *t, struct agenda *g, struct bf_head *head,
                                struct bf_migrate_deed *d) {
    if (bf_case_ended(head->policy->image, head->c))
        return BF_ATTEMPT_DONE;
    t->policy = d->to;
    struct bf_world world = {
        .calendar = d->to->calendar, .assume = d->to->assume, .row = row_of, .ctx = t};
    if (!know_heirs(t, &world, d->at))
        return BF_ATTEMPT_MEMORY;
    bf_migrate(head->policy->image, head->c, d->to->image, &world, d->choice, d->at, t->arena,
               d->out);
    if (t->out_of_memory)
        return BF_ATTEMPT_MEMORY;
    if (t->unreadable)
        return BF_ATTEMPT_UNREADABLE;
    if (d->out->needs)
        return BF_ATTEMPT_WAIT;
    if (!d->out->obstacle)
        migrate_row(t, g, head, d);
    return t->out_of_memory ? BF_ATTEMPT_MEMORY : BF_ATTEMPT_DONE;
}

/* Whatever its day: an operator asked for it. What is due by then happens under the old text. */
static enum bf_attempt_end moved(struct bf_attempt *t, struct agenda *g, struct bf_head *head,
                                 struct bf_migrate_deed *d) {
    enum bf_attempt_end end = lapse(t, g, head, t->now);
    return end == BF_ATTEMPT_DONE ? move(t, g, head, d) : end;
}

/* ---- amendments ---- */

static bool follows_now(const struct bf_attempt *t, const struct bf_head *head) {
    for (const struct bf_followed *f = t->followed; f; f = f->outer)
        if (f->head == head)
            return true;
    return false;
}

/* An open case goes over to an amendment of all cases with its first event on or after that text's first day; a tick is one if
** something lapses. What was due before that day lapses by the old text. Of what lapses since, the first is the event: the
** case goes over just before. Where it cannot go over, it keeps its text. */
static enum bf_attempt_end follow(struct bf_attempt *t, struct bf_head *head, bf_instant at,
                                  bool tick) {
    const struct bf_followed here = {head, t->followed};
    const struct bf_migrate_choice none = {.count = 0};
    enum bf_attempt_end end = BF_ATTEMPT_DONE;
    const struct bf_engine_policy *next;
    bf_instant from;
    t->policy = head->policy;
    if (!t->engine->text_count || follows_now(t, head) || t->lapse_fails)
        return BF_ATTEMPT_DONE;
    t->followed = &here;
    while (end == BF_ATTEMPT_DONE && !bf_case_ended(head->policy->image, head->c) &&
           (next = bf_text_follows(t->engine, head->policy, at, &from)) != NULL) {
        struct agenda g = {0};
        struct bf_migrated m = {.obstacle = BF_OBSTACLE_NONE};
        struct bf_migrate_deed d = {.to = next, .choice = &none, .out = &m, .at = at};
        bf_instant due = BF_DUE_NEVER;
        end = lapse(t, &g, head, from > head->c->at ? from : head->c->at);
        bool lapses =
            bf_case_next_lapse(head->policy->image, head->c, &due) != BF_NONE && due <= at;
        if (end != BF_ATTEMPT_DONE || (tick && !lapses))
            break;
        d.at = lapses ? due - 1 : at;
        end = move(t, &g, head, &d);
        bool unread = end == BF_ATTEMPT_UNREADABLE;
        if (unread || m.obstacle) {
            t->unreadable = false;
            t->engine->counts.kept_text++;
            end = BF_ATTEMPT_DONE;
            break;
        }
        if (end == BF_ATTEMPT_DONE)
            end = settle(t, &g);
    }
    t->followed = here.outer;
    t->policy = head->policy;
    return end;
}

/* ---- seals ---- */

static enum bf_attempt_end seal(struct bf_attempt *t, struct bf_head *head,
                                const struct bf_seal_deed *d) {
    const struct bf_calendar *calendar = head->calendar ? head->calendar : t->policy->calendar;
    struct bf_entry *n = make(t, BF_ENTRY_SEAL, head, calendar);
    n->data = d->data;
    n->principal = d->principal;
    n->request = d->request;
    touch(t, head);
    head->last_seq = n->head.seq;
    head->epoch++;
    return BF_ATTEMPT_DONE;
}

/* ---- acts kept early, tried again ---- */

/* Of an act that may be kept: lapses get rows of their own, since its row holds no facts. */
static enum bf_attempt_end lapses_first(struct bf_attempt *t, struct agenda *g, bf_instant by,
                                        struct bf_head *head, const struct bf_work *w) {
    return head && w && w->command.keep_early ? lapse(t, g, head, by) : BF_ATTEMPT_DONE;
}

/* The first lapse due in a case, the one that runs it and what it runs, as deep as that goes. */
static enum bf_attempt_end family_next(struct bf_attempt *t, struct bf_head *head,
                                       struct bf_lapse *next) {
    enum bf_attempt_end end = BF_ATTEMPT_DONE;
    struct bf_head *h = head;
    while (end == BF_ATTEMPT_DONE && h->c->parent)
        end = bring(t, h->c->parent, &h);
    while (end == BF_ATTEMPT_DONE) {
        const struct bf_case_sub *sub = bf_case_running(h->c);
        bf_lapse_offer(next, h);
        if (!sub || !sub->number)
            break;
        end = bring(t, sub->number, &h);
    }
    return end;
}

/* What a case hears of those it runs, and of the one that runs it, does not hang on when somebody looks: their lapses
** due by then come first, as those of its own do. */
static enum bf_attempt_end family_first(struct bf_attempt *t, struct agenda *g, bf_instant by,
                                        struct bf_head *head) {
    enum bf_attempt_end end = BF_ATTEMPT_DONE;
    while (end == BF_ATTEMPT_DONE && head && (head->c->parent || bf_case_running(head->c))) {
        struct bf_lapse next = {.by = by};
        struct bf_outcome out;
        end = family_next(t, head, &next);
        if (end != BF_ATTEMPT_DONE || !next.head)
            break;
        if (t->made_count > BF_ENGINE_CHAIN)
            return BF_ATTEMPT_CHAIN;
        t->policy = next.head->policy;
        struct bf_event tick = {.kind = BF_EVENT_TICK,
                                .effective =
                                    next.at > next.head->c->at ? next.at : next.head->c->at,
                                .start = BF_NONE};
        end = step(t, g, tick, next.head, NULL, 0, &out);
        if (end == BF_ATTEMPT_DONE)
            end = settle(t, g);
    }
    return end;
}

static const struct bf_image *of_head(void *ctx, const uint8_t hash[BF_SHA256_LEN]) {
    (void)hash; /* the case may have moved to another image: names are those of that one now */
    return ((const struct bf_head *)ctx)->policy->image;
}

static bool read_early(struct bf_attempt *t, struct bf_head *head, const struct bf_early *x,
                       struct bf_entry *n) {
    const struct bf_images images = {of_head, head};
    const struct bf_entry_head h = {
        .format = BF_JOURNAL_FORMAT, .kind = BF_ENTRY_EARLY, .seq = x->seq, .number = head->number};
    struct bf_error e;
    *n = (struct bf_entry){.event = {.kind = BF_EVENT_ACT, .what = BF_NONE, .start = BF_NONE}};
    return bf_entry_read(&images, t->arena, &h, x->body, n, &e) == BF_OK;
}

/* Refused without a fact, because trying it brings about more than can be done. */
static void drop_early(struct bf_attempt *t, struct bf_head *head, const struct bf_early *x) {
    struct bf_entry kept, *n;
    bool read = read_early(t, head, x, &kept);
    n = make(t, BF_ENTRY_REFUSAL, head, t->policy->calendar);
    n->proc = head->c->proc;
    n->cause = x->seq;
    n->event = kept.event;
    n->event.effective = head->c->at;
    if (!read)
        n->event.actor = BF_ABSENT;
    n->day = head->c->day;
    n->principal = kept.principal;
    n->request = kept.request;
    touch(t, head);
    early_row(t, n, head, BF_INSTANT_NONE);
    head->calendar = t->policy->calendar;
    head->last_seq = n->head.seq;
    head->epoch++;
}

/* Tries the acts of a head, in their order, until none of them changes anything any more. */
static enum bf_attempt_end try_early(struct bf_attempt *t, struct agenda *g, struct bf_head *head,
                                     bool drop, bool *changed) {
    uint64_t newest = head->early.count ? head->early.list[head->early.count - 1].seq : 0;
    for (uint32_t i = 0; i < head->early.count && head->early.list[i].seq <= newest;) {
        struct bf_early x = head->early.list[i];
        struct bf_entry kept;
        struct bf_outcome out = {.kind = BF_REFUSED};
        uint64_t last = head->last_seq;
        if (t->made_count > BF_ENGINE_CHAIN)
            return BF_ATTEMPT_CHAIN;
        t->policy = head->policy;
        enum bf_attempt_end end = current(t, head, head->c->at);
        if (end != BF_ATTEMPT_DONE)
            return end;
        if (drop) {
            drop_early(t, head, &x);
            continue;
        }
        if (x.again != BF_INSTANT_NONE && x.again <= t->now) /* its window opens: an event */
            end = follow(t, head, x.again, false);
        if (end != BF_ATTEMPT_DONE)
            return end;
        if (head->last_seq != last) /* over to a text in which it may have another place */
            last = head->last_seq;
        if (!read_early(t, head, &x, &kept)) { /* the text it moved to has no such act */
            kept = (struct bf_entry){.principal = kept.principal, .request = kept.request};
            kept.event = (struct bf_event){.kind = BF_EVENT_ACT, .what = BF_NONE, .start = BF_NONE};
        }
        kept.event.effective = head->c->at;
        if (x.again != BF_INSTANT_NONE && x.again <= t->now && x.again > head->c->at)
            kept.event.effective = x.again;
        t->early = &kept;
        t->early_again = x.again;
        end = step(t, g, kept.event, head, NULL, x.seq, &out);
        t->early = NULL;
        if (end == BF_ATTEMPT_DONE)
            end = settle(t, g);
        if (end != BF_ATTEMPT_DONE)
            return end;
        if (out.kind == BF_DONE) {
            *changed = true;
            i = 0;
            newest = head->last_seq;
        } else if (head->last_seq == last) {
            i++; /* it waits on, by the row it has */
        }
    }
    return BF_ATTEMPT_DONE;
}

/* … of every head that this attempt has changed. */
static enum bf_attempt_end try_all_early(struct bf_attempt *t, struct agenda *g) {
    enum bf_attempt_end end = BF_ATTEMPT_DONE;
    bool changed = true;
    while (changed && end == BF_ATTEMPT_DONE) {
        changed = false;
        for (uint32_t i = 0; i < t->touched_count && end == BF_ATTEMPT_DONE; i++)
            if (t->touched[i].head->c != t->touched[i].before)
                end = try_early(t, g, t->touched[i].head, false, &changed);
    }
    return end;
}

/* ---- notices ---- */

/* {"register":NAME,"row":RECORD}. False: it is not that. */
static bool put_noticed(struct bf_attempt *t, const struct bf_entry *n) {
    const struct bf_image *m = n->image;
    struct bf_canon j;
    struct bf_error e;
    struct bf_value row;
    if (!m || bf_canon_read(t->arena, n->data, &j, &e) != BF_OK || j.count != 2)
        return false;
    const struct bf_canon *name = bf_canon_member(&j, "register"), *r = bf_canon_member(&j, "row");
    if (!name || name->kind != BF_CANON_TEXT || !r)
        return false;
    for (uint32_t i = 0; i < m->reg_count; i++) {
        if (!bf_str_eq(bf_i_text(m, m->reg[i].name), name->text))
            continue;
        if (bf_value_read_record(m, t->arena, r, m->reg[i].record, &row))
            return false;
        put_row(t, i, row, n->head.seq);
        return true;
    }
    return false;
}

static enum bf_attempt_end notice(struct bf_attempt *t, const struct bf_work *w) {
    const struct bf_notice *said = &w->notice;
    struct bf_error e;
    BF_ASSERT(!bf_entry_has_event(said->kind));
    t->policy = said->policy;
    struct bf_entry *n = make(t, said->kind, NULL, said->policy ? said->policy->calendar : NULL);
    t->own = 0;
    n->data = said->data;
    sign(n, w);
    t->settings.arena = t->arena;
    bool fits = said->kind == BF_ENTRY_REGISTER ? put_noticed(t, n)
                                                : bf_derive_settings(&t->settings, n, &e) == BF_OK;
    t->told = bf_new_array(t->arena, struct bf_row_setting, t->settings.count + 1);
    for (uint32_t i = 0; i < t->settings.count; i++)
        t->told[i] = *(const struct bf_row_setting *)t->settings.op[i].row;
    return t->out_of_memory ? BF_ATTEMPT_MEMORY : fits ? BF_ATTEMPT_DONE : BF_ATTEMPT_MALFORMED;
}

/* ---- looks ---- */

static enum bf_attempt_end look(struct bf_attempt *t, const struct bf_work *w) {
    const struct bf_head *h = w->head;
    struct bf_world world = {
        .calendar = t->policy->calendar, .assume = t->policy->assume, .row = row_of, .ctx = t};
    struct bf_view v = {.policy = t->policy, .world = &world, .now = t->now};
    if (!know_heirs(t, &world, t->now))
        return BF_ATTEMPT_MEMORY;
    if (h) {
        v.number = h->number;
        v.last_seq = t->seen = h->last_seq;
        v.c = h->c;
        v.early = &h->early;
    }
    bool done = w->look(w->command.ctx, &v, t->arena);
    if (t->out_of_memory || (!done && !t->needs))
        return BF_ATTEMPT_MEMORY;
    if (t->unreadable)
        return BF_ATTEMPT_UNREADABLE;
    return done ? BF_ATTEMPT_DONE : BF_ATTEMPT_WAIT;
}

static enum bf_attempt_end run(struct bf_attempt *t, const struct bf_deed *d) {
    struct bf_work *w = d->work;
    struct bf_head *head = d->head;
    struct agenda g = {0};
    struct bf_event event = {.kind = BF_EVENT_TICK, .effective = d->lapse_at, .start = BF_NONE};
    struct bf_outcome out;
    t->policy = head ? head->policy : w->command.policy;
    if (w && w->task == BF_TASK_NOTICE)
        return notice(t, w);
    if (w && w->task == BF_TASK_LOOK)
        return look(t, w);
    if (w) {
        event.kind = w->command.kind;
        event.effective = w->command.effective == BF_INSTANT_NONE ? t->now : w->command.effective;
    }
    enum bf_attempt_end first =
        w || d->family ? family_first(t, &g, event.effective, head) : BF_ATTEMPT_DONE;
    if (first == BF_ATTEMPT_DONE && w && head)
        first = follow(t, head, event.effective, false);
    if (first != BF_ATTEMPT_DONE)
        return first;
    t->policy = head               ? head->policy
                : w->command.as_is ? w->command.policy
                                   : bf_engine_text(t->engine, w->command.policy, event.effective);
    if (w &&
        !w->command.read(w->command.ctx, t->policy->image, head ? head->c : NULL, t->arena, &event))
        return BF_ATTEMPT_MALFORMED;
    /* What the calendar starts late waits for what else comes before its own limits pass. */
    bool calendar = w && event.kind == BF_EVENT_OPEN && event.start != BF_NONE &&
                    t->policy->image->start[event.start].every;
    bf_instant by = calendar ? event.effective : t->now;
    bool changed = false;
    if (d->migrate)
        d->migrate->at = t->now;
    enum bf_attempt_end end = d->adopt     ? current(t, head, t->now)
                              : d->migrate ? moved(t, &g, head, d->migrate)
                              : d->seal    ? seal(t, head, d->seal)
                              : d->early   ? try_early(t, &g, head, d->early_drop, &changed)
                              : d->family  ? BF_ATTEMPT_DONE
                                           : lapses_first(t, &g, event.effective, head, w);
    if (end == BF_ATTEMPT_DONE && !d->adopt && !d->migrate && !d->seal && !d->early && !d->family)
        end = step(t, &g, event, head, w, 0, &t->first);
    if (end == BF_ATTEMPT_DONE)
        end = settle(t, &g);
    /* Limits that were past when this armed them; a scan looks for them itself. */
    bool sent = w || d->adopt || d->migrate;
    while (end == BF_ATTEMPT_DONE && sent) {
        struct bf_lapse next = {.by = by};
        for (uint32_t i = 0; i < t->touched_count; i++)
            bf_lapse_offer(&next, t->touched[i].head);
        if (!next.head)
            break;
        if (t->made_count > BF_ENGINE_CHAIN)
            return BF_ATTEMPT_CHAIN;
        t->policy = next.head->policy;
        const struct bf_case *late = next.head->c; /* no step is dated before the one before it */
        event = (struct bf_event){.kind = BF_EVENT_TICK,
                                  .effective = next.at > late->at ? next.at : late->at,
                                  .start = BF_NONE};
        uint64_t cause = t->own == BF_NONE ? 0 : t->made[t->own].entry.head.seq;
        end = step(t, &g, event, next.head, NULL, cause, &out);
        if (end == BF_ATTEMPT_DONE)
            end = settle(t, &g);
    }
    return end == BF_ATTEMPT_DONE && !d->early_alone ? try_all_early(t, &g) : end;
}

enum bf_attempt_end bf_attempt_run(struct bf_attempt *t, const struct bf_deed *d) {
    jmp_buf jump;
    volatile enum bf_attempt_end end = BF_ATTEMPT_MEMORY;
    t->own = BF_NONE;
    BF_ASSERT(!t->engine->attempting);
    t->engine->attempting = true;
    bf_arena_on_exhausted(t->arena, &jump);
    if (setjmp(jump) == 0)
        end = run(t, d);
    bf_arena_on_exhausted(t->arena, NULL);
    t->engine->attempting = false;
    if (end == BF_ATTEMPT_WAIT && d->work && t->wanted && t->wanted->reading) {
        d->work->wanted = t->wanted;
        t->wanted->pins++;
    }
    if (end != BF_ATTEMPT_DONE)
        bf_attempt_put_back(t);
    return end;
}

/* ---- into a batch ---- */

static void keep(struct bf_round *r, struct bf_head *head, struct bf_reg_row *cell,
                 struct bf_arena *garbage) {
    struct bf_kept *k = bf_new(r->arena, struct bf_kept);
    *k = (struct bf_kept){head, cell, garbage, r->kept};
    r->kept = k;
}

static bf_str bytes_in(struct bf_arena *a, const void *p, uint32_t n) {
    return (bf_str){bf_arena_copy(a, p, n), n};
}

static void journal_row(const struct bf_attempt *t, const struct bf_made *made,
                        struct bf_round *r) {
    struct bf_engine *e = t->engine;
    uint8_t head[BF_ENTRY_HEAD], salt[BF_SALT];
    struct bf_buf body;
    bf_buf_in(&body, r->arena);
    bf_entry_head_write(&made->entry.head, head);
    e->o.random(e->o.ctx, salt, sizeof salt);
    bf_entry_body(&made->entry, &body);
    struct bf_row_journal row = {.seq = made->entry.head.seq,
                                 .before = made->before,
                                 .head = bytes_in(r->arena, head, sizeof head),
                                 .salt = bytes_in(r->arena, salt, sizeof salt),
                                 .body = bf_buf_view(&body)};
    bf_batch_put(&r->batch, BF_TABLE_JOURNAL, &row);
}

/* A case's row, and what it changes for those whom it concerns. */
static void case_rows(const struct bf_touched *x, struct bf_derived *work, struct bf_round *r) {
    const struct bf_head *h = x->head;
    struct bf_row_cases row =
        bf_derive_case(r->arena, h->policy->image, h->c, h->number, h->last_seq, h->epoch);
    bf_early_due(&row, &h->early);
    bf_batch_put(&r->batch, BF_TABLE_CASES, &row);
    if (row.due != BF_INSTANT_NONE && row.due < r->due)
        r->due = row.due;
    bool same = x->policy == h->policy; /* else items of one image mean nothing in the other */
    bf_derive_work(work, x->policy->image, x->before, same ? h->c : NULL, h->number);
    if (!same)
        bf_derive_work(work, h->policy->image, NULL, h->c, h->number);
}

static void derived_rows(const struct bf_derived *d, struct bf_round *r) {
    for (uint32_t i = 0; i < d->count; i++)
        (d->op[i].del ? bf_batch_del : bf_batch_put)(&r->batch, d->op[i].table, d->op[i].row);
}

static void key_row(const struct bf_attempt *t, const struct bf_work *w, struct bf_round *r) {
    struct bf_row_keys row = {.number = w->command.number,
                              .principal = bf_str_dup(r->arena, w->command.principal),
                              .key = bf_str_dup(r->arena, w->command.key),
                              .seq = t->made[t->own].entry.head.seq};
    bf_batch_put(&r->batch, BF_TABLE_KEYS, &row);
}

static void register_rows(const struct bf_attempt *t, struct bf_round *r) {
    for (uint32_t i = 0; i < t->put_count; i++) {
        const struct bf_put *p = &t->puts[i];
        struct bf_row_register row = {.name = bf_str_dup(r->arena, p->cell->name),
                                      .key = bf_str_dup(r->arena, p->cell->key),
                                      .row = bf_str_dup(r->arena, p->row),
                                      .seq = p->seq};
        bf_batch_put(&r->batch, BF_TABLE_REGISTER, &row);
    }
}

/* A head's case standing alone, in an arena of its own. NULL: out of memory. */
static struct bf_arena *clone(const struct bf_head *h, struct bf_case **copy,
                              struct bf_earlies *early) {
    struct bf_arena *a = bf_arena_new(0);
    jmp_buf jump;
    if (!a)
        return NULL;
    bf_arena_on_exhausted(a, &jump);
    if (setjmp(jump)) {
        bf_arena_free(a);
        return NULL;
    }
    *copy = bf_case_clone(a, h->policy->image, h->c);
    *early = bf_early_copy(a, &h->early);
    bf_arena_on_exhausted(a, NULL);
    return a;
}

/* What a touched head becomes. */
struct fresh {
    struct bf_arena *arena;
    struct bf_case *c;
    struct bf_earlies early;
    bf_str row;
};

static void write_rows(const struct bf_attempt *t, const struct bf_work *w, struct bf_round *r) {
    for (uint32_t i = 0; i < t->made_count; i++)
        journal_row(t, &t->made[i], r);
    struct bf_derived work = {.arena = r->arena};
    for (uint32_t i = 0; i < t->touched_count; i++)
        case_rows(&t->touched[i], &work, r);
    derived_rows(&work, r);
    register_rows(t, r);
    derived_rows(&t->settings, r);
    for (uint32_t i = 0; w && i < w->notice.blob_count; i++)
        bf_batch_put(&r->batch, BF_TABLE_BLOB, &w->notice.blobs[i]);
    if (w && w->command.key.len)
        key_row(t, w, r);
    for (uint32_t i = 0; i < t->touched_count; i++) {
        keep(r, t->touched[i].head, NULL, NULL);
        keep(r, NULL, NULL, t->touched[i].head->arena);
    }
    for (uint32_t i = 0; i < t->put_count; i++)
        keep(r, NULL, t->puts[i].cell, NULL);
    keep(r, NULL, NULL, t->arena);
}

/* Nothing of it can fail: the heads and cells are as the attempt left them. */
static void adopt(struct bf_attempt *t, const struct bf_work *w, const struct bf_round *r,
                  struct fresh *fresh) {
    struct bf_engine *e = t->engine;
    for (uint32_t i = 0; i < t->touched_count; i++) {
        struct bf_head *h = t->touched[i].head;
        h->arena = fresh[i].arena; /* the old one is the round's garbage: answers share with it */
        h->c = fresh[i].c;
        h->early = fresh[i].early;
    }
    for (uint32_t i = 0; i < t->put_count; i++) {
        struct bf_reg_row *cell = t->puts[i].cell;
        bf_free((void *)cell->row.p);
        cell->row = fresh[t->touched_count + i].row;
        cell->seq = t->puts[i].seq;
        cell->here = true;
        cell->pins++;
    }
    if (w && w->hash && t->made[t->own].head) {
        struct bf_head *h = t->made[t->own].head;
        h->keys[h->key_count++] = (struct bf_used_key){w->hash, t->made[t->own].entry.head.seq};
    }
    if (w && w->hash && !w->command.number)
        bf_keys_add(e, w->hash);
    e->seq += t->made_count;
    e->cases += t->opened;
    bf_scan_heard(e, r->due);
}

/* What a notice says of departments that are no more counts from its row on. */
static bool put_heirs(struct bf_attempt *t) {
    for (uint32_t i = 0; i < t->settings.count; i++)
        if (bf_str_eq(t->told[i].kind, BF_STR("succession")) &&
            !bf_heirs_put(t->engine->heirs, t->told[i].id, t->told[i].json, t->told[i].seq))
            return false;
    return true;
}

/* Everything that can fail, before anything is adopted. */
static bool prepare(struct bf_attempt *t, const struct bf_work *w, struct bf_round *r,
                    struct fresh *fresh) {
    for (uint32_t i = 0; i < t->touched_count; i++)
        if (!(fresh[i].arena = clone(t->touched[i].head, &fresh[i].c, &fresh[i].early)))
            return false;
    for (uint32_t i = 0; i < t->put_count; i++) {
        bf_str row = t->puts[i].row;
        char *p = bf_malloc(row.len + 1);
        if (!p)
            return false;
        memcpy(p, row.p, row.len);
        fresh[t->touched_count + i].row = (bf_str){p, row.len};
    }
    if (t->settings.count && !put_heirs(t))
        return false;
    if (w && w->hash && t->made[t->own].head && !bf_head_room_for_key(t->made[t->own].head))
        return false;
    uint32_t ops = r->batch.count;
    struct bf_kept *kept = r->kept;
    jmp_buf jump, *before = bf_arena_on_exhausted(r->arena, &jump);
    if (setjmp(jump)) {
        bf_arena_on_exhausted(r->arena, before);
        r->batch.count = ops;
        r->kept = kept;
        return false;
    }
    write_rows(t, w, r);
    bf_arena_on_exhausted(r->arena, before);
    return true;
}

bool bf_attempt_write(struct bf_attempt *t, const struct bf_work *w, struct bf_round *r) {
    uint32_t n = t->touched_count + t->put_count;
    struct fresh *fresh = bf_malloc((n + 1) * sizeof *fresh);
    if (fresh)
        memset(fresh, 0, n * sizeof *fresh);
    bool ready = fresh && prepare(t, w, r, fresh);
    if (ready) {
        adopt(t, w, r, fresh);
    } else {
        for (uint32_t i = 0; fresh && i < n; i++) {
            bf_arena_free(fresh[i].arena);
            bf_free((void *)fresh[i].row.p);
        }
        bf_heirs_take_back(t->engine->heirs, t->engine->seq);
        bf_attempt_put_back(t);
    }
    bf_free(fresh);
    return ready;
}
