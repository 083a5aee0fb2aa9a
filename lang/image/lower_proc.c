/* lower_proc: a procedure's rows. One walk over its items in written order adds offers, duties and bans;
** states follow with what is written in them; then all is linked (link.c). */
#include "lang/base/assert.h"
#include "lang/image/lower.h"

struct proc {
    struct bf_lower *l;
    const struct bf_sym *sym;
    const struct bf_proc_info *info;
    struct bf_lower_base base;
    struct bf_i_proc row;
    uint32_t state; /* the items at hand stand in it; BF_NONE: outside states */
    const struct bf_node *state_node;
};

static struct bf_sym *sym(const struct proc *p, const struct bf_node *n) {
    return bf_sym_of(p->l->p, n);
}

static const struct bf_node *find(const struct bf_node *clauses, int kind) {
    for (const struct bf_node *c = clauses; c; c = c->next)
        if (c->kind == kind)
            return c;
    return NULL;
}

/* The item itself, else the state it is in, else the procedure is cited. */
static uint32_t src(struct proc *p, const struct bf_node *n) {
    const struct bf_node *outer = p->sym->node;
    if (p->state_node && p->state_node->cites)
        outer = p->state_node;
    return bf_lower_src(p->l, n, outer);
}

static struct bf_i_actor actor(struct proc *p, const struct bf_node *subject) {
    if (subject->op == BF_SUBJECT_ANY)
        return (struct bf_i_actor){1, bf_lower_type(p->l, bf_type_of(p->l->p, subject->a))};
    return (struct bf_i_actor){0, bf_lower_value(p->l, subject->a)};
}

/* Who each have the duty, or any of whom may act: the list. */
static uint32_t members(struct proc *p, const struct bf_node *subject) {
    return bf_lower_value(p->l, subject->b);
}

static struct bf_i_range actors(struct proc *p, const struct bf_node *subjects) {
    struct bf_i_range r = {bf_build_count_actor(&p->l->b), 0};
    for (const struct bf_node *s = subjects; s; s = s->next, r.count++) {
        struct bf_i_actor a = actor(p, s);
        bf_build_add_actor(&p->l->b, a);
    }
    return r;
}

static uint32_t target(const struct proc *p, const struct bf_node *goal) {
    if (!goal)
        return BF_NONE;
    return goal->flags & BF_F_BACK ? BF_BACK : p->base.state + sym(p, goal->a)->index;
}

/* ---- data, starts ---- */

static void lower_data(struct proc *p) {
    struct bf_lower *l = p->l;
    p->row.data = (struct bf_i_range){p->base.data, p->info->data.count};
    for (const struct bf_sym *s = p->info->data.first; s; s = s->next) {
        const struct bf_node *n = s->node;
        struct bf_i_data d = {.sealed = (n->flags & BF_F_SEALED) != 0};
        d.name = bf_lower_name(l, s->name);
        d.label = bf_lower_label(l, n->b);
        d.type = bf_lower_type(l, s->type);
        d.role = n->kind == BF_N_PARTY   ? BF_DATA_PARTY
                 : n->kind == BF_N_GIVEN ? BF_DATA_GIVEN
                                         : BF_DATA_KEEP;
        d.init = bf_lower_value(l, n->d);
        bf_build_add_data(&l->b, d);
    }
}

static const struct bf_sym *data_named(const struct proc *p, const struct bf_name *name) {
    for (const struct bf_sym *s = p->info->data.first; s; s = s->next)
        if (s->name == name)
            return s;
    return NULL;
}

/* The parameter of the event that a PARAM of this `starts on` speaks of: by name; those of a built-in event have
** no names an author knows, so by place. */
static const struct bf_sym *event_param(const struct bf_sym *event, const struct bf_node *param,
                                        uint32_t place) {
    for (const struct bf_sym *s = event->first; s; s = s->next)
        if (event->node ? s->name == param->a->name : s->index == place)
            return s;
    return NULL;
}

