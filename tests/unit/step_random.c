/* What a step promises (drive.h) holds over random events, whatever they are, and when memory runs out. */
#include "tests/unit/drive.h"
#include "tests/unit/fault.h"
#include "tests/unit/rich_image.h"
#include "tests/unit/test.h"

enum { EVENTS = 3000, STEPS = 40, ROUNDS = 300 };

static void broken(const char *what, const char *file, int line) {
    fail_msg("%s:%d: %s", file, line, what);
}

static void random_events_keep_every_promise(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct drive d = {.image = rich_image(a), .calendar = drive_calendar(a)};
    assert_non_null(d.calendar);
    static uint8_t bytes[EVENTS];
    const unsigned rounds = test_rounds(ROUNDS);
    for (uint64_t seed = 1; seed <= rounds; seed++) {
        uint64_t random = seed;
        for (int i = 0; i < EVENTS; i++)
            bytes[i] = (uint8_t)test_random(&random);
        d.p = bytes;
        d.end = bytes + EVENTS;
        drive_run(&d, 3, STEPS, broken);
    }
    const uint32_t seen[] = {d.steps, d.done, d.refused, d.lapsed, d.consented};
    print_message("%u steps: %u done, %u refused; %u lapses, %u consents\n", d.steps, d.done,
                  d.refused, d.lapsed, d.consented);
    for (int i = 0; i < 5; i++) /* or the events were not worth driving */
        assert_true(rounds < ROUNDS || seen[i] > ROUNDS / 10);
    bf_arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_events_keep_every_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
