/* body: the rules of decisions and procedures. See checker.h.
**
** What a guard has made sure of (bf_facts) holds in the effects that follow it, in the limit that is
** read with it, and nowhere else. Data that effects change are forgotten as they change.
*/
#include "lang/check/checker.h"

/* ---- decisions ---- */

void bf_body_decision(struct bf_checker *c, struct bf_sym *s) {
    struct bf_node *n = s->node;
    c->at = (struct bf_ctx){.where = BF_IN_DECISION, .params = s, .decision = s, .state = BF_NONE};
    bf_check_cites(c, n);
    for (struct bf_node *r = n->e; r; r = r->next) {
        uint32_t mark = bf_facts_mark(c);
        if (r->kind != BF_N_RULE)
            continue;
        if (r->flags & BF_F_BROKEN)
            s->broken = true;
        bf_check_cites(c, r);
        bf_want_cite(c, r, n);
        if (r->a) {
            bf_condition(c, r->a);
            bf_facts_assume(c, r->a, true);
        }
        if (r->b)
            bf_expect(c, r->b, s->type ? s->type : c->broken);
        bf_facts_back(c, mark);
    }
    if (!n->e && !(n->flags & BF_F_BROKEN))
        bf_report(c, BF_E0336_NO_RULES, n->a->span, BF_ARGS(bf_arg_name(s->name)));
    c->at = (struct bf_ctx){0};
}

/* ---- subjects ---- */

bool bf_body_actor(struct bf_checker *c, struct bf_node *e) {
    const struct bf_type *t = bf_expr(c, e, c->party);
    const struct bf_sym *s = e->kind == BF_N_NAME          ? c->info[e->id].sym
                             : e->kind == BF_N_DOT && e->b ? c->info[e->b->id].sym
                                                           : NULL;
    if (bf_is_broken(t))
        return false;
    bool party =
        s && (s->kind == BF_SYM_OFFICE || s == c->at.member ||
              (s->kind == BF_SYM_DATA && e->kind == BF_N_NAME && s->node->kind == BF_N_PARTY));
    if (party)
        return true;
    struct bf_diag *d = bf_report(c, BF_E0337_ACTOR, e->span, BF_NOARGS);
    if (s && s->node)
        bf_label(c, d, bf_sym_span(s), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(s))));
    if (s && s->kind == BF_SYM_DATA && bf_type_is_party(t))
        bf_hint(c, d, BF_T_HINT_PARTY, BF_ARGS(bf_arg_name(s->name)));
    return false;
}

static void subject_any(struct bf_checker *c, struct bf_node *type) {
    const struct bf_type *t = bf_type_read(c, type);
    if (!bf_is_broken(t) && (!bf_type_is_party(t) || t->optional))
        bf_report(c, BF_E0313_PER_PARTY, type->span, BF_ARGS(bf_type_arg(c, t)));
}

/* The member that a rule's subject introduces, and that the rule speaks of; NULL: it introduces none. */
static struct bf_sym *member_of(struct bf_checker *c, const struct bf_node *subject) {
    return subject && subject->kind == BF_N_SUBJECT && subject->b ? c->info[subject->id].sym : NULL;
}

static void subjects(struct bf_checker *c, struct bf_node *list) {
    for (struct bf_node *x = list; x; x = x->next) {
        if (x->kind != BF_N_SUBJECT || !x->a || (x->flags & BF_F_BROKEN))
            continue;
        bf_check_cites(c, x);
        if (x->op == BF_SUBJECT_ANY)
            subject_any(c, x->a);
        else if (x->op == BF_SUBJECT_ONE)
            bf_body_actor(c, x->a);
        else
            bf_report(c, BF_E0381_EACH_PLACE, x->span, BF_NOARGS);
    }
}

/* ---- effects ---- */

static void effect_set(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *s = bf_name_in(c, n->a, c->at.proc, BF_C_NAME, BF_T_KIND_DATA);
    if (!s || !n->b)
        return;
    const struct bf_type *t = s->type ? s->type : c->broken;
    if (s->node->kind != BF_N_KEEP) {
        struct bf_diag *d = bf_report(c, BF_E0338_FIXED, n->a->span, BF_ARGS(bf_arg_name(s->name)));
        bf_label(c, d, bf_sym_span(s), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(s))));
        bf_hint(c, d, BF_T_HINT_KEEP, BF_NOARGS);
    }
    if (n->kind == BF_N_E_SET) {
        bf_expect(c, n->b, t);
    } else if (t->kind == BF_K_LIST) {
        bf_expect(c, n->b, t->elem);
        if (n->d)
            bf_expect(c, n->d, t->elem);
    } else {
        if (!bf_is_broken(t))
            bf_report(c, BF_E0339_NO_LIST, n->a->span,
                      BF_ARGS(bf_arg_name(s->name), bf_type_arg(c, t)));
        bf_expr(c, n->b, NULL);
    }
    bf_facts_forget(c, s);
}

static void effect_open(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *proc = bf_name_global(c, n->a, BF_SYM_PROCEDURE, BF_T_KIND_PROCEDURE);
    if (!proc)
        return;
    struct bf_args how = {.at = n,
                          .owner = proc,
                          .first = proc->first,
                          .named = true,
                          .optional = bf_data_given,
                          .settable = bf_data_settable};
    bf_args_check(c, n->b, &how);
}

static void effect_extend(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *duty = bf_name_in(c, n->a, c->at.proc, BF_C_DUTY, BF_T_KIND_DUTY);
    if (!n->b)
        return;
    if (n->op == 1) {
        bf_expect(c, n->b, c->date);
        return;
    }
    const struct bf_type *t = bf_expr(c, n->b, NULL);
    if (!bf_is_broken(t) && t->kind != BF_K_PERIOD)
        bf_report(c, BF_E0301_TYPE, n->b->span,
                  BF_ARGS(bf_arg_text(BF_T_KIND_PERIOD), bf_type_arg(c, t)));
    else if (duty && !bf_is_broken(t))
        bf_match_unit(c, n->b, t, duty);
}

