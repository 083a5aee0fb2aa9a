/* logic: see logic.h.
**
** Reading makes formulas over tests of variables and collects the literals; settling lays out each
** variable's values; after that a set of values is a row of bits. For a question the *box* holds the
** values still possible of each variable; it is split on the variable that most cubes restrict,
** into classes of values that no cube tells apart, until a cube holds it or none touches it.
*/
#include <string.h>

#include "lang/base/assert.h"
#include "lang/check/logic_parts.h"

/* ---- memory: blocks of the program's arena, used again ---- */

enum { BLOCK_BYTES = 32 * 1024 };

struct block {
    struct block *next;
    size_t cap, used;
    uint64_t data[];
};

void *bf_logic_alloc(struct bf_logic *l, size_t size) {
    size = (size + 7) & ~(size_t)7;
    while (l->block->cap - l->block->used < size) {
        struct block *next = l->block->next;
        if (!next || next->cap < size) {
            size_t cap = size > BLOCK_BYTES ? size : BLOCK_BYTES;
            next = bf_arena_alloc(l->program->arena, sizeof *next + cap);
            *next = (struct block){.next = l->block->next, .cap = cap};
            l->block->next = next;
        }
        next->used = 0;
        l->block = next;
    }
    void *p = (char *)l->block->data + l->block->used;
    l->block->used += size;
    return p;
}

static void *zalloc(struct bf_logic *l, size_t size) {
    return memset(bf_logic_alloc(l, size), 0, size);
}

struct bf_logic_mark bf_logic_mark(const struct bf_logic *l) {
    return (struct bf_logic_mark){l->block, l->block->used};
}

void bf_logic_release(struct bf_logic *l, struct bf_logic_mark m) {
    l->block = m.block;
    l->block->used = m.used;
}

struct bf_logic *bf_logic_new(struct bf_program *p) {
    struct bf_logic *l = bf_new(p->arena, struct bf_logic);
    l->program = p;
    l->first = bf_arena_alloc(p->arena, sizeof *l->first + BLOCK_BYTES);
    *l->first = (struct block){.cap = BLOCK_BYTES};
    l->block = l->first;
    bf_logic_forget(l);
    return l;
}

void bf_logic_keep(struct bf_logic *l) { l->floor = bf_logic_mark(l); }

void bf_logic_forget(struct bf_logic *l) {
    l->floor = (struct bf_logic_mark){l->first, 0};
    bf_logic_release(l, l->floor);
}

void bf_logic_begin(struct bf_logic *l, uint64_t steps) {
    bf_logic_release(l, l->floor);
    l->var = NULL;
    l->vars = l->var_cap = 0;
    l->slot = NULL;
    l->slots = 0;
    l->steps = steps;
    l->limited = l->has_opaque = l->settled = false;
}

bool bf_logic_limited(const struct bf_logic *l) { return l->limited; }

bool bf_logic_has_opaque(const struct bf_logic *l) { return l->has_opaque; }

/* ---- expressions: same structure, same value ---- */

static struct bf_sym *sym_of(const struct bf_logic *l, const struct bf_node *n) {
    return l->program->info[n->id].sym;
}

static const struct bf_type *type_of(const struct bf_logic *l, const struct bf_node *n) {
    return l->program->info[n->id].type;
}

static bool is_decimal(const struct bf_logic *l, const struct bf_node *n) {
    const struct bf_type *t = type_of(l, n);
    return t && t->kind == BF_K_DECIMAL;
}

