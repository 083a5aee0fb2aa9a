/* test: cmocka with the headers it wants before it. */
#ifndef BF_TEST_H
#define BF_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Small, seeded, the same everywhere: a failing case is found again by its seed. */
static inline uint64_t test_random(uint64_t *seed) {
    uint64_t z = *seed += 0x9E3779B97F4A7C15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* How many rounds a random test runs: all, or a hundredth with BANFA_SEEDS=small, which is for the
** slow sanitizer build. */
static inline unsigned test_rounds(unsigned all) {
    const char *seeds = getenv("BANFA_SEEDS");
    if (seeds && strcmp(seeds, "small") == 0)
        return all / 100 ? all / 100 : 1;
    return all;
}

#endif
