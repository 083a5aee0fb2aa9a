/* lower_scenario: fixtures and scenarios. They stand behind the policy in every table. */
#include "lang/base/assert.h"
#include "lang/image/lower.h"

static struct bf_sym *sym(const struct bf_lower *l, const struct bf_node *n) {
    return bf_sym_of(l->p, n);
}

static struct bf_i_stmt stmt(enum bf_stmt_op op) {
    return (struct bf_i_stmt){op, BF_NONE, BF_NONE, BF_NONE, BF_NONE, BF_NONE, BF_NONE};
}

static uint32_t local(const struct bf_lower *l, const struct bf_sym *s) {
    return s ? l->p->fixtures.count + s->index : BF_NONE;
}

/* A program that gives the arguments, absent where none is given. */
static uint32_t tuple(struct bf_lower *l, const struct bf_node *args, const struct bf_sym *first) {
    uint32_t start = bf_lower_here(l);
    uint32_t count = bf_lower_args(l, args, first);
    bf_build_op(&l->b, BF_OP_TUPLE, count);
    bf_build_op(&l->b, BF_OP_RETURN, 0);
    return start;
}

/* The latest case of a procedure. */
static uint32_t latest(struct bf_lower *l, const struct bf_sym *proc) {
    uint32_t start = bf_lower_here(l);
    bf_build_op(&l->b, BF_OP_CASE, proc->index);
    bf_build_op(&l->b, BF_OP_RETURN, 0);
    return start;
}

static struct bf_i_stmt opens(struct bf_lower *l, const struct bf_node *n,
                              const struct bf_sym *to) {
    struct bf_i_stmt s = stmt(BF_S_OPEN);
    const struct bf_sym *proc = sym(l, n->b);
    s.a = local(l, to);
    s.b = bf_lower_value(l, n->a);
    s.c = proc->index;
    s.d = tuple(l, n->c, proc->proc->data.first);
    return s;
}

/* consent(ACT), decline(ACT): which act. */
static const struct bf_sym *consented(const struct bf_lower *l, const struct bf_node *n) {
    const struct bf_node *arg = n->c ? n->c->b : NULL;
    return arg ? sym(l, arg) : NULL;
}

static struct bf_i_stmt does(struct bf_lower *l, const struct bf_node *n) {
    const struct bf_sym *act = sym(l, n->b);
    bool asked = act->kind == BF_SYM_BUILTIN; /* consent or decline */
    struct bf_i_stmt s = stmt(!asked                         ? BF_S_DO
                              : act->builtin == BF_B_CONSENT ? BF_S_CONSENT
                                                             : BF_S_DECLINE);
    if (asked)
        act = consented(l, n);
    s.a = n->d ? bf_lower_value(l, n->d) : latest(l, act->owner);
    s.b = bf_lower_value(l, n->a);
    s.c = l->base[act->owner->index].act + act->index;
    if (!asked)
        s.d = tuple(l, n->c, act->first);
    for (const struct bf_node *x = n->c; x; x = x->next)
        if (sym(l, x) && sym(l, x)->kind == BF_SYM_BUILTIN)
            s.e = bf_lower_value(l, x->b);
    return s;
}

static struct bf_i_stmt reports(struct bf_lower *l, const struct bf_node *n,
                                const struct bf_sym *to) {
    struct bf_i_stmt s = stmt(BF_S_REPORT);
    const struct bf_sym *event = sym(l, n->b);
    s.a = local(l, to);
    s.b = bf_lower_value(l, n->a);
    s.c = event->index;
    s.d = tuple(l, n->c, event->first);
    s.e = to ? to->type->sym->index : BF_NONE;
    return s;
}

static struct bf_i_stmt succeeds(struct bf_lower *l, const struct bf_node *n) {
    struct bf_i_stmt s = stmt(BF_S_SUCCEED);
    if (n->d)
        s.a = bf_lower_value(l, n->d);
    s.b = bf_lower_value(l, n->a);
    s.d = bf_lower_value(l, n->b);
    if (n->c)
        s.e = bf_lower_value(l, n->c);
    return s;
}

/* A statement that may be refused. */
static struct bf_i_stmt action(struct bf_lower *l, const struct bf_node *n,
                               const struct bf_sym *to) {
    if (n->kind == BF_N_OPENS)
        return opens(l, n, to);
    if (n->kind == BF_N_SUCCEEDS)
        return succeeds(l, n);
    return n->kind == BF_N_DOES ? does(l, n) : reports(l, n, to);
}

static bool is_action(const struct bf_node *n) {
    return n->kind == BF_N_OPENS || n->kind == BF_N_DOES || n->kind == BF_N_REPORTS;
}

/* What an action is written in: the action, or the LET that names its case. */
static const struct bf_node *persons_of(const struct bf_node *n) {
    const struct bf_node *x = n->kind == BF_N_LET ? n->b : n->kind == BF_N_S_REFUSED ? n->a : n;
    return is_action(x) ? x->e : NULL;
}