bool bf_logic_constant(const struct bf_logic *l, const struct bf_node *n, struct constant *c) {
    *c = (struct constant){0};
    switch (n->kind) {
    case BF_N_BOOL: *c = (struct constant){.kind = BF_K_BOOL, .num = n->num}; return true;
    case BF_N_INT:
        if (!is_decimal(l, n)) {
            *c = (struct constant){.kind = BF_K_INT, .num = n->num};
            return true;
        }
        c->kind = BF_K_DECIMAL;
        return !__builtin_mul_overflow(n->num, INT64_C(1000000), &c->num);
    case BF_N_DECIMAL: *c = (struct constant){.kind = BF_K_DECIMAL, .num = n->num}; return true;
    case BF_N_DATE: *c = (struct constant){.kind = BF_K_DATE, .num = n->num}; return true;
    case BF_N_PERIOD:
        *c = (struct constant){.kind = BF_K_PERIOD, .unit = n->op, .num = n->num};
        return true;
    case BF_N_STRING: *c = (struct constant){.kind = BF_K_TEXT, .text = n->text}; return true;
    case BF_N_NONE: return true;
    case BF_N_NAME: {
        struct bf_sym *s = sym_of(l, n);
        if (!s || s->kind != BF_SYM_MEMBER)
            return false;
        *c = (struct constant){.kind = BF_K_ENUM, .num = s->index, .sym = s};
        return true;
    }
    default: return false;
    }
}

static bool same_constant(const struct constant *x, const struct constant *y) {
    return x->kind == y->kind && x->unit == y->unit && x->num == y->num && x->sym == y->sym &&
           bf_str_eq(x->text, y->text);
}

static bool same_chain(struct bf_logic *l, const struct bf_node *x, const struct bf_node *y) {
    for (; x && y; x = x->next, y = y->next)
        if (!bf_logic_same(l, x, y))
            return false;
    return x == y;
}

static bool same_leaf(const struct bf_logic *l, const struct bf_node *x, const struct bf_node *y) {
    if (x->kind == BF_N_NAME) {
        struct bf_sym *s = sym_of(l, x), *t = sym_of(l, y);
        return s || t ? s == t : x->name == y->name;
    }
    return x->kind == BF_N_STRING ? bf_str_eq(x->text, y->text) : x->num == y->num;
}

bool bf_logic_same(struct bf_logic *l, const struct bf_node *x, const struct bf_node *y) {
    if (x == y)
        return true;
    struct constant c, d;
    bool constant = bf_logic_constant(l, x, &c);
    if (constant != bf_logic_constant(l, y, &d))
        return false;
    if (constant)
        return same_constant(&c, &d);
    if (x->kind != y->kind || x->op != y->op || (x->flags & BF_F_NOT) != (y->flags & BF_F_NOT))
        return false;
    return same_leaf(l, x, y) && same_chain(l, x->a, y->a) && same_chain(l, x->b, y->b);
}

static uint32_t mix(uint32_t h, uint64_t x) {
    x = (x ^ h) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(x >> 32);
}

/* Equal for what bf_logic_same finds equal. */
uint32_t bf_logic_hash(const struct bf_logic *l, const struct bf_node *n) {
    uint32_t h = mix(n->kind, n->op);
    if (n->kind == BF_N_NAME) {
        struct bf_sym *s = sym_of(l, n);
        return s ? mix(mix(h, s->kind), (uint64_t)s->index << 32 | s->builtin)
                 : mix(h, n->name->hash);
    }
    if (n->kind == BF_N_STRING)
        return mix(h, bf_str_hash(n->text));
    if (n->kind == BF_N_INT || n->kind == BF_N_DECIMAL)
        return 1; /* 1 and 1.0 may be the same */
    h = mix(h, (uint64_t)n->num);
    for (const struct bf_node *c = n->a; c; c = c->next)
        h = mix(h, bf_logic_hash(l, c));
    for (const struct bf_node *c = n->b; c; c = c->next)
        h = mix(h, bf_logic_hash(l, c));
    return h;
}

/* ---- variables ---- */

static void grow_slots(struct bf_logic *l) {
    uint32_t slots = l->slots ? l->slots * 4 : 32;
    uint32_t *slot = zalloc(l, sizeof *slot * slots);
    for (uint32_t v = 0; v < l->vars; v++) {
        uint32_t i = l->var[v].hash & (slots - 1);
        while (slot[i])
            i = (i + 1) & (slots - 1);
        slot[i] = v + 1;
    }
    l->slot = slot;
    l->slots = slots;
}

