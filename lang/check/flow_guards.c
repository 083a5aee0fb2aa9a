/* flow_guards: conditions that never hold, circles a case would run round for ever, and acts
** offered twice at once. See flow.h.
**
** Moves that happen by themselves, without an event and without a day that counts between, must not
** lead in a circle. Those are the `when`s, and lapses whose limit is a Date, or is counted from a
** Date: that may have passed before the case comes. Where the day of the event counts, so are those
** of one day: it ends with the day it begins, to which the lapse is dated. Round a circle of `when`s no data change, so a
** circle whose conditions, with the contrary of those tried before them, exclude each other is none;
** but duties end and begin with every move, so statuses prove nothing.
*/
#include <string.h>

#include "lang/check/flow.h"

enum { GUARD_STEPS = 10000, CIRCLE_STEPS = 1000000 };

static struct bf_diags *diags(const struct bf_flow *f) { return f->p->parse->diags; }

/* ---- conditions that never hold ---- */

static void check_condition(struct bf_flow *f, const struct bf_node *cond) {
    if (!cond)
        return;
    bf_logic_begin(f->l, GUARD_STEPS);
    struct bf_formula *g = bf_logic_read(f->l, cond);
    bf_logic_settle(f->l);
    if (bf_logic_cubes(f->l, g, 0).n || bf_logic_limited(f->l))
        return;
    struct bf_diag *d = bf_diag(diags(f), BF_E0505_NEVER_HOLDS, cond->span, BF_NOARGS);
    bf_diag_label(diags(f), d, cond->span, BF_T_CONTRADICTS_ITSELF, BF_NOARGS);
    bf_diag_hint(diags(f), d, BF_T_CONTRADICTION_MEND, BF_NOARGS);
}

static void check_clauses(struct bf_flow *f, const struct bf_node *clauses) {
    for (; clauses; clauses = clauses->next)
        if (clauses->kind == BF_N_C_IF)
            check_condition(f, clauses->a);
}

static void check_items(struct bf_flow *f, const struct bf_node *n) {
    for (; n; n = n->next)
        switch (n->kind) {
        case BF_N_STATE: check_items(f, n->c); break;
        case BF_N_REQUIRE:
        case BF_N_WHEN: check_condition(f, n->a); break;
        case BF_N_PAUSES: check_condition(f, n->b); break;
        case BF_N_MAY:
        case BF_N_MAY_EXTEND: check_clauses(f, n->c); break;
        case BF_N_LASTS: check_clauses(f, n->c); break;
        case BF_N_MUST:
            check_clauses(f, n->c);
            for (const struct bf_node *alt = n->d; alt; alt = alt->next)
                check_clauses(f, alt->c);
            break;
        default: break; /* has no condition */
        }
}

/* ---- circles ---- */

/* A move that happens by itself. */
struct drift {
    const struct bf_node *node; /* WHEN, MUST, LASTS, or OUTCOME of what ends at once */
    uint32_t from, to, next;    /* next one from the same state, + 1 */
    uint32_t day;               /* the limit is this day of the year; 0: it may be past */
    struct bf_formula *cond;
    struct bf_cubes cubes;
};

struct drifts {
    struct bf_flow *f;
    struct drift *d;
    uint32_t n, cap;
    uint32_t *first; /* by state, + 1 */
    uint8_t *mark;
    uint32_t *path; /* of drifts */
    uint32_t start;
    uint32_t day; /* follow limits of this day of the year too */
    bool lapses;  /* follow lapses too */
};

/* The day of the year that is the limit, or 0. A case that comes there on that very day comes too late for no other. */
static uint32_t day_of_year(const struct bf_node *duty) {
    const struct bf_node *by = bf_clause(duty->c, BF_N_C_BY);
    if (!by || by->a->kind != BF_N_MONTH_DAY)
        return 0;
    return by->a->num == 229
               ? 228
               : (uint32_t)by->a->num; /* where a year has none, its last of February */
}

