/* Standing: how a case stood at an instant, out of a journal file alone. No rule of the past is run: the facts say
** what happened, and only what may be done next is judged anew. */
#ifndef BF_STANDING_H
#define BF_STANDING_H

#include "engine/core/journal_file.h"
#include "engine/sim/explain.h"

/* The instant asked for, which may need the case's calendar to be read. False: it is none. */
struct bf_asked_at {
    bool (*read)(void *ctx, const struct bf_calendar *c, bf_instant *at); /* NULL: the last row's */
    void *ctx;
};
enum bf_standing_verdict {
    BF_STANDING_READ,
    BF_STANDING_NO_CASE, /* the journal has no such case */
    BF_STANDING_EARLIER, /* it had not been started then */
    BF_STANDING_BAD_AT,  /* the instant is none */
};
/* Reads the journal to its end, so that a damaged one explains nothing. Only rows recorded by the instant count.
** Its present is that instant, but before the case's next lapse, which no row tells of. The standing shares with
** reader and arena, whose exhaustion goes to its jump point. */
enum bf_err bf_standing_read(struct bf_arena *a, struct bf_journal_in *in, uint64_t number,
                             const struct bf_asked_at *at, struct bf_standing *out,
                             enum bf_standing_verdict *verdict, struct bf_error *e);

#endif
