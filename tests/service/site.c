/* site: see site.h. */
#include "tests/service/site.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/service/api.h"
#include "lang/base/mem.h"

_Noreturn static void broken(const struct site *t, const char *what) {
    fprintf(stderr, "%s: %d %.*s\n", what, t->status, (int)t->answer.len,
            t->answer.len ? t->answer.p : "");
    exit(1);
}

static int64_t log_ms(void *ctx) { return ((struct site *)ctx)->now_ms; }

static bool log_line(void *ctx, const char *line, size_t len) {
    (void)ctx;
    if (getenv("SITE_LOG"))
        fwrite(line, 1, len, stderr);
    return true;
}

static void on_ready(void *ctx) {
    ((struct site *)ctx)->ready++;
    bf_mem_set_hook(NULL, NULL);
}

static void on_dead(void *ctx, const struct bf_error *e) {
    struct site *t = ctx;
    t->dead++;
    t->why = *e;
}

bool site_start(struct site *t) {
    struct bf_store_options none = {0};
    struct bf_service_options o = {.config = &t->config,
                                   .log = &t->log,
                                   .metrics = t->metrics,
                                   .clock =
                                       bf_clock_virtual(&t->clock, t->clock.now.real_us / 1000000),
                                   .on_ready = on_ready,
                                   .on_dead = on_dead,
                                   .ctx = t};
    t->ready = t->dead = 0;
    t->service = NULL;
    if (bf_store_open_memory(t->disk, &none, &o.store, &t->why) ||
        bf_service_open(&t->service, &o, &t->why))
        return false;
    t->http.limits = bf_http_limits_default;
    t->http.ctx = t->service;
    t->http.request = bf_api_request;
    t->http.gone = bf_api_gone;
    for (int i = 0; i < 1000 && !t->ready && !t->dead; i++)
        bf_service_turn(t->service);
    return t->ready && !t->dead;
}

static void start(struct site *t) {
    if (!site_start(t))
        broken(t, t->why.text);
}

void site_stop(struct site *t) {
    bf_service_close(t->service);
    t->service = NULL;
}

void site_init(struct site *t, bf_instant at, const char *const *flags, int flag_count) {
    static const char *const env[] = {"BANFA_TOKEN_RATE=1000000", "BANFA_TOKEN_BURST=1000000",
                                      NULL};
    const struct bf_config_input in = {.env = env, .args = flags, .arg_count = flag_count};
    struct bf_config_result config;
    *t = (struct site){.a = bf_arena_new(0), .disk = bf_memory_new(), .metrics = bf_metrics_new()};
    json_set_alloc_funcs(bf_malloc, bf_free);
    bf_config_load(t->a, &in, &config);
    if (config.errors)
        broken(t, "settings");
    t->config = config.config;
    t->log = (struct bf_log){.level = BF_LOG_DEBUG, .now_ms = log_ms, .write = log_line, .ctx = t};
    t->clock.now = (struct bf_clock_reading){at * 1000000, 0};
    bf_buf_init(&t->answer);
}

void site_fini(struct site *t) {
    bf_memory_free(t->disk);
    bf_metrics_free(t->metrics);
    bf_buf_fini(&t->answer);
    bf_arena_free(t->a);
}

void site_open(struct site *t, bf_instant at) {
    site_init(t, at, NULL, 0);
    start(t);
}

void site_close(struct site *t) {
    site_stop(t);
    site_fini(t);
}

void site_reopen(struct site *t) {
    site_stop(t);
    start(t);
}

void site_rest(struct site *t) {
    for (int i = 0; i < 100000; i++) {
        bf_service_turn(t->service);
        if (bf_service_idle(t->service) || t->dead)
            return;
    }
    broken(t, "it does not come to rest");
}

void site_pass(struct site *t, int64_t seconds) {
    bf_clock_virtual_pass(&t->clock, seconds * 1000000);
    t->now_ms += seconds * 1000;
    site_rest(t);
}

struct bf_http_conn *site_send(struct site *t, const char *token, const char *method,
                               const char *path, const char *key, bf_str body) {
    struct bf_buf text;
    struct bf_http_conn *c = bf_http_conn_new(&t->http, NULL, t->now_ms);
    if (!c)
        return NULL;
    bf_http_conn_from(c, &(struct bf_http_peer){.local = !token, .address_len = 4});
    bf_buf_init(&text);
    bf_buf_fmt(&text, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %u\r\n", method, path,
               body.len);
    if (token)
        bf_buf_fmt(&text, "Authorization: Bearer %s\r\n", token);
    if (key)
        bf_buf_fmt(&text, "Idempotency-Key: %s\r\n", key);
    bf_buf_z(&text, "\r\n");
    bf_buf_str(&text, body);
    if (!text.failed)
        bf_http_conn_input(c, text.p, text.len, t->now_ms);
    bf_buf_fini(&text);
    return c;
}

static void take_answer(struct site *t, struct bf_http_conn *c) {
    bf_str out = bf_http_conn_output(c);
    t->status = 0;
    t->body = (bf_str){"", 0};
    t->answer.len = 0;
    if (!out.len)
        return;
    bf_buf_str(&t->answer, out);
    bf_buf_char(&t->answer, '\0');
    if (t->answer.failed) { /* a test that fails allocations */
        bf_buf_fini(&t->answer);
        bf_buf_init(&t->answer);
        t->status = 503;
        return;
    }
    const char *end = strstr(t->answer.p, "\r\n\r\n");
    t->status = atoi(t->answer.p + sizeof "HTTP/1.1 " - 1);
    if (end)
        t->body = (bf_str){end + 4, (uint32_t)(t->answer.p + t->answer.len - 1 - (end + 4))};
}

int site_take(struct site *t, struct bf_http_conn *c) {
    for (int i = 0; c && i < 10000; i++) {
        if (bf_http_conn_output(c).len || bf_http_conn_done(c) || t->dead)
            break;
        bf_service_turn(t->service);
    }
    if (c)
        take_answer(t, c);
    else
        t->status = 0;
    bf_http_conn_free(c);
    return t->status;
}

int site_ask(struct site *t, const char *token, const char *method, const char *path,
             const char *key, bf_str body) {
    return site_take(t, site_send(t, token, method, path, key, body));
}

void site_do(struct site *t, const char *token, const char *method, const char *path,
             const char *body) {
    char key[24];
    snprintf(key, sizeof key, "do-%u", t->keys++);
    int status = site_ask(t, token, method, path, key, bf_str_of(body));
    if (status / 100 != 2)
        broken(t, path);
}

bool site_said(const struct site *t, const char *text) {
    return bf_str_contains(t->body, bf_str_of(text));
}

void site_load(struct site *t, const char *name, bf_str image) {
    char path[200];
    snprintf(path, sizeof path, "/v1/policies/%s/activation", name);
    if (site_ask(t, NULL, "POST", "/v1/policies", "load", image) / 100 != 2)
        broken(t, name);
    site_do(t, NULL, "POST", path, "");
}

char *site_token(struct site *t, const char *person) {
    char body[200];
    snprintf(body, sizeof body, "{\"person\":\"%s\",\"name\":\"test\"}", person);
    site_do(t, NULL, "POST", "/v1/tokens", body);
    json_t *j = json_loadb(t->body.p, t->body.len, 0, NULL);
    bf_str token = bf_str_of(json_string_value(json_object_get(j, "token")));
    char *z = bf_str_z(t->a, token);
    json_decref(j);
    return z;
}