static void add_drift(struct drifts *g, const struct bf_node *n, uint32_t from, uint32_t to) {
    if (g->n == g->cap) {
        uint32_t cap = g->cap ? g->cap * 2 : 16;
        struct drift *d = bf_logic_alloc(g->f->l, sizeof *d * cap);
        if (g->n)
            memcpy(d, g->d, sizeof *d * g->n);
        g->d = d;
        g->cap = cap;
    }
    g->d[g->n++] = (struct drift){
        .node = n, .from = from, .to = to, .day = n->kind == BF_N_MUST ? day_of_year(n) : 0};
}

static void add_goal(struct drifts *g, const struct bf_node *n, uint32_t from,
                     const struct bf_node *goal) {
    struct bf_flow *f = g->f;
    uint32_t to = bf_goal_state(f, goal);
    if (to != BF_NONE)
        add_drift(g, n, from, to);
    for (uint32_t t = 0; goal && goal->flags & BF_F_BACK && t < f->states; t++)
        if (bf_in(bf_edges(f, t), from) && bf_in(f->reached, t))
            add_drift(g, n, from, t);
}

static bool is_date(const struct bf_flow *f, const struct bf_node *n) {
    const struct bf_type *t = f->p->info[n->id].type;
    return t && t->kind == BF_K_DATE;
}

/* May the limit end with the day its duty begins? Only a number that is written is known to be more. */
static bool may_be_same_day(const struct bf_flow *f, const struct bf_node *duty) {
    const struct bf_node *n = f->p->policy ? bf_clause(f->p->policy->c, BF_N_P_COUNT) : NULL;
    const struct bf_node *within = bf_clause(duty->c, BF_N_C_WITHIN);
    const struct bf_node *limit = duty->kind == BF_N_LASTS ? duty->a : within ? within->a : NULL;
    const struct bf_type *t = limit ? f->p->info[limit->id].type : NULL;
    if (!n || n->op != BF_COUNT_SAME_DAY || !t || t->kind != BF_K_PERIOD ||
        (t->unit != BF_UNIT_DAYS && t->unit != BF_UNIT_WORKING_DAYS))
        return false;
    return limit->kind != BF_N_PERIOD || limit->num == 1;
}

bool bf_may_be_past(const struct bf_flow *f, const struct bf_node *duty) {
    const struct bf_node *by = bf_clause(duty->c, BF_N_C_BY);
    const struct bf_node *from = bf_clause(duty->c, BF_N_C_FROM);
    if (by)
        return by->a->kind != BF_N_MONTH_DAY;
    struct bf_sym *s = from && from->a->kind == BF_N_NAME ? bf_flow_sym(f, from->a) : NULL;
    if (s && (s->kind == BF_SYM_ACT || s->kind == BF_SYM_BUILTIN))
        return false; /* happens only by an act, or once */
    if (!from || (s && s->kind == BF_SYM_STATE))
        return may_be_same_day(f, duty);
    return is_date(f, from->a);
}

/* What is run may end the moment it begins. */
static void add_outcomes(struct drifts *g, const struct bf_node *run, uint32_t from) {
    struct bf_flow *f = g->f;
    struct bf_sym *proc = bf_flow_sym(f, run->a);
    for (const struct bf_node *o = run->c; o && proc; o = o->next) {
        struct bf_sym *end = bf_flow_sym(f, o->a);
        if (o->d && end && bf_ends_at_once(f->p, proc, end))
            add_goal(g, o, from, o->d);
    }
}