static struct bf_i_stmt by(struct bf_lower *l, const struct bf_node *n) {
    struct bf_i_stmt s = stmt(BF_S_BY);
    const struct bf_node *const person[] = {n->a, n->b, n->c};
    s.a = bf_lower_here(l);
    for (int i = 0; i < 3; i++)
        bf_lower_maybe(l, person[i]);
    bf_build_op(&l->b, BF_OP_TUPLE, 3);
    bf_build_op(&l->b, BF_OP_RETURN, 0);
    return s;
}

static struct bf_i_stmt let(struct bf_lower *l, const struct bf_node *n) {
    if (is_action(n->b))
        return action(l, n->b, sym(l, n));
    struct bf_i_stmt s = stmt(BF_S_LET);
    s.a = local(l, sym(l, n));
    s.b = bf_lower_value(l, n->b);
    return s;
}

static struct bf_i_stmt expect(struct bf_lower *l, const struct bf_node *n) {
    struct bf_i_stmt s = stmt(BF_S_EXPECT);
    s.a = bf_lower_value(l, n->a);
    if (n->a->kind == BF_N_COMPARE && n->a->op == BF_EQ)
        s.e = bf_lower_value(l, n->a->a);
    return s;
}

static struct bf_i_stmt refused(struct bf_lower *l, const struct bf_node *n) {
    struct bf_i_stmt s = stmt(BF_S_REFUSED);
    struct bf_i_range cites = bf_lower_own_cites(l, n);
    s.a = n->op;
    s.b = cites.first;
    s.c = cites.count;
    return s;
}

static void add(struct bf_lower *l, struct bf_i_stmt s, const struct bf_node *n) {
    s.src = bf_lower_src(l, n, NULL);
    bf_build_add_stmt(&l->b, s);
}

static void lower_stmt(struct bf_lower *l, const struct bf_node *n) {
    struct bf_i_stmt s;
    const struct bf_node *persons = persons_of(n);
    if (persons)
        add(l, by(l, persons), n);
    switch (n->kind) {
    case BF_N_S_AT:
        s = stmt(BF_S_AT);
        s.a = (uint32_t)(int32_t)n->a->num;
        s.b = n->b ? (uint32_t)n->b->num : BF_NONE;
        break;
    case BF_N_S_WAIT:
        s = stmt(BF_S_WAIT);
        s.a = bf_lower_value(l, n->a);
        break;
    case BF_N_S_ASSUME:
        s = stmt(BF_S_ASSUME);
        s.a = sym(l, n->a)->index;
        s.b = bf_lower_value(l, n->b);
        break;
    case BF_N_S_PUT:
        s = stmt(BF_S_PUT);
        s.a = sym(l, n->a)->index;
        s.b = bf_lower_value(l, n->b);
        break;
    case BF_N_LET: s = let(l, n); break;
    case BF_N_S_EXPECT: s = expect(l, n); break;
    case BF_N_S_REFUSED:
        add(l, refused(l, n), n);
        n = n->a;
        s = action(l, n, NULL);
        break;
    case BF_N_OPENS:
    case BF_N_DOES:
    case BF_N_SUCCEEDS:
    case BF_N_REPORTS: s = action(l, n, NULL); break;
    default: bf_assert_failed(bf_node_kind_z(n->kind), __FILE__, __LINE__);
    }
    add(l, s, n);
}

static void lower_fixtures(struct bf_lower *l) {
    for (const struct bf_sym *s = l->p->fixtures.first; s; s = s->next) {
        struct bf_i_fixture f;
        l->tree = s->tree;
        f.name = bf_lower_name(l, s->name);
        f.code = bf_lower_value(l, s->node->b);
        f.src = bf_lower_src(l, s->node, NULL);
        bf_build_add_fixture(&l->b, f);
    }
}

static struct bf_tree *tree_of(const struct bf_program *p, const struct bf_node *n) {
    for (uint32_t i = 0; i < p->tree_count; i++)
        if (p->trees[i]->file == n->span.file)
            return p->trees[i];
    return NULL;
}

static void lower_scenario(struct bf_lower *l, const struct bf_node *n) {
    struct bf_i_scenario s = {.locals = 0};
    l->outer = n;
    s.title = bf_lower_label(l, n->a);
    s.src = bf_lower_src(l, n, NULL);
    s.stmts.first = bf_build_count_stmt(&l->b);
    for (const struct bf_node *i = n->b; i; i = i->next) {
        lower_stmt(l, i);
        s.locals += i->kind == BF_N_LET;
    }
    s.stmts.count = bf_build_count_stmt(&l->b) - s.stmts.first;
    bf_build_add_scenario(&l->b, s);
    l->outer = NULL;
}

void bf_lower_scenarios(struct bf_lower *l) {
    lower_fixtures(l);
    for (uint32_t i = 0; i < l->p->scenario_count; i++) {
        const struct bf_node *n = l->p->scenarios[i];
        if (!l->tree || l->tree->file != n->span.file)
            l->tree = tree_of(l->p, n);
        lower_scenario(l, n);
    }
}
