/* Engine: the part of the service that owns the heads of cases and registers. It steps commands in the order in
** which they arrive, and lets nobody hear of a step before it is durable.
**
** It knows no event loop, no socket and no clock: whoever drives it gives it commands and the time, says when a
** round of input is over (bf_engine_flush) and polls the store. So service, tests and seeded simulation drive the
** same code.
**
** 1. Commands on a case step in arrival order on its head, committed or not, and add rows to the forming batch; one
**    batch is at the writer. An answer waits for the batch of its row.
** 2. What an act causes (cases it starts, violations it excuses, limits past already when it arms them) is rows
**    right after its own, naming it as their cause, in the same batch. More than BF_ENGINE_CHAIN of them: the act
**    is refused and nothing of it stays; a lapse cannot be refused, so it stands and nothing that it should bring about
**    does, which a FAILED fact says (`chain`), as where rules fail (step.h, 5): a person must look.
** 3. The same key of the same principal on the same case gets the same row's answer, while the first is under way
**    too; with another body it is told so.
** 4. Disk full: what was not durable is refused, heads it touched are forgotten, and all goes on. Any other failure
**    of the store: `fatal` is called once, and nothing is answered any more.
** 5. A batch moves the tree with its rows: frontier and tiles are in it.
** 6. Cases are numbered from 1 in the order in which they start.
*/
#ifndef BF_ENGINE_H
#define BF_ENGINE_H

#include "engine/core/journal.h"
#include "engine/core/migrate.h"
#include "engine/service/early.h"
#include "engine/store/store.h"

#define BF_ENGINE_CHAIN 1000

struct bf_engine;
struct bf_view;

/* An image, the calendar its cases count by, and what cases that start assume (NULL: its defaults); all live as long
** as the engine. */
struct bf_engine_policy {
    const struct bf_image *image;
    const struct bf_calendar *calendar;
    const struct bf_value *assume;
};

enum bf_answer_kind {
    BF_ANSWER_DONE,
    BF_ANSWER_EARLY,      /* it came before its time and is kept: seq is its row */
    BF_ANSWER_REFUSED,    /* `refused` says why, unless it is told from the row (again) */
    BF_ANSWER_MALFORMED,  /* the command's reader said no; nothing was recorded */
    BF_ANSWER_NO_CASE,    /* no case of that number, or its policy is not known here */
    BF_ANSWER_OTHER_BODY, /* its key was used with another body */
    BF_ANSWER_CHAIN,      /* it would cause too much at once */
    BF_ANSWER_FULL,       /* no room on the disk */
    BF_ANSWER_MEMORY,
    BF_ANSWER_STORE, /* the store could not be read */
};

/* Valid during the callback only. */
struct bf_answer {
    enum bf_answer_kind kind;
    bool again;                   /* the answer of an earlier command with this key */
    uint64_t seq, number;         /* its row; its case */
    const struct bf_image *image; /* DONE, REFUSED: of the case */
    const struct bf_fact *facts;
    uint32_t fact_count;
    uint32_t proc;                    /* of the case; BF_NONE with other kinds */
    bf_str data;                      /* REFUSED: with the facts, all that was said (refused.h) */
    const struct bf_refused *refused; /* NULL: see kind */
    const struct bf_row_setting
        *settings; /* of a notice, not told again: json is empty where one was removed */
    uint32_t setting_count;
};
typedef void bf_engine_answer(void *ctx, const struct bf_answer *a);

/* Turns what was sent into an event, once the case's image is known: actor, who, what, args; kind is set. c is NULL
** for an opening. False: it is none (malformed). The arena is the event's. May be called more than once. */
typedef bool bf_engine_reader(void *ctx, const struct bf_image *m, const struct bf_case *c,
                              struct bf_arena *a, struct bf_event *e);

struct bf_command {
    enum bf_event_kind kind; /* OPEN, ACT, CONSENT, DECLINE, ASSIGN */
    uint64_t number;         /* OPEN: 0 */
    const struct bf_engine_policy
        *policy; /* OPEN: whose procedure, under the text of the day (bf_engine_text) … */
    bool as_is;  /* … or under just this one */
    bf_instant effective; /* BF_INSTANT_NONE: when it steps */
    bool keep_early;      /* not of an OPEN: what would be refused as not yet is kept (early.h) */
    bf_str principal, key, request; /* copied; an empty key is never the same as another */
    uint8_t body_hash[BF_SHA256_LEN];
    bf_engine_reader *read; /* its ctx must live until the answer */
    /* May he know of the case? Asked, of the case as it is then, where the rules refuse him as one to whom nothing
    ** gives the act. If not, the answer is MALFORMED and nothing was recorded: the rows of a case are of those it
    ** concerns. False: the world said that it needs a row, and all is tried again. NULL: he may. */
    bool (*sees)(void *ctx, const struct bf_view *v, struct bf_arena *scratch, bool *sees);
    bf_engine_answer *answer;
    void *ctx;
};