static bool is_var(struct bf_logic *l, const struct variable *v, const struct bf_node *x,
                   const struct bf_node *y, const struct bf_sym *duty) {
    if (v->duty || duty)
        return v->duty == duty;
    if (!v->other || !y)
        return !v->other && !y && bf_logic_same(l, v->expr, x);
    return (bf_logic_same(l, v->expr, x) && bf_logic_same(l, v->other, y)) ||
           (bf_logic_same(l, v->expr, y) && bf_logic_same(l, v->other, x));
}

static uint32_t add_var(struct bf_logic *l, struct variable v) {
    if (l->vars == l->var_cap) {
        uint32_t cap = l->var_cap ? l->var_cap * 2 : 8;
        struct variable *var = bf_logic_alloc(l, sizeof *var * cap);
        if (l->vars)
            memcpy(var, l->var, sizeof *var * l->vars);
        l->var = var;
        l->var_cap = cap;
    }
    l->var[l->vars] = v;
    return l->vars++;
}

static uint32_t find_var(struct bf_logic *l, const struct bf_node *x, const struct bf_node *y,
                         struct bf_sym *duty) {
    if (l->vars * 2 >= l->slots)
        grow_slots(l);
    uint32_t h = duty ? mix(7, duty->index) : bf_logic_hash(l, x);
    if (y)
        h = mix(h + bf_logic_hash(l, y), 1); /* the same the other way round */
    uint32_t i = h & (l->slots - 1);
    for (; l->slot[i]; i = (i + 1) & (l->slots - 1)) {
        uint32_t v = l->slot[i] - 1;
        if (l->var[v].hash == h && is_var(l, &l->var[v], x, y, duty))
            return v;
    }
    uint32_t v = add_var(l, (struct variable){.expr = x, .other = y, .duty = duty, .hash = h});
    l->slot[i] = v + 1;
    return v;
}

static bool ordered(enum bf_kind k) {
    return k == BF_K_INT || k == BF_K_DECIMAL || k == BF_K_DATE || k == BF_K_PERIOD;
}

static uint32_t expr_var(struct bf_logic *l, const struct bf_node *x) {
    uint32_t i = find_var(l, x, NULL, NULL);
    struct variable *v = &l->var[i];
    const struct bf_type *t = type_of(l, x);
    if (!t || t->kind == BF_K_NONE) {
        v->kind = VAR_BOOL;
        v->opaque = true;
        return i;
    }
    v->optional |= t->optional;
    v->type = t->base ? t->base : t;
    switch (v->type->kind) {
    case BF_K_BOOL: v->kind = VAR_BOOL; break;
    case BF_K_ENUM: v->kind = VAR_ENUM; break;
    case BF_K_TEXT: v->kind = VAR_TEXT; break;
    default: v->kind = ordered(v->type->kind) ? VAR_ORDERED : VAR_OTHER; break;
    }
    return i;
}

static void add_literal(struct bf_logic *l, uint32_t var, struct literal lit) {
    struct variable *v = &l->var[var];
    if (v->lits == v->lit_cap) {
        uint32_t cap = v->lit_cap ? v->lit_cap * 2 : 4;
        struct literal *copy = bf_logic_alloc(l, sizeof *copy * cap);
        if (v->lits)
            memcpy(copy, v->lit, sizeof *copy * v->lits);
        v->lit = copy;
        v->lit_cap = cap;
    }
    v->lit[v->lits++] = lit;
}

/* ---- formulas ---- */

static struct bf_formula *formula(struct bf_logic *l, enum formula_kind kind) {
    struct bf_formula *f = zalloc(l, sizeof *f);
    f->kind = kind;
    return f;
}

static struct bf_formula *truth(struct bf_logic *l, bool yes) {
    return formula(l, yes ? F_TRUE : F_FALSE);
}

static struct bf_formula *test(struct bf_logic *l, uint32_t var, enum test_kind t) {
    struct bf_formula *f = formula(l, F_TEST);
    f->var = var;
    f->test = t;
    return f;
}

