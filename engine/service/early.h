/* Early: acts that came before their time and are kept with their case, until they are done or refused.
**
** Which are kept follows from the case's rows alone. An EARLY row keeps its act; a STEP, REFUSAL or EARLY row that names it
** as its cause ends it (an EARLY row keeps it anew: its window has moved). An act is tried again whenever its case changed,
** and when its window opens: `again` of its row's data, {"again":INSTANT}, where that is known.
*/
#ifndef BF_EARLY_H
#define BF_EARLY_H

#include "engine/core/journal.h"
#include "engine/store/store.h"

#define BF_EARLY_MAX 16 /* of a case; what is more is refused as not yet */

struct bf_early {
    uint64_t seq;
    bf_instant again; /* BF_INSTANT_NONE: when the case changes */
    bf_str body;      /* of its row */
};
/* By seq; never written again once another may see it. */
struct bf_earlies {
    const struct bf_early *list;
    uint32_t count;
};

/* The list after one more row of the case, in the arena; body is the row's, kept. */
void bf_early_row(struct bf_arena *a, struct bf_earlies *l, const struct bf_entry *n, bf_str body);
/* When the first is to be tried again; BF_INSTANT_NONE. */
bf_instant bf_early_next(const struct bf_earlies *l);
/* The case is due when its first window opens too; due_seq is then BF_NONE, behind all duties. */
void bf_early_due(struct bf_row_cases *row, const struct bf_earlies *l);
struct bf_earlies bf_early_copy(struct bf_arena *a, const struct bf_earlies *l);

#endif
