/* facts: what is known to be present while an expression is read (narrowing).
**
** A fact is a path: data, an argument, an assumption, and fields, rows and decisions reached from
** them; or the name of an act, which then has happened. Facts form a stack: who adds some remembers
** the mark and goes back to it.
*/
#include <string.h>

#include "lang/check/checker.h"

static uint32_t mix(uint32_t h, uint64_t x) {
    return (uint32_t)(((uint64_t)h * 0x9E3779B97F4A7C15u + x) * 0xC2B2AE3D27D4EB4Fu >> 32);
}

static const struct bf_sym *sym(const struct bf_checker *c, const struct bf_node *n) {
    return c->info[n->id].sym;
}

/* 0: not a path. */
static uint32_t path_hash(const struct bf_checker *c, const struct bf_node *n) {
    uint32_t h = n->kind;
    switch (n->kind) {
    case BF_N_NAME: return sym(c, n) ? mix(h, (uintptr_t)sym(c, n)) | 1 : 0;
    case BF_N_DOT: {
        uint32_t a = path_hash(c, n->a);
        return a && n->b && sym(c, n->b) ? mix(a, (uintptr_t)sym(c, n->b)) | 1 : 0;
    }
    case BF_N_INDEX:
    case BF_N_CALL:
        if (!n->a || !sym(c, n->a) ||
            (n->kind == BF_N_CALL && sym(c, n->a)->kind != BF_SYM_DECISION))
            return 0;
        h = mix(h, (uintptr_t)sym(c, n->a));
        for (const struct bf_node *x = n->b; x; x = x->next) {
            const struct bf_node *e = x->kind == BF_N_ARG ? x->b : x;
            uint32_t part = e ? path_hash(c, e) : 0;
            if (!part)
                return 0;
            h = mix(h, part);
        }
        return h | 1;
    case BF_N_INT:
    case BF_N_DECIMAL:
    case BF_N_DATE:
    case BF_N_BOOL: return mix(h, (uint64_t)n->num) | 1;
    case BF_N_PERIOD: return mix(h + n->op, (uint64_t)n->num) | 1;
    case BF_N_STRING: return mix(h, bf_str_hash(n->text)) | 1;
    default: /* other kinds are computed anew each time: nothing is known of them */ return 0;
    }
}

static bool path_same(const struct bf_checker *c, const struct bf_node *x,
                      const struct bf_node *y) {
    if (x == y)
        return true;
    if (x->kind != y->kind)
        return false;
    switch (x->kind) {
    case BF_N_NAME: return sym(c, x) == sym(c, y);
    case BF_N_DOT: return sym(c, x->b) == sym(c, y->b) && path_same(c, x->a, y->a);
    case BF_N_STRING: return bf_str_eq(x->text, y->text);
    case BF_N_PERIOD: return x->op == y->op && x->num == y->num;
    case BF_N_INDEX:
    case BF_N_CALL: {
        if (sym(c, x->a) != sym(c, y->a))
            return false;
        const struct bf_node *i = x->b, *j = y->b;
        for (; i && j; i = i->next, j = j->next)
            if (!path_same(c, i->kind == BF_N_ARG ? i->b : i, j->kind == BF_N_ARG ? j->b : j))
                return false;
        return !i && !j;
    }
    default: return x->num == y->num;
    }
}

uint32_t bf_facts_mark(const struct bf_checker *c) { return c->fact_count; }

void bf_facts_back(struct bf_checker *c, uint32_t mark) {
    while (c->fact_count > mark) {
        struct bf_fact *f = &c->facts[--c->fact_count];
        c->bucket[f->hash % BF_FACT_BUCKETS] = f->below;
    }
}

static bool known(struct bf_checker *c, const struct bf_node *path, uint32_t hash) {
    for (uint32_t i = c->bucket[hash % BF_FACT_BUCKETS]; i; i = c->facts[i - 1].below) {
        const struct bf_fact *f = &c->facts[i - 1];
        if (f->path && f->hash == hash && path_same(c, f->path, path))
            return true;
    }
    return false;
}

