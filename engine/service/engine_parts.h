/* The parts of the engine, shared by its files and by nothing else:
**
**   engine.c    commands and their answers, batches
**   heads.c     cases and rows of registers, as their last step left them
**   attempt.c   one command or lapse with all it causes: rows, and new heads; or nothing at all
**   scan.c      what is due by now
**   grove.c     the tree over the rows
**   seal.c      what ended cases came to
**   migrate.c   cases that move to another image
**   starts.c    what the calendar starts
**   texts.c     which text a case goes by, where policies amend one another
**   heirs.c     departments that are no more, and who took their place
**   adopt.c     calendars: which is current, and who still counts by an older one
**   keys.c      which idempotency keys openings and notices have used
*/
#ifndef BF_ENGINE_PARTS_H
#define BF_ENGINE_PARTS_H

#include "engine/service/derive.h"
#include "engine/service/engine.h"
#include "engine/service/heirs.h"
#include "engine/service/tiling.h"

/* Where an idempotency key of a case was used. */
struct bf_used_key {
    uint64_t hash; /* of principal and key */
    uint64_t seq;
};

/* A case as its last step left it, committed or not. */
struct bf_head {
    uint64_t number;
    const struct bf_engine_policy *policy;
    const struct bf_calendar *calendar; /* its duties were counted by; NULL: one not known here */
    struct bf_arena *arena;             /* of c; NULL: not here */
    struct bf_case *c;
    struct bf_earlies early; /* in the arena too */
    uint64_t last_seq, epoch;
    struct bf_used_key *keys;
    uint32_t key_count, key_cap;
    uint64_t heirs_version; /* departments that are no more, looked at of which rows */
    const struct bf_engine_policy *heirs_of;
    uint32_t heirs_seen; /* … so many, as they come into effect */
    uint32_t pins;       /* rows in batches not committed, a scan's page */
    enum bf_err failed;  /* c is NULL: why it could not be read */
    bool loading, advancing, waiting;
    struct bf_head *next_waiting;
    struct bf_work *first, *last; /* commands in their order; the first is under way */
    struct bf_head *chain;        /* of its place in the table */
    struct bf_head *newer, *older;
};

/* A row of a register, as its last step left it. */
struct bf_reg_row {
    struct bf_engine *engine;
    uint64_t hash;
    bf_str name, key; /* "policy.register"; canonical JSON of its key */
    bf_str row;       /* canonical; empty: there is none */
    uint64_t seq;     /* of the row that put it; 0: none */
    bool here;        /* row is known */
    bool reading, failed;
    uint32_t pins;
    struct bf_reg_row *chain;
    struct bf_reg_row *newer, *older;
};

enum bf_task { BF_TASK_COMMAND, BF_TASK_LOOK, BF_TASK_NOTICE };

/* A command, a look or a notice under way. */
struct bf_work {
    struct bf_engine *engine;
    enum bf_task task;
    uint64_t turn;             /* no two are alike */
    struct bf_command command; /* texts are in the arena; of the others what they have of it */
    bf_engine_look_fn *look;
    struct bf_notice notice; /* as above */
    struct bf_arena *arena;
    uint64_t hash;             /* of principal and key; 0: no key */
    struct bf_head *head;      /* NULL: an opening, or on no case */
    struct bf_work *leader;    /* an opening under way with the same key */
    uint64_t twin;             /* the row its key was used for; 0: none, or not known yet */
    bool reading;              /* a read of the store is out for it */
    bool stalled;              /* something it needs is being read */
    struct bf_reg_row *wanted; /* … namely that; pinned. NULL: not said */
    bool resume;               /* it gets a try in this round of resume_stalled */
    bool hash_is_known;        /* its key was looked for: it is new */
    struct bf_answer result;
    struct bf_refused refused;
    struct bf_work *next; /* on its head, or in a round */
    struct bf_work *next_opening;
};

/* A row an attempt makes. */
struct bf_made {
    struct bf_entry entry;
    struct bf_head *head; /* whose case; NULL: an opening refused */
    uint64_t before;      /* the case's row before */
};
struct bf_touched {
    struct bf_head *head;
    struct bf_case *before; /* NULL: the attempt opened it */
    const struct bf_calendar *calendar;
    const struct bf_engine_policy *policy;
    struct bf_earlies early;
    uint64_t last_seq, epoch;
};
struct bf_put {
    struct bf_reg_row *cell;
    bf_str row;
    uint64_t seq;
};

