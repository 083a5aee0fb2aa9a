/* expr: what expressions mean and which type they have. See checker.h. */
#include "lang/base/ids.h"
#include "lang/check/checker.h"

#define DECIMAL_MAX 999999999999 /* twelve digits before the point */

static bf_arg text_of(struct bf_checker *c, bf_span span) {
    bf_str text = c->p->parse->sources->file[span.file].text;
    return bf_arg_str((bf_str){text.p + span.start, span.end - span.start});
}

bf_arg bf_text_arg(struct bf_checker *c, const struct bf_node *n) { return text_of(c, n->span); }

static const struct bf_type *give(struct bf_checker *c, struct bf_node *n,
                                  const struct bf_type *t) {
    c->info[n->id].type = t;
    return t;
}

static void refer(struct bf_checker *c, struct bf_node *n, struct bf_sym *s) {
    c->info[n->id].sym = s;
    s->uses++;
}

static bool scenario(const struct bf_checker *c) { return c->at.where == BF_IN_SCENARIO; }

static struct bf_diag *wrong_kind(struct bf_checker *c, const struct bf_node *name,
                                  const struct bf_sym *s, enum bf_text_id wanted) {
    struct bf_diag *d = bf_report(
        c, BF_E0205_WRONG_KIND, name->span,
        BF_ARGS(bf_arg_name(name->name), bf_arg_text(bf_sym_kind_text(s)), bf_arg_text(wanted)));
    bf_label(c, d, bf_sym_span(s), BF_T_DECLARED_HERE, BF_ARGS(bf_arg_text(bf_sym_kind_text(s))));
    return d;
}

static const struct bf_type *not_here(struct bf_checker *c, struct bf_node *n,
                                      enum bf_text_id why) {
    bf_report(c, BF_E0211_NOT_HERE, n->span, BF_ARGS(text_of(c, n->span), bf_arg_text(why)));
    return give(c, n, c->broken);
}

struct bf_sym *bf_name_in(struct bf_checker *c, struct bf_node *name, const void *owner,
                          enum bf_class cls, enum bf_text_id what) {
    if (!name || name->kind != BF_N_NAME || (name->flags & BF_F_BROKEN))
        return NULL;
    struct bf_sym *s = bf_scope_find(c, owner, cls, name->name);
    if (!s) {
        const void *owners[] = {owner, NULL};
        bf_undefined(c, name, cls, owners, what);
        return NULL;
    }
    refer(c, name, s);
    return s;
}

struct bf_sym *bf_name_global(struct bf_checker *c, struct bf_node *name, enum bf_sym_kind kind,
                              enum bf_text_id what) {
    if (!name || name->kind != BF_N_NAME || (name->flags & BF_F_BROKEN))
        return NULL;
    struct bf_sym *s = bf_global(c, name->name);
    if (!s) {
        const void *owners[] = {c->unit, NULL};
        bf_undefined(c, name, BF_C_NAME, owners, what);
        return NULL;
    }
    refer(c, name, s);
    if (s->kind == kind)
        return s;
    wrong_kind(c, name, s, what);
    return NULL;
}

/* ---- presence ---- */

/* What may be absent stands where a value is needed. */
static void tell_absent(struct bf_checker *c, const struct bf_node *n) {
    const struct bf_sym *act = n->kind == BF_N_DOT ? c->info[n->id].sym : NULL;
    if (act && act->kind == BF_SYM_ACT) {
        struct bf_diag *d =
            bf_report(c, BF_E0317_NOT_HAPPENED, n->span, BF_ARGS(bf_arg_name(act->name)));
        bf_label(c, d, bf_sym_span(act), BF_T_DECLARED_HERE, BF_ARGS(bf_arg_text(BF_T_KIND_ACT)));
        bf_hint(c, d, BF_T_HINT_TEST_PRESENT, BF_ARGS(text_of(c, n->span)));
        bf_hint(c, d, BF_T_HINT_EVERY_PATH, BF_ARGS(bf_arg_name(act->name)));
        return;
    }
    struct bf_diag *d = bf_report(c, BF_E0303_ABSENT, n->span, BF_ARGS(text_of(c, n->span)));
    bf_hint(c, d, BF_T_HINT_TEST_PRESENT, BF_ARGS(text_of(c, n->span)));
}

/* The value of an expression; in scenarios absence shows when they run. */
static const struct bf_type *value(struct bf_checker *c, struct bf_node *n,
                                   const struct bf_type *want) {
    const struct bf_type *t = bf_expr(c, n, want);
    if (t->optional && !scenario(c))
        tell_absent(c, n);
    return t->base;
}

/* ---- names ---- */

static const struct bf_type *data_type(struct bf_checker *c, struct bf_node *n, struct bf_sym *s) {
    const struct bf_sym *self = c->at.data;
    if (self && s->node->d && s->index >= self->index) {
        struct bf_diag *d = bf_report(c, BF_E0214_LATER, n->span, BF_ARGS(bf_arg_name(s->name)));
        bf_label(c, d, bf_sym_span(s), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(s))));
        return c->broken;
    }
    return s->type ? s->type : c->broken;
}

/* A bare name that is not a value by itself: says how it is used. */
static const struct bf_type *not_value(struct bf_checker *c, struct bf_node *n,
                                       const struct bf_sym *s) {
    struct bf_diag *d = wrong_kind(c, n, s, BF_T_KIND_VALUE);
    switch (s->kind) {
    case BF_SYM_DECISION: bf_hint(c, d, BF_T_HINT_CALL, BF_ARGS(bf_arg_name(n->name))); break;
    case BF_SYM_REGISTER: bf_hint(c, d, BF_T_HINT_KEY, BF_ARGS(bf_arg_name(n->name))); break;
    case BF_SYM_OFFICE: bf_hint(c, d, BF_T_HINT_OFFICE_OF, BF_ARGS(bf_arg_name(n->name))); break;
    case BF_SYM_DUTY: bf_hint(c, d, BF_T_HINT_STATUS, BF_ARGS(bf_arg_name(n->name))); break;
    case BF_SYM_ACT: bf_hint(c, d, BF_T_HINT_ACT_PART, BF_ARGS(bf_arg_name(n->name))); break;
    default: break; /* nothing to suggest */
    }
    return c->broken;
}

