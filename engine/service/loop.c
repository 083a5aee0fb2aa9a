/* loop: see loop.h. One turn of libuv reads what came and calls the API; then on_check gives the service its turn,
** and the servers, whose own check comes after, write what was answered. The store's threads wake the loop by an
** async handle.
*/
#include "engine/service/loop.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "engine/service/api.h"
#include "engine/service/copies.h"
#include "engine/service/http_server.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"

enum { LOCAL_CONNECTIONS = 64, SIGNALS = 3 };

struct bf_loop {
    struct bf_loop_options o;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t timer, watchdog;
    uv_check_t check;
    uv_signal_t signal[SIGNALS];
    struct bf_http_server *tcp, *local;
    char address[64], path[108];
    struct bf_service *service;
    struct bf_error why; /* of a dead one */
    uint64_t told_limits[BF_HTTP_LIMITS];
    uint32_t draining; /* servers that are not drained yet */
    bool dead;
};

/* ---- the service's turn ---- */
static void finish_if_idle(struct bf_loop *l) {
    if (l->service->draining && !l->draining && bf_service_idle(l->service)) {
        uv_stop(&l->uv);
    }
}

static void on_timer(uv_timer_t *h);

/* A timer of 0 would go off before the loop has looked at its sockets, and again, and again. */
static void turn(struct bf_loop *l) {
    if (l->dead || !l->service)
        return;
    int64_t wait = bf_service_turn(l->service);
    uv_timer_start(&l->timer, on_timer, wait > 0 ? (uint64_t)wait : 1, 0);
    finish_if_idle(l);
}

/* Not left to on_check: that comes after the loop has waited, and nothing need come to end its wait. */
static void on_timer(uv_timer_t *h) { turn(h->data); }

static void on_check(uv_check_t *h) {
    struct bf_loop *l = h->data;
    turn(l);
    l->o.turned(l->o.ctx);
}
static void on_async(uv_async_t *h) { (void)h; } /* the same */
static void on_store(void *ctx) { uv_async_send(&((struct bf_loop *)ctx)->wake); }

/* ---- what the service says ---- */
static void on_ready(void *ctx) {
    struct bf_loop *l = ctx;
    if (!l->service->draining)
        bf_sd_ready(l->o.sd);
}

static void on_dead(void *ctx, const struct bf_error *e) {
    struct bf_loop *l = ctx;
    l->dead = true;
    l->why = *e;
    uv_stop(&l->uv);
}

static void measure(void *ctx, struct bf_metrics *m) {
    struct bf_loop *l = ctx;
    struct bf_http_server_stats tcp = bf_http_server_stats(l->tcp);
    struct bf_http_server_stats local = bf_http_server_stats(l->local);
    static const enum bf_label_word labels[BF_HTTP_LIMITS] = {
        BF_LABEL_LIMIT_BODY, BF_LABEL_LIMIT_HEADER, BF_LABEL_LIMIT_TIME, BF_LABEL_LIMIT_CONNECTIONS,
        BF_LABEL_LIMIT_HEAP};
    bf_metric_set(m, BF_METRIC_CONNECTIONS, BF_LABEL_NONE_ALL, tcp.open + local.open);
    for (int i = 0; i < BF_HTTP_LIMITS; i++) {
        uint64_t n = tcp.limits[i] + local.limits[i];
        bf_metric_add(m, BF_METRIC_LIMITS, labels[i], n - l->told_limits[i]);
        l->told_limits[i] = n;
    }
}

/* ---- the service manager ---- */
/* An idle writer holds nothing that anybody waits for. */
static void on_watchdog(uv_timer_t *h) {
    struct bf_loop *l = h->data;
    const struct bf_service *s = l->service;
    const struct bf_clock_source *clock = &s->clock_source;
    if (!s->writing || clock->read(clock->ctx).boot_us - s->submitted_us < l->o.watchdog_us / 2)
        bf_sd_watchdog(l->o.sd);
}

/* ---- signals ---- */
static void on_request(void *ctx, struct bf_http_request *r) {
    bf_api_request(((struct bf_loop *)ctx)->service, r);
}

