/* What the parts of logic share: variables, formulas, values. */
#ifndef BF_LOGIC_PARTS_H
#define BF_LOGIC_PARTS_H

#include "lang/check/logic.h"

/* A literal, or the name of a member; kind 0 is `none`. */
struct constant {
    enum bf_kind kind;
    uint8_t unit;
    int64_t num;
    bf_str text;
    const struct bf_sym *sym;
};

struct literal {
    int64_t num;
    bf_str text;
};

/* How a variable's values are numbered, from `base` (1 if it may be absent, which is value 0):
**   BOOL no, yes      ENUM members, then "any other" if it is open      OTHER present
**   TEXT literals, then any other       ORDERED 2i+1 the i-th literal, 2i what lies before it
**   PAIR less, equal, greater           DUTY status + 8 * (0, or 1 + the number of an act tested for) */
enum var_kind { VAR_BOOL, VAR_ENUM, VAR_TEXT, VAR_ORDERED, VAR_OTHER, VAR_PAIR, VAR_DUTY };

struct variable {
    const struct bf_node *expr, *other; /* other: of a PAIR */
    struct bf_sym *duty;
    const struct bf_type *type; /* without ? */
    struct literal *lit;
    uint64_t *full; /* the values there are */
    uint32_t lits, lit_cap, hash;
    uint32_t base, size, words;
    enum var_kind kind;
    bool optional, opaque;
};

enum formula_kind { F_TRUE, F_FALSE, F_TEST, F_NOT, F_AND, F_OR };
enum test_kind { T_PRESENT, T_VALUE, T_TEXT, T_ORDER, T_PAIR, T_STATUS, T_ACT };

struct bf_formula {
    enum formula_kind kind;
    enum test_kind test;
    enum bf_compare_op op;
    uint32_t var;
    int64_t num;
    bf_str text;
    struct bf_formula *a, *next; /* AND, OR: a chain of cells, each holding its part in a */
};

/* What a decision called in conditions can give. */
struct callee {
    bool looked, closed; /* closed: reads nothing but its arguments */
    bool known;
    uint32_t base;     /* of the variable it was first called for */
    uint64_t *results; /* by value as of a variable of its type; NULL: any */
};

struct bf_logic_mark {
    struct block *block;
    size_t used;
};

struct bf_logic {
    struct bf_program *program;
    struct block *first, *block;
    struct bf_logic_mark floor; /* what stays when a group begins */
    struct variable *var;
    uint32_t vars, var_cap;
    uint32_t *slot, slots; /* hash table of variables */
    uint64_t steps;
    bool limited, has_opaque, settled;
    const uint64_t **box; /* by variable; NULL: all its values */
    uint32_t *count;      /* by variable; all 0 between uses */
    uint32_t *point;
    struct callee *callee; /* by decision; kept between groups */
};

struct bf_logic_mark bf_logic_mark(const struct bf_logic *l);
void bf_logic_release(struct bf_logic *l, struct bf_logic_mark m); /* all allocated since */
bool bf_logic_constant(const struct bf_logic *l, const struct bf_node *n, struct constant *c);
void bf_logic_find_opaque(struct bf_logic *l);

static inline bool bf_bit(const uint64_t *set, uint32_t i) { return set[i / 64] >> (i % 64) & 1; }
static inline void bf_set_bit(uint64_t *set, uint32_t i) { set[i / 64] |= UINT64_C(1) << (i % 64); }

#endif
