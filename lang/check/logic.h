/* Logic: conditions as finite sets of inputs.
**
** Every expression that a group of conditions tests is a *variable* with finitely many values: a Bool has two, an
** enumeration its members, an ordered expression the regions into which the literals it is compared
** with split its line, a duty its statuses; one more where it may be absent. Expressions are told
** apart by structure. A condition becomes a list of *cubes*: for some variables, the values allowed.
**
** A variable is *opaque* if nobody can say which of its values occur together with those of the
** others: a comparison of two expressions, a built-in function, a decision called on what is tested
** itself. Claims of two kinds stay true with them:
**   "this never happens" is proved over all combinations, possible or not;
**   "this happens" is shown by cubes free of opaque variables, against which opaque conditions
**   count as if they held (bf_cubes_possible).
**
** 1. Only conditions of a sound (not broken) declaration may be given.
** 2. All work is counted; past its limit a question is answered BF_COVER_LIMIT, and `limited` is set.
** 3. Memory is the program's arena, used again for each group.
*/
#ifndef BF_LOGIC_H
#define BF_LOGIC_H

#include "lang/check/program.h"

#define BF_LOGIC_CUBES 2000   /* cubes a condition may have */
#define BF_LOGIC_VALUES 65536 /* values a variable may have */

struct bf_logic;
struct bf_formula; /* a condition, read */

struct bf_lit {
    uint32_t var;
    const uint64_t *set; /* values allowed; never all, never none */
};
struct bf_cube {
    uint32_t rule; /* the caller's */
    uint32_t n;
    bool opaque;        /* some variable is */
    struct bf_lit *lit; /* by variable */
};
struct bf_cubes {
    struct bf_cube *cube;
    uint32_t n;
};

struct bf_logic *bf_logic_new(struct bf_program *p);
/* Forgets the conditions of before; from now on at most `steps` are done. */
void bf_logic_begin(struct bf_logic *l, uint64_t steps);
/* What was allocated until now stays when a group begins, until all is forgotten. */
void bf_logic_keep(struct bf_logic *l);
void bf_logic_forget(struct bf_logic *l);

/* ---- first all conditions of the group are read … ---- */
struct bf_formula *bf_logic_read(struct bf_logic *l, const struct bf_node *cond); /* NULL: always */
/* A duty stands at one of the statuses (1 << enum bf_status). */
struct bf_formula *bf_logic_status(struct bf_logic *l, struct bf_sym *duty, unsigned statuses);
/* Both; the contrary. */
struct bf_formula *bf_logic_and(struct bf_logic *l, struct bf_formula *x, struct bf_formula *y);
struct bf_formula *bf_logic_not(struct bf_logic *l, struct bf_formula *f);
/* ---- … then no more, and the values of the variables are known ---- */
void bf_logic_settle(struct bf_logic *l);

/* The cubes of a condition. Past BF_LOGIC_CUBES `limited` is set and there are none. */
struct bf_cubes bf_logic_cubes(struct bf_logic *l, struct bf_formula *f, uint32_t rule);
/* The same without what they say of opaque variables; of statuses of duties. */
struct bf_cubes bf_cubes_possible(struct bf_logic *l, struct bf_cubes cs);
struct bf_cubes bf_cubes_without_statuses(struct bf_logic *l, struct bf_cubes cs);
/* Every input; the inputs in one of each. */
struct bf_cubes bf_logic_always(struct bf_logic *l);
struct bf_cubes bf_cubes_and(struct bf_logic *l, struct bf_cubes x, struct bf_cubes y);
/* Is there an input in both? */
bool bf_cubes_meet(struct bf_logic *l, const struct bf_cube *x, const struct bf_cube *y);

/* ---- questions ---- */
enum bf_cover { BF_COVERED, BF_UNCOVERED, BF_COVER_LIMIT };
/* Is every input that is in x and in y (NULL: no such demand) in one of the cubes? If not, an input
** that is not is kept until the next question, for bf_logic_example. */
enum bf_cover bf_logic_covered(struct bf_logic *l, const struct bf_cube *x, const struct bf_cube *y,
                               const struct bf_cube *const *by, uint32_t n);

/* The input last found: "declared = withheld, legal_basis present", of all variables but those whose
** base is absent and, unless asked for, the opaque. In the program's arena. */
bf_str bf_logic_example(struct bf_logic *l, enum bf_lang lang, bool opaque);
/* The first opaque variable of the cube, as written (of two compared: "a, b"). Empty if there is none. */
bf_str bf_logic_opaque_name(struct bf_logic *l, const struct bf_cube *x);
/* If x allows exactly one member of an enumeration that y leaves open: the expression, and the member. */
bool bf_logic_apart(struct bf_logic *l, const struct bf_cube *x, const struct bf_cube *y,
                    const struct bf_node **expr, const struct bf_sym **member);

bool bf_logic_limited(const struct bf_logic *l);
bool bf_logic_has_opaque(const struct bf_logic *l);
/* Takes steps from those left; true if there were too few. */
bool bf_logic_spent(struct bf_logic *l, uint64_t steps);

/* Calls `look` with every two cubes that may meet, some more than once. */
void bf_logic_pairs(struct bf_logic *l, const struct bf_cube **list, uint32_t n,
                    void (*look)(void *ctx, const struct bf_cube *x, const struct bf_cube *y),
                    void *ctx);

/* Same expression, or constants of the same value? Equal things have equal hashes. */
bool bf_logic_same(struct bf_logic *l, const struct bf_node *x, const struct bf_node *y);
uint32_t bf_logic_hash(const struct bf_logic *l, const struct bf_node *n);
void *bf_logic_alloc(struct bf_logic *l, size_t size); /* uninitialised; for the group */

#endif