static void collect_drifts(struct drifts *g) {
    struct bf_flow *f = g->f;
    for (uint32_t s = 0; s < f->states; s++) {
        if (bf_is_end(f, s) || !bf_in(f->reached, s))
            continue;
        for (const struct bf_node *n = f->state[s]->c; n; n = n->next)
            if (n->kind == BF_N_WHEN)
                add_goal(g, n, s, n->d);
            else if (n->kind == BF_N_RUN)
                add_outcomes(g, n, s);
    }
    for (uint32_t i = 0; i < f->duties; i++) {
        const struct bf_node *goal = bf_lapse_goal(f, i);
        if (!goal || !(bf_may_be_past(f, f->duty[i]) || day_of_year(f->duty[i])))
            continue;
        for (uint32_t s = 0; s < f->states; s++)
            if (bf_in(f->reached, s) && bf_lives(f, i, s))
                add_goal(g, f->duty[i], s, goal);
    }
    g->first = bf_logic_alloc(f->l, sizeof *g->first * f->states);
    memset(g->first, 0, sizeof *g->first * f->states);
    for (uint32_t i = g->n; i-- > 0;) {
        g->d[i].next = g->first[g->d[i].from];
        g->first[g->d[i].from] = i + 1;
    }
    g->mark = bf_logic_alloc(f->l, f->states);
    g->path = bf_logic_alloc(f->l, sizeof *g->path * (f->states + 1));
}

static bool follows(const struct drifts *g, const struct drift *d) {
    return d->node->kind == BF_N_WHEN || (g->lapses && (!d->day || d->day == g->day));
}

/* Is there a way from `at` back to the start, over states not marked? Writes it to path. */
static bool find_way(struct drifts *g, uint32_t at, uint32_t depth, uint32_t *len) {
    if (depth > 0 && at == g->start) {
        *len = depth;
        return true;
    }
    if (g->mark[at])
        return false;
    g->mark[at] = 1;
    for (uint32_t i = g->first[at]; i; i = g->d[i - 1].next) {
        g->path[depth] = i - 1;
        if (follows(g, &g->d[i - 1]) && find_way(g, g->d[i - 1].to, depth + 1, len))
            return true;
    }
    return false;
}

static bf_span drift_span(const struct drift *d) {
    return d->node->kind == BF_N_MUST ? d->node->e->span : d->node->span;
}

static void report_circle(struct drifts *g, enum bf_diag_code code, uint32_t len) {
    struct bf_flow *f = g->f;
    bf_span first = drift_span(&g->d[g->path[0]]);
    struct bf_sym *state = bf_flow_sym(f, f->state[g->start]);
    struct bf_diag *d = bf_diag(diags(f), code, first, BF_ARGS(bf_arg_str(state->name->text)));
    for (uint32_t i = 0; i < len && i < 6; i++) {
        const struct drift *m = &g->d[g->path[i]];
        struct bf_sym *to = bf_flow_sym(f, f->state[m->to]);
        bf_diag_label(diags(f), d, drift_span(m), BF_T_LEADS_TO,
                      BF_ARGS(bf_arg_str(to->name->text)));
    }
    enum bf_text_id mend = code == BF_E0506_WHEN_CIRCLE  ? BF_T_WHEN_CIRCLE_MEND
                           : code == BF_E0507_RUN_CIRCLE ? BF_T_RUN_CIRCLE_MEND
                                                         : BF_T_LAPSE_CIRCLE_MEND;
    bf_diag_hint(diags(f), d, mend, BF_NOARGS);
}

/* A walk over states from the start on, keeping what must hold all along. Depth first over simple
** circles; those through lower states were looked at before. */
static bool find_holding(struct drifts *g, uint32_t at, uint32_t depth, struct bf_cubes all,
                         uint32_t *len) {
    struct bf_logic *l = g->f->l;
    if (depth > 0 && at == g->start) {
        *len = depth;
        return true;
    }
    if (at < g->start || g->mark[at] || bf_logic_spent(l, 1))
        return false;
    g->mark[at] = 1;
    bool found = false;
    for (uint32_t i = g->first[at]; i && !found; i = g->d[i - 1].next) {
        const struct drift *d = &g->d[i - 1];
        if (d->node->kind != BF_N_WHEN)
            continue;
        struct bf_cubes both = bf_cubes_and(l, all, d->cubes);
        g->path[depth] = i - 1;
        found = both.n && find_holding(g, d->to, depth + 1, both, len);
    }
    g->mark[at] = 0;
    return found;
}

