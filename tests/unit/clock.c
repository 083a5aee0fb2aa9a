/* clock: named cases, and random steps against what the header promises.
**
** The naive model is the promise itself and knows nothing of how the clock is kept: from the true passing of time and
** the operator's word alone it says between which two times the clock must be.
*/
#include "tests/unit/test.h"

#include <inttypes.h>

#include "engine/service/clock.h"

#define SECOND INT64_C(1000000)
#define DAY (INT64_C(86400) * SECOND)
#define START ((bf_instant)1790000000)

static struct bf_clock started(struct bf_clock_virtual *v, bf_instant last) {
    struct bf_clock c;
    struct bf_clock_source s = bf_clock_virtual(v, START);
    bf_clock_start(&c, s.read(s.ctx), last);
    return c;
}

/* Time passes, read once a second. */
static void run(struct bf_clock *c, struct bf_clock_virtual *v, int seconds) {
    for (int i = 0; i < seconds; i++) {
        bf_clock_virtual_pass(v, SECOND);
        bf_clock_read(c, v->now);
    }
}

static void test_first_start_and_running(void **state) {
    (void)state;
    struct bf_clock_virtual v;
    struct bf_clock c = started(&v, BF_INSTANT_NONE);
    assert_int_equal(c.state, BF_CLOCK_RUNNING);
    assert_int_equal(bf_clock_now(&c), START);
    run(&c, &v, 3600);
    assert_int_equal(bf_clock_now(&c), START + 3600);
    bf_clock_virtual_pass(&v, 30 * DAY); /* asleep, CLOCK_BOOTTIME ran on */
    assert_false(bf_clock_read(&c, v.now));
    assert_int_equal(bf_clock_now(&c), START + 3600 + 30 * 86400);
}

static void test_starts_against_the_last_stamp(void **state) {
    (void)state;
    static const struct {
        int64_t after; /* the real clock after the last stamp, seconds */
        enum bf_clock_state state;
        enum bf_clock_reason reason;
        int64_t shown; /* after the last stamp */
    } rows[] = {
        {0, BF_CLOCK_RUNNING, BF_CLOCK_FINE, 0},
        {3, BF_CLOCK_RUNNING, BF_CLOCK_FINE, 3},
        {45 * 86400 - 1, BF_CLOCK_RUNNING, BF_CLOCK_FINE, 45 * 86400 - 1},
        {45 * 86400, BF_CLOCK_HELD, BF_CLOCK_LONG_AFTER, 0},
        {400 * 86400, BF_CLOCK_HELD, BF_CLOCK_LONG_AFTER, 0},
        {-2, BF_CLOCK_STANDING, BF_CLOCK_FINE, 0},
        {-3, BF_CLOCK_HELD, BF_CLOCK_BEFORE_LAST, 0},
        {-START, BF_CLOCK_HELD, BF_CLOCK_BEFORE_LAST, 0}, /* a dead battery */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bf_clock_virtual v;
        bf_clock_virtual(&v, START + rows[i].after);
        struct bf_clock c;
        bf_clock_start(&c, v.now, START);
        assert_int_equal(c.state, rows[i].state);
        assert_int_equal(c.reason, rows[i].reason);
        assert_int_equal(bf_clock_now(&c), START + rows[i].shown);
        run(&c, &v, 100); /* held or not, time passes; but first the two seconds are made up for */
        int64_t stood = rows[i].state == BF_CLOCK_STANDING ? 2 : 0;
        assert_int_equal(bf_clock_now(&c), START + rows[i].shown + 100 - stood);
        assert_int_equal(c.state, stood ? BF_CLOCK_RUNNING : rows[i].state);
    }
}

static void test_small_steps_are_followed_slowly(void **state) {
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct bf_clock_virtual v;
        struct bf_clock c = started(&v, BF_INSTANT_NONE);
        run(&c, &v, 1000);
        bf_clock_virtual_step(&v, sign * 2 * SECOND);
        run(&c, &v, 1);
        assert_int_equal(c.state, BF_CLOCK_RUNNING);
        assert_int_equal(c.shown_us, START * SECOND + 1001 * SECOND + sign * SECOND / 10);
        run(&c, &v, 19);
        assert_int_equal(c.off_us, 0);
        assert_int_equal(c.shown_us, v.now.real_us);
    }
}