/* A document is a record: its fields are what it says. */
static void effect_issue(struct bf_checker *c, struct bf_node *n) {
    const struct bf_type *t = n->a ? bf_expr(c, n->a, NULL) : c->broken;
    if (t->optional)
        bf_expect(c, n->a, t->base);
    else if (!bf_is_broken(t) && t->kind != BF_K_RECORD)
        bf_report(c, BF_E0359_NO_DOCUMENT, n->a->span, BF_ARGS(bf_type_arg(c, t)));
    if (n->b)
        bf_expect(c, n->b, c->party);
}

/* ---- what is sealed ---- */

static bool is_sealed(const struct bf_sym *s) {
    return s && s->kind == BF_SYM_DATA && s->node && (s->node->flags & BF_F_SEALED);
}

/* Does any name in an expression mean the symbol? */
static bool names(const struct bf_checker *c, const struct bf_node *e, const struct bf_sym *s) {
    if (!e || (e->kind == BF_N_NAME && c->info[e->id].sym == s))
        return e != NULL;
    const struct bf_node *const part[] = {e->a, e->b, e->c, e->d};
    bool found = false;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        for (const struct bf_node *n = part[i]; n && !found; n = n->next)
            found = names(c, n, s);
    return found;
}

/* An argument that one of the effects fills sealed data with is sealed with them, before and after it. */
static bool fills_sealed(const struct bf_checker *c, const struct bf_sym *s) {
    bool found = false;
    for (const struct bf_node *n = c->at.effects; n && !found; n = n->next)
        found = (n->kind == BF_N_E_SET || n->kind == BF_N_E_ADD) && n->a &&
                is_sealed(c->info[n->a->id].sym) && names(c, n->b, s);
    return found;
}

/* The first name of sealed data, or of such an argument, in an expression. */
static const struct bf_node *sealed_in(const struct bf_checker *c, const struct bf_node *e) {
    const struct bf_node *found = NULL;
    const struct bf_sym *s = e && e->kind == BF_N_NAME ? c->info[e->id].sym : NULL;
    if (s && (is_sealed(s) || (s->kind == BF_SYM_PARAM && fills_sealed(c, s))))
        return e;
    if (!e)
        return NULL;
    const struct bf_node *const part[] = {e->a, e->b, e->c, e->d};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        for (const struct bf_node *n = part[i]; n && !found; n = n->next)
            found = sealed_in(c, n);
    return found;
}

/* What is put where others read it is sealed no more. */
static void leaks(struct bf_checker *c, const struct bf_node *e) {
    const struct bf_node *name = sealed_in(c, e);
    if (name)
        bf_report(c, BF_N0365_UNSEALED, name->span, BF_ARGS(bf_arg_name(name->name)));
}

static void args_leak(struct bf_checker *c, const struct bf_node *args) {
    for (const struct bf_node *arg = args; arg; arg = arg->next)
        if (!is_sealed(c->info[arg->id].sym))
            leaks(c, arg->b);
}

static void effect_leaks(struct bf_checker *c, const struct bf_node *n) {
    switch (n->kind) {
    case BF_N_E_SET:
    case BF_N_E_ADD:
        if (n->a && !is_sealed(c->info[n->a->id].sym))
            leaks(c, n->b);
        break;
    case BF_N_E_PUT:
    case BF_N_E_NOTIFY: leaks(c, n->b); break;
    case BF_N_E_ISSUE: leaks(c, n->a); break;
    case BF_N_E_OPEN: args_leak(c, n->b); break;
    default: break; /* the others carry nothing away */
    }
}

static void effect(struct bf_checker *c, struct bf_node *n) {
    switch (n->kind) {
    case BF_N_E_SET:
    case BF_N_E_ADD:
    case BF_N_E_REMOVE: effect_set(c, n); break;
    case BF_N_E_PUT: {
        struct bf_sym *reg = bf_name_global(c, n->a, BF_SYM_REGISTER, BF_T_KIND_REGISTER);
        if (n->b)
            bf_expect(c, n->b, reg ? reg->type : c->broken);
        if (reg)
            bf_facts_forget(c, reg);
        break;
    }
    case BF_N_E_NOTIFY:
        if (n->a)
            bf_expect(c, n->a, c->party);
        if (n->b)
            bf_expect(c, n->b, bf_type_optional(c, c->text));
        break;
    case BF_N_E_VIOLATE:
        bf_name_global(c, n->a, BF_SYM_VIOLATION, BF_T_KIND_VIOLATION);
        if (n->b)
            bf_expect(c, n->b, c->party);
        break;
    case BF_N_E_EXCUSE:
        if (n->a)
            bf_expect(c, n->a, c->violation);
        break;
    case BF_N_E_ISSUE: effect_issue(c, n); break;
    case BF_N_E_OPEN: effect_open(c, n); break;
    case BF_N_E_RESTART: bf_name_in(c, n->a, c->at.proc, BF_C_DUTY, BF_T_KIND_DUTY); break;
    case BF_N_E_EXTEND: effect_extend(c, n); break;
    default: break; /* no effect: it could not be read */
    }
}

static void effects(struct bf_checker *c, struct bf_node *list) {
    c->at.effects = list;
    for (struct bf_node *n = list; n; n = n->next) {
        uint32_t mark = bf_facts_mark(c);
        if (n->flags & BF_F_BROKEN)
            continue;
        bf_check_cites(c, n);
        if (n->c) {
            bf_condition(c, n->c);
            bf_facts_assume(c, n->c, true);
        }
        effect(c, n);
        bf_facts_back(c, mark);
    }
    for (const struct bf_node *n = list; n; n = n->next)
        if (!(n->flags & BF_F_BROKEN))
            effect_leaks(c, n);
}

/* ---- clauses ---- */

/* An assumption, a decision, data of the case, or an act that has happened and carried none, may leave a limit
** open; anything else must be there. */
static bool may_be_open(const struct bf_checker *c, const struct bf_node *e) {
    const struct bf_sym *s = c->info[e->id].sym;
    if (e->kind == BF_N_DOT && e->a) {
        const struct bf_sym *act = c->info[e->a->id].sym;
        return !s && act && act->kind == BF_SYM_ACT;
    }
    return e->kind == BF_N_CALL ||
           (e->kind == BF_N_NAME && s && (s->kind == BF_SYM_ASSUME || s->kind == BF_SYM_DATA));
}

