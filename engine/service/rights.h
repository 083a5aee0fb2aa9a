/* Rights: which cases a person may see.
**
** A case is seen by those it concerns: whoever holds now a capacity of a party that started it, is one of its parties,
** acted in it, bears one of its duties, may act in it now, or may be given the place of a department that is no more; and by a person who is himself such a party.
** An operator sees all; of a case's sealed data others see what bf_rights_unsealed says.
**
** It is asked of the case as it is now, lapses due by now included, so the answer is the engine's (a look).
*/
#ifndef BF_RIGHTS_H
#define BF_RIGHTS_H

#include "engine/core/sealed.h"
#include "engine/service/service.h"

/* False: the world said that it needs a row of a register; ask again when it is there (as a look does). */
bool bf_rights_sees(const struct bf_directory *d, bf_str person, const struct bf_view *v,
                    struct bf_arena *a, bool *sees);

/* Which sealed data of a case that he sees: as who opened it, or for a public body that it concerns. As above. */
bool bf_rights_unsealed(const struct bf_directory *d, bf_str person, const struct bf_view *v,
                        struct bf_arena *a, struct bf_unsealed *to);

struct bf_sights;
struct bf_sight {
    uint64_t number; /* of a case */
    bool is, sees;   /* there is such a case; he sees it */
    struct bf_sights *of;
};
/* A question about several cases. It, its sights and the person's text live until `done`, which is called once,
** perhaps before bf_rights_ask returns. */
struct bf_sights {
    struct bf_service *service;
    bf_str person;
    struct bf_sight *sight;
    uint32_t count;
    void (*done)(struct bf_sights *q);
    void *ctx;
    bool failed;      /* the store could not be read, or memory is short */
    uint32_t pending; /* of rights.c */
};
void bf_rights_ask(struct bf_sights *q);

#endif
