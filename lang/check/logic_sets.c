/* logic_sets: values, cubes and the question whether cubes hold every input. See logic.h. */
#include <stdlib.h>
#include <string.h>

#include "lang/base/assert.h"
#include "lang/base/date.h"
#include "lang/check/logic_parts.h"

static void *zalloc(struct bf_logic *l, size_t size) {
    return memset(bf_logic_alloc(l, size), 0, size);
}

/* ---- the values of a variable ---- */

static int cmp_num(const void *x, const void *y) {
    const struct literal *a = x, *b = y;
    return a->num < b->num ? -1 : a->num > b->num;
}

static int cmp_text(const void *x, const void *y) {
    const struct literal *a = x, *b = y;
    return bf_str_cmp(a->text, b->text);
}

static void sort_literals(struct variable *v) {
    int (*cmp)(const void *, const void *) = v->kind == VAR_TEXT ? cmp_text : cmp_num;
    if (!v->lits)
        return;
    qsort(v->lit, v->lits, sizeof *v->lit, cmp);
    uint32_t n = 1;
    for (uint32_t i = 1; i < v->lits; i++)
        if (cmp(&v->lit[n - 1], &v->lit[i]) != 0)
            v->lit[n++] = v->lit[i];
    v->lits = n;
}

static uint32_t literal_index(const struct variable *v, int64_t num, bf_str text) {
    struct literal key = {.num = num, .text = text};
    const struct literal *at =
        bsearch(&key, v->lit, v->lits, sizeof key, v->kind == VAR_TEXT ? cmp_text : cmp_num);
    BF_ASSERT(at);
    return (uint32_t)(at - v->lit);
}

static uint32_t members_of(const struct bf_type *t) {
    uint32_t n = 0;
    for (const struct bf_sym *m = t->sym->first; m; m = m->next)
        n++;
    return n;
}

static bool is_open(const struct bf_type *t) {
    return t->sym->node && t->sym->node->flags & BF_F_OPEN;
}

static uint32_t values_of(const struct variable *v) {
    switch (v->kind) {
    case VAR_BOOL: return 2;
    case VAR_ENUM: return members_of(v->type) + is_open(v->type);
    case VAR_TEXT: return v->lits + 1;
    case VAR_ORDERED: return 2 * v->lits + 1;
    case VAR_OTHER: return 1;
    case VAR_PAIR: return 3;
    case VAR_DUTY: return BF_STATUSES * (v->lits + 1);
    }
    return 1;
}

/* The smallest and largest value of an ordered type. A period is never negative. */
static int64_t lowest(enum bf_kind k) {
    return k == BF_K_INT       ? INT64_MIN
           : k == BF_K_DECIMAL ? -INT64_C(999999999999999999)
           : k == BF_K_DATE    ? BF_DAY_MIN
                               : 0;
}

static int64_t highest(enum bf_kind k) {
    return k == BF_K_DECIMAL ? INT64_C(999999999999999999)
           : k == BF_K_DATE  ? BF_DAY_MAX
                             : INT64_MAX;
}

/* Is there a value before the i-th literal and after the one before that? */
static bool has_gap(const struct variable *v, uint32_t i) {
    enum bf_kind k = v->type->kind;
    int64_t from = i ? v->lit[i - 1].num : lowest(k), to = i < v->lits ? v->lit[i].num : highest(k);
    if (v->lits == 0)
        return true;
    if (i == 0 || i == v->lits)
        return from < to;
    return to > from && (uint64_t)to - (uint64_t)from > 1;
}

static void lay_out(struct bf_logic *l, struct variable *v) {
    sort_literals(v);
    v->base = v->optional;
    v->size = v->base + values_of(v);
    if (v->size > BF_LOGIC_VALUES) {
        l->limited = true;
        v->size = v->base + 1;
    }
    v->words = (v->size + 63) / 64;
    v->full = zalloc(l, sizeof *v->full * v->words);
    for (uint32_t i = 0; i < v->size; i++) {
        bool there = true;
        if (v->kind == VAR_ORDERED && i >= v->base && (i - v->base) % 2 == 0)
            there = has_gap(v, (i - v->base) / 2);
        if (v->kind == VAR_DUTY && i >= BF_STATUSES)
            there = i % BF_STATUSES == BF_STATUS_MET || i % BF_STATUSES == BF_STATUS_LATE;
        if (there)
            bf_set_bit(v->full, i);
    }
}

