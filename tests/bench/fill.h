/* fill: opens cases of the two-approval policy in a closed database, through the engine, as of an earlier time. */
#ifndef BENCH_FILL_H
#define BENCH_FILL_H

#include <stdbool.h>
#include <stdint.h>

/* `now`: what the clock says meanwhile, seconds since 1970. False, and says why. */
bool fill_database(const char *path, const char *image, uint64_t cases, int64_t now);

#endif
