/* embed: what the files behind banfa.h share. */
#ifndef BF_EMBED_H
#define BF_EMBED_H

#include <stdatomic.h>

#include "engine/core/step.h"
#include "engine/embed/banfa.h"
#include "lang/base/diag.h"

struct banfa_policy {
    atomic_uint owners;
    struct bf_arena *arena; /* owns all, the struct too */
    const struct bf_image *image;
    char version[2 * BF_SHA256_LEN + 1];
    const char *calendar;
    const char **states, **procs, **regs; /* their names, by row of the image */
};

struct banfa_calendar {
    atomic_uint owners;
    struct bf_arena *arena;
    const struct bf_calendar *calendar;
};

/* The case is in `now` alone. What a step made (its event, facts, refusal) is in `made` and shares with `was`, where the
** case stood before, until the next step. */
struct banfa_case {
    banfa_policy *policy;
    banfa_calendar *calendar;
    uint32_t proc, number;
    enum bf_lang lang;
    struct bf_arena *now, *was, *made;
    struct bf_arena *work; /* where what is asked for meanwhile goes: `made`, or one of a moment */
    struct bf_arena *own;  /* as long as the case: assumptions */
    struct bf_value *assume;
    banfa_row *row;
    void *row_ctx;
    void *by;          /* the persons behind what is done: a json_t; NULL */
    void *row_json;    /* the row being read: a json_t */
    struct bf_case *c; /* NULL: not started */
    struct bf_event event;
    struct bf_outcome out; /* of the last step; facts 0 before */
    char message[1024];
};

struct banfa_table {
    struct bf_arena *arena; /* owns the cells */
    const char *const *columns;
    const char **cell;
    size_t rows, width;
};

/* The row of the image that is the i-th start of an instant; BF_NONE. */
uint32_t bf_embed_start(const struct bf_image *m, const struct bf_calendar *c, int64_t at,
                        unsigned i);

int bf_embed_status(enum bf_err err);
/* A copy on the heap, NUL after it; NULL: no memory. */
char *bf_embed_text(bf_str s);
/* Sets *message, if it is asked for, and returns the status of the error. */
int bf_embed_fail(const struct bf_error *e, char **message);

/* Runs what takes memory from arenas that may run out: then BANFA_NOMEM. */
int bf_embed_guard(struct bf_arena *const *arenas, int count, int (*run)(void *ctx), void *ctx);

/* May the case be looked at as of an instant? BANFA_OK, or it has complained. */
int bf_embed_may_look(banfa_case *c, int64_t at);
/* Runs what leaves nothing behind, but in the arena `also` (or NULL), with an arena of its own as c->work. */
int bf_embed_apart(banfa_case *c, struct bf_arena *also, int (*body)(void *ctx), void *ctx);

/* The world of a case, which asks its registers. What goes wrong there is in c->message. */
struct bf_world bf_embed_world(banfa_case *c);
int bf_embed_complain(banfa_case *c, int status, const char *what, const char *which);

#endif
