/* lower: what the files of the lowering share. The tree is without mistakes: what the checker proved is
** taken for granted. */
#ifndef BF_LOWER_H
#define BF_LOWER_H

#include "lang/image/build.h"
#include "lang/image/compile.h"

struct bf_lower {
    struct bf_program *p;
    struct bf_arena *a;
    struct bf_build b;
    uint32_t *text_of;     /* by name: its text + 1; 0: not yet a text */
    uint32_t *type_of;     /* by type of the checker: its row + 1 */
    struct bf_lower_base { /* by procedure: its first rows */
        uint32_t data, state, act, duty;
    } * base;
    const struct bf_tree *tree;  /* being lowered */
    const struct bf_sym *proc;   /* being lowered; NULL: none */
    const struct bf_node *outer; /* its citations are those of what has none */
    bool counted;                /* of a measure: what is entered is self already */
    const uint8_t *base_bytes;   /* the amended text's image; NULL: none */
    size_t base_size;
    uint32_t line; /* of the place asked for last, to find the next one near */
};

/* ---- used.c ---- */
/* Leaves out of the program what modules declare and the policy does not reach. level: kept anyhow, or NULL. */
void bf_lower_used(struct bf_lower *l, struct bf_sym *level);

/* ---- lower.c ---- */
uint32_t bf_lower_name(struct bf_lower *l, const struct bf_name *name);
uint32_t bf_lower_label(struct bf_lower *l, const struct bf_node *label); /* a STRING, or NULL */
uint32_t bf_lower_type(struct bf_lower *l, const struct bf_type *t);
/* Parameters or fields of a symbol. */
struct bf_i_range bf_lower_fields(struct bf_lower *l, const struct bf_sym *owner);
/* A source: the citations of n, else of outer, else of the heading; and its place. */
uint32_t bf_lower_src(struct bf_lower *l, const struct bf_node *n, const struct bf_node *outer);
/* Citations of the node itself. */
struct bf_i_range bf_lower_own_cites(struct bf_lower *l, const struct bf_node *n);
/* How many states a procedure has, with the one that is there because it is run. */
static inline uint32_t bf_lower_states(const struct bf_sym *proc) {
    uint32_t count = proc->proc->states.count;
    return count + (proc->cancelled && proc->cancelled->index == count);
}
static inline uint32_t bf_lower_here(const struct bf_lower *l) {
    return bf_build_count_code(&l->b);
}

/* ---- lower_expr.c ---- */
/* Code that leaves the expression's value. */
void bf_lower_expr(struct bf_lower *l, const struct bf_node *n);
/* A constant's number; BF_NONE if it is none. */
uint32_t bf_lower_const(struct bf_lower *l, const struct bf_node *n);
/* A program that gives the value; returns its offset. NULL: BF_NONE. */
uint32_t bf_lower_value(struct bf_lower *l, const struct bf_node *n);
/* The conjunction of all clauses of a kind (C_IF, C_UNLESS); with_parts: the image says where each part
** stands. BF_NONE: there is none. */
uint32_t bf_lower_guard(struct bf_lower *l, const struct bf_node *clauses, int kind,
                        bool with_parts);
/* A program of effects; BF_NONE if there are none. */
uint32_t bf_lower_effects(struct bf_lower *l, const struct bf_node *effects);
/* An expression; absent where there is none. */
void bf_lower_maybe(struct bf_lower *l, const struct bf_node *n);
/* Arguments in the order of the owner's parameters, fields or data (first … next), absent where not
** given; returns their number. */
uint32_t bf_lower_args(struct bf_lower *l, const struct bf_node *args, const struct bf_sym *first);

/* ---- lower_table.c, lower_proc.c, lower_scenario.c ---- */
/* The table of a decision whose rules are finite; BF_NONE if they are not. */
uint32_t bf_lower_table(struct bf_lower *l, const struct bf_sym *decision);
void bf_lower_proc(struct bf_lower *l, const struct bf_sym *proc);
void bf_lower_scenarios(struct bf_lower *l);

#endif
