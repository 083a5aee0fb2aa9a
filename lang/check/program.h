/* The checked program: what the checker found out about the trees of one policy.
**
** Trees are not written to. Two side tables, indexed by node id, say what each NAME means and what
** type each expression has; symbols hold what was declared. The lowering reads only trees, side
** tables and symbols, and may trust them: it runs only when no error was reported.
*/
#ifndef BF_PROGRAM_H
#define BF_PROGRAM_H

#include "lang/syntax/ast.h"

/* Types are interned: the same type is the same pointer. */
struct bf_type {
    uint8_t kind;               /* enum bf_kind */
    uint8_t unit;               /* BF_K_PERIOD: enum bf_unit */
    bool optional;              /* T? */
    uint32_t max;               /* BF_K_LIST: cap, 0 none */
    struct bf_sym *sym;         /* ENUM, RECORD, CASE: its symbol */
    const struct bf_type *elem; /* LIST */
    const struct bf_type *base; /* of an optional type: the type without ?; else itself */
    struct bf_type *next;       /* hash chain of the interning table */
    uint32_t index;             /* in order of first use: the image's type number */
};

enum bf_sym_kind {
    BF_SYM_MODULE,   /* a use of a module (for messages) */
    BF_SYM_TYPE,     /* built-in type; type */
    BF_SYM_ENUM,     /* members */
    BF_SYM_MEMBER,   /* index within its enum; owner */
    BF_SYM_RECORD,   /* fields */
    BF_SYM_FIELD,    /* of a record; index; type; owner */
    BF_SYM_REGISTER, /* type: the record; keys */
    BF_SYM_DECISION, /* params, type: result */
    BF_SYM_PARAM,    /* of a decision, an act or an event; index; type; owner */
    BF_SYM_ASSUME,   /* type */
    BF_SYM_OFFICE,   /* type: per what (NULL: one) */
    BF_SYM_VIOLATION,
    BF_SYM_EVENT, /* params; declared by starts on; index 0 is the built-in `violated` */
    BF_SYM_PROCEDURE,
    BF_SYM_DATA,  /* party, given, keep of a procedure; index within it; type; owner */
    BF_SYM_STATE, /* node STATE or END; index within its procedure; owner */
    BF_SYM_ACT,   /* one per name and procedure; params; index within it; owner. node: first ACT.
                         Also the implied extend_DUTY (node: the MAY_EXTEND; duty set), and the
                         ending of what a RUN runs (node: the RUN; runs set). */
    BF_SYM_DUTY,  /* node MUST or LASTS (name NULL); index within its procedure; owner */
    BF_SYM_MEASURE,
    BF_SYM_MODEL,
    BF_SYM_EACH, /* node SUBJECT: the member that `each m in LIST`, `any m in LIST` speaks of; type */
    BF_SYM_FIXTURE, /* file-level LET; index; type */
    BF_SYM_LOCAL,   /* LET of a scenario; index among its scenario's; type; owner NULL */
    BF_SYM_BUILTIN  /* function, property, `today`, `start` …: builtin */
};

struct bf_sym {
    enum bf_sym_kind kind;
    struct bf_name *name;
    struct bf_node *node; /* the declaration; NULL for built-ins */
    struct bf_tree *tree; /* where it is declared */
    struct bf_sym *owner;
    uint32_t index; /* its number in its image table, or within its owner; dense */
    const struct bf_type *type;
    struct bf_sym *first, *last; /* members, fields, params; of a procedure: data */
    struct bf_sym *next;         /* in its owner's list, or in the program's list of its kind */
    struct bf_sym *duty;         /* ACT extend_DUTY: the duty; ACT of a duty's block: NULL */
    struct bf_sym *member;       /* DUTY of each member of a list: the member (EACH); else NULL */
    struct bf_sym
        *runs; /* ACT of a RUN: the procedure whose ending it is; its params: what that keeps */
    const struct bf_node *run; /* PROCEDURE: the first RUN of it; NULL: it is never run … */
    const struct bf_tree *run_in;
    struct bf_sym *
        cancelled; /* … then the STATE where one goes whose case leaves it; index: that of one added
                                    behind its states, unless it has an end called so */
    uint32_t builtin;          /* enum bf_builtin (lang/defs/builtins.def) */
    struct bf_proc_info *proc; /* PROCEDURE */
    uint32_t uses;             /* how often something refers to it */
    uint32_t mark;             /* the checker's */
    bool opener;  /* DATA: a party that may start the procedure, so that who opens it is meant if it
                                   is not given */
    bool offered; /* ACT: somebody may or must do it; else doing it is a report of what happened */
    bool several; /* EVENT: starts cases of several procedures (of one: owner) */
    bool kept;    /* the lowering's: the policy reaches it */
    bool broken;  /* PROCEDURE, DECISION, …: a mistake was reported in it */
};

/* Built-in names (lang/defs/builtins.def). */
enum bf_builtin {
#define BUILTIN(id, class, en, zh) BF_B_##id,
#include "lang/defs/builtins.def"
    BF_BUILTINS
};