static void starts_on(struct proc *p, const struct bf_node *n) {
    struct bf_lower *l = p->l;
    const struct bf_sym *event = sym(p, n);
    struct bf_i_start s = {.event = event->index};
    uint32_t place = 0;
    s.binds.first = bf_build_count_index(&l->b);
    for (const struct bf_node *param = n->c; param; param = param->next, place++) {
        const struct bf_sym *data = data_named(p, param->a->name);
        const struct bf_sym *from = event_param(event, param, place);
        if (!data || !from)
            continue;
        bf_build_add_index(&l->b, from->index);
        bf_build_add_index(&l->b, p->base.data + data->index);
        s.binds.count += 2;
    }
    s.actors.first = s.consents.first = bf_build_count_actor(&l->b);
    s.src = src(p, n);
    bf_build_add_start(&l->b, s);
}

/* The state and the end that asked.c made of it. */
static void asked(const struct proc *p, struct bf_i_start *s) {
    for (const struct bf_sym *x = p->info->states.first; x; x = x->next)
        if (x->node->flags & BF_F_DERIVED && x->node->kind == BF_N_STATE && x->next) {
            s->asked_in = p->base.state + x->index + 1;
            s->declined = p->base.state + x->next->index;
        }
}

static void starts_by(struct proc *p, const struct bf_node *n) {
    struct bf_lower *l = p->l;
    struct bf_i_start s = {.event = BF_NONE};
    s.actors = actors(p, n->a);
    if (n->b)
        asked(p, &s);
    s.consents.first = bf_build_count_actor(&l->b);
    s.binds.first = bf_build_count_index(&l->b);
    s.src = src(p, n);
    bf_build_add_start(&l->b, s);
}

static void starts_every(struct proc *p, const struct bf_node *n) {
    struct bf_lower *l = p->l;
    bool year = n->a->kind == BF_N_MONTH_DAY;
    struct bf_i_start s = {.event = BF_NONE,
                           .every = year ? BF_EVERY_YEAR : BF_EVERY_PERIOD,
                           .every_count = (uint32_t)n->a->num,
                           .every_unit = year ? 0 : n->a->op};
    s.actors.first = s.consents.first = bf_build_count_actor(&l->b);
    s.binds.first = bf_build_count_index(&l->b);
    if (n->b) {
        const struct bf_sym *data = sym(p, n->b), *reg = sym(p, n->b->next), *f;
        s.member_data = p->base.data + data->index;
        s.member_reg = reg->index + 1;
        for (f = reg->type->sym->first; f && data->type != reg->type; f = f->next)
            if (f->type == data->type)
                s.member_field = f->index + 1;
    }
    s.src = src(p, n);
    bf_build_add_start(&l->b, s);
}

static void lower_starts(struct proc *p) {
    struct bf_build *b = &p->l->b;
    p->row.starts.first = bf_build_count_start(b);
    p->row.requires.first = bf_build_count_require(b);
    for (const struct bf_node *n = p->sym->node->c; n; n = n->next) {
        if (n->kind == BF_N_STARTS_ON)
            starts_on(p, n);
        else if (n->kind == BF_N_STARTS_BY)
            starts_by(p, n);
        else if (n->kind == BF_N_STARTS_EVERY)
            starts_every(p, n);
        if (n->kind != BF_N_REQUIRE)
            continue;
        struct bf_i_require r;
        r.cond = bf_lower_value(p->l, n->a);
        r.text = bf_lower_label(p->l, n->b);
        r.src = src(p, n);
        bf_build_add_require(b, r);
    }
    p->row.starts.count = bf_build_count_start(b) - p->row.starts.first;
    p->row.requires.count = bf_build_count_require(b) - p->row.requires.first;
}

/* ---- acts and offers ---- */

static void lower_acts(struct proc *p) {
    struct bf_lower *l = p->l;
    p->row.acts = (struct bf_i_range){p->base.act, p->info->acts.count};
    for (const struct bf_sym *s = p->info->acts.first; s; s = s->next) {
        struct bf_i_act a = {.extends = s->duty ? p->base.duty + s->duty->index : BF_NONE};
        a.name = bf_lower_name(l, s->name);
        a.label = s->duty ? 0 : bf_lower_label(l, s->runs ? s->runs->node->b : s->node->b);
        a.params = bf_lower_fields(l, s);
        bf_build_add_act(&l->b, a);
    }
}

struct from {
    uint32_t from, ref;
};

static struct from from_of(struct proc *p, const struct bf_node *clauses) {
    const struct bf_node *c = find(clauses, BF_N_C_FROM);
    if (!c)
        return (struct from){BF_FROM_ENTRY, BF_NONE};
    const struct bf_sym *s = c->a->kind == BF_N_NAME ? sym(p, c->a) : NULL;
    if (s && s->kind == BF_SYM_BUILTIN && s->builtin == BF_B_START)
        return (struct from){BF_FROM_START, BF_NONE};
    if (s && s->kind == BF_SYM_ACT)
        return (struct from){BF_FROM_ACT, p->base.act + s->index};
    if (s && s->kind == BF_SYM_STATE)
        return (struct from){BF_FROM_STATE, p->base.state + s->index};
    return (struct from){BF_FROM_DATE, bf_lower_value(p->l, c->a)};
}

static bool is_period(struct proc *p, const struct bf_node *n) {
    return bf_type_of(p->l->p, n)->base->kind == BF_K_PERIOD;
}

static void window(struct proc *p, struct bf_i_offer *o, const struct bf_node *clauses) {
    o->window = BF_WINDOW_NONE;
    o->window_code = BF_NONE;
    for (const struct bf_node *c = clauses; c; c = c->next) {
        if (c->kind == BF_N_C_WITHIN)
            o->window = BF_WINDOW_WITHIN;
        else if (c->kind == BF_N_C_BY)
            o->window = c->a->kind == BF_N_MONTH_DAY ? BF_WINDOW_BY_MONTH_DAY : BF_WINDOW_BY;
        else if (c->kind == BF_N_C_NOT_BEFORE)
            o->window = c->a->kind == BF_N_MONTH_DAY ? BF_WINDOW_NOT_BEFORE_MONTH_DAY
                        : is_period(p, c->a)         ? BF_WINDOW_AFTER
                                                     : BF_WINDOW_NOT_BEFORE;
        else
            continue;
        o->window_code =
            c->a->kind == BF_N_MONTH_DAY ? (uint32_t)c->a->num : bf_lower_value(p->l, c->a);
    }
    struct from f = from_of(p, clauses);
    o->from = f.from;
    o->from_ref = f.ref;
}

static struct bf_i_range states_of(struct proc *p, const struct bf_node *clauses, int kind) {
    struct bf_i_range r = {bf_build_count_index(&p->l->b), 0};
    const struct bf_node *in = find(clauses, kind);
    for (const struct bf_node *s = in ? in->a : NULL; s; s = s->next, r.count++)
        bf_build_add_index(&p->l->b, p->base.state + sym(p, s)->index);
    return r;
}

static struct bf_i_range acts_of(struct proc *p, const struct bf_node *clauses) {
    struct bf_i_range r = {bf_build_count_index(&p->l->b), 0};
    const struct bf_node *distinct = find(clauses, BF_N_C_DISTINCT);
    for (const struct bf_node *a = distinct ? distinct->a : NULL; a; a = a->next, r.count++)
        bf_build_add_index(&p->l->b, p->base.act + sym(p, a)->index);
    return r;
}

/* The member that is an offer's only actor: introduced here, or (of an extension) by the duty; NULL: it has others. */
static const struct bf_sym *sym_of_member(struct proc *p, const struct bf_node *subjects) {
    const struct bf_node *x = subjects;
    const struct bf_sym *s =
        x && x->op != BF_SUBJECT_ANY && x->a->kind == BF_N_NAME ? sym(p, x->a) : NULL;
    return s && s->kind == BF_SYM_EACH ? s : NULL;
}

/* What the clauses of any offer say. */
static struct bf_i_offer offer(struct proc *p, const struct bf_node *subjects,
                               const struct bf_node *clauses) {
    struct bf_i_offer o = {.state = p->state, .duty = BF_NONE, .at_most = BF_NONE};
    const struct bf_node *once = find(clauses, BF_N_C_ONCE);
    const struct bf_node *consent = find(clauses, BF_N_C_CONSENT);
    const struct bf_node *report = find(clauses, BF_N_C_REPORTING);
    const struct bf_node *dated = find(clauses, BF_N_C_DATED);
    const struct bf_sym *who = sym_of_member(p, subjects);
    if (who) {
        o.each = 1;
        o.members = members(p, who->node);
    }
    o.actors = actors(p, subjects);
    o.in = states_of(p, clauses, BF_N_C_IN);
    o.guard = bf_lower_guard(p->l, clauses, BF_N_C_IF, true);
    o.times = once ? (uint32_t)once->num : 0;
    window(p, &o, clauses);
    o.dated = dated ? sym(p, dated->a)->index + 1 : 0;
    o.distinct = acts_of(p, clauses);
    o.consents = actors(p, consent ? consent->a : NULL);
    o.report = report ? bf_lower_value(p->l, report->a->a) : BF_NONE;
    return o;
}

static void add_offer(struct proc *p, struct bf_i_offer o, const struct bf_node *n,
                      const struct bf_node *goal, const struct bf_node *effects) {
    o.target = target(p, goal);
    o.effects = bf_lower_effects(p->l, effects);
    o.src = src(p, n);
    bf_build_add_offer(&p->l->b, o);
}

static void lower_may(struct proc *p, const struct bf_node *n) {
    struct bf_i_offer o = offer(p, n->a, n->c);
    o.kind = BF_OFFER_MAY;
    o.act = p->base.act + sym(p, n->b)->index;
    add_offer(p, o, n, n->d, n->e);
}

static void lower_may_extend(struct proc *p, const struct bf_node *n) {
    struct bf_i_offer o = offer(p, n->a, n->c);
    o.kind = BF_OFFER_EXTEND;
    o.act = p->base.act + sym(p, n)->index;
    o.duty = p->base.duty + sym(p, n)->duty->index;
    o.at_most = bf_lower_value(p->l, n->d);
    add_offer(p, o, n, NULL, n->e);
}

/* An act of a duty's block: cited by itself or as its duty is. */
static void lower_alt(struct proc *p, const struct bf_node *must, const struct bf_node *alt,
                      uint32_t duty) {
    struct bf_i_offer o = offer(p, must->a, alt->c);
    o.kind = BF_OFFER_DUTY;
    o.act = p->base.act + sym(p, alt->b)->index;
    o.duty = duty;
    o.target = target(p, alt->d);
    o.effects = bf_lower_effects(p->l, alt->e);
    o.src = alt->cites || !must->cites ? src(p, alt) : bf_lower_src(p->l, alt, must);
    bf_build_add_offer(&p->l->b, o);
}

/* ---- duties ---- */

static void limit(struct proc *p, struct bf_i_duty *d, const struct bf_node *clauses) {
    const struct bf_node *within = find(clauses, BF_N_C_WITHIN), *by = find(clauses, BF_N_C_BY);
    struct from f = from_of(p, clauses);
    d->limit = BF_I_LIMIT_NONE;
    d->limit_code = BF_NONE;
    if (within) {
        d->limit = BF_I_LIMIT_WITHIN;
        d->limit_code = bf_lower_value(p->l, within->a);
    } else if (by && by->a->kind == BF_N_MONTH_DAY) {
        d->limit = BF_I_LIMIT_BY_MONTH_DAY;
        d->limit_code = (uint32_t)by->a->num;
    } else if (by) {
        d->limit = BF_I_LIMIT_BY;
        d->limit_code = bf_lower_value(p->l, by->a);
    }
    d->from = f.from;
    d->from_ref = f.ref;
}

static void otherwise(struct proc *p, struct bf_i_duty *d, const struct bf_node *must) {
    const struct bf_node *n = must->e;
    d->otherwise = BF_OTHERWISE_NONE;
    d->target = d->effects = BF_NONE;
    d->otherwise_src = d->src;
    if (!n)
        return;
    d->otherwise = n->op;
    d->otherwise_src = must->cites && !n->cites ? bf_lower_src(p->l, n, must) : src(p, n);
    d->effects = bf_lower_effects(p->l, n->e);
    if (n->op == BF_OTHERWISE_GOTO)
        d->target = target(p, n->d);
}

static void lower_must(struct proc *p, const struct bf_node *n) {
    struct bf_lower *l = p->l;
    uint32_t number = p->base.duty + sym(p, n)->index;
    struct bf_i_duty d = {.state = p->state};
    d.name = bf_lower_name(l, n->b->a->name);
    d.label = bf_lower_label(l, n->b->b);
    if (n->a->b) {
        d.each = n->a->op == BF_SUBJECT_IN_TURN ? BF_EACH_IN_TURN : BF_EACH_ALL;
        d.members = members(p, n->a);
    }
    d.bearer = bf_lower_value(l, n->a->a);
    d.guard = bf_lower_guard(l, n->c, BF_N_C_IF, false);
    limit(p, &d, n->c);
    d.until = states_of(p, n->c, BF_N_C_UNTIL);
    d.src = src(p, n);
    otherwise(p, &d, n);
    BF_ASSERT(bf_build_add_duty(&l->b, d) == number || l->b.too_large);
    for (const struct bf_node *alt = n->d; alt; alt = alt->next)
        lower_alt(p, n, alt, number);
}

static void lower_lasts(struct proc *p, const struct bf_node *n) {
    struct bf_lower *l = p->l;
    struct from f = from_of(p, n->c);
    struct bf_i_duty d = {.state = p->state, .bearer = BF_NONE, .limit = BF_I_LIMIT_WITHIN};
    const struct bf_node *state = p->state_node;
    d.label = state && state->b ? bf_lower_label(l, state->b)
              : state           ? bf_lower_name(l, state->a->name)
                                : 0;
    d.guard = bf_lower_guard(l, n->c, BF_N_C_IF, false);
    d.limit_code = bf_lower_value(l, n->a);
    d.from = f.from;
    d.from_ref = f.ref;
    d.otherwise = BF_OTHERWISE_GOTO;
    d.target = target(p, n->d);
    d.effects = bf_lower_effects(l, n->e);
    d.src = d.otherwise_src = src(p, n);
    bf_build_add_duty(&l->b, d);
}

static void lower_must_not(struct proc *p, const struct bf_node *n) {
    struct bf_i_ban b = {.act = p->base.act + sym(p, n->b)->index, .state = p->state};
    b.subject = actor(p, n->a);
    b.unless = bf_lower_guard(p->l, n->c, BF_N_C_UNLESS, false);
    b.violation = n->d ? sym(p, n->d)->index : BF_NONE;
    b.src = src(p, n);
    bf_build_add_ban(&p->l->b, b);
}

/* ---- what is run ---- */

static void lower_outcomes(struct proc *p, const struct bf_node *n) {
    const struct bf_sym *act = sym(p, n);
    uint32_t ends = p->l->base[act->runs->index].state;
    for (const struct bf_node *x = n->c; x; x = x->next) {
        struct bf_i_offer o = offer(p, NULL, NULL);
        o.kind = BF_OFFER_OUTCOME;
        o.act = p->base.act + act->index;
        o.outcome = ends + sym(p, x->a)->index + 1;
        o.target = target(p, x->d);
        o.effects = bf_lower_effects(p->l, x->e);
        o.src = x->cites || !n->cites ? src(p, x) : bf_lower_src(p->l, x, n);
        bf_build_add_offer(&p->l->b, o);
    }
}

static void lower_run(struct proc *p, struct bf_i_state *row, const struct bf_node *n) {
    struct bf_lower *l = p->l;
    const struct bf_sym *act = sym(p, n);
    row->runs = act->runs->index + 1;
    row->run_act = p->base.act + act->index;
    row->run_args = bf_lower_here(l);
    bf_build_op(&l->b, BF_OP_TUPLE, bf_lower_args(l, n->b, act->runs->first));
    bf_build_op(&l->b, BF_OP_RETURN, 0);
    row->run_src = src(p, n);
}

