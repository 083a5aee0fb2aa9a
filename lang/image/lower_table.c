/* lower_table: finds decisions that need no condition programs (image.h, struct bf_i_table).
**
** A condition fits if it is a conjunction of tests each of which reads one column: a parameter, or a field
** of one, that is a Bool or an enum or whose presence alone is asked. What such a test says of each value
** of its column is tried out here.
*/
#include <string.h>

#include "lang/image/lower.h"

enum { RULES_MAX = 64, COLUMNS_MAX = 32, VALUES_MAX = 1024 };

struct column {
    const struct bf_sym *param, *field; /* field NULL: the parameter itself */
    const struct bf_type *type;
    uint32_t values;
    uint64_t *mask;
};

struct table {
    struct bf_lower *l;
    struct column column[COLUMNS_MAX];
    uint32_t columns;
};

/* A test that cannot be a column's. */
enum { NO, YES, UNFIT };

static const struct bf_sym *sym(const struct table *t, const struct bf_node *n) {
    return bf_sym_of(t->l->p, n);
}

/* Is it a parameter, or a field of one? */
static bool path(const struct table *t, const struct bf_node *n, struct column *c) {
    const struct bf_sym *s = n->kind == BF_N_NAME ? sym(t, n) : NULL;
    *c = (struct column){.param = s};
    if (n->kind == BF_N_DOT && n->a->kind == BF_N_NAME) {
        c->param = sym(t, n->a);
        c->field = sym(t, n->b);
        if (!c->field || c->field->kind != BF_SYM_FIELD)
            return false;
    }
    if (!c->param || c->param->kind != BF_SYM_PARAM)
        return false;
    c->type = (c->field ? c->field : c->param)->type->base;
    c->values = c->type->kind == BF_K_BOOL   ? 3
                : c->type->kind == BF_K_ENUM ? c->type->sym->last->index + 2
                                             : 2;
    return true;
}

static bool same(const struct column *x, const struct column *y) {
    return x->param == y->param && x->field == y->field;
}

/* The column of a test; false if it reads none, two, or anything else. */
static bool column_of(const struct table *t, const struct bf_node *n, struct column *c) {
    struct column here;
    switch (n->kind) {
    case BF_N_NAME:
    case BF_N_DOT:
        if (!path(t, n, &here) || here.values > VALUES_MAX || (c->param && !same(c, &here)))
            return false;
        *c = here;
        return true;
    case BF_N_AND:
    case BF_N_OR:
        for (const struct bf_node *x = n->a; x; x = x->next)
            if (!column_of(t, x, c))
                return false;
        return true;
    case BF_N_NOT:
    case BF_N_PRESENT:
    case BF_N_IS: return column_of(t, n->a, c);
    case BF_N_COMPARE: return n->op <= BF_NE && column_of(t, n->a, c);
    case BF_N_BOOL: return true;
    default: return false;
    }
}

/* The constant a Bool or enum column is compared with, as its value's number; 0: another thing. */
static uint32_t constant(const struct table *t, const struct bf_node *n) {
    if (n->kind == BF_N_BOOL)
        return n->num ? 2 : 1;
    const struct bf_sym *s = n->kind == BF_N_NAME ? sym(t, n) : NULL;
    return s && s->kind == BF_SYM_MEMBER ? s->index + 1 : 0;
}

/* What a test says when its column has the value. */
static int try(const struct table *t, const struct bf_node *n, uint32_t value) {
    int all = YES, any = NO, x;
    switch (n->kind) {
    case BF_N_BOOL: return n->num ? YES : NO;
    case BF_N_NAME:
    case BF_N_DOT: return bf_type_of(t->l->p, n)->kind == BF_K_BOOL ? value == 2 : UNFIT;
    case BF_N_PRESENT: return (value != 0) != ((n->flags & BF_F_NOT) != 0);
    case BF_N_NOT: x = try(t, n->a, value); return x == UNFIT ? UNFIT : !x;
    case BF_N_AND:
    case BF_N_OR:
        for (const struct bf_node *y = n->a; y; y = y->next) {
            x = try(t, y, value);
            if (x == UNFIT)
                return UNFIT;
            all = all && x;
            any = any || x;
        }
        return n->kind == BF_N_AND ? all : any;
    case BF_N_IS:
    case BF_N_COMPARE:
        x = (int)constant(t, n->b);
        if (!x || (n->a->kind != BF_N_NAME && n->a->kind != BF_N_DOT))
            return UNFIT;
        return (value == (uint32_t)x) !=
               (n->kind == BF_N_IS ? (n->flags & BF_F_NOT) != 0 : n->op == BF_NE);
    default: return UNFIT;
    }
}

static struct column *column(struct table *t, const struct column *c) {
    for (uint32_t i = 0; i < t->columns; i++)
        if (same(&t->column[i], c))
            return &t->column[i];
    if (t->columns == COLUMNS_MAX)
        return NULL;
    struct column *new = &t->column[t->columns++];
    *new = *c;
    new->mask = bf_arena_alloc(t->l->a, c->values * sizeof *new->mask);
    memset(new->mask, 0xFF, c->values * sizeof *new->mask);
    return new;
}

static bool add_test(struct table *t, const struct bf_node *n, uint32_t rule) {
    struct column c = {0};
    if (!column_of(t, n, &c) || !c.param)
        return false;
    struct column *to = column(t, &c);
    if (!to)
        return false;
    for (uint32_t v = 0; v < c.values; v++) {
        int fits = try(t, n, v);
        if (fits == UNFIT)
            return false;
        if (!fits)
            to->mask[v] &= ~((uint64_t)1 << rule);
    }
    return true;
}

static bool add_rule(struct table *t, const struct bf_node *cond, uint32_t rule) {
    if (!cond)
        return true;
    if (cond->kind != BF_N_AND)
        return add_test(t, cond, rule);
    for (const struct bf_node *x = cond->a; x; x = x->next)
        if (!add_test(t, x, rule))
            return false;
    return true;
}

static uint32_t write(struct table *t, const struct bf_i_table *row, uint64_t all) {
    struct bf_build *b = &t->l->b;
    struct bf_i_table table = *row;
    table.columns = (struct bf_i_range){bf_build_count_column(b), t->columns};
    for (uint32_t i = 0; i < t->columns; i++) {
        const struct column *c = &t->column[i];
        struct bf_i_column column = {c->param->index,
                                     c->field ? c->field->index : BF_NONE,
                                     {bf_build_count_mask(b), c->values}};
        bf_build_add_column(b, column);
        for (uint32_t v = 0; v < c->values; v++)
            bf_build_add_mask(b, c->mask[v] & all);
    }
    return bf_build_add_table(b, table);
}

uint32_t bf_lower_table(struct bf_lower *l, const struct bf_sym *decision) {
    static const uint8_t tier[] = {
        [BF_RULE_OTHERWISE] = 0, [BF_RULE_WHEN] = 1, [BF_RULE_OVERRIDE] = 2};
    struct table t = {.l = l};
    struct bf_i_table row = {.tier = {0}};
    uint32_t rule = 0;
    for (const struct bf_node *n = decision->node->e; n; n = n->next, rule++) {
        if (rule == RULES_MAX || !add_rule(&t, n->a, rule))
            return BF_NONE;
        row.tier[tier[n->op]] |= (uint64_t)1 << rule;
    }
    if (!t.columns)
        return BF_NONE;
    return write(&t, &row, row.tier[0] | row.tier[1] | row.tier[2]);
}