static void on_gone(void *ctx, struct bf_http_request *r) {
    bf_api_gone(((struct bf_loop *)ctx)->service, r);
}

static void on_drained(void *ctx) {
    struct bf_loop *l = ctx;
    l->draining--;
    uv_async_send(&l->wake);
}

static void drain(struct bf_loop *l) {
    if (l->service->draining)
        return;
    l->service->draining = true;
    bf_engine_rest(l->service->engine);
    bf_sd_stopping(l->o.sd);
    bf_log(l->o.service.log, BF_LOG_INFO, "draining", NULL, NULL, 0);
    l->draining = 2;
    bf_http_server_drain(l->tcp);
    bf_http_server_drain(l->local);
}

static struct bf_http_server_config server_config(const struct bf_loop *l);

/* What the program may take: three quarters are its own, a quarter is SQLite's, which then gives up cached pages. */
static void limit_memory(const struct bf_config *c) {
    int64_t bytes = bf_config_int(c, BF_CONFIG_HEAP_BYTES);
    bf_mem_limit((size_t)(bytes - bytes / 4));
    bf_store_sqlite_limit(bytes / 4);
}

static void reload(struct bf_loop *l) {
    bf_sd_reloading(l->o.sd, (int64_t)(uv_hrtime() / 1000));
    l->o.reload(l->o.ctx);
    bf_service_configure(l->service);
    limit_memory(l->o.service.config);
    struct bf_http_server_config c = server_config(l);
    bf_http_server_configure(l->tcp, &c);
    c.connections = LOCAL_CONNECTIONS;
    bf_http_server_configure(l->local, &c);
    bf_sd_ready(l->o.sd);
}

static void on_signal(uv_signal_t *h, int number) {
    struct bf_loop *l = h->data;
    if (number != SIGHUP)
        drain(l);
    else if (!l->service->draining)
        reload(l);
}

/* ---- opening ---- */
enum bf_err bf_loop_socket_path(bf_str database, char out[108], struct bf_error *e) {
    int n = snprintf(out, 108, "%.*s.sock", (int)database.len, database.p);
    return n < 108 ? BF_OK
                   : bf_fail(e, BF_ELIMIT, "%.*s.sock: a local socket's path has at most 107 bytes",
                             (int)database.len, database.p);
}

static enum bf_err open_handles(struct bf_loop *l, struct bf_error *e) {
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    int rc = uv_loop_init(&l->uv);
    if (rc)
        return bf_fail(e, BF_EIO, "start the loop: %s", uv_strerror(rc));
    uv_timer_init(&l->uv, &l->timer);
    uv_timer_start(&l->timer, on_timer, 0, 0);
    uv_check_init(&l->uv, &l->check);
    uv_timer_init(&l->uv, &l->watchdog);
    l->timer.data = l->check.data = l->watchdog.data = l;
    rc = uv_async_init(&l->uv, &l->wake, on_async);
    for (int i = 0; i < SIGNALS && !rc; i++) {
        rc = uv_signal_init(&l->uv, &l->signal[i]);
        l->signal[i].data = l;
        if (!rc)
            rc = uv_signal_start(&l->signal[i], on_signal, numbers[i]);
    }
    return rc ? bf_fail(e, BF_EIO, "start the loop: %s", uv_strerror(rc)) : BF_OK;
}

static struct bf_http_server_config server_config(const struct bf_loop *l) {
    const struct bf_config *c = l->o.service.config;
    struct bf_http_server_config o = bf_http_server_defaults;
    o.limits = bf_http_limits_default;
    o.limits.body_bytes = (uint32_t)bf_config_int(c, BF_CONFIG_BODY_BYTES);
    o.limits.head_bytes = (uint32_t)bf_config_int(c, BF_CONFIG_HEADER_BYTES);
    o.limits.head_ms = bf_config_int(c, BF_CONFIG_HEADER_TIME);
    o.limits.body_ms = bf_config_int(c, BF_CONFIG_BODY_TIME);
    o.drain_ms = bf_config_int(c, BF_CONFIG_DRAIN_TIME);
    o.connections = (uint32_t)bf_config_int(c, BF_CONFIG_CONNECTIONS);
    o.ctx = (void *)(uintptr_t)l;
    o.request = on_request;
    o.gone = on_gone;
    o.drained = on_drained;
    return o;
}

