/* The builders that the grammar's actions are made of: nodes, lists, citations.
**
** Included by parser.y only, after its token and value types. With BF_SYNTAX_BARE all of them are
** nothing: the same grammar then measures what lexer and parser cost alone.
*/
#ifndef BF_BUILD_H
#define BF_BUILD_H

#define nil ((struct bf_node *)0)
#define none ((struct bf_list){0})

#ifdef BF_SYNTAX_BARE

#define BARE_NODE(...) nil
#define BARE_LIST(...) none
#define name BARE_NODE
#define node0 BARE_NODE
#define node1 BARE_NODE
#define node2 BARE_NODE
#define node3 BARE_NODE
#define node4 BARE_NODE
#define node5 BARE_NODE
#define op BARE_NODE
#define flag BARE_NODE
#define flagged BARE_NODE
#define number BARE_NODE
#define negative BARE_NODE
#define parenthesised BARE_NODE
#define spanned BARE_NODE
#define said BARE_NODE
#define broken BARE_NODE
#define cited BARE_NODE
#define either BARE_NODE
#define add_part BARE_NODE
#define list_type BARE_NODE
#define office BARE_NODE
#define open_if_etc BARE_NODE
#define none_module BARE_NODE
#define no_text BARE_NODE
#define datum BARE_NODE
#define status BARE_NODE
#define as_name BARE_NODE
#define guarded BARE_NODE
#define route BARE_NODE
#define goal BARE_NODE
#define may BARE_NODE
#define must BARE_NODE
#define must_act BARE_NODE
#define must_not BARE_NODE
#define norm_must BARE_NODE
#define norm BARE_NODE
#define alt BARE_NODE
#define extend BARE_NODE
#define pauses BARE_NODE
#define lasts BARE_NODE
#define once BARE_NODE
#define effect_if BARE_NODE
#define refused BARE_NODE
#define by BARE_NODE
#define asserted BARE_NODE
#define load BARE_NODE
#define answer BARE_NODE
#define chance BARE_NODE
#define unary BARE_NODE
#define binary BARE_NODE
#define deep BARE_NODE
#define joined BARE_NODE
#define chain_end BARE_NODE
#define list BARE_LIST
#define append BARE_LIST
#define append_cite BARE_LIST
#define block BARE_LIST
#define still_unit(lx, at, word, second) 0
#define within_from BARE_LIST
#define not_before_from BARE_LIST
#define declare(lx, node) ((void)0)
#define etcetera(lx) ((void)0)

#else

#include "lang/syntax/state.h"

/* build.c: the rarer parts */
void bf_build_check_clauses(struct bf_lexer *lx, struct bf_node *rule);
struct bf_node *bf_build_joined(struct bf_lexer *lx, struct bf_range at, struct bf_node *x,
                                struct bf_range op_at, enum bf_node_kind kind, struct bf_node *y);
struct bf_node *bf_build_too_deep(struct bf_lexer *lx, struct bf_node *n);
struct bf_node *bf_build_guarded(struct bf_lexer *lx, struct bf_list guard, struct bf_node *rule);
struct bf_node *bf_build_route(struct bf_lexer *lx, struct bf_range at, struct bf_list guard,
                               struct bf_node *goal);
struct bf_node *bf_build_as_name(struct bf_lexer *lx, struct bf_node *n);
void bf_build_one_bearer(struct bf_lexer *lx, struct bf_list subjects);
void bf_build_no_params(struct bf_lexer *lx, struct bf_node *head);
struct bf_node *bf_build_norm(struct bf_lexer *lx, struct bf_node *norm); /* norm.c */
/* The unit of `per working day`, `per day`, `per month`; another word is told. */
int64_t bf_build_still_unit(struct bf_lexer *lx, struct bf_range at, const struct bf_name *word,
                            const struct bf_name *second);
int64_t bf_build_rate(struct bf_lexer *lx, struct bf_range at, const struct bf_node *word,
                      bool then_day);
bool bf_build_is_back(struct bf_lexer *lx, const struct bf_node *n);

