/* show_metrics: what /metrics shows after a seeded number of events, for tests/cli/metrics.py.
**   show_metrics         prints the exposition
** Counted: requests 2xx 3 times, 5xx once; batches of 0, 1, 2, 3 and 70000 rows; commits of 100, 101 and 20000000
** microseconds; a clock that is 1.5 s behind and held. */
#include <stdio.h>

#include "engine/service/metrics.h"

int main(void) {
    struct bf_metrics *m = bf_metrics_new();
    if (!m)
        return 2;
    bf_metric_add(m, BF_METRIC_REQUESTS, BF_LABEL_CODE_2XX, 2);
    bf_metric_add(m, BF_METRIC_REQUESTS, BF_LABEL_CODE_2XX, 1);
    bf_metric_add(m, BF_METRIC_REQUESTS, BF_LABEL_CODE_5XX, 1);
    static const uint64_t rows[] = {0, 1, 2, 3, 70000}, times[] = {100, 101, 20000000};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        bf_metric_observe(m, BF_METRIC_BATCH_ROWS, rows[i]);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        bf_metric_observe(m, BF_METRIC_COMMIT_TIME, times[i]);
    bf_metric_set(m, BF_METRIC_CLOCK_OFFSET, BF_LABEL_NONE_ALL, -1500000);
    bf_metric_set(m, BF_METRIC_CLOCK_STATE, BF_LABEL_CLOCK_HELD, 1);
    struct bf_buf out;
    bf_buf_init(&out);
    bf_metrics_render(m, &out);
    int status = out.failed || fwrite(out.p, 1, out.len, stdout) != out.len;
    bf_buf_fini(&out);
    bf_metrics_free(m);
    return status;
}
