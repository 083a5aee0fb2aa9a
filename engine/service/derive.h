/* Derive: from rows of the journal to the rows of the derived tables. The engine writes them with each batch, `rebuild`
** makes them again: both ask here, so that they cannot differ. Pure.
**
**   CASES, WORK     of a case as it is after its last row
**   KEYS            of an entry that carries a key
**   REGISTER        of PUT facts and REGISTER entries
**   SETTING         of POLICY, CALENDAR, DIRECTORY, CLOCK and SETTING entries
**   HEAD, TILE      of the tree (grove.h)
**
** WORK is an index of who may be concerned with a case, not an answer: who asks for a worklist looks at the cases it
** names. It does not ask guards or registers, so that it follows from the case alone; and it has one row for all that
** somebody may do in a case, since each row more costs every step.
**   who   the code of a party (without one its name), "CODE/OFFICE", "/OFFICE" for an office of which there is one, or
**         "*unassigned" for whoever keeps the directory: a party is no more, and it is to be said who takes its place;
**         "*TYPE" for any party of a type (TYPE: person, organisation, department, party; OFFICE: its name in the image)
**   due   of a duty that is open or overdue: the first instant too late; else (no limit, paused, MAY) BF_DUE_NEVER
**   item  "duty.N", row of the image, for its bearer; "may" for whom an offer stands, or an act asked for waits;
**         "assign"
**   kind  enum bf_work_kind
*/
#ifndef BF_DERIVE_H
#define BF_DERIVE_H

#include "engine/core/journal.h"
#include "engine/core/offers.h"
#include "engine/store/store.h"

enum bf_work_kind { BF_WORK_MUST = 1, BF_WORK_MAY = 2 };

/* Rows put and removed, in a growing array of the arena; texts are there too, or the case's. */
struct bf_derived {
    struct bf_arena *arena;
    struct bf_batch_op *op; /* as in a batch */
    uint32_t count, cap;
};

struct bf_row_cases bf_derive_case(struct bf_arena *a, const struct bf_image *m,
                                   const struct bf_case *c, uint64_t number, uint64_t last_seq,
                                   uint64_t epoch);
/* The difference in WORK between two states of a case; before NULL: it was not there; after NULL: it is gone. */
void bf_derive_work(struct bf_derived *d, const struct bf_image *m, const struct bf_case *before,
                    const struct bf_case *after, uint64_t number);
/* What `who` of a WORK row is for a party or office of an image. */
bf_str bf_derive_who(struct bf_arena *a, const struct bf_image *m, struct bf_value party);
/* A row of a register, under its name ("policy.register") and the JSON of its key's identity: whoever is called otherwise
** by now is still found by his code. */
bf_str bf_derive_register_name(struct bf_arena *a, const struct bf_image *m, uint32_t reg);
bf_str bf_derive_register_key(struct bf_arena *a, const struct bf_image *m,
                              const struct bf_value *keys, uint32_t n);
struct bf_row_register bf_derive_register(struct bf_arena *a, const struct bf_image *m,
                                          uint32_t reg, struct bf_value row, uint64_t seq);
/* SETTING rows. BF_EFORMAT names the member of the entry's data that is wrong: then it must not be written. */
enum bf_err bf_derive_settings(struct bf_derived *d, const struct bf_entry *n, struct bf_error *e);

#endif