/* Conditions of the `when`s of a state, each with the contrary of those before it. */
static void read_drifts(struct drifts *g) {
    struct bf_logic *l = g->f->l;
    bf_logic_begin(l, CIRCLE_STEPS);
    for (uint32_t s = 0; s < g->f->states; s++) {
        struct bf_formula *none = bf_logic_read(l, NULL);
        const struct bf_node *last = NULL;
        for (uint32_t i = g->first[s]; i; i = g->d[i - 1].next) {
            struct drift *d = &g->d[i - 1];
            if (d->node->kind != BF_N_WHEN)
                continue;
            if (last && last != d->node && last->a)
                none = bf_logic_and(l, none, bf_logic_not(l, bf_logic_read(l, last->a)));
            d->cond = bf_logic_and(l, none, bf_logic_read(l, d->node->a));
            last = d->node;
        }
    }
    bf_logic_settle(l);
    for (uint32_t i = 0; i < g->n; i++)
        if (g->d[i].cond)
            g->d[i].cubes = bf_cubes_without_statuses(l, bf_logic_cubes(l, g->d[i].cond, 0));
}

static bool plain_circle(struct drifts *g, uint32_t s, uint32_t *len) {
    memset(g->mark, 0, g->f->states);
    g->start = s;
    return find_way(g, s, 0, len);
}

static void find_when_circles(struct drifts *g) {
    uint32_t len;
    bool any = false;
    g->lapses = false;
    for (uint32_t s = 0; s < g->f->states && !any; s++)
        any = g->first[s] && plain_circle(g, s, &len);
    if (!any)
        return;
    bf_logic_keep(g->f->l);
    read_drifts(g);
    for (uint32_t s = 0; s < g->f->states; s++) {
        if (!g->first[s] || !plain_circle(g, s, &len))
            continue;
        struct bf_cubes always = bf_logic_always(g->f->l);
        memset(g->mark, 0, g->f->states);
        bool limited = bf_logic_limited(g->f->l);
        if (!limited && !find_holding(g, s, 0, always, &len) && !bf_logic_limited(g->f->l))
            continue;
        if (bf_logic_limited(g->f->l))
            plain_circle(g, s, &len);
        report_circle(g, BF_E0506_WHEN_CIRCLE, len);
        return; /* one at a time: others often share its states */
    }
}

static void find_lapse_circles(struct drifts *g) {
    g->lapses = true;
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t len, from = g->d[i].from, to = g->d[i].to;
        if (g->d[i].node->kind == BF_N_WHEN)
            continue;
        memset(g->mark, 0, g->f->states);
        g->start = from;
        g->day = g->d[i].day;
        g->path[0] = i;
        if (to == from)
            len = 1;
        else if (!find_way(g, to, 1, &len))
            continue;
        report_circle(
            g, g->d[i].node->kind == BF_N_OUTCOME ? BF_E0507_RUN_CIRCLE : BF_E0507_LAPSE_CIRCLE,
            len);
        return;
    }
}

/* ---- one act offered twice at once ---- */

static bool same_actor(struct bf_flow *f, const struct bf_node *x, const struct bf_node *y) {
    const struct bf_type *t = f->p->info[x->a->id].type, *u = f->p->info[y->a->id].type;
    if (x->op == BF_SUBJECT_ONE && y->op == BF_SUBJECT_ONE)
        return bf_logic_same(f->l, x->a, y->a);
    return t && u && (t->kind == u->kind || t->kind == BF_K_PARTY || u->kind == BF_K_PARTY);
}

static bool share_actor(struct bf_flow *f, const struct bf_offering *x,
                        const struct bf_offering *y) {
    for (const struct bf_node *i = x->subjects; i; i = i->next)
        for (const struct bf_node *j = y->subjects; j; j = j->next)
            if (same_actor(f, i, j))
                return true;
    return false;
}

