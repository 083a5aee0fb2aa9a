/* The checker's own state and helpers, shared by its files; nothing outside lang/check includes this.
**
** 1. A mistake is reported where it is, once. What has a mistake gets the broken type (or no symbol);
**    whatever meets it later stays silent.
** 2. Names live in one hash table, keyed by owner, class and name: looking one up takes constant time
**    and scopes need not be opened or closed.
** 3. Everything is allocated from the program's arena.
*/
#ifndef BF_CHECKER_H
#define BF_CHECKER_H

#include <string.h>

#include "lang/check/internal.h"

/* Position tells these apart: one name may stand in several classes of one owner. */
enum bf_class {
    BF_C_NAME, /* globals; data of a procedure; parameters, fields, members, locals of their owner */
    BF_C_EVENT, /* owner: the unit */
    BF_C_STATE, /* owner: the procedure, as of the two below */
    BF_C_ACT,
    BF_C_DUTY
};

/* Files that share one name space: those of the policy, or one module of the library. */
struct bf_space {
    bf_str name; /* dotted; empty: the policy */
};

struct bf_slot {
    uintptr_t owner; /* with the class in its low bits */
    const struct bf_name *name;
    struct bf_sym *sym;
};

/* Something known to be there: a path that is present, or an act that has happened. */
struct bf_fact {
    const struct bf_node *path;
    uint32_t hash, below; /* below: next in the bucket, + 1 */
};
enum { BF_FACT_BUCKETS = 256 };

enum bf_where { BF_IN_CONSTANT, BF_IN_DECISION, BF_IN_PROCEDURE, BF_IN_SCENARIO };

/* Where an expression stands. */
struct bf_ctx {
    enum bf_where where;
    struct bf_sym *proc;   /* the procedure */
    struct bf_sym *params; /* whose parameters are in scope */
    struct bf_sym *member; /* the member of a list that the rule speaks of */
    struct bf_sym *decision;
    struct bf_sym *data;           /* IN_PROCEDURE, its initial value: the data being computed */
    struct bf_sym *just;           /* the act that is just happening */
    struct bf_sym *from;           /* the act whose happening armed what stands here */
    const struct bf_node *effects; /* all of those that stand together */
    uint32_t state;                /* index of the state; BF_NONE: written outside states */
    bool routing;                  /* the condition of a `when` */
    bool counted;                  /* of a measure: the procedure's name is the case counted … */
    const struct bf_node *whole;   /* … where it is this node */
};

struct bf_checker {
    struct bf_program *p;
    struct bf_arena *arena;
    struct bf_diags *diags;
    struct bf_info *info;

    struct bf_slot *slots;
    uint32_t slot_count, slot_mask;

    struct bf_type **type_table;
    uint32_t type_mask;
    const struct bf_type *broken, *bool_, *int_, *decimal, *text, *date, *instant, *party,
        *department, *violation;
    const struct bf_type *period[4];

    struct bf_space *units;    /* the policy's; a module of the library has one of its own */
    struct bf_space **unit_of; /* by tree number */
    struct bf_space **unit_of_file;
    struct bf_sym *builtin[BF_BUILTINS];
    struct bf_sym *violated; /* the built-in event */
    struct bf_sym *level;    /* enum Level of std.government, if used */

    struct bf_tree *tree; /* being walked */
    struct bf_space *unit;
    struct bf_ctx at;
    struct bf_fact *facts;
    uint32_t fact_count, fact_cap;
    uint32_t bucket[BF_FACT_BUCKETS];
    bool broken_text;             /* a syntax error was told */
    uint32_t quiet;               /* > 0: mistakes found follow from one already told */
    uint32_t stamp;               /* for bf_sym.mark */
    uint32_t compared;            /* names compared for it */
    uint32_t suggested;           /* near names looked for so far */
    bool cited;                   /* somebody cites, though there is no outline */
    bf_span working_days;         /* first place that needs a calendar */
    struct bf_call **calls;       /* by decision: the decisions it calls */
    const struct bf_type *opener; /* of who opens the case at hand; NULL: nobody */
    struct bf_sym *scenario;      /* owner of the locals */
};

struct bf_call {
    struct bf_sym *to;
    const struct bf_node *at;
    struct bf_call *next;
};

/* ---- at_once.c ---- */
/* The procedures whose cases one of proc starts the moment it starts itself, unless something decides otherwise. */
void bf_started_at_once(struct bf_checker *c, const struct bf_sym *proc, struct bf_call **starts);

/* ---- load.c ---- */
/* A dotted module name as written. */
bf_str bf_module_text(struct bf_arena *a, const struct bf_node *module);

/* ---- scope.c: symbols ---- */
void bf_scope_init(struct bf_checker *c);
struct bf_sym *bf_scope_find(const struct bf_checker *c, const void *owner, enum bf_class cls,
                             const struct bf_name *name);
/* Adds unless there is one already, which is returned; NULL: added. */
struct bf_sym *bf_scope_add(struct bf_checker *c, const void *owner, enum bf_class cls,
                            struct bf_sym *sym);