struct bf_sym_list {
    struct bf_sym *first, *last;
    uint32_t count;
};

struct bf_moves; /* the checker's (happened.c) */

/* What flow analysis knows about a procedure. */
struct bf_proc_info {
    struct bf_sym_list data, states, acts, duties; /* in written order; index counts from 0 */
    uint32_t initial; /* state entered at the start: the first one written */
    uint32_t words;   /* 32-bit words per row of reach */
    uint32_t
        *reach; /* reach[s * words + t/32] bit t%32: t can be reached from s by one or more moves */
    struct bf_moves *moves;
};

#define BF_PERIOD_MAX 100000 /* units of a literal period */

/* What a node means.
**   type: of an expression, of a TYPE or LIST_TYPE. An INT where a Decimal is wanted has type Decimal.
**     A NONE has the optional type its place wants.
**   sym: of a NAME what it means. Of a declaration (also MUST, LASTS, MAY_EXTEND: the act that
**     extends; ACT: the act, of a duty's head the duty) its symbol. Of an ARG the PARAM, FIELD or DATA
**     that it fills. Of a TALLY the DATA that its measure is per.
** Where a NAME is a party's field, an act's day, a status, `today` …, sym is a BUILTIN. In
** `C_FROM` the NAME is `start`, an ACT, a STATE, or an expression of type Date. In IS the left NAME (or
** the right one of CASE.DUTY) is a DUTY if it is tested for a status (BUILTIN) or an ACT. */
struct bf_info {
    const struct bf_type *type;
    struct bf_sym *sym;
};

#define BF_FOLDERS 9

struct bf_program {
    struct bf_arena *arena;
    struct bf_parse *parse;
    struct bf_tree **trees; /* the policy's own files, then used modules */
    bf_str *modules_of;     /* by tree: its dotted name (files of the library: in English) */
    struct bf_node **
        amended_in; /* by tree: POLICY of the amended text whose file it is; NULL: it is of this policy */
    uint32_t tree_count, own_count;
    struct bf_node *amended;  /* POLICY of the text that this one amends; NULL: none */
    const char *amended_path; /* where that is */
    struct bf_program
        *base; /* that text for itself, checked; NULL: none, or there were mistakes already */
    struct bf_outline *outline; /* NULL if the policy has none */
    struct bf_node *policy;     /* POLICY node, NULL for a bare module or a scratch file */
    int64_t *noted;             /* citations of the policy's notes, sorted (coverage.c) */
    uint32_t noted_count;
    struct bf_info *info; /* by node id */
    struct bf_sym_list enums, records, registers, decisions, assumes, offices, violations, events,
        procedures, fixtures, measures, models;
    struct bf_sym_list
        modules; /* one for each `use`; index: the number of its tree, BF_NONE: missing */
    uint32_t type_count;
    const struct bf_type **types; /* by index */
    struct bf_node **scenarios;   /* SCENARIO nodes in order of file and place */
    uint32_t scenario_count;
    struct bf_checker *checker; /* lang/check's own */
    const char *stdlib;         /* folder of the library; "": none */
    const char *folder
        [BF_FOLDERS]; /* of the policy, then of what it amends: calendars are looked for there first */
    uint32_t folder_count;
    const char *calendar; /* dotted name in English spelling: "cn.workdays"; "none" if none given */
    uint32_t errors;      /* of all phases; lowering runs only when there is none */
};

/* Reads a policy (a folder, or one file) with the modules it uses; stdlib is the folder of stdlib.
** Trouble with files is an error in *e; mistakes of the author are diagnostics. The outline is the
** file named `outline` in the folder. Files are taken in byte order of their names relative to the
** folder, subfolders included. */
enum bf_err bf_load_policy(struct bf_parse *p, const char *path, const char *stdlib,
                           struct bf_program **program, struct bf_error *e);

/* The same of one source text, called `name` in messages: it stands in no folder, so it amends nothing and uses the
** library alone. A name that ends with .md makes it Markdown. */
enum bf_err bf_load_text(struct bf_parse *p, bf_str name, bf_str text, const char *stdlib,
                         struct bf_program **program, struct bf_error *e);

/* Resolves, types, and analyses flow, tables and coverage; reports what it finds. */
void bf_check(struct bf_program *program);

static inline const struct bf_type *bf_type_of(const struct bf_program *p,
                                               const struct bf_node *n) {
    return p->info[n->id].type;
}
static inline struct bf_sym *bf_sym_of(const struct bf_program *p, const struct bf_node *n) {
    return p->info[n->id].sym;
}
/* The citations of n: its own, or those of the nearest enclosing node given, or the heading's.
** Returns the number, at most max written to out (packed; of this policy only). */
int bf_cites_of(const struct bf_program *p, const struct bf_tree *t, const struct bf_node *n,
                const struct bf_node *outer, int64_t *out, int max);

#endif
