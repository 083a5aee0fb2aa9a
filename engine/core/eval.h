/* Eval: runs the programs of an image.
**
** Pure: it reads its environment and writes its result, with memory from the environment's arena. A program
** that cannot go on (overflow, an absent operand, a day no calendar has, a register row the caller has not
** brought) stops with a fault; then the result is untouched.
*/
#ifndef BF_EVAL_H
#define BF_EVAL_H

#include "engine/core/case.h"

/* A party that is no more, and who took its place; absent: several did, or nobody, and a case says who has in it. */
struct bf_succession {
    struct bf_value old, to;
};

/* What a rule reads beside its case. The caller's, for the whole step. */
enum bf_lookup { BF_LOOKUP_FOUND, BF_LOOKUP_ABSENT, BF_LOOKUP_NEEDS };
struct bf_world {
    const struct bf_calendar *calendar;
    /* Row of a register by its key fields, in order. The row must live as long as the step's outcome. NEEDS: not at
     * hand; the step then ends with what it needs. NULL: all registers are empty. */
    enum bf_lookup (*row)(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                          struct bf_value *row);
    void *ctx;
    /* Assumptions of cases that start, and of decisions asked without a case; one a row of `assume`.
     * NULL: the image's defaults. */
    const struct bf_value *assume;
    uint64_t budget; /* instructions a step may run; 0: BF_STEP_BUDGET */
    uint32_t
        lapse_fails; /* enum bf_why: what lapses should bring about cannot be done, for this; NOTHING: it can */
    /* Those in effect at the event's instant, in the order in which they came into effect. */
    const struct bf_succession *successions;
    uint32_t succession_count;
};
#define BF_STEP_BUDGET 1000000

/* Why something could not be done, finer than enum bf_refusal. */
enum bf_why {
#define WHY(name, word) BF_WHY_##name,
#include "engine/core/why.def"
    BF_WHYS
};
const char *bf_why_word(enum bf_why why);          /* "overflow" */
const char *bf_refusal_word(enum bf_refusal kind); /* "not_permitted" */

/* A register's key that was not brought. */
struct bf_need {
    uint32_t reg, n;
    const struct bf_value *keys; /* in the arena */
};

/* Where a program runs. Zero what does not apply. */
struct bf_env {
    const struct bf_image *image;
    const struct bf_world *world;
    struct bf_arena *arena;
    const struct bf_case *self;    /* NULL: none (decisions, the outermost level of scenarios) */
    const struct bf_value *assume; /* if self is NULL */
    const struct bf_value *args;
    uint32_t nargs;
    struct bf_value member; /* of a list, at hand; absent: none */
    bf_day today;
    uint64_t budget; /* instructions left; counts down */
    /* scenarios */
    const struct bf_value *locals;
    const struct bf_case *(*latest)(void *ctx, uint32_t proc); /* NULL result: there is none */
    const struct bf_case *(*find)(void *ctx, uint32_t number);
    void *ctx;
    /* effects: called for each with its popped operands; 0, or the fault that stops the program */
    enum bf_why (*effect)(void *ctx, enum bf_opcode op, uint32_t operand, const struct bf_value *v,
                          uint32_t n);
    void *effect_ctx;
    uint32_t *part; /* of bf_guard_part; NULL */
    /* out */
    struct bf_need need; /* of BF_WHY_NEEDS */
    bool provisional;    /* set where a day was computed that a later calendar may change */
    uint32_t fault_at;   /* offset in code of the instruction that failed */
};

/* A value program. code must not be BF_NONE. BF_WHY_NOTHING: all went well. */
enum bf_why bf_eval(struct bf_env *env, uint32_t code, struct bf_value *result);
/* An effects program. */
enum bf_why bf_run(struct bf_env *env, uint32_t code);
/* A guard: yes if code is BF_NONE. */
enum bf_why bf_holds(struct bf_env *env, uint32_t code, bool *yes);
/* The list that a program gives, each element once and in order; TOO_LONG: more than BF_MEMBERS_MAX. */
enum bf_why bf_members(struct bf_env *env, uint32_t code, struct bf_value *list);
/* Which `and`-ed part of a guard that came to no said so first: its instructions [*first, *end). */
void bf_guard_part(struct bf_env *env, uint32_t code, uint32_t *first, uint32_t *end);
/* Does a program read the act's arguments? */
bool bf_reads_args(const struct bf_image *m, uint32_t code);
/* Do effects set sealed data? */
bool bf_sets_sealed(const struct bf_image *m, uint32_t code);
/* Does it, or a decision it calls, read the assumption? */
bool bf_reads_assume(const struct bf_image *m, uint32_t code, uint32_t assume);

/* A decision: its result and which rules fired: bit i of `fired` is the decision's i-th rule, i < 64;
** bf_rule_fired knows the others too. args: one a param, whose types were checked. Allocates nothing but for
** results that build records or lists. BF_WHY_GAP: no rule fits. */
struct bf_decided {
    struct bf_value result;
    uint64_t fired;
    uint8_t tier;
};
enum bf_why bf_decide(struct bf_env *env, uint32_t decision, const struct bf_value *args,
                      struct bf_decided *out);
bool bf_rule_fired(struct bf_env *env, uint32_t decision, const struct bf_value *args,
                   const struct bf_decided *decided, uint32_t rule);

/* Arrays of the image's default assumptions, to be changed and handed to a world. */
struct bf_value *bf_assume_defaults(struct bf_arena *a, const struct bf_image *m);
/* How the image's policy counts days. */
struct bf_count_rule bf_count_rule_of(const struct bf_image *m);

#endif