/* ---- looking ---- */
/* What a reader is shown: a case (NULL: none was asked for) as it is now, lapses due by now included, and the world its
** rules read. */
struct bf_view {
    const struct bf_engine_policy *policy;
    uint64_t number, last_seq;
    const struct bf_case *c;
    const struct bf_earlies *early; /* of the case; bodies are those of EARLY rows */
    const struct bf_world *world;
    bf_instant now;
};
/* Takes from the view what it wants, copied; nothing may be told before the answer comes. False: the world said that
** it needs a row; it is called again, from the beginning, when the row is there. (Where the world did not say so: it had
** no memory.) */
typedef bool bf_engine_look_fn(void *ctx, const struct bf_view *v, struct bf_arena *scratch);
struct bf_look {
    uint64_t number;                       /* 0: no case, only the world of `policy` */
    const struct bf_engine_policy *policy; /* number 0; NULL: there is no such case */
    bf_engine_look_fn *look;
    bf_engine_answer
        *answer; /* DONE: all that was shown is durable. NO_CASE, FULL, MEMORY, STORE */
    void *ctx;
};

/* ---- what an operator sets ---- */
/* A row without an event (POLICY, CALENDAR, REGISTER, DIRECTORY, CLOCK, SETTING): canonical JSON, from which alone
** its derived rows follow (derive.h). Where they do not: MALFORMED, and nothing was recorded. Its key is one of
** case 0, as an opening's. */
struct bf_notice {
    enum bf_entry_kind kind;
    const struct bf_engine_policy *policy; /* REGISTER: whose; else NULL */
    bf_str data;                           /* copied */
    const struct bf_row_blob *blobs;       /* written beside it; copied */
    uint32_t blob_count;
    bool ask; /* only whether its key was used: if not it is DONE with no row */
    bf_str principal, key, request;
    uint8_t body_hash[BF_SHA256_LEN];
    bf_engine_answer *answer;
    void *ctx;
};

struct bf_engine_options {
    bf_instant (*now)(void *ctx);                      /* never goes back */
    void (*random)(void *ctx, uint8_t *out, size_t n); /* salts */
    void (*fatal)(void *ctx, const struct bf_error *e);
    void (*submitted)(void *ctx); /* a batch goes to the writer. May be NULL */
    /* It is durable, and not answered yet; NULL: the disk is full. May be NULL. */
    void (*written)(void *ctx, const struct bf_batch *b);
    void *ctx;
    uint32_t partition;
    enum bf_hash hash;     /* of a new partition's tree; 0: SHA-256 */
    uint32_t cached_cases; /* heads, and rows of registers, kept beyond those under way */
    uint32_t batch_rows;   /* a scan takes at most a quarter of it at once */
};

enum bf_err bf_engine_new(struct bf_store *store, const struct bf_engine_options *o,
                          struct bf_engine **out, struct bf_error *e);
/* Nothing may be under way (bf_engine_idle); or it is dead and its store was closed before. */
void bf_engine_free(struct bf_engine *e);

/* Makes a policy known; cases pinned to its image can be stepped from now on. NULL: out of memory. */
struct bf_engine_policy *bf_engine_add_policy(struct bf_engine *e, const struct bf_image *m,
                                              const struct bf_calendar *c);

/* A calendar that rows of this journal name; those of policies are known anyway. False: out of memory. It lives as
** long as the engine. */
bool bf_engine_know_calendar(struct bf_engine *e, const struct bf_calendar *c);
/* The row seq, a CALENDAR row that is durable, has adopted a calendar: policies whose images name it count by it from
** now on, and open cases are brought to it: each before anything else is done with it, and all of them by a sweep in
** small batches. Lapses of before the row stand. Called when the row became durable, and after each start for the
** current calendar of each name, before any command. */
void bf_engine_adopt_calendar(struct bf_engine *e, const struct bf_calendar *c, uint64_t seq);
/* ---- successors ---- */
/* The row seq, a DIRECTORY row that is durable, says that a department is no more, and who takes its place (heirs.h). Open
** cases that name it are brought to it: each before anything else is done with it, and all of them by a sweep. Called when
** the row became durable, and after each start for each such row, before any command. (Steps behind the row know of it from
** the row on.) */
void bf_engine_succession(struct bf_engine *e, bf_str id, bf_str json, uint64_t seq);

