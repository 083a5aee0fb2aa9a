/* rivals: two policies beside each other that amend the same one while both are in force. A day has one text, so one of them
** has to amend the other. Where they change the same part, of equal rank and from the same day, nothing says which. */
#include "lang/check/amend.h"

struct part {
    bf_str within, name; /* procedure, or empty */
    const struct bf_node *node;
};
struct parts {
    struct part *part;
    uint32_t count, cap;
};

static bf_str name_in(const struct bf_node *n) {
    return n && n->a && n->a->kind == BF_N_NAME ? n->a->name->text : (bf_str){"", 0};
}

static void add(struct bf_parse *p, struct parts *l, bf_str within, const struct bf_node *n) {
    const struct bf_node *what = n->kind == BF_N_REPLACE ? n->a : n;
    bf_str name = name_in(what);
    if (!name.len)
        return;
    l->part = bf_arena_grow(p->arena, l->part, l->count, &l->cap, sizeof *l->part);
    l->part[l->count++] = (struct part){within, name, what->a};
}

static struct parts changed(struct bf_parse *p, struct bf_tree *const *trees, uint32_t count) {
    struct parts l = {0};
    for (uint32_t i = 0; i < count; i++)
        for (const struct bf_node *n = trees[i]->root->a; n; n = n->next) {
            if (n->kind == BF_N_REPLACE || n->kind == BF_N_DROP)
                add(p, &l, (bf_str){"", 0}, n);
            for (const struct bf_node *k = n->kind == BF_N_AMEND ? n->c : NULL; k; k = k->next)
                add(p, &l, name_in(n), k);
        }
    return l;
}

/* The same part, or one that is in the other. */
static bool meet(const struct part *x, const struct part *y) {
    return (bf_str_eq(x->name, y->name) && bf_str_eq(x->within, y->within)) ||
           (!x->within.len && bf_str_eq(x->name, y->within)) ||
           (!y->within.len && bf_str_eq(y->name, x->within));
}

struct head {
    int64_t from, to, rank;
};

static struct head head_of(const struct bf_node *policy) {
    struct head h = {INT64_MIN, INT64_MAX, 0};
    for (const struct bf_node *n = policy->c; n; n = n->next) {
        if (n->kind == BF_N_P_RANK && n->a)
            h.rank = n->a->num;
        if (n->kind == BF_N_P_IN_FORCE && n->a)
            h.from = n->a->num;
        if (n->kind == BF_N_P_IN_FORCE && n->b)
            h.to = n->b->num;
    }
    return h;
}

void bf_rivals(struct bf_parse *parse, struct bf_tree *const *own, uint32_t own_count,
               struct bf_tree *const *other, uint32_t other_count) {
    const struct bf_node *mine = bf_policy_in(own, own_count),
                         *theirs = bf_policy_in(other, other_count);
    const struct bf_node *x = bf_amends_of(mine), *y = bf_amends_of(theirs);
    if (!x || !y || !bf_str_eq(name_in(x), name_in(y)) || bf_str_eq(name_in(mine), name_in(theirs)))
        return;
    struct head a = head_of(mine), b = head_of(theirs);
    if (a.from > b.to || b.from > a.to)
        return;
    struct parts p = changed(parse, own, own_count), q = changed(parse, other, other_count);
    struct bf_diag *d = NULL;
    for (uint32_t i = 0; i < p.count && a.rank == b.rank && a.from == b.from; i++)
        for (uint32_t k = 0; k < q.count && !d; k++)
            if (meet(&p.part[i], &q.part[k])) {
                d = bf_diag(parse->diags, BF_E0139_CONTRADICTS, p.part[i].node->span,
                            BF_ARGS(bf_arg_str(p.part[i].name), bf_arg_str(name_in(theirs))));
                bf_diag_label(parse->diags, d, q.part[k].node->span, BF_T_CHANGED_TOO, BF_NOARGS);
            }
    if (!d) {
        d = bf_diag(parse->diags, BF_W0139_AMENDED_BOTH, x->span,
                    BF_ARGS(bf_arg_str(name_in(theirs)), bf_arg_str(name_in(x))));
        bf_diag_label(parse->diags, d, y->span, BF_T_AMENDED_TOO, BF_NOARGS);
    }
    bf_diag_hint(parse->diags, d, BF_T_HINT_RIVALS, BF_ARGS(bf_arg_str(name_in(theirs))));
}
