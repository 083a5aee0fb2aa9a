/* amend: the text of a policy that amends another, made of both.
**
** The amended policy's trees are changed before anything reads them: what is replaced gives its place to what
** replaces it, what is dropped goes, what is new comes behind. Then they are files of the amending policy like its
** own. Their citations keep their policy's name, and each rule gets those it would inherit; so none of them is
** looked for in the amending policy's outline.
**
** The head is the amending policy's; of the amended one's it takes what it does not say about days and records.
** Scenarios of the amended policy test that policy, and are left out.
*/
#include "lang/check/amend.h"
#include "lang/base/date.h"

#include <string.h>

struct amending {
    struct bf_parse *parse;
    struct bf_tree **base, **own;
    uint32_t base_count, own_count;
    struct bf_node *policy, *amended;
};

static struct bf_node *name_of(const struct bf_node *n) {
    return n->a && n->a->kind == BF_N_NAME && !(n->a->flags & BF_F_BROKEN) ? n->a : NULL;
}

static struct bf_diags *diags(const struct amending *x) { return x->parse->diags; }

/* The heading above a node, as a citation of its own; NULL: none. */
static struct bf_node *heading_cite(struct amending *x, const struct bf_tree *t,
                                    const struct bf_node *n) {
    struct bf_cite cite;
    if (!bf_tree_heading(t, n->span.start, &cite))
        return NULL;
    struct bf_node *c = bf_new(x->parse->arena, struct bf_node);
    c->kind = BF_N_CITE;
    c->id = x->parse->next_id++;
    c->span = n->span;
    c->num = bf_cite_pack(cite);
    return c;
}

/* ---- what is touched once is not touched again ---- */

static bool touched(struct amending *x, struct bf_node *part, const struct bf_node *by) {
    if (!(part->flags & BF_F_AMENDED))
        return false;
    bf_diag(diags(x), BF_E0133_AMENDED_TWICE, by->span,
            BF_ARGS(bf_arg_str(name_of(part)->name->text)));
    return true;
}

/* Where a chain holds what is called so; NULL: nowhere. kind: of that kind only (NODE_KINDS: of any). */
static struct bf_node **find(struct bf_node **chain, const struct bf_name *name, int kind) {
    for (; *chain; chain = &(*chain)->next) {
        const struct bf_node *own = name_of(*chain);
        bool other = (*chain)->kind == BF_N_DROP || (*chain)->kind == BF_N_REPLACE ||
                     (*chain)->kind == BF_N_AMEND || (*chain)->kind == BF_N_STARTS_ON ||
                     (*chain)->kind == BF_N_MAY || (*chain)->kind == BF_N_POLICY ||
                     (*chain)->kind == BF_N_ASSERT;
        if (own && !other && own->name == name && (kind == BF_NODE_KINDS || (*chain)->kind == kind))
            return chain;
    }
    return NULL;
}

static struct bf_node **find_declared(struct amending *x, const struct bf_name *name, int kind) {
    for (uint32_t i = 0; i < x->base_count; i++) {
        struct bf_node **at = find(&x->base[i]->root->a, name, kind);
        if (at)
            return at;
    }
    return NULL;
}

static void tell_absent(struct amending *x, const struct bf_node *name) {
    struct bf_diag *d =
        bf_diag(diags(x), BF_E0132_NOT_THERE, name->span, BF_ARGS(bf_arg_str(name->name->text)));
    bf_diag_hint(diags(x), d, BF_T_HINT_AMEND, BF_NOARGS);
}

/* `part` takes the place of *at. It is marked: nothing else may touch it. */
static void put_in_place(struct amending *x, struct bf_node **at, struct bf_node *part,
                         const struct bf_node *by) {
    if (touched(x, *at, by))
        return;
    part->next = (*at)->next;
    part->flags |= BF_F_AMENDED;
    *at = part;
}

/* An open case follows the new text, so where it may be must be there: unless only new cases do. */
static void tell_left(struct amending *x, const struct bf_node *state, const struct bf_node *by) {
    const struct bf_node *amends = bf_amends_of(x->policy);
    if (!amends || amends->op != BF_AMENDS_ALL)
        return;
    struct bf_diag *d = bf_diag(diags(x), BF_E0136_STATE_LEFT, by->span,
                                BF_ARGS(bf_arg_str(name_of(state)->name->text)));
    bf_diag_label(diags(x), d, amends->span, BF_T_ALL_CASES_FOLLOW, BF_NOARGS);
    bf_diag_hint(diags(x), d, BF_T_HINT_STATE_LEFT, BF_NOARGS);
}

/* The states of a procedure that another (NULL: none) takes the place of, and that are not in that. */
static void check_left(struct amending *x, const struct bf_node *proc, struct bf_node *other,
                       const struct bf_node *by) {
    for (struct bf_node *s = proc->kind == BF_N_PROCEDURE ? proc->c : NULL; s; s = s->next)
        if (s->kind == BF_N_STATE && name_of(s) &&
            (!other || !find(&other->c, name_of(s)->name, BF_N_STATE)))
            tell_left(x, s, by);
}