static const struct bf_type *builtin_value(struct bf_checker *c, struct bf_node *n,
                                           const struct bf_sym *s) {
    if (s->builtin == BF_B_TODAY && c->at.routing) {
        struct bf_diag *d = bf_report(c, BF_E0324_TODAY_ROUTES, n->span, BF_NOARGS);
        bf_hint(c, d, BF_T_HINT_USE_LIMIT, BF_NOARGS);
        return c->broken;
    }
    if (s->builtin != BF_B_TODAY && s->builtin != BF_B_START)
        return not_value(c, n, s);
    if (c->at.where == BF_IN_DECISION)
        return not_here(c, n, BF_T_WHY_DECISION);
    if (c->at.where == BF_IN_CONSTANT)
        return not_here(c, n, BF_T_WHY_CONSTANT);
    if (c->at.counted && s->builtin == BF_B_TODAY)
        return not_here(c, n, BF_T_WHY_COUNTED);
    if (c->at.where == BF_IN_SCENARIO && s->builtin == BF_B_START)
        return not_here(c, n, BF_T_WHY_PROCEDURE);
    return c->date;
}

static const struct bf_type *global_value(struct bf_checker *c, struct bf_node *n,
                                          struct bf_sym *s) {
    switch (s->kind) {
    case BF_SYM_ASSUME: return s->type ? s->type : c->broken;
    case BF_SYM_OFFICE: return s->node->c ? not_value(c, n, s) : c->party;
    case BF_SYM_VIOLATION: return c->violation;
    case BF_SYM_FIXTURE:
        if (!scenario(c))
            return not_here(c, n, BF_T_WHY_SCENARIO);
        if (!s->type) {
            bf_report(c, BF_E0214_LATER, n->span, BF_ARGS(bf_arg_name(s->name)));
            return c->broken;
        }
        return s->type;
    case BF_SYM_PROCEDURE:
        return scenario(c) || (c->at.counted && n == c->at.whole && s == c->at.proc)
                   ? bf_type_named(c, BF_K_CASE, s)
                   : not_value(c, n, s);
    case BF_SYM_BUILTIN: return builtin_value(c, n, s);
    default: return not_value(c, n, s);
    }
}

/* A parameter, data of the procedure, a local, or a global. NULL: there is none. */
static struct bf_sym *find_value(struct bf_checker *c, const struct bf_name *name) {
    struct bf_sym *s = NULL;
    if (c->at.params)
        s = bf_scope_find(c, c->at.params, BF_C_NAME, name);
    if (!s && c->at.member && c->at.member->name == name)
        s = c->at.member;
    if (!s && c->at.where == BF_IN_PROCEDURE)
        s = bf_scope_find(c, c->at.proc, BF_C_NAME, name);
    if (!s && scenario(c) && c->scenario)
        s = bf_scope_find(c, c->scenario, BF_C_NAME, name);
    return s ? s : bf_global(c, name);
}

static struct bf_sym *find_member(const struct bf_checker *c, const struct bf_name *name,
                                  const struct bf_type *want) {
    return want && want->kind == BF_K_ENUM ? bf_scope_find(c, want->sym, BF_C_NAME, name) : NULL;
}

static const struct bf_type *undefined_value(struct bf_checker *c, struct bf_node *n,
                                             const struct bf_type *want) {
    bool member = want && want->kind == BF_K_ENUM;
    const void *owners[6];
    int count = 0;
    if (member)
        owners[count++] = want->sym;
    if (c->at.params)
        owners[count++] = c->at.params;
    if (c->at.where == BF_IN_PROCEDURE) {
        owners[count++] = c->at.proc;
        struct bf_sym *s = bf_scope_find(c, c->at.proc, BF_C_ACT, n->name);
        if (!s)
            s = bf_scope_find(c, c->at.proc, BF_C_DUTY, n->name);
        if (!s)
            s = bf_scope_find(c, c->at.proc, BF_C_STATE, n->name);
        if (s)
            return not_value(c, n, s);
    }
    if (scenario(c) && c->scenario)
        owners[count++] = c->scenario;
    owners[count++] = c->unit;
    owners[count] = NULL;
    struct bf_diag *d =
        bf_undefined(c, n, BF_C_NAME, owners, member ? BF_T_KIND_MEMBER : BF_T_KIND_VALUE);
    if (member)
        bf_hint_members(c, d, want->sym);
    return c->broken;
}

static const struct bf_type *name_type(struct bf_checker *c, struct bf_node *n,
                                       const struct bf_type *want) {
    if (n->flags & BF_F_BROKEN)
        return c->broken;
    struct bf_sym *s = find_value(c, n->name);
    struct bf_sym *member = find_member(c, n->name, want);
    if (member && s && s->type && s->type->base == want->base) {
        struct bf_diag *d =
            bf_report(c, BF_E0206_AMBIGUOUS, n->span,
                      BF_ARGS(bf_arg_name(n->name), bf_arg_text(bf_sym_kind_text(s)),
                              bf_arg_text(BF_T_KIND_MEMBER)));
        bf_label(c, d, bf_sym_span(s), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(s))));
        bf_label(c, d, bf_sym_span(member), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(BF_T_KIND_MEMBER)));
        return c->broken;
    }
    if (member) {
        refer(c, n, member);
        return want->base;
    }
    if (!s)
        return undefined_value(c, n, want);
    refer(c, n, s);
    switch (s->kind) {
    case BF_SYM_DATA: return data_type(c, n, s);
    case BF_SYM_PARAM:
    case BF_SYM_EACH:
    case BF_SYM_LOCAL: return s->type ? s->type : c->broken;
    default: return global_value(c, n, s);
    }
}

/* ---- parts: a.b ---- */

struct bf_sym *bf_case_part(struct bf_checker *c, struct bf_node *n, enum bf_class cls) {
    struct bf_sym *s = NULL;
    if (n->kind == BF_N_NAME && c->at.where == BF_IN_PROCEDURE) {
        s = bf_scope_find(c, c->at.proc, cls, n->name);
        if (s)
            refer(c, n, s);
    } else if (n->kind == BF_N_DOT && (scenario(c) || c->at.counted) && n->a &&
               n->a->kind == BF_N_NAME && n->b) {
        c->quiet++; /* read again as a value if it is no part of a case */
        c->at.whole = n->a;
        const struct bf_type *t = bf_expr(c, n->a, NULL);
        c->quiet--;
        s = t->kind == BF_K_CASE ? bf_scope_find(c, t->sym, cls, n->b->name) : NULL;
        if (s) {
            refer(c, n->b, s);
            c->info[n->id].sym = s;
        }
    }
    return s;
}