enum bf_attempt_end {
    BF_ATTEMPT_DONE, /* also when refused: the rows say so */
    BF_ATTEMPT_WAIT, /* a head or a row of a register has to be read first; it was asked for */
    BF_ATTEMPT_MALFORMED,
    BF_ATTEMPT_CHAIN,
    BF_ATTEMPT_MEMORY,
    BF_ATTEMPT_UNREADABLE, /* a row of a register does not fit the image's record */
};

struct bf_attempt {
    struct bf_engine *engine;
    struct bf_arena *arena;
    bf_instant now;
    struct bf_made *made;
    uint32_t made_count, made_cap, opened;
    enum bf_why lapse_fails;
    const struct bf_followed *followed; /* heads that are going over to another text just now */
    const struct bf_entry *early;       /* the EARLY row whose act is tried again; NULL: none is */
    bf_instant early_again;
    uint32_t own; /* of made: the command's row, or the row put; BF_NONE: there is none */
    struct bf_touched *touched;
    uint32_t touched_count, touched_cap;
    struct bf_put *puts;
    uint32_t put_count, put_cap;
    const struct bf_engine_policy *policy; /* of the step under way */
    struct bf_outcome first;               /* of the command's own step */
    struct bf_derived settings;            /* of a notice */
    struct bf_row_setting *told;
    uint64_t seen; /* the last row whose register row was read */
    bool out_of_memory, unreadable, needs;
    struct bf_reg_row *wanted; /* a row that is being read */
};

/* A batch, whom it answers, and what it keeps alive. */
struct bf_round {
    struct bf_engine *engine;
    struct bf_arena *arena;
    struct bf_batch batch;
    bf_instant due; /* the first of its cases' */
    uint64_t fired; /* limits that passed */
    struct bf_work *first, **last;
    struct bf_kept {
        struct bf_head *head;     /* pinned */
        struct bf_reg_row *cell;  /* pinned */
        struct bf_arena *garbage; /* freed with the round */
        struct bf_kept *next;
    } * kept;
};

/* A place in the order of what is due. */
struct bf_due_mark {
    bf_instant at;
    uint64_t duty, number;
};
/* A case on a scan's page: its next lapse as of a row of it. */
struct bf_due_case {
    struct bf_head *head; /* pinned */
    uint64_t seq;
    bf_instant at; /* BF_DUE_NEVER: none */
    uint32_t duty;
    bool passed; /* it cannot be fired now */
};
struct bf_scan {
    bool active, reading, running, last; /* last: this page is the pass's last */
    bool whole; /* nothing of the latest pass, if it is over, must be tried again */
    struct bf_due_case *page;
    uint32_t count, cap;
    struct bf_due_mark bound; /* the page's end */
    struct bf_row_cases end;  /* its last row; number 0: none yet */
    bf_instant until;         /* of the pass: when it began */
    bf_instant next;          /* the first due after it */
    uint64_t stuck;           /* cases passed over */
};

/* Heads and cells by hash: a few a slot at the cache sizes there are. */
enum { BF_HEAD_BITS = 14, BF_SALT = 16 };

/* A calendar, current from a row on; or a department that is no more from an instant on. */
struct bf_adoption {
    const struct bf_calendar *calendar; /* NULL: it is a department */
    bf_instant from;                    /* of a department, by all policies; else no matter */
    bf_str id;                          /* … its row's; of this */
    uint64_t seq;                       /* its CALENDAR row; 0: there is none */
    bf_instant at;                      /* when that was recorded */
    uint64_t through;                   /* cases up to this number do not count by an older one */
    bool swept;                         /* no case does */
    struct bf_engine *engine;
};

/* The way through the cases after an adoption, a page at a time. */
struct bf_sweep {
    struct bf_adoption *of;
    struct bf_head **page; /* pinned, until what was done with them is durable */
    uint32_t page_count;
    uint64_t page_end; /* number of its last case */
    uint64_t pages;    /* done since the start */
    bool reading, running;
};