void bf_logic_settle(struct bf_logic *l) {
    for (uint32_t i = 0; i < l->vars; i++)
        lay_out(l, &l->var[i]);
    bf_logic_find_opaque(l);
    for (uint32_t i = 0; i < l->vars; i++)
        l->has_opaque |= l->var[i].opaque;
    l->box = zalloc(l, sizeof *l->box * l->vars);
    l->count = zalloc(l, sizeof *l->count * l->vars);
    l->point = zalloc(l, sizeof *l->point * l->vars);
    l->settled = true;
}

bool bf_logic_spent(struct bf_logic *l, uint64_t steps) {
    if (l->steps < steps) {
        l->steps = 0;
        l->limited = true;
        return true;
    }
    l->steps -= steps;
    return false;
}

/* ---- cubes ---- */

static bool order_holds(enum bf_compare_op op, uint32_t region, uint32_t at) {
    switch (op) {
    case BF_EQ: return region == at;
    case BF_NE: return region != at;
    case BF_LT: return region < at;
    case BF_LE: return region <= at;
    case BF_GT: return region > at;
    case BF_GE: return region >= at;
    }
    return false;
}

static bool pair_holds(enum bf_compare_op op, uint32_t order) {
    switch (op) {
    case BF_EQ: return order == 1;
    case BF_NE: return order != 1;
    case BF_LT: return order == 0;
    case BF_LE: return order <= 1;
    case BF_GT: return order == 2;
    case BF_GE: return order >= 1;
    }
    return false;
}

/* Does the test hold of a value that is there (its number without base)? at: that of its literal. */
static bool test_holds(const struct bf_formula *f, uint32_t value, uint32_t at) {
    switch (f->test) {
    case T_PRESENT: return true;
    case T_VALUE: return value == (uint64_t)f->num;
    case T_TEXT: return value == at;
    case T_ORDER: return order_holds(f->op, value, 2 * at + 1);
    case T_PAIR: return pair_holds(f->op, value);
    case T_STATUS: return f->num >> (value % BF_STATUSES) & 1;
    case T_ACT: return value / BF_STATUSES == 1 + at;
    }
    return false;
}

static bool has_literal(enum test_kind t) { return t == T_TEXT || t == T_ORDER || t == T_ACT; }

static bool same_set(const uint64_t *x, const uint64_t *y, uint32_t words) {
    return memcmp(x, y, sizeof *x * words) == 0;
}

static bool meets(const uint64_t *x, const uint64_t *y, uint32_t words) {
    for (uint32_t i = 0; i < words; i++)
        if (x[i] & y[i])
            return true;
    return false;
}

/* The one or no cube of a test. */
static struct bf_cubes test_cubes(struct bf_logic *l, const struct bf_formula *f, bool negated) {
    struct variable *v = &l->var[f->var];
    uint64_t *set = zalloc(l, sizeof *set * v->words);
    bool any = false;
    uint32_t at = has_literal(f->test) && !l->limited ? literal_index(v, f->num, f->text) : 0;
    if (bf_logic_spent(l, v->size / 8))
        return (struct bf_cubes){0};
    for (uint32_t i = 0; i < v->size; i++)
        if (bf_bit(v->full, i) && (i >= v->base && test_holds(f, i - v->base, at)) != negated)
            bf_set_bit(set, i), any = true;
    if (!any)
        return (struct bf_cubes){0};
    struct bf_cube *c = zalloc(l, sizeof *c);
    if (!same_set(set, v->full, v->words)) {
        c->lit = bf_logic_alloc(l, sizeof *c->lit);
        c->lit[0] = (struct bf_lit){f->var, set};
        c->n = 1;
        c->opaque = v->opaque;
    }
    return (struct bf_cubes){c, 1};
}

static const uint64_t *intersection(struct bf_logic *l, const uint64_t *x, const uint64_t *y,
                                    uint32_t words) {
    uint64_t *set = bf_logic_alloc(l, sizeof *set * words), any = 0;
    for (uint32_t i = 0; i < words; i++)
        any |= set[i] = x[i] & y[i];
    return any ? set : NULL;
}

