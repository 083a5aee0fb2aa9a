/* effect: what an act or a lapse brings about. See step_parts.h. */
#include <string.h>

#include "engine/core/step_parts.h"
#include "engine/core/succession.h"
#include "lang/base/assert.h"

void bf_step_more_facts(struct bf_stepper *s) {
    uint32_t cap = s->fact_cap ? s->fact_cap * 2 : 4;
    struct bf_fact *grown = bf_arena_alloc(s->a, cap * sizeof *grown);
    if (s->fact_count)
        memcpy(grown, s->facts, s->fact_count * sizeof *grown);
    s->facts = grown;
    s->fact_cap = cap;
}

void bf_step_apply(struct bf_stepper *s) {
    struct bf_fact *f = &s->facts[s->fact_count - 1];
    f->day = s->judge.env.today;
    f->at = s->judge.at;
    if (s->c)
        BF_ASSERT(bf_apply(s->m, s->a, s->c, f));
}

const struct bf_value *bf_step_values(struct bf_stepper *s, struct bf_value x, struct bf_value y) {
    struct bf_value *v = bf_arena_alloc(s->a, 2 * sizeof *v);
    v[0] = x;
    v[1] = y;
    return v;
}

const struct bf_value *bf_step_deed(struct bf_stepper *s, struct bf_value who,
                                    const struct bf_value *args, uint32_t n) {
    struct bf_value *v = bf_arena_alloc(s->a, (n + 1) * sizeof *v);
    v[0] = who;
    if (n)
        memcpy(v + 1, args, n * sizeof *v);
    return v;
}

void bf_step_violate(struct bf_stepper *s, uint32_t violation, struct bf_value by, uint32_t src) {
    uint32_t place = s->c->violation_count;
    BF_STEP_EMIT(s, .kind = BF_FACT_VIOLATED, .src = src, .a = violation, .b = s->lapsing,
                 .c = BF_NONE, .n = 1, .v = bf_step_values(s, by, BF_ABSENT),
                 .member = bf_present(s->lapsing_of) ? bf_step_values(s, s->lapsing_of, BF_ABSENT)
                                                     : NULL);
    if (!bf_present(by) || !s->m->event_count)
        return;
    struct bf_value v = {
        .kind = BF_K_VIOLATION, .aux = place & 0xFFFFFF, .n = s->c->number, .u.i = violation};
    BF_STEP_EMIT(s, .kind = BF_FACT_RAISED, .src = src, .a = 0, .b = BF_NONE, .c = BF_NONE, .n = 2,
                 .v = bf_step_values(s, v, by));
}

/* ---- effects ---- */

static void emit(struct bf_stepper *s, enum bf_fact_kind kind, uint32_t row, uint32_t n,
                 const struct bf_value *v) {
    BF_STEP_EMIT(s, .kind = (uint16_t)kind, .src = s->src, .a = row, .b = BF_NONE, .c = BF_NONE,
                 .n = n, .v = v);
}

static enum bf_why set(struct bf_stepper *s, uint32_t data, struct bf_value v) {
    uint32_t max = s->m->type[s->m->data[data].type].max;
    if (v.kind == BF_K_LIST && max && v.n > max)
        return BF_WHY_TOO_LONG;
    emit(s, BF_FACT_SET, data, 1, bf_step_values(s, v, BF_ABSENT));
    return BF_WHY_NOTHING;
}

/* The list with v at its end, or without every v. */
static enum bf_why change_list(struct bf_stepper *s, uint32_t data, struct bf_value v, bool add) {
    struct bf_value list = s->c->data[data - s->judge.proc->data.first];
    if (!bf_present(list) || !bf_present(v))
        return BF_WHY_ABSENT;
    if (list.n >= BF_LEDGER_MAX)
        return BF_WHY_TOO_LONG;
    struct bf_value *items = bf_arena_alloc(s->a, (list.n + 1) * sizeof *items);
    uint32_t n = 0;
    for (uint32_t i = 0; i < list.n; i++)
        if (add || !bf_value_equal(list.u.items[i], v))
            items[n++] = list.u.items[i];
    if (add)
        items[n++] = v;
    return set(s, data, bf_list_value(items, n));
}