static void replace(struct amending *x, struct bf_node *n, struct bf_node **chain) {
    struct bf_node *part = n->a, *name = part ? name_of(part) : NULL;
    if (!name || (part->flags & BF_F_BROKEN))
        return;
    struct bf_node **at =
        chain ? find(chain, name->name, part->kind) : find_declared(x, name->name, part->kind);
    if (!at) {
        tell_absent(x, name);
        return;
    }
    check_left(x, *at, part, name);
    put_in_place(x, at, part, n);
}

static void drop(struct amending *x, struct bf_node *n, struct bf_node **chain) {
    struct bf_node *name = name_of(n);
    if (!name)
        return;
    struct bf_node **at = chain ? find(chain, name->name, BF_NODE_KINDS)
                                : find_declared(x, name->name, BF_NODE_KINDS);
    if (!at)
        tell_absent(x, name);
    else if (!touched(x, *at, n)) {
        if ((*at)->kind == BF_N_STATE)
            tell_left(x, *at, name);
        check_left(x, *at, NULL, name);
        *at = (*at)->next;
    }
}

static void amend(struct amending *x, const struct bf_tree *t, struct bf_node *n) {
    struct bf_node *name = name_of(n);
    struct bf_node **at = name ? find_declared(x, name->name, BF_N_PROCEDURE) : NULL;
    if (!name || (n->flags & BF_F_BROKEN))
        return;
    if (!at) {
        tell_absent(x, name);
        return;
    }
    struct bf_node **chain = &(*at)->c, *next;
    struct bf_node *cites = n->cites ? n->cites : heading_cite(x, t, n);
    for (struct bf_node *i = n->c; i; i = next) {
        struct bf_node *part = i->kind == BF_N_REPLACE ? i->a : i;
        next = i->next;
        if (part && !part->cites)
            part->cites = cites;
        if (i->kind == BF_N_REPLACE) {
            replace(x, i, chain);
        } else if (i->kind == BF_N_DROP) {
            drop(x, i, chain);
        } else {
            struct bf_node **end = chain;
            while (*end)
                end = &(*end)->next;
            i->next = NULL;
            *end = i;
        }
    }
}

static void apply(struct amending *x, struct bf_tree *t) {
    for (struct bf_node **at = &t->root->a; *at;) {
        struct bf_node *n = *at;
        bool change = n->kind == BF_N_REPLACE || n->kind == BF_N_DROP || n->kind == BF_N_AMEND;
        if (!change) {
            at = &n->next;
            continue;
        }
        *at = n->next; /* before its part gets another place */
        if (n->kind == BF_N_REPLACE)
            replace(x, n, NULL);
        else if (n->kind == BF_N_DROP)
            drop(x, n, NULL);
        else
            amend(x, t, n);
    }
}

/* ---- the amended text becomes part of the amending policy ---- */

/* Rules and what they stand in have citations; expressions, labels and clauses do not. */
static bool has_cites(const struct bf_node *n) {
    return n->kind != BF_N_CITE && !(n->kind >= BF_N_NAME && n->kind <= BF_N_BEFORE);
}

static void name_policy(struct amending *x, struct bf_node *cites) {
    for (struct bf_node *c = cites; c; c = c->next)
        if (c->kind == BF_N_CITE && !c->a) {
            c->a = x->amended->a;
            c->flags |= BF_F_AMENDED;
        }
}

/* A note of the amending text may speak of the amended one's silence. */
static void find_noted(struct amending *x, const struct bf_tree *t) {
    for (struct bf_node *n = t->root->a; n; n = n->next)
        for (struct bf_node *c = n->kind == BF_N_NOTE ? n->cites : NULL; c; c = c->next)
            if (c->kind == BF_N_CITE && c->a && name_of(x->amended) &&
                c->a->name == name_of(x->amended)->name)
                c->flags |= BF_F_AMENDED;
}

/* Every node below gets its own citations, or those of the nearest that has some. */
static void hand_down(struct amending *x, struct bf_node *n, struct bf_node *cites) {
    for (; n; n = n->next) {
        if (!has_cites(n))
            continue;
        n->flags &= (uint16_t)~BF_F_AMENDED; /* by what amends it, not by this */
        name_policy(x, n->cites);
        if (!n->cites)
            n->cites = cites;
        hand_down(x, n->a, n->cites);
        hand_down(x, n->b, n->cites);
        hand_down(x, n->c, n->cites);
        hand_down(x, n->d, n->cites);
        hand_down(x, n->e, n->cites);
    }
}

static void take_over(struct amending *x, struct bf_tree *t) {
    for (struct bf_node **at = &t->root->a; *at;) {
        struct bf_node *n = *at;
        if (n->kind == BF_N_POLICY || n->kind == BF_N_SCENARIO) {
            *at = n->next;
            continue;
        }
        n->flags &= (uint16_t)~BF_F_AMENDED;
        if (!n->cites)
            n->cites = heading_cite(x, t, n);
        name_policy(x, n->cites);
        hand_down(x, n->a, n->cites);
        hand_down(x, n->b, n->cites);
        hand_down(x, n->c, n->cites);
        hand_down(x, n->d, n->cites);
        hand_down(x, n->e, n->cites);
        at = &n->next;
    }
    t->heading_count = 0;
    t->amended = true;
}

