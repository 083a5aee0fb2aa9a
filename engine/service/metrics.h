/* Metrics: numbers for Prometheus (metrics.def), in its text format, version 0.0.4.
**
** Labels come from closed sets only, so that what a client sends can neither add a series nor show up in one. Threads
** may count at the same time; a rendering is no instant's picture, but each histogram in it agrees with itself.
*/
#ifndef BF_METRICS_H
#define BF_METRICS_H

#include "lang/base/text.h"

enum bf_metric {
#define METRIC(NAME, kind, name, set, unit, help) BF_METRIC_##NAME,
#include "engine/service/metrics.def"
    BF_METRICS
};
enum bf_label_set {
#define LABEL(set, name) BF_LABEL_##set,
#include "engine/service/metrics.def"
    BF_LABEL_SETS
};
/* The labels: BF_LABEL_CODE_4XX; BF_LABEL_NONE_ALL where there is none. Each set begins with its BF_LABEL_…_FIRST. */
enum bf_label_word {
#define LABEL(set, name) BF_LABEL_##set##_FIRST,
#define WORD(set, NAME, word) BF_LABEL_##set##_##NAME,
#include "engine/service/metrics.def"
    BF_LABEL_WORDS
};

struct bf_metrics;

struct bf_metrics *bf_metrics_new(void); /* NULL when out of memory; all are 0 */
void bf_metrics_free(struct bf_metrics *m);
/* The label must be of the metric's set, BF_LABEL_NONE_ALL where it has none. */
void bf_metric_add(struct bf_metrics *m, enum bf_metric id, enum bf_label_word label,
                   uint64_t n); /* COUNTER */
void bf_metric_set(struct bf_metrics *m, enum bf_metric id, enum bf_label_word label,
                   int64_t n);                                               /* GAUGE */
void bf_metric_observe(struct bf_metrics *m, enum bf_metric id, uint64_t n); /* HISTOGRAM */
void bf_metrics_render(const struct bf_metrics *m, struct bf_buf *out);
#define BF_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif
