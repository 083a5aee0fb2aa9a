/* Record: a scenario's run as journal rows, as a service would have written them. */
#ifndef BF_RECORD_H
#define BF_RECORD_H

#include "engine/core/journal.h"
#include "engine/sim/sim.h"

/* How many rows a run makes: its entries and the rows it put into registers and the directory. */
uint32_t bf_record_count(const struct bf_sim *s);
/* The i-th row, from 0, its number i + 1. It shares with the sim, whose arena takes the rest. What came before the
** first `at` is recorded at that instant. Recorded never goes back. */
void bf_record_entry(const struct bf_sim *s, uint32_t i, struct bf_entry *n);
/* When what was put before the first `at` is recorded. */
bf_instant bf_record_begin(const struct bf_sim *s);

#endif
