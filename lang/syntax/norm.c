/* What a norm's rule comes to: a procedure of its own, so that checker, image and step know nothing of norms.
**
** `any Department must not disclose (to: Party) unless C otherwise violate V` is
**
**     procedure disclose {
**       party who : Department
**       given to  : Party
**       starts on disclose(who: Department, to: Party)
**       state reported { else -> recorded }
**       end recorded { violate V by who if not (C) }
**     }
**
** A report of the event `disclose`, by an office or by whom it names, is then a case that records and judges what
** happened outside; of a standing duty the event is its breach. Parts of the rule that are read once are shared,
** the others copied; every node stands where the rule does. */
#include "lang/syntax/state.h"

#include "lang/syntax/build.h"

static struct bf_range range_of(const struct bf_node *n) {
    return (struct bf_range){n->span.start, n->span.end};
}

static struct bf_node *named(struct bf_lexer *lx, struct bf_range at, const char *z) {
    return name(lx, at, bf_name_intern(lx->names, bf_str_of(z)));
}

static struct bf_node *again(struct bf_lexer *lx, const struct bf_node *n) {
    struct bf_node *copy = name(lx, range_of(n), n->name);
    copy->flags = n->flags;
    return copy;
}

static struct bf_node *type_again(struct bf_lexer *lx, const struct bf_node *type) {
    if (type->kind == BF_N_LIST_TYPE) {
        struct bf_node *list =
            number(unary(lx, LIST_TYPE, range_of(type), type_again(lx, type->a)), type->num);
        return flag(list, type->flags);
    }
    return flag(node1(lx, TYPE, range_of(type), again(lx, type->a)), type->flags);
}

/* The parties a rule binds: all of a type, or one. */
static struct bf_node *who_type(struct bf_lexer *lx, const struct bf_node *subject) {
    if (subject->op == BF_SUBJECT_ANY)
        return type_again(lx, subject->a);
    return node1(lx, TYPE, range_of(subject), named(lx, range_of(subject), "Party"));
}

/* When it is a breach: by whom it binds, unless what spares him holds. NULL: always. */
static struct bf_node *breach(struct bf_lexer *lx, const struct bf_node *rule, struct bf_range at) {
    struct bf_node *his = nil, *spared = nil;
    if (rule->a->op == BF_SUBJECT_ONE)
        his = op(binary(lx, COMPARE, at, named(lx, at, "who"), rule->a->a), BF_EQ);
    for (const struct bf_node *c = rule->c; c; c = c->next)
        if (c->kind == BF_N_C_UNLESS)
            spared = unary(lx, NOT, range_of(c), c->a);
    if (!his || !spared)
        return his ? his : spared;
    his->next = spared;
    struct bf_node *both = node1(lx, AND, at, his);
    both->depth = (his->depth > spared->depth ? his->depth : spared->depth) + 1;
    return both;
}

static struct bf_node *derive(struct bf_lexer *lx, const struct bf_node *norm_node,
                              const struct bf_node *rule) {
    struct bf_range at = range_of(rule->b->a);
    const struct bf_node *act = rule->b;
    struct bf_node *who = node3(lx, PARAM, at, named(lx, at, "who"), nil, who_type(lx, rule->a));
    struct bf_list items =
        list(lx, node4(lx, PARTY, at, named(lx, at, "who"), nil, who_type(lx, rule->a), nil));
    for (const struct bf_node *p = act->c; p; p = p->next)
        items =
            append(lx, items,
                   node4(lx, GIVEN, range_of(p), again(lx, p->a), p->b, type_again(lx, p->c), nil));
    who->next = act->c;
    items = append(lx, items, node3(lx, STARTS_ON, at, again(lx, act->a), act->b, who));
    struct bf_node *to = node1(lx, GOAL, at, named(lx, at, "recorded"));
    items = append(lx, items,
                   node3(lx, STATE, at, named(lx, at, "reported"), nil,
                         node4(lx, WHEN, at, nil, nil, nil, to)));
    struct bf_node *judged =
        rule->d ? node3(lx, E_VIOLATE, at, rule->d, named(lx, at, "who"), breach(lx, rule, at))
                : nil;
    items = append(lx, items, node3(lx, END, at, named(lx, at, "recorded"), nil, judged));
    struct bf_node *proc =
        flag(node3(lx, PROCEDURE, at, again(lx, act->a), act->b, items.first), BF_F_DERIVED);
    proc->cites = rule->cites ? rule->cites : norm_node->cites;
    return proc;
}

static bool whole(const struct bf_node *rule) {
    if ((rule->flags & BF_F_BROKEN) || rule->a->kind != BF_N_SUBJECT ||
        (rule->a->flags & BF_F_BROKEN))
        return false;
    for (const struct bf_node *p = rule->b->c; p; p = p->next)
        if (p->kind != BF_N_PARAM || !p->c || (p->flags & BF_F_BROKEN) || p->a->kind != BF_N_NAME)
            return false;
    return true;
}

struct bf_node *bf_build_norm(struct bf_lexer *lx, struct bf_node *n) {
    struct bf_list procs = none;
    for (const struct bf_node *rule = n->c; rule; rule = rule->next)
        if (whole(rule))
            procs = append(lx, procs, derive(lx, n, rule));
    n->e = procs.first;
    return n;
}
