/* used: of what modules declare only that goes into an image which the policy reaches, so that a declaration more in a
** module is no other policy.
**
** Reached is what the policy's own files declare, what its scenarios and measures speak of, what a module's procedures
** start by themselves, and all that any of these name, or whose type they have. The rest is taken out of the program's
** lists, and what stays is numbered anew.
*/
#include "lang/image/lower.h"

struct reach {
    const struct bf_program *p;
    struct bf_sym **todo;
    uint32_t count, cap;
};

static void reach(struct reach *r, struct bf_sym *s) {
    for (; s && s->kind != BF_SYM_BUILTIN && !s->kept; s = s->owner) {
        s->kept = true;
        r->todo = bf_arena_grow(r->p->arena, r->todo, r->count, &r->cap, sizeof *r->todo);
        r->todo[r->count++] = s;
    }
}

static void reach_type(struct reach *r, const struct bf_type *t) {
    for (; t; t = t->elem) {
        t = t->base ? t->base : t;
        reach(r, t->sym);
    }
}

static void reach_node(struct reach *r, const struct bf_node *n) {
    reach(r, r->p->info[n->id].sym);
    reach_type(r, r->p->info[n->id].type);
    const struct bf_node *part[] = {n->a, n->b, n->c, n->d, n->e};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        for (const struct bf_node *x = part[i]; x; x = x->next)
            reach_node(r, x);
}

static bool is_own(const struct bf_program *p, const struct bf_tree *tree) {
    for (uint32_t i = 0; i < p->own_count; i++)
        if (p->trees[i] == tree)
            return true;
    return false;
}

static bool starts_itself(const struct bf_sym *s) {
    for (const struct bf_node *n = s->kind == BF_SYM_PROCEDURE ? s->node->c : NULL; n; n = n->next)
        if (n->kind == BF_N_STARTS_BY || n->kind == BF_N_STARTS_ON || n->kind == BF_N_STARTS_EVERY)
            return true;
    return false;
}

static void reach_roots(struct reach *r, const struct bf_sym_list *list) {
    for (struct bf_sym *s = list->first; s; s = s->next)
        if (is_own(r->p, s->tree) || starts_itself(s))
            reach(r, s);
}

static void keep(struct bf_sym_list *list) {
    struct bf_sym **end = &list->first;
    list->count = 0;
    list->last = NULL;
    for (struct bf_sym *s = list->first; s; s = s->next) {
        if (!s->kept)
            continue;
        s->index = list->count++;
        list->last = *end = s;
        end = &s->next;
    }
    *end = NULL;
}

void bf_lower_used(struct bf_lower *l, struct bf_sym *level) {
    struct bf_program *p = l->p;
    struct reach r = {.p = p};
    struct bf_sym_list *lists[] = {&p->enums,   &p->records,    &p->registers, &p->assumes,
                                   &p->offices, &p->violations, &p->decisions, &p->procedures};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        reach_roots(&r, lists[i]);
    reach(&r, level);
    const struct bf_sym_list *told[] = {&p->fixtures, &p->measures};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        for (struct bf_sym *s = told[i]->first; s; s = s->next)
            reach(&r, s);
    for (uint32_t i = 0; i < p->scenario_count; i++)
        reach_node(&r, p->scenarios[i]);
    while (r.count) {
        struct bf_sym *s = r.todo[--r.count];
        reach_type(&r, s->type);
        if (s->node)
            reach_node(&r, s->node);
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        keep(lists[i]);
}
