/* Decide: one question to a decision of a policy, in JSON, and its answer: for the command line and the service. */
#ifndef BF_DECIDE_H
#define BF_DECIDE_H

#include <jansson.h>

#include "engine/core/eval.h"
#include "engine/sim/json_value.h"
#include "lang/base/diag.h"

/* By name or label; BF_NONE: there is none. */
uint32_t bf_decide_find(const struct bf_image *m, bf_str name);

struct bf_question {
    const struct bf_image *image;
    const struct bf_world *world;
    struct bf_arena *arena;
    uint32_t decision;
    bf_day today;
    json_t *args; /* an object: the arguments by name */
    bool (*know)(struct bf_json_read *r, const char *path, struct bf_value *party); /* or NULL */
    const void *ctx;                                                                /* of know */
    enum bf_lang lang;
    struct bf_buf *error; /* for people */
    const char *where;    /* out, with BF_DECIDE_ARGS: the argument; in the arena */
};
enum bf_decide_end {
    BF_DECIDED,
    BF_DECIDE_ARGS,  /* they are not what the decision asks for; error says which */
    BF_DECIDE_FAULT, /* *why, in words in error; NEEDS: a row of a register is not at hand */
};
/* Appends the members of the answer, without braces: the rules that fired by their place in the table with what they
** cite, whether a later calendar may change the answer, and the result:
** "because":[{"cites":["15.1"],"rule":2}],"provisional":true,"result":…  ("provisional" only if it is). */
enum bf_decide_end bf_decide_answer(struct bf_question *q, enum bf_why *why, struct bf_buf *out);

#endif
