/* Denied attempts: who was signed in and was told no leaves a row of the journal, of no case, so that the case it was
** about gains nothing; of each person so many an hour, so that nobody fills the disk by being refused. The answer waits
** for the row, and is the same whether there could be one or not. */
#include <string.h>

#include "engine/service/api.h"

/* An hour is a second to these buckets, whose rates are whole numbers. */
enum { HOUR = 3600 };

struct denial {
    struct bf_call *call;
    enum bf_label_word reason;
    uint64_t about;
    void (*then)(struct bf_call *c);
    const struct bf_answer *answer;
};

static const char *word_of(enum bf_label_word reason) {
    return reason == BF_LABEL_DENIED_UNSEEN     ? "unseen"
           : reason == BF_LABEL_DENIED_CAPACITY ? "capacity"
                                                : "right";
}

/* seq: of its row; 0: there is none. */
static void told(const struct denial *d, uint64_t seq) {
    struct bf_call *c = d->call;
    struct bf_log_about about = {c->request_id, &c->trace};
    if (!seq)
        bf_metric_add(c->service->metrics, BF_METRIC_DENIED_UNRECORDED, BF_LABEL_NONE_ALL, 1);
    bf_log(c->service->log, BF_LOG_WARNING, "right_denied", &about,
           BF_LOG_FIELDS(BF_LOG_STR("route", bf_str_of(bf_call_route(c))),
                         BF_LOG_STR("reason", bf_str_of(word_of(d->reason))),
                         BF_LOG_INT("about", (int64_t)d->about),
                         BF_LOG_STR("person", c->principal.person),
                         BF_LOG_INT("row", (int64_t)seq)));
    d->then(c);
}

static void go_on(struct bf_call *c, void *arg) {
    const struct denial *d = arg;
    (void)c;
    told(d, d->answer->kind == BF_ANSWER_DONE ? d->answer->seq : 0);
}

static void answered(void *ctx, const struct bf_answer *a) {
    struct denial *d = ctx;
    d->answer = a;
    bf_call_run(d->call, go_on, d);
}

void bf_call_deny(struct bf_call *c, enum bf_label_word reason, uint64_t about,
                  void (*then)(struct bf_call *c)) {
    struct denial *d = bf_new(c->arena, struct denial);
    struct bf_buf data;
    *d = (struct denial){.call = c, .reason = reason, .about = about, .then = then};
    bf_metric_add(c->service->metrics, BF_METRIC_DENIED, reason, 1);
    if (!bf_rates_take(c->service->denials, c->principal.person, c->started_us / HOUR, NULL)) {
        told(d, 0);
        return;
    }
    bf_buf_in(&data, c->arena);
    bf_buf_char(&data, '{');
    if (about)
        bf_buf_fmt(&data, "\"about\":%llu,", (unsigned long long)about);
    bf_buf_fmt(&data, "\"reason\":\"%s\",\"route\":\"%s\"}", word_of(reason), bf_call_route(c));
    bf_engine_notice(c->service->engine, &(struct bf_notice){.kind = BF_ENTRY_DENIED,
                                                             .data = bf_buf_view(&data),
                                                             .principal = c->principal.person,
                                                             .request = c->request_id,
                                                             .answer = answered,
                                                             .ctx = d});
}
