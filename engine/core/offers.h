/* Offers: what each party may or must do in a case now, and what only later.
**
** One list serves refusals (what would be lawful instead), `explain` and worklists. Nothing is judged twice:
** the step asks the same questions (offer.c) of the one act it is given.
*/
#ifndef BF_OFFERS_H
#define BF_OFFERS_H

#include "engine/core/eval.h"

/* How near an offer is to being lawful, for one actor and now; ordered from the farthest. */
enum bf_openness {
    BF_CLOSED, /* for good: window over, count used up, no state that offers it can be reached again */
    BF_LATER,   /* a state that offers it can be reached, its duty may open, or its window opens */
    BF_GUARDED, /* here, but its guard says no */
    BF_OPEN,
};

enum bf_choice_kind {
    BF_CHOICE_ACT,
    BF_CHOICE_CONSENT, /* an act asked for waits for this actor: consent or decline */
};

/* Somebody and something he may do. */
struct bf_choice {
    enum bf_choice_kind kind;
    enum bf_openness open;
    enum bf_why why;     /* of LATER, CLOSED, GUARDED: what keeps it */
    uint32_t offer, act; /* rows */
    uint32_t duty;       /* whose act it is, or which it extends; BF_NONE */
    bool must; /* an act of a duty that is open, lapsed or paused: this actor must do one of them */
    bool asked; /* ACT: it waits for consents already */
    bool maybe; /* the guard reads the act's arguments: it depends on them; counted as OPEN */
    struct bf_value actor; /* a party or office; absent: anyone of type row `any` */
    struct bf_value
        member; /* of the list the offer is to: the actor himself, or (CONSENT) who asked; absent: to none */
    uint32_t any; /* BF_NONE if actor is there */
    struct bf_due
        until; /* OPEN: the window's or the duty's end; LATER: the day it opens, if one is known; kind NONE */
    uint32_t
        from_state; /* LATER: the nearest state that offers it, if that is what it waits for; BF_NONE */
    uint32_t from_act;      /* LATER: the act whose doing opens its window or duty; BF_NONE */
    uint32_t consents_left; /* consents it needs beyond the asking */
    uint32_t part_first, part_end; /* GUARDED: the part that says no */
    uint32_t src;
};

struct bf_choices {
    const struct bf_choice *choice;
    uint32_t count;
    enum bf_why fault; /* NEEDS: a register's row is missing; else NOTHING */
    struct bf_need need;
};

/* All choices in a case at an instant (lapses due by then must have happened), in written order, one for each
** of an offer's actors; consents after the acts they are to. Those that are CLOSED only if asked for. */
void bf_offers(const struct bf_image *m, const struct bf_world *w, const struct bf_case *c,
               bf_instant at, bool closed_too, struct bf_arena *a, struct bf_choices *out);

/* The act from which the offer is distinct and which the same did (persons.h); BF_NONE.
** bf_offers, which lists what may be done by whoever can be found, takes bf_persons_anyone; who knows the person asks this. */
uint32_t bf_done_by_same(const struct bf_image *m, const struct bf_case *c, uint32_t offer,
                         struct bf_value actor, const struct bf_persons *by);

/* An act that this one must be another's than: how it was done, and for whom another person may do this one. */
struct bf_done {
    uint32_t act;
    bf_day day;
    struct bf_value who;
    const struct bf_persons *by;
    const struct bf_value *instead; /* parties; absent: anyone (`any Department`) */
    uint32_t instead_count;
};
#define BF_INSTEAD_MAX 8

/* Is this actor the one an offer speaks of? A party itself, an office only that office. Who holds a post whose
** consent the offer asks for may ask for it in his party's name (and has then consented): consents says so. */
bool bf_acts_as(struct bf_value actor, struct bf_value offered);
/* `any T`: a party itself, of the type row. */
bool bf_acts_as_any(const struct bf_image *m, struct bf_value actor, uint32_t type);

/* Who bears a duty; absent for a state limit, or if its program fails. */
struct bf_value bf_duty_bearer(const struct bf_image *m, const struct bf_world *w,
                               const struct bf_case *c, uint32_t duty, struct bf_arena *a);

#endif
