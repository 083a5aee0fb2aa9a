/* Case: one procedure under way, as far as the rules can tell.
**
** One block: the struct, then its arrays, one entry a row of its procedure in the image (entry i is row
** proc->…first + i). A step works on a copy of the block; what is only added to (violations, ledgers,
** requests) and what values point to is shared by copies and never written again.
**
** 1. Only bf_apply (apply.h) changes a case.
** 2. When a duty is due is derived from its ledger; `due` is kept beside it so that nobody need derive
**    it twice, and changes only by a fact.
** 3. A case knows no other case, no clock and no calendar.
*/
#ifndef BF_CASE_H
#define BF_CASE_H

#include "engine/core/fact.h"

/* Pauses, or extensions, of one running of a duty; violations of a case. */
#define BF_LEDGER_MAX 4096
/* Members of the list of a duty of each. */
#define BF_MEMBERS_MAX 1000

/* An act: its latest time. */
struct bf_case_act {
    uint32_t times;
    bf_day day;   /* BF_DAY_NONE: never */
    bf_day filed; /* day its report was filed; BF_DAY_NONE */
    bf_instant at;
    struct bf_value who;
    const struct bf_persons *by; /* NULL: not known */
    const struct bf_value *args; /* as many as it has params */
};

struct bf_case_duty {
    uint8_t status;    /* enum bf_status */
    bool left;         /* lapsed, and its acts closed for good */
    uint8_t limit;     /* enum bf_limit, of the latest arming */
    uint8_t unit;      /* PERIOD: enum bf_unit */
    uint32_t epoch;    /* how often it was armed */
    uint32_t happened; /* happenings of its event that have been dealt with */
    uint32_t comings;  /* how often the case came to where it lives */
    uint32_t by;       /* act that met it, in time or late or deemed; BF_NONE */
    bf_day start, date;
    bf_instant start_at;
    int64_t count; /* PERIOD */
    const struct bf_period *extensions;
    const struct bf_pause *pauses;
    uint32_t extension_count, pause_count;
    struct bf_due due; /* of OPEN and PAUSED; stays as it was when the duty closed */
};

/* A duty of each: what one member of the list has of it. That of the whole says when it began and how often, and sums up. */
struct bf_case_member {
    uint32_t duty;
    uint32_t round; /* the whole's epoch, when it was last asked of him */
    bool gone;      /* from the list since */
    bool spared;    /* the guard said no: he has none this time */
    struct bf_value who;
    struct bf_case_duty d;
    const uint32_t
        *used; /* per offer, as the case's, of what is counted for each member; NULL: nothing yet */
};

struct bf_case_state {
    uint32_t times; /* entered */
    uint32_t from;  /* state it was last entered from, not by `back`; BF_NONE */
    bf_day day;     /* of the latest entry; BF_DAY_NONE */
    bf_instant at;
};

struct bf_case_violation {
    uint32_t violation, duty; /* duty: whose lapse; BF_NONE */
    uint32_t epoch, src;
    struct bf_value by;     /* or absent */
    struct bf_value member; /* whose lapse, of a duty of each; absent */
    bf_day day;
    bool excused;
};

/* An act asked for; the latest of each offer, of one to a member of a list the latest of each member. */
enum bf_request_status {
    BF_REQUEST_PENDING,
    BF_REQUEST_DONE,
    BF_REQUEST_DECLINED,
    BF_REQUEST_DEAD
};
struct bf_case_request {
    uint32_t offer, status;
    uint32_t given; /* bit i: the offer's i-th consent */
    struct bf_value who;
    const struct bf_persons *by; /* who asked; NULL: not known */
    struct bf_value member;      /* or absent */
    const struct bf_value *args;
    bf_day day;
    bf_instant at;
};

/* A case that a state of this one ran, in order of RUN. */
struct bf_case_sub {
    uint32_t state;  /* that ran it */
    uint32_t number; /* its case; 0: not there yet, or never */
    uint32_t end;    /* state of its procedure, or one of these */
};
#define BF_SUB_RUNNING BF_NONE
#define BF_SUB_CANCELLED (BF_NONE - 1)
#define BF_SUB_FAILED (BF_NONE - 2)    /* it could not be started */
const char *bf_sub_word(uint32_t end); /* "running", "cancelled", "failed", "ended" */

/* A party that is no more, while it is not said who takes its place here. */
struct bf_case_gone {
    struct bf_value who;
    struct bf_value among; /* list of those it may be; empty: any */
};

struct bf_case {
    uint32_t number;       /* given by the caller; 0: none */
    uint32_t parent;       /* the case that runs this one; 0: none */
    uint32_t proc;         /* row of `proc` */
    uint32_t state;        /* row; BF_NONE before the start */
    bf_day start_day, day; /* of the start; of the latest fact */
    bf_instant start_at, at;
    struct bf_value starter; /* who started it; absent: an event raised inside */
    struct bf_value *data;
    struct bf_case_act *acts;
    uint32_t *used; /* per offer: how often; of an extension: since the duty was armed */
    struct bf_case_duty *duties;
    struct bf_case_state *states;
    const struct bf_value *assume; /* per row of `assume` */
    const struct bf_case_violation *violations;
    const struct bf_case_request *requests;
    const struct bf_case_sub *subs;
    const struct bf_case_member *const
        *members; /* in the order in which they came to a duty of each */
    const struct bf_case_gone *gone;
    uint32_t violation_count, request_count, sub_count, member_count, gone_count;
    size_t size; /* bytes of the block */
};

