/* Apply: a fact makes the next state of a case. No rule runs, nothing is looked up but the image's
** numbering, so that a case can be rebuilt from its journal whatever became of its rules. */
#ifndef BF_APPLY_H
#define BF_APPLY_H

#include "engine/core/case.h"

/* The arena takes what grows (ledgers, lists); what the fact points to is shared, and must live as long as
** the case. The fact must be of this case's image; false if its rows are not (a damaged journal), and the
** case is then as before. */
bool bf_apply(const struct bf_image *m, struct bf_arena *a, struct bf_case *c,
              const struct bf_fact *f);

#endif