struct bf_sym *bf_scope_alias(struct bf_checker *c, const void *owner, enum bf_class cls,
                              const struct bf_name *name, struct bf_sym *sym);
struct bf_sym *bf_sym_new(struct bf_checker *c, enum bf_sym_kind kind, struct bf_name *name,
                          struct bf_node *node);
void bf_sym_append(struct bf_sym_list *list, struct bf_sym *sym);
/* The built-in called so, of the given classes' mask (1 << bf_builtin_class). NULL: none. */
enum bf_builtin_class {
    BF_BC_TYPE,
    BF_BC_VALUE,
    BF_BC_FUNCTION,
    BF_BC_FIELD,
    BF_BC_EVENT,
    BF_BC_ACT,
    BF_BC_STATUS,
    BF_BC_PREFIX,
    BF_BC_STATE,
    BF_BC_MODULE
};
struct bf_sym *bf_builtin_find(const struct bf_name *name, unsigned classes);
bf_str bf_builtin_text(uint32_t builtin, enum bf_lang lang);
/* The English name of a module that has both spellings; else the name itself. */
bf_str bf_module_english(bf_str name);
bf_str bf_field_text(
    bf_str name,
    enum bf_lang lang); /* a built-in field in that language; any other name as it is */
void bf_builtins_init(struct bf_checker *c);
void bf_party_fields_init(struct bf_checker *c); /* once bf_checker.level is known */
/* A global of the current unit, or a built-in type, value or function. */
struct bf_sym *bf_global(struct bf_checker *c, const struct bf_name *name);
/* What a symbol is, for messages: "state", 状态. */
enum bf_text_id bf_sym_kind_text(const struct bf_sym *s);
/* Span of the name that introduces a symbol; BF_NO_SPAN of a built-in. */
bf_span bf_sym_span(const struct bf_sym *s);
/* Reports an undefined name (NULL: keeps silent, because it follows from a mistake already told), with the nearest of those that fit: symbols of `cls` whose owner is
** among owners (NULL ends). what: what was looked for. */
struct bf_diag *bf_undefined(struct bf_checker *c, const struct bf_node *name, enum bf_class cls,
                             const void *const *owners, enum bf_text_id what);
/* A hint that lists the first members of an enumeration. */
void bf_hint_members(struct bf_checker *c, struct bf_diag *d, const struct bf_sym *e);

/* ---- reporting (scope.c); all return NULL while c->quiet, and take it ---- */
struct bf_diag *bf_report(struct bf_checker *c, enum bf_diag_code code, bf_span span,
                          const bf_arg *args, int nargs);
void bf_label(struct bf_checker *c, struct bf_diag *d, bf_span span, enum bf_text_id text,
              const bf_arg *args, int nargs);
void bf_hint(struct bf_checker *c, struct bf_diag *d, enum bf_text_id text, const bf_arg *args,
             int nargs);
static inline bf_arg bf_arg_name(const struct bf_name *n) { return bf_arg_str(n->text); }

/* ---- typetab.c: types ---- */
void bf_types_init(struct bf_checker *c);
const struct bf_type *bf_type_simple(struct bf_checker *c, enum bf_kind kind);
const struct bf_type *bf_type_period(struct bf_checker *c, enum bf_unit unit);
const struct bf_type *bf_type_named(struct bf_checker *c, enum bf_kind kind, struct bf_sym *sym);
const struct bf_type *bf_type_list(struct bf_checker *c, const struct bf_type *elem, uint32_t max);
const struct bf_type *bf_type_optional(struct bf_checker *c, const struct bf_type *t);
/* For messages, in both spellings. */
bf_arg bf_type_arg(struct bf_checker *c, const struct bf_type *t);
/* The unit of a period, in a word and in a label. */
bf_arg bf_unit_arg(uint8_t unit);
enum bf_text_id bf_unit_text(uint8_t unit);
static inline bool bf_type_is_party(const struct bf_type *t) {
    return t->kind == BF_K_PARTY || t->kind == BF_K_PERSON || t->kind == BF_K_ORGANISATION ||
           t->kind == BF_K_DEPARTMENT;
}
/* May a value of type `from` stand where `to` is wanted? Optionality apart. */
bool bf_type_fits(const struct bf_type *from, const struct bf_type *to);
/* The type a TYPE or LIST_TYPE node denotes; the broken type after a mistake. */
const struct bf_type *bf_type_read(struct bf_checker *c, struct bf_node *n);

/* ---- facts.c: what is known to be present ---- */
uint32_t bf_facts_mark(const struct bf_checker *c);
void bf_facts_back(struct bf_checker *c, uint32_t mark);
bool bf_facts_has(struct bf_checker *c, const struct bf_node *path);
/* The condition is known to be true (or false): adds what follows. */
void bf_facts_assume(struct bf_checker *c, const struct bf_node *cond, bool truth);
/* What was known through sym (data that was set, a register that was written) no longer is. */
void bf_facts_forget(struct bf_checker *c, const struct bf_sym *sym);
/* Forgets what rests on data that may change. */
void bf_facts_keep_fixed(struct bf_checker *c);