/* all D is X, D[m]: of an ordinary duty there is but one. */
static bool of_each(struct bf_checker *c, const struct bf_node *n, const struct bf_sym *duty) {
    if (duty->member || (duty->node->flags & BF_F_BROKEN))
        return duty->member;
    struct bf_diag *d = bf_report(c, BF_E0383_NOT_OF_EACH, n->span, BF_ARGS(text_of(c, n->span)));
    bf_label(c, d, bf_sym_span(duty), BF_T_DECLARED_HERE, BF_ARGS(bf_arg_text(BF_T_KIND_DUTY)));
    bf_hint(c, d, BF_T_HINT_OF_EACH, BF_ARGS(text_of(c, n->span)));
    return false;
}

struct bf_sym *bf_duty_member(struct bf_checker *c, struct bf_node *n) {
    if (n->kind != BF_N_INDEX || !n->a || !n->b)
        return NULL;
    struct bf_sym *duty = bf_case_part(c, n->a, BF_C_DUTY);
    if (!duty)
        return NULL;
    if (of_each(c, n->a, duty))
        bf_expect(c, n->b, c->party);
    if (n->b->next)
        bf_report(c, BF_E0315_COUNT, n->span, BF_ARGS(text_of(c, n->a->span), bf_arg_int(1)));
    return duty;
}

static const struct bf_type *act_part(struct bf_checker *c, struct bf_node *n, struct bf_sym *act) {
    struct bf_sym *b = bf_builtin_find(n->b->name, 1 << BF_BC_FIELD);
    const struct bf_type *t;
    if (b && b->builtin != BF_B_DAY && b->builtin != BF_B_WHO && b->builtin != BF_B_FILED)
        b = NULL;
    if (!b)
        b = bf_name_in(c, n->b, act, BF_C_NAME, BF_T_KIND_PARAM);
    if (!b)
        return c->broken;
    refer(c, n->b, b);
    if (b->kind == BF_SYM_PARAM)
        t = b->type ? b->type : c->broken;
    else
        t = b->builtin == BF_B_WHO ? c->party : c->date;
    bool filed = b->kind == BF_SYM_BUILTIN && b->builtin == BF_B_FILED;
    bool proven =
        act == c->at.just || act == c->at.from ||
        (c->at.where == BF_IN_PROCEDURE && bf_happened(c, c->at.proc, act, c->at.state)) ||
        bf_facts_has(c, n->a);
    c->info[n->id].sym = proven || scenario(c) ? NULL : act; /* for tell_absent */
    return filed || !proven ? bf_type_optional(c, t) : t;
}

static const struct bf_type *party_part(struct bf_checker *c, struct bf_node *n,
                                        const struct bf_type *t) {
    struct bf_sym *b = bf_builtin_find(n->b->name, 1 << BF_BC_FIELD);
    if (b && (b->builtin == BF_B_CODE || b->builtin == BF_B_NAME)) {
        refer(c, n->b, b);
        return c->text;
    }
    if (b && b->builtin == BF_B_LEVEL && t->kind == BF_K_DEPARTMENT && c->level) {
        refer(c, n->b, b);
        return bf_type_named(c, BF_K_ENUM, c->level);
    }
    struct bf_sym *office = bf_name_global(c, n->b, BF_SYM_OFFICE, BF_T_KIND_OFFICE);
    if (!office)
        return c->broken;
    const struct bf_type *per = office->type;
    if (!per || !bf_type_fits(t, per)) {
        struct bf_diag *d =
            per ? bf_report(
                      c, BF_E0318_OFFICE_OF, n->b->span,
                      BF_ARGS(bf_arg_name(n->b->name), bf_type_arg(c, per), bf_type_arg(c, t)))
                : bf_report(c, BF_E0319_ONE_OFFICE, n->b->span, BF_ARGS(bf_arg_name(n->b->name)));
        bf_label(c, d, bf_sym_span(office), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(BF_T_KIND_OFFICE)));
        return c->broken;
    }
    return c->party;
}

static const struct bf_type *case_data(struct bf_checker *c, struct bf_node *n,
                                       struct bf_sym *proc) {
    struct bf_sym *s = bf_scope_find(c, proc, BF_C_NAME, n->b->name);
    if (s) {
        refer(c, n->b, s);
        return s->type ? s->type : c->broken;
    }
    s = bf_scope_find(c, proc, BF_C_DUTY, n->b->name);
    if (!s)
        s = bf_scope_find(c, proc, BF_C_ACT, n->b->name);
    if (s)
        return not_value(c, n->b, s);
    const void *owners[] = {proc, NULL};
    bf_undefined(c, n->b, BF_C_NAME, owners, BF_T_KIND_DATA);
    return c->broken;
}

static bool is_due(const struct bf_node *name) {
    const struct bf_sym *b = bf_builtin_find(name->name, 1 << BF_BC_FIELD);
    return b && b->builtin == BF_B_DUE;
}

static const struct bf_type *part_type(struct bf_checker *c, struct bf_node *n) {
    if (!n->a || !n->b || n->b->kind != BF_N_NAME || (n->b->flags & BF_F_BROKEN))
        return c->broken;
    if (is_due(n->b)) {
        struct bf_sym *duty =
            n->a->kind == BF_N_INDEX ? bf_duty_member(c, n->a) : bf_case_part(c, n->a, BF_C_DUTY);
        if (duty && !scenario(c))
            return not_here(c, n, BF_T_WHY_SCENARIO);
        if (duty) {
            refer(c, n->b, bf_builtin_find(n->b->name, 1 << BF_BC_FIELD));
            return bf_type_optional(c, c->date);
        }
    }
    bool argument = n->a->kind == BF_N_NAME && c->at.params &&
                    bf_scope_find(c, c->at.params, BF_C_NAME, n->a->name);
    struct bf_sym *act = argument ? NULL : bf_case_part(c, n->a, BF_C_ACT);
    if (act)
        return act_part(c, n, act);
    c->at.whole = n->a;
    const struct bf_type *t = value(c, n->a, NULL);
    const struct bf_sym *start = c->info[n->a->id].sym;
    if (start && start->kind == BF_SYM_BUILTIN && start->builtin == BF_B_START &&
        !bf_is_broken(t)) {
        struct bf_sym *day = bf_builtin_find(n->b->name, 1 << BF_BC_FIELD);
        if (day && day->builtin == BF_B_DAY) {
            refer(c, n->b, day);
            return c->date;
        }
    }
    if (bf_is_broken(t))
        return t;
    if (t->kind == BF_K_RECORD) {
        struct bf_sym *f = bf_name_in(c, n->b, t->sym, BF_C_NAME, BF_T_KIND_FIELD);
        return f && f->type ? f->type : c->broken;
    }
    if (t->kind == BF_K_CASE)
        return case_data(c, n, t->sym);
    if (bf_type_is_party(t))
        return party_part(c, n, t);
    bf_report(c, BF_E0209_NO_PARTS, n->b->span,
              BF_ARGS(bf_arg_name(n->b->name), bf_type_arg(c, t)));
    return c->broken;
}