#define node0(lx, kind, at) bf_node_make(lx, BF_N_##kind, at)
#define node1(lx, kind, at, a) fill(node0(lx, kind, at), a, nil, nil, nil, nil)
#define node2(lx, kind, at, a, b) fill(node0(lx, kind, at), a, b, nil, nil, nil)
#define node3(lx, kind, at, a, b, c) fill(node0(lx, kind, at), a, b, c, nil, nil)
#define node4(lx, kind, at, a, b, c, d) fill(node0(lx, kind, at), a, b, c, d, nil)
#define node5(lx, kind, at, a, b, c, d, e) fill(node0(lx, kind, at), a, b, c, d, e)
#define unary(lx, kind, at, x) deepened(lx, node1(lx, kind, at, x), x, nil)
#define binary(lx, kind, at, x, y) deepened(lx, node2(lx, kind, at, x, y), x, y)
#define joined(lx, at, x, op_at, kind, y) bf_build_joined(lx, at, x, op_at, BF_N_##kind, y)

static inline struct bf_node *fill(struct bf_node *n, struct bf_node *a, struct bf_node *b,
                                   struct bf_node *c, struct bf_node *d, struct bf_node *e) {
    n->a = a;
    n->b = b;
    n->c = c;
    n->d = d;
    n->e = e;
    return n;
}
static inline struct bf_node *name(struct bf_lexer *lx, struct bf_range at, struct bf_name *text) {
    struct bf_node *n = node0(lx, NAME, at);
    n->name = text;
    return n;
}
static inline struct bf_node *op(struct bf_node *n, int64_t value) {
    n->op = (uint8_t)value;
    return n;
}
static inline struct bf_node *number(struct bf_node *n, int64_t value) {
    n->num = value;
    return n;
}
static inline struct bf_node *flag(struct bf_node *n, unsigned f) {
    n->flags |= (uint16_t)f;
    return n;
}
static inline struct bf_node *broken(struct bf_node *n) { return flag(n, BF_F_BROKEN); }
static inline struct bf_node *spanned(struct bf_node *n, struct bf_range at) {
    n->span.start = at.start;
    n->span.end = at.end;
    return n;
}
static inline struct bf_node *flagged(struct bf_lexer *lx, struct bf_range at, struct bf_node *n,
                                      unsigned f) {
    (void)lx;
    return flag(spanned(n, at), f);
}
static inline struct bf_node *either(struct bf_lexer *lx, struct bf_node *x, struct bf_node *y) {
    (void)lx;
    return x ? x : y;
}

/* ---- lists ---- */
static inline struct bf_list list(struct bf_lexer *lx, struct bf_node *n) {
    (void)lx;
    return (struct bf_list){n, n, nil};
}
static inline struct bf_list append(struct bf_lexer *lx, struct bf_list l, struct bf_node *n) {
    (void)lx;
    if (l.last)
        l.last->next = n;
    else
        l.first = n;
    l.last = n;
    return l;
}
static inline struct bf_list concat(struct bf_list x, struct bf_list y) {
    if (!x.first)
        return y;
    if (y.first) {
        x.last->next = y.first;
        x.last = y.last;
    }
    if (!x.cites)
        x.cites = y.cites;
    return x;
}
static inline void chain_cites(struct bf_node **to, struct bf_node *cites) {
    if (!cites)
        return;
    while (*to)
        to = &(*to)->next;
    *to = cites;
}
/* A block that begins with citations: they go to its owner. */
static inline struct bf_list block(struct bf_lexer *lx, struct bf_list items,
                                   struct bf_list cites) {
    (void)lx;
    items.cites = cites.first;
    return items;
}
static inline struct bf_list append_cite(struct bf_lexer *lx, struct bf_list l,
                                         struct bf_node *cite) {
    (void)lx;
    chain_cites(&l.cites, cite);
    return l;
}
/* Citations in the order written: before the block (or among the clauses), in it, after it. */
static inline struct bf_node *cited(struct bf_node *n, struct bf_list before, struct bf_list after,
                                    struct bf_list inside) {
    chain_cites(&n->cites, before.cites);
    if (before.first && before.first->kind == BF_N_CITE)
        chain_cites(&n->cites, before.first);
    chain_cites(&n->cites, inside.cites);
    chain_cites(&n->cites, after.first);
    return n;
}