/* What a limit is: of WITHIN a period, of BY a Date, of NOT_BEFORE either; or none. */
static const struct bf_type *limit(struct bf_checker *c, struct bf_node *e, int clause) {
    bool date = clause != BF_N_C_WITHIN, period = clause != BF_N_C_BY;
    if (e->kind == BF_N_MONTH_DAY)
        return c->date;
    if (e->kind == BF_N_NONE) {
        const struct bf_type *t = date ? c->date : c->period[BF_UNIT_DAYS];
        return c->info[e->id].type = bf_type_optional(c, t);
    }
    const struct bf_type *t = bf_expr(c, e, NULL);
    if (bf_is_broken(t))
        return t;
    if (!(date && t->kind == BF_K_DATE) && !(period && t->kind == BF_K_PERIOD)) {
        struct bf_diag *d =
            bf_report(c, BF_E0301_TYPE, e->span,
                      BF_ARGS(date ? bf_type_arg(c, c->date) : bf_arg_text(BF_T_KIND_PERIOD),
                              bf_type_arg(c, t)));
        if (!date && t->kind == BF_K_DATE)
            bf_hint(c, d, BF_T_HINT_BY, BF_NOARGS);
        if (date && t->kind == BF_K_PERIOD)
            bf_hint(c, d, BF_T_HINT_WITHIN, BF_NOARGS);
        return c->broken;
    }
    if (t->optional && !may_be_open(c, e))
        bf_expect(c, e, t->base);
    return t;
}

/* `from E`: start, an act, a state, or a Date. */
static void from_clause(struct bf_checker *c, struct bf_node *e) {
    struct bf_sym *act = NULL, *state = NULL, *duty = NULL;
    if (e->kind == BF_N_NAME) {
        const struct bf_sym *b = bf_builtin_find(e->name, 1 << BF_BC_VALUE);
        if (b && b->builtin == BF_B_START) {
            c->info[e->id].sym = c->builtin[BF_B_START];
            return;
        }
        act = bf_scope_find(c, c->at.proc, BF_C_ACT, e->name);
        state = bf_scope_find(c, c->at.proc, BF_C_STATE, e->name);
        duty = bf_scope_find(c, c->at.proc, BF_C_DUTY, e->name);
    }
    struct bf_sym *data = act || state ? bf_scope_find(c, c->at.proc, BF_C_NAME, e->name) : NULL;
    struct bf_sym *second = act && state ? state : data;
    if (second) {
        struct bf_sym *first = act ? act : state;
        struct bf_diag *d =
            bf_report(c, BF_E0206_AMBIGUOUS, e->span,
                      BF_ARGS(bf_arg_name(e->name), bf_arg_text(bf_sym_kind_text(first)),
                              bf_arg_text(bf_sym_kind_text(second))));
        bf_label(c, d, bf_sym_span(first), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(first))));
        bf_label(c, d, bf_sym_span(second), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(second))));
        return;
    }
    if (act || state) {
        c->info[e->id].sym = act ? act : state;
        return;
    }
    if (duty) {
        struct bf_diag *d = bf_report(c, BF_E0205_WRONG_KIND, e->span,
                                      BF_ARGS(bf_arg_name(e->name), bf_arg_text(BF_T_KIND_DUTY),
                                              bf_arg_text(BF_T_KIND_START)));
        bf_hint(c, d, BF_T_HINT_FROM_ACT, BF_NOARGS);
        return;
    }
    if (e->kind == BF_N_NAME && !bf_scope_find(c, c->at.proc, BF_C_NAME, e->name) &&
        !bf_global(c, e->name) && !(c->at.member && c->at.member->name == e->name)) {
        const void *const owners[] = {c->at.proc, NULL};
        struct bf_diag *d = bf_undefined(c, e, BF_C_ACT, owners, BF_T_KIND_START);
        bf_hint(c, d, BF_T_HINT_START, BF_NOARGS);
        return;
    }
    bf_expect(c, e, c->date);
}

struct clauses {
    struct bf_node *guard, *limit, *from, *consent;
    const struct bf_type *unit; /* type of the limit */
};

static struct clauses find_clauses(struct bf_checker *c, struct bf_node *list) {
    struct clauses k = {0};
    for (struct bf_node *n = list; n; n = n->next) {
        bf_check_cites(c, n);
        switch (n->kind) {
        case BF_N_C_IF:
        case BF_N_C_UNLESS: k.guard = n->a; break;
        case BF_N_C_WITHIN:
        case BF_N_C_BY:
        case BF_N_C_NOT_BEFORE: k.limit = n; break;
        case BF_N_C_FROM: k.from = n->a; break;
        case BF_N_C_CONSENT: k.consent = n; break;
        case BF_N_C_ONCE:
            if (n->num < 1)
                bf_report(c, BF_E0107_TOO_SMALL, n->span, BF_NOARGS);
            break;
        default: break; /* names of states are resolved, reports have subjects only */
        }
    }
    return k;
}

/* `dated ARG`: a Date that the act carries. `distinct from ACT`: acts of this procedure. */
static void special_clauses(struct bf_checker *c, struct bf_node *list, struct bf_sym *act) {
    for (struct bf_node *n = list; n; n = n->next) {
        if (n->kind == BF_N_C_DATED && act && act->kind == BF_SYM_ACT) {
            struct bf_sym *arg = bf_name_in(c, n->a, act, BF_C_NAME, BF_T_KIND_PARAM);
            if (arg && arg->type && arg->type->base != c->date && !bf_is_broken(arg->type))
                bf_report(c, BF_E0301_TYPE, n->a->span,
                          BF_ARGS(bf_type_arg(c, c->date), bf_type_arg(c, arg->type)));
        }
        for (struct bf_node *x = n->kind == BF_N_C_DISTINCT ? n->a : NULL; x; x = x->next)
            if (bf_name_in(c, x, c->at.proc, BF_C_ACT, BF_T_KIND_ACT) == act && act)
                bf_report(c, BF_E0358_DISTINCT_SELF, x->span, BF_ARGS(bf_arg_name(x->name)));
    }
}

