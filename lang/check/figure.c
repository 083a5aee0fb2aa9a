/* figure: what is counted (measure), supposed (model) and claimed (assert) about procedures. See checker.h.
**
** A condition of a measure is read as a guard of the procedure it counts, whose name then stands for the case
** counted; it reads cases alone, since what a register said at the end of an interval is not kept.
*/
#include "lang/check/checker.h"

/* ---- measures ---- */

/* Does the decision read a register, by itself or by one it calls? */
static bool reads_register(struct bf_checker *c, const struct bf_node *n) {
    for (; n; n = n->next) {
        const struct bf_sym *s = n->kind == BF_N_CALL && n->a ? c->info[n->a->id].sym : NULL;
        if (n->kind == BF_N_INDEX)
            return true;
        if (s && s->kind == BF_SYM_DECISION && s->mark != c->stamp) {
            ((struct bf_sym *)(uintptr_t)s)->mark = c->stamp;
            if (reads_register(c, s->node->e))
                return true;
        }
        if (reads_register(c, n->a) || reads_register(c, n->b) || reads_register(c, n->c) ||
            reads_register(c, n->d) || reads_register(c, n->e))
            return true;
    }
    return false;
}

/* Whose row a case counts in: a party of its procedure. */
static struct bf_sym *per(struct bf_checker *c, struct bf_node *name, struct bf_sym *proc) {
    if (!name || !proc || name->kind != BF_N_NAME || (name->flags & BF_F_BROKEN))
        return NULL;
    struct bf_sym *s = bf_name_in(c, name, proc, BF_C_NAME, BF_T_KIND_PARTY);
    if (!s || s->node->kind == BF_N_PARTY)
        return s;
    struct bf_diag *d = bf_report(c, BF_E0370_NO_PARTY, name->span,
                                  BF_ARGS(bf_arg_name(s->name), bf_arg_name(proc->name)));
    bf_label(c, d, bf_sym_span(s), BF_T_DECLARED_HERE, BF_ARGS(bf_arg_text(bf_sym_kind_text(s))));
    return NULL;
}

static void tally(struct bf_checker *c, struct bf_node *n, struct bf_node *per_name) {
    struct bf_sym *proc = bf_name_global(c, n->a, BF_SYM_PROCEDURE, BF_T_KIND_PROCEDURE);
    if (!proc || !proc->proc)
        return;
    c->info[n->id].sym = per(c, per_name, proc);
    c->at =
        (struct bf_ctx){.where = BF_IN_PROCEDURE, .proc = proc, .state = BF_NONE, .counted = true};
    c->stamp++;
    if (n->b) {
        bf_condition(c, n->b);
        if (reads_register(c, n->b))
            bf_report(c, BF_E0371_COUNTS_CASES, n->b->span, BF_NOARGS);
    }
    c->at = (struct bf_ctx){0};
}

static void measure(struct bf_checker *c, struct bf_node *n) {
    if (n->d)
        tally(c, n->d, n->c);
    if (n->e)
        tally(c, n->e, n->c);
}

/* ---- models ---- */

static bool same_actor(const struct bf_checker *c, const struct bf_node *x,
                       const struct bf_node *y) {
    if (!x || !y || x->kind != y->kind)
        return false;
    if (x->kind == BF_N_NAME)
        return c->info[x->id].sym && c->info[x->id].sym == c->info[y->id].sym;
    return x->kind == BF_N_DOT && same_actor(c, x->a, y->a) && same_actor(c, x->b, y->b);
}

static bool by_subject(const struct bf_checker *c, const struct bf_node *subjects,
                       const struct bf_node *who) {
    for (const struct bf_node *x = subjects; x; x = x->next) {
        if (x->kind != BF_N_SUBJECT || !x->a)
            continue;
        const struct bf_type *t = c->info[x->a->id].type, *his = c->info[who->id].type;
        if (x->op == BF_SUBJECT_ANY ? t && his && bf_type_fits(his, t) : same_actor(c, x->a, who))
            return true;
    }
    return false;
}

static bool narrowed(const struct bf_checker *c, const struct bf_node *rule,
                     const struct bf_sym *state) {
    for (const struct bf_node *k = rule->c; k; k = k->next)
        if (k->kind == BF_N_C_IN) {
            for (const struct bf_node *s = k->a; s; s = s->next)
                if (c->info[s->id].sym == state)
                    return false;
            return true;
        }
    return false;
}

static bool rule_offers(const struct bf_checker *c, const struct bf_node *n,
                        const struct bf_sym *act, const struct bf_sym *state,
                        const struct bf_node *who) {
    if (n->kind != BF_N_MAY && n->kind != BF_N_MAY_EXTEND && n->kind != BF_N_MUST)
        return false;
    bool here = false;
    if (n->kind == BF_N_MAY)
        here = n->b && c->info[n->b->id].sym == act && !narrowed(c, n, state);
    if (n->kind == BF_N_MAY_EXTEND)
        here = c->info[n->id].sym == act;
    for (const struct bf_node *alt = n->kind == BF_N_MUST ? n->d : NULL; alt; alt = alt->next)
        here = here || (alt->b && c->info[alt->b->id].sym == act);
    return here && by_subject(c, n->a, who);
}

/* Does a rule let who do the act in the state? */
static bool offered(const struct bf_checker *c, const struct bf_sym *proc, const struct bf_sym *act,
                    const struct bf_sym *state, const struct bf_node *who) {
    for (const struct bf_node *n = proc->node->c; n; n = n->next) {
        if (rule_offers(c, n, act, state, who))
            return true;
        if (n != state->node)
            continue;
        for (const struct bf_node *i = n->c; i && n->kind == BF_N_STATE; i = i->next)
            if (rule_offers(c, i, act, state, who))
                return true;
    }
    return false;
}