/* False if no input is in both. */
static bool cube_and(struct bf_logic *l, const struct bf_cube *x, const struct bf_cube *y,
                     struct bf_cube *out) {
    *out = (struct bf_cube){.rule = x->rule, .opaque = x->opaque || y->opaque};
    out->lit = bf_logic_alloc(l, sizeof *out->lit * (x->n + y->n));
    for (uint32_t i = 0, j = 0; i < x->n || j < y->n;) {
        struct bf_lit *to = &out->lit[out->n++];
        if (j == y->n || (i < x->n && x->lit[i].var < y->lit[j].var)) {
            *to = x->lit[i++];
        } else if (i == x->n || y->lit[j].var < x->lit[i].var) {
            *to = y->lit[j++];
        } else {
            uint32_t var = x->lit[i].var;
            const uint64_t *set =
                intersection(l, x->lit[i++].set, y->lit[j++].set, l->var[var].words);
            if (!set)
                return false;
            *to = (struct bf_lit){var, set};
        }
    }
    return true;
}

static struct bf_cubes too_many(struct bf_logic *l) {
    l->limited = true;
    return (struct bf_cubes){0};
}

static struct bf_cubes product(struct bf_logic *l, struct bf_cubes x, struct bf_cubes y) {
    if ((uint64_t)x.n * y.n > 16 * BF_LOGIC_CUBES || bf_logic_spent(l, (uint64_t)x.n * y.n))
        return too_many(l);
    struct bf_cubes out = {bf_logic_alloc(l, sizeof *out.cube * ((size_t)x.n * y.n)), 0};
    for (uint32_t i = 0; i < x.n; i++)
        for (uint32_t j = 0; j < y.n; j++)
            out.n += cube_and(l, &x.cube[i], &y.cube[j], &out.cube[out.n]);
    return out.n > BF_LOGIC_CUBES ? too_many(l) : out;
}

static struct bf_cubes sum(struct bf_logic *l, struct bf_cubes x, struct bf_cubes y) {
    if (!x.n || !y.n)
        return x.n ? x : y;
    if (x.n + y.n > BF_LOGIC_CUBES || bf_logic_spent(l, x.n + y.n))
        return too_many(l);
    struct bf_cubes out = {bf_logic_alloc(l, sizeof *out.cube * (x.n + y.n)), x.n + y.n};
    memcpy(out.cube, x.cube, sizeof *out.cube * x.n);
    memcpy(out.cube + x.n, y.cube, sizeof *out.cube * y.n);
    return out;
}

struct bf_cubes bf_logic_always(struct bf_logic *l) {
    return (struct bf_cubes){zalloc(l, sizeof(struct bf_cube)), 1};
}

static struct bf_cubes cubes_of(struct bf_logic *l, const struct bf_formula *f, bool negated) {
    switch (f->kind) {
    case F_TRUE:
    case F_FALSE:
        if ((f->kind == F_TRUE) == negated)
            return (struct bf_cubes){0};
        return bf_logic_always(l);
    case F_TEST: return test_cubes(l, f, negated);
    case F_NOT: return cubes_of(l, f->a, !negated);
    case F_AND:
    case F_OR: {
        bool all = (f->kind == F_AND) != negated;
        struct bf_cubes out = {0};
        for (const struct bf_formula *cell = f->a; cell && !l->limited; cell = cell->next) {
            struct bf_cubes part = cubes_of(l, cell->a, negated);
            out = cell == f->a ? part : all ? product(l, out, part) : sum(l, out, part);
        }
        return out;
    }
    }
    return (struct bf_cubes){0};
}

struct bf_cubes bf_logic_cubes(struct bf_logic *l, struct bf_formula *f, uint32_t rule) {
    BF_ASSERT(l->settled);
    if (l->limited)
        return (struct bf_cubes){0};
    struct bf_cubes out = cubes_of(l, f, false);
    if (l->limited)
        return (struct bf_cubes){0};
    for (uint32_t i = 0; i < out.n; i++)
        out.cube[i].rule = rule;
    return out;
}

static bool is_opaque(const struct variable *v) { return v->opaque; }

static bool is_status(const struct variable *v) { return v->duty != NULL; }

static struct bf_cubes without(struct bf_logic *l, struct bf_cubes cs,
                               bool (*left_out)(const struct variable *)) {
    struct bf_cubes out = {bf_logic_alloc(l, sizeof *out.cube * cs.n), cs.n};
    for (uint32_t i = 0; i < cs.n; i++) {
        struct bf_cube *c = &out.cube[i];
        *c = (struct bf_cube){.rule = cs.cube[i].rule};
        c->lit = bf_logic_alloc(l, sizeof *c->lit * cs.cube[i].n);
        for (uint32_t j = 0; j < cs.cube[i].n; j++) {
            const struct variable *v = &l->var[cs.cube[i].lit[j].var];
            if (left_out(v))
                continue;
            c->lit[c->n++] = cs.cube[i].lit[j];
            c->opaque |= v->opaque;
        }
    }
    return out;
}

