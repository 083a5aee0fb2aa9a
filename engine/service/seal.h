/* Seal: what an ended case came to, in one row, after which the bodies of its rows so far may be dropped (docs/STORE.md). */
#ifndef BF_SEAL_H
#define BF_SEAL_H

#include "engine/service/engine.h"

struct bf_seal {
    uint64_t number;
    bf_str principal, request; /* copied */
    /* DONE: seq is the row, perhaps an earlier one with nothing after it. NO_CASE; MALFORMED: the case has not ended, or a
    ** row of a register it put fits its text no more; FULL, MEMORY, STORE. */
    bf_engine_answer *answer;
    void *ctx;
};
void bf_engine_seal(struct bf_engine *e, const struct bf_seal *s);

#endif
