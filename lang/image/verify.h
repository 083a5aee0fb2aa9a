/* verify: what the two halves of the verifier share. */
#ifndef BF_VERIFY_H
#define BF_VERIFY_H

#include "lang/image/format.h"

/* What is known of a value before it exists. Parties are one kind here, and NONE, the constant absent
** value, is of every type. */
struct bf_v_slot {
    uint32_t kind; /* enum bf_kind, or BF_V_TUPLE */
    uint32_t
        ref; /* unit, enum, record, type of elements, procedure; of a tuple its first slot in tuples */
    uint32_t count; /* of a tuple */
};
enum { BF_V_TUPLE = BF_KINDS, BF_V_ANY };

enum bf_v_what {
    BF_V_GUARD,
    BF_V_EFFECTS,
    BF_V_DECISION,
    BF_V_SCENARIO,
    BF_V_RUN /* gives a TUPLE */
};
/* Who runs a program and what it may see. */
struct bf_v_context {
    enum bf_v_what what;
    uint32_t proc;            /* self is its case; BF_NONE: no self */
    uint32_t data_end;        /* data numbers below it are there, and all that are given */
    struct bf_i_range params; /* of the ARGs; count 0: none */
    const char *table;        /* for messages: the row that owns the program */
    uint32_t row, src;        /* and its source */
    bool member;              /* a member of a list is at hand */
};

struct bf_v {
    struct bf_arena *arena; /* scratch */
    const struct bf_image *m;
    struct bf_error *e;
    struct bf_image_at *at;
    uint32_t count[BF_I_TABLES];   /* rows of each table */
    uint8_t *claimed[BF_I_TABLES]; /* rows that have an owner */
    struct bf_v_decision {
        uint8_t seen; /* 0 not yet, 1 being verified, 2 done */
        uint32_t depth, cost;
    } * decision;
    uint32_t level;          /* of the decision at hand below the first one */
    uint32_t *duty_unit;     /* unit of a duty's limit; BF_NONE: a date, or none */
    struct bf_v_slot *local; /* scenarios: kind NONE before it is set */
    uint32_t locals;
    struct bf_v_slot *tuples; /* of the program at hand; BF_STACK of them */
    uint32_t tuples_used;
    uint32_t depth, cost; /* of the program at hand: calls below it, instructions */
};

/* Says what is wrong with a row; returns false. */
bool bf_v_bad(struct bf_v *v, const char *table, uint32_t row, const char *what);
/* The same for a limit that was reached at a source (BF_NONE: unknown). */
bool bf_v_limit(struct bf_v *v, const char *table, uint32_t row, uint32_t src,
                enum bf_text_id limit, const char *what);
#define NEED(cond, table, row, what) \
    do { \
        if (!(cond)) \
            return bf_v_bad(v, table, row, what); \
    } while (0)

static inline bool bf_v_in(struct bf_i_range r, uint32_t n) {
    return n >= r.first && n - r.first < r.count;
}
/* The rows of a range exist and have no owner yet; now they have. */
bool bf_v_claim(struct bf_v *v, enum bf_i_table_id table, struct bf_i_range r);
struct bf_v_slot bf_v_slot_of(const struct bf_v *v, uint32_t type);
bool bf_v_fits(const struct bf_v *v, struct bf_v_slot want, struct bf_v_slot got);

/* Verifies the program at code offset `at` and claims its words. A value program must leave what
** fits `want` (kind BF_V_ANY: anything, told in *got if not NULL); effects leave nothing. */
bool bf_v_program(struct bf_v *v, uint32_t at, const struct bf_v_context *c, struct bf_v_slot want,
                  struct bf_v_slot *got);
/* Verifies a decision if that was not done: its rules and all it calls. */
bool bf_v_decision(struct bf_v *v, uint32_t n);

#endif
