/* The parts of a step, shared by its three files and by nothing else:
**
**   step.c     the order of things: lapses, judgement, refusal, the events
**   effect.c   what an act or a lapse brings about: facts, effects, moves, `when`
**   duty.c     the life of duties after a move or an act
*/
#ifndef BF_STEP_PARTS_H
#define BF_STEP_PARTS_H

#include "engine/core/judge.h"
#include "engine/core/step.h"

/* What a move and a lapse cost of the budget beside their programs, so that circles end. */
enum { MOVE_COST = 100, LAPSE_COST = 100 };

struct bf_restart {
    uint32_t duty, src;
    struct bf_restart *next;
};

struct bf_stepper {
    const struct bf_image *m;
    const struct bf_world *w;
    struct bf_arena *a;
    struct bf_case *c;           /* the working copy; judge.env.self is the same */
    struct bf_judge judge;       /* at and env.today: the stamp of the facts made now */
    const struct bf_persons *by; /* who did the act that takes effect now, or asked for it */
    uint32_t src;                /* citation of the effects run now */
    uint32_t lapsing;            /* duty whose lapse this is; BF_NONE */
    bool moved;                  /* since bf_step_goes began */
    struct bf_value lapsing_of;  /* … of which member; absent */
    struct bf_restart *restarts; /* asked for, until after the move */
    struct bf_fact *facts;
    uint32_t fact_count, fact_cap;
};

/* ---- effect.c ---- */
void bf_step_more_facts(struct bf_stepper *s); /* room for one more */
static inline struct bf_fact *bf_step_next_fact(struct bf_stepper *s) {
    if (s->fact_count == s->fact_cap)
        bf_step_more_facts(s);
    return &s->facts[s->fact_count++];
}
/* Stamps the newest fact and applies it. */
void bf_step_apply(struct bf_stepper *s);
/* Appends a fact and applies it. kind, src, a, b and what else is given are members of it; the stamp is the stepper's. Built
** where it stays: copied right after it was built, it would make the processor wait. */
#define BF_STEP_EMIT(s, ...) \
    (*bf_step_next_fact(s) = (struct bf_fact){__VA_ARGS__}, bf_step_apply(s))
/* A fact with values: 1 and 2 of them copied. */
const struct bf_value *bf_step_values(struct bf_stepper *s, struct bf_value x, struct bf_value y);
/* The member at hand, if the row is of each; for facts. */
static inline const struct bf_value *bf_step_member(struct bf_stepper *s, bool each) {
    return each && bf_present(s->judge.env.member)
               ? bf_step_values(s, s->judge.env.member, BF_ABSENT)
               : NULL;
}
/* Who did what: v of ASKED, ACTED, REFUSED. */
const struct bf_value *bf_step_deed(struct bf_stepper *s, struct bf_value who,
                                    const struct bf_value *args, uint32_t n);
void bf_step_violate(struct bf_stepper *s, uint32_t violation, struct bf_value by, uint32_t src);
/* An effects program (BF_NONE: none) with the act's arguments; src is its citation. */
enum bf_why bf_step_effects(struct bf_stepper *s, uint32_t code, const struct bf_value *args,
                            uint32_t n, uint32_t src);
/* target: state, BF_BACK, or BF_NONE: the case stays. Then duties, and `when` until none fires. No member is at hand any
** more. */
enum bf_why bf_step_goes(struct bf_stepper *s, uint32_t target, uint32_t src);
/* What the case's state runs, if it does: asked for. */
enum bf_why bf_step_run(struct bf_stepper *s);
/* An offer's act in full: the act, the duty it meets, extension, report, effects, move. */
enum bf_why bf_step_takes_effect(struct bf_stepper *s, uint32_t offer, struct bf_value who,
                                 const struct bf_value *args, bool deemed);

/* Another takes the place of a party. */
enum bf_why bf_step_succeed(struct bf_stepper *s, const struct bf_event *e);

/* Whoever names a party that is no more means who took its place. */
const struct bf_event *bf_step_as_named_now(const struct bf_world *w, struct bf_arena *a,
                                            const struct bf_event *e);

/* ---- duty.c ---- */
/* Every duty as it must be now: void, paused, resumed, restarted, armed. entered: the case just came to its state. */
enum bf_why bf_step_duties(struct bf_stepper *s, bool entered);
/* A duty lengthened; offer BF_NONE: by an effect. */
enum bf_why bf_step_extend(struct bf_stepper *s, uint32_t duty, uint32_t offer, struct bf_period by,
                           uint32_t src);
enum bf_why bf_step_extend_to(struct bf_stepper *s, uint32_t duty, bf_day date, uint32_t src);
/* Due dates under another calendar. */
enum bf_why bf_step_recompute(struct bf_stepper *s);
/* Requests whose act is no longer open die. */
enum bf_why bf_step_requests(struct bf_stepper *s);

#endif
