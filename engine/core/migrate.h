/* Migrate: an open case goes on under another image, of a later version of its policy.
**
** Everything is found by its name: procedure, state (or as the map says), data (whose types must be the same), acts,
** duties, violations, assumptions. What the two have in common is carried over as it is: a duty keeps start, period and
** ledger, and whether it is open. Of a running duty that is chosen, the period is what the new text says of the case as it
** came over; start and ledger stay. Then the new image's rules look at the case as it is: due dates are computed anew,
** duties that do not live there become void, those it had not are armed, and `when` is tried.
**
** What runs another and what is run hear of each other by the names of ends. So while a sub-case is under way, who runs it
** does not move to a text in which that procedure lacks an end, nor does the sub-case to one in which it has a further end.
**
** A new duty whose event is the coming to where it lives counts from the migration.
*/
#ifndef BF_MIGRATE_H
#define BF_MIGRATE_H

#include "engine/core/step.h"

enum bf_change {
#define CHANGE(name, word) BF_CHANGE_##name,
#include "engine/core/migrate.def"
    BF_CHANGES
};
enum bf_obstacle {
    BF_OBSTACLE_NONE,
#define OBSTACLE(name, word) BF_OBSTACLE_##name,
#include "engine/core/migrate.def"
    BF_OBSTACLES
};
const char *bf_change_word(enum bf_change change);
const char *bf_obstacle_word(enum bf_obstacle obstacle);

struct bf_changed {
    enum bf_change change;
    bf_str name, label;          /* of the thing; a state: as it was */
    bf_str now;                  /* STATE: its new name */
    struct bf_due before, after; /* of duties; kind NONE where there is none */
};

/* What the operator chooses. */
struct bf_migrate_choice {
    const bf_str *from, *to; /* states that have another name there; those not in it keep theirs */
    uint32_t count;
    const bf_str *recompute; /* duties of the new text, by name, whose period is not kept */
    uint32_t recompute_count;
    bool recompute_all;
};

struct bf_migrated {
    enum bf_obstacle obstacle; /* then nothing else is set but `name` */
    bf_str name;               /* of what is in the way */
    bool needs;                /* a row of a register has to be brought first: call again */
    struct bf_need need;
    struct bf_case *mapped; /* in the new image, before its rules looked at it */
    const struct bf_fact *facts;
    uint32_t fact_count;
    struct bf_case *c; /* after the facts */
    const struct bf_changed *changed;
    uint32_t changed_count;
    const bf_str *voided; /* running duties that the new image has not, by name */
    uint32_t voided_count;
    const bf_str *recomputed; /* those whose period was read anew, by name */
    uint32_t recomputed_count;
};

/* c: an open case of image m, whose lapses due by `at` have happened. The world is the new image's. The result is in the
** arena and shares nothing with c. */
void bf_migrate(const struct bf_image *m, const struct bf_case *c, const struct bf_image *to,
                const struct bf_world *w, const struct bf_migrate_choice *choice, bf_instant at,
                struct bf_arena *a, struct bf_migrated *out);

/* The data of a MIGRATE row: canonical JSON. */
void bf_migrate_json(const struct bf_image *from, const struct bf_image *to,
                     const struct bf_migrated *m, struct bf_buf *out);

/* What another text would call a case, as it is, to be read and not to be stepped: what has no name there is left out, the
** state too. NULL: it cannot be said. */
const struct bf_case *bf_migrate_view(const struct bf_image *m, const struct bf_case *c,
                                      const struct bf_image *to, const struct bf_world *w,
                                      struct bf_arena *a);

#endif
