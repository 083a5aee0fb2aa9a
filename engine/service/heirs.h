/* Heirs: which departments are no more, since when, and who took their place, as the directory's rows say.
**
** A row is {"at":INSTANT,"day":DAY,"department":PARTY,"instrument":TEXT?,"successors":[PARTY…]}, parties as in the
** journal's values (value.h). It speaks for itself, so that engine, rerun and rebuild need nothing else of the directory. It
** is in effect from the beginning of its day, by the policy's calendar and `day ends`, but not before it was recorded. Of
** two rows of one id the later counts.
**
** Rows are kept with their numbers, and can be taken back. Views of them, one an image and calendar, are made when they
** are asked for; what one says lives as long as the heirs.
*/
#ifndef BF_HEIRS_H
#define BF_HEIRS_H

#include "engine/core/calendar.h"
#include "engine/core/succession.h"

struct bf_heir {
    bf_instant from;
    uint64_t seq; /* of its row */
    struct bf_value old;
    struct bf_value to; /* a party; a list of parties: a case says which, of an empty one any */
    struct bf_value instrument;
};

/* In the order in which they come into effect. */
struct bf_heirs_view {
    const struct bf_heir *heir;
    const struct bf_succession *world; /* the same, as a step's world has it */
    uint32_t count;
};

struct bf_heirs;

struct bf_heirs *bf_heirs_new(void); /* NULL: out of memory */
void bf_heirs_free(struct bf_heirs *h);
/* json empty: the row is removed. A row of this number that is there already is not put again. False: out of memory. */
bool bf_heirs_put(struct bf_heirs *h, bf_str id, bf_str json, uint64_t seq);
/* Rows behind that number were never there. */
void bf_heirs_take_back(struct bf_heirs *h, uint64_t seq);
/* Changes whenever the rows do; 0: there never was one. */
uint64_t bf_heirs_version(const struct bf_heirs *h);
/* NULL: out of memory. */
const struct bf_heirs_view *bf_heirs_view(struct bf_heirs *h, const struct bf_image *m,
                                          const struct bf_calendar *c);
/* What a step's rules know of them at an instant. False: out of memory. */
bool bf_heirs_know(struct bf_heirs *h, const struct bf_image *m, const struct bf_calendar *c,
                   struct bf_world *w, bf_instant at);

#endif