/* ---- happened.c ---- */
/* Has the act happened on every path into the state (BF_NONE: in every state)? */
bool bf_happened(struct bf_checker *c, struct bf_sym *proc, const struct bf_sym *act,
                 uint32_t state);

/* ---- expr.c ---- */
/* Types an expression. want: the type its place wants, a help for members, `none`, lists and whole
** numbers, not a check. Never NULL. */
const struct bf_type *bf_expr(struct bf_checker *c, struct bf_node *n, const struct bf_type *want);
/* As written, for messages. */
bf_arg bf_text_arg(struct bf_checker *c, const struct bf_node *n);
/* … and checks that it fits. */
bool bf_expect(struct bf_checker *c, struct bf_node *n, const struct bf_type *want);
void bf_condition(struct bf_checker *c, struct bf_node *n);
/* Arguments against the members of a list; missing ones are told at `at`. */
struct bf_args {
    struct bf_node *at;   /* for what is missing */
    struct bf_sym *owner; /* whose params, fields or data (class NAME) */
    struct bf_sym *first; /* in order */
    bool named;           /* names are obligatory */
    bool who;             /* `who` may be named too: a party */
    bool (*optional)(struct bf_checker *c, const struct bf_sym *param); /* may it be left out? */
    bool (*settable)(struct bf_checker *c,
                     const struct bf_sym *param); /* may it be given? NULL: yes */
};
void bf_args_check(struct bf_checker *c, struct bf_node *args, const struct bf_args *how);
bool bf_param_optional(struct bf_checker *c, const struct bf_sym *param);
/* Is an argument named `who`? */
bool bf_is_who(const struct bf_node *name);
/* Data of a procedure when somebody opens it. */
bool bf_data_optional(struct bf_checker *c, const struct bf_sym *data);
/* The same when a rule opens it: no opener stands for a party. */
bool bf_data_given(struct bf_checker *c, const struct bf_sym *data);
bool bf_data_settable(struct bf_checker *c, const struct bf_sym *data);
/* A literal, a member, none: known when compiling. */
bool bf_is_constant(const struct bf_program *p, const struct bf_node *n);
/* DUTY[party]: what one member of a duty of each has; NULL: n is none, or (told) a mistaken one. */
struct bf_sym *bf_duty_member(struct bf_checker *c, struct bf_node *n);
/* The duty or act named in an expression of a procedure (NAME), or of a case (CASE.NAME); NULL: neither. */
struct bf_sym *bf_case_part(struct bf_checker *c, struct bf_node *n, enum bf_class cls);
/* Resolves a NAME node in a class of an owner; reports when there is none. */
struct bf_sym *bf_name_in(struct bf_checker *c, struct bf_node *name, const void *owner,
                          enum bf_class cls, enum bf_text_id what);
/* A global that must be of one kind. */
struct bf_sym *bf_name_global(struct bf_checker *c, struct bf_node *name, enum bf_sym_kind kind,
                              enum bf_text_id what);

/* ---- swallowed.c: clauses written into new names ---- */
void bf_name_swallowed(struct bf_checker *c, const struct bf_node *name, const struct bf_sym *proc,
                       bool office);
void bf_names_swallowed(struct bf_checker *c, const struct bf_sym *proc); /* acts and duties */
void bf_list_swallowed(struct bf_checker *c, const struct bf_sym *list);  /* 等 */
bool bf_limit_swallowed(const struct bf_node *must);

/* ---- resolve.c ---- */
/* Reports a name that would mean two things within its procedure. */
void bf_check_hiding(struct bf_checker *c, const struct bf_sym *s);
/* What follows stands in this tree. */
void bf_enter_tree(struct bf_checker *c, struct bf_tree *t);

/* ---- declarations, bodies, scenarios, policy, citations ---- */
/* A period that is added to a duty's must be of its unit. */
void bf_match_unit(struct bf_checker *c, const struct bf_node *e, const struct bf_type *t,
                   const struct bf_sym *duty);
void bf_body_decision(struct bf_checker *c, struct bf_sym *decision);
void bf_body_procedure(struct bf_checker *c, struct bf_sym *proc);
void bf_body_scenario(struct bf_checker *c, struct bf_node *scenario);
void bf_body_fixture(struct bf_checker *c, struct bf_sym *fixture);
/* A party or an office that acts, where c->at is; false if it is none, which was told. */
bool bf_body_actor(struct bf_checker *c, struct bf_node *e);
/* MEASURE, MODEL, ASSERT. */
void bf_check_figure(struct bf_checker *c, struct bf_node *n);
void bf_check_circles(struct bf_checker *c);
void bf_check_policy(struct bf_checker *c);
/* Every citation of n against the outline; n->cites only. */
void bf_check_cites(struct bf_checker *c, const struct bf_node *n);
/* A rule (or declaration) ought to have a citation: its own, its outer's, or the heading's. */
void bf_want_cite(struct bf_checker *c, const struct bf_node *rule, const struct bf_node *outer);
void bf_check_headings(struct bf_checker *c);
void bf_note_outline(struct bf_checker *c);

static inline bool bf_is_broken(const struct bf_type *t) { return t->kind == BF_K_NONE; }
#endif