static void test_large_steps_are_held_until_accepted(void **state) {
    (void)state;
    struct bf_clock_virtual v;
    struct bf_clock c = started(&v, START - 10);
    int64_t step;
    run(&c, &v, 10);
    assert_false(bf_clock_accept(&c, v.now, &step)); /* nothing to accept */
    bf_clock_virtual_step(&v, DAY);
    bf_clock_virtual_pass(&v, SECOND);
    assert_true(bf_clock_read(&c, v.now));
    assert_int_equal(c.state, BF_CLOCK_HELD);
    assert_int_equal(c.reason, BF_CLOCK_FORWARD);
    run(&c, &v, 9);
    assert_int_equal(bf_clock_now(&c), START + 20);
    assert_true(bf_clock_accept(&c, v.now, &step));
    assert_int_equal(step, DAY);
    assert_int_equal(c.state, BF_CLOCK_RUNNING);
    assert_int_equal(bf_clock_now(&c), START + 20 + 86400);

    bf_clock_virtual_step(&v, -DAY); /* it was the operator's mistake */
    run(&c, &v, 10);
    assert_int_equal(c.reason, BF_CLOCK_BACK);
    assert_int_equal(bf_clock_now(&c), START + 30 + 86400);
    assert_true(bf_clock_accept(&c, v.now, &step));
    assert_int_equal(step, -DAY);
    assert_int_equal(c.state, BF_CLOCK_STANDING);
    run(&c, &v, 86399);
    assert_int_equal(c.state, BF_CLOCK_STANDING);
    assert_int_equal(bf_clock_now(&c), START + 30 + 86400);
    run(&c, &v, 2);
    assert_int_equal(c.state, BF_CLOCK_RUNNING);
    assert_int_equal(bf_clock_now(&c), START + 31 + 86400);
}

static void test_a_step_taken_back_is_forgotten(void **state) {
    (void)state;
    struct bf_clock_virtual v;
    struct bf_clock c = started(&v, BF_INSTANT_NONE);
    bf_clock_virtual_step(&v, -3 * SECOND);
    run(&c, &v, 1);
    assert_int_equal(c.state, BF_CLOCK_HELD);
    bf_clock_virtual_step(&v, 3 * SECOND);
    bf_clock_virtual_pass(&v, SECOND);
    assert_true(bf_clock_read(&c, v.now));
    assert_int_equal(c.state, BF_CLOCK_RUNNING);
    assert_int_equal(c.reason, BF_CLOCK_FINE);
    assert_int_equal(bf_clock_now(&c), START + 2);
}

