/* The image: a policy compiled. Immutable, position-independent, verified on load.
**
** One block of bytes: a header, then tables of fixed-size rows, each aligned to 8. Rows name each
** other by table index (BF_NONE: nothing) and texts by index into `str`. All integers are
** little-endian; a host that is not refuses to load. The same sources give the same bytes on every
** machine of one compiler release.
**
** Guards, limits and effects are *programs*: offsets into `code` (opcode.def). BF_NONE: none.
**
** 1. The hash is the policy version a case is pinned to: SHA-256 of the header's policy and of the
**    policy's rows. Scenarios and measures are not of it, nor are files and lines (`place`): rows that only
**    they use (texts, constants, programs too) stand behind those of the policy in each table.
**    So a comment, a test or a figure changes no version.
** 2. What bf_image_load accepts needs no check by its readers: every index, range, program and text
**    is in bounds, of the right procedure and of the right kind; programs end, jumping forward only,
**    with their stack within BF_STACK; decisions call each other in no circle, no deeper than
**    BF_CALL_DEPTH, and no program costs more than BF_COST instructions with all it calls.
** 3. Rows of sub-tables (fields, members, rules, actors, …), index entries and programs belong to one
**    owner each.
** 4. Any value may be absent whatever its type says: what an operator does with an absent operand is
**    in opcode.def. Kinds are always as the tables say.
*/
#ifndef BF_IMAGE_H
#define BF_IMAGE_H

#include "lang/base/error.h"
#include "lang/base/hash.h"
#include "lang/base/text.h"
#include "lang/defs/common.h"

enum bf_opcode {
#define OP(name, pops, pushes, operands) BF_OP_##name,
#include "lang/image/opcode.def"
    BF_OPCODES
};
/* First word of an instruction: opcode and first operand (at most BF_OPERAND). */
#define BF_OPERAND 0xFFFFFFu
static inline uint32_t bf_i_op(uint32_t word) { return word & 0xFF; }
static inline uint32_t bf_i_operand(uint32_t word) { return word >> 8; }

#define BF_IMAGE_FORMAT 4 /* layout; older ones are read too */
#define BF_EDITION 1      /* of the language */
#define BF_SEMANTICS 1    /* of the step */
#define BF_STACK 256      /* values a program may hold at once */
#define BF_CALL_DEPTH 16  /* decisions calling decisions */
#define BF_COST 100000    /* instructions of a program, those of the decisions it calls included */

/* The rows of the tables, to be read as one. */
/* clang-format off */
struct bf_i_range { uint32_t first, count; };
struct bf_i_str { uint32_t off, len; };              /* in `text`; 0 is the empty string */
/* A constant. aux: PERIOD its unit, ENUM the enum, PARTY …; i: the number, or a str for texts.
   NONE: absent. */
struct bf_i_const { uint32_t kind, aux; int64_t i; };
struct bf_i_cite { uint32_t policy; uint16_t article, suffix, paragraph, item; }; /* policy: str; BF_NONE this one */
struct bf_i_src { struct bf_i_range cites; }; /* cites of `cite` */
struct bf_i_place { uint32_t file, line; };    /* place[n] is where src[n] is; file: str, relative to the policy */
/* A part of a guard in the author's words, for refusals: of `a and b and c` one row each, of any other condition one.
   Instructions [first, end) of code; text: str. Sorted by first. */
struct bf_i_part { uint32_t first, end, text; };
struct bf_i_type { uint32_t kind, ref, optional, max; }; /* ref: unit, enum, record, element type, procedure */
struct bf_i_field { uint32_t name, label, type; };   /* fields of records; params of acts, events, decisions */
struct bf_i_enum { uint32_t name, label; struct bf_i_range members; uint32_t open; };
struct bf_i_member { uint32_t name, label; };
struct bf_i_record { uint32_t name, label; struct bf_i_range fields; };
struct bf_i_register {
    uint32_t name, label, record;
    struct bf_i_range keys;      /* of `key`: field ordinals */
    uint32_t src;
    uint32_t owner;              /* format 4: the policy whose register it is: str + 1 of its name, 0: this one's; an amending
                                    policy has those of what it amends */
};
struct bf_i_assume { uint32_t name, label, type, konst, because, src; }; /* default is a constant */
struct bf_i_office { uint32_t name, label, per, src; }; /* per: type, BF_NONE: one */
struct bf_i_violation { uint32_t name, label, src; };
/* Rules of a table by tier: otherwise is 0, when 1, override 2. Of the highest tier that has a rule that
   fits, all that fit fired (their results agree: the checker saw to it). */
