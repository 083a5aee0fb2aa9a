/* at_once: what a case does the moment it starts, without an act and without a day between.
**
** Only what is sure to happen, or sure once a date has passed, is followed: a `when` without a condition, a lapse whose
** limit may lie in the past, the ending of what is run if that too ends at once. What stands behind a condition may
** change from one time to the next and is left to the step's limit of rows.
*/
#include "lang/check/checker.h"
#include "lang/check/flow.h"

enum {
    RUNS_MAX = 32
}; /* deep: procedures that run each other in a circle are a mistake of their own */

struct start {
    struct bf_flow f; /* only what asks about limits */
    struct bf_program *p;
    uint8_t *seen; /* by state */
    bool lapses;   /* follow them too */
    int depth;
    const struct bf_sym *end; /* sought; NULL: none */
    bool found;
    struct bf_checker *c; /* for what is started: NULL: nothing is noted */
    struct bf_call **starts;
};

static bool ends(struct bf_program *p, const struct bf_sym *proc, const struct bf_sym *end,
                 bool lapses, int depth);

static void note(struct start *w, struct bf_sym *to, const struct bf_node *at) {
    if (!w->c || !to || to->kind != BF_SYM_PROCEDURE)
        return;
    struct bf_call *call = bf_new(w->c->arena, struct bf_call);
    *call = (struct bf_call){.to = to, .at = at, .next = *w->starts};
    *w->starts = call;
}

static bool asks(const struct bf_sym *proc) {
    return proc->node && bf_clause(proc->node->c, BF_N_REQUIRE);
}

static bool starts_on_violations(const struct bf_program *p, const struct bf_sym *proc) {
    for (const struct bf_node *n = proc->node ? proc->node->c : NULL; n; n = n->next)
        if (n->kind == BF_N_STARTS_ON && p->info[n->a->id].sym == p->events.first)
            return true;
    return false;
}

static void effects(struct start *w, const struct bf_node *n) {
    for (; n && w->c; n = n->next) {
        if (n->kind == BF_N_E_OPEN && !n->c) {
            struct bf_sym *to = w->p->info[n->a->id].sym;
            if (to && !asks(to))
                note(w, to, n);
        }
        for (struct bf_sym *s = w->p->procedures.first; n->kind == BF_N_E_VIOLATE && !n->c && s;
             s = s->next)
            if (starts_on_violations(w->p, s) && !asks(s))
                note(w, s, n);
    }
}

static void visit(struct start *w, const struct bf_sym *state);

static void go(struct start *w, const struct bf_node *goal) {
    const struct bf_sym *to = goal && goal->a ? w->p->info[goal->a->id].sym : NULL;
    if (to && to->kind == BF_SYM_STATE)
        visit(w, to);
}

static void lapse(struct start *w, const struct bf_node *n) {
    const struct bf_node *o = n->kind == BF_N_LASTS ? n : n->e;
    if (!w->lapses || !o || bf_clause(n->c, BF_N_C_IF) || !bf_may_be_past(&w->f, n))
        return;
    effects(w, o->e);
    if (n->kind == BF_N_LASTS || o->op == BF_OTHERWISE_GOTO)
        go(w, o->d);
}

static void run(struct start *w, const struct bf_node *n) {
    struct bf_sym *to = w->p->info[n->a->id].sym;
    if (!to || to->kind != BF_SYM_PROCEDURE)
        return;
    note(w, to, n);
    for (const struct bf_node *o = n->c; o; o = o->next) {
        const struct bf_sym *end = w->p->info[o->a->id].sym;
        if (!end || !ends(w->p, to, end, w->lapses, w->depth + 1))
            continue;
        effects(w, o->e);
        go(w, o->d);
    }
}

static void visit(struct start *w, const struct bf_sym *state) {
    const struct bf_node *when = bf_clause(state->node->c, BF_N_WHEN);
    if (w->seen[state->index])
        return;
    w->seen[state->index] = 1;
    w->found |= state == w->end;
    if (state->node->kind == BF_N_END) {
        effects(w, state->node->c);
        return;
    }
    if (when && !when->a) {
        go(w, when->d);
        return;
    }
    for (const struct bf_node *n = state->node->c; n; n = n->next) {
        if (n->kind == BF_N_MUST || n->kind == BF_N_LASTS)
            lapse(w, n);
        else if (n->kind == BF_N_RUN)
            run(w, n);
    }
}

static const struct bf_sym *first_state(const struct bf_sym *proc) {
    const struct bf_sym *s = proc->proc && !proc->broken ? proc->proc->states.first : NULL;
    while (s && s->index != proc->proc->initial)
        s = s->next;
    return s && s->node ? s : NULL;
}

static void begin(struct start *w, const struct bf_sym *proc) {
    const struct bf_sym *first = first_state(proc);
    if (!first)
        return;
    w->seen = bf_new_array(w->p->arena, uint8_t, proc->proc->states.count);
    visit(w, first);
}

static bool ends(struct bf_program *p, const struct bf_sym *proc, const struct bf_sym *end,
                 bool lapses, int depth) {
    struct start w = {.f = {.p = p}, .p = p, .end = end, .lapses = lapses, .depth = depth};
    if (depth < RUNS_MAX)
        begin(&w, proc);
    return w.found;
}

bool bf_ends_at_once(struct bf_program *p, const struct bf_sym *proc, const struct bf_sym *end) {
    return ends(p, proc, end, true, 0);
}

void bf_started_at_once(struct bf_checker *c, const struct bf_sym *proc, struct bf_call **starts) {
    struct start w = {.f = {.p = c->p}, .p = c->p, .c = c, .starts = starts};
    begin(&w, proc);
}
