/* resolve: every declaration gets its symbol, every `use` its names, every declared thing its type.
**
** Three rounds over the declarations, none over the bodies of rules: names (so that order does not
** matter), imports, types. Within a procedure: data, states, acts and duties, and where its moves
** lead, which the reading of `ACT.ARG` needs beforehand.
*/
#include <string.h>

#include "lang/check/checker.h"

/* ---- declaring ---- */

static struct bf_name *name_of(const struct bf_node *n) {
    return n->a && n->a->kind == BF_N_NAME && !(n->a->flags & BF_F_BROKEN) ? n->a->name : NULL;
}

static void tell_twice(struct bf_checker *c, const struct bf_node *name,
                       const struct bf_sym *first) {
    struct bf_diag *d = bf_report(c, BF_E0202_TWICE, name->span, BF_ARGS(bf_arg_name(name->name)));
    bf_label(c, d, bf_sym_span(first), BF_T_FIRST_HERE,
             BF_ARGS(bf_arg_text(bf_sym_kind_text(first))));
}

enum {
    RESERVED_NAME = 1 << BF_BC_TYPE | 1 << BF_BC_VALUE | 1 << BF_BC_FUNCTION,
    RESERVED_ACT = 1 << BF_BC_ACT,
    RESERVED_DOT = 1 << BF_BC_FIELD
};

static bool is_builtin(struct bf_checker *c, const struct bf_node *name, unsigned classes) {
    const struct bf_sym *b = bf_builtin_find(name->name, classes);
    if (!b || b->builtin == BF_B_COUNT) /* a soft word */
        return false;
    struct bf_diag *d =
        bf_report(c, BF_E0204_BUILTIN, name->span, BF_ARGS(bf_arg_name(name->name)));
    bf_hint(c, d, classes == RESERVED_ACT ? BF_T_HINT_CONSENT_ACT : BF_T_HINT_OTHER_NAME,
            BF_NOARGS);
    return true;
}

/* Declares n->a in a class of owner; NULL if the name could not be read. */
static struct bf_sym *declare(struct bf_checker *c, const void *owner, enum bf_class cls,
                              enum bf_sym_kind kind, struct bf_node *n, unsigned reserved) {
    struct bf_name *name = name_of(n);
    if (!name)
        return NULL;
    struct bf_sym *s = bf_sym_new(c, kind, name, n);
    c->info[n->a->id].sym = s;
    if (is_builtin(c, n->a, reserved))
        return s;
    struct bf_sym *first = bf_scope_add(c, owner, cls, s);
    if (first)
        tell_twice(c, n->a, first);
    return s;
}

/* Appends the symbols of a list of nodes (members, fields, parameters) to their owner's list. */
static void declare_parts(struct bf_checker *c, struct bf_sym *owner, struct bf_node *list,
                          enum bf_sym_kind kind, unsigned reserved) {
    for (struct bf_node *n = list; n; n = n->next) {
        struct bf_sym *s = declare(c, owner, BF_C_NAME, kind, n, reserved);
        if (!s)
            continue;
        s->owner = owner;
        s->index = owner->last ? owner->last->index + 1 : 0;
        if (owner->last)
            owner->last->next = s;
        else
            owner->first = s;
        owner->last = s;
    }
}

/* What the library declares is known by its Chinese label too. */
static void add_label_in(struct bf_checker *c, const void *owner, enum bf_class cls,
                         struct bf_sym *s, const struct bf_node *label) {
    if (c->unit == c->units || !label || label->kind != BF_N_STRING)
        return;
    bf_scope_alias(c, owner, cls, bf_name_intern(c->p->parse->names, label->text), s);
}

static void add_label(struct bf_checker *c, const void *owner, struct bf_sym *s,
                      const struct bf_node *label) {
    add_label_in(c, owner, BF_C_NAME, s, label);
}

static struct bf_sym *declare_global(struct bf_checker *c, enum bf_sym_kind kind, struct bf_node *n,
                                     struct bf_sym_list *list) {
    struct bf_sym *s = declare(c, c->unit, BF_C_NAME, kind, n, RESERVED_NAME);
    if (!s)
        return NULL;
    bf_sym_append(list, s);
    add_label(c, c->unit, s, n->b);
    return s;
}

/* ---- procedures ---- */

