/* Step: a case, an event and its stamp make facts, and the case's next state; or a refusal with what would
** be lawful instead.
**
** Pure: no clock, no I/O, no globals. What is read beside the case is in the world, memory comes from the
** scratch arena (whose exhaustion goes to its jump point: the case is then as before).
**
** 1. First the case's lapses due by the event's instant happen, by instant, then written order, each a full
**    step dated to its limit's last day. They stand even when the act is refused.
** 2. The act is judged in this order: malformed; not permitted (no state offers it to this actor);
**    forbidden; too late; not yet; not permitted (the guard says no). Of several offers of the act the one
**    nearest to being lawful gives the reason.
** 3. Effects in written order, the move, then duties in written order (void, paused, resumed, restarted,
**    armed), then `when`, again after each move.
** 4. Each fact is applied as it is found, by bf_apply.
** 5. An act that overflows, or whose rules run past the budget, is refused whole. When that befalls the
**    consequence of a lapse, the lapse stands, nothing else of it does, and a FAILED fact says so.
*/
#ifndef BF_STEP_H
#define BF_STEP_H

#include "engine/core/apply.h"
#include "engine/core/eval.h"
#include "engine/core/offers.h"

enum bf_event_kind {
    BF_EVENT_OPEN,    /* start a case: the step's case is NULL */
    BF_EVENT_ACT,     /* also the report of an act outside that somebody must not do */
    BF_EVENT_CONSENT, /* to the act asked for */
    BF_EVENT_DECLINE,
    BF_EVENT_TICK,   /* time passes: lapses only */
    BF_EVENT_EXCUSE, /* another case excuses a violation of this one (its EXCUSED fact): args[0] */
    BF_EVENT_CALENDAR, /* the world's calendar is another than before: due dates are recomputed */
    BF_EVENT_BEGUN, /* the case that a RUN of this one asked for is there: number; 0: it could not be started */
    BF_EVENT_RETURN,  /* what this one runs has ended (bf_returns): number, offer, what, args */
    BF_EVENT_CANCEL,  /* the case that runs this one has left it */
    BF_EVENT_SUCCEED, /* a party this case names is no more: args as v of SUCCEEDED */
    BF_EVENT_ASSIGN,  /* … and who takes its place in this case is said now: args as before */
    BF_EVENT_MIGRATE, /* the case was of another image before (migrate.h): dates and duties are made to fit this one */
};

struct bf_event {
    enum bf_event_kind kind;
    bf_instant recorded; /* when it was entered; kept by the caller, read by no rule */
    bf_instant
        effective; /* the legal instant; its legal day follows from calendar and `day ends` */
    struct bf_value actor; /* a party, or through an office; absent: raised inside */
    struct bf_value
        who; /* ACT outside: who did it, if the actor only reports; CONSENT, DECLINE: the member of a list
                              whose request it is; else absent */
    const struct bf_persons *by; /* of what an actor does: the persons behind it; NULL: not known */
    uint32_t what;               /* OPEN: procedure; ACT, CONSENT, DECLINE: act */
    uint32_t
        start; /* OPEN: row of `start` for an event (bf_starts_on) or of a calendar start (starts.h), which has
                              no actor; BF_NONE: by the actor, or by an effect `open`, which has no actor */
    uint32_t number; /* OPEN: the new case's number; BEGUN, RETURN: that of the case that is run */
    uint32_t parent; /* OPEN: the case that runs the new one; 0: none */
    uint32_t offer;  /* RETURN: the outcome */
    const struct bf_value
        *args; /* ACT: one a param, absent where not given. OPEN: one a datum of the
                                    procedure, absent where not given; with a start by event: one a param of it; by the calendar: its member, if it has one */
    uint32_t nargs;
};

enum bf_outcome_kind {
    BF_DONE,    /* refused and need are not set */
    BF_REFUSED, /* `refused` says why; facts hold the lapses that came first, then REFUSED */
    BF_NEEDS,   /* bring `need`'s row and step again: nothing happened */
};

struct bf_refused {
    enum bf_refusal kind;
    enum bf_why why;
    uint32_t src;               /* its citation: row of `src`, or BF_NONE */
    uint32_t offer, duty;       /* the nearest one, and its duty; BF_NONE */
    uint32_t ban, require;      /* rows; BF_NONE */
    const struct bf_done *done; /* SAME; else NULL */
    uint32_t part_first,
        part_end; /* GUARD, BAN: the part that says no: instructions [first, end) */
    uint32_t arg; /* ARGUMENTS: which (from 0); BF_NONE: their number */
    const char *
        detail; /* ARGUMENTS: what is wrong with it (bf_value_check); AT_MOST: the cap, in the act's unit; NULL */
    struct bf_due
        window; /* too late: when it closed; not yet: when it opens (last: that day); kind NONE */
    uint32_t state;                 /* where the case was; BF_NONE: there was none */
    uint32_t status;                /* enum bf_status of the duty then */
    const struct bf_choice *lawful; /* what this actor may or must do now instead (offers.h) */
    uint32_t lawful_count;
};

struct bf_outcome {
    enum bf_outcome_kind kind;
    const struct bf_fact *facts;
    uint32_t fact_count;
    struct bf_case *next; /* the case after the facts; NULL if there is none (an OPEN refused) */
    struct bf_refused refused;
    struct bf_need need;
};

/* All of the outcome is in the scratch arena, shares with case and event, and lives as long as the three. To keep
** a case longer, bf_case_clone it. Violations recorded raise event 0: the caller starts the cases that RAISED,
** OPENED and EXCUSED facts ask for. */
void bf_step(const struct bf_image *m, const struct bf_world *w, const struct bf_case *c,
             const struct bf_event *e, struct bf_arena *scratch, struct bf_outcome *out);

/* RUN: the caller opens the case with this one as its parent and the same assumptions, then tells this one by BEGUN.
** ENDED of a case with a parent: the parent hears of it by RETURN. CANCELLED with a number: that case by CANCEL. In the
** order of the facts; none of the three is dated before what its case did last; without facts they leave no trace. */
/* The RETURN that tells a case how what it runs has ended. False: it runs that no more. child_m: the child's image. */
bool bf_returns(const struct bf_image *m, const struct bf_case *c, const struct bf_image *child_m,
                const struct bf_case *child, struct bf_arena *a, struct bf_event *e);
/* Of those three: they come about by other cases' facts, and leave nothing where there is nothing to do. */
static inline bool bf_event_silent(enum bf_event_kind kind) {
    return kind == BF_EVENT_TICK || kind == BF_EVENT_CALENDAR || kind == BF_EVENT_BEGUN ||
           kind == BF_EVENT_RETURN || kind == BF_EVENT_CANCEL;
}

static inline bool bf_event_succeeds(enum bf_event_kind kind) {
    return kind == BF_EVENT_SUCCEED || kind == BF_EVENT_ASSIGN;
}

/* The starts of procedures that an event sets off, in written order: the i-th, or BF_NONE; *proc is whose. */
uint32_t bf_starts_on(const struct bf_image *m, uint32_t event, uint32_t i, uint32_t *proc);

#endif