struct bf_formula *bf_logic_not(struct bf_logic *l, struct bf_formula *x) {
    struct bf_formula *f = formula(l, F_NOT);
    f->a = x;
    return f;
}

/* The chain of x stays as it is: y gets a cell of its own. */
struct bf_formula *bf_logic_and(struct bf_logic *l, struct bf_formula *x, struct bf_formula *y) {
    struct bf_formula *f = formula(l, F_AND), *cell = formula(l, F_AND);
    f->a = cell;
    cell->a = x;
    cell->next = formula(l, F_AND);
    cell->next->a = y;
    return f;
}

/* A condition nobody looks into. It stands beside itself, so as to be no expression's variable. */
static struct bf_formula *opaque(struct bf_logic *l, const struct bf_node *n) {
    uint32_t v = find_var(l, n, n, NULL);
    l->var[v].kind = VAR_BOOL;
    l->var[v].opaque = true;
    struct bf_formula *f = test(l, v, T_VALUE);
    f->num = 1;
    return f;
}

static bool compares(enum bf_compare_op op, int order) {
    switch (op) {
    case BF_EQ: return order == 0;
    case BF_NE: return order != 0;
    case BF_LT: return order < 0;
    case BF_LE: return order <= 0;
    case BF_GT: return order > 0;
    case BF_GE: return order >= 0;
    }
    return false;
}

static enum bf_compare_op mirrored(enum bf_compare_op op) {
    switch (op) {
    case BF_EQ:
    case BF_NE: return op;
    case BF_LT: return BF_GT;
    case BF_LE: return BF_GE;
    case BF_GT: return BF_LT;
    case BF_GE: return BF_LE;
    }
    return op;
}

/* x op literal; NULL if their kinds do not go together. */
static struct bf_formula *against(struct bf_logic *l, const struct bf_node *x,
                                  enum bf_compare_op op, const struct constant *c) {
    uint32_t v = expr_var(l, x);
    enum var_kind kind = l->var[v].kind;
    struct bf_formula *f;
    if (!c->kind) { /* none */
        f = test(l, v, T_PRESENT);
        return op == BF_EQ ? bf_logic_not(l, f) : f;
    }
    if ((kind == VAR_BOOL && c->kind == BF_K_BOOL) || (kind == VAR_ENUM && c->kind == BF_K_ENUM)) {
        f = test(l, v, T_VALUE);
        f->num = c->num;
        return op == BF_NE ? bf_logic_not(l, f) : f;
    }
    bool text = kind == VAR_TEXT && c->kind == BF_K_TEXT;
    if (!text && !(kind == VAR_ORDERED && l->var[v].type->kind == c->kind))
        return NULL;
    add_literal(l, v, (struct literal){.num = c->num, .text = c->text});
    f = test(l, v, text ? T_TEXT : T_ORDER);
    f->op = text ? BF_EQ : op;
    f->num = c->num;
    f->text = c->text;
    return text && op == BF_NE ? bf_logic_not(l, f) : f;
}

/* Two expressions: less, equal or greater; nobody knows which. */
static struct bf_formula *between(struct bf_logic *l, const struct bf_node *x,
                                  enum bf_compare_op op, const struct bf_node *y) {
    if (bf_logic_same(l, x, y))
        return truth(l, compares(op, 0));
    uint32_t v = find_var(l, x, y, NULL);
    l->var[v].kind = VAR_PAIR;
    l->var[v].opaque = true;
    struct bf_formula *f = test(l, v, T_PAIR);
    f->op = bf_logic_same(l, l->var[v].expr, x) ? op : mirrored(op);
    return f;
}

static int order_of(const struct constant *x, const struct constant *y) {
    if (x->kind == BF_K_TEXT)
        return bf_str_cmp(x->text, y->text);
    return x->num < y->num ? -1 : x->num > y->num;
}

