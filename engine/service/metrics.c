/* metrics: one array of slots; a counter or gauge has one a word of its label set, a histogram one a bucket and one
** for the sum. */
#include "engine/service/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum kind { COUNTER, GAUGE, HISTOGRAM };
enum unit { ONE, SECONDS };
enum { BUCKETS = 16, SLOTS = BUCKETS + 2 }; /* +Inf, sum */

static const struct metric {
    const char *name, *help;
    enum kind kind;
    enum bf_label_set set;
    enum unit unit;
} metrics[] = {
#define METRIC(NAME, kind, name, set, unit, help) {name, help, kind, BF_LABEL_##set, unit},
#include "engine/service/metrics.def"
};

static const char *const label_names[] = {
#define LABEL(set, name) name,
#include "engine/service/metrics.def"
};
static const struct word {
    const char *word; /* NULL: a set begins */
    enum bf_label_set set;
} label_words[] = {
#define LABEL(set, name) {NULL, BF_LABEL_##set},
#define WORD(set, NAME, word) {word, BF_LABEL_##set},
#include "engine/service/metrics.def"
};
static const enum bf_label_word set_first[] = {
#define LABEL(set, name) BF_LABEL_##set##_FIRST,
#include "engine/service/metrics.def"
};

/* Upper bounds, included: microseconds, and plain numbers. */
static const uint64_t bounds[][BUCKETS] = {
    [ONE] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 65536},
    [SECONDS] = {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
                 1000000, 2500000, 5000000, 10000000},
};

struct bf_metrics {
    _Atomic uint64_t slot[BF_METRICS][SLOTS];
};

struct bf_metrics *bf_metrics_new(void) {
    struct bf_metrics *m = bf_malloc(sizeof *m);
    for (int i = 0; m && i < BF_METRICS * SLOTS; i++)
        atomic_init(&m->slot[i / SLOTS][i % SLOTS], 0);
    return m;
}

void bf_metrics_free(struct bf_metrics *m) { bf_free(m); }

static _Atomic uint64_t *slot_of(struct bf_metrics *m, enum bf_metric id, enum kind kind,
                                 enum bf_label_word label) {
    BF_ASSERT(id < BF_METRICS && metrics[id].kind == kind);
    BF_ASSERT(label < BF_LABEL_WORDS && label_words[label].word &&
              label_words[label].set == metrics[id].set);
    unsigned place = label - set_first[metrics[id].set] - 1;
    BF_ASSERT(place < SLOTS);
    return &m->slot[id][place];
}

void bf_metric_add(struct bf_metrics *m, enum bf_metric id, enum bf_label_word label, uint64_t n) {
    atomic_fetch_add_explicit(slot_of(m, id, COUNTER, label), n, memory_order_relaxed);
}

void bf_metric_set(struct bf_metrics *m, enum bf_metric id, enum bf_label_word label, int64_t n) {
    atomic_store_explicit(slot_of(m, id, GAUGE, label), (uint64_t)n, memory_order_relaxed);
}

void bf_metric_observe(struct bf_metrics *m, enum bf_metric id, uint64_t n) {
    BF_ASSERT(id < BF_METRICS && metrics[id].kind == HISTOGRAM);
    int i = 0;
    while (i < BUCKETS && n > bounds[metrics[id].unit][i])
        i++;
    atomic_fetch_add_explicit(&m->slot[id][i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->slot[id][BUCKETS + 1], n, memory_order_relaxed);
}

/* ---- rendering ---- */
static void put_number(struct bf_buf *out, enum unit unit, int64_t n) {
    if (unit == ONE) {
        bf_buf_fmt(out, "%" PRId64, n);
        return;
    }
    uint64_t size = n < 0 ? -(uint64_t)n : (uint64_t)n;
    bf_buf_fmt(out, "%s%" PRIu64 ".%06" PRIu64, n < 0 ? "-" : "", size / 1000000, size % 1000000);
}

static uint64_t read_slot(const struct bf_metrics *m, int id, int i) {
    return atomic_load_explicit(&m->slot[id][i], memory_order_relaxed);
}

static void put_plain(const struct bf_metrics *m, int id, struct bf_buf *out) {
    const struct metric *t = &metrics[id];
    enum bf_label_word first = set_first[t->set] + 1;
    for (enum bf_label_word w = first; w < BF_LABEL_WORDS && label_words[w].word; w++) {
        bf_buf_z(out, t->name);
        if (t->set != BF_LABEL_NONE)
            bf_buf_fmt(out, "{%s=\"%s\"}", label_names[t->set], label_words[w].word);
        bf_buf_char(out, ' ');
        put_number(out, t->unit, (int64_t)read_slot(m, id, (int)(w - first)));
        bf_buf_char(out, '\n');
    }
}

static void put_histogram(const struct bf_metrics *m, int id, struct bf_buf *out) {
    const struct metric *t = &metrics[id];
    uint64_t sum = 0;
    for (int i = 0; i <= BUCKETS; i++) {
        sum += read_slot(m, id, i);
        bf_buf_fmt(out, "%s_bucket{le=\"", t->name);
        if (i < BUCKETS)
            put_number(out, t->unit, (int64_t)bounds[t->unit][i]);
        else
            bf_buf_z(out, "+Inf");
        bf_buf_fmt(out, "\"} %" PRIu64 "\n", sum);
    }
    bf_buf_fmt(out, "%s_sum ", t->name);
    put_number(out, t->unit, (int64_t)read_slot(m, id, BUCKETS + 1));
    bf_buf_fmt(out, "\n%s_count %" PRIu64 "\n", t->name, sum);
}

void bf_metrics_render(const struct bf_metrics *m, struct bf_buf *out) {
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    for (int id = 0; id < BF_METRICS; id++) {
        const struct metric *t = &metrics[id];
        bf_buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", t->name, t->help, t->name, kinds[t->kind]);
        if (t->kind == HISTOGRAM)
            put_histogram(m, id, out);
        else
            put_plain(m, id, out);
    }
}