/* Where what is run goes when it is left. */
static void lower_cancelled(struct proc *p, const struct bf_sym *s) {
    struct bf_build *b = &p->l->b;
    struct bf_i_state row = {.is_end = 1, .enter = BF_NONE};
    row.name = bf_lower_name(p->l, s->name);
    row.src = bf_lower_src(p->l, p->sym->node, NULL);
    row.whens.first = bf_build_count_when(b);
    row.pauses.first = bf_build_count_pause(b);
    bf_build_add_state(b, row);
}

/* ---- items and states ---- */

static void lower_item(struct proc *p, const struct bf_node *n) {
    switch (n->kind) {
    case BF_N_MAY: lower_may(p, n); break;
    case BF_N_MUST: lower_must(p, n); break;
    case BF_N_MUST_NOT: lower_must_not(p, n); break;
    case BF_N_MAY_EXTEND: lower_may_extend(p, n); break;
    case BF_N_LASTS: lower_lasts(p, n); break;
    case BF_N_RUN: lower_outcomes(p, n); break;
    default: break; /* starts and states: elsewhere */
    }
}

static void enter_state(struct proc *p, const struct bf_node *state) {
    p->state_node = state;
    p->state = state ? p->base.state + sym(p, state)->index : BF_NONE;
}

static bool narrowed_away(const struct proc *p, const struct bf_i_offer *o, uint32_t state) {
    for (uint32_t i = 0; i < o->in.count; i++)
        if (*bf_build_at_index(&p->l->b, o->in.first + i) == state)
            return false;
    return o->in.count > 0;
}

/* The offer a deemed act is done through: one of the duty's own, else a permission that stands with it. */
static uint32_t deemed(const struct proc *p, uint32_t duty, uint32_t act) {
    struct bf_build *b = &p->l->b;
    uint32_t state = bf_build_at_duty(b, duty)->state, found = BF_NONE;
    for (uint32_t i = bf_build_count_offer(b); i-- > p->row.offers.first;) {
        const struct bf_i_offer *o = bf_build_at_offer(b, i);
        if (o->act != act)
            continue;
        if (o->kind == BF_OFFER_DUTY && o->duty == duty)
            return i;
        if (o->kind == BF_OFFER_MAY && !o->each && (o->state == BF_NONE || o->state == state) &&
            !narrowed_away(p, o, state))
            found = i;
    }
    return found;
}

/* Once all offers are there. */
static void lower_deemed(struct proc *p) {
    for (const struct bf_sym *s = p->info->duties.first; s; s = s->next) {
        const struct bf_node *o = s->node->kind == BF_N_MUST ? s->node->e : NULL;
        if (!o || o->op != BF_OTHERWISE_DEEMED || p->l->b.too_large)
            continue;
        uint32_t duty = p->base.duty + s->index;
        uint32_t offer = deemed(p, duty, p->base.act + sym(p, o->a)->index);
        bf_build_at_duty(&p->l->b, duty)->target = offer;
    }
}

static void lower_items(struct proc *p) {
    struct bf_build *b = &p->l->b;
    p->row.offers.first = bf_build_count_offer(b);
    p->row.bans.first = bf_build_count_ban(b);
    p->row.duties = (struct bf_i_range){p->base.duty, p->info->duties.count};
    for (const struct bf_node *n = p->sym->node->c; n; n = n->next) {
        lower_item(p, n);
        if (n->kind != BF_N_STATE)
            continue;
        enter_state(p, n);
        for (const struct bf_node *i = n->c; i; i = i->next)
            lower_item(p, i);
        enter_state(p, NULL);
    }
    lower_deemed(p);
    p->row.offers.count = bf_build_count_offer(b) - p->row.offers.first;
    p->row.bans.count = bf_build_count_ban(b) - p->row.bans.first;
}

