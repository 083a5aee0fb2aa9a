/* Persons: who is behind what a party did or asked for. A party acts, through an office maybe; a person does it. The rules
** read no persons but for `distinct from`; facts keep them, and people are told of them.
**
** Each of the three is a Person or absent. Where nobody is known there are none (NULL), never three absent ones. Who acts in
** his own name needs none: he is the party.
*/
#ifndef BF_PERSONS_H
#define BF_PERSONS_H

#include "engine/core/value.h"

struct bf_persons {
    struct bf_value person;    /* who did it */
    struct bf_value principal; /* in whose place he did it, as his deputy */
    struct bf_value clerk;     /* who entered the party's paper, and did nothing else */
};
/* Whoever of the party can be found to do it: for those who list what may be done, and not by whom. */
extern const struct bf_persons bf_persons_anyone;

const struct bf_persons *bf_persons_copy(struct bf_arena *a, const struct bf_persons *by);

/* Was what one party did the doing of who does the other? Where both persons are known: the same person, be it for another
** party or through another post, or one of them in the other's place, or both in the place of a third. Where one is not: the
** same party through the same post (and of bf_persons_anyone, y's, that another person will be found). A clerk who only
** entered a paper did not do it. */
bool bf_persons_same(struct bf_value x, const struct bf_persons *x_by, struct bf_value y,
                     const struct bf_persons *y_by);

/* Canonical JSON: {"clerk":…,"person":…,"principal":…} without what is absent. canon.h reads it. */
void bf_persons_json(const struct bf_image *m, const struct bf_persons *by, struct bf_buf *out);

#endif
