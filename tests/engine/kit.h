/* kit: an engine over a store in memory, in a time that the test sets; its policy is kit.banfa.
**
** What is sent is answered into a struct kit_told of the test's own, which also holds what the engine's reader needs.
*/
#ifndef ENGINE_KIT_H
#define ENGINE_KIT_H

#include "engine/service/engine.h"
#include "tests/unit/test.h"

enum { KIT_NEWER = 3 };

struct kit {
    struct bf_arena *a;
    const struct bf_image *m;
    const struct bf_calendar *calendar;
    struct bf_memory *memory;
    struct bf_store *store;
    struct bf_engine *e;
    struct bf_engine_policy *policy;
    const struct bf_image *other; /* known too, unless NULL; where cases may move */
    struct bf_engine_policy *other_policy;
    const struct bf_calendar
        *newer[KIT_NEWER]; /* … that may be adopted, each amending the one before */
    uint32_t newer_count;
    bool opens_other, keeps_early; /* of what is sent next */
    struct bf_engine_options o;    /* for the next kit_open */
    bf_instant now;
    unsigned ready, died;
    struct bf_error error; /* why it died */
    uint64_t random;
};

struct kit_told {
    struct kit *k;
    unsigned times, shown;   /* answers; calls of a look */
    struct bf_answer answer; /* of the facts only the count */
    enum bf_refusal refusal;
    /* the event */
    struct bf_value actor;
    const char *what; /* procedure or act */
    struct bf_value args[4];
    uint32_t nargs;
    /* a look's */
    uint64_t number, last_seq;
    enum bf_status answer_status; /* of the case's first duty */
    const struct bf_value *key;   /* reads the row of `marks` */
    bool found;
};

/* kit.banfa, compiled; number replaces its `number`, so that another image comes of it (NULL: as it is). */
const struct bf_image *kit_image(struct bf_arena *a, const char *number);
void kit_init(struct kit *k);
void kit_more(struct kit *k);   /* the other image, the newer calendars */
void kit_open(struct kit *k);   /* a new engine over the same disk, ready */
void kit_reopen(struct kit *k); /* … the disk alone */
void kit_close(struct kit *k);
void kit_fini(struct kit *k);
/* Until nothing is left to do. */
void kit_run(struct kit *k);

bf_instant kit_at(const char *text); /* "2025-11-03 10:00:00", in China */

struct bf_value kit_ann(struct kit *k);
struct bf_value kit_town(struct kit *k, const char *code);
struct bf_value kit_council(struct kit *k);

/* Fill in t and send; key NULL: none. kit_open_case takes data in order. */
void kit_opens(struct kit *k, struct kit_told *t, struct bf_value actor, const char *proc,
               const char *key, uint32_t nargs, const struct bf_value *args);
void kit_does(struct kit *k, struct kit_told *t, struct bf_value actor, const char *act,
              uint64_t number, const char *key, uint32_t nargs, const struct bf_value *args);
/* Also fails the test if it is shown an open duty whose limit is past. */
void kit_looks(struct kit *k, struct kit_told *t, uint64_t number);
void kit_notices(struct kit *k, struct kit_told *t, enum bf_entry_kind kind, const char *key,
                 const char *data);
/* Of a matter of ann's before the town; ran to its end. */
uint64_t kit_matter(struct kit *k);

/* Committed rows of a table, copied into k->a. */
uint32_t kit_rows(struct kit *k, enum bf_table table, const void **rows);
/* The body of a journal row; "" if there is none. */
const char *kit_body(struct kit *k, uint64_t seq);
uint64_t kit_seq(struct kit *k); /* of the last committed row */
/* Head, tiles and rows are of one tree: it is made again from the rows, leaf by leaf. */
void kit_tree(struct kit *k, enum bf_hash hash);

#endif