static bf_arg source_of(const struct bf_checker *c, const struct bf_node *n) {
    bf_str text = c->p->parse->sources->file[n->span.file].text;
    return bf_arg_str((bf_str){text.p + n->span.start, n->span.end - n->span.start});
}

static void chances(struct bf_checker *c, struct bf_node *n, struct bf_sym *proc,
                    const struct bf_sym *state, bool actor) {
    int64_t all = 0;
    uint32_t stamp = ++c->stamp;
    const struct bf_node *nothing = NULL;
    for (struct bf_node *x = n->c; x; x = x->next) {
        all += x->num > 0 && x->num <= UINT32_MAX ? x->num : 0;
        if (x->num > UINT32_MAX)
            bf_report(c, BF_E0374_WEIGHT, x->span, BF_NOARGS);
        if (!x->a && nothing)
            bf_report(c, BF_E0102_CLAUSE_TWICE, x->span, BF_NOARGS);
        if (!x->a)
            nothing = x;
        struct bf_sym *act = x->a ? bf_name_in(c, x->a, proc, BF_C_ACT, BF_T_KIND_ACT) : NULL;
        if (!act)
            continue;
        if (act->mark == stamp)
            bf_report(c, BF_E0306_GIVEN_TWICE, x->span, BF_ARGS(bf_arg_name(x->a->name)));
        act->mark = stamp;
        if (actor && !offered(c, proc, act, state, n->b)) {
            struct bf_diag *d = bf_report(
                c, BF_E0373_NOT_OFFERED, x->a->span,
                BF_ARGS(source_of(c, n->b), bf_arg_name(x->a->name), bf_arg_name(state->name)));
            bf_label(c, d, bf_sym_span(state), BF_T_DECLARED_HERE,
                     BF_ARGS(bf_arg_text(BF_T_KIND_STATE)));
        }
    }
    if (all == 0)
        bf_report(c, BF_E0374_WEIGHT, n->c->span, BF_NOARGS);
}

static void answer(struct bf_checker *c, struct bf_node *n) {
    if (!n->a || n->a->kind != BF_N_DOT || n->a->a->kind != BF_N_NAME) {
        bf_report(c, BF_E0372_WHICH_STATE, n->a->span, BF_NOARGS);
        return;
    }
    struct bf_sym *proc = bf_name_global(c, n->a->a, BF_SYM_PROCEDURE, BF_T_KIND_PROCEDURE);
    if (!proc || !proc->proc)
        return;
    struct bf_sym *state = bf_name_in(c, n->a->b, proc, BF_C_STATE, BF_T_KIND_STATE);
    c->at = (struct bf_ctx){
        .where = BF_IN_PROCEDURE, .proc = proc, .state = state ? state->index : BF_NONE};
    bool actor = bf_body_actor(c, n->b);
    if (state)
        chances(c, n, proc, state, actor);
    if (n->e)
        bf_expr(c, n->e, NULL);
    if (n->d && n->e && (n->d->num < 1 || n->d->num > n->e->num))
        bf_report(c, BF_E0375_RANGE, n->d->span, BF_NOARGS);
    c->at = (struct bf_ctx){0};
}

static void model(struct bf_checker *c, struct bf_node *n) {
    for (struct bf_node *m = n->c; m; m = m->next) {
        bf_check_cites(c, m);
        if (m->flags & BF_F_BROKEN)
            continue;
        if (m->kind == BF_N_ANSWER) {
            answer(c, m);
            continue;
        }
        bf_name_global(c, m->a, BF_SYM_PROCEDURE, BF_T_KIND_PROCEDURE);
        if (m->num < 1)
            bf_report(c, BF_E0107_TOO_SMALL, m->span, BF_NOARGS);
    }
}

/* ---- asserts ---- */

/* A sum of periods written out; unlike elsewhere their units may differ, for it is compared unit by unit. */
static void bound(struct bf_checker *c, struct bf_node *n) {
    if (n->kind == BF_N_PERIOD) {
        bf_expr(c, n, NULL);
    } else if (n->kind == BF_N_ADD) {
        bound(c, n->a);
        bound(c, n->b);
    } else {
        struct bf_diag *d = bf_report(c, BF_E0376_BOUND, n->span, BF_NOARGS);
        bf_hint(c, d, BF_T_HINT_BOUND, BF_NOARGS);
    }
}

static void assertion(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *proc = bf_name_global(c, n->a, BF_SYM_PROCEDURE, BF_T_KIND_PROCEDURE);
    if (!proc || !proc->proc)
        return;
    if (n->b)
        bf_name_in(c, n->b, proc, BF_C_STATE, BF_T_KIND_STATE);
    if (n->c)
        bound(c, n->c);
    if (n->d)
        bf_name_in(c, n->d, proc, BF_C_ACT, BF_T_KIND_ACT);
}

void bf_check_figure(struct bf_checker *c, struct bf_node *n) {
    bf_check_cites(c, n);
    if (n->flags & BF_F_BROKEN)
        return;
    switch (n->kind) {
    case BF_N_MEASURE: measure(c, n); break;
    case BF_N_MODEL: model(c, n); break;
    case BF_N_ASSERT: assertion(c, n); break;
    default: break; /* no other is called a figure */
    }
}
