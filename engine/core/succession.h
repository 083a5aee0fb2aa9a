/* Succession: a party takes the place of another, in values, in cases and in what rules read.
**
** Once it has, whoever names the old one names the new: what a case holds, what an act or an event carries and what a
** register's row says read so. What is history keeps the old name: facts, and by whom a violation was.
*/
#ifndef BF_SUCCESSION_H
#define BF_SUCCESSION_H

#include "engine/core/eval.h"

/* Does a value name the party, through whatever office? Parts are looked at. */
bool bf_value_names(struct bf_value v, struct bf_value party);
/* The same value with `to` wherever it named `old`, offices kept; shares what stays. In a list of parties nobody comes to
** stand twice because of it. */
struct bf_value bf_value_succeed(struct bf_arena *a, struct bf_value v, struct bf_value old,
                                 struct bf_value to);
/* … by all that the world knows of, in its order. */
struct bf_value bf_world_value(const struct bf_world *w, struct bf_arena *a, struct bf_value v);
/* May those in the list (of one, of several, of none) take a party's place from now on? Not who is no more himself, nor he
** of whom it is said already who did. */
bool bf_succession_ok(const struct bf_world *w, struct bf_value old, struct bf_value list);
/* Is it a party that is no more, be it known or not who took its place? */
bool bf_world_gone(const struct bf_world *w, struct bf_value party);

/* Does an open case hold the party: its data, who started it, acts, requests, members of lists? */
bool bf_case_names(const struct bf_image *m, const struct bf_case *c, struct bf_value party);
/* What the case knows of a party that is no more and has no successor in it yet; NULL: nothing. */
const struct bf_case_gone *bf_case_gone(const struct bf_case *c, struct bf_value party);
/* Puts `to` in the place of `old`. Of a duty of each that both have, what runs stands; where both run, or neither, what
** the successor has. bf_apply's. */
void bf_case_succeed(const struct bf_image *m, struct bf_arena *a, struct bf_case *c,
                     struct bf_value old, struct bf_value to);

#endif