static void test_any_reading_is_borne(void **state) {
    (void)state;
    static const int64_t odd[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    for (int i = 0; i < 5 * 5 * 5 * 5; i++) {
        struct bf_clock c;
        int64_t step;
        bf_clock_start(&c, (struct bf_clock_reading){odd[i % 5], odd[i / 5 % 5]}, odd[i / 25 % 5]);
        int64_t shown = c.shown_us;
        struct bf_clock_reading r = {odd[i / 125], odd[i % 5]};
        bf_clock_read(&c, r);
        bf_clock_accept(&c, r, &step);
        assert_true(c.shown_us >= shown);
        bf_clock_wait_us(&c, odd[i / 25 % 5]);
    }
}

/* The least and the most that may be shown, by the promises alone. */
struct model {
    int64_t low, high;
};

static void test_random_steps(void **state) {
    (void)state;
    for (unsigned round = 0; round < test_rounds(3000); round++) {
        uint64_t seed = round;
        struct bf_clock_virtual v;
        bf_clock_virtual(&v, START + (int64_t)(test_random(&seed) % 7200) - 3600);
        bf_instant last = test_random(&seed) % 4 ? START : BF_INSTANT_NONE;
        struct bf_clock c;
        bf_clock_start(&c, v.now, last);
        struct model m = {c.shown_us, c.shown_us};
        if (last != BF_INSTANT_NONE)
            assert_true(c.shown_us >= last * SECOND);
        bool standing = c.state == BF_CLOCK_STANDING;
        for (int i = 0; i < 300; i++) {
            int64_t passed = (int64_t)(test_random(&seed) % (test_random(&seed) % 20 ? 3 : 4000)) *
                             (int64_t)(test_random(&seed) % SECOND);
            bf_clock_virtual_pass(&v, passed);
            switch (test_random(&seed) % 16) {
            case 0:
            case 1:
            case 2:
                bf_clock_virtual_step(&v,
                                      (int64_t)(test_random(&seed) % (4 * SECOND)) - 2 * SECOND);
                break;
            case 3:
                bf_clock_virtual_step(&v, (int64_t)(test_random(&seed) % (4 * DAY)) - 2 * DAY);
                break;
            default: break;
            }
            int64_t before = c.shown_us, step = 0;
            int64_t target = c.target_us; /* our idea of the real time, which the header shows */
            bool accepted = test_random(&seed) % 40 == 0 && bf_clock_accept(&c, v.now, &step);
            if (!accepted)
                bf_clock_read(&c, v.now);
            /* 1: never back */
            assert_true(c.shown_us >= before);
            /* 2: at 0.9 to 1.1 of the passing time, but where it stands or was accepted */
            m.high += passed + passed / 10 + 1;
            m.low += standing ? 0 : passed - passed / 10 - 1;
            if (accepted) {
                assert_int_equal(c.target_us, v.now.real_us);
                /* the reading just before still ran as held */
                assert_true(c.shown_us == v.now.real_us ||
                            (c.shown_us > v.now.real_us && c.shown_us <= before + passed));
                m = (struct model){c.shown_us, c.shown_us};
            }
            if (c.shown_us < m.low || c.shown_us > m.high)
                fail_msg("round %u, reading %d: %" PRId64 " not in %" PRId64 "..%" PRId64, round, i,
                         c.shown_us, m.low, m.high);
            /* held if and only if the real clock is further off than 2 s from where our idea of it has run */
            int64_t off = v.now.real_us - (target + passed);
            bool far = off > 2 * SECOND || off < -2 * SECOND;
            assert_int_equal(c.state == BF_CLOCK_HELD, far && !accepted);
            assert_int_equal(c.reason != BF_CLOCK_FINE, c.state == BF_CLOCK_HELD);
            /* 4 */
            if (c.state == BF_CLOCK_STANDING && !accepted)
                assert_int_equal(c.shown_us, before);
            standing = c.target_us < c.shown_us;
            m.low = standing ? c.shown_us : m.low;
            /* no timer sleeps through an instant */
            bf_instant at = bf_clock_now(&c) + (int64_t)(test_random(&seed) % 100);
            struct bf_clock later = c;
            struct bf_clock_reading r = v.now;
            int64_t wait = bf_clock_wait_us(&c, at);
            r.real_us += wait + 2 * SECOND, r.boot_us += wait;
            bf_clock_read(&later, r);
            assert_true(wait == 0 || later.shown_us <= at * SECOND + 2);
        }
    }
}

static void test_system_clock(void **state) {
    (void)state;
    struct bf_clock_source s = bf_clock_system();
    struct bf_clock_reading a = s.read(s.ctx), b = s.read(s.ctx);
    assert_true(a.boot_us > 0 && b.boot_us >= a.boot_us);
    assert_true(a.real_us > START / 2 * SECOND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_start_and_running),
        cmocka_unit_test(test_starts_against_the_last_stamp),
        cmocka_unit_test(test_small_steps_are_followed_slowly),
        cmocka_unit_test(test_large_steps_are_held_until_accepted),
        cmocka_unit_test(test_a_step_taken_back_is_forgotten),
        cmocka_unit_test(test_any_reading_is_borne),
        cmocka_unit_test(test_random_steps),
        cmocka_unit_test(test_system_clock),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