/* ---- calendar starts ---- */
/* By the row seq, which is durable, this version of its policy became the active one: it is the one whose calendar starts
** count (starts.c), after the instant at which its policy was first activated. Called when the row became durable, and after
** each start of the engine for the active version of each policy, before any command. */
void bf_engine_activate(struct bf_engine *e, const struct bf_engine_policy *p, uint64_t seq);

/* ---- amendments ---- */
/* The text under which a case of p is opened then: of p and those that amend it, or that it amends, the one in force. p itself
** where it is not the active version, or none is in force. An opening asks for it by itself. */
const struct bf_engine_policy *bf_engine_text(const struct bf_engine *e,
                                              const struct bf_engine_policy *p, bf_instant at);

/* The text that an open case of p goes over to with an event then, which amends its own for all cases. NULL: it keeps its own. */
const struct bf_engine_policy *bf_engine_follows(const struct bf_engine *e,
                                                 const struct bf_engine_policy *p, bf_instant at);

/* ---- migration ---- */
/* What becomes, or would become, of an open case. */
struct bf_migrated_case {
    uint64_t number;
    enum bf_obstacle obstacle; /* it stays as it is; name says what is in the way */
    bf_str name;
    const struct bf_changed *changed;
    uint32_t changed_count;
    uint64_t seq; /* its MIGRATE row; 0: none was made */
};
struct bf_migration {
    const struct bf_engine_policy *from, *to;
    struct bf_migrate_choice choice; /* copied */
    bool dry_run;                    /* nothing is done */
    bf_str principal, request;
    /* For each open case of `from`, by number; what is told is durable, and valid during the call. */
    void (*each)(void *ctx, const struct bf_migrated_case *c);
    /* DONE, FULL, MEMORY, STORE, CHAIN: those told of until then have moved. To be asked for anew. */
    void (*done)(void *ctx, enum bf_answer_kind kind);
    void *ctx;
};
/* Moves the open cases of one image to another (migrate.h), lapses due by now first, some at a time between requests. Several
** migrations wait for one another. */
void bf_engine_migrate(struct bf_engine *e, const struct bf_migration *m);

/* Is there a case that was not yet looked at since an adoption? */
bool bf_engine_sweeping(const struct bf_engine *e);
/* The engine shall come to rest: a sweep goes no further than its page; the next start goes on with it. */
void bf_engine_rest(struct bf_engine *e);

/* Reads where the partition is; ready(ctx) before any command. A tree that is not the journal's is fatal. */
void bf_engine_start(struct bf_engine *e, void (*ready)(void *ctx), void *ctx);
void bf_engine_command(struct bf_engine *e, const struct bf_command *c);
/* A look takes its turn among the commands on its case, and is answered when what it saw is durable. */
void bf_engine_look(struct bf_engine *e, const struct bf_look *l);
void bf_engine_notice(struct bf_engine *e, const struct bf_notice *n);
/* The notice that puts a row of a register: a record of its kind, keys included. */
void bf_engine_put(struct bf_engine *e, const struct bf_engine_policy *p, uint32_t reg,
                   struct bf_value row, bf_engine_answer *told, void *ctx);
/* Fires what is due by now, in order of (due, written order, case), some at a time, and what the calendar starts, after what is
** due by then; call it again at bf_engine_wake. */
void bf_engine_scan(struct bf_engine *e);
/* The first instant at which there may be something for a scan; BF_DUE_NEVER: none is known (also while one is under way). */
bf_instant bf_engine_wake(const struct bf_engine *e);
/* Hands the forming batch to the writer if it is free. */
void bf_engine_flush(struct bf_engine *e);
bool bf_engine_idle(const struct bf_engine *e);
void bf_engine_configure(struct bf_engine *e, uint32_t cached_cases, uint32_t batch_rows);

struct bf_engine_counts {
    uint64_t queue_rows; /* put into batches, not durable yet */
    uint64_t under_way;  /* commands, looks and reads without an end */
    uint64_t cached_cases, cached_rows;
    uint64_t stuck;     /* due at the last scan, and not to be stepped: their policy is not known */
    uint64_t fired;     /* limits that passed and were acted on */
    uint64_t key_reads; /* openings and notices whose key was looked for in the store */
    uint64_t
        kept_text; /* times a case could not go over to an amendment of all cases, and kept its text */
    uint64_t started,
        start_failures; /* cases that the calendar started; that it should have, and could not */
};
struct bf_engine_counts bf_engine_count(const struct bf_engine *e);

#endif