/* A policy whose calendar starts count: its active version. */
struct bf_starter {
    struct bf_engine *engine;
    const struct bf_engine_policy *policy;
    bf_instant through; /* what falls by then has started */
    bool known;         /* through was read */
    /* What falls next, as it was found for these three. */
    bf_instant next, next_after;
    const struct bf_engine_policy *next_of;
    const struct bf_calendar *next_by;
};
struct bf_start_row {
    bf_str key, row;
};
/* The starts of one instant, under way. */
struct bf_starting {
    bool busy, running;
    bool sent, failed; /* a read, an opening or the mark has no answer yet; the last had none */
    bool marking;
    bf_instant not_before; /* a failure: not again before */
    uint32_t which;        /* of the starters */
    const struct bf_engine_policy *policy;
    bf_instant at;
    uint32_t start;            /* row of the image; BF_NONE: before the first */
    struct bf_arena *arena;    /* of the rows */
    struct bf_start_row *rows; /* of the start's register */
    uint32_t count, cap, next;
};

/* A filter of the keys of case 0. */
struct bf_keys {
    uint64_t *bits; /* NULL: there is none */
    bool reading, whole;
    uint64_t
        since; /* rows made by when there were bits: those may have keys that only the store tells of */
    uint32_t asked; /* reads of the store, since it was last begun */
};

struct bf_engine {
    struct bf_store *store;
    struct bf_engine_options o;
    struct bf_engine_policy **policies;
    uint32_t policy_count, policy_cap;
    const struct bf_calendar **calendars; /* that rows may name, each once */
    uint32_t calendar_count, calendar_cap;
    struct bf_adoption **adoptions; /* in the order of their rows */
    uint32_t adoption_count, adoption_cap;
    uint32_t adopting; /* rows being read of adoptions that do not count yet */
    struct bf_sweep sweep;
    struct bf_heirs *heirs;
    struct bf_migrating *migrating; /* the first is under way */
    bool migrating_runs;
    uint64_t migrations_over;
    const struct bf_engine_policy **texts; /* active versions */
    uint32_t text_count;
    struct bf_starter *starters;
    uint32_t starter_count, starters_unknown;
    struct bf_starting starting;
    struct bf_sealing *sealing;
    bool sealing_runs;
    bool resting;
    bool held; /* the disk was full: what the engine does of itself waits for the next scan */
    struct bf_head *heads[1 << BF_HEAD_BITS];
    uint32_t head_count;
    struct bf_head *newest, *oldest;
    struct bf_reg_row *cells[1 << BF_HEAD_BITS];
    uint32_t cell_count;
    struct bf_reg_row *newest_cell, *oldest_cell;
    uint32_t reading;                       /* heads and cells that are being read */
    struct bf_head *waiting, *waiting_last; /* whose first command waits */
    uint32_t waiting_count;
    struct bf_work *openings; /* without an answer yet; newest first */
    struct bf_round *forming, *flying;
    uint64_t seq, committed;
    uint64_t undone; /* times that rows were taken back; others have their numbers since */
    uint64_t cases, committed_cases;
    struct bf_grove *grove;
    struct bf_keys keys;
    bool dead, resuming;
    bool
        attempting; /* a read that ends at once (no memory) must not start another attempt in this one */
    bool resume_due;    /* … what waits for it is resumed by the next flush */
    uint32_t under_way; /* commands without an answer, reads without a done */
    uint64_t turns;
    bf_instant wake,
        wake_since;      /* see bf_engine_wake; the first due written since the scan asked */
    uint64_t wake_after; /* not before that row is durable */
    struct bf_engine_counts counts;
    struct bf_scan scan;
    void (*ready)(void *ctx);
    void *ready_ctx;
};

/* ---- attempt.c ---- */
/* The lapse that comes next by an instant: by due, written order, case. */
struct bf_lapse {
    bf_instant by;
    struct bf_head *head; /* NULL: none */
    bf_instant at;
    uint32_t duty;
};