struct bf_cubes bf_cubes_possible(struct bf_logic *l, struct bf_cubes cs) {
    return without(l, cs, is_opaque);
}

struct bf_cubes bf_cubes_without_statuses(struct bf_logic *l, struct bf_cubes cs) {
    return without(l, cs, is_status);
}

struct bf_cubes bf_cubes_and(struct bf_logic *l, struct bf_cubes x, struct bf_cubes y) {
    return product(l, x, y);
}

bool bf_cubes_meet(struct bf_logic *l, const struct bf_cube *x, const struct bf_cube *y) {
    for (uint32_t i = 0, j = 0; i < x->n && j < y->n;) {
        uint32_t v = x->lit[i].var, w = y->lit[j].var;
        if (v == w && !meets(x->lit[i].set, y->lit[j].set, l->var[v].words))
            return false;
        i += v <= w;
        j += w <= v;
    }
    return true;
}

/* ---- covering ---- */

static const uint64_t *box_of(const struct bf_logic *l, uint32_t var) {
    return l->box[var] ? l->box[var] : l->var[var].full;
}

static bool subset(const uint64_t *x, const uint64_t *of, uint32_t words) {
    for (uint32_t i = 0; i < words; i++)
        if (x[i] & ~of[i])
            return false;
    return true;
}

enum touch { APART, PARTLY, HOLDS };

static enum touch touch(const struct bf_logic *l, const struct bf_cube *c) {
    enum touch t = HOLDS;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct bf_lit *lit = &c->lit[i];
        const uint64_t *box = box_of(l, lit->var);
        if (!meets(box, lit->set, l->var[lit->var].words))
            return APART;
        if (t == HOLDS && !subset(box, lit->set, l->var[lit->var].words))
            t = PARTLY;
    }
    return t;
}

/* The variable that most of the cubes restrict within the box. */
static uint32_t busiest(struct bf_logic *l, const struct bf_cube *const *by, uint32_t n) {
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < by[i]->n; j++) {
            uint32_t v = by[i]->lit[j].var;
            if (subset(box_of(l, v), by[i]->lit[j].set, l->var[v].words))
                continue;
            uint32_t c = ++l->count[v];
            if (best == UINT32_MAX || c > l->count[best] || (c == l->count[best] && v < best))
                best = v;
        }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < by[i]->n; j++)
            l->count[by[i]->lit[j].var] = 0;
    return best;
}

static const uint64_t *set_in(const struct bf_cube *c, uint32_t var) {
    for (uint32_t i = 0; i < c->n && c->lit[i].var <= var; i++)
        if (c->lit[i].var == var)
            return c->lit[i].set;
    return NULL;
}

static uint32_t lowest_bit(const uint64_t *set, uint32_t words) {
    for (uint32_t i = 0; i < words; i++)
        if (set[i])
            return i * 64 + (uint32_t)__builtin_ctzll(set[i]);
    return UINT32_MAX;
}

/* The values of a box in classes: those that no cube tells apart. elem lists them class by class, a
** class being elem[first..past); while a set is looked at, its members come before mid. */
struct classes {
    uint32_t *elem, *loc, *of;          /* by place; by value; by value */
    uint32_t *first, *past, *mid, *met; /* by class; met: a list of classes */
    uint32_t count;
};

static void split_classes(struct classes *c, uint32_t met) {
    for (uint32_t i = 0; i < met; i++) {
        uint32_t k = c->met[i], mid = c->mid[k];
        c->mid[k] = c->first[k];
        if (mid == c->past[k])
            continue;
        uint32_t n = c->count++;
        c->first[n] = c->mid[n] = c->first[k];
        c->past[n] = mid;
        c->first[k] = c->mid[k] = mid;
        for (uint32_t e = c->first[n]; e < mid; e++)
            c->of[c->elem[e]] = n;
    }
}