static struct bf_sym *declare_data(struct bf_checker *c, struct bf_sym *proc, struct bf_node *n) {
    struct bf_sym *s = declare(c, proc, BF_C_NAME, BF_SYM_DATA, n, RESERVED_NAME);
    if (s) {
        s->owner = proc;
        bf_sym_append(&proc->proc->data, s);
        add_label(c, proc, s, n->b);
    }
    return s;
}

static void declare_state(struct bf_checker *c, struct bf_sym *proc, struct bf_node *n) {
    struct bf_sym *s = declare(c, proc, BF_C_STATE, BF_SYM_STATE, n, 0);
    if (!s)
        return;
    s->owner = proc;
    bf_sym_append(&proc->proc->states, s);
    add_label_in(c, proc, BF_C_STATE, s, n->b);
    if (n->kind == BF_N_STATE && proc->proc->initial == BF_NONE)
        proc->proc->initial = s->index;
}

/* The head of an act: the first of its name makes the symbol. */
static void declare_act(struct bf_checker *c, struct bf_sym *proc, struct bf_node *act,
                        bool offered) {
    struct bf_name *name = act ? name_of(act) : NULL;
    if (!name || is_builtin(c, act->a, RESERVED_ACT))
        return;
    struct bf_sym *s = bf_scope_find(c, proc, BF_C_ACT, name);
    if (s && s->node->kind == BF_N_RUN) {
        tell_twice(c, act->a, s);
        return;
    }
    if (!s) {
        s = declare(c, proc, BF_C_ACT, BF_SYM_ACT, act, 0);
        s->owner = proc;
        bf_sym_append(&proc->proc->acts, s);
        add_label_in(c, proc, BF_C_ACT, s, act->b);
        declare_parts(c, s, act->c, BF_SYM_PARAM, RESERVED_NAME | RESERVED_DOT);
        for (struct bf_sym *param = s->first; param; param = param->next)
            add_label(c, s, param, param->node->b);
    }
    s->offered = s->offered || offered;
    c->info[act->id].sym = s;
    c->info[act->a->id].sym = s;
}

/* The ending of what is run is an act of who runs it, called like the procedure. */
static void declare_run(struct bf_checker *c, struct bf_sym *proc, struct bf_node *n) {
    struct bf_name *name = name_of(n);
    if (!name || is_builtin(c, n->a, RESERVED_ACT))
        return;
    struct bf_sym *s = bf_scope_find(c, proc, BF_C_ACT, name);
    if (s && s->node->kind != BF_N_RUN) {
        tell_twice(c, n->a, s);
        return;
    }
    if (!s) {
        s = bf_sym_new(c, BF_SYM_ACT, name, n);
        s->owner = proc;
        s->offered = true;
        bf_sym_append(&proc->proc->acts, s);
        bf_scope_add(c, proc, BF_C_ACT, s);
    }
    c->info[n->id].sym = s;
}

static void declare_duty(struct bf_checker *c, struct bf_sym *proc, struct bf_node *must) {
    struct bf_name *name = must->b ? name_of(must->b) : NULL;
    struct bf_sym *s = bf_sym_new(c, BF_SYM_DUTY, name, must);
    s->owner = proc;
    bf_sym_append(&proc->proc->duties, s);
    if (name) {
        c->info[must->b->id].sym = s;
        c->info[must->b->a->id].sym = s;
        struct bf_sym *first = bf_scope_add(c, proc, BF_C_DUTY, s);
        if (first)
            tell_twice(c, must->b->a, first);
        add_label_in(c, proc, BF_C_DUTY, s, must->b->b);
    }
    for (struct bf_node *alt = must->kind == BF_N_MUST ? must->d : NULL; alt; alt = alt->next)
        declare_act(c, proc, alt->b, true);
}

static void declare_event(struct bf_checker *c, struct bf_node *n) {
    struct bf_name *name = name_of(n);
    if (!name)
        return;
    struct bf_sym *s = bf_builtin_find(name, 1 << BF_BC_EVENT)
                           ? c->violated
                           : bf_scope_find(c, c->unit, BF_C_EVENT, name);
    if (!s) {
        s = declare(c, c->unit, BF_C_EVENT, BF_SYM_EVENT, n, 0);
        bf_sym_append(&c->p->events, s);
        declare_parts(c, s, n->c, BF_SYM_PARAM, RESERVED_NAME);
    }
    if (s->owner && s->owner != c->at.proc)
        s->several = true;
    s->owner = c->at.proc;
    c->info[n->id].sym = s;
    c->info[n->a->id].sym = s;
}