struct bf_seal_deed {
    bf_str data, principal, request;
};
/* out: what came of it; neither an obstacle nor a case: a lapse ended it before. */
struct bf_migrate_deed {
    const struct bf_engine_policy *to;
    bf_instant at; /* of the move; what is due by then happens before */
    const struct bf_migrate_choice *choice;
    struct bf_migrated *out;
    bf_str principal, request;
    uint64_t seq; /* the row; 0: none was made */
};
/* What starts an attempt. */
struct bf_deed {
    struct bf_work *work; /* NULL: a lapse */
    struct bf_head *head; /* NULL: an opening, a notice, a look at no case */
    bf_instant lapse_at;
    enum bf_why lapse_fails; /* … and what it should bring about: BF_WHY_NOTHING, it does */
    bool early;              /* acts kept early are tried again */
    bool early_drop;         /* … are refused unlooked at: trying them brings about too much */
    bool early_alone;        /* those kept early are left alone */
    bool family; /* what is due by lapse_at in what it runs, and in what runs it, comes first */
    bool adopt;  /* the head shall count by the current calendar */
    struct bf_migrate_deed *migrate; /* … shall go on under another image */
    const struct bf_seal_deed *seal; /* … is ended, and sealed */
};
/* The deed and what it causes (of a look: nothing). Unless DONE, all is as before. */
enum bf_attempt_end bf_attempt_run(struct bf_attempt *t, const struct bf_deed *d);
/* Puts the rows into a round, which from then on keeps the attempt's arena. False, out of memory: all is as before. */
void bf_attempt_put_back(struct bf_attempt *t);
bool bf_attempt_write(struct bf_attempt *t, const struct bf_work *w, struct bf_round *r);

/* ---- engine.c ---- */
/* The engine cannot go on: `fatal` hears of it, once. */
void bf_engine_die(struct bf_engine *e, const struct bf_error *error);
/* A head's commands, as far as they go. */
void bf_engine_advance(struct bf_engine *e, struct bf_head *h);
/* Everybody whose wait may be over gets one try: who must wait again does so behind the others. */
void bf_engine_resume(struct bf_engine *e);
/* An attempt, into the forming round. */
enum bf_attempt_end bf_engine_attempt(struct bf_engine *e, const struct bf_deed *d);
/* A deed of a migration; dry: then all is as before. What it tells of is copied into `keep`. */
enum bf_attempt_end bf_engine_try(struct bf_engine *e, const struct bf_deed *d, bool dry,
                                  struct bf_arena *keep);
/* The same of time's own deed. If it would bring about too much, or what cannot be read, the lapse stands alone and its row
** says so (a FAILED fact). */
enum bf_attempt_end bf_engine_fire(struct bf_engine *e, const struct bf_deed *d);

/* ---- scan.c ---- */
/* Is the head's next lapse sooner? Then it is the next. */
void bf_lapse_offer(struct bf_lapse *next, struct bf_head *h);
/* The same of an act kept early, whose window opens; after lapses of that instant. Its duty is BF_NONE. */
void bf_early_offer(struct bf_lapse *next, struct bf_head *h);
/* A case is due then, once its round is durable. */
void bf_scan_heard(struct bf_engine *e, bf_instant due);
/* Goes on with a pass, as far as can be. */
void bf_scan_run(struct bf_engine *e);
/* A lapse concerned this head: what it has in store by now belongs to the pass. */
void bf_scan_touched(struct bf_engine *e, struct bf_head *h);
/* Look again in a second. */
void bf_scan_again(struct bf_engine *e);
void bf_scan_fini(struct bf_engine *e);

/* ---- starts.c ---- */
/* The instant at which the calendar starts something next (*which starter's); BF_DUE_NEVER: never, as far as is known. Lapses
** due after it wait. */
bf_instant bf_starts_fence(const struct bf_engine *e, uint32_t *which);
/* Starts are under way, or it is not known yet which are next: no scan may begin. */
bool bf_starts_hold(const struct bf_engine *e);
bf_instant bf_starts_wake(const struct bf_engine *e);
/* All that lapses by the fence has lapsed, and is durable: if it is past, its starts begin. False: they do not. */
bool bf_starts_begin(struct bf_engine *e, bf_instant now);
/* Goes on with them, as far as can be. */
void bf_starts_run(struct bf_engine *e);
void bf_starts_fini(struct bf_engine *e);

/* ---- texts.c ---- */
bool bf_texts_activate(struct bf_engine *e, const struct bf_engine_policy *p); /* false: memory */
void bf_texts_fini(struct bf_engine *e);
/* The text that an open case of p goes over to with an event then; NULL: it keeps its own. from: when the new one's first
** day began, BF_INSTANT_NONE: always. */
const struct bf_engine_policy *bf_text_follows(const struct bf_engine *e,
                                               const struct bf_engine_policy *p, bf_instant at,
                                               bf_instant *from);
