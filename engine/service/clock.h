/* Clock: the time the engine lives by, as arithmetic on readings of the machine's clocks.
**
** The real clock may be wrong, stepped by hand or by NTP, or reset by a dead battery; a deadline that fired cannot
** un-fire. So the engine's time starts from the real clock, then runs on CLOCK_BOOTTIME (which nobody sets, and which
** counts sleep), and follows the real clock only where that is harmless.
**
**   bf_clock_start ──▶ RUNNING ──(real off by more than 2 s: bf_clock_read)──▶ HELD
**        │                ▲ ▲                                                   │ │
**        │                │ └──(real agrees again: bf_clock_read)───────────────┘ │
**        │                └────(bf_clock_accept, a later time)────────────────────┤
**        └─(real before the last stamp, or 45 days after it)──▶ HELD              │
**   STANDING ◀──(bf_clock_accept, an earlier time)────────────────────────────────┘
**   STANDING ──(the accepted time has come up to what was shown)──▶ RUNNING
**
** 1. What bf_clock_now shows never goes back, from the last stamp of an earlier run on.
** 2. Unless an operator accepts, it runs at 0.9 to 1.1 times CLOCK_BOOTTIME: nobody's step moves a deadline.
** 3. HELD, it runs on CLOCK_BOOTTIME alone: from what it showed, at start from the last stamp. Time still passes
**    then: what falls due falls due, since the true time is taken to be no earlier.
** 4. STANDING, it shows the same instant: a time already stamped is not left for an earlier one.
**
** Times are microseconds; real and shown ones since 1970 UTC. A few seconds before the last stamp are no reason to
** hold at start: the time shown may have been that far ahead of the real clock.
*/
#ifndef BF_CLOCK_H
#define BF_CLOCK_H

#include "lang/base/date.h"

#define BF_CLOCK_FOLLOW_US INT64_C(2000000)
#define BF_CLOCK_GAP_US (INT64_C(45) * BF_DAY_SECONDS * 1000000)
#define BF_CLOCK_SLEW 10 /* at most one part in so many */

struct bf_clock_reading {
    int64_t real_us, boot_us;
};

/* Where readings come from. */
struct bf_clock_source {
    struct bf_clock_reading (*read)(void *ctx);
    void *ctx;
};
struct bf_clock_source bf_clock_system(void);

enum bf_clock_state { BF_CLOCK_RUNNING, BF_CLOCK_HELD, BF_CLOCK_STANDING };
enum bf_clock_reason {
    BF_CLOCK_FINE,
    BF_CLOCK_BEFORE_LAST, /* at start: before the last stamp */
    BF_CLOCK_LONG_AFTER,  /* at start: 45 days after the last stamp, or more */
    BF_CLOCK_FORWARD,     /* the real clock was stepped forward */
    BF_CLOCK_BACK         /* … back */
};

struct bf_clock {
    enum bf_clock_state state;
    enum bf_clock_reason reason; /* of HELD */
    int64_t shown_us;            /* what the engine lives by */
    int64_t target_us; /* our idea of the real time; less than shown only while STANDING */
    int64_t boot_us;   /* of the last reading */
    int64_t off_us;    /* how far the real clock was ahead of target (negative: behind) at it */
};

/* last: the last stamp of earlier runs; BF_INSTANT_NONE at the very first start. */
void bf_clock_start(struct bf_clock *c, struct bf_clock_reading r, bf_instant last);
/* A new reading; true if state or reason changed: then it is to be logged, and HELD alarmed. */
bool bf_clock_read(struct bf_clock *c, struct bf_clock_reading r);
/* The operator says that the real clock is right. False (and nothing but a reading done) if nothing was held. *step_us
** tells by how much our idea of the time moves, for the journal. */
bool bf_clock_accept(struct bf_clock *c, struct bf_clock_reading r, int64_t *step_us);

bf_instant bf_clock_now(const struct bf_clock *c); /* of the last reading */
/* How long until `at` is shown, at the least; 0: it is. For a timer that then looks again. */
int64_t bf_clock_wait_us(const struct bf_clock *c, bf_instant at);

const char *bf_clock_state_word(enum bf_clock_state state);    /* "running" */
const char *bf_clock_reason_word(enum bf_clock_reason reason); /* "fine", "before-last" */

/* A clock for tests and simulation: stands until told. */
struct bf_clock_virtual {
    struct bf_clock_reading now;
};
struct bf_clock_source bf_clock_virtual(struct bf_clock_virtual *v, bf_instant real);
void bf_clock_virtual_pass(struct bf_clock_virtual *v, int64_t us); /* both clocks run, us >= 0 */
void bf_clock_virtual_step(struct bf_clock_virtual *v, int64_t us); /* the real one is set */

#endif