/* A case before its start, to apply facts to. */
struct bf_case *bf_case_new(struct bf_arena *a, const struct bf_image *m, uint32_t proc);
/* Standing alone: nothing is shared. */
struct bf_case *bf_case_clone(struct bf_arena *a, const struct bf_image *m,
                              const struct bf_case *c);
/* Sharing all but the block: as long as both arenas live. */
struct bf_case *bf_case_fork(struct bf_arena *a, const struct bf_case *c);

static inline const struct bf_i_proc *bf_case_proc(const struct bf_image *m,
                                                   const struct bf_case *c) {
    return &m->proc[c->proc];
}
static inline struct bf_case_duty *bf_case_duty(const struct bf_image *m, const struct bf_case *c,
                                                uint32_t duty) {
    return &c->duties[duty - m->proc[c->proc].duties.first];
}
static inline struct bf_case_act *bf_case_act(const struct bf_image *m, const struct bf_case *c,
                                              uint32_t act) {
    return &c->acts[act - m->proc[c->proc].acts.first];
}
static inline struct bf_case_state *bf_case_state(const struct bf_image *m, const struct bf_case *c,
                                                  uint32_t state) {
    return &c->states[state - m->proc[c->proc].states.first];
}
static inline bool bf_case_ended(const struct bf_image *m, const struct bf_case *c) {
    return c->state != BF_NONE && m->state[c->state].is_end;
}
/* The request of an offer, or NULL. member: absent, if the offer is to no member of a list. */
const struct bf_case_request *bf_case_request(const struct bf_case *c, uint32_t offer,
                                              struct bf_value member);
/* What a member has of a duty of each; NULL: it was never asked of him. */
const struct bf_case_member *bf_case_member(const struct bf_case *c, uint32_t duty,
                                            struct bf_value member);
/* The same for one after the other of a list: *at (0 at first) is where the next is looked for first, since they mostly
** came in the list's order. */
const struct bf_case_member *bf_case_next_member(const struct bf_case *c, uint32_t duty,
                                                 struct bf_value member, uint32_t *at);
/* … and is in the list, in the duty's present round? */
bool bf_case_member_now(const struct bf_image *m, const struct bf_case *c,
                        const struct bf_case_member *x);
/* What a member has of a duty of each; one of status NONE if nothing. */
const struct bf_case_duty *bf_case_members_duty(const struct bf_image *m, const struct bf_case *c,
                                                uint32_t duty, struct bf_value member);
/* The duty, or (member present, a duty of each) what the member has of it. */
static inline const struct bf_case_duty *bf_case_duty_of(const struct bf_image *m,
                                                         const struct bf_case *c, uint32_t duty,
                                                         struct bf_value member) {
    return bf_present(member) && m->duty[duty].each ? bf_case_members_duty(m, c, duty, member)
                                                    : bf_case_duty(m, c, duty);
}
/* What the case's state runs; NULL: nothing, or it has ended. */
const struct bf_case_sub *bf_case_running(const struct bf_case *c);
/* Recorded and not excused. */
bool bf_case_has(const struct bf_case *c, uint32_t violation);
/* Does a duty live in a state (BF_NONE: no)? */
bool bf_duty_lives(const struct bf_image *m, uint32_t state, uint32_t duty);
/* How often a duty's event has happened so far. */
uint32_t bf_case_happened(const struct bf_image *m, const struct bf_case *c, uint32_t duty);
/* The ledger of a duty that was armed, for term.h. */
struct bf_term bf_case_term(const struct bf_case_duty *d);
/* Its limit is a period, a Date, or absent. */
void bf_case_set_limit(struct bf_case_duty *d, struct bf_value limit);
/* The duty whose limit passes next, and when; BF_NONE if none will (open limits, paused, provisional).
** Several at one instant: the first written. */
uint32_t bf_case_next_lapse(const struct bf_image *m, const struct bf_case *c, bf_instant *at);
/* … and of a duty of each, whose it is (several at one instant: who had it first); else NULL. */
uint32_t bf_case_next_lapse_of(const struct bf_image *m, const struct bf_case *c, bf_instant *at,
                               const struct bf_case_member **member);
/* When a duty is due next: of one of each, the first of its members'. */
struct bf_due bf_case_due(const struct bf_image *m, const struct bf_case *c, uint32_t duty);

/* The whole case as canonical JSON: equal cases, equal bytes. */
void bf_case_json(const struct bf_image *m, const struct bf_case *c, struct bf_buf *out);

#endif