static void clause_subjects(struct bf_checker *c, struct bf_node *list) {
    for (struct bf_node *n = list; n; n = n->next)
        if (n->kind == BF_N_C_CONSENT || n->kind == BF_N_C_REPORTING)
            subjects(c, n->a);
}

/* What a period runs from. If it is an act, that act has happened where the period is read. */
static void read_from(struct bf_checker *c, struct bf_node *e) {
    c->at.from = NULL;
    if (!e)
        return;
    from_clause(c, e);
    struct bf_sym *s = e->kind == BF_N_NAME ? c->info[e->id].sym : NULL;
    if (s && s->kind == BF_SYM_ACT)
        c->at.from = s;
}

static void limit_clause(struct bf_checker *c, struct clauses *k) {
    read_from(c, k->from);
    if (k->limit && k->limit->a)
        k->unit = limit(c, k->limit->a, k->limit->kind);
    c->at.from = NULL;
    bool counted = k->limit && (k->limit->kind == BF_N_C_WITHIN ||
                                (k->limit->kind == BF_N_C_NOT_BEFORE && k->unit &&
                                 (k->unit->kind == BF_K_PERIOD || bf_is_broken(k->unit))));
    if (k->from && !counted) {
        struct bf_diag *d = bf_report(c, BF_E0341_FROM_ALONE, k->from->span, BF_NOARGS);
        bf_hint(c, d, BF_T_HINT_WITHIN, BF_NOARGS);
    }
}

/* The guard; what it makes sure of stays known. */
static void guard(struct bf_checker *c, const struct clauses *k) {
    if (!k->guard)
        return;
    bf_condition(c, k->guard);
    bf_facts_assume(c, k->guard, true);
    if (k->consent) /* the act takes effect later */
        bf_facts_keep_fixed(c);
}

/* ---- acts ---- */

static void tell_signature(struct bf_checker *c, const struct bf_node *act,
                           const struct bf_sym *s) {
    struct bf_diag *d = bf_report(c, BF_E0207_SIGNATURE, act->span, BF_ARGS(bf_arg_name(s->name)));
    bf_label(c, d, bf_sym_span(s), BF_T_FIRST_HERE, BF_ARGS(bf_arg_text(BF_T_KIND_ACT)));
}

/* A later head of an act must say the same as the first. */
static void check_signature(struct bf_checker *c, struct bf_node *act, const struct bf_sym *s) {
    const struct bf_sym *first = s->first;
    bool same = true;
    if (s->node == act)
        return;
    for (struct bf_node *x = act->c; x; x = x->next) {
        const struct bf_type *t = x->c ? bf_type_read(c, x->c) : c->broken;
        if (first && x->a && x->a->kind == BF_N_NAME && first->name == x->a->name &&
            (t == first->type || bf_is_broken(t) || !first->type || bf_is_broken(first->type))) {
            c->info[x->id].sym = c->info[x->a->id].sym = (struct bf_sym *)(uintptr_t)first;
            first = first->next;
        } else {
            same = false;
            break;
        }
    }
    if (!same || first)
        tell_signature(c, act, s);
}

static bool is_today(const struct bf_checker *c, const struct bf_node *n) {
    const struct bf_sym *s = n->kind == BF_N_NAME ? c->info[n->id].sym : NULL;
    return s && s->kind == BF_SYM_BUILTIN && s->builtin == BF_B_TODAY;
}

static bool reads_argument(const struct bf_checker *c, const struct bf_node *n,
                           const struct bf_sym *act) {
    for (; n; n = n->next) {
        const struct bf_sym *s = c->info[n->id].sym;
        if (s && s->kind == BF_SYM_PARAM && s->owner == act)
            return true;
        if (reads_argument(c, n->a, act) || reads_argument(c, n->b, act))
            return true;
    }
    return false;
}

/* `today > D` as a condition where `not before` would do: what was asked for too early is then told when it opens. A
** day that the act carries no window can read. */
static void note_waits(struct bf_checker *c, const struct bf_node *n, const struct bf_sym *act) {
    for (const struct bf_node *x = n->kind == BF_N_AND ? n->a : NULL; x; x = x->next)
        note_waits(c, x, act);
    if (n->kind != BF_N_COMPARE || !n->a || !n->b)
        return;
    bool later = n->op == BF_GT || n->op == BF_GE, sooner = n->op == BF_LT || n->op == BF_LE;
    const struct bf_node *day = later && is_today(c, n->a)    ? n->b
                                : sooner && is_today(c, n->b) ? n->a
                                                              : NULL;
    if (!day || reads_argument(c, day, act))
        return;
    struct bf_diag *d = bf_report(c, BF_N0367_WAITS, n->span, BF_NOARGS);
    bf_hint(c, d, BF_T_HINT_OPENS_ON, BF_NOARGS);
}

/* What a permission and an act of a duty's block have in common. */
static void act_body(struct bf_checker *c, struct bf_node *n, struct bf_sym *act) {
    uint32_t mark = bf_facts_mark(c);
    struct clauses k = find_clauses(c, n->c);
    if (n->b) {
        bf_check_cites(c, n->b);
        if (act && act->kind == BF_SYM_ACT && !act->duty)
            check_signature(c, n->b, act);
    }
    c->at.params = act;
    guard(c, &k); /* holds where the limit counts: else there is no limit (judge_window) */
    c->at.params = NULL;
    limit_clause(c, &k);
    clause_subjects(c, n->c);
    special_clauses(c, n->c, act);
    c->at.params = act;
    if (k.guard && !k.limit)
        note_waits(c, k.guard, act);
    c->at.just = act;
    effects(c, n->e);
    c->at.just = NULL;
    c->at.params = NULL;
    bf_facts_back(c, mark);
}

/* Written outside states and narrowed to one: as if written there. */
static uint32_t only_state(const struct bf_checker *c, const struct bf_node *clauses) {
    for (const struct bf_node *k = clauses; k; k = k->next)
        if (k->kind == BF_N_C_IN && k->a && !k->a->next && c->info[k->a->id].sym)
            return c->info[k->a->id].sym->index;
    return BF_NONE;
}