static enum bf_err open_sockets(struct bf_loop *l, struct bf_error *e) {
    const struct bf_config *c = l->o.service.config;
    const struct bf_config_value *at = &c->v[BF_CONFIG_LISTEN];
    struct bf_http_server_config o = server_config(l);
    snprintf(l->address, sizeof l->address, "%.*s", (int)at->host.len, at->host.p);
    o.address = l->address;
    o.port = (uint16_t)at->n;
    enum bf_err err = bf_loop_socket_path(bf_config_text(c, BF_CONFIG_DATABASE), l->path, e);
    if (!err)
        err = bf_http_server_open(&l->tcp, &l->uv, &o, e);
    if (err)
        return err;
    o.path = l->path;
    o.connections = LOCAL_CONNECTIONS;
    return bf_http_server_open(&l->local, &l->uv, &o, e);
}

static enum bf_err open_store(struct bf_loop *l, struct bf_store **store, struct bf_error *e) {
    bf_str path = bf_config_text(l->o.service.config, BF_CONFIG_DATABASE);
    char z[BF_PATH_MAX];
    struct bf_store_options o = {.wake = on_store, .wake_ctx = l, .must_exist = true};
    struct bf_store_opened opened = {0};
    if (path.len >= sizeof z)
        return bf_fail(e, BF_ELIMIT, "%.*s: the path is too long", (int)path.len, path.p);
    memcpy(z, path.p, path.len);
    z[path.len] = 0;
    enum bf_err err = bf_store_open_sqlite(z, &o, store, &opened, e);
    if (err)
        return bf_error_wrap(e, "open %s", z);
    if (opened.rebuild) {
        bf_store_close(*store);
        return bf_fail(e, BF_EFORMAT, "%s is of an older version: run banfad rebuild first", z);
    }
    unsigned left = bf_copies_remove(z);
    if (left)
        bf_log(l->o.service.log, BF_LOG_INFO, "copies_removed", NULL,
               BF_LOG_FIELDS(BF_LOG_INT("count", left)));
    return BF_OK;
}

enum bf_err bf_loop_open(struct bf_loop **out, const struct bf_loop_options *o,
                         struct bf_error *e) {
    struct bf_loop *l = bf_malloc(sizeof *l);
    struct bf_store *store = NULL;
    if (!l)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    memset(l, 0, sizeof *l);
    l->o = *o;
    limit_memory(o->service.config);
    signal(SIGPIPE, SIG_IGN); /* who writes is told by the call */
    enum bf_err err = open_handles(l, e);
    if (!err)
        err = open_store(l, &store, e);
    if (err)
        return err;
    struct bf_service_options service = o->service;
    service.store = store;
    service.on_ready = on_ready;
    service.on_dead = on_dead;
    service.measure = measure;
    service.ctx = l;
    err = bf_service_open(&l->service, &service, e);
    if (!err)
        err = open_sockets(l, e);
    if (err)
        return err;
    uv_check_start(&l->check,
                   on_check); /* after those of the servers: the last one started runs first */
    if (o->watchdog_us)
        uv_timer_start(&l->watchdog, on_watchdog, 0, (uint64_t)o->watchdog_us / 4000 + 1);
    *out = l;
    return BF_OK;
}

enum bf_err bf_loop_run(struct bf_loop *l, struct bf_error *e) {
    uv_run(&l->uv, UV_RUN_DEFAULT);
    if (!l->dead)
        return BF_OK;
    *e = l->why;
    return e->code;
}

static void close_one(uv_handle_t *h, void *ctx) {
    (void)ctx;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

void bf_loop_close(struct bf_loop *l) {
    bf_service_close(l->service); /* its store wakes us for the last time */
    bf_http_server_free(l->tcp);
    bf_http_server_free(l->local);
    uv_walk(&l->uv, close_one, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&l->uv);
    BF_ASSERT(!busy);
    bf_free(l);
}
