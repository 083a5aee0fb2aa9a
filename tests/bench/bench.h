/* bench: a subject against a baseline, measured in the same run.
**
** Both sides are run alternately, so that what else the machine does falls on both; the median of
** the repeats counts. What is printed and judged is the ratio, which travels between machines.
**
**     struct bench_side ours = {"decide", run_decide, &ctx, 1e6}, bare = {"C switch", …};
**     struct bench_result r = bench_compare(&ours, &bare, 15);
**     return bench_time_at_most("decide, 8 rules", "call", &r, 5.0) ? 0 : 1;
*/
#ifndef BF_BENCH_H
#define BF_BENCH_H

#include <stdbool.h>
#include <stdint.h>

struct bench_side {
    const char *name;
    void (*run)(void *ctx);
    void *ctx;
    double units; /* of work in one run: calls, bytes, acts */
};

struct bench_result {
    const char *subject, *baseline;
    double subject_ns, baseline_ns; /* a unit, median */
};

uint64_t bench_now_ns(void); /* monotonic */

/* The optimiser must think that the value is used. */
static inline void bench_keep(uint64_t value) { __asm__ volatile("" : : "r"(value) : "memory"); }

/* Runs each side once to warm up, then both in turn, repeats times (an odd number). */
struct bench_result bench_compare(const struct bench_side *subject,
                                  const struct bench_side *baseline, int repeats);

/* Print one line and return whether the aim is reached: the subject's time a unit is at most limit
** times the baseline's; the subject's speed is at least share of the baseline's (0.25: a quarter). */
bool bench_time_at_most(const char *title, const char *unit, const struct bench_result *r,
                        double limit);
bool bench_speed_at_least(const char *title, const char *unit, const struct bench_result *r,
                          double share);

#endif