/* ---- arguments ---- */

bool bf_param_optional(struct bf_checker *c, const struct bf_sym *param) {
    (void)c;
    return !param->type || param->type->optional || bf_is_broken(param->type);
}

bool bf_data_given(struct bf_checker *c, const struct bf_sym *data) {
    return data->node->kind == BF_N_KEEP || data->node->d || bf_param_optional(c, data);
}

bool bf_data_optional(struct bf_checker *c, const struct bf_sym *data) {
    bool meant = data->opener && c->opener && data->type && bf_type_fits(c->opener, data->type);
    return meant || bf_data_given(c, data);
}

bool bf_data_settable(struct bf_checker *c, const struct bf_sym *data) {
    (void)c;
    return data->node->kind != BF_N_KEEP && !data->node->d;
}

static struct bf_sym *named_param(struct bf_checker *c, struct bf_node *arg,
                                  const struct bf_args *how) {
    struct bf_sym *s = bf_name_in(c, arg->a, how->owner, BF_C_NAME, BF_T_KIND_PARAM);
    if (s && how->settable && !how->settable(c, s)) {
        struct bf_diag *d =
            bf_report(c, BF_E0310_FIXED_DATA, arg->a->span, BF_ARGS(bf_arg_name(s->name)));
        bf_label(c, d, bf_sym_span(s), BF_T_DECLARED_HERE,
                 BF_ARGS(bf_arg_text(bf_sym_kind_text(s))));
    }
    return s;
}

bool bf_is_who(const struct bf_node *name) {
    const struct bf_sym *b = name ? bf_builtin_find(name->name, 1 << BF_BC_FIELD) : NULL;
    return b && b->builtin == BF_B_WHO;
}

/* Which parameter does each argument fill, and does it fit? */
static bool fill(struct bf_checker *c, struct bf_node *args, const struct bf_args *how) {
    struct bf_sym *next = how->first;
    bool told = false, sound = true, positions = !how->named;
    for (struct bf_node *x = args; x; x = x->next) {
        struct bf_sym *s = NULL;
        if (x->kind != BF_N_ARG || !x->b)
            return false;
        if (how->who && bf_is_who(x->a)) {
            c->info[x->id].sym = c->info[x->a->id].sym = c->builtin[BF_B_WHO];
            bf_expect(c, x->b, c->party);
            continue;
        }
        if (x->a) {
            s = named_param(c, x, how);
            positions = false;
            sound = sound && s;
        } else if (positions && next) {
            s = next;
            next = next->next;
        } else if (!told) {
            told = true;
            sound = false;
            if (how->named || !positions)
                bf_report(c, BF_E0309_NAME_IT, x->span, BF_NOARGS);
            else
                bf_report(c, BF_E0308_TOO_MANY, x->span, BF_NOARGS);
        }
        if (s && s->type)
            bf_expect(c, x->b, s->type);
        else
            bf_expr(c, x->b, NULL);
        if (s)
            c->info[x->id].sym = s;
    }
    return sound;
}

/* The names of those that are not given and must be, the first eight of them. */
static bf_str missing_names(struct bf_checker *c, const struct bf_args *how, enum bf_lang lang) {
    struct bf_buf l;
    bf_buf_in(&l, c->arena);
    uint32_t shown = 0;
    for (const struct bf_sym *s = how->first; s && shown <= 8; s = s->next) {
        if (s->mark == c->stamp || how->optional(c, s))
            continue;
        bf_buf_z(&l, !shown ? "" : lang == BF_LANG_ZH ? "、" : ", ");
        bf_buf_str(&l, shown++ >= 8 ? BF_STR("…")
                       : s->node    ? s->name->text
                                    : bf_field_text(s->name->text, lang));
    }
    return bf_buf_view(&l);
}

static void tell_missing(struct bf_checker *c, const struct bf_args *how) {
    const struct bf_sym *s = how->first;
    while (s && (s->mark == c->stamp || how->optional(c, s)))
        s = s->next;
    if (s)
        bf_report(c, BF_E0307_MISSING, how->at->span,
                  BF_ARGS(bf_arg_both(missing_names(c, how, BF_LANG_EN),
                                      missing_names(c, how, BF_LANG_ZH))));
}

void bf_args_check(struct bf_checker *c, struct bf_node *args, const struct bf_args *how) {
    bool sound = fill(c, args, how);
    uint32_t stamp = ++c->stamp;
    for (struct bf_node *x = args; x; x = x->next) {
        struct bf_sym *s = c->info[x->id].sym;
        if (!s)
            continue;
        if (s->mark == stamp)
            bf_report(c, BF_E0306_GIVEN_TWICE, x->span, BF_ARGS(bf_arg_name(s->name)));
        s->mark = stamp;
    }
    if (sound)
        tell_missing(c, how);
}

/* ---- calls ---- */

static void tell_id(struct bf_checker *c, const struct bf_node *s, bool citizen,
                    enum bf_id_wrong wrong, uint32_t at, char expected) {
    /* The text begins after its quotation mark; ids are ASCII, so bytes are characters. */
    bf_span span = s->span;
    uint32_t quote =
        span.end - span.start > s->text.len ? (span.end - span.start - s->text.len) / 2 : 0;
    if (wrong != BF_ID_LENGTH && wrong != BF_ID_DATE) {
        span.start += quote + (wrong == BF_ID_CHECK ? 17 : at);
        span.end = span.start + 1;
    }
    enum bf_text_id kind = citizen ? BF_T_CITIZEN_ID : BF_T_CREDIT_CODE;
    struct bf_diag *d;
    switch (wrong) {
    case BF_ID_OK: return;
    case BF_ID_LENGTH: bf_report(c, BF_E0321_ID_LENGTH, span, BF_ARGS(bf_arg_text(kind))); return;
    case BF_ID_CHARACTER:
        d = bf_report(c, BF_E0322_ID_CHARACTER, span, BF_ARGS(bf_arg_text(kind)));
        if (!citizen)
            bf_hint(c, d, BF_T_HINT_CREDIT_LETTERS, BF_NOARGS);
        return;
    case BF_ID_DATE: bf_report(c, BF_E0323_ID_DATE, span, BF_NOARGS); return;
    case BF_ID_CHECK:
        d = bf_report(c, BF_E0320_ID_CHECK, span, BF_ARGS(bf_arg_text(kind)));
        bf_label(c, d, span, citizen ? BF_T_CITIZEN_GIVES : BF_T_CREDIT_GIVES,
                 BF_ARGS(bf_arg_str((bf_str){&expected, 1})));
        bf_hint(c, d, BF_T_HINT_COMPARE_ID, BF_NOARGS);
        if (!citizen)
            bf_hint(c, d, BF_T_HINT_CREDIT_LETTERS, BF_NOARGS);
        return;
    }
}