static struct bf_formula *read_compare(struct bf_logic *l, const struct bf_node *x,
                                       enum bf_compare_op op, const struct bf_node *y) {
    struct constant c, d;
    bool cx = bf_logic_constant(l, x, &c), cy = bf_logic_constant(l, y, &d);
    if (cx && cy)
        return truth(l, c.kind == d.kind ? compares(op, order_of(&c, &d)) : op == BF_NE);
    struct bf_formula *f = NULL;
    if (cy)
        f = against(l, x, op, &d);
    else if (cx)
        f = against(l, y, mirrored(op), &c);
    return f ? f : between(l, x, op, y);
}

static int status_of(const struct bf_sym *builtin) {
    switch (builtin->builtin) {
    case BF_B_WAITING: return BF_STATUS_WAITING;
    case BF_B_OPEN: return BF_STATUS_OPEN;
    case BF_B_PAUSED: return BF_STATUS_PAUSED;
    case BF_B_MET: return BF_STATUS_MET;
    case BF_B_LATE: return BF_STATUS_LATE;
    case BF_B_LAPSED: return BF_STATUS_LAPSED;
    case BF_B_VOID: return BF_STATUS_VOID;
    default: return -1;
    }
}

struct bf_formula *bf_logic_status(struct bf_logic *l, struct bf_sym *duty, unsigned statuses) {
    uint32_t v = find_var(l, NULL, NULL, duty);
    l->var[v].kind = VAR_DUTY;
    struct bf_formula *f = test(l, v, T_STATUS);
    f->num = statuses;
    return f;
}

static struct bf_formula *read_is(struct bf_logic *l, const struct bf_node *n) {
    struct bf_sym *duty = n->a->kind == BF_N_NAME ? sym_of(l, n->a) : NULL;
    struct bf_formula *f;
    if (duty && duty->kind == BF_SYM_DUTY) {
        struct bf_sym *what = n->b->kind == BF_N_NAME ? sym_of(l, n->b) : NULL;
        int status = what && what->kind == BF_SYM_BUILTIN ? status_of(what) : -1;
        if (status >= 0) {
            f = bf_logic_status(l, duty, 1u << status);
        } else if (what && what->kind == BF_SYM_ACT) {
            f = bf_logic_status(l, duty, 0);
            f->test = T_ACT;
            f->num = what->index;
            add_literal(l, f->var, (struct literal){.num = what->index});
        } else {
            return opaque(l, n);
        }
    } else {
        f = read_compare(l, n->a, BF_EQ, n->b);
    }
    return n->flags & BF_F_NOT ? bf_logic_not(l, f) : f;
}

static struct bf_formula *read_list(struct bf_logic *l, const struct bf_node *n,
                                    enum formula_kind kind) {
    struct bf_formula *f = formula(l, kind), **to = &f->a;
    for (const struct bf_node *c = n->a; c; c = c->next) {
        *to = formula(l, F_AND); /* a cell: what it holds may be shared */
        (*to)->a = bf_logic_read(l, c);
        to = &(*to)->next;
    }
    return f;
}

struct bf_formula *bf_logic_read(struct bf_logic *l, const struct bf_node *n) {
    if (!n)
        return truth(l, true);
    BF_ASSERT(!l->settled);
    switch (n->kind) {
    case BF_N_BOOL: return truth(l, n->num != 0);
    case BF_N_AND: return read_list(l, n, F_AND);
    case BF_N_OR: return read_list(l, n, F_OR);
    case BF_N_NOT: return bf_logic_not(l, bf_logic_read(l, n->a));
    case BF_N_IS: return read_is(l, n);
    case BF_N_COMPARE: return read_compare(l, n->a, n->op, n->b);
    case BF_N_PRESENT: {
        struct bf_formula *f = test(l, expr_var(l, n->a), T_PRESENT);
        return n->flags & BF_F_NOT ? bf_logic_not(l, f) : f;
    }
    case BF_N_NAME:
    case BF_N_DOT:
    case BF_N_CALL:
    case BF_N_INDEX: {
        uint32_t v = expr_var(l, n);
        if (l->var[v].kind != VAR_BOOL)
            return opaque(l, n);
        struct bf_formula *f = test(l, v, T_VALUE);
        f->num = 1;
        return f;
    }
    default: return opaque(l, n);
    }
}
