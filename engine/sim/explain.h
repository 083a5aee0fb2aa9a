/* Explain: why cases stand where they stand.
**
** From a case, its image and calendar, the facts that made it and an instant: who runs it, scenario or service, or
** only reads its journal, is told the same.
*/
#ifndef BF_EXPLAIN_H
#define BF_EXPLAIN_H

#include "engine/sim/sim.h"
#include "lang/base/diag.h"

/* The facts of one row, and the case they are of. */
struct bf_told {
    uint64_t number;
    const struct bf_fact *facts;
    uint32_t fact_count;
    const struct bf_image *image;       /* whose rows the facts name; NULL: the standing's */
    const struct bf_calendar *calendar; /* NULL: the standing's */
    bool migrated; /* the case came to this image with it; the facts are what followed */
    bool gone;     /* what it said was dropped */
    bf_day day;    /* of a row that migrated */
};

struct bf_standing {
    struct bf_arena *arena; /* takes what is made meanwhile */
    const struct bf_image *image;
    const struct bf_calendar *calendar;
    struct bf_world world; /* what guards read beside the case */
    bf_instant
        now; /* lapses due by then have happened. BF_INSTANT_NONE: no time yet, and no case */
    struct bf_case *const *cases;
    uint32_t case_count;
    const struct bf_told *told; /* in order; those of other cases are passed over */
    uint32_t told_count;
    const struct bf_value *reader; /* as of struct bf_sim */
    const struct bf_sim *sim;      /* its cases may go by several texts; NULL: all by the image */
};

/* A scenario's cases at its present. */
struct bf_standing bf_sim_standing(const struct bf_sim *s);

/* Each case: how it came there, duties with the days counted, what each party may or must do next and until when,
** what was assumed. */
void bf_explain_text(const struct bf_standing *s, enum bf_lang lang, struct bf_buf *out);
/* One JSON object a line, a case each. */
void bf_explain_json(const struct bf_standing *s, struct bf_buf *out);

#endif