static const struct bf_type *call_id(struct bf_checker *c, struct bf_node *n,
                                     const struct bf_sym *type) {
    struct bf_node *arg = n->b, *s = arg ? arg->b : NULL;
    bool citizen = type->builtin == BF_B_CITIZEN_ID;
    uint32_t at = 0;
    char expected = 0;
    if (!s || arg->next || arg->a || s->kind != BF_N_STRING) {
        bf_report(c, BF_E0316_ID_LITERAL, n->span, BF_ARGS(bf_arg_name(n->a->name)));
        return type->type;
    }
    bf_expr(c, s, c->text);
    enum bf_id_wrong wrong = citizen ? bf_citizen_id_check(s->text, &at, &expected)
                                     : bf_credit_code_check(s->text, &at, &expected);
    tell_id(c, s, citizen, wrong, at, expected);
    return type->type;
}

static const struct bf_type *call_type(struct bf_checker *c, struct bf_node *n,
                                       struct bf_sym *type) {
    if (type->builtin == BF_B_CITIZEN_ID || type->builtin == BF_B_CREDIT_CODE)
        return call_id(c, n, type);
    if (!type->first) {
        wrong_kind(c, n->a, type, BF_T_KIND_CALLED);
        return c->broken;
    }
    if (!scenario(c))
        return not_here(c, n, BF_T_WHY_SCENARIO);
    struct bf_args how = {
        .at = n, .owner = type, .first = type->first, .named = true, .optional = bf_param_optional};
    bf_args_check(c, n->b, &how);
    return type->type;
}

static void status_test(struct bf_checker *c, struct bf_node *n, const struct bf_sym *duty);

/* D is X, said of every member, of some, or counted. */
static bool said_of_members(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *duty =
        n->kind == BF_N_IS && n->a && n->b ? bf_case_part(c, n->a, BF_C_DUTY) : NULL;
    if (duty && of_each(c, n->a, duty))
        status_test(c, n, duty);
    give(c, n, c->bool_);
    return duty;
}

static const struct bf_type *over_type(struct bf_checker *c, struct bf_node *n) {
    if (n->a && !said_of_members(c, n->a))
        bf_report(c, BF_E0385_SAID_OF, n->span, BF_NOARGS);
    return c->bool_;
}

/* count(LIST), count(D), count(D is X) */
static const struct bf_type *count_type(struct bf_checker *c, struct bf_node *n) {
    struct bf_node *x = n->b && !n->b->next && !n->b->a ? n->b->b : NULL;
    struct bf_sym *duty = x ? bf_case_part(c, x, BF_C_DUTY) : NULL;
    if (duty)
        of_each(c, x, duty);
    else if (x && x->kind == BF_N_IS && said_of_members(c, x))
        ;
    else if (!x || x->kind == BF_N_IS)
        bf_report(c, BF_E0386_COUNT_WHAT, n->span, BF_NOARGS);
    else {
        const struct bf_type *t = value(c, x, NULL);
        if (!bf_is_broken(t) && t->kind != BF_K_LIST)
            bf_report(c, BF_E0386_COUNT_WHAT, n->span, BF_NOARGS);
    }
    return c->int_;
}

static const struct bf_type *call_function(struct bf_checker *c, struct bf_node *n,
                                           struct bf_sym *f) {
    const struct bf_type *result = c->date;
    int want = 2, given = 0;
    if (f->builtin == BF_B_COUNT)
        return count_type(c, n);
    if (f->builtin == BF_B_WORKDAY || f->builtin == BF_B_NEXT_WORKDAY)
        want = 1;
    if (f->builtin == BF_B_DAYS_BETWEEN || f->builtin == BF_B_WORKING_DAYS_BETWEEN)
        result = c->int_;
    else if (f->builtin == BF_B_TODAY || f->builtin == BF_B_START) {
        wrong_kind(c, n->a, f, BF_T_KIND_CALLED);
        return c->broken;
    }
    if (f->builtin != BF_B_DAYS_BETWEEN && f->builtin != BF_B_EARLIER && f->builtin != BF_B_LATER &&
        c->working_days.file == BF_NO_FILE)
        c->working_days = n->span;
    for (struct bf_node *x = n->b; x; x = x->next, given++) {
        if (x->a)
            bf_report(c, BF_E0304_NO_NAMES, x->a->span, BF_ARGS(bf_arg_name(f->name)));
        if (x->b)
            bf_expect(c, x->b, c->date);
    }
    if (given != want)
        bf_report(c, BF_E0315_COUNT, n->span, BF_ARGS(bf_arg_name(n->a->name), bf_arg_int(want)));
    return result;
}

static void note_call(struct bf_checker *c, const struct bf_node *n, struct bf_sym *to) {
    if (c->at.where != BF_IN_DECISION || !c->at.decision)
        return;
    struct bf_call **list = &c->calls[c->at.decision->index];
    if (*list && (*list)->to == to)
        return;
    struct bf_call *call = bf_new(c->arena, struct bf_call);
    *call = (struct bf_call){to, n, *list};
    *list = call;
}

static const struct bf_type *call_type_of(struct bf_checker *c, struct bf_node *n) {
    if (!n->a || n->a->kind != BF_N_NAME || (n->a->flags & BF_F_BROKEN))
        return c->broken;
    struct bf_sym *s = bf_global(c, n->a->name);
    if (!s) {
        const void *owners[] = {c->unit, NULL};
        bf_undefined(c, n->a, BF_C_NAME, owners, BF_T_KIND_CALLED);
        c->quiet++;
        for (struct bf_node *x = n->b; x; x = x->next)
            if (x->b)
                bf_expr(c, x->b, NULL);
        c->quiet--;
        return c->broken;
    }
    refer(c, n->a, s);
    struct bf_args how = {.at = n, .owner = s, .first = s->first, .optional = bf_param_optional};
    switch (s->kind) {
    case BF_SYM_DECISION:
        bf_args_check(c, n->b, &how);
        note_call(c, n, s);
        return s->type ? s->type : c->broken;
    case BF_SYM_RECORD:
        how.named = true;
        bf_args_check(c, n->b, &how);
        return bf_type_named(c, BF_K_RECORD, s);
    case BF_SYM_TYPE: return call_type(c, n, s);
    case BF_SYM_BUILTIN: return call_function(c, n, s);
    default: wrong_kind(c, n->a, s, BF_T_KIND_CALLED); return c->broken;
    }
}

static const struct bf_type *row_type(struct bf_checker *c, struct bf_node *n) {
    const struct bf_sym *duty = bf_duty_member(c, n);
    if (duty)
        return not_value(c, n->a->kind == BF_N_DOT ? n->a->b : n->a, duty);
    struct bf_sym *reg = bf_name_global(c, n->a, BF_SYM_REGISTER, BF_T_KIND_REGISTER);
    if (!reg || bf_is_broken(reg->type)) {
        c->quiet++;
        for (struct bf_node *k = n->b; k; k = k->next)
            bf_expr(c, k, NULL);
        c->quiet--;
        return c->broken;
    }
    const struct bf_node *key = reg->node->d;
    uint32_t want = 0, given = 0;
    for (const struct bf_node *k = key; k; k = k->next)
        want++;
    for (struct bf_node *k = n->b; k; k = k->next, given++) {
        const struct bf_sym *f = key ? c->info[key->id].sym : NULL;
        if (f && f->type)
            bf_expect(c, k, f->type);
        else
            bf_expr(c, k, NULL);
        key = key ? key->next : NULL;
    }
    if (given != want)
        bf_report(c, BF_E0315_COUNT, n->span, BF_ARGS(bf_arg_name(n->a->name), bf_arg_int(want)));
    return bf_type_optional(c, reg->type);
}

/* ---- operators ---- */

static const struct bf_type *chain_type(struct bf_checker *c, struct bf_node *n) {
    uint32_t mark = bf_facts_mark(c);
    for (struct bf_node *x = n->a; x; x = x->next) {
        bf_condition(c, x);
        if (x->next)
            bf_facts_assume(c, x, n->kind == BF_N_AND);
    }
    bf_facts_back(c, mark);
    return c->bool_;
}

/* Both sides of a comparison or sum; the broken type if one is. A name that only the other side's
** type explains (a member) may stand on the left. */
static bool sides(struct bf_checker *c, struct bf_node *n, const struct bf_type **left,
                  const struct bf_type **right) {
    struct bf_node *x = n->a, *y = n->b;
    if (!x || !y)
        return false;
    if ((x->kind == BF_N_NAME && !find_value(c, x->name)) || x->kind == BF_N_INT ||
        x->kind == BF_N_NONE || x->kind == BF_N_LIST) {
        *right = value(c, y, NULL);
        c->quiet += bf_is_broken(*right);
        *left = value(c, x, *right);
        c->quiet -= bf_is_broken(*right);
    } else {
        *left = value(c, x, NULL);
        c->quiet += bf_is_broken(*left);
        *right = value(c, y, *left);
        c->quiet -= bf_is_broken(*left);
    }
    return !bf_is_broken(*left) && !bf_is_broken(*right);
}

static bool ordered(const struct bf_type *t) {
    return t->kind == BF_K_INT || t->kind == BF_K_DECIMAL || t->kind == BF_K_DATE ||
           t->kind == BF_K_INSTANT || t->kind == BF_K_PERIOD;
}

static void tell_units(struct bf_checker *c, bf_span at, const struct bf_type *x,
                       const struct bf_type *y) {
    struct bf_diag *d =
        bf_report(c, BF_E0305_UNITS, at, BF_ARGS(bf_unit_arg(x->unit), bf_unit_arg(y->unit)));
    bf_label(c, d, at, bf_unit_text(y->unit), BF_NOARGS);
    bf_hint(c, d, BF_T_HINT_UNITS, BF_NOARGS);
}

static void tell_mismatch(struct bf_checker *c, const struct bf_node *n, const struct bf_type *x,
                          const struct bf_type *y) {
    if (x->kind == BF_K_PERIOD && y->kind == BF_K_PERIOD) {
        tell_units(c, n->b->span, x, y);
        return;
    }
    struct bf_diag *d =
        bf_report(c, BF_E0302_MISMATCH, n->b->span, BF_ARGS(bf_type_arg(c, x), bf_type_arg(c, y)));
    bf_label(c, d, n->b->span, BF_T_IS_OF_TYPE, BF_ARGS(bf_type_arg(c, y)));
    bf_label(c, d, n->a->span, BF_T_IS_OF_TYPE, BF_ARGS(bf_type_arg(c, x)));
}

static const struct bf_type *compare_type(struct bf_checker *c, struct bf_node *n) {
    const struct bf_type *x, *y;
    if (n->a && n->b && (n->a->kind == BF_N_NONE || n->b->kind == BF_N_NONE)) {
        struct bf_diag *d = bf_report(c, BF_E0331_NONE, n->span, BF_NOARGS);
        bf_hint(c, d, BF_T_HINT_IS_ABSENT, BF_NOARGS);
        return c->bool_;
    }
    if (!sides(c, n, &x, &y))
        return c->bool_;
    bool equality = n->kind == BF_N_IS || n->op == BF_EQ || n->op == BF_NE;
    if (!bf_type_fits(x, y) && !bf_type_fits(y, x))
        tell_mismatch(c, n, x, y);
    else if (!equality && !ordered(x))
        bf_report(c, BF_E0325_NO_ORDER, n->span, BF_ARGS(bf_type_arg(c, x)));
    else if ((x->kind == BF_K_LIST && !scenario(c)) || x->kind == BF_K_CASE)
        bf_report(c, BF_E0326_NO_EQUALITY, n->span, BF_ARGS(bf_type_arg(c, x)));
    return c->bool_;
}

static bool act_of_duty(const struct bf_checker *c, const struct bf_sym *duty,
                        const struct bf_sym *act) {
    for (const struct bf_node *alt = duty->node->kind == BF_N_MUST ? duty->node->d : NULL; alt;
         alt = alt->next)
        if (alt->b && c->info[alt->b->id].sym == act)
            return true;
    return false;
}