static void refine(struct classes *c, const uint64_t *set, const uint64_t *box, uint32_t words) {
    uint32_t met = 0;
    for (uint32_t w = 0; w < words; w++)
        for (uint64_t bits = set[w] & box[w]; bits; bits &= bits - 1) {
            uint32_t v = w * 64 + (uint32_t)__builtin_ctzll(bits), k = c->of[v];
            if (c->mid[k] == c->first[k])
                c->met[met++] = k;
            uint32_t at = c->loc[v], to = c->mid[k]++, other = c->elem[to];
            c->elem[to] = v, c->loc[v] = to;
            c->elem[at] = other, c->loc[other] = at;
        }
    split_classes(c, met);
}

static struct classes classes_of(struct bf_logic *l, uint32_t var, const struct bf_cube *const *by,
                                 uint32_t n) {
    const struct variable *v = &l->var[var];
    const uint64_t *box = box_of(l, var);
    uint32_t *room = bf_logic_alloc(l, sizeof *room * 7 * v->size), count = 0;
    struct classes c = {room,
                        room + v->size,
                        room + 2 * v->size,
                        room + 3 * v->size,
                        room + 4 * v->size,
                        room + 5 * v->size,
                        room + 6 * v->size,
                        1};
    for (uint32_t i = 0; i < v->size; i++)
        if (bf_bit(box, i)) {
            c.elem[count] = i;
            c.loc[i] = count++;
            c.of[i] = 0;
        }
    c.first[0] = c.mid[0] = 0;
    c.past[0] = count;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *set = set_in(by[i], var);
        if (set)
            refine(&c, set, box, v->words);
    }
    return c;
}

/* The class as a set. */
static void class_set(const struct classes *c, uint32_t k, uint64_t *set, uint32_t words) {
    memset(set, 0, sizeof *set * words);
    for (uint32_t e = c->first[k]; e < c->past[k]; e++)
        bf_set_bit(set, c->elem[e]);
}

/* The cubes that a value of the variable leaves in question. */
static uint32_t with_value(const struct bf_cube *const *list, uint32_t n, uint32_t var,
                           uint32_t value, const struct bf_cube **out) {
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *set = set_in(list[i], var);
        if (!set || bf_bit(set, value))
            out[k++] = list[i];
    }
    return k;
}

static void keep_point(struct bf_logic *l) {
    for (uint32_t v = 0; v < l->vars; v++)
        l->point[v] = lowest_bit(box_of(l, v), l->var[v].words);
}

static enum bf_cover split(struct bf_logic *l, const struct bf_cube *const *by, uint32_t n);

/* Each class of the busiest variable for itself, by its lowest value. */
static enum bf_cover split_on(struct bf_logic *l, const struct bf_cube *const *by, uint32_t n) {
    uint32_t var = busiest(l, by, n);
    const struct variable *v = &l->var[var];
    const uint64_t *before = l->box[var];
    const struct bf_cube **part = bf_logic_alloc(l, sizeof *part * n);
    uint64_t *box = bf_logic_alloc(l, sizeof *box * v->words * 2), *class = box + v->words;
    memcpy(box, box_of(l, var), sizeof *box * v->words);
    struct classes c = classes_of(l, var, by, n);
    enum bf_cover answer = BF_COVERED;
    for (uint32_t i = 0; i < v->size && answer == BF_COVERED; i++) {
        uint32_t k = bf_bit(box, i) ? c.of[i] : BF_NONE;
        if (k == BF_NONE || c.first[k] == c.past[k])
            continue;
        if (bf_logic_spent(l, (n + v->words) / 4 + 1)) {
            answer = BF_COVER_LIMIT;
            break;
        }
        class_set(&c, k, class, v->words);
        c.past[k] = c.first[k]; /* done */
        l->box[var] = class;
        answer = split(l, part, with_value(by, n, var, i, part));
    }
    l->box[var] = before;
    return answer;
}

static enum bf_cover split(struct bf_logic *l, const struct bf_cube *const *by, uint32_t n) {
    if (bf_logic_spent(l, n + 1))
        return BF_COVER_LIMIT;
    struct bf_logic_mark m = bf_logic_mark(l);
    const struct bf_cube **kept = bf_logic_alloc(l, sizeof *kept * n);
    uint32_t k = 0;
    enum bf_cover answer = BF_UNCOVERED;
    for (uint32_t i = 0; i < n && answer != BF_COVERED; i++) {
        enum touch t = touch(l, by[i]);
        if (t == HOLDS)
            answer = BF_COVERED;
        else if (t == PARTLY)
            kept[k++] = by[i];
    }
    if (answer == BF_UNCOVERED && k == 0)
        keep_point(l);
    else if (answer == BF_UNCOVERED)
        answer = split_on(l, kept, k);
    bf_logic_release(l, m);
    return answer;
}

