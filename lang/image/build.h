/* build: puts an image together, row by row; the lowering and tests use it.
**
** Rows keep the order in which they were added, equal texts are one row of `str`, equal constants
** one of `konst`: so the same additions give the same bytes. A row refers to later ones by being
** changed afterwards (bf_build_at_TABLE gives its address, valid until the next addition to its table).
** Memory running out, or an image growing past its limits, is remembered; bf_build_finish tells.
*/
#ifndef BF_BUILD_H
#define BF_BUILD_H

#include <string.h>

#include "lang/image/format.h"

struct bf_intern { /* hash table of row numbers + 1; 0 is free */
    uint32_t *slot;
    uint32_t cap, used;
};

struct bf_build {
    struct bf_i_policy policy;
    struct bf_buf table[BF_I_TABLES];
    struct bf_intern strs, konsts;
    struct bf_buf files, words; /* bf_str: what place.file and part.text number until the end, so
                                          that these texts stand behind those of the policy */
    uint32_t policy_count[BF_I_TABLES]; /* set by bf_build_policy_ends */
    bool policy_ended;
    bool too_large;
};

/* A builder with an empty policy: no name, calendar "none", in force always. */
void bf_build_init(struct bf_build *b);
void bf_build_fini(struct bf_build *b);

/* uint32_t bf_build_add_offer(b, row): appends, returns its number.
** uint32_t bf_build_count_offer(b). struct bf_i_offer *bf_build_at_offer(b, n): where a row is, until the next one
** is added. */
uint32_t bf_build_add(struct bf_build *b, enum bf_i_table_id table, const void *row);
static inline uint32_t bf_build_count(const struct bf_build *b, enum bf_i_table_id table) {
    return (uint32_t)(b->table[table].len / bf_i_row_size(table));
}
/* Takes what is written to rows that memory had no room for. */
void *bf_build_nowhere(struct bf_build *b, enum bf_i_table_id table);
#define TABLE(name, type) \
    static inline uint32_t bf_build_add_##name(struct bf_build *b, type row) { \
        struct bf_buf *t = &b->table[BF_I_##name]; \
        if (t->cap - t->len <= sizeof row || t->len > BF_IMAGE_MAX - sizeof row) \
            return bf_build_add(b, BF_I_##name, &row); \
        memcpy(t->p + t->len, &row, sizeof row); \
        t->len += sizeof row; \
        return (uint32_t)(t->len / sizeof row) - 1; \
    } \
    static inline uint32_t bf_build_count_##name(const struct bf_build *b) { \
        return (uint32_t)(b->table[BF_I_##name].len / sizeof(type)); \
    } \
    static inline type *bf_build_at_##name(struct bf_build *b, uint32_t n) { \
        struct bf_buf *t = &b->table[BF_I_##name]; \
        size_t at = n * sizeof(type); \
        return at < t->len ? (type *)(void *)(t->p + at) : bf_build_nowhere(b, BF_I_##name); \
    }
#include "lang/image/image.def"

/* Rows of a table of bytes. */
void bf_build_bytes(struct bf_build *b, enum bf_i_table_id table, const void *bytes, size_t n);

/* The number of a text, of a constant. */
uint32_t bf_build_text(struct bf_build *b, bf_str text);
uint32_t bf_build_const(struct bf_build *b, enum bf_kind kind, uint32_t aux, int64_t i);
/* A source with cites (numbers of `cite`, added before in one run) at a line of a file. The name is
** kept as given and must outlive the builder. */
uint32_t bf_build_src(struct bf_build *b, struct bf_i_range cites, bf_str file, uint32_t line);
/* A part of a guard in the author's words; the text must outlive the builder. */
void bf_build_part(struct bf_build *b, uint32_t first, uint32_t end, bf_str text);

/* Code. The offset of a program is bf_build_count_code before its first instruction. */
static inline void bf_build_op(struct bf_build *b, enum bf_opcode op, uint32_t operand) {
    b->too_large |= operand > BF_OPERAND;
    bf_build_add_code(b, operand << 8 | op);
}
void bf_build_op2(struct bf_build *b, enum bf_opcode op, uint32_t operand, uint32_t second);
uint32_t bf_build_jump(struct bf_build *b, enum bf_opcode op); /* place of a jump, to land later */
void bf_build_land(struct bf_build *b, uint32_t jump);         /* it leads to what comes next */

/* When all rows of a procedure stand: the lists of what stands and lives in each state, of what offers
** an act and of a duty's acts (bf_i_state.offers, .duties; bf_i_act.offers; bf_i_duty.offers). */
void bf_build_link(struct bf_build *b, struct bf_arena *scratch, uint32_t proc);

/* What is added from now on is not of the policy's hash. */
void bf_build_policy_ends(struct bf_build *b);
/* The image's bytes, in the arena. BF_ELIMIT if it is too large, BF_ENOMEM. The builder may only be
** given back afterwards. */
enum bf_err bf_build_finish(struct bf_build *b, struct bf_arena *a, const uint8_t **bytes,
                            size_t *size, struct bf_error *e);

#endif