/* ---- statements ---- */
/* The word says which surface the statement is written in. */
static inline struct bf_node *said(struct bf_lexer *lx, const struct bf_name *word,
                                   struct bf_node *n) {
    if (word->text.p[0] & 0x80) {
        n->flags |= BF_F_ZH;
        lx->zh++;
    } else {
        lx->en++;
    }
    if (lx->error_end > n->span.start)
        n->flags |= BF_F_BROKEN;
    return n;
}
static inline void declare(struct bf_lexer *lx, struct bf_node *n) {
    if (lx->last_decl)
        lx->last_decl->next = n;
    else
        lx->root->a = n;
    lx->last_decl = n;
}
static inline void etcetera(struct bf_lexer *lx) { lx->etc = true; }
static inline struct bf_node *open_if_etc(struct bf_lexer *lx, struct bf_node *n) {
    if (lx->etc)
        n->flags |= BF_F_OPEN;
    lx->etc = false;
    return n;
}
static inline struct bf_node *office(const struct bf_name *word, struct bf_node *n) {
    return op(n, word->word == BF_W_OFFICE_POST ? BF_OFFICE_POST : BF_OFFICE_BODY);
}
static inline struct bf_node *add_part(struct bf_lexer *lx, struct bf_range at,
                                       struct bf_node *module, struct bf_node *part) {
    struct bf_node **end = &module->a;
    (void)lx;
    while (*end)
        end = &(*end)->next;
    *end = part;
    return spanned(module, at);
}
static inline struct bf_node *none_module(struct bf_lexer *lx, struct bf_range at,
                                          struct bf_name *word) {
    return node1(lx, MODULE, at, name(lx, at, word));
}
/* Where a title should stand and does not. */
static inline struct bf_node *no_text(struct bf_lexer *lx, struct bf_range at) {
    return broken(node0(lx, STRING, at));
}
#define datum(lx, kind, at, n, label_, type, seal, init) \
    flag(node4(lx, kind, at, n, either(lx, label_, (seal).label), type, init), (seal).mark)

