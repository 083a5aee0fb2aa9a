/* generate: a source of a size asked for that uses every construct of the language, without a mistake in it.
** The same size and seed give the same text. Sound, not sensible: it is there to be compiled. */
#ifndef BENCH_GENERATE_H
#define BENCH_GENERATE_H

#include "lang/base/text.h"

/* Appends at least `bytes` bytes: a policy, then numbered units, one half of them in each surface. Returns the
** number of units. */
unsigned bench_generate(struct bf_buf *out, size_t bytes, uint64_t seed);

#endif
