/* Timeline: what happened in a simulated scenario, why it failed, and why a case stands where it stands;
** as text in either language, and as JSON. */
#ifndef BF_TIMELINE_H
#define BF_TIMELINE_H

#include "engine/sim/sim.h"
#include "lang/base/diag.h"

/* All entries in order: when, who, what, article, days counted, what is due next. */
void bf_timeline_text(const struct bf_sim *s, uint32_t scenario, enum bf_lang lang,
                      struct bf_buf *out);
/* One JSON object a line: an entry each, then one for each case as it stands. */
void bf_timeline_json(const struct bf_sim *s, uint32_t scenario, struct bf_buf *out);

/* "file:line: what is wrong", without a newline; what a passed scenario says is "passed". */
void bf_sim_verdict_text(const struct bf_sim *s, uint32_t scenario, enum bf_lang lang,
                         struct bf_buf *out);
void bf_sim_place(const struct bf_sim *s, uint32_t scenario, bf_str *file, uint32_t *line);

#endif