static void declare_item(struct bf_checker *c, struct bf_sym *proc, struct bf_node *n) {
    switch (n->kind) {
    case BF_N_PARTY:
    case BF_N_GIVEN:
    case BF_N_KEEP: declare_data(c, proc, n); break;
    case BF_N_STATE:
    case BF_N_END: declare_state(c, proc, n); break;
    case BF_N_STARTS_ON: declare_event(c, n); break;
    case BF_N_MAY:
    case BF_N_MUST_NOT: declare_act(c, proc, n->b, n->kind == BF_N_MAY); break;
    case BF_N_MUST:
    case BF_N_LASTS: declare_duty(c, proc, n); break;
    case BF_N_RUN: declare_run(c, proc, n); break;
    default: break; /* introduces no name, or one that needs the duties */
    }
}

/* The act that extends a duty has both spellings; its own is that of the duty's script. */
static void declare_extension(struct bf_checker *c, struct bf_sym *proc, struct bf_node *n) {
    struct bf_sym *duty = bf_name_in(c, n->b, proc, BF_C_DUTY, BF_T_KIND_DUTY);
    if (!duty)
        return;
    struct bf_name *spelling[2];
    for (int lang = 0; lang < 2; lang++) {
        struct bf_buf l;
        bf_buf_in(&l, c->arena);
        bf_buf_str(&l, bf_builtin_text(BF_B_EXTEND, (enum bf_lang)lang));
        bf_buf_str(&l, duty->name->text);
        spelling[lang] = bf_name_intern(c->p->parse->names, bf_buf_view(&l));
    }
    bool zh = duty->name->text.p[0] & 0x80;
    struct bf_sym *act = bf_scope_find(c, proc, BF_C_ACT, spelling[0]);
    if (!act || act->duty != duty) {
        act = bf_sym_new(c, BF_SYM_ACT, spelling[zh], n);
        act->owner = proc;
        act->duty = duty;
        act->offered = true;
        bf_sym_append(&proc->proc->acts, act);
        for (int lang = 0; lang < 2; lang++) {
            struct bf_sym *first = bf_scope_alias(c, proc, BF_C_ACT, spelling[lang], act);
            if (first && first != act)
                tell_twice(c, first->node->a, act);
        }
        struct bf_sym *by =
            bf_sym_new(c, BF_SYM_PARAM, bf_name_intern(c->p->parse->names, BF_STR("by")), NULL);
        by->owner = act;
        act->first = act->last = by;
        bf_scope_add(c, act, BF_C_NAME, by);
    }
    c->info[n->id].sym = act;
}

static void resolve_goal(struct bf_checker *c, struct bf_sym *proc, struct bf_node *goal) {
    if (goal && goal->a && !(goal->flags & BF_F_BACK))
        bf_name_in(c, goal->a, proc, BF_C_STATE, BF_T_KIND_STATE);
}

static void resolve_in(struct bf_checker *c, struct bf_sym *proc, struct bf_node *clauses) {
    for (struct bf_node *k = clauses; k; k = k->next)
        for (struct bf_node *s = k->kind == BF_N_C_IN || k->kind == BF_N_C_UNTIL ? k->a : NULL; s;
             s = s->next)
            bf_name_in(c, s, proc, BF_C_STATE, BF_T_KIND_STATE);
}

static void resolve_item(struct bf_checker *c, struct bf_sym *proc, struct bf_node *n) {
    switch (n->kind) {
    case BF_N_MAY:
        resolve_goal(c, proc, n->d);
        resolve_in(c, proc, n->c);
        break;
    case BF_N_MUST:
        resolve_in(c, proc, n->c);
        for (struct bf_node *alt = n->d; alt; alt = alt->next) {
            resolve_goal(c, proc, alt->d);
            resolve_in(c, proc, alt->c);
        }
        if (n->e && n->e->op == BF_OTHERWISE_GOTO)
            resolve_goal(c, proc, n->e->d);
        break;
    case BF_N_LASTS:
    case BF_N_WHEN: resolve_goal(c, proc, n->d); break;
    case BF_N_RUN:
        for (struct bf_node *x = n->c; x; x = x->next)
            resolve_goal(c, proc, x->d);
        break;
    case BF_N_MAY_EXTEND: declare_extension(c, proc, n); break;
    default: break; /* moves nothing */
    }
}