/* v at its place: v[1] is whom it goes behind, or before; at the end if he is not there. */
static enum bf_why insert(struct bf_stepper *s, uint32_t data, const struct bf_value *v,
                          bool behind) {
    struct bf_value list = s->c->data[data - s->judge.proc->data.first];
    if (!bf_present(list) || !bf_present(v[0]))
        return BF_WHY_ABSENT;
    if (list.n >= BF_LEDGER_MAX)
        return BF_WHY_TOO_LONG;
    struct bf_value *items = bf_arena_alloc(s->a, (list.n + 1) * sizeof *items);
    uint32_t at = 0;
    while (at < list.n && !bf_value_equal(list.u.items[at], v[1]))
        at++;
    at += behind && at < list.n;
    for (uint32_t i = 0; i < list.n; i++)
        items[i + (i >= at)] = list.u.items[i];
    items[at] = v[0];
    return set(s, data, bf_list_value(items, list.n + 1));
}

static void excuse(struct bf_stepper *s, struct bf_value v) {
    emit(s, BF_FACT_EXCUSED, (uint32_t)v.u.i, 1, bf_step_values(s, v, BF_ABSENT));
}

static enum bf_why extend(struct bf_stepper *s, enum bf_opcode op, uint32_t duty,
                          struct bf_value v) {
    if (!bf_present(v))
        return BF_WHY_ABSENT;
    struct bf_value member = s->judge.env.member;
    s->judge.env.member = BF_ABSENT; /* what every member has */
    enum bf_why why = op == BF_OP_EXTEND_TO
                          ? bf_step_extend_to(s, duty, (bf_day)v.u.i, s->src)
                          : bf_step_extend(s, duty, BF_NONE,
                                           (struct bf_period){(enum bf_unit)v.aux, v.u.i}, s->src);
    s->judge.env.member = member;
    return why;
}

static void restart(struct bf_stepper *s, uint32_t duty) {
    struct bf_restart *r = bf_new(s->a, struct bf_restart);
    *r = (struct bf_restart){duty, s->src, s->restarts};
    s->restarts = r;
}

/* Called by the machine for each effect. */
static enum bf_why effect(void *ctx, enum bf_opcode op, uint32_t x, const struct bf_value *v,
                          uint32_t n) {
    struct bf_stepper *s = ctx;
    (void)n;
    if (op == BF_OP_SET)
        return set(s, x, v[0]);
    if (op == BF_OP_ADD_TO || op == BF_OP_REMOVE_FROM)
        return change_list(s, x, v[0], op == BF_OP_ADD_TO);
    if (op == BF_OP_ADD_AFTER || op == BF_OP_ADD_BEFORE)
        return insert(s, x, v, op == BF_OP_ADD_AFTER);
    if (op == BF_OP_EXTEND_BY || op == BF_OP_EXTEND_TO)
        return extend(s, op, x, v[0]);
    if (op == BF_OP_RESTART)
        restart(s, x);
    else if (op == BF_OP_VIOLATE && s->c->violation_count >= BF_LEDGER_MAX)
        return BF_WHY_TOO_LONG;
    else if (op == BF_OP_VIOLATE)
        bf_step_violate(s, x, v[0], s->src);
    else if (!bf_present(v[0]))
        return BF_WHY_ABSENT;
    else if (op == BF_OP_PUT)
        emit(s, BF_FACT_PUT, x, 1, bf_step_values(s, v[0], BF_ABSENT));
    else if (op == BF_OP_ISSUE)
        emit(s, BF_FACT_ISSUED, x, 2, bf_step_values(s, v[1], v[0]));
    else if (op == BF_OP_NOTIFY)
        emit(s, BF_FACT_NOTIFIED, BF_NONE, 2, bf_step_values(s, v[0], v[1]));
    else if (op == BF_OP_EXCUSE)
        excuse(s, v[0]);
    else if (op == BF_OP_OPEN)
        emit(s, BF_FACT_OPENED, x, v[0].n, v[0].u.items);
    return BF_WHY_NOTHING;
}

