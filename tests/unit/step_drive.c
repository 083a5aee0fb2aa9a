/* step_drive IMAGE: drives a compiled policy with random events and looks whether what a step promises holds
** (drive.h). Prints what was seen. */
#include "lang/base/stdlib.h"
#include "tests/unit/drive.h"
#include "tests/unit/test.h"

enum { EVENTS = 2000, STEPS = 40, ROUNDS = 100 };

static void broken(const char *what, const char *file, int line) {
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    exit(1);
}

int main(int argc, char **argv) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_error e;
    struct bf_image *image;
    bf_str bytes;
    if (argc != 2 || !a || bf_file_read(a, argv[1], 64 << 20, &bytes, &e) ||
        bf_image_load(a, bytes.p, bytes.len, &image, &e)) {
        fprintf(stderr, "step_drive: %s\n", argc == 2 && a ? e.text : "an image, please");
        return 2;
    }
    struct drive d = {.image = image, .calendar = drive_calendar(a)};
    static uint8_t random[EVENTS];
    for (uint64_t seed = 1; d.calendar && seed <= (d.done ? test_rounds(ROUNDS) : ROUNDS); seed++) {
        uint64_t s = seed;
        for (int i = 0; i < EVENTS; i++)
            random[i] = (uint8_t)test_random(&s);
        d.p = random;
        d.end = random + EVENTS;
        drive_run(&d, 3, STEPS, broken);
    }
    printf("%u steps: %u done, %u refused; %u lapses, %u consents\n", d.steps, d.done, d.refused,
           d.lapsed, d.consented);
    bf_arena_free(a);
    return d.done > 0 ? 0 : 1;
}