/* Does the calendar start cases under p then? If not, *again is the last instant at which it does not; BF_DUE_NEVER: it does
** not any more. */
bool bf_text_starts(const struct bf_engine *e, const struct bf_engine_policy *p, bf_instant at,
                    bf_instant *again);

/* ---- adopt.c ---- */
/* The adoption that a head must be brought through next; NULL: it counts by the current calendar. */
const struct bf_adoption *bf_adopt_next(const struct bf_engine *e, const struct bf_head *h,
                                        bf_instant now, struct bf_adoption *unrecorded);
/* NULL: not known. */
const struct bf_calendar *bf_adopt_calendar_of(const struct bf_engine *e,
                                               const uint8_t hash[BF_SHA256_LEN]);
/* The one that is current for an image, if one was adopted; else what is given. */
const struct bf_calendar *bf_adopt_current(const struct bf_engine *e, const struct bf_image *m,
                                           const struct bf_calendar *given);
/* Goes on with the sweep, as far as can be. */
void bf_sweep_run(struct bf_engine *e);
/* When the next one begins; BF_DUE_NEVER: none is to come. */
bf_instant bf_sweep_wake(const struct bf_engine *e);
/* The next that is no more by an instant, of which the head has not heard: from now on it has. False: out of memory. */
bool bf_heirs_next(struct bf_engine *e, struct bf_head *h, bf_instant by,
                   const struct bf_heir **next);
/* May a department have gone of which the head has not heard? */
bool bf_heirs_due(struct bf_engine *e, const struct bf_head *h, bf_instant by);
void bf_adopt_fini(struct bf_engine *e);

/* ---- grove.c ---- */
/* Reads where the tree of a head (NULL: there is none yet) stands, and that it is whole. */
void bf_grove_open(struct bf_engine *e, const struct bf_row_head *head,
                   void (*ready)(struct bf_engine *e, enum bf_err err,
                                 const struct bf_error *error));
void bf_grove_free(struct bf_grove *g); /* NULL is fine */
/* Takes in the journal rows of a batch (whose head's seq is set) and adds the tiles they touch, and the tree to its
** head. False: out of memory, and nothing was done. */
bool bf_grove_grow(struct bf_grove *g, struct bf_batch *b);
/* As before the latest. */
void bf_grove_back(struct bf_grove *g);

/* ---- keys.c ---- */
/* Surely no opening or notice has used a key of this hash. False: the store is to be asked, which is counted. */
bool bf_keys_unused(struct bf_engine *e, uint64_t hash);
void bf_keys_add(struct bf_engine *e, uint64_t hash);
void bf_keys_fini(struct bf_engine *e);

/* ---- seal.c ---- */
void bf_seal_run(struct bf_engine *e);
void bf_seal_fini(struct bf_engine *e);

/* ---- migrate.c ---- */
void bf_migrate_run(struct bf_engine *e);
/* What is told of an attempt, into an arena that outlives it. */
bool bf_migrate_keep(struct bf_migrated *m, struct bf_arena *a);
void bf_migrate_fini(struct bf_engine *e);

/* ---- heads.c ---- */
struct bf_engine_policy *bf_engine_policy_of(const struct bf_engine *e, bf_str hash);
/* Of struct bf_images; ctx is the engine. */
const struct bf_image *bf_engine_image_of(void *ctx, const uint8_t hash[BF_SHA256_LEN]);
bool bf_engine_load(struct bf_engine *e, struct bf_head *h);
void bf_engine_evict(struct bf_engine *e);
void bf_engine_forget_cells(struct bf_engine *e);
/* The head of a case, reading it if it is not here (then c is NULL). NULL: out of memory. */
struct bf_head *bf_engine_head(struct bf_engine *e, uint64_t number);
struct bf_head *bf_engine_new_head(struct bf_engine *e, uint64_t number,
                                   const struct bf_engine_policy *p);
/* A policy became known: what could not be read for want of it is tried again. */
void bf_engine_retry_heads(struct bf_engine *e);
/* … unless somebody still needs it. */
void bf_engine_forget(struct bf_engine *e, struct bf_head *h);
/* A row of a register; read: asking for it if it is not here. NULL: out of memory. */
struct bf_reg_row *bf_engine_cell(struct bf_engine *e, bf_str name, bf_str key, bool read);

bool bf_head_room_for_key(struct bf_head *h);
uint64_t bf_key_hash(bf_str principal, bf_str key); /* never 0 */

#endif
