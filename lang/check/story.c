/* story: scenarios and the fixtures they share. See checker.h.
**
** What may be absent passes here as if it were there: a scenario is a test, and fails when it runs.
*/
#include "lang/check/checker.h"

/* ---- acts in scenarios ---- */

static const struct bf_type *actor(struct bf_checker *c, struct bf_node *e) {
    return e && bf_expect(c, e, c->party) ? c->info[e->id].type : c->broken;
}

/* Who opens a case is meant by the party that may start it and is not named, if there is one such. */
static void check_openers(struct bf_checker *c, const struct bf_node *n,
                          const struct bf_sym *proc) {
    const struct bf_sym *meant = NULL;
    for (const struct bf_sym *s = proc->first; s; s = s->next) {
        if (!s->opener || s->node->d || s->mark == c->stamp)
            continue;
        if (meant) {
            bf_report(c, BF_E0356_WHICH_OPENER, n->span,
                      BF_ARGS(bf_arg_name(meant->name), bf_arg_name(s->name)));
            return;
        }
        meant = s;
    }
}

static struct bf_sym *opens(struct bf_checker *c, struct bf_node *n) {
    const struct bf_type *opener = actor(c, n->a);
    struct bf_sym *proc = bf_name_global(c, n->b, BF_SYM_PROCEDURE, BF_T_KIND_PROCEDURE);
    if (!proc)
        return NULL;
    struct bf_args how = {.at = n,
                          .owner = proc,
                          .first = proc->first,
                          .named = true,
                          .optional = bf_data_optional,
                          .settable = bf_data_settable};
    c->opener = opener;
    bf_args_check(c, n->c, &how);
    c->opener = NULL;
    check_openers(c, n, proc);
    return proc;
}

static struct bf_sym *reports(struct bf_checker *c, struct bf_node *n) {
    actor(c, n->a);
    if (!n->b || n->b->kind != BF_N_NAME)
        return NULL;
    struct bf_sym *event = bf_builtin_find(n->b->name, 1 << BF_BC_EVENT)
                               ? c->violated
                               : bf_name_in(c, n->b, c->unit, BF_C_EVENT, BF_T_KIND_EVENT);
    if (!event)
        return NULL;
    c->info[n->b->id].sym = event;
    struct bf_args how = {
        .at = n, .owner = event, .first = event->first, .optional = bf_param_optional};
    bf_args_check(c, n->c, &how);
    return event;
}

/* consent(ACT), decline(ACT), of one member of a list consent(ACT, who: m). */
static void consents(struct bf_checker *c, struct bf_node *n, struct bf_sym *builtin,
                     const struct bf_sym *proc) {
    struct bf_node *arg = n->c, *who = arg ? arg->next : NULL;
    c->info[n->b->id].sym = builtin;
    if (who && bf_is_who(who->a)) { /* whose request, of several */
        c->info[who->id].sym = c->info[who->a->id].sym = c->builtin[BF_B_WHO];
        bf_expect(c, who->b, c->party);
        who = who->next;
    }
    if (!arg || who || arg->a || !arg->b || arg->b->kind != BF_N_NAME) {
        struct bf_diag *d =
            bf_report(c, BF_E0350_CONSENT_TO, n->b->span, BF_ARGS(bf_arg_name(n->b->name)));
        bf_hint(c, d, BF_T_HINT_CONSENT_TO, BF_ARGS(bf_arg_name(n->b->name)));
        return;
    }
    bf_name_in(c, arg->b, proc, BF_C_ACT, BF_T_KIND_ACT);
}

/* A case it is said of; false: it is none. */
static bool is_case(struct bf_checker *c, struct bf_node *n) {
    const struct bf_type *t = bf_expr(c, n, NULL);
    if (!bf_is_broken(t) && t->kind != BF_K_CASE)
        bf_report(c, BF_E0335_NO_CASE, n->span,
                  BF_ARGS(bf_arg_text(BF_T_KIND_VALUE), bf_type_arg(c, t)));
    return t->kind == BF_K_CASE;
}

static void does(struct bf_checker *c, struct bf_node *n) {
    actor(c, n->a);
    if (!n->d) {
        bf_report(c, BF_E0349_WHICH_CASE, n->span, BF_NOARGS);
        return;
    }
    if (!is_case(c, n->d) || !n->b || n->b->kind != BF_N_NAME)
        return;
    const struct bf_type *t = c->info[n->d->id].type;
    struct bf_sym *builtin = bf_builtin_find(n->b->name, 1 << BF_BC_ACT);
    if (builtin) {
        consents(c, n, builtin, t->sym);
        return;
    }
    struct bf_sym *act = bf_name_in(c, n->b, t->sym, BF_C_ACT, BF_T_KIND_ACT);
    if (!act)
        return;
    struct bf_args how = {.at = n,
                          .owner = act,
                          .first = act->first,
                          .who = !act->offered,
                          .optional = bf_param_optional};
    bf_args_check(c, n->c, &how);
}

/* by PERSON, deputy of PERSON; entered by PERSON */
static void persons(struct bf_checker *c, struct bf_node *n) {
    struct bf_node *const person[] = {n->a, n->b, n->c};
    for (int i = 0; i < 3; i++)
        if (person[i])
            bf_expect(c, person[i], bf_type_simple(c, BF_K_PERSON));
}