static void each_item(struct bf_checker *c, struct bf_sym *proc,
                      void (*item)(struct bf_checker *, struct bf_sym *, struct bf_node *)) {
    for (struct bf_node *n = proc->node->c; n; n = n->next) {
        item(c, proc, n);
        for (struct bf_node *i = n->kind == BF_N_STATE ? n->c : NULL; i; i = i->next)
            item(c, proc, i);
    }
}

static void alias(struct bf_checker *c, struct bf_sym *owner, enum bf_class cls, const char *en,
                  const char *zh);

/* What a start with consent was made into (asked.c) is known in both spellings. */
static void alias_asked(struct bf_checker *c, struct bf_sym *proc) {
    for (const struct bf_node *n = proc->node->c; n; n = n->next)
        if (n->kind == BF_N_STATE && n->flags & BF_F_DERIVED && n->next) {
            alias(c, proc, BF_C_STATE, "asked", "待同意");
            alias(c, proc, BF_C_STATE, "declined", "未予启动");
            alias(c, proc, BF_C_ACT, "start", "启动");
            alias(c, proc, BF_C_ACT, "withdraw_start", "撤回启动");
        }
}

static void declare_procedure(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *s = declare_global(c, BF_SYM_PROCEDURE, n, &c->p->procedures);
    if (!s)
        return;
    s->proc = bf_new(c->arena, struct bf_proc_info);
    s->proc->initial = BF_NONE;
    c->at.proc = s;
    each_item(c, s, declare_item);
    bf_names_swallowed(c, s);
    alias_asked(c, s);
    s->first = s->proc->data.first;
    s->last = s->proc->data.last;
    each_item(c, s, resolve_item);
    c->at.proc = NULL;
}

/* Both spellings of what the parser named. */
static void alias(struct bf_checker *c, struct bf_sym *owner, enum bf_class cls, const char *en,
                  const char *zh) {
    struct bf_names *names = c->p->parse->names;
    struct bf_sym *s = bf_scope_find(c, owner, cls, bf_name_intern(names, bf_str_of(en)));
    if (s)
        bf_scope_alias(c, owner, cls, bf_name_intern(names, bf_str_of(zh)), s);
}

static void declare_norm(struct bf_checker *c, struct bf_node *norm) {
    for (const struct bf_node *n = norm->c; n; n = n->next) /* there is no list outside a case */
        if (n->a && n->a->kind == BF_N_SUBJECT && n->a->b)
            bf_report(c, BF_E0381_EACH_PLACE, n->a->span, BF_NOARGS);
    for (struct bf_node *n = norm->e; n; n = n->next) {
        declare_procedure(c, n);
        struct bf_sym *proc = c->info[n->id].sym, *event = NULL;
        if (!proc || proc->node != n)
            continue;
        for (struct bf_node *i = n->c; i; i = i->next)
            event = i->kind == BF_N_STARTS_ON ? c->info[i->id].sym : event;
        if (event)
            alias(c, event, BF_C_NAME, "who", "行为人");
        alias(c, proc, BF_C_NAME, "who", "行为人");
        alias(c, proc, BF_C_STATE, "recorded", "已记录");
    }
}

/* ---- round 1: names ---- */

static void declare_policy(struct bf_checker *c, struct bf_node *n) {
    struct bf_program *p = c->p;
    if (c->unit != c->units || p->policy) {
        struct bf_diag *d =
            bf_report(c, BF_E0101_POLICY_TWICE, n->a ? n->a->span : n->span, BF_NOARGS);
        if (p->policy)
            bf_label(c, d, p->policy->a ? p->policy->a->span : p->policy->span, BF_T_FIRST_HERE,
                     BF_ARGS(bf_arg_text(BF_T_KIND_POLICY)));
        return;
    }
    p->policy = n;
}

