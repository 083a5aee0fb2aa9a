/* Sim: the world of a scenario, in memory and in virtual time. A policy that amends another has the texts of before beside
** it: a case goes by that of its day, as in a service where all of them are active. All count by the one calendar.
**
** It keeps what the step does not: cases by number, rows of registers, the clock, and the timeline of all
** that happened. It steps cases, starts those that facts ask for, and lets time pass in the order of the
** lapses it brings: by instant, then written order, then case number.
*/
#ifndef BF_SIM_H
#define BF_SIM_H

#include "engine/core/migrate.h"
#include "engine/core/step.h"

/* One step taken: an event of the scenario, what it caused, or a lapse on the way. */
struct bf_sim_entry {
    struct bf_event event; /* TICK: lapses */
    uint32_t proc, number; /* whose case; number 0: none came of it */
    uint32_t text;         /* … and by which text it went: facts and event are that one's */
    uint32_t stmt;         /* row of `stmt`, BF_NONE: a consequence, or time */
    enum bf_outcome_kind outcome;
    const struct bf_fact *facts;
    uint32_t fact_count;
    struct bf_refused refused;   /* outcome REFUSED */
    const struct bf_case *after; /* the case then; NULL if none */
    uint32_t cause;              /* the entry whose fact asked for it, from 1; 0: none */
    uint32_t cause_put;          /* … or the put that did */
    const struct bf_migrated
        *over; /* event MIGRATE: the case went over to this text, from the one behind it */
};

/* A row that the scenario itself put into a register, or a succession that it recorded. */
struct bf_sim_put {
    uint32_t after; /* entries there were */
    uint32_t reg;   /* BF_NONE: a succession */
    struct bf_value
        row; /* … then a list: whose place is taken, a list of those who take it, instrument or absent */
    bf_instant at; /* BF_INSTANT_NONE: before the first `at` */
};

/* A text of the policy, and the world its rules see. */
struct bf_sim_text {
    struct bf_sim *sim;
    const struct bf_image *image;
    struct bf_world world;
};
enum { BF_SIM_TEXTS = 10 };

enum bf_sim_verdict {
    BF_SIM_PASSED,
    BF_SIM_EXPECTED, /* an expectation does not hold: actual says what is there, if it was a comparison */
    BF_SIM_REFUSED,       /* an act of the scenario was refused */
    BF_SIM_NOT_REFUSED,   /* an act that should be refused was done */
    BF_SIM_OTHER_REFUSAL, /* refused, but for another reason */
    BF_SIM_OTHER_CITE,    /* refused by another rule */
    BF_SIM_BACKWARDS,     /* `at` before the present */
    BF_SIM_NO_TIME,       /* something happens before the first `at` */
    BF_SIM_NO_DATE,       /* `wait` past what the calendar knows */
    BF_SIM_NO_CASE,       /* a report that started no case, where one is named; a case not there */
    BF_SIM_FAULT,         /* an expression of the scenario could not be computed: why */
    BF_SIM_SUCCESSION, /* a succession that cannot be: of oneself, of who has a successor, or by one who is no more */
    BF_SIM_CHAIN, /* more than BF_SIM_CHAIN_MAX cases started one another at once */
    BF_SIM_MEMORY,
};
#define BF_SIM_CHAIN_MAX 1000

struct bf_sim {
    struct bf_arena *arena;
    const struct bf_image *image;
    const struct bf_calendar *calendar;
    struct bf_sim_text text[BF_SIM_TEXTS]; /* 0: the image's; each amends the next */
    uint32_t texts;
    struct bf_value *assume;
    bf_instant now;     /* BF_INSTANT_NONE before the first `at` */
    bf_instant started; /* what the calendar starts until then has started */
    struct bf_value *locals;
    uint32_t local_count;
    const struct bf_persons *by; /* behind the statement at hand; NULL */
    struct bf_case **cases;      /* number n at n - 1 */
    uint32_t *text_of;           /* of case n at n - 1 */
    uint32_t case_count, case_cap, text_cap;
    struct bf_sim_register *registers;
    uint32_t register_count;
    struct bf_sim_entry *entries;
    uint32_t entry_count, entry_cap;
    struct bf_sim_put *puts;
    uint32_t put_count, put_cap;
    struct bf_succession *successions;
    uint32_t succession_count, succession_cap;
    /* how it ended */
    enum bf_sim_verdict verdict;
    uint32_t stmt; /* where */
    enum bf_why why;
    struct bf_value actual;
    const struct bf_sim_entry *refusal;
    const struct bf_value
        *reader; /* to whom it is told, who may not read what is sealed to him; NULL: all is told */
};

/* What may be set from outside before a scenario runs. */
struct bf_sim_options {
    const struct bf_value *assume; /* one a row of `assume`, or NULL: the defaults */
    bf_instant
        until; /* stop before anything later; BF_INSTANT_NONE: run to the end. A scenario that
                                      ends earlier goes on until then, so that lapses come */
};

/* The text that a case goes by. */
const struct bf_sim_text *bf_sim_text_of(const struct bf_sim *s, uint32_t number);

/* Runs a scenario of the image from an empty world. The sim and all it holds live in the arena, which sets the
** memory limit. Never NULL. */
struct bf_sim *bf_sim_run(struct bf_arena *a, const struct bf_image *m, const struct bf_calendar *c,
                          uint32_t scenario, const struct bf_sim_options *options);

/* The party of the scenario called so ("ann"), or an office of it ("town.head"), or the only office of that name. */
bool bf_sim_party(const struct bf_sim *s, bf_str name, struct bf_value *party);

/* The scenario whose title is, or if none is contains, the text; BF_NONE if none or several do. */
uint32_t bf_sim_find(const struct bf_image *m, bf_str title, uint32_t *matches);

#endif
