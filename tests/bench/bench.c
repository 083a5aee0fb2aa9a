/* bench: see bench.h. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPEATS_MAX = 101 };

uint64_t bench_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double run_ns(const struct bench_side *side) {
    uint64_t start = bench_now_ns();
    side->run(side->ctx);
    return (double)(bench_now_ns() - start) / side->units;
}

static int compare_double(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, compare_double);
    return values[n / 2];
}

struct bench_result bench_compare(const struct bench_side *subject,
                                  const struct bench_side *baseline, int repeats) {
    double ours[REPEATS_MAX], theirs[REPEATS_MAX];
    if (repeats > REPEATS_MAX)
        repeats = REPEATS_MAX;
    run_ns(baseline);
    run_ns(subject);
    for (int i = 0; i < repeats; i++) {
        theirs[i] = run_ns(baseline);
        ours[i] = run_ns(subject);
    }
    return (struct bench_result){subject->name, baseline->name, median(ours, repeats),
                                 median(theirs, repeats)};
}

static void print_sides(const char *title, const char *unit, const struct bench_result *r) {
    printf("%s: %s %.3g ns/%s, %s %.3g ns/%s: ", title, r->subject, r->subject_ns, unit,
           r->baseline, r->baseline_ns, unit);
}

bool bench_time_at_most(const char *title, const char *unit, const struct bench_result *r,
                        double limit) {
    double ratio = r->subject_ns / r->baseline_ns;
    bool ok = ratio <= limit;
    print_sides(title, unit, r);
    printf("%.2f times the time (at most %.2f)%s\n", ratio, limit, ok ? "" : "  MISSED");
    return ok;
}

bool bench_speed_at_least(const char *title, const char *unit, const struct bench_result *r,
                          double share) {
    double reached = r->baseline_ns / r->subject_ns;
    bool ok = reached >= share;
    print_sides(title, unit, r);
    printf("%.1f %% of the speed (at least %.1f %%)%s\n", reached * 100, share * 100,
           ok ? "" : "  MISSED");
    return ok;
}