static void declare_node(struct bf_checker *c, struct bf_node *n) {
    struct bf_program *p = c->p;
    struct bf_sym *s;
    switch (n->kind) {
    case BF_N_POLICY: declare_policy(c, n); break;
    case BF_N_ASSUME: declare_global(c, BF_SYM_ASSUME, n, &p->assumes); break;
    case BF_N_OFFICE:
        s = declare_global(c, BF_SYM_OFFICE, n, &p->offices);
        if (s) {
            is_builtin(c, n->a, RESERVED_DOT);
            bf_name_swallowed(c, n->a, NULL, true);
        }
        break;
    case BF_N_ENUM:
        s = declare_global(c, BF_SYM_ENUM, n, &p->enums);
        if (!s)
            break;
        declare_parts(c, s, n->c, BF_SYM_MEMBER, 0);
        for (struct bf_sym *m = s->first; m; m = m->next)
            add_label(c, s, m, m->node->b);
        bf_list_swallowed(c, s);
        break;
    case BF_N_RECORD:
        s = declare_global(c, BF_SYM_RECORD, n, &p->records);
        if (!s)
            break;
        declare_parts(c, s, n->c, BF_SYM_FIELD, 0);
        for (struct bf_sym *f = s->first; f; f = f->next)
            add_label(c, s, f, f->node->b);
        break;
    case BF_N_REGISTER: declare_global(c, BF_SYM_REGISTER, n, &p->registers); break;
    case BF_N_DECIDE:
        s = declare_global(c, BF_SYM_DECISION, n, &p->decisions);
        if (s)
            declare_parts(c, s, n->c, BF_SYM_PARAM, RESERVED_NAME);
        break;
    case BF_N_VIOLATION: declare_global(c, BF_SYM_VIOLATION, n, &p->violations); break;
    case BF_N_PROCEDURE: declare_procedure(c, n); break;
    case BF_N_MEASURE: declare_global(c, BF_SYM_MEASURE, n, &p->measures); break;
    case BF_N_MODEL: declare_global(c, BF_SYM_MODEL, n, &p->models); break;
    case BF_N_NORM: declare_norm(c, n); break;
    case BF_N_LET:
        s = declare(c, c->unit, BF_C_NAME, BF_SYM_FIXTURE, n, RESERVED_NAME);
        if (s)
            bf_sym_append(&p->fixtures, s);
        break;
    default: break; /* USE has its own round; SCENARIO and NOTE declare nothing */
    }
}

static void list_scenarios(struct bf_program *p) {
    uint32_t n = 0;
    for (int round = 0; round < 2; round++) {
        if (round)
            p->scenarios = bf_new_array(p->arena, struct bf_node *, n);
        n = 0;
        for (uint32_t i = 0; i < p->own_count; i++)
            for (struct bf_node *d = p->trees[i]->root->a; d; d = d->next)
                if (d->kind == BF_N_SCENARIO) {
                    if (round)
                        p->scenarios[n] = d;
                    n++;
                }
    }
    p->scenario_count = n;
}

/* ---- round 2: imports ---- */

static void import(struct bf_checker *c, const struct bf_node *at, const struct bf_name *as,
                   struct bf_sym *s, bf_str name, bf_str module) {
    struct bf_sym *other = bf_scope_alias(c, c->unit, BF_C_NAME, as, s);
    if (!other || other == s)
        return;
    struct bf_diag *d =
        bf_report(c, BF_E0122_IMPORT_CLASH, at->span, BF_ARGS(bf_arg_name(as), bf_arg_str(module)));
    bf_label(c, d, bf_sym_span(other), BF_T_FIRST_HERE,
             BF_ARGS(bf_arg_text(bf_sym_kind_text(other))));
    bf_label(c, d, bf_sym_span(s), BF_T_COMES_FROM_HERE, BF_ARGS(bf_arg_str(module)));
    bf_hint(c, d, BF_T_HINT_AS, BF_ARGS(bf_arg_str(module), bf_arg_str(name)));
}

/* Every name that the unit itself declares: found by walking its file's declarations. */
static void import_all(struct bf_checker *c, const struct bf_node *use, uint32_t tree,
                       bf_str module) {
    for (struct bf_node *n = c->p->trees[tree]->root->a; n; n = n->next) {
        struct bf_sym *s = c->info[n->id].sym;
        if (!s || n->kind == BF_N_USE || n->kind == BF_N_LET || !s->name)
            continue;
        import(c, use->a, s->name, s, s->name->text, module);
        if (n->b && n->b->kind == BF_N_STRING)
            import(c, use->a, bf_name_intern(c->p->parse->names, n->b->text), s, n->b->text,
                   module);
    }
}

static void import_one(struct bf_checker *c, struct bf_node *i, const struct bf_space *from,
                       bf_str module) {
    if (!i->a || i->a->kind != BF_N_NAME)
        return;
    struct bf_sym *s = bf_scope_find(c, from, BF_C_NAME, i->a->name);
    if (!s) {
        const void *owners[] = {from, NULL};
        bf_undefined(c, i->a, BF_C_NAME, owners, BF_T_KIND_NAME);
        return;
    }
    c->info[i->a->id].sym = s;
    const struct bf_node *as = i->b ? i->b : i->a;
    if (i->b && is_builtin(c, i->b, RESERVED_NAME))
        return;
    import(c, as, as->name, s, i->a->name->text, module);
    if (i->b || from == c->units || !s->node->b || s->node->b->kind != BF_N_STRING)
        return;
    /* Both spellings, whichever is written here. */
    import(c, as, s->name, s, i->a->name->text, module);
    import(c, as, bf_name_intern(c->p->parse->names, s->node->b->text), s, i->a->name->text,
           module);
}