/* DUTY is STATUS, DUTY is ACT. */
static void status_test(struct bf_checker *c, struct bf_node *n, const struct bf_sym *duty) {
    struct bf_node *b = n->b;
    if (b->kind != BF_N_NAME) {
        bf_report(c, BF_E0210_NO_STATUS, b->span,
                  BF_ARGS(text_of(c, b->span), bf_arg_name(duty->name)));
        return;
    }
    struct bf_sym *s = bf_builtin_find(b->name, 1 << BF_BC_STATUS);
    if (!s) {
        s = bf_scope_find(c, duty->owner, BF_C_ACT, b->name);
        if (s && !act_of_duty(c, duty, s))
            s = NULL;
    }
    if (s) {
        refer(c, b, s);
        return;
    }
    if (b->flags & BF_F_BROKEN)
        return;
    struct bf_diag *d = bf_report(c, BF_E0210_NO_STATUS, b->span,
                                  BF_ARGS(bf_arg_name(b->name), bf_arg_name(duty->name)));
    bf_label(c, d, bf_sym_span(duty), BF_T_DECLARED_HERE, BF_ARGS(bf_arg_text(BF_T_KIND_DUTY)));
    bf_hint(c, d, BF_T_HINT_STATUSES, BF_NOARGS);
}

/* ACT is lapsed: an act has no status, a duty has. */
static bool status_of_act(struct bf_checker *c, const struct bf_node *n) {
    const struct bf_node *a = n->a, *b = n->b;
    if (a->kind != BF_N_NAME || b->kind != BF_N_NAME || !c->at.proc || find_value(c, b->name) ||
        !bf_builtin_find(b->name, 1 << BF_BC_STATUS) || find_value(c, a->name))
        return false;
    const struct bf_sym *act = bf_scope_find(c, c->at.proc, BF_C_ACT, a->name);
    if (!act)
        return false;
    struct bf_diag *d = bf_report(
        c, BF_E0205_WRONG_KIND, a->span,
        BF_ARGS(bf_arg_name(a->name), bf_arg_text(BF_T_KIND_ACT), bf_arg_text(BF_T_KIND_DUTY)));
    bf_label(c, d, bf_sym_span(act), BF_T_DECLARED_HERE, BF_ARGS(bf_arg_text(BF_T_KIND_ACT)));
    bf_hint(c, d, BF_T_HINT_WAS_DONE, BF_ARGS(bf_arg_name(a->name)));
    return true;
}

static const struct bf_type *is_type(struct bf_checker *c, struct bf_node *n) {
    if (!n->a || !n->b)
        return c->bool_;
    bool whole = n->a->kind != BF_N_INDEX;
    struct bf_sym *duty = whole ? bf_case_part(c, n->a, BF_C_DUTY) : bf_duty_member(c, n->a);
    if (!duty)
        return status_of_act(c, n) ? c->bool_ : compare_type(c, n);
    status_test(c, n, duty);
    const struct bf_sym *what = c->info[n->b->id].sym;
    if (whole && duty->member && what && what->kind == BF_SYM_ACT) {
        struct bf_diag *d = bf_report(c, BF_E0384_WHOSE, n->span, BF_ARGS(bf_arg_name(duty->name)));
        bf_hint(c, d, BF_T_HINT_WHOSE, BF_ARGS(text_of(c, n->a->span), bf_arg_name(what->name)));
    }
    return c->bool_;
}

/* What a date is moved by. */
static void no_hours(struct bf_checker *c, const struct bf_node *n, const struct bf_type *t) {
    if (t->kind == BF_K_PERIOD && t->unit == BF_UNIT_HOURS)
        bf_report(c, BF_E0327_HOURS, n->span, BF_NOARGS);
}

static const struct bf_type *sum_type(struct bf_checker *c, struct bf_node *n) {
    const struct bf_type *x, *y;
    if (!sides(c, n, &x, &y))
        return c->broken;
    bool numbers = x->kind == BF_K_INT || x->kind == BF_K_DECIMAL || x->kind == BF_K_PERIOD;
    if (x == y && numbers)
        return x;
    if (x->kind == BF_K_DATE && y->kind == BF_K_PERIOD) {
        no_hours(c, n->b, y);
        return c->date;
    }
    if (x->kind == BF_K_PERIOD && y->kind == BF_K_DATE) {
        struct bf_diag *d = bf_report(c, BF_E0327_DATE_SUM, n->span, BF_NOARGS);
        bf_hint(c, d, BF_T_HINT_AFTER, BF_NOARGS);
        return c->date;
    }
    if (x != y)
        tell_mismatch(c, n, x, y);
    else
        bf_report(c, BF_E0328_NO_SUM, n->span, BF_ARGS(bf_type_arg(c, x)));
    return c->broken;
}

static const struct bf_type *shift_type(struct bf_checker *c, struct bf_node *n) {
    if (!n->a || !n->b)
        return c->date;
    const struct bf_type *t = value(c, n->a, NULL);
    if (!bf_is_broken(t) && t->kind != BF_K_PERIOD)
        bf_report(c, BF_E0301_TYPE, n->a->span,
                  BF_ARGS(bf_arg_text(BF_T_KIND_PERIOD), bf_type_arg(c, t)));
    no_hours(c, n->a, t);
    bf_expect(c, n->b, c->date);
    return c->date;
}

static const struct bf_type *list_type(struct bf_checker *c, struct bf_node *n,
                                       const struct bf_type *want) {
    const struct bf_type *elem = want && want->kind == BF_K_LIST ? want->elem : NULL;
    uint32_t count = 0;
    for (struct bf_node *x = n->a; x; x = x->next, count++) {
        if (!elem)
            elem = value(c, x, NULL);
        else
            bf_expect(c, x, elem);
    }
    if (!elem) {
        bf_report(c, BF_E0329_LIST_OF_WHAT, n->span, BF_NOARGS);
        return c->broken;
    }
    uint32_t max = want && want->kind == BF_K_LIST ? want->max : 0;
    if (max && count > max)
        bf_report(c, BF_E0330_LIST_LONG, n->span, BF_ARGS(bf_arg_int(max), bf_arg_int(count)));
    return bf_type_list(c, elem, max);
}

static const struct bf_type *none_type(struct bf_checker *c, struct bf_node *n,
                                       const struct bf_type *want) {
    if (want && bf_is_broken(want))
        return c->broken;
    if (want && want->optional)
        return want;
    struct bf_diag *d =
        want ? bf_report(c, BF_E0332_NEVER_NONE, n->span, BF_ARGS(bf_type_arg(c, want)))
             : bf_report(c, BF_E0331_NONE, n->span, BF_NOARGS);
    bf_hint(c, d, BF_T_HINT_IS_ABSENT, BF_NOARGS);
    return c->broken;
}

