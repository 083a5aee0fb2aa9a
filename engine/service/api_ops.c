/* Api for those who run the service: is it alive, is it ready, its numbers, its clock. */
#include "engine/service/notice.h"

#include <inttypes.h>

enum { DUE_MAX = 10000 };

void bf_on_healthz(struct bf_call *c) {
    if (c->service->dead)
        bf_call_bytes(c, 503, "text/plain; charset=utf-8", BF_STR("dead\n"));
    else
        bf_call_bytes(c, 200, "text/plain; charset=utf-8", BF_STR("alive\n"));
}

/* Held, the clock still runs and what falls due falls due: requests are welcome, an operator is needed. */
void bf_on_readyz(struct bf_call *c) {
    struct bf_service *s = c->service;
    bool ready = s->ready && !s->draining && !s->dead;
    const char *state = s->dead       ? "dead"
                        : s->draining ? "draining"
                        : s->ready    ? "ready"
                                      : "starting";
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    if (s->ready)
        bf_service_now(s);
    bf_buf_fmt(&out, "{\"clock\":\"%s\",\"clock_reason\":\"%s\",\"disk\":\"%s\",\"state\":\"%s\"}",
               bf_clock_state_word(s->clock.state), bf_clock_reason_word(s->clock.reason),
               s->full ? "full" : "fine", state);
    bf_call_json(c, ready ? 200 : 503, &out);
}

/* ---- metrics ---- */
static void render(struct bf_call *c, void *arg) {
    struct bf_buf out;
    (void)arg;
    bf_service_measure(c->service);
    bf_buf_in(&out, c->arena);
    bf_metrics_render(c->service->metrics, &out);
    bf_call_bytes(c, 200, BF_METRICS_TYPE, bf_buf_view(&out));
}

static void due_counted(void *ctx, enum bf_err err, const struct bf_error *e,
                        const struct bf_rows *rows) {
    struct bf_call *c = ctx;
    (void)e;
    if (!err)
        bf_metric_set(c->service->metrics, BF_METRIC_DUTIES_DUE, BF_LABEL_NONE_ALL, rows->count);
    bf_call_run(c, render, NULL);
}

void bf_on_metrics(struct bf_call *c) {
    struct bf_service *s = c->service;
    if (!s->ready || s->dead) {
        render(c, NULL);
        return;
    }
    struct bf_query q = {.table = BF_TABLE_CASES,
                         .order = BF_BY_DUE,
                         .bounded = true,
                         .until = bf_service_now(s),
                         .limit = DUE_MAX};
    bf_store_read(s->store, &q, due_counted, c);
}

/* ---- clock ---- */
static void put_clock(struct bf_service *s, struct bf_buf *out) {
    bf_buf_z(out, "{\"engine\":");
    bf_json_instant(bf_service_now(s), out);
    bf_buf_fmt(out, ",\"off_us\":%" PRId64 ",\"real\":", s->clock.off_us);
    bf_json_instant(s->clock_source.read(s->clock_source.ctx).real_us / 1000000, out);
    bf_buf_fmt(out, ",\"reason\":\"%s\",\"state\":\"%s\"}", bf_clock_reason_word(s->clock.reason),
               bf_clock_state_word(s->clock.state));
}

static void tell_clock(struct bf_call *c, void *arg) {
    struct bf_buf out;
    (void)arg;
    bf_buf_in(&out, c->arena);
    put_clock(c->service, &out);
    bf_call_json(c, 200, &out);
}

void bf_on_clock_read(struct bf_call *c) { tell_clock(c, NULL); }

struct acceptance {
    int64_t off_us; /* what the operator saw */
};

/* The step is in the journal: now it counts, unless the real clock moved again meanwhile. */
static void accepted(struct bf_call *c, const struct bf_answer *a) {
    struct bf_service *s = c->service;
    const struct acceptance *seen = c->own;
    bf_service_now(s);
    int64_t moved = s->clock.off_us - seen->off_us, step_us;
    if (!a->again && s->clock.state == BF_CLOCK_HELD) {
        if (moved < -BF_CLOCK_FOLLOW_US || moved > BF_CLOCK_FOLLOW_US) {
            bf_call_problem(c, 409, "clock-moved", BF_T_API_CLOCK_MOVED, BF_NOARGS);
            return;
        }
        bf_clock_accept(&s->clock, s->clock_source.read(s->clock_source.ctx), &step_us);
        bf_log(s->log, BF_LOG_WARNING, "clock_accepted", NULL,
               BF_LOG_FIELDS(BF_LOG_STR("person", c->principal.person),
                             BF_LOG_INT("step_ms", step_us / 1000)));
    }
    tell_clock(c, NULL);
}

static void nothing_held(struct bf_call *c) { tell_clock(c, NULL); }

static void accepted_before(struct bf_call *c, const struct bf_answer *a) {
    (void)a;
    tell_clock(c, NULL);
}

/* Nothing is held: nothing to accept, and that is told by the state. */
void bf_on_clock_accept(struct bf_call *c) {
    struct bf_service *s = c->service;
    char data[64];
    bf_service_now(s);
    if (s->clock.state != BF_CLOCK_HELD) {
        bf_call_first(c, accepted_before, nothing_held);
        return;
    }
    struct acceptance *seen = bf_new(c->arena, struct acceptance);
    seen->off_us = s->clock.off_us;
    c->own = seen;
    int n = snprintf(data, sizeof data, "{\"step_us\":%" PRId64 "}", seen->off_us);
    struct bf_call_notice notice = {.kind = BF_ENTRY_CLOCK, .data = {data, (uint32_t)n}};
    bf_call_notice(c, &notice, accepted);
}