/* ---- the head ---- */

static struct bf_node *clause(const struct bf_node *policy, enum bf_node_kind kind) {
    for (struct bf_node *n = policy->c; n; n = n->next)
        if (n->kind == kind)
            return n;
    return NULL;
}

static void take_clause(struct amending *x, enum bf_node_kind kind) {
    struct bf_node *theirs = clause(x->amended, kind), **end = &x->policy->c;
    if (!theirs || clause(x->policy, kind))
        return;
    while (*end)
        end = &(*end)->next;
    struct bf_node *copy = bf_arena_copy(x->parse->arena, theirs, sizeof *copy);
    copy->next = NULL;
    name_policy(x, copy->cites);
    *end = copy;
}

static void check_rank(struct amending *x, const struct bf_node *amends) {
    const struct bf_node *own = clause(x->policy, BF_N_P_RANK),
                         *theirs = clause(x->amended, BF_N_P_RANK);
    if (!own || !theirs || !own->a || !theirs->a || own->a->num <= theirs->a->num)
        return;
    struct bf_diag *d = bf_diag(diags(x), BF_E0134_RANK, amends->span,
                                BF_ARGS(bf_arg_int(own->a->num), bf_arg_int(theirs->a->num)));
    bf_diag_hint(diags(x), d, BF_T_HINT_RANK, BF_NOARGS);
}

/* A text cannot change one that is not there yet; nor can it where it is not known since when. */
static void check_force(struct amending *x, const struct bf_node *amends) {
    const struct bf_node *own = clause(x->policy, BF_N_P_IN_FORCE),
                         *theirs = clause(x->amended, BF_N_P_IN_FORCE);
    if (!own || !theirs || !own->a || !theirs->a || own->a->num >= theirs->a->num)
        return;
    char *day = bf_arena_alloc(x->parse->arena, BF_DAY_TEXT);
    bf_day_print((bf_day)theirs->a->num, day);
    struct bf_diag *d =
        bf_diag(diags(x), BF_E0138_BEFORE_BASE, own->span,
                BF_ARGS(bf_arg_str(x->amended->a->name->text), bf_arg_str(bf_str_of(day))));
    bf_diag_label(diags(x), d, amends->span, BF_T_AMENDED_HERE, BF_NOARGS);
}

/* ---- the entries ---- */

struct bf_node *bf_policy_in(struct bf_tree *const *trees, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        for (struct bf_node *n = trees[i]->root->a; n; n = n->next)
            if (n->kind == BF_N_POLICY)
                return n;
    return NULL;
}

struct bf_node *bf_amends_of(const struct bf_node *policy) {
    struct bf_node *n = policy ? clause(policy, BF_N_P_AMENDS) : NULL;
    return n && n->a && n->a->kind == BF_N_NAME ? n : NULL;
}

void bf_amend(struct bf_parse *parse, struct bf_tree **own, uint32_t own_count,
              struct bf_tree **base, uint32_t base_count) {
    struct amending x = {.parse = parse,
                         .base = base,
                         .own = own,
                         .base_count = base_count,
                         .own_count = own_count,
                         .policy = bf_policy_in(own, own_count),
                         .amended = bf_policy_in(base, base_count)};
    check_rank(&x, bf_amends_of(x.policy));
    check_force(&x, bf_amends_of(x.policy));
    static const enum bf_node_kind taken[] = {BF_N_P_CALENDAR,   BF_N_P_COUNT,    BF_N_P_ROLL,
                                              BF_N_P_STANDSTILL, BF_N_P_DAY_ENDS, BF_N_P_RETAIN};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        take_clause(&x, taken[i]);
    for (uint32_t i = 0; i < base_count; i++)
        take_over(&x, base[i]);
    for (uint32_t i = 0; i < own_count; i++)
        apply(&x, own[i]);
    for (uint32_t i = 0; i < own_count; i++)
        find_noted(&x, own[i]);
}

static void stray(struct bf_parse *parse, const struct bf_node *n) {
    for (; n; n = n->next) {
        if (n->kind == BF_N_REPLACE || n->kind == BF_N_DROP || n->kind == BF_N_AMEND) {
            struct bf_diag *d = bf_diag(parse->diags, BF_E0131_NOTHING_AMENDED, n->span, BF_NOARGS);
            bf_diag_hint(parse->diags, d, BF_T_HINT_AMENDS, BF_NOARGS);
        } else if (n->kind == BF_N_PROCEDURE || n->kind == BF_N_STATE) {
            stray(parse, n->c);
        }
    }
}

void bf_amend_nothing(struct bf_parse *parse, struct bf_tree *const *trees, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        stray(parse, trees[i]->root->a);
}
