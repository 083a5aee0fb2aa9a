/* Flow: what the parts of flow analysis share about one procedure.
**
** flow_moves.c collects what stands in it and where a case can go; flow.c looks at states and
** duties, flow_guards.c at conditions. A set of states is a row of 32-bit words, as in bf_proc_info.
*/
#ifndef BF_FLOW_H
#define BF_FLOW_H

#include "lang/check/internal.h"
#include "lang/check/logic.h"

#define BF_STATES_MAX 4096   /* of a procedure: the matrix of moves has as many rows and columns */
#define BF_TWINS_MAX 1000000 /* pairs of places that offer one act, compared in a procedure */

/* A place where an act is offered: MAY, MAY_EXTEND, or ALT of a duty. */
struct bf_offering {
    const struct bf_node *node, *must; /* must: the duty of an ALT */
    struct bf_sym *act;
    const struct bf_node *subjects, *clauses, *goal, *effects;
    uint32_t state; /* where it is written; BF_NONE: outside states */
};

struct bf_flow {
    struct bf_program *p;
    struct bf_logic *l;
    struct bf_sym *proc;
    struct bf_proc_info *info;
    struct bf_tree *tree;
    uint32_t states, words;
    const struct bf_node **state; /* STATE or END, by index */
    struct bf_offering *offer;
    uint32_t offers;
    const struct bf_node **duty; /* MUST or LASTS, in written order */
    uint32_t *duty_state;        /* where it is written; BF_NONE: outside */
    uint32_t duties;
    uint32_t *edge;    /* one move, by row */
    uint32_t *reached; /* states a case can be in */
    uint32_t *backs;   /* states with a move back */
};

/* Collects, and fills the procedure's matrix. False if it has no states or too many. */
bool bf_flow_init(struct bf_flow *f, struct bf_program *p, struct bf_sym *proc, struct bf_logic *l);

static inline bool bf_in(const uint32_t *set, uint32_t s) { return set[s / 32] >> (s % 32) & 1; }
static inline void bf_put(uint32_t *set, uint32_t s) { set[s / 32] |= UINT32_C(1) << (s % 32); }
static inline uint32_t *bf_edges(const struct bf_flow *f, uint32_t s) {
    return f->edge + (size_t)s * f->words;
}
static inline bool bf_reaches(const struct bf_flow *f, uint32_t s, uint32_t t) {
    return bf_in(f->info->reach + (size_t)s * f->words, t);
}
static inline bool bf_is_end(const struct bf_flow *f, uint32_t s) {
    return f->state[s]->kind == BF_N_END;
}

/* The symbol a NAME means, or a declaration has. */
static inline struct bf_sym *bf_flow_sym(const struct bf_flow *f, const struct bf_node *n) {
    return n ? f->p->info[n->id].sym : NULL;
}
/* The state a goal names; BF_NONE: back, or nothing. */
uint32_t bf_goal_state(const struct bf_flow *f, const struct bf_node *goal);
/* Where the act that a duty's lapse deems done is offered: in its block, else by a permission that stands with it.
** NULL: nowhere. */
const struct bf_offering *bf_deemed(const struct bf_flow *f, uint32_t duty);
/* The goal to which a duty's lapse leads: of `-> S`, of the act deemed, of a state limit. NULL: none. */
const struct bf_node *bf_lapse_goal(const struct bf_flow *f, uint32_t duty);
const struct bf_node *bf_clause(const struct bf_node *clauses, enum bf_node_kind kind);

/* Is the act offered (does the item stand) in state s? */
bool bf_stands(const struct bf_flow *f, uint32_t state, const struct bf_node *clauses, uint32_t s);
/* Does the duty (its number) live in s? In its own state, or in one that pauses it. */
bool bf_lives(const struct bf_flow *f, uint32_t duty, uint32_t s);

/* May the limit have passed when the duty begins? */
bool bf_may_be_past(const struct bf_flow *f, const struct bf_node *duty);
/* at_once.c: does a case of proc end there the moment it starts, at the latest once dates have passed? */
bool bf_ends_at_once(struct bf_program *p, const struct bf_sym *proc, const struct bf_sym *end);

/* Conditions: those that never hold, circles, acts open twice. */
void bf_flow_guards(struct bf_flow *f);

#endif
