/* drive: runs an image on events made from a string of bytes, and looks after each step whether what a
** step promises held. Used by the fuzz target (bytes of the fuzzer) and by the unit tests (random bytes).
**
** After every step:
**   - the facts, applied one by one to the case before, make the case after, byte for byte (so does a case
**     rebuilt from nothing by all facts so far);
**   - a refusal left the case as the same instant's tick does, and its fact says what the refusal says;
**   - the same step taken again gives the same;
**   - nothing was written into the case that was given;
**   - what bf_offers calls open, and needs neither arguments nor consent, is done when it is tried;
**     and what a refusal offers instead is among what bf_offers calls open.
*/
#ifndef DRIVE_H
#define DRIVE_H

#include "engine/core/step.h"

struct drive {
    const struct bf_image *image;
    const struct bf_calendar *calendar;
    const uint8_t *p, *end; /* bytes left; when none are, zeros */
    /* what was seen */
    uint32_t steps, done, refused, lapsed, consented;
};

/* Drives up to `cases` cases one after the other. What does not hold is told to fail, which must not return. */
void drive_run(struct drive *d, uint32_t cases, uint32_t steps_each,
               void (*fail)(const char *what, const char *file, int line));

/* A small calendar: weekends rest, a holiday, made up; the hour's zone is +08:00. */
const struct bf_calendar *drive_calendar(struct bf_arena *a);
#define DRIVE_EPOCH 20360 /* 2025-09-29, a Monday before the holiday */

#endif