static void body_may(struct bf_checker *c, struct bf_node *n) {
    uint32_t state = c->at.state;
    if (state == BF_NONE)
        c->at.state = only_state(c, n->c);
    if (n->a && n->a->op == BF_SUBJECT_ANY_OF && !n->a->next)
        c->at.member = member_of(c, n->a);
    else
        subjects(c, n->a);
    act_body(c, n, n->b ? c->info[n->b->id].sym : NULL);
    c->at.member = NULL;
    c->at.state = state;
}

static void body_otherwise(struct bf_checker *c, struct bf_node *n) {
    if (!n || (n->flags & BF_F_BROKEN))
        return;
    bf_check_cites(c, n);
    if (n->op == BF_OTHERWISE_DEEMED)
        bf_name_in(c, n->a, c->at.proc, BF_C_ACT, BF_T_KIND_ACT);
    effects(c, n->e);
}

static void body_must(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *duty = c->info[n->id].sym;
    uint32_t mark = bf_facts_mark(c);
    struct clauses k = find_clauses(c, n->c);
    if (n->a && (n->a->op == BF_SUBJECT_EACH || n->a->op == BF_SUBJECT_IN_TURN) && !n->a->next)
        c->at.member = member_of(c, n->a);
    else
        subjects(c, n->a);
    if (n->a && n->a->kind == BF_N_SUBJECT && (n->a->op == BF_SUBJECT_ANY || n->a->next))
        bf_report(c, BF_E0346_DUTY_OF_ONE, n->a->span, BF_NOARGS);
    guard(c, &k);
    limit_clause(c, &k);
    clause_subjects(c, n->c);
    bf_facts_back(c, mark);
    if (duty && k.unit)
        duty->type = k.unit->base;
    if (!k.limit && !k.from && !bf_limit_swallowed(n)) {
        struct bf_diag *d = bf_report(c, BF_E0342_NO_LIMIT, n->b ? n->b->span : n->span, BF_NOARGS);
        bf_hint(c, d, BF_T_HINT_NO_LIMIT, BF_NOARGS);
    } else if (k.limit && k.limit->kind == BF_N_C_NOT_BEFORE) {
        bf_report(c, BF_E0342_NO_LIMIT, k.limit->span, BF_NOARGS);
    }
    for (struct bf_node *alt = n->d; alt; alt = alt->next) {
        if (alt->kind != BF_N_ALT || (alt->flags & BF_F_BROKEN))
            continue;
        bf_check_cites(c, alt);
        act_body(c, alt, alt->b ? c->info[alt->b->id].sym : NULL);
    }
    body_otherwise(c, n->e);
    c->at.member = NULL;
}

static void body_must_not(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *act = n->b ? c->info[n->b->id].sym : NULL;
    struct clauses k = find_clauses(c, n->c);
    subjects(c, n->a);
    if (act)
        check_signature(c, n->b, act);
    c->at.params = act;
    if (k.guard)
        bf_condition(c, k.guard);
    c->at.params = NULL;
    if (n->d)
        bf_name_global(c, n->d, BF_SYM_VIOLATION, BF_T_KIND_VIOLATION);
}

void bf_match_unit(struct bf_checker *c, const struct bf_node *e, const struct bf_type *t,
                   const struct bf_sym *duty) {
    if (!duty->type || duty->type->kind != BF_K_PERIOD || t->kind != BF_K_PERIOD ||
        duty->type->unit == t->unit)
        return;
    struct bf_diag *d = bf_report(
        c, BF_E0305_EXTENSION, e->span,
        BF_ARGS(bf_arg_name(duty->name), bf_unit_arg(t->unit), bf_unit_arg(duty->type->unit)));
    bf_label(c, d, e->span, bf_unit_text(t->unit), BF_NOARGS);
    for (const struct bf_node *k = duty->node->c; k; k = k->next)
        if (k->kind == BF_N_C_WITHIN && k->a)
            bf_label(c, d, k->a->span, BF_T_DUTY_COUNTS,
                     BF_ARGS(bf_arg_name(duty->name), bf_unit_arg(duty->type->unit)));
    bf_hint(c, d, BF_T_HINT_UNITS, BF_NOARGS);
}

/* A member extends his own, if he alone is named; others what every member has. */
static struct bf_sym *extending_member(struct bf_checker *c, const struct bf_node *n,
                                       const struct bf_sym *act) {
    struct bf_sym *member = act && act->duty ? act->duty->member : NULL;
    const struct bf_node *x = n->a;
    bool his = member && x && !x->next && x->op == BF_SUBJECT_ONE && x->a->kind == BF_N_NAME &&
               x->a->name == member->name;
    (void)c;
    return his ? member : NULL;
}

static void body_may_extend(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *act = c->info[n->id].sym;
    c->at.member = extending_member(c, n, act);
    subjects(c, n->a);
    uint32_t mark = bf_facts_mark(c);
    struct clauses k = find_clauses(c, n->c);
    c->at.params = act;
    guard(c, &k); /* it is judged before the cap */
    c->at.params = NULL;
    if (n->d) {
        const struct bf_type *t = bf_expr(c, n->d, NULL);
        if (!bf_is_broken(t) && t->kind != BF_K_PERIOD)
            bf_report(c, BF_E0301_TYPE, n->d->span,
                      BF_ARGS(bf_arg_text(BF_T_KIND_PERIOD), bf_type_arg(c, t)));
        else if (t->optional)
            bf_expect(c, n->d, t->base);
    }
    limit_clause(c, &k);
    clause_subjects(c, n->c);
    special_clauses(c, n->c, act);
    c->at.params = act;
    c->at.just = act;
    effects(c, n->e);
    c->at.just = NULL;
    c->at.params = NULL;
    c->at.member = NULL;
    bf_facts_back(c, mark);
}

static void body_lasts(struct bf_checker *c, struct bf_node *n) {
    uint32_t mark = bf_facts_mark(c);
    struct clauses k = find_clauses(c, n->c);
    guard(c, &k);
    read_from(c, k.from);
    if (n->a)
        limit(c, n->a, false);
    c->at.from = NULL;
    bf_facts_back(c, mark);
    effects(c, n->e);
}

static void body_pauses(struct bf_checker *c, struct bf_node *n) {
    for (struct bf_node *d = n->a; d; d = d->next)
        bf_name_in(c, d, c->at.proc, BF_C_DUTY, BF_T_KIND_DUTY);
    if (n->b)
        bf_condition(c, n->b);
}