static void resolve_use(struct bf_checker *c, struct bf_node *use) {
    const struct bf_sym *module = c->info[use->id].sym;
    if (!module || module->index == BF_NONE)
        return;
    struct bf_space *from = c->unit_of[module->index];
    bf_str name = c->p->modules_of[module->index];
    if (from == c->unit && !use->b)
        return; /* one of the policy's own files: its names are there anyway */
    if (!use->b)
        import_all(c, use, module->index, name);
    for (struct bf_node *i = use->b; i; i = i->next)
        import_one(c, i, from, name);
}

/* ---- round 3: types ---- */

static void type_parts(struct bf_checker *c, struct bf_sym *owner) {
    for (struct bf_sym *s = owner->first; s; s = s->next)
        if (s->node && !s->type)
            s->type = bf_type_read(c, s->node->c);
}

static void type_register(struct bf_checker *c, struct bf_sym *s) {
    struct bf_node *n = s->node;
    s->type = n->c ? bf_type_read(c, n->c) : c->broken;
    if (bf_is_broken(s->type))
        return;
    if (s->type->kind != BF_K_RECORD || s->type->optional) {
        bf_report(c, BF_E0311_NO_RECORD, n->c->span, BF_ARGS(bf_type_arg(c, s->type)));
        s->type = c->broken;
        return;
    }
    for (struct bf_node *k = n->d; k; k = k->next) {
        struct bf_sym *f = bf_name_in(c, k, s->type->sym, BF_C_NAME, BF_T_KIND_FIELD);
        const struct bf_type *t = f ? (f->type ? f->type : bf_type_read(c, f->node->c)) : c->broken;
        if (t->optional || t->kind == BF_K_LIST)
            bf_report(c, BF_E0312_KEY, k->span, BF_ARGS(bf_arg_name(k->name), bf_type_arg(c, t)));
        for (struct bf_node *j = n->d; j != k; j = j->next)
            if (j->name == k->name) {
                tell_twice(c, k, f ? f : s);
                break;
            }
    }
}

static void type_office(struct bf_checker *c, struct bf_sym *s) {
    if (!s->node->c)
        return;
    s->type = bf_type_read(c, s->node->c);
    if (!bf_is_broken(s->type) && (!bf_type_is_party(s->type) || s->type->optional))
        bf_report(c, BF_E0313_PER_PARTY, s->node->c->span, BF_ARGS(bf_type_arg(c, s->type)));
}

/* Within a procedure a name in an expression must mean one thing. */
void bf_check_hiding(struct bf_checker *c, const struct bf_sym *s) {
    const struct bf_sym *other = NULL;
    const struct bf_sym *proc = c->at.proc;
    struct bf_sym *global = bf_scope_find(c, c->unit, BF_C_NAME, s->name);
    if (global && (global->kind == BF_SYM_ASSUME || global->kind == BF_SYM_OFFICE ||
                   global->kind == BF_SYM_DECISION || global->kind == BF_SYM_REGISTER ||
                   global->kind == BF_SYM_VIOLATION))
        other = global;
    if (proc && (s->kind == BF_SYM_PARAM || s->kind == BF_SYM_EACH)) {
        const struct bf_sym *data = bf_scope_find(c, proc, BF_C_NAME, s->name);
        other = data ? data : other;
    } else if (proc) {
        const struct bf_sym *act = bf_scope_find(c, proc, BF_C_ACT, s->name);
        const struct bf_sym *duty = bf_scope_find(c, proc, BF_C_DUTY, s->name);
        other = act ? act : duty ? duty : other;
    }
    if (!other)
        return;
    struct bf_diag *d = bf_report(c, BF_E0203_HIDES, bf_sym_span(s),
                                  BF_ARGS(bf_arg_name(s->name), bf_arg_text(bf_sym_kind_text(s)),
                                          bf_arg_text(bf_sym_kind_text(other))));
    bf_label(c, d, bf_sym_span(other), BF_T_DECLARED_HERE,
             BF_ARGS(bf_arg_text(bf_sym_kind_text(other))));
    bf_hint(c, d, BF_T_HINT_OTHER_NAME, BF_NOARGS);
}