struct bf_i_decision { uint32_t name, label; struct bf_i_range params; uint32_t type; struct bf_i_range rules; uint32_t src, table; };
struct bf_i_rule { uint32_t tier, cond, result, src; }; /* cond: BF_NONE of otherwise */
/* A decision of at most 64 rules whose conditions read only finite columns, each condition a
   conjunction of tests of one column, needs none of its rules' condition programs: bit r of
   mask[c.masks.first + v] says whether column c having value v lets the decision's r-th rule fit; the
   rules that fit are the AND over the columns. v: 0 absent; else of a Bool 1 + 0|1, of an enum 1 +
   member, of a column of any other type (tested for presence only) 1. tier: all rules of that tier.
   decision.table BF_NONE: not such a decision (or no column). */
struct bf_i_table { struct bf_i_range columns; uint64_t tier[3]; };
struct bf_i_column { uint32_t param, field; struct bf_i_range masks; }; /* field of the param's record; BF_NONE: the param itself */
struct bf_i_event { uint32_t name, label; struct bf_i_range params; uint32_t src; }; /* 0: violated(Violation, Party) */

enum { BF_DATA_PARTY, BF_DATA_GIVEN, BF_DATA_KEEP };
struct bf_i_data { uint32_t name, label, type, role, init, sealed; }; /* init: program over what is given and earlier data */
struct bf_i_actor { uint32_t any; uint32_t ref; };    /* any: ref is a type; else a program giving a party */
/* starts by: event BF_NONE, actors. starts on: event, and which of its params fill which data (pairs of `index`: param
   ordinal, data number; count is that of entries, two a pair).
   starts every (format 3): event BF_NONE, no actors. Counted from the first day in force: YEAR on each month*100+day of
   every_count, PERIOD each every_count of every_unit. member_reg: a register's number + 1, 0: one case; else one for each
   of its rows, which fills member_data: the row itself, or its field member_field - 1. */
enum { BF_EVERY_NONE, BF_EVERY_YEAR, BF_EVERY_PERIOD };
struct bf_i_start {
    uint32_t event; struct bf_i_range actors, binds, consents; uint32_t src;
    uint32_t every, every_count, every_unit, member_reg, member_data, member_field;
    uint32_t asked_in, declined; /* with consent: state in which it is asked for, + 1; the end if it is declined. 0: none */
};
struct bf_i_require { uint32_t cond, text, src; };

struct bf_i_state {
    uint32_t name, label, is_end;
    uint32_t enter;                 /* effects on entering (ends) */
    struct bf_i_range offers;       /* of `index`: offer numbers that stand in this state or everywhere, written order */
    struct bf_i_range duties;       /* of `index`: duty numbers that live here, written order */
    struct bf_i_range whens, pauses;
    uint32_t src;
    /* format 3: what is run here: procedure + 1 (0: nothing), program giving its data as a TUPLE, the act that its
       ending is (whose params are what it keeps, in order), source */
    uint32_t runs, run_args, run_act, run_src;
    uint32_t asks;                  /* format 3: a case that has not started waits here for the consents of this offer, + 1;
                                       nothing else stands here; 0: it is another state */
};
struct bf_i_act { uint32_t name, label; struct bf_i_range params; struct bf_i_range offers; uint32_t extends; };
    /* offers of `index`: everything that offers it, written order; extends: duty it extends, or BF_NONE */

enum { BF_OFFER_MAY, BF_OFFER_DUTY, BF_OFFER_EXTEND, BF_OFFER_OUTCOME };
enum {
    BF_WINDOW_NONE, BF_WINDOW_WITHIN, BF_WINDOW_BY, BF_WINDOW_NOT_BEFORE,
    BF_WINDOW_BY_MONTH_DAY,        /* window_code is month*100+day itself, as of a duty: the first on or after the start */
    BF_WINDOW_NOT_BEFORE_MONTH_DAY, /* the same */
    BF_WINDOW_AFTER                /* not before a period is over, counted as WITHIN is */
};
static inline bool bf_i_window_of_year(uint32_t window) {
    return window == BF_WINDOW_BY_MONTH_DAY || window == BF_WINDOW_NOT_BEFORE_MONTH_DAY;
}
static inline bool bf_i_window_counted(uint32_t window) { /* is it a period, from something? */
    return window == BF_WINDOW_WITHIN || window == BF_WINDOW_AFTER;
}
enum { BF_FROM_ENTRY, BF_FROM_START, BF_FROM_ACT, BF_FROM_STATE, BF_FROM_DATE };
/* Where an act stands: a permission, an act of a duty's block, an extension, or one way in which what its state runs
   can end (nobody's act, in no state's offers). One place, one row. */