enum bf_why bf_step_effects(struct bf_stepper *s, uint32_t code, const struct bf_value *args,
                            uint32_t n, uint32_t src) {
    if (code == BF_NONE)
        return BF_WHY_NOTHING;
    struct bf_env *env = &s->judge.env;
    uint32_t outer = s->src;
    s->src = src;
    env->args = args;
    env->nargs = n;
    env->effect = effect;
    env->effect_ctx = s;
    enum bf_why why = bf_run(env, code);
    env->args = NULL;
    env->nargs = 0;
    s->src = outer;
    return why;
}

/* ---- moves ---- */

static const struct bf_value *number(struct bf_stepper *s, uint32_t n) {
    return bf_step_values(s, bf_int(n), BF_ABSENT);
}

/* Leaving a state ends what it runs. */
static void leave(struct bf_stepper *s) {
    const struct bf_case_sub *sub = bf_case_running(s->c);
    if (!sub)
        return;
    const struct bf_i_state *state = &s->m->state[sub->state];
    BF_STEP_EMIT(s, .kind = BF_FACT_CANCELLED, .src = state->run_src, .a = state->runs - 1,
                 .b = BF_NONE, .c = BF_NONE, .n = 1, .v = number(s, sub->number));
}

enum bf_why bf_step_run(struct bf_stepper *s) {
    const struct bf_i_state *state = &s->m->state[s->c->state];
    struct bf_value data;
    if (!state->runs || bf_case_running(s->c))
        return BF_WHY_NOTHING;
    if (s->c->sub_count >= BF_LEDGER_MAX)
        return BF_WHY_TOO_LONG;
    enum bf_why why = bf_eval(&s->judge.env, state->run_args, &data);
    if (why)
        return why;
    BF_STEP_EMIT(s, .kind = BF_FACT_RUN, .src = state->run_src, .a = state->runs - 1,
                 .b = s->c->state, .c = BF_NONE, .n = data.n, .v = data.u.items);
    return BF_WHY_NOTHING;
}

static enum bf_why move(struct bf_stepper *s, uint32_t target, uint32_t src) {
    bool back = target == BF_BACK;
    if (s->judge.env.budget < MOVE_COST)
        return BF_WHY_BUDGET;
    s->judge.env.budget -= MOVE_COST;
    if (back)
        target = bf_case_state(s->m, s->c, s->c->state)->from;
    if (target == BF_NONE)
        return bf_step_duties(s, false);
    leave(s);
    s->moved = true;
    BF_STEP_EMIT(s, .kind = BF_FACT_MOVED, .how = back, .src = src, .a = s->c->state, .b = target,
                 .c = BF_NONE);
    const struct bf_i_state *state = &s->m->state[target];
    enum bf_why why = bf_step_effects(s, state->enter, NULL, 0, state->src);
    if (!why)
        why = bf_step_duties(s, true);
    if (!why && state->is_end)
        BF_STEP_EMIT(s, .kind = BF_FACT_ENDED, .src = state->src, .a = target, .b = BF_NONE,
                     .c = BF_NONE);
    return why;
}

/* The first `when` of the state that holds, `else` last; NULL if none does. */
static enum bf_why first_when(struct bf_stepper *s, const struct bf_i_when **which) {
    struct bf_i_range whens = s->m->state[s->c->state].whens;
    *which = NULL;
    for (int otherwise = 0; otherwise < 2; otherwise++)
        for (uint32_t i = 0; i < whens.count; i++) {
            const struct bf_i_when *w = &s->m->when[whens.first + i];
            bool yes;
            if ((w->cond == BF_NONE) != (otherwise == 1))
                continue;
            enum bf_why why = bf_holds(&s->judge.env, w->cond, &yes);
            if (why)
                return why;
            if (yes) {
                *which = w;
                return BF_WHY_NOTHING;
            }
        }
    return BF_WHY_NOTHING;
}

