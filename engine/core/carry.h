/* Carry: values and events of one image in another, of a later text of the same policy or of one that amends it. What
** belongs to an image is found there by its name. */
#ifndef BF_CARRY_H
#define BF_CARRY_H

#include "engine/core/step.h"

/* From x to y; the arena is that of what is made. */
struct bf_carry {
    const struct bf_image *x, *y;
    struct bf_arena *a;
};

/* A value of type row tx as one of type row ty. False: it cannot be one. */
bool bf_carry_value(const struct bf_carry *k, uint32_t tx, uint32_t ty, struct bf_value value,
                    struct bf_value *out);
/* A party, and through which office; one whose office is not there comes without. */
struct bf_value bf_carry_party(const struct bf_carry *k, struct bf_value party);
/* The procedure called as that of x; BF_NONE. */
uint32_t bf_carry_proc(const struct bf_carry *k, uint32_t proc);
/* Such an event of x. ACT, CONSENT, DECLINE of a case of y's procedure `proc`: an act that is not there is BF_NONE. OPEN
** without a start. Arguments and data by name; what y has not is left out. False: y has no such procedure, or a value does
** not fit there. */
bool bf_carry_event(const struct bf_carry *k, uint32_t proc, struct bf_event *e);

/* What an event that was raised is called there, with its arguments. False: y has none such. */
bool bf_carry_raised(const struct bf_carry *k, uint32_t *event, struct bf_event *e);

#endif