struct bf_i_offer {
    uint32_t kind, act;
    struct bf_i_range actors;       /* of `actor`; a duty's acts: its bearer */
    uint32_t state;                 /* where it is written; BF_NONE: everywhere */
    struct bf_i_range in;           /* of `index`: states it is narrowed to (C_IN); count 0: not */
    uint32_t guard;
    uint32_t times;                 /* count allowed; 0: any number */
    uint32_t window, window_code, from, from_ref; /* from_ref: act, state, or program of a Date */
    struct bf_i_range consents;     /* of `actor` */
    uint32_t report;                /* program giving the party reported to; BF_NONE */
    uint32_t target;                /* state; BF_NONE stays; BF_BACK */
    uint32_t effects;
    uint32_t duty;                  /* DUTY, EXTEND: which */
    uint32_t at_most;               /* EXTEND: program giving a period */
    uint32_t src;
    uint32_t dated;                 /* format 2: ordinal of the argument that is the act's day, + 1; 0: none */
    struct bf_i_range distinct;     /* format 2: of `index`: acts that another must have done */
    uint32_t outcome;               /* format 3: OUTCOME: the end of what is run, + 1; else 0 */
    /* format 3: each: its actor is a member of a list, at hand as MEMBER; members: program giving it. An act of a duty
       of each is its member's; an extension without it extends what every member has. */
    uint32_t each, members;
};
#define BF_BACK (UINT32_MAX - 1)

enum { BF_EACH_NONE, BF_EACH_ALL, BF_EACH_IN_TURN };
enum { BF_I_LIMIT_NONE, BF_I_LIMIT_WITHIN, BF_I_LIMIT_BY, BF_I_LIMIT_BY_MONTH_DAY };
struct bf_i_duty {
    uint32_t name, label;           /* label of a state limit: the state's; name empty */
    uint32_t state;                 /* where it is written; BF_NONE: everywhere */
    uint32_t bearer;                /* program giving a party; BF_NONE: a state limit, nobody bears it */
    uint32_t guard;
    uint32_t limit, limit_code;     /* WITHIN: program giving a period (maybe absent); BY: a Date (maybe absent);
                                       BY_MONTH_DAY: month*100+day itself */
    uint32_t from, from_ref;        /* as of an offer */
    uint32_t otherwise, target, effects; /* enum bf_otherwise_op; target: state, BF_BACK, or offer to deem */
    struct bf_i_range offers;       /* of `index`: its acts */
    uint32_t src, otherwise_src;
    struct bf_i_range until;        /* of `index`: states that meet it; format 2 */
    uint32_t each, members;         /* enum, and a program giving the list of those who each have it, at hand as MEMBER in
                                       all programs of the row and of its offers; format 3 */
};
/* must not. Where an offer of the act exists it is refused as forbidden unless `unless` holds; else doing
   it is a report, recorded and judged. */
struct bf_i_ban { uint32_t act; struct bf_i_actor subject; uint32_t state, unless, violation, src; };
struct bf_i_when { uint32_t cond, target, src; };     /* cond BF_NONE: else */
struct bf_i_pause { uint32_t duty, guard, src; };     /* duty BF_NONE: all but those written in the state */

struct bf_i_proc {
    uint32_t name, label, src;
    struct bf_i_range data, starts, requires, states, acts, offers, duties, bans;
    uint32_t initial;               /* index of state; states, acts, … are numbered over the whole image */
    uint32_t reach, reach_words;    /* in `reach`; row s - states.first, bit t - states.first */
    uint32_t cancelled;             /* format 3: of what is run: the end, + 1, where leaving it leads; else 0 */
};
struct bf_i_note { uint32_t text, src; };
/* What the policy amends, if it does: one row, format 4. hash: of the amended text that it was made from. because: why
   these cases follow, where no citation says it; 0. */
enum { BF_CASES_NEW, BF_CASES_ALL };
struct bf_i_amend { uint32_t policy, cases, because, src; uint8_t hash[BF_SHA256_LEN]; };

