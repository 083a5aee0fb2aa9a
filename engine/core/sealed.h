/* Sealed: for whose eyes a case's sealed data are: of whoever supplied them (what is given: who opened the case) and of
** offices and departments. What an act carries that sets sealed data is sealed with them. What rules make of them elsewhere (a register's row, a notice, a document) is not sealed any
** more: the checker notes it (N0365).
*/
#ifndef BF_SEALED_H
#define BF_SEALED_H

#include "engine/core/eval.h"

/* Which sealed data somebody may read. */
struct bf_unsealed {
    bool given, kept;
};
#define BF_UNSEALED_ALL ((struct bf_unsealed){true, true})

/* Does he act for a public body? */
static inline bool bf_is_public(struct bf_value party) {
    return bf_is_party(party) && (party.kind == BF_K_DEPARTMENT || party.aux != BF_NO_OFFICE);
}
/* What a party that the case concerns may read. c may be NULL: then nothing was supplied yet. */
struct bf_unsealed bf_unsealed_to(const struct bf_case *c, struct bf_value party);
/* Must the datum (a row of `data`) be kept from him? */
static inline bool bf_is_sealed(const struct bf_image *m, uint32_t datum, struct bf_unsealed to) {
    const struct bf_i_data *d = &m->data[datum];
    return d->sealed && !(d->role == BF_DATA_KEEP ? to.kept : to.given);
}

/* Must what an act carries be kept from him? */
bool bf_act_is_sealed(const struct bf_image *m, uint32_t act, struct bf_unsealed to);

/* The case, and a fact of it, as he may read them: absent what is sealed. Shared with what is given. */
const struct bf_case *bf_case_unsealed(struct bf_arena *a, const struct bf_image *m,
                                       const struct bf_case *c, struct bf_unsealed to);
struct bf_fact bf_fact_unsealed(struct bf_arena *a, const struct bf_image *m, uint32_t proc,
                                const struct bf_fact *f, struct bf_unsealed to);

#endif