enum bf_why bf_step_goes(struct bf_stepper *s, uint32_t target, uint32_t src) {
    s->moved = false;
    s->judge.env.member = BF_ABSENT;
    enum bf_why why = move(s, target, src);
    while (!why) {
        const struct bf_i_when *w;
        why = first_when(s, &w);
        if (why || !w)
            break;
        why = move(s, w->target, w->src);
    }
    if (!why && s->moved) /* a state passed through runs nothing */
        why = bf_step_run(s);
    return why ? why : bf_step_requests(s);
}

/* ---- acts ---- */

/* A lapse that turns out to have been done in time: its violations are struck out. */
static void strike_out(struct bf_stepper *s, uint32_t duty, uint32_t src) {
    uint32_t epoch = bf_judge_duty(&s->judge, duty)->epoch;
    struct bf_value member = s->m->duty[duty].each ? s->judge.env.member : BF_ABSENT;
    for (uint32_t i = 0; i < s->c->violation_count; i++) {
        struct bf_case_violation v = s->c->violations[i];
        if (v.duty != duty || v.epoch != epoch || v.excused || !bf_value_equal(v.member, member))
            continue;
        struct bf_value which = {
            .kind = BF_K_VIOLATION, .aux = i & 0xFFFFFF, .n = s->c->number, .u.i = v.violation};
        BF_STEP_EMIT(s, .kind = BF_FACT_EXCUSED, .src = src, .a = v.violation, .b = BF_NONE,
                     .c = BF_NONE, .n = 1, .v = bf_step_values(s, which, BF_ABSENT));
    }
}

static void meet(struct bf_stepper *s, const struct bf_i_offer *o, const struct bf_value *args,
                 bool deemed) {
    const struct bf_case_duty *d = bf_judge_duty(&s->judge, o->duty);
    const struct bf_value *member = bf_step_member(s, o->each);
    bool lapsed = d->status == BF_STATUS_LAPSED;
    bool shown = bf_judge_bears(o, args) && bf_judge_day(&s->judge, o, args) <= d->due.last;
    bool in_time = !lapsed || shown;
    if (!deemed)
        BF_STEP_EMIT(s, .kind = in_time ? BF_FACT_MET : BF_FACT_LATE, .src = o->src, .a = o->duty,
                     .b = o->act, .c = BF_NONE, .member = member);
    else if (!d->left)
        BF_STEP_EMIT(s, .kind = BF_FACT_LEFT, .src = o->src, .a = o->duty, .b = BF_NONE,
                     .c = BF_NONE, .member = member);
    if (!deemed && lapsed && in_time)
        strike_out(s, o->duty, o->src);
}

static enum bf_why report(struct bf_stepper *s, const struct bf_i_offer *o, uint32_t offer) {
    struct bf_value to;
    if (o->report == BF_NONE)
        return BF_WHY_NOTHING;
    enum bf_why why = bf_eval(&s->judge.env, o->report, &to);
    if (why)
        return why;
    if (!bf_present(to))
        return BF_WHY_ABSENT;
    BF_STEP_EMIT(s, .kind = BF_FACT_FILED, .src = o->src, .a = offer, .b = o->act, .c = BF_NONE,
                 .n = 1, .v = bf_step_values(s, to, BF_ABSENT));
    return BF_WHY_NOTHING;
}