/* Scenarios: statements over locals (fixtures first, then the scenario's own). */
enum bf_stmt_op {
    BF_S_AT,      /* a: day (signed), b: second of the day, or BF_NONE: same time as before (00:00 at first) */
    BF_S_WAIT,    /* a: program giving a period */
    BF_S_LET,     /* a: local, b: program */
    BF_S_ASSUME,  /* a: assume, b: program */
    BF_S_PUT,     /* a: register, b: program giving a record */
    BF_S_OPEN,    /* a: local for the case or BF_NONE, b: program of the actor, c: procedure, d: program giving the
                     data as a TUPLE in order of the procedure's data (absent where not given) */
    BF_S_DO,      /* a: program of the case, b: of the actor, c: act, d: program giving the args as a TUPLE,
                     e: program of the party who did it, if the act is a report; BF_NONE: the actor */
    BF_S_CONSENT, /* a, b as DO; c: act consented to; e: program of the member of a list whose request it is, or BF_NONE */
    BF_S_DECLINE, /* as CONSENT */
    BF_S_REPORT,  /* a: local for a case it starts or BF_NONE, b: actor, c: event, d: args; e: procedure of that
                     case, BF_NONE if a is */
    BF_S_EXPECT,  /* a: program of a Bool; e: BF_NONE, or for "x = y" the program giving x, for the message */
    BF_S_REFUSED, /* a: enum bf_refusal; the statement after it (OPEN, DO, CONSENT, DECLINE, REPORT, SUCCEED) must be
                     refused; b, c: range of `cite` expected */
    BF_S_BY,      /* a: program giving as a TUPLE the persons behind the statement after it (OPEN, DO, CONSENT, DECLINE,
                     REPORT, or such a REFUSED): who acts, whose deputy, who enters a paper; each may be absent */
    BF_S_SUCCEED  /* a: program of the case it is said of, or BF_NONE: of all; b: of a list of departments, d: of the one
                     whose place they take, e: of the instrument (Text) or BF_NONE */
};
struct bf_i_stmt { uint32_t op, a, b, c, d, e, src; };
struct bf_i_scenario { uint32_t title; struct bf_i_range stmts; uint32_t locals, src; };
struct bf_i_fixture { uint32_t name, code, src; };    /* local number = fixture number */

/* What is counted of the cases of one procedure: those of which `where` says yes (BF_NONE: all). A guard of that
   procedure, which reads no register and no day. per: the party that a case counts for, of `data`; BF_NONE. */
struct bf_i_tally { uint32_t proc, where, per; };
/* Figures over cases; nothing in the policy reads them, so they are not of its hash. over.proc BF_NONE: not divided. */
struct bf_i_measure { uint32_t name, label; struct bf_i_tally counted, over; uint32_t src; };

/* `base` is the image of the amended text, without its scenarios: that by which a case of a day before goes in the amending
   policy's scenarios. No row: it amends none. */

/* What the header says of the policy. Texts are of `str`. */
struct bf_i_policy {
    uint32_t name, title, number, rank_label, rank; /* rank 0: none */
    int32_t force_from, force_to;    /* days; INT32_MIN, INT32_MAX: open */
    uint32_t calendar;               /* dotted English name; "none" */
    uint32_t count_same_day;
    uint16_t roll_none, still; /* still: bit u: periods of unit u do not run on the calendar's still days */
    uint32_t day_ends;         /* seconds, 1 to 86400, 86400 unless said */
    uint32_t retain_unit, retain_count;           /* count 0: nothing said */
    uint32_t level;                  /* the enum a party's level is of; BF_NONE: parties have none */
};

struct bf_image {
    const uint8_t *bytes;
    size_t size;
    uint8_t hash[BF_SHA256_LEN];
    struct bf_i_policy policy;
#define TABLE(name, type) const type *name; uint32_t name##_count;
#include "lang/image/image.def"
};
/* clang-format on */

/* Takes a block of bytes (which must outlive the image; copied into the arena if not aligned to 8) and verifies it.
** BF_EFORMAT says what is wrong and in which row. */
enum bf_err bf_image_load(struct bf_arena *a, const void *bytes, size_t size,
                          struct bf_image **image, struct bf_error *e);
/* The image of the text that it amends; *base NULL: it amends none. It refers to m's bytes. */
enum bf_err bf_image_base(struct bf_arena *a, const struct bf_image *m, struct bf_image **base,
                          struct bf_error *e);
static inline bf_str bf_i_text(const struct bf_image *m, uint32_t str) {
    return (bf_str){m->text + m->str[str].off, m->str[str].len};
}
/* Label if there is one, else name: what people read. */
static inline bf_str bf_i_label(const struct bf_image *m, uint32_t name, uint32_t label) {
    return bf_i_text(m, m->str[label].len ? label : name);
}
/* The name of the policy whose register it is. */
static inline bf_str bf_i_owner(const struct bf_image *m, uint32_t reg) {
    return bf_i_text(m, m->reg[reg].owner ? m->reg[reg].owner - 1 : m->policy.name);
}
static inline bool bf_i_reaches(const struct bf_image *m, const struct bf_i_proc *p, uint32_t from,
                                uint32_t to) {
    uint32_t t = to - p->states.first;
    return m->reach[p->reach + (from - p->states.first) * p->reach_words + t / 32] >> (t % 32) & 1;
}
const char *bf_opcode_z(uint32_t op); /* "AND" */
/* Text of the whole image for people and goldens. */
void bf_image_dump(const struct bf_image *m, struct bf_buf *out);

#endif