static void succeeds(struct bf_checker *c, struct bf_node *n) {
    if (n->a)
        bf_expect(c, n->a, bf_type_list(c, c->department, 0));
    if (n->b)
        bf_expect(c, n->b, c->department);
    if (n->c)
        bf_expect(c, n->c, c->text);
    if (n->d && is_case(c, n->d) && (!n->a->a || n->a->a->next))
        bf_report(c, BF_E0387_ONE_SUCCESSOR, n->a->span, BF_NOARGS);
}

static void act(struct bf_checker *c, struct bf_node *n) {
    if (n->e)
        persons(c, n->e);
    switch (n->kind) {
    case BF_N_SUCCEEDS: succeeds(c, n); break;
    case BF_N_OPENS: opens(c, n); break;
    case BF_N_REPORTS: reports(c, n); break;
    case BF_N_DOES: does(c, n); break;
    default: break; /* could not be read */
    }
}

/* ---- names ---- */

static const struct bf_type *let_type(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *s;
    if (n->e && n->e->kind == BF_N_PERSONS)
        persons(c, n->e);
    switch (n->kind) {
    case BF_N_OPENS: s = opens(c, n); return s ? bf_type_named(c, BF_K_CASE, s) : c->broken;
    case BF_N_REPORTS:
        s = reports(c, n);
        if (!s)
            return c->broken;
        if (s->owner && !s->several)
            return bf_type_named(c, BF_K_CASE, s->owner);
        bf_report(c, s->several ? BF_E0347_WHICH_STARTED : BF_E0348_STARTS_NONE, n->b->span,
                  BF_ARGS(bf_arg_name(n->b->name)));
        return c->broken;
    case BF_N_SUCCEEDS:
    case BF_N_DOES: bf_report(c, BF_E0351_ACT_NO_VALUE, n->span, BF_NOARGS); return c->broken;
    default: return bf_expr(c, n, NULL);
    }
}

void bf_body_fixture(struct bf_checker *c, struct bf_sym *s) {
    struct bf_node *value = s->node->b;
    c->at = (struct bf_ctx){.where = BF_IN_SCENARIO, .state = BF_NONE};
    if (!value || (value->flags & BF_F_BROKEN)) {
        s->type = c->broken;
    } else if (value->kind == BF_N_OPENS || value->kind == BF_N_REPORTS ||
               value->kind == BF_N_DOES || value->kind == BF_N_SUCCEEDS) {
        bf_report(c, BF_E0352_FIXTURE, value->span, BF_NOARGS);
        s->type = c->broken;
    } else {
        s->type = bf_expr(c, value, NULL);
    }
    c->at = (struct bf_ctx){0};
}

static void local(struct bf_checker *c, struct bf_node *n, uint32_t *count) {
    const struct bf_type *t = n->b ? let_type(c, n->b) : c->broken;
    if (!n->a || n->a->kind != BF_N_NAME)
        return;
    struct bf_sym *s = bf_sym_new(c, BF_SYM_LOCAL, n->a->name, n);
    s->type = t;
    s->index = (*count)++;
    c->info[n->a->id].sym = s;
    const struct bf_sym *first = bf_scope_add(c, c->scenario, BF_C_NAME, s);
    if (!first)
        return;
    struct bf_diag *d = bf_report(c, BF_E0202_TWICE, n->a->span, BF_ARGS(bf_arg_name(n->a->name)));
    bf_label(c, d, bf_sym_span(first), BF_T_FIRST_HERE, BF_ARGS(bf_arg_text(BF_T_KIND_LOCAL)));
}

static void switch_assume(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *s = bf_name_global(c, n->a, BF_SYM_ASSUME, BF_T_KIND_ASSUME);
    if (!n->b)
        return;
    if (bf_expect(c, n->b, s && s->type ? s->type : c->broken) && !bf_is_constant(c->p, n->b))
        bf_report(c, BF_E0314_CONSTANT, n->b->span, BF_NOARGS);
}

static void put(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *reg = bf_name_global(c, n->a, BF_SYM_REGISTER, BF_T_KIND_REGISTER);
    if (n->b)
        bf_expect(c, n->b, reg ? reg->type : c->broken);
}

static void statement(struct bf_checker *c, struct bf_node *n, uint32_t *locals) {
    switch (n->kind) {
    case BF_N_LET: local(c, n, locals); break;
    case BF_N_S_WAIT:
        if (n->a)
            bf_expr(c, n->a, NULL);
        break;
    case BF_N_S_ASSUME: switch_assume(c, n); break;
    case BF_N_S_PUT: put(c, n); break;
    case BF_N_S_EXPECT:
        if (n->a)
            bf_condition(c, n->a);
        break;
    case BF_N_S_REFUSED:
        if (n->a)
            act(c, n->a);
        break;
    case BF_N_OPENS:
    case BF_N_REPORTS:
    case BF_N_SUCCEEDS:
    case BF_N_DOES: act(c, n); break;
    default: break; /* S_AT holds literals only */
    }
}

void bf_body_scenario(struct bf_checker *c, struct bf_node *scenario) {
    uint32_t locals = 0;
    c->scenario = bf_new(c->arena, struct bf_sym);
    c->at = (struct bf_ctx){.where = BF_IN_SCENARIO, .state = BF_NONE};
    bf_check_cites(c, scenario);
    for (struct bf_node *n = scenario->b; n; n = n->next) {
        bf_check_cites(c, n);
        if (!(n->flags & BF_F_BROKEN))
            statement(c, n, &locals);
        else if (n->kind == BF_N_LET && n->a && n->a->kind == BF_N_NAME)
            bf_name_lose(c->p->parse->names, n->a->name);
    }
    c->scenario = NULL;
    c->at = (struct bf_ctx){0};
}