static void lower_when(struct proc *p, const struct bf_node *n) {
    struct bf_i_when w;
    w.cond = bf_lower_value(p->l, n->a);
    w.target = target(p, n->d);
    w.src = src(p, n);
    bf_build_add_when(&p->l->b, w);
}

static void lower_pauses(struct proc *p, const struct bf_node *n) {
    const struct bf_node *d = n->a;
    do {
        struct bf_i_pause row;
        row.duty = d ? p->base.duty + sym(p, d)->index : BF_NONE;
        row.guard = bf_lower_value(p->l, n->b);
        row.src = src(p, n);
        bf_build_add_pause(&p->l->b, row);
        d = d ? d->next : NULL;
    } while (d);
}

static void lower_state(struct proc *p, const struct bf_sym *s) {
    struct bf_lower *l = p->l;
    const struct bf_node *n = s->node;
    struct bf_i_state row = {.is_end = n->kind == BF_N_END};
    row.name = bf_lower_name(l, s->name);
    row.label = bf_lower_label(l, n->b);
    row.enter = row.is_end ? bf_lower_effects(l, n->c) : BF_NONE;
    row.src = bf_lower_src(l, n, p->sym->node);
    enter_state(p, n);
    row.whens.first = bf_build_count_when(&l->b);
    row.pauses.first = bf_build_count_pause(&l->b);
    for (const struct bf_node *i = row.is_end ? NULL : n->c; i; i = i->next) {
        if (i->kind == BF_N_WHEN)
            lower_when(p, i);
        else if (i->kind == BF_N_PAUSES)
            lower_pauses(p, i);
        else if (i->kind == BF_N_RUN)
            lower_run(p, &row, i);
    }
    row.whens.count = bf_build_count_when(&l->b) - row.whens.first;
    row.pauses.count = bf_build_count_pause(&l->b) - row.pauses.first;
    for (uint32_t i = 0; i < p->row.offers.count; i++) {
        const struct bf_i_offer *o = bf_build_at_offer(&l->b, p->row.offers.first + i);
        if (n->flags & BF_F_DERIVED && o->consents.count && o->state == p->state)
            row.asks = p->row.offers.first + i + 1;
    }
    enter_state(p, NULL);
    bf_build_add_state(&l->b, row);
}

static void lower_reach(struct proc *p, uint32_t states) {
    struct bf_build *b = &p->l->b;
    uint32_t words = (states + 31) / 32;
    p->row.reach = bf_build_count_reach(b);
    p->row.reach_words = words;
    for (uint32_t s = 0; s < states; s++)
        for (uint32_t w = 0; w < words; w++) {
            bool known = s < p->info->states.count && w < p->info->words;
            bf_build_add_reach(b, known ? p->info->reach[s * p->info->words + w] : 0);
        }
}

static void lower_states(struct proc *p) {
    const struct bf_sym *cancelled = p->sym->cancelled;
    uint32_t states = bf_lower_states(p->sym);
    p->row.states = (struct bf_i_range){p->base.state, states};
    p->row.initial = p->base.state + p->info->initial;
    for (const struct bf_sym *s = p->info->states.first; s; s = s->next)
        lower_state(p, s);
    if (states > p->info->states.count)
        lower_cancelled(p, cancelled);
    p->row.cancelled = cancelled ? p->base.state + cancelled->index + 1 : 0;
    lower_reach(p, states);
}

void bf_lower_proc(struct bf_lower *l, const struct bf_sym *s) {
    struct proc p = {.l = l, .sym = s, .info = s->proc, .base = l->base[s->index]};
    l->proc = s;
    enter_state(&p, NULL);
    p.row.name = bf_lower_name(l, s->name);
    p.row.label = bf_lower_label(l, s->node->b);
    p.row.src = bf_lower_src(l, s->node, NULL);
    lower_data(&p);
    lower_starts(&p);
    lower_acts(&p);
    lower_items(&p);
    lower_states(&p);
    bf_build_link(&l->b, l->a, bf_build_add_proc(&l->b, p.row));
    l->proc = NULL;
}
