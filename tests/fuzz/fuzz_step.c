/* fuzz_step: whatever image the verifier takes, and whatever events, what a step promises holds
** (tests/unit/drive.h).
**
** The first byte of an input is how many edits (mk_edit) of the rich image follow, modulo 8; an image that
** they damage is no image, and the input is done with. The rest is events.
*/
#include "tests/fuzz/fuzz.h"
#include "tests/unit/drive.h"
#include "tests/unit/rich_image.h"

enum { CASES = 2, STEPS = 24 };

static void broken(const char *what, const char *file, int line) {
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

/* Made once: the sound image, and the calendar. */
static const uint8_t *sound;
static size_t sound_size;
static const struct bf_calendar *calendar;

static void prepare(void) {
    static struct bf_arena *kept;
    struct bf_error e;
    struct mk k;
    if (kept)
        return;
    kept = bf_arena_new(0);
    FUZZ_CHECK(kept);
    rich_build(&k, kept);
    FUZZ_CHECK(bf_build_finish(&k.b, kept, &sound, &sound_size, &e) == BF_OK);
    bf_build_fini(&k.b);
    calendar = drive_calendar(kept);
    FUZZ_CHECK(calendar);
}

static struct bf_image *edited(struct bf_arena *a, const uint8_t *data, size_t edits) {
    struct bf_error e;
    struct bf_image *image;
    uint8_t *bytes = bf_arena_copy(a, sound, sound_size);
    for (size_t i = 0; i < edits; i++)
        mk_edit(bytes, data + i * MK_EDIT);
    bf_image_seal(bytes, sound_size);
    return bf_image_load(a, bytes, sound_size, &image, &e) == BF_OK ? image : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t edits = size ? data[0] % 8 : 0;
    if (size < 1 + edits * MK_EDIT)
        return 0;
    prepare();
    struct bf_arena *a = bf_arena_new(0);
    FUZZ_CHECK(a);
    struct drive d = {.image = edited(a, data + 1, edits),
                      .calendar = calendar,
                      .p = data + 1 + edits * MK_EDIT,
                      .end = data + size};
    if (d.image)
        drive_run(&d, CASES, STEPS, broken);
    bf_arena_free(a);
    return 0;
}