static inline struct bf_node *goal(struct bf_lexer *lx, struct bf_range at, struct bf_node *state) {
    if (bf_build_is_back(lx, state))
        return flag(node0(lx, GOAL, at), BF_F_BACK);
    return node1(lx, GOAL, at, state);
}
static inline struct bf_node *once(struct bf_lexer *lx, struct bf_range at, struct bf_node *times) {
    return op(number(node0(lx, C_ONCE, at), times ? times->num : 1), times ? 1 : 0);
}
#define still_unit bf_build_still_unit
static inline struct bf_list within_from(struct bf_lexer *lx, struct bf_range from_at,
                                         struct bf_node *from, struct bf_range within_at,
                                         struct bf_node *within) {
    return append(lx, list(lx, node1(lx, C_WITHIN, within_at, within)),
                  node1(lx, C_FROM, from_at, from));
}
static inline struct bf_list not_before_from(struct bf_lexer *lx, struct bf_range from_at,
                                             struct bf_node *from, struct bf_range at,
                                             struct bf_node *period) {
    return append(lx, list(lx, node1(lx, C_NOT_BEFORE, at, period)),
                  node1(lx, C_FROM, from_at, from));
}
static inline struct bf_node *clauses_of(struct bf_lexer *lx, struct bf_node *rule,
                                         struct bf_list clauses) {
    rule->c = clauses.first;
    if (clauses.first)
        bf_build_check_clauses(lx, rule);
    return cited(rule, (struct bf_list){nil, nil, clauses.cites}, none, none);
}
static inline struct bf_node *may(struct bf_lexer *lx, struct bf_range at, struct bf_name *word,
                                  struct bf_list subjects, struct bf_list limit,
                                  struct bf_node *head, struct bf_list in, struct bf_list clauses,
                                  struct bf_node *to, struct bf_list effects) {
    struct bf_node *n = node5(lx, MAY, at, subjects.first, head, nil, to, effects.first);
    return said(lx, word, clauses_of(lx, n, concat(concat(limit, in), clauses)));
}
static inline struct bf_node *must(struct bf_lexer *lx, struct bf_range at, struct bf_name *word,
                                   struct bf_list subjects, struct bf_list limit,
                                   struct bf_node *head, struct bf_list clauses,
                                   struct bf_list alts, struct bf_node *otherwise) {
    struct bf_node *n = node5(lx, MUST, at, subjects.first, head, nil, alts.first, otherwise);
    if (subjects.first->next)
        bf_build_one_bearer(lx, subjects);
    if (head->c)
        bf_build_no_params(lx, head);
    return said(lx, word, clauses_of(lx, n, concat(limit, clauses)));
}
/* The duty written as its only act: the act takes name and arguments, the duty the name. */
static inline struct bf_node *must_act(struct bf_lexer *lx, struct bf_range at,
                                       struct bf_name *word, struct bf_list subjects,
                                       struct bf_list limit, struct bf_node *head,
                                       struct bf_list clauses, struct bf_node *act,
                                       struct bf_node *otherwise) {
    struct bf_range head_at = {head->span.start, head->span.end};
    struct bf_node *own =
        name(lx, (struct bf_range){head->a->span.start, head->a->span.end}, head->a->name);
    act->b = node3(lx, ACT, head_at, own, nil, head->c);
    own->flags = head->a->flags;
    head->c = nil;
    return must(lx, at, word, subjects, limit, head, clauses, list(lx, act), otherwise);
}
static inline struct bf_node *alt(struct bf_lexer *lx, struct bf_range at, struct bf_node *head,
                                  struct bf_list clauses, struct bf_node *to,
                                  struct bf_list effects) {
    return clauses_of(lx, node5(lx, ALT, at, nil, head, nil, to, effects.first), clauses);
}
static inline struct bf_node *standing(struct bf_lexer *lx, struct bf_node *n,
                                       const struct bf_name *word, struct bf_list subjects,
                                       struct bf_list clauses, struct bf_list violation) {
    if (subjects.first->next)
        bf_build_one_bearer(lx, subjects);
    return said(
        lx, word,
        cited(clauses_of(lx, n, clauses), none, none, (struct bf_list){nil, nil, violation.cites}));
}
#define must_not(lx, at, word, subjects, head, clauses, violation) \
    standing(lx, node4(lx, MUST_NOT, at, (subjects).first, head, nil, (violation).first), word, \
             subjects, clauses, violation)
#define norm_must(lx, at, word, subjects, head, clauses, violation) \
    standing(lx, node4(lx, NORM_MUST, at, (subjects).first, head, nil, (violation).first), word, \
             subjects, clauses, violation)
static inline struct bf_node *norm(struct bf_lexer *lx, struct bf_node *n) {
    return bf_build_norm(lx, n);
}
static inline struct bf_node *extend(struct bf_lexer *lx, struct bf_range at, struct bf_name *word,
                                     struct bf_list subjects, struct bf_node *duty,
                                     struct bf_list times, struct bf_node *limit,
                                     struct bf_list clauses, struct bf_list effects) {
    struct bf_node *n = node5(lx, MAY_EXTEND, at, subjects.first, duty, nil, limit, effects.first);
    return said(lx, word, clauses_of(lx, n, concat(times, clauses)));
}
static inline struct bf_node *lasts(struct bf_lexer *lx, struct bf_range at, struct bf_name *word,
                                    struct bf_node *limit, struct bf_list clauses,
                                    struct bf_node *to, struct bf_list effects) {
    struct bf_node *n = node5(lx, LASTS, at, limit, nil, nil, to, effects.first);
    return said(lx, word, clauses_of(lx, n, clauses));
}
static inline struct bf_node *pauses(struct bf_lexer *lx, struct bf_range at, struct bf_list duties,
                                     struct bf_list guard) {
    return node2(lx, PAUSES, at, duties.first, guard.first);
}
static inline struct bf_node *guarded(struct bf_lexer *lx, struct bf_range at, struct bf_list guard,
                                      struct bf_node *rule) {
    return bf_build_guarded(lx, guard, spanned(rule, at));
}
static inline struct bf_node *route(struct bf_lexer *lx, struct bf_range at, struct bf_list guard,
                                    struct bf_node *to) {
    return bf_build_route(lx, at, guard, to);
}
static inline struct bf_node *effect_if(struct bf_node *effect, struct bf_list guard) {
    if (guard.first)
        effect->c = guard.first;
    return effect;
}
static inline struct bf_node *refused(struct bf_range at, struct bf_node *n, struct bf_node *act) {
    n->a = act;
    return spanned(n, at);
}

