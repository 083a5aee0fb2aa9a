/* Tell: one step in words: who did what, what followed, which days were counted, why it was refused. A scenario's
** timeline and a case's journal are told alike. Everything returned lives in the arena of the words. */
#ifndef BF_TELL_H
#define BF_TELL_H

#include "engine/core/step.h"
#include "engine/sim/words.h"

struct bf_tale {
    const struct bf_words *words;
    const struct bf_world *world; /* of who bears a duty */
    const struct bf_event *event;
    uint32_t proc;
    uint32_t number;                  /* of the case; 0: none came of it */
    const struct bf_refused *refused; /* NULL: it was done */
    const struct bf_case *after;      /* the case then; NULL: there is none */
    bool hides;                       /* what sealed data were set to, and by what */
};

bf_str bf_tell_head(const struct bf_tale *t);
/* What the act itself cites: row of src, or BF_NONE. */
uint32_t bf_tell_src(const struct bf_fact *facts, uint32_t count);
/* What a fact says; empty if the head has said it. */
bf_str bf_tell_fact(const struct bf_tale *t, const struct bf_fact *f);
/* The days counted where a fact set or moved a duty's end; either may be empty. */
void bf_tell_days(const struct bf_tale *t, const struct bf_fact *f, bf_str *counted,
                  bf_str *left_out);
/* Why it was refused, in a sentence. */
bf_str bf_tell_reason(const struct bf_tale *t);

#endif