/* ---- what is run ---- */

static void outcome(struct bf_checker *c, struct bf_node *n, const struct bf_node *x,
                    struct bf_sym *act) {
    struct bf_sym *end = bf_name_in(c, x->a, act->runs, BF_C_STATE, BF_T_KIND_STATE);
    bf_check_cites(c, x);
    if (end && (!end->node || end->node->kind != BF_N_END)) {
        struct bf_diag *d =
            bf_report(c, BF_E0361_NO_OUTCOME, x->a->span,
                      BF_ARGS(bf_arg_name(x->a->name), bf_arg_name(act->runs->name)));
        if (end->node)
            bf_label(c, d, bf_sym_span(end), BF_T_DECLARED_HERE,
                     BF_ARGS(bf_arg_text(bf_sym_kind_text(end))));
    }
    for (const struct bf_node *y = n->c; y != x; y = y->next)
        if (end && c->info[y->a->id].sym == end) {
            struct bf_diag *d =
                bf_report(c, BF_E0306_GIVEN_TWICE, x->a->span, BF_ARGS(bf_arg_name(x->a->name)));
            bf_label(c, d, y->a->span, BF_T_SAID_FIRST, BF_NOARGS);
            break;
        }
    c->at.just = act;
    effects(c, x->e);
    c->at.just = NULL;
}

/* Every way it can end is followed by something. */
static void outcomes_complete(struct bf_checker *c, const struct bf_node *n,
                              const struct bf_sym *runs) {
    struct bf_buf missing;
    bf_buf_in(&missing, c->arena);
    for (const struct bf_sym *s = runs->proc->states.first; s; s = s->next) {
        bool only_left = s == runs->cancelled && !s->uses; /* no move of its own leads there */
        bool there = s->node->kind != BF_N_END || only_left;
        for (const struct bf_node *x = n->c; x && !there; x = x->next)
            there = c->info[x->a->id].sym == s || (x->flags & BF_F_BROKEN);
        if (there)
            continue;
        bf_buf_z(&missing, missing.len ? ", " : "");
        bf_buf_str(&missing, s->name->text);
    }
    if (!missing.len)
        return;
    struct bf_diag *d =
        bf_report(c, BF_E0362_OUTCOMES, n->a->span,
                  BF_ARGS(bf_arg_name(n->a->name), bf_arg_str(bf_buf_view(&missing))));
    bf_hint(c, d, BF_T_HINT_OUTCOME, BF_NOARGS);
}

static void body_run(struct bf_checker *c, struct bf_node *n, const struct bf_node *first) {
    struct bf_sym *act = c->info[n->id].sym;
    if (c->at.state == BF_NONE)
        bf_report(c, BF_E0363_RUN_OUTSIDE, n->a->span, BF_NOARGS);
    for (const struct bf_node *x = first; x != n && c->at.state != BF_NONE; x = x->next)
        if (x->kind == BF_N_RUN) {
            struct bf_diag *d = bf_report(c, BF_E0364_RUN_TWICE, n->a->span, BF_NOARGS);
            bf_label(c, d, x->a->span, BF_T_SAID_FIRST, BF_NOARGS);
            bf_hint(c, d, BF_T_HINT_RUN_TWICE, BF_NOARGS);
            break;
        }
    if (!act || !act->runs)
        return;
    struct bf_args how = {.at = n,
                          .owner = act->runs,
                          .first = act->runs->first,
                          .named = true,
                          .optional = bf_data_given,
                          .settable = bf_data_settable};
    bf_args_check(c, n->b, &how);
    args_leak(c, n->b);
    for (struct bf_node *x = n->c; x; x = x->next)
        if (!(x->flags & BF_F_BROKEN))
            outcome(c, n, x, act);
    outcomes_complete(c, n, act->runs);
}

/* ---- items ---- */

static void check_outer(struct bf_checker *c, struct bf_node *n, const struct bf_node *outer) {
    bf_check_cites(c, n);
    bf_want_cite(c, n, outer);
}

/* What may stand in a state, of whose items `first` is the first, and outside. */
static void item(struct bf_checker *c, struct bf_node *n, const struct bf_node *first,
                 const struct bf_node *outer) {
    if (n->flags & BF_F_BROKEN) {
        c->at.proc->broken = true;
        return;
    }
    switch (n->kind) {
    case BF_N_MAY:
        check_outer(c, n, outer);
        body_may(c, n);
        break;
    case BF_N_MUST:
        check_outer(c, n, outer);
        body_must(c, n);
        break;
    case BF_N_MUST_NOT:
        check_outer(c, n, outer);
        body_must_not(c, n);
        break;
    case BF_N_MAY_EXTEND:
        check_outer(c, n, outer);
        body_may_extend(c, n);
        break;
    case BF_N_LASTS:
        check_outer(c, n, outer);
        body_lasts(c, n);
        break;
    case BF_N_PAUSES:
        bf_check_cites(c, n);
        body_pauses(c, n);
        break;
    case BF_N_RUN:
        check_outer(c, n, outer);
        body_run(c, n, c->at.state == BF_NONE ? n : first);
        break;
    case BF_N_WHEN:
        bf_check_cites(c, n);
        c->at.routing = true;
        if (n->a)
            bf_condition(c, n->a);
        c->at.routing = false;
        break;
    default: break; /* data, starts and states are not rules of a state */
    }
}

static void body_state(struct bf_checker *c, struct bf_node *n) {
    const struct bf_sym *s = c->info[n->id].sym;
    const struct bf_node *outer = n->cites ? n : c->at.proc->node;
    bf_check_cites(c, n);
    c->at.state = s ? s->index : BF_NONE;
    if (n->kind == BF_N_END)
        effects(c, n->c);
    else
        for (struct bf_node *i = n->c; i; i = i->next)
            item(c, i, n->c, outer);
    c->at.state = BF_NONE;
}

static void body_data(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *s = c->info[n->id].sym;
    bf_check_cites(c, n);
    if (!s)
        return;
    if (n->d) {
        c->at.data = s;
        bf_expect(c, n->d, s->type ? s->type : c->broken);
        if (!(n->flags & BF_F_SEALED))
            leaks(c, n->d);
        c->at.data = NULL;
    } else if (n->kind == BF_N_KEEP && s->type && !s->type->optional && !bf_is_broken(s->type)) {
        struct bf_diag *d =
            bf_report(c, BF_E0343_KEEP_EMPTY, n->a->span, BF_ARGS(bf_arg_name(s->name)));
        bf_hint(c, d, BF_T_HINT_KEEP_VALUE, BF_NOARGS);
    }
}

/* Every datum that must have a value gets one from the event. */
static void starts_complete(struct bf_checker *c, const struct bf_node *n) {
    for (struct bf_sym *d = c->at.proc->first; d; d = d->next) {
        bool filled = d->node->kind == BF_N_KEEP || d->node->d || bf_param_optional(c, d);
        for (const struct bf_node *x = n->c; x && !filled; x = x->next)
            filled = x->a && x->a->kind == BF_N_NAME && x->a->name == d->name;
        if (filled)
            continue;
        struct bf_diag *e = bf_report(c, BF_E0344_EVENT_LACKS, n->a->span,
                                      BF_ARGS(bf_arg_name(n->a->name), bf_arg_name(d->name)));
        bf_label(c, e, bf_sym_span(d), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(d))));
    }
}

/* A field of an event fills the data of its name, and is what the first declaration of the event says. */
static void starts_field(struct bf_checker *c, struct bf_node *x, const struct bf_sym *param,
                         bool builtin) {
    const struct bf_type *t = x->c ? bf_type_read(c, x->c) : c->broken;
    struct bf_sym *data = bf_name_in(c, x->a, c->at.proc, BF_C_NAME, BF_T_KIND_DATA);
    if (param)
        c->info[x->id].sym = c->info[x->a->id].sym = (struct bf_sym *)(uintptr_t)param;
    if (bf_is_broken(t) || (param && (!param->type || bf_is_broken(param->type))))
        return;
    bool same = param && (builtin ? bf_type_fits(t, param->type) : t == param->type);
    if (param && !same)
        bf_report(c, BF_E0301_TYPE, x->c->span,
                  BF_ARGS(bf_type_arg(c, param->type), bf_type_arg(c, t)));
    else if (data && data->type && !bf_is_broken(data->type) &&
             (!bf_type_fits(t, data->type) || (t->optional && !data->type->optional))) {
        struct bf_diag *d = bf_report(c, BF_E0301_TYPE, x->c->span,
                                      BF_ARGS(bf_type_arg(c, data->type), bf_type_arg(c, t)));
        bf_label(c, d, bf_sym_span(data), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(data))));
    }
}

static void body_starts_on(struct bf_checker *c, struct bf_node *n) {
    const struct bf_sym *event = c->info[n->id].sym;
    if (!event)
        return;
    bool builtin = event == c->violated, same = true;
    const struct bf_sym *param = event->first;
    for (struct bf_node *x = n->c; x; x = x->next) {
        if (!x->a || x->a->kind != BF_N_NAME)
            return;
        same = same && param && (builtin || param->name == x->a->name);
        starts_field(c, x, same ? param : NULL, builtin);
        param = param ? param->next : NULL;
    }
    if (!same || param) {
        struct bf_diag *d =
            bf_report(c, BF_E0208_EVENT, n->a->span, BF_ARGS(bf_arg_name(n->a->name)));
        bf_label(c, d, bf_sym_span(event), BF_T_FIRST_HERE, BF_ARGS(bf_arg_text(BF_T_KIND_EVENT)));
        if (builtin)
            bf_hint(c, d, BF_T_HINT_VIOLATED, BF_NOARGS);
        return;
    }
    starts_complete(c, n);
}

/* How many fields of a record have just this type; *field: the last of them. */
static uint32_t fields_of_type(const struct bf_sym *record, const struct bf_type *t,
                               const struct bf_sym **field) {
    uint32_t n = 0;
    for (const struct bf_sym *f = record->first; f; f = f->next)
        if (f->type == t) {
            *field = f;
            n++;
        }
    return n;
}

/* `with each m in REGISTER`: a row says what m is, by being it or by its one field of m's type. */
static void every_member(struct bf_checker *c, struct bf_node *m) {
    struct bf_sym *data = bf_name_in(c, m, c->at.proc, BF_C_NAME, BF_T_KIND_DATA);
    struct bf_sym *reg = bf_name_global(c, m->next, BF_SYM_REGISTER, BF_T_KIND_REGISTER);
    const struct bf_sym *field;
    if (data && (data->node->kind == BF_N_KEEP || data->node->d))
        bf_report(c, BF_E0364_EVERY_DATUM, m->span, BF_ARGS(bf_arg_name(m->name)));
    if (!data || !reg || !data->type || !reg->type || bf_is_broken(data->type) ||
        bf_is_broken(reg->type) || data->type == reg->type ||
        fields_of_type(reg->type->sym, data->type, &field) == 1)
        return;
    struct bf_diag *d = bf_report(c, BF_E0362_EVERY_MEMBER, m->next->span,
                                  BF_ARGS(bf_arg_name(m->next->name), bf_arg_name(m->name)));
    bf_label(c, d, bf_sym_span(data), BF_T_IS_OF_TYPE, BF_ARGS(bf_type_arg(c, data->type)));
    bf_hint(c, d, BF_T_HINT_EVERY_MEMBER, BF_NOARGS);
}

