/* make_image: small images by hand, for tests that must not need the compiler.
**
** The builder's own functions add rows; this adds what would be tedious: the types, an assembler of
** programs, and finish-and-load. See make_reply.c for a whole procedure.
**
**   mk_code(k, "DATA 2; CONST 5 working_days; COMPARE 2; RETURN")
**   mk_code(k, "CONST yes; AND end; STATUS_IS 0,6; end: RETURN")
**
** Operands are row numbers; of CONST yes, no, none, a number, 1.5, "text", 2025-09-29, N UNIT, or
** enum:member (numbers); FIELD_IS takes such a constant after its comma, too. Jumps take a label.
*/
#ifndef MAKE_IMAGE_H
#define MAKE_IMAGE_H

#include "lang/image/build.h"

enum mk_type { /* the first types of each image made here */
               MK_BOOL,
               MK_INT,
               MK_DECIMAL,
               MK_TEXT,
               MK_DATE,
               MK_PARTY,
               MK_DEPARTMENT,
               MK_VIOLATION,
               MK_WORKING_DAYS,
               MK_DAYS,
               MK_MONTHS,
               MK_HOURS,
               MK_INT_OR_NONE,
               MK_TEXT_OR_NONE,
               MK_TYPES
};

struct mk {
    struct bf_build b;
    uint32_t src; /* a source to give to all rows: @1 at line 1 of test.banfa */
};

/* Types, source 0 and event 0 (violated). */
void mk_init(struct mk *k);
/* The program's offset. Anything wrong in the text fails the test. */
uint32_t mk_code(struct mk *k, const char *text);
uint32_t mk_str(struct mk *k, const char *text);
uint32_t mk_type(struct mk *k, enum bf_kind kind, uint32_t ref, bool optional);
struct bf_i_range mk_fields(struct mk *k, int n, const char *const *names, const uint32_t *types);
/* One actor that is the party a program gives. */
struct bf_i_range mk_actor(struct mk *k, const char *text);
struct bf_i_range mk_range(uint32_t first, uint32_t count);
/* An offer, a duty with nothing set but BF_NONE where there is nothing. */
struct bf_i_offer mk_offer(struct mk *k);
struct bf_i_duty mk_duty(struct mk *k);
/* Sets a procedure's reach: every state reaches every other. Links it. */
void mk_link(struct mk *k, struct bf_arena *a, uint32_t proc);
/* Gives the builder back and loads what it made; a refusal fails the test. */
struct bf_image *mk_load(struct mk *k, struct bf_arena *a);

/* An edit of a finished image: table, row's word (2), what to do, operand (2), spare. To be sealed again. */
#define MK_EDIT 7
void mk_edit(uint8_t *bytes, const uint8_t e[MK_EDIT]);

/* A small policy that has something in most tables, its places at a line; and a scenario of it. */
void mk_reply_policy(struct mk *k, struct bf_arena *a, uint32_t line);
void mk_reply_scenario(struct mk *k);

#endif