enum bf_cover bf_logic_covered(struct bf_logic *l, const struct bf_cube *x, const struct bf_cube *y,
                               const struct bf_cube *const *by, uint32_t n) {
    struct bf_logic_mark m = bf_logic_mark(l);
    const struct bf_cube nothing = {0};
    struct bf_cube both;
    enum bf_cover answer = BF_COVERED;
    if (cube_and(l, x ? x : &nothing, y ? y : &nothing, &both)) {
        const uint64_t **before = bf_logic_alloc(l, sizeof *before * both.n);
        for (uint32_t i = 0; i < both.n; i++) {
            before[i] = l->box[both.lit[i].var];
            l->box[both.lit[i].var] = both.lit[i].set;
        }
        answer = split(l, by, n);
        for (uint32_t i = 0; i < both.n; i++)
            l->box[both.lit[i].var] = before[i];
    }
    bf_logic_release(l, m);
    return answer;
}

/* ---- pairs ---- */

enum { FEW_CUBES = 24 };

static void each_pair(struct bf_logic *l, const struct bf_cube **list, uint32_t n,
                      void (*look)(void *, const struct bf_cube *, const struct bf_cube *),
                      void *ctx) {
    if (bf_logic_spent(l, (uint64_t)n * n / 8))
        return;
    for (uint32_t j = 1; j < n; j++)
        for (uint32_t i = 0; i < j; i++)
            look(ctx, list[i], list[j]);
}

/* Two cubes that meet have a value of any variable in common: they are in one of its groups. */
void bf_logic_pairs(struct bf_logic *l, const struct bf_cube **list, uint32_t n,
                    void (*look)(void *, const struct bf_cube *, const struct bf_cube *),
                    void *ctx) {
    uint32_t var = n > FEW_CUBES ? busiest(l, list, n) : UINT32_MAX, restricting = 0;
    for (uint32_t i = 0; i < n && var != UINT32_MAX; i++)
        restricting += set_in(list[i], var) && touch(l, list[i]) == PARTLY;
    if (restricting <= n / 2) {
        each_pair(l, list, n, look, ctx);
        return;
    }
    struct bf_logic_mark m = bf_logic_mark(l);
    const struct variable *v = &l->var[var];
    const struct bf_cube **group = bf_logic_alloc(l, sizeof *group * n);
    uint64_t *box = bf_logic_alloc(l, sizeof *box * v->words * 2), *class = box + v->words;
    memcpy(box, box_of(l, var), sizeof *box * v->words);
    struct classes c = classes_of(l, var, list, n);
    const uint64_t *before = l->box[var];
    for (uint32_t i = 0; i < v->size; i++) {
        uint32_t k = bf_bit(box, i) ? c.of[i] : BF_NONE;
        if (k == BF_NONE || c.first[k] == c.past[k])
            continue;
        if (bf_logic_spent(l, (n + v->words) / 4 + 1))
            break;
        class_set(&c, k, class, v->words);
        c.past[k] = c.first[k]; /* done */
        l->box[var] = class;
        bf_logic_pairs(l, group, with_value(list, n, var, i, group), look, ctx);
        l->box[var] = before;
    }
    bf_logic_release(l, m);
}

bool bf_logic_apart(struct bf_logic *l, const struct bf_cube *x, const struct bf_cube *y,
                    const struct bf_node **expr, const struct bf_sym **member) {
    for (uint32_t i = 0; i < x->n; i++) {
        const struct variable *v = &l->var[x->lit[i].var];
        if (v->kind != VAR_ENUM || set_in(y, x->lit[i].var))
            continue;
        uint32_t low = lowest_bit(x->lit[i].set, v->words), n = 0;
        for (uint32_t w = 0; w < v->words; w++)
            n += (uint32_t)__builtin_popcountll(x->lit[i].set[w]);
        const struct bf_sym *s = v->type->sym->first;
        for (uint32_t k = v->base; s && k < low; k++)
            s = s->next;
        if (n == 1 && low >= v->base && s) {
            *expr = v->expr;
            *member = s;
            return true;
        }
    }
    return false;
}