enum bf_why bf_step_takes_effect(struct bf_stepper *s, uint32_t offer, struct bf_value who,
                                 const struct bf_value *args, bool deemed) {
    const struct bf_i_offer *o = &s->m->offer[offer];
    uint32_t n = s->m->act[o->act].params.count;
    BF_STEP_EMIT(s, .kind = BF_FACT_ACTED, .how = deemed, .src = o->src, .a = offer, .b = o->act,
                 .c = BF_NONE, .n = n + 1, .v = bf_step_deed(s, who, args, n),
                 .member = bf_step_member(s, o->each), .by = deemed ? NULL : s->by);
    enum bf_why why = BF_WHY_NOTHING;
    if (o->kind == BF_OFFER_DUTY)
        meet(s, o, args, deemed);
    else if (o->kind == BF_OFFER_EXTEND)
        why = bf_step_extend(s, o->duty, offer,
                             (struct bf_period){(enum bf_unit)args[0].aux, args[0].u.i}, o->src);
    if (why || (why = report(s, o, offer)) ||
        (why = bf_step_effects(s, o->effects, args, n, o->src)))
        return why;
    return bf_step_goes(s, o->target, o->src);
}

/* ---- successors ---- */

static bool one_of(struct bf_value list, struct bf_value x) {
    bool is = false;
    for (uint32_t i = 0; i < list.n && !is; i++)
        is = bf_same_party(list.u.items[i], x);
    return is;
}

/* Whom the case names, and who may take his place: of the same kind, and, once it is to be said who, one of those. */
static bool may_succeed(const struct bf_stepper *s, const struct bf_event *e) {
    const struct bf_value *v = e->args;
    if (e->nargs != 3 || !bf_is_party(v[0]) || !v[0].n || bf_value_check_party(s->m, v[0]) ||
        (bf_present(v[2]) && v[2].kind != BF_K_TEXT) || !bf_case_names(s->m, s->c, v[0]))
        return false;
    struct bf_value whom = v[1].kind == BF_K_LIST ? v[1] : bf_list_value(&v[1], 1);
    for (uint32_t i = 0; i < whom.n; i++)
        if (whom.u.items[i].kind != v[0].kind || bf_same_party(whom.u.items[i], v[0]) ||
            bf_value_check_party(s->m, whom.u.items[i]))
            return false;
    const struct bf_case_gone *gone = bf_case_gone(s->c, v[0]);
    if (e->kind == BF_EVENT_ASSIGN)
        return gone && v[1].kind != BF_K_LIST && (!gone->among.n || one_of(gone->among, v[1]));
    return !gone || v[1].kind != BF_K_LIST;
}

/* What cannot be done of what should follow must not leave the case with a party that is no more. */
enum bf_why bf_step_succeed(struct bf_stepper *s, const struct bf_event *e) {
    if (bf_case_ended(s->m, s->c) || !may_succeed(s, e))
        return BF_WHY_SUCCESSOR;
    BF_STEP_EMIT(s, .kind = BF_FACT_SUCCEEDED, .how = e->args[1].kind == BF_K_LIST, .src = BF_NONE,
                 .a = BF_NONE, .b = BF_NONE, .c = BF_NONE, .n = 3, .v = e->args);
    struct bf_case *before = bf_case_fork(s->a, s->c);
    uint32_t count = s->fact_count;
    enum bf_why why = (enum bf_why)s->judge.env.world->lapse_fails;
    if (!why)
        why = bf_step_goes(s, BF_NONE, BF_NONE);
    if (!why || why == BF_WHY_NEEDS)
        return why;
    s->c = before;
    s->judge.env.self = before;
    s->fact_count = count;
    s->restarts = NULL;
    BF_STEP_EMIT(s, .kind = BF_FACT_FAILED, .src = BF_NONE, .a = BF_NONE, .b = BF_NONE, .c = why);
    return BF_WHY_NOTHING;
}

const struct bf_event *bf_step_as_named_now(const struct bf_world *w, struct bf_arena *a,
                                            const struct bf_event *e) {
    if (!w->succession_count || bf_event_succeeds(e->kind))
        return e;
    struct bf_event *now = bf_arena_copy(a, e, sizeof *now);
    struct bf_value *args = bf_new_array(a, struct bf_value, e->nargs);
    for (uint32_t i = 0; i < e->nargs; i++)
        args[i] = bf_world_value(w, a, e->args[i]);
    now->args = args;
    now->who = bf_world_value(w, a, e->who);
    return now;
}
