/* Refused: a refusal as its row keeps it, so that whoever asks again under the same key is told the same.
**
** The REFUSED fact has kind, why, offer and citation; `data` of its row has the rest, as canonical JSON, each
** member left out where it says nothing:
**
**   arg, ban, duty, require   numbers: the argument; rows of the image
**   done      the act that this one must be another person's than: {"act":NAME,"by":PERSONS,"day":DAY,"instead":[PARTY],
**             "who":PARTY}, instead: for whom another person may do this one, null: for anyone
**   lawful    what the actor may or must do instead: {"asked":true,"consent":true,"maybe":true,"must":true,
**             "offer":N,"until":DUE}
**   part      instructions [first, end) of the guard's part that says no
**   state     where the case was; status: of the duty then
**   window    DUE: {"at":SECONDS,"last":DAY,"provisional":BOOL}, or "paused"
*/
#ifndef BF_REFUSED_H
#define BF_REFUSED_H

#include "engine/core/canon.h"
#include "engine/core/step.h"

void bf_refused_json(const struct bf_image *m, const struct bf_refused *r, struct bf_buf *out);
/* From the facts of a row of the procedure and its data (empty: nothing more is known). Lawful choices have what is
** said above, and their act, duty and citation. BF_EFORMAT names the member; also where no fact is a refusal. */
enum bf_err bf_refused_read(const struct bf_image *m, uint32_t proc, struct bf_arena *a,
                            const struct bf_fact *facts, uint32_t fact_count, bf_str data,
                            struct bf_refused *r, struct bf_error *e);

#endif