bool bf_facts_has(struct bf_checker *c, const struct bf_node *path) {
    uint32_t hash = c->fact_count ? path_hash(c, path) : 0;
    return hash && known(c, path, hash);
}

static void add(struct bf_checker *c, const struct bf_node *path) {
    uint32_t hash = path_hash(c, path);
    if (!hash || known(c, path, hash))
        return;
    c->facts = bf_arena_grow(c->arena, c->facts, c->fact_count, &c->fact_cap, sizeof *c->facts);
    uint32_t *bucket = &c->bucket[hash % BF_FACT_BUCKETS];
    c->facts[c->fact_count++] = (struct bf_fact){path, hash, *bucket};
    *bucket = c->fact_count;
}

/* Is n a part of an act that is there whenever the act has happened? */
static bool shows_act(const struct bf_checker *c, const struct bf_node *n) {
    if (n->kind != BF_N_DOT || !n->b || !sym(c, n->a) || sym(c, n->a)->kind != BF_SYM_ACT)
        return false;
    const struct bf_sym *b = sym(c, n->b);
    if (b && b->kind == BF_SYM_BUILTIN)
        return b->builtin != BF_B_FILED;
    return b && b->type && !b->type->optional;
}

void bf_facts_assume(struct bf_checker *c, const struct bf_node *n, bool truth) {
    bool yes = !(n->flags & BF_F_NOT);
    switch (n->kind) {
    case BF_N_PRESENT:
        if (n->a && yes == truth) {
            add(c, n->a);
            if (shows_act(c, n->a))
                add(c, n->a->a);
        }
        break;
    case BF_N_NOT:
        if (n->a)
            bf_facts_assume(c, n->a, !truth);
        break;
    case BF_N_AND:
    case BF_N_OR:
        if ((n->kind == BF_N_AND) == truth)
            for (const struct bf_node *x = n->a; x; x = x->next)
                bf_facts_assume(c, x, truth);
        break;
    case BF_N_OVER: /* any of them did it */
        if (n->op == BF_OVER_ANY && truth && n->a->kind == BF_N_IS)
            bf_facts_assume(c, n->a, true);
        break;
    case BF_N_IS: /* a duty met by an act: the act has happened */
        if (n->b && yes == truth && sym(c, n->b) && sym(c, n->b)->kind == BF_SYM_ACT)
            add(c, n->b);
        break;
    default: /* other conditions say nothing about presence */ break;
    }
}

static bool rests_on(const struct bf_checker *c, const struct bf_node *n, const struct bf_sym *s) {
    if (!n)
        return false;
    switch (n->kind) {
    case BF_N_NAME: return sym(c, n) == s;
    case BF_N_DOT: return rests_on(c, n->a, s);
    case BF_N_ARG: return rests_on(c, n->b, s);
    case BF_N_INDEX:
    case BF_N_CALL:
        if (sym(c, n->a) == s || (n->kind == BF_N_CALL && s->kind == BF_SYM_REGISTER))
            return true; /* a decision may read any register */
        for (const struct bf_node *x = n->b; x; x = x->next)
            if (rests_on(c, x, s))
                return true;
        return false;
    default: return false;
    }
}

void bf_facts_forget(struct bf_checker *c, const struct bf_sym *s) {
    for (uint32_t i = 0; i < c->fact_count; i++)
        if (c->facts[i].path && rests_on(c, c->facts[i].path, s))
            c->facts[i].path = NULL;
}

static bool changes(const struct bf_checker *c, const struct bf_node *n) {
    if (!n)
        return false;
    switch (n->kind) {
    case BF_N_NAME:
        return sym(c, n) && sym(c, n)->kind == BF_SYM_DATA && sym(c, n)->node->kind == BF_N_KEEP;
    case BF_N_DOT: return changes(c, n->a);
    case BF_N_ARG: return changes(c, n->b);
    case BF_N_INDEX:
    case BF_N_CALL: return true;
    default: return false;
    }
}

void bf_facts_keep_fixed(struct bf_checker *c) {
    for (uint32_t i = 0; i < c->fact_count; i++)
        if (c->facts[i].path && changes(c, c->facts[i].path))
            c->facts[i].path = NULL;
}
