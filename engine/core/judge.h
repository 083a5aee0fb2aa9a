/* Judge: how near one offer is to being lawful. Asked by the step of the act it was given, and by
** bf_offers of all there are; nobody else includes this.
*/
#ifndef BF_JUDGE_H
#define BF_JUDGE_H

#include "engine/core/offers.h"

/* Who asks, and when. env: image, world, arena, self, budget; today is the legal day. */
struct bf_judge {
    struct bf_env env;
    const struct bf_i_proc *proc;
    struct bf_count_rule rule;
    bf_instant at;
};

struct bf_verdict {
    enum bf_openness open;
    enum bf_why why;
    bool maybe;           /* depends on arguments nobody gave yet */
    struct bf_due window; /* as of bf_choice.until; for CLOSED: when it closed */
    uint32_t from_state, from_act, part_first, part_end;
};

/* A world, a case (NULL: none yet) and an instant, ready to judge. */
void bf_judge_init(struct bf_judge *j, const struct bf_image *m, const struct bf_world *w,
                   const struct bf_case *c, bf_instant at, struct bf_arena *a);

/* Does the offer stand where the case is, whatever window and guard say? verdict: OPEN, LATER or CLOSED. */
enum bf_why bf_judge_standing(struct bf_judge *j, uint32_t offer, struct bf_verdict *v);
/* All of it: standing, count, window, guard. With args_known the guard reads env.args, without it a guard that
** reads any makes `maybe`. A fault is returned (BF_WHY_NOTHING: none). */
enum bf_why bf_judge_offer(struct bf_judge *j, uint32_t offer, bool args_known,
                           struct bf_verdict *v);

/* Do these arguments say which day the act bears? */
bool bf_judge_bears(const struct bf_i_offer *o, const struct bf_value *args);
/* The day of an act with these arguments (NULL: not known yet): the one it bears, else today. */
bf_day bf_judge_day(const struct bf_judge *j, const struct bf_i_offer *o,
                    const struct bf_value *args);
/* An offer that is open is not so for who did an act it is distinct from: GUARDED, SAME, from_act. */
void bf_judge_distinct(struct bf_judge *j, uint32_t offer, struct bf_value actor,
                       const struct bf_persons *by, struct bf_verdict *v);

/* How the act was done that the offer must be another's than, and for whom others may do what it offers. */
const struct bf_done *bf_judge_done(struct bf_judge *j, uint32_t offer, uint32_t act);

/* The duty, of one of each what the member at hand has of it. */
static inline const struct bf_case_duty *bf_judge_duty(const struct bf_judge *j, uint32_t duty) {
    return bf_case_duty_of(j->env.image, j->env.self, duty, j->env.member);
}
/* Is the actor among those of a range of `actor`? */
enum bf_why bf_judge_actor(struct bf_judge *j, struct bf_i_range actors, struct bf_value actor,
                           bool *yes);
/* … of an offer, be it by holding a post whose consent it needs? Of an offer to a member of a list he who acts is the
** member at hand from then on, else there is none. */
enum bf_why bf_judge_offered(struct bf_judge *j, uint32_t offer, struct bf_value actor, bool *yes);
/* The party that an actor row names; absent for `any`, or where its program reads what is not there. */
enum bf_why bf_judge_party(struct bf_judge *j, const struct bf_i_actor *row,
                           struct bf_value *party);
/* Do pauses of the state the case is in make the duty stand still? src: of the pause */
enum bf_why bf_judge_pauses(struct bf_judge *j, uint32_t duty, bool *yes, uint32_t *src);

/* What the limit of a duty that counts from `start` says now: v is a period, a Date, or absent. */
enum bf_why bf_judge_limit(struct bf_judge *j, const struct bf_i_duty *d, bf_day start,
                           struct bf_value *v);
/* The first 12-31 (say) on or after a day; the month's last day where it has no such. False: past year 9999. */
bool bf_judge_month_day(bf_day from, uint32_t month_day, bf_day *out);

/* What this actor may or must do now (bf_offers of one). */
void bf_judge_lawful(struct bf_judge *j, struct bf_value actor, const struct bf_persons *by,
                     struct bf_choices *out);

#endif
