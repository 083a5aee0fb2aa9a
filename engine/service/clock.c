/* clock: see clock.h. `target` follows the real clock and `shown` is the highest it ever was. */
#include "engine/service/clock.h"

#include <time.h>

#include "lang/base/assert.h"

#define SECOND_US INT64_C(1000000)
/* Readings are kept within these, so that no sum of a few of them overflows. */
#define TIME_MAX_US ((int64_t)BF_DAY_MAX * BF_DAY_SECONDS * SECOND_US)

static int64_t clamp(int64_t n, int64_t min, int64_t max) {
    return n < min ? min : n > max ? max : n;
}

static struct bf_clock_reading sane(struct bf_clock_reading r) {
    return (struct bf_clock_reading){clamp(r.real_us, 0, TIME_MAX_US),
                                     clamp(r.boot_us, 0, TIME_MAX_US)};
}

static bool near(int64_t off_us) {
    return off_us >= -BF_CLOCK_FOLLOW_US && off_us <= BF_CLOCK_FOLLOW_US;
}

static void settle(struct bf_clock *c) {
    if (c->target_us >= c->shown_us)
        c->shown_us = c->target_us;
    if (c->state != BF_CLOCK_HELD)
        c->state = c->target_us < c->shown_us ? BF_CLOCK_STANDING : BF_CLOCK_RUNNING;
}

static void hold(struct bf_clock *c, enum bf_clock_reason reason) {
    c->state = BF_CLOCK_HELD;
    c->reason = reason;
}

void bf_clock_start(struct bf_clock *c, struct bf_clock_reading r, bf_instant last) {
    r = sane(r);
    *c = (struct bf_clock){.target_us = r.real_us, .shown_us = r.real_us, .boot_us = r.boot_us};
    if (last == BF_INSTANT_NONE)
        return;
    int64_t last_us = clamp(last, 0, TIME_MAX_US / SECOND_US) * SECOND_US;
    c->off_us = r.real_us - last_us;
    c->shown_us = last_us;
    if (c->off_us < -BF_CLOCK_FOLLOW_US || c->off_us >= BF_CLOCK_GAP_US) {
        c->target_us = last_us;
        hold(c, c->off_us < 0 ? BF_CLOCK_BEFORE_LAST : BF_CLOCK_LONG_AFTER);
    } else {
        c->off_us = 0;
    }
    settle(c);
}

/* A held clock is let go by itself only when the real one is back: there is nothing left to accept. */
bool bf_clock_read(struct bf_clock *c, struct bf_clock_reading r) {
    enum bf_clock_state state = c->state;
    enum bf_clock_reason reason = c->reason;
    r = sane(r);
    int64_t passed = r.boot_us > c->boot_us ? r.boot_us - c->boot_us : 0;
    c->boot_us += passed;
    c->target_us = clamp(c->target_us + passed, 0, TIME_MAX_US);
    int64_t off = r.real_us - c->target_us;
    if (near(off)) {
        int64_t slew = clamp(off, -(passed / BF_CLOCK_SLEW), passed / BF_CLOCK_SLEW);
        c->target_us += slew;
        off -= slew;
        c->state = BF_CLOCK_RUNNING;
        c->reason = BF_CLOCK_FINE;
    } else if (c->state != BF_CLOCK_HELD) {
        hold(c, off > 0 ? BF_CLOCK_FORWARD : BF_CLOCK_BACK);
    }
    c->off_us = off;
    settle(c);
    return c->state != state || c->reason != reason;
}

bool bf_clock_accept(struct bf_clock *c, struct bf_clock_reading r, int64_t *step_us) {
    bf_clock_read(c, r);
    *step_us = 0;
    if (c->state != BF_CLOCK_HELD)
        return false;
    *step_us = c->off_us;
    c->target_us += c->off_us;
    c->off_us = 0;
    c->state = BF_CLOCK_RUNNING;
    c->reason = BF_CLOCK_FINE;
    settle(c);
    return true;
}

bf_instant bf_clock_now(const struct bf_clock *c) { return c->shown_us / SECOND_US; }

int64_t bf_clock_wait_us(const struct bf_clock *c, bf_instant at) {
    int64_t at_us = clamp(at, 0, TIME_MAX_US / SECOND_US) * SECOND_US;
    if (at_us <= c->shown_us)
        return 0;
    int64_t off = at_us - c->target_us; /* of the fastest it may run */
    return off - off / (BF_CLOCK_SLEW + 1);
}

const char *bf_clock_state_word(enum bf_clock_state state) {
    switch (state) {
    case BF_CLOCK_RUNNING: return "running";
    case BF_CLOCK_HELD: return "held";
    case BF_CLOCK_STANDING: return "standing";
    }
    BF_ASSERT(!"a state");
    return NULL;
}

const char *bf_clock_reason_word(enum bf_clock_reason reason) {
    switch (reason) {
    case BF_CLOCK_FINE: return "fine";
    case BF_CLOCK_BEFORE_LAST: return "before-last";
    case BF_CLOCK_LONG_AFTER: return "long-after";
    case BF_CLOCK_FORWARD: return "forward";
    case BF_CLOCK_BACK: return "back";
    }
    BF_ASSERT(!"a reason");
    return NULL;
}

static int64_t read_us(clockid_t clock) {
    struct timespec t;
    BF_ASSERT(clock_gettime(clock, &t) == 0);
    return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

static struct bf_clock_reading system_read(void *ctx) {
    (void)ctx;
    return (struct bf_clock_reading){read_us(CLOCK_REALTIME), read_us(CLOCK_BOOTTIME)};
}

struct bf_clock_source bf_clock_system(void) {
    return (struct bf_clock_source){.read = system_read};
}

static struct bf_clock_reading virtual_read(void *ctx) {
    return ((const struct bf_clock_virtual *)ctx)->now;
}

struct bf_clock_source bf_clock_virtual(struct bf_clock_virtual *v, bf_instant real) {
    v->now = (struct bf_clock_reading){real * SECOND_US, 0};
    return (struct bf_clock_source){virtual_read, v};
}

void bf_clock_virtual_pass(struct bf_clock_virtual *v, int64_t us) {
    BF_ASSERT(us >= 0);
    v->now.real_us += us;
    v->now.boot_us += us;
}

void bf_clock_virtual_step(struct bf_clock_virtual *v, int64_t us) { v->now.real_us += us; }