static void type_data(struct bf_checker *c, struct bf_sym *s) {
    s->type = s->node->c ? bf_type_read(c, s->node->c) : c->broken;
    bf_check_hiding(c, s);
    if (s->node->kind == BF_N_PARTY && !bf_is_broken(s->type) &&
        (!bf_type_is_party(s->type) || s->type->optional)) {
        bf_report(c, BF_E0313_PER_PARTY, s->node->c->span, BF_ARGS(bf_type_arg(c, s->type)));
        s->type = c->broken;
    }
}

static void note_openers(struct bf_checker *c, struct bf_sym *proc) {
    for (const struct bf_node *n = proc->node->c; n; n = n->next)
        for (const struct bf_node *x = n->kind == BF_N_STARTS_BY ? n->a : NULL; x; x = x->next)
            if (x->kind == BF_N_SUBJECT && x->op == BF_SUBJECT_ONE && x->a &&
                x->a->kind == BF_N_NAME) {
                struct bf_sym *s = bf_scope_find(c, proc, BF_C_NAME, x->a->name);
                if (s && s->kind == BF_SYM_DATA && s->node->kind == BF_N_PARTY)
                    s->opener = true;
            }
}

static void type_procedure(struct bf_checker *c, struct bf_sym *proc) {
    if (!proc->proc)
        return;
    c->at.proc = proc;
    for (struct bf_sym *s = proc->proc->data.first; s; s = s->next)
        type_data(c, s);
    note_openers(c, proc);
    for (struct bf_sym *act = proc->proc->acts.first; act; act = act->next) {
        type_parts(c, act);
        for (struct bf_sym *s = act->first; s; s = s->next)
            if (s->node)
                bf_check_hiding(c, s);
    }
    c->at.proc = NULL;
}

/* Symbols of one kind stand in the order of their files: entering a file is rare. */
static void each_sym(struct bf_checker *c, const struct bf_sym_list *list,
                     void (*visit)(struct bf_checker *, struct bf_sym *)) {
    for (struct bf_sym *s = list->first; s; s = s->next) {
        if (!s->node)
            continue;
        if (s->tree != c->tree)
            bf_enter_tree(c, s->tree);
        visit(c, s);
    }
}

static void type_decision(struct bf_checker *c, struct bf_sym *s) {
    type_parts(c, s);
    for (struct bf_sym *param = s->first; param; param = param->next)
        bf_check_hiding(c, param);
    s->type = s->node->d ? bf_type_read(c, s->node->d) : c->broken;
}

static void type_assume(struct bf_checker *c, struct bf_sym *s) {
    s->type = s->node->c ? bf_type_read(c, s->node->c) : c->broken;
}

static void type_all(struct bf_checker *c) {
    struct bf_program *p = c->p;
    each_sym(c, &p->records, type_parts);
    each_sym(c, &p->registers, type_register);
    each_sym(c, &p->decisions, type_decision);
    each_sym(c, &p->assumes, type_assume);
    each_sym(c, &p->offices, type_office);
    each_sym(c, &p->events, type_parts);
    each_sym(c, &p->procedures, type_procedure);
}

/* ---- what is run ---- */

/* The end where a case goes that is left by the one that runs it, by both spellings: its own of that name, else one
** behind its states. */
static void add_cancelled(struct bf_checker *c, struct bf_sym *proc) {
    struct bf_names *names = c->p->parse->names;
    struct bf_name *spelling[2];
    struct bf_sym *s = NULL;
    for (int lang = 0; lang < 2; lang++) {
        spelling[lang] = bf_name_intern(names, bf_builtin_text(BF_B_CANCELLED, (enum bf_lang)lang));
        s = s ? s : bf_scope_find(c, proc, BF_C_STATE, spelling[lang]);
    }
    if (s && s->node->kind != BF_N_END)
        is_builtin(c, s->node->a, 1 << BF_BC_STATE);
    if (!s) {
        s = bf_sym_new(c, BF_SYM_STATE, spelling[(proc->name->text.p[0] & 0x80) != 0], NULL);
        s->owner = proc;
        s->index = proc->proc->states.count;
    }
    proc->cancelled = s;
    for (int lang = 0; lang < 2; lang++)
        bf_scope_alias(c, proc, BF_C_STATE, spelling[lang], s);
}