static inline struct bf_node *by(struct bf_range at, struct bf_node *deed,
                                 struct bf_node *persons) {
    deed->e = persons;
    return spanned(deed, at);
}

/* ---- measures, models, asserts ---- */
static inline struct bf_node *asserted(struct bf_lexer *lx, struct bf_range at,
                                       enum bf_assert_op kind, struct bf_node *procedure,
                                       struct bf_node *state, struct bf_node *bound,
                                       struct bf_node *act, int64_t kept) {
    struct bf_node *n = node4(lx, ASSERT, at, procedure, state, bound, act);
    return flag(op(n, kind), (unsigned)kept);
}
static inline struct bf_node *load(struct bf_lexer *lx, struct bf_range at,
                                   struct bf_node *procedure, const struct bf_node *count,
                                   int64_t unit) {
    return op(number(node1(lx, LOAD, at, procedure), count->num), unit);
}
static inline struct bf_node *chance(struct bf_lexer *lx, struct bf_range at, struct bf_node *act,
                                     const struct bf_node *weight) {
    return number(node1(lx, CHANCE, at, act), weight->num);
}
static inline struct bf_node *answer(struct bf_lexer *lx, struct bf_range at, struct bf_node *state,
                                     struct bf_node *who, struct bf_list chances,
                                     struct bf_list span) {
    struct bf_node *least = span.first == span.last ? nil : span.first;
    span.first->next = nil;
    return node5(lx, ANSWER, at, state, who, chances.first, least, span.last);
}

/* ---- expressions ---- */
static inline struct bf_node *deepened(struct bf_lexer *lx, struct bf_node *n,
                                       const struct bf_node *x, const struct bf_node *y) {
    uint32_t d = x->depth;
    if (y && y->depth > d)
        d = y->depth;
    n->depth = d + 1;
    return n->depth > BF_NESTING_LIMIT ? bf_build_too_deep(lx, n) : n;
}
static inline struct bf_node *deep(struct bf_lexer *lx, struct bf_node *n, struct bf_list l) {
    uint32_t d = 0;
    for (const struct bf_node *i = l.first; i; i = i->next) {
        const struct bf_node *x = i->kind == BF_N_ARG ? i->b : i;
        if (x->depth > d)
            d = x->depth;
    }
    n->depth = d + 1;
    return n->depth > BF_NESTING_LIMIT ? bf_build_too_deep(lx, n) : n;
}
static inline struct bf_node *list_type(struct bf_lexer *lx, struct bf_range at,
                                        struct bf_node *elem, const struct bf_node *cap) {
    return number(unary(lx, LIST_TYPE, at, elem), cap ? cap->num : 0);
}
static inline struct bf_node *negative(struct bf_range at, struct bf_node *n) {
    n->num = -n->num;
    return spanned(n, at);
}
static inline struct bf_node *parenthesised(struct bf_range at, struct bf_node *n) {
    n->flags |= BF_F_PARENS;
    return n->kind == BF_N_NAME ? n : spanned(n, at);
}
static inline struct bf_node *as_name(struct bf_lexer *lx, struct bf_node *n) {
    return n->kind == BF_N_NAME ? n : bf_build_as_name(lx, n);
}
/* 已逾期 and its variants are one name. */
static inline struct bf_node *status(struct bf_lexer *lx, struct bf_range at,
                                     struct bf_name *word) {
    return name(lx, at, bf_word_name(lx->names, (enum bf_word)word->word, true));
}
/* While `a and b and` grows, the node's b is its last operand and num where its last word stands. */
static inline struct bf_node *chain_end(struct bf_node *n) {
    if (n->kind == BF_N_AND || n->kind == BF_N_OR) {
        n->b = nil;
        n->num = 0;
    }
    return n;
}

#endif
#endif