static void body_starts_every(struct bf_checker *c, struct bf_node *n) {
    const struct bf_node *force = c->p->policy ? c->p->policy->c : NULL;
    while (force && force->kind != BF_N_P_IN_FORCE)
        force = force->next;
    for (const struct bf_node *i = c->at.proc->node->c; i != n && !force; i = i->next)
        force = i->kind == BF_N_STARTS_EVERY ? i : NULL; /* told already */
    if (c->p->policy && !force && !(c->p->policy->flags & BF_F_BROKEN)) {
        struct bf_diag *d = bf_report(c, BF_E0361_EVERY_FORCE, n->a->span, BF_NOARGS);
        bf_hint(c, d, BF_T_HINT_IN_FORCE, BF_NOARGS);
    }
    if (n->a->kind == BF_N_PERIOD && n->a->op == BF_UNIT_HOURS)
        bf_report(c, BF_E0360_EVERY_HOURS, n->a->span, BF_NOARGS);
    else if (n->a->kind == BF_N_PERIOD)
        bf_expr(c, n->a, NULL);
    if (n->b)
        every_member(c, n->b);
    if (n->b && !c->info[n->b->id].sym)
        return;
    for (struct bf_sym *s = c->at.proc->first; s; s = s->next) {
        if (s->node->kind == BF_N_KEEP || s->node->d || bf_param_optional(c, s) ||
            (n->b && n->b->kind == BF_N_NAME && n->b->name == s->name))
            continue;
        struct bf_diag *d =
            bf_report(c, BF_E0363_EVERY_LACKS, n->a->span, BF_ARGS(bf_arg_name(s->name)));
        bf_label(c, d, bf_sym_span(s), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(s))));
        bf_hint(c, d, BF_T_HINT_EVERY_LACKS, BF_ARGS(bf_arg_name(s->name)));
    }
}

/* The member that `each m in LIST` or `any m in LIST` introduces, before any rule may speak of it. */
static void declare_member(struct bf_checker *c, struct bf_node *rule) {
    struct bf_node *x = rule->kind == BF_N_MUST || rule->kind == BF_N_MAY ? rule->a : NULL;
    struct bf_sym *duty = rule->kind == BF_N_MUST ? c->info[rule->id].sym : NULL;
    if (!x || x->kind != BF_N_SUBJECT || (x->flags & BF_F_BROKEN) || !x->a || !x->b ||
        x->a->kind != BF_N_NAME)
        return;
    struct bf_sym *s = bf_sym_new(c, BF_SYM_EACH, x->a->name, x);
    const struct bf_type *t = bf_expr(c, x->b, NULL);
    c->info[x->a->id].sym = s;
    s->owner = c->at.proc;
    s->type = c->broken;
    if (duty && x->op != BF_SUBJECT_ANY_OF)
        duty->member = s;
    if (t->optional)
        bf_expect(c, x->b, t->base);
    else if (t->kind == BF_K_LIST && (bf_is_broken(t->elem) || bf_type_is_party(t->elem)) &&
             !t->elem->optional)
        s->type = t->elem;
    else if (!bf_is_broken(t))
        bf_report(c, BF_E0382_NO_PARTIES, x->b->span,
                  BF_ARGS(bf_text_arg(c, x->b), bf_type_arg(c, t)));
    c->info[x->a->id].type = s->type;
    bf_name_swallowed(c, x->a, NULL, false);
    bf_check_hiding(c, s);
}

static void declare_members(struct bf_checker *c, struct bf_node *items) {
    for (struct bf_node *n = items; n; n = n->next) {
        declare_member(c, n);
        const struct bf_sym *state = n->kind == BF_N_STATE ? c->info[n->id].sym : NULL;
        if (!state)
            continue;
        c->at.state = state->index;
        declare_members(c, n->c);
        c->at.state = BF_NONE;
    }
}

static void proc_item(struct bf_checker *c, struct bf_node *n) {
    const struct bf_node *proc = c->at.proc->node;
    if (n->flags & BF_F_BROKEN) {
        c->at.proc->broken = true;
        return;
    }
    switch (n->kind) {
    case BF_N_PARTY:
    case BF_N_GIVEN:
    case BF_N_KEEP: body_data(c, n); break;
    case BF_N_STARTS_BY:
        check_outer(c, n, proc);
        subjects(c, n->a);
        break;
    case BF_N_STARTS_ON:
        check_outer(c, n, proc);
        body_starts_on(c, n);
        break;
    case BF_N_STARTS_EVERY:
        check_outer(c, n, proc);
        body_starts_every(c, n);
        break;
    case BF_N_REQUIRE:
        check_outer(c, n, proc);
        if (n->a)
            bf_condition(c, n->a);
        break;
    case BF_N_STATE:
    case BF_N_END: body_state(c, n); break;
    default: item(c, n, n, proc); break;
    }
}

/* Acts that extend a duty carry a period of its unit. */
static void check_extensions(struct bf_checker *c, struct bf_sym *proc) {
    for (struct bf_node *n = proc->node->c; n; n = n->next)
        for (struct bf_node *i = n->kind == BF_N_STATE ? n->c : n; i; i = i->next) {
            const struct bf_sym *act = i->kind == BF_N_MAY_EXTEND ? c->info[i->id].sym : NULL;
            const struct bf_type *t = act && i->d ? c->info[i->d->id].type : NULL;
            if (t && t->kind == BF_K_PERIOD)
                bf_match_unit(c, i->d, t, act->duty);
            if (n->kind != BF_N_STATE)
                break;
        }
}

/* … and their guards may read it wherever they stand. */
static void type_extensions(struct bf_checker *c, struct bf_sym *proc) {
    c->quiet++; /* read again in its place */
    for (struct bf_sym *act = proc->proc->acts.first; act; act = act->next)
        if (act->duty && act->node->d) {
            const struct bf_type *t = bf_expr(c, act->node->d, NULL)->base;
            act->first->type = t->kind == BF_K_PERIOD ? t : c->broken;
        }
    c->quiet--;
}

void bf_body_procedure(struct bf_checker *c, struct bf_sym *proc) {
    if (!proc->proc)
        return;
    if (proc->node->flags & BF_F_BROKEN)
        proc->broken = true;
    c->at = (struct bf_ctx){.where = BF_IN_PROCEDURE, .proc = proc, .state = BF_NONE};
    if (!(proc->node->flags & BF_F_DERIVED)) /* its norm's were looked at */
        bf_check_cites(c, proc->node);
    declare_members(c, proc->node->c);
    type_extensions(c, proc);
    for (struct bf_node *n = proc->node->c; n; n = n->next)
        proc_item(c, n);
    check_extensions(c, proc);
    if (proc->proc->initial == BF_NONE && !proc->broken)
        bf_report(c, BF_E0345_NO_STATE, bf_sym_span(proc), BF_ARGS(bf_arg_name(proc->name)));
    c->at = (struct bf_ctx){0};
}