/* The first state in which both are offered. */
static uint32_t shared_state(struct bf_flow *f, const struct bf_offering *x,
                             const struct bf_offering *y) {
    uint32_t at = x->state != BF_NONE ? x->state : y->state;
    uint32_t first = at == BF_NONE ? 0 : at, end = at == BF_NONE ? f->states : at + 1;
    for (uint32_t s = first; s < end; s++)
        if (bf_in(f->reached, s) && bf_stands(f, x->state, x->clauses, s) &&
            bf_stands(f, y->state, y->clauses, s))
            return s;
    return BF_NONE;
}

/* When the act is open: its guards hold, and the duty it belongs to runs or has lapsed. */
static struct bf_formula *open_when(struct bf_flow *f, const struct bf_offering *o) {
    struct bf_formula *all = bf_logic_read(f->l, NULL);
    for (const struct bf_node *c = o->clauses; c; c = c->next)
        if (c->kind == BF_N_C_IF)
            all = bf_logic_and(f->l, all, bf_logic_read(f->l, c->a));
    struct bf_sym *duty = o->must ? bf_flow_sym(f, o->must) : o->act->duty;
    unsigned open = 1u << BF_STATUS_OPEN | (o->must ? 1u << BF_STATUS_LAPSED : 0u);
    return duty ? bf_logic_and(f->l, all, bf_logic_status(f->l, duty, open)) : all;
}

static void check_twins(struct bf_flow *f, const struct bf_offering *x,
                        const struct bf_offering *y) {
    uint32_t s = shared_state(f, x, y);
    if (s == BF_NONE || !share_actor(f, x, y))
        return;
    bf_logic_begin(f->l, GUARD_STEPS);
    struct bf_formula *both = bf_logic_and(f->l, open_when(f, x), open_when(f, y));
    bf_logic_settle(f->l);
    if (!bf_logic_cubes(f->l, both, 0).n && !bf_logic_limited(f->l))
        return;
    bf_arg name = bf_arg_str(y->act->name->text);
    const struct bf_node *state = f->state[s];
    struct bf_diag *d = bf_diag(diags(f), BF_E0512_OFFERED_TWICE, y->node->span, BF_ARGS(name));
    bf_diag_label(diags(f), d, y->node->span, BF_T_OFFERED_IN,
                  BF_ARGS(bf_arg_str(bf_flow_sym(f, state)->name->text)));
    bf_diag_label(diags(f), d, x->node->span, BF_T_OFFERED_TOO, BF_NOARGS);
    bf_diag_hint(diags(f), d, BF_T_OFFERED_TWICE_MEND, BF_NOARGS);
}

static void find_twins(struct bf_flow *f) {
    uint32_t acts = f->info->acts.count, pairs = 0;
    uint32_t *last = bf_logic_alloc(f->l, sizeof *last * acts);
    uint32_t *before = bf_logic_alloc(f->l, sizeof *before * f->offers);
    memset(last, 0, sizeof *last * acts);
    bf_logic_keep(f->l);
    for (uint32_t i = 0; i < f->offers; i++) {
        const struct bf_offering *o = &f->offer[i];
        if (!o->act || o->act->index >= acts)
            continue;
        before[i] = last[o->act->index];
        last[o->act->index] = i + 1;
        for (uint32_t j = before[i]; j; j = before[j - 1]) {
            if (pairs++ == BF_TWINS_MAX) {
                bf_diag(diags(f), BF_W0516_TOO_MANY_OFFERS, o->node->span,
                        BF_ARGS(bf_arg_int(BF_TWINS_MAX)));
                return;
            }
            check_twins(f, &f->offer[j - 1], o);
        }
    }
}

void bf_flow_guards(struct bf_flow *f) {
    check_items(f, f->proc->node->c);
    struct drifts g = {.f = f};
    bf_logic_begin(f->l, 0);
    collect_drifts(&g);
    bf_logic_keep(f->l);
    if (g.n) {
        find_lapse_circles(&g);
        find_when_circles(&g);
    }
    bf_logic_begin(f->l, 0);
    find_twins(f);
}
