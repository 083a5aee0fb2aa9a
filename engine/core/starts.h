/* Starts: the days on which the calendar starts cases (`starts every …`).
**
** They are counted from the policy's first day in force to its last. `every year on MM-DD`: that day of each year, or the
** last of its month; the first day in force may be one. `every D`: the k-th is the last day of k times D counted from the
** first day in force (not moved to a working day), k from 1; so that counting months drifts nowhere. In working days
** what depends on days past the calendar's horizon is not known yet, and starts nothing while it is.
**
** A case starts when its day begins: the instant at which the day before ends. Of one instant lapses come first,
** then starts in written order, the members of each in the order of their rows' keys (bf_start_members).
*/
#ifndef BF_STARTS_H
#define BF_STARTS_H

#include "engine/core/calendar.h"
#include "engine/core/succession.h"
#include "engine/core/value.h"

/* The first instant after `after` at which a row of `start` starts cases. False: none is known. */
bool bf_start_next(const struct bf_image *m, const struct bf_calendar *c, uint32_t start,
                   bf_instant after, bf_instant *at);
/* The same over all rows of the policy. */
bool bf_starts_next(const struct bf_image *m, const struct bf_calendar *c, bf_instant after,
                    bf_instant *at);
/* Does a row start cases at that very instant? */
bool bf_start_falls(const struct bf_image *m, const struct bf_calendar *c, uint32_t start,
                    bf_instant at);
/* The procedure whose start a row is. */
uint32_t bf_start_proc(const struct bf_image *m, uint32_t start);

/* The key of a row of a register, as canonical JSON: what rows are told apart and ordered by. */
bf_str bf_row_key(struct bf_arena *a, const struct bf_image *m, uint32_t reg, struct bf_value row);
/* Rows of the register in the order of their keys; copied. */
struct bf_value *bf_rows_in_order(struct bf_arena *a, const struct bf_image *m, uint32_t reg,
                                  const struct bf_value *rows, uint32_t count);
/* What a row fills of the case it starts; absent where the row's field is. */
/* The same as they read now: what is kept for a party that is no more is its successor's, unless that has a row of its own,
** or one before it is that already: then it is absent. (Absent ones stay so.) */
void bf_rows_now(const struct bf_world *w, struct bf_arena *a, const struct bf_image *m,
                 uint32_t reg, struct bf_value *rows, uint32_t count);
struct bf_value bf_start_member(const struct bf_image *m, uint32_t start, struct bf_value row);

#endif