static const struct bf_type *period_type(struct bf_checker *c, const struct bf_node *n) {
    bool told = n->num == 0 && c->broken_text; /* what a number too large is read as */
    if (!told && (n->num < 1 || n->num > BF_PERIOD_MAX))
        bf_report(c, BF_E0333_PERIOD, n->span, BF_ARGS(bf_arg_int(BF_PERIOD_MAX)));
    if (n->op == BF_UNIT_WORKING_DAYS && c->working_days.file == BF_NO_FILE)
        c->working_days = n->span;
    return c->period[n->op];
}

/* A whole number may stand for a Decimal, if it is none too large. */
static const struct bf_type *int_type(struct bf_checker *c, const struct bf_node *n,
                                      const struct bf_type *want) {
    if (!want || want->kind != BF_K_DECIMAL)
        return c->int_;
    if (n->num > DECIMAL_MAX || n->num < -DECIMAL_MAX)
        bf_report(c, BF_E0357_DECIMAL, n->span, BF_NOARGS);
    return c->decimal;
}

static const struct bf_type *raw_expr(struct bf_checker *c, struct bf_node *n,
                                      const struct bf_type *want);

static const struct bf_type *present_type(struct bf_checker *c, struct bf_node *n) {
    if (!n->a)
        return c->bool_;
    const struct bf_type *t = give(c, n->a, raw_expr(c, n->a, NULL));
    if (!bf_is_broken(t) && !t->optional && !scenario(c))
        bf_report(c, BF_W0334_NEVER_ABSENT, n->span, BF_ARGS(text_of(c, n->a->span)));
    return c->bool_;
}

static struct bf_sym *case_proc(struct bf_checker *c, struct bf_node *n) {
    c->at.whole = n->a;
    const struct bf_type *t = n->a ? bf_expr(c, n->a, NULL) : c->broken;
    if (bf_is_broken(t))
        return NULL;
    if (t->kind == BF_K_CASE)
        return t->sym;
    bf_report(c, BF_E0335_NO_CASE, n->a->span, BF_ARGS(text_of(c, n->a->span), bf_type_arg(c, t)));
    return NULL;
}

static const struct bf_type *case_test(struct bf_checker *c, struct bf_node *n) {
    if (!scenario(c) && !c->at.counted)
        return not_here(c, n, BF_T_WHY_CASE_TEST);
    struct bf_sym *proc = case_proc(c, n);
    if (n->kind == BF_N_HAS)
        bf_name_global(c, n->b, BF_SYM_VIOLATION, BF_T_KIND_VIOLATION);
    for (struct bf_node *s = n->kind == BF_N_IN ? n->b : NULL; s && proc; s = s->next)
        bf_name_in(c, s, proc, BF_C_STATE, BF_T_KIND_STATE);
    return c->bool_;
}

/* ---- the expression ---- */

static const struct bf_type *raw_expr(struct bf_checker *c, struct bf_node *n,
                                      const struct bf_type *want) {
    if (n->flags & BF_F_BROKEN)
        return c->broken;
    switch (n->kind) {
    case BF_N_NAME: return name_type(c, n, want);
    case BF_N_STRING: /* scenarios name what is attached */
        return scenario(c) && want && want->base->kind == BF_K_DOCUMENT ? want->base : c->text;
    case BF_N_INT: return int_type(c, n, want);
    case BF_N_DECIMAL: return c->decimal;
    case BF_N_DATE: return c->date;
    case BF_N_PERIOD: return period_type(c, n);
    case BF_N_BOOL: return c->bool_;
    case BF_N_NONE: return none_type(c, n, want);
    case BF_N_LIST: return list_type(c, n, want);
    case BF_N_DOT: return part_type(c, n);
    case BF_N_CALL: return call_type_of(c, n);
    case BF_N_INDEX: return row_type(c, n);
    case BF_N_AND:
    case BF_N_OR: return chain_type(c, n);
    case BF_N_NOT:
        if (n->a)
            bf_condition(c, n->a);
        return c->bool_;
    case BF_N_COMPARE: return compare_type(c, n);
    case BF_N_OVER: return over_type(c, n);
    case BF_N_IS: return is_type(c, n);
    case BF_N_PRESENT: return present_type(c, n);
    case BF_N_HAS:
    case BF_N_IN: return case_test(c, n);
    case BF_N_ADD:
    case BF_N_SUB: return sum_type(c, n);
    case BF_N_AFTER:
    case BF_N_BEFORE: return shift_type(c, n);
    default: /* the grammar puts nothing else where an expression stands */ return c->broken;
    }
}

const struct bf_type *bf_expr(struct bf_checker *c, struct bf_node *n, const struct bf_type *want) {
    const struct bf_type *t = raw_expr(c, n, want);
    if (t->optional && n->kind != BF_N_NONE && bf_facts_has(c, n))
        t = t->base;
    return give(c, n, t);
}

bool bf_expect(struct bf_checker *c, struct bf_node *n, const struct bf_type *want) {
    const struct bf_type *t = bf_expr(c, n, want);
    if (bf_is_broken(t) || bf_is_broken(want))
        return false;
    if (!bf_type_fits(t, want)) {
        if (t->kind == BF_K_PERIOD && want->kind == BF_K_PERIOD)
            tell_units(c, n->span, want, t);
        else
            bf_report(c, BF_E0301_TYPE, n->span,
                      BF_ARGS(bf_type_arg(c, want->base), bf_type_arg(c, t->base)));
        return false;
    }
    if (t->optional && !want->optional && !scenario(c)) {
        tell_absent(c, n);
        return false;
    }
    return true;
}

void bf_condition(struct bf_checker *c, struct bf_node *n) { bf_expect(c, n, c->bool_); }

bool bf_is_constant(const struct bf_program *p, const struct bf_node *n) {
    const struct bf_sym *s;
    switch (n->kind) {
    case BF_N_STRING:
    case BF_N_INT:
    case BF_N_DECIMAL:
    case BF_N_DATE:
    case BF_N_PERIOD:
    case BF_N_BOOL:
    case BF_N_NONE: return true;
    case BF_N_NAME: s = bf_sym_of(p, n); return s && s->kind == BF_SYM_MEMBER;
    case BF_N_CALL:
        s = n->a ? bf_sym_of(p, n->a) : NULL;
        return s && s->kind == BF_SYM_TYPE &&
               (s->builtin == BF_B_CITIZEN_ID || s->builtin == BF_B_CREDIT_CODE);
    default: return false;
    }
}