static void alias_run(struct bf_checker *c, struct bf_sym *act, struct bf_name *name) {
    struct bf_sym *first = bf_scope_alias(c, act->owner, BF_C_ACT, name, act);
    if (first && first != act)
        tell_twice(c, act->node->a, first);
}

/* Once types are known: what a case keeps is read as what the act of its ending carried. */
static void resolve_run(struct bf_checker *c, struct bf_sym *proc, struct bf_node *n) {
    struct bf_sym *act = n->kind == BF_N_RUN ? c->info[n->id].sym : NULL;
    struct bf_sym *runs =
        act ? bf_name_global(c, n->a, BF_SYM_PROCEDURE, BF_T_KIND_PROCEDURE) : NULL;
    if (!runs || !runs->proc) {
        proc->broken = proc->broken || n->kind == BF_N_RUN;
        return;
    }
    if (!runs->run) {
        runs->run = n;
        runs->run_in = c->tree;
        add_cancelled(c, runs);
    }
    if (act->runs)
        return;
    act->runs = runs;
    for (struct bf_sym *d = runs->first; d; d = d->next) {
        if (d->node->kind != BF_N_KEEP)
            continue;
        struct bf_sym *param = bf_sym_new(c, BF_SYM_PARAM, d->name, NULL);
        param->node = d->node;
        param->owner = act;
        param->type = d->type;
        param->index = act->last ? act->last->index + 1 : 0;
        if (act->last)
            act->last->next = param;
        else
            act->first = param;
        act->last = param;
        bf_scope_add(c, act, BF_C_NAME, param);
        if (d->tree != c->tree && d->node->b)
            bf_scope_alias(c, act, BF_C_NAME, bf_name_intern(c->p->parse->names, d->node->b->text),
                           param);
    }
    alias_run(c, act, runs->name);
    if (c->unit_of_file[runs->tree->file] != c->units && runs->node->b)
        alias_run(c, act, bf_name_intern(c->p->parse->names, runs->node->b->text));
}

static void resolve_runs(struct bf_checker *c, struct bf_sym *proc) {
    if (proc->proc)
        each_item(c, proc, resolve_run);
}

/* ---- the entry ---- */

void bf_enter_tree(struct bf_checker *c, struct bf_tree *t) {
    c->tree = t;
    c->unit = c->unit_of_file[t->file];
}

static void make_units(struct bf_checker *c) {
    struct bf_program *p = c->p;
    c->units = bf_new(c->arena, struct bf_space);
    c->unit_of = bf_new_array(c->arena, struct bf_space *, p->tree_count);
    c->unit_of_file = bf_new_array(c->arena, struct bf_space *, p->parse->sources->count);
    for (uint32_t i = 0; i < p->tree_count; i++) {
        c->unit_of[i] = c->units;
        if (i >= p->own_count) {
            c->unit_of[i] = bf_new(c->arena, struct bf_space);
            c->unit_of[i]->name = p->modules_of[i];
        }
        c->unit_of_file[p->trees[i]->file] = c->unit_of[i];
    }
}

static void find_level(struct bf_checker *c) {
    for (uint32_t i = c->p->own_count; i < c->p->tree_count; i++)
        if (bf_str_eq(c->p->modules_of[i], BF_STR("std.government")))
            c->level = bf_scope_find(c, c->unit_of[i], BF_C_NAME,
                                     bf_name_intern(c->p->parse->names, BF_STR("Level")));
    if (c->level && c->level->kind != BF_SYM_ENUM)
        c->level = NULL;
}

void bf_resolve(struct bf_program *p) {
    struct bf_checker *c = bf_new(p->arena, struct bf_checker);
    p->checker = c;
    c->p = p;
    c->arena = p->arena;
    c->diags = p->parse->diags;
    c->info = p->info;
    c->working_days = BF_NO_SPAN;
    c->broken_text = bf_diags_count(c->diags, BF_SEV_ERROR) > 0;
    bf_scope_init(c);
    bf_types_init(c);
    bf_builtins_init(c);
    make_units(c);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < p->tree_count; i++) {
            c->tree = p->trees[i];
            c->unit = c->unit_of[i];
            for (struct bf_node *n = c->tree->root->a; n; n = n->next) {
                if (round == 0)
                    declare_node(c, n);
                else if (n->kind == BF_N_USE)
                    resolve_use(c, n);
            }
        }
    list_scenarios(p);
    find_level(c);
    bf_party_fields_init(c);
    type_all(c);
    each_sym(c, &p->procedures, resolve_runs);
}
