/* A service over a store in memory, with a clock that the test sets, asked by HTTP without a socket. */
#include <jansson.h>

#include "tests/unit/test.h"

#include "engine/service/api.h"
#include "lang/base/mem.h"
#include "tests/unit/fault.h"

enum { DAY = 86400 };
#define T0 INT64_C(1795000000) /* 2026-11-18T09:46:40Z */

struct house {
    struct bf_memory *memory;
    struct bf_arena *settings;
    struct bf_config_result config;
    struct bf_clock_virtual clock;
    struct bf_clock_source source;
    struct bf_log log;
    struct bf_metrics *metrics;
    struct bf_service *service;
    struct bf_http_shared http;
    unsigned ready, dead;
    struct bf_error why, failure;
    char answer[1 << 16];
};

static bool no_line(void *ctx, const char *line, size_t len) {
    (void)ctx;
    (void)line;
    return len > 0;
}

static int64_t log_time(void *ctx) {
    (void)ctx;
    return 0;
}

/* What fails after a start is not the start's. */
static void on_ready(void *ctx) {
    ((struct house *)ctx)->ready++;
    bf_mem_set_hook(NULL, NULL);
}

static void on_dead(void *ctx, const struct bf_error *e) {
    struct house *h = ctx;
    h->dead++;
    h->why = *e;
}

static void build(struct house *h) {
    *h = (struct house){.log = {.level = BF_LOG_ERROR, .now_ms = log_time, .write = no_line}};
    h->settings = bf_arena_new(0);
    h->memory = bf_memory_new();
    h->metrics = bf_metrics_new();
    assert_true(h->settings && h->memory && h->metrics);
    static const char *const flags[] = {"--data=/nonexistent", "--address-burst=1000000"};
    bf_config_load(h->settings, &(struct bf_config_input){.args = flags, .arg_count = 2},
                   &h->config);
    assert_int_equal(h->config.errors, 0);
    h->source = bf_clock_virtual(&h->clock, T0);
}

static void demolish(struct house *h) {
    bf_metrics_free(h->metrics);
    bf_memory_free(h->memory);
    bf_arena_free(h->settings);
}

/* Turns until nothing moves any more. */
static void turn(struct house *h) {
    for (int i = 0; i < 100; i++)
        bf_service_turn(h->service);
}

static bool open_house(struct house *h) {
    struct bf_service_options o = {.config = &h->config.config,
                                   .log = &h->log,
                                   .metrics = h->metrics,
                                   .clock = h->source,
                                   .on_ready = on_ready,
                                   .on_dead = on_dead,
                                   .ctx = h};
    static const struct bf_store_options so = {0};
    h->ready = h->dead = 0;
    h->service = NULL;
    if (bf_store_open_memory(h->memory, &so, &o.store, &h->failure) ||
        bf_service_open(&h->service, &o, &h->failure))
        return false;
    h->http = (struct bf_http_shared){.limits = bf_http_limits_default,
                                      .ctx = h->service,
                                      .request = bf_api_request,
                                      .gone = bf_api_gone};
    turn(h);
    assert_int_equal(h->ready + h->dead, 1);
    return h->ready;
}

static bool open_at(struct house *h, int64_t real_s) {
    h->clock.now.real_us = real_s * 1000000;
    return open_house(h);
}

static void close_house(struct house *h) {
    bf_service_close(h->service);
    h->service = NULL;
}

static struct bf_http_conn *send_text(struct house *h, const char *method, const char *path,
                                      const char *key, const char *body) {
    static const struct bf_http_peer local = {.local = true};
    char text[4096];
    struct bf_http_conn *c = bf_http_conn_new(&h->http, NULL, 0);
    if (!c)
        return NULL;
    bf_http_conn_from(c, &local);
    int n = snprintf(
        text, sizeof text,
        "%s %s HTTP/1.1\r\nHost: x\r\nIdempotency-Key: %s\r\nContent-Length: %zu\r\n\r\n%s", method,
        path, key, strlen(body), body);
    bf_http_conn_input(c, text, (size_t)n, 0);
    return c;
}

/* The status; 0: no answer. The text is in h->answer. */
static int receive(struct house *h, struct bf_http_conn *c) {
    int status = 0;
    if (!c)
        return 0;
    turn(h);
    bf_str out = bf_http_conn_output(c);
    assert_true(out.len < sizeof h->answer);
    if (out.len)
        memcpy(h->answer, out.p, out.len);
    h->answer[out.len] = 0;
    sscanf(h->answer, "HTTP/1.1 %d", &status);
    bf_http_conn_free(c);
    return status;
}

static int ask(struct house *h, const char *method, const char *path, const char *key,
               const char *body) {
    return receive(h, send_text(h, method, path, key, body));
}

static bool says(const struct house *h, const char *text) {
    return strstr(h->answer, text) != NULL;
}

#define PUT "{\"rows\":[{\"id\":\"d1\",\"json\":{\"name\":\"one\"},\"kind\":\"department\"}]}"

static int put(struct house *h, const char *key) {
    return ask(h, "POST", "/v1/directory", key, PUT);
}

static void pass(struct house *h, int64_t seconds) {
    bf_clock_virtual_pass(&h->clock, seconds * 1000000);
}

static void step(struct house *h, int64_t seconds) {
    bf_clock_virtual_step(&h->clock, seconds * 1000000);
}

/* ---- the clock ---- */
static void test_a_clock_before_the_last_row_is_held(void **state) {
    struct house h;
    (void)state;
    build(&h);
    assert_true(open_at(&h, T0));
    assert_int_equal(put(&h, "k1"), 200);
    close_house(&h);

    assert_true(open_at(&h, T0 - DAY)); /* it serves all the same */
    assert_int_equal(ask(&h, "GET", "/readyz", "k", ""), 200);
    assert_true(
        says(&h, "\"clock\":\"held\",\"clock_reason\":\"before-last\",\"state\":\"ready\""));
    assert_true(bf_service_now(h.service) >= T0);
    pass(&h, 100);
    assert_int_equal(put(&h, "k2"), 200);
    assert_int_equal(bf_service_now(h.service), T0 + 100); /* time passes */

    assert_int_equal(ask(&h, "POST", "/v1/clock/acceptance", "a1", ""), 200);
    assert_true(says(&h, "\"state\":\"standing\""));
    pass(&h, 3600);
    assert_int_equal(bf_service_now(h.service), T0 + 100); /* what was stamped is not left */
    pass(&h, DAY);
    assert_int_equal(bf_service_now(h.service),
                     T0 + 100 + 3600); /* the accepted time came up to it */
    assert_int_equal(ask(&h, "GET", "/v1/clock", "k", ""), 200);
    assert_true(says(&h, "\"state\":\"running\""));
    uint64_t rows = h.service->committed;
    assert_int_equal(ask(&h, "POST", "/v1/clock/acceptance", "a2", ""), 200);
    assert_int_equal(h.service->committed, rows); /* there was nothing to accept */
    close_house(&h);
    demolish(&h);
}

static void test_a_clock_that_steps_is_held_and_accepted(void **state) {
    struct house h;
    (void)state;
    build(&h);
    assert_true(open_at(&h, T0));
    step(&h, 1);
    assert_int_equal(ask(&h, "GET", "/readyz", "k", ""), 200);
    assert_true(says(&h, "\"clock\":\"running\""));
    step(&h, DAY - 1);
    assert_int_equal(ask(&h, "GET", "/readyz", "k", ""), 200);
    assert_true(says(&h, "\"clock\":\"held\",\"clock_reason\":\"forward\""));
    pass(&h, 10);
    assert_in_range(bf_service_now(h.service), T0 + 9, T0 + 11);
    uint64_t rows = h.service->committed;
    assert_int_equal(ask(&h, "POST", "/v1/clock/acceptance", "a1", ""), 200);
    assert_true(says(&h, "\"off_us\":0"));
    assert_in_range(bf_service_now(h.service), T0 + DAY + 9, T0 + DAY + 11);
    assert_int_equal(h.service->committed, rows + 1); /* it is in the journal */
    /* The same request again is the same acceptance, not another. */
    step(&h, DAY);
    assert_int_equal(ask(&h, "POST", "/v1/clock/acceptance", "a1", ""), 200);
    assert_true(says(&h, "Idempotency-Replayed: true"));
    assert_int_equal(ask(&h, "GET", "/v1/clock", "k", ""), 200);
    assert_true(says(&h, "\"state\":\"held\""));
    assert_int_equal(h.service->committed, rows + 1);
    close_house(&h);
    demolish(&h);
}

static void test_what_is_accepted_is_what_was_seen(void **state) {
    struct house h;
    (void)state;
    build(&h);
    assert_true(open_at(&h, T0));
    step(&h, DAY);
    struct bf_http_conn *c = send_text(&h, "POST", "/v1/clock/acceptance", "a1", "");
    step(&h, 300 * DAY); /* before the row is durable */
    assert_int_equal(receive(&h, c), 409);
    assert_true(says(&h, "/problems/clock-moved"));
    assert_in_range(bf_service_now(h.service), T0, T0 + 2);
    close_house(&h);
    demolish(&h);
}

static void test_a_start_long_after_the_last_row_is_held(void **state) {
    struct house h;
    (void)state;
    build(&h);
    assert_true(open_at(&h, T0));
    assert_int_equal(put(&h, "k1"), 200);
    close_house(&h);
    assert_true(open_at(&h, T0 + 44 * DAY));
    assert_int_equal(h.service->clock.state, BF_CLOCK_RUNNING);
    close_house(&h);
    assert_true(open_at(&h, T0 + 46 * DAY));
    assert_int_equal(h.service->clock.state, BF_CLOCK_HELD);
    assert_int_equal(h.service->clock.reason, BF_CLOCK_LONG_AFTER);
    close_house(&h);
    demolish(&h);
}

/* ---- the store ---- */
static void test_a_full_disk_refuses_writes_and_goes_on(void **state) {
    struct house h;
    (void)state;
    build(&h);
    assert_true(open_at(&h, T0));
    bf_memory_fail(h.memory, 0, BF_MEMORY_FULL);
    assert_int_equal(put(&h, "k1"), 507);
    assert_int_equal(ask(&h, "GET", "/readyz", "k", ""), 200);
    assert_int_equal(put(&h, "k1"), 200); /* the same key: nothing of the first stayed */
    assert_false(says(&h, "Idempotency-Replayed"));
    assert_int_equal(put(&h, "k1"), 200);
    assert_true(says(&h, "Idempotency-Replayed"));
    assert_int_equal(h.dead, 0);
    assert_false(h.service->writing);
    close_house(&h);
    demolish(&h);
}

/* Somebody signed in by a token of his own. */
static int ask_as(struct house *h, const char *method, const char *path, const char *token) {
    char text[512];
    static const struct bf_http_peer peer = {.address_len = 4};
    struct bf_http_conn *c = bf_http_conn_new(&h->http, NULL, 0);
    bf_http_conn_from(c, &peer);
    int n =
        snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
                 method, path, token);
    bf_http_conn_input(c, text, (size_t)n, 0);
    return receive(h, c);
}

/* A denied attempt is a row if there is room for one; the answer is the same. */
static void test_a_denial_is_recorded_where_there_is_room(void **state) {
    struct house h;
    char token[BF_TOKEN_LEN + 1];
    (void)state;
    build(&h);
    assert_true(open_at(&h, T0));
    assert_int_equal(ask(&h, "POST", "/v1/directory", "k1",
                         "{\"rows\":[{\"id\":\"eve\",\"json\":{\"active\":true,\"name\":\"Eve\","
                         "\"operator\":false},\"kind\":\"person\"}]}"),
                     200);
    assert_int_equal(ask(&h, "POST", "/v1/tokens", "k2", "{\"person\":\"eve\"}"), 201);
    snprintf(token, sizeof token, "%s", strstr(h.answer, BF_TOKEN_PREFIX));
    uint64_t rows = h.service->committed;
    assert_int_equal(ask_as(&h, "GET", "/v1/clock", token), 403);
    assert_int_equal(h.service->committed, rows + 1);
    assert_int_equal(ask_as(&h, "GET", "/v1/cases/7", token), 404);
    assert_int_equal(h.service->committed, rows + 2);
    bf_memory_fail(h.memory, 0, BF_MEMORY_FULL);
    assert_int_equal(ask_as(&h, "GET", "/v1/clock", token), 403);
    assert_int_equal(h.service->committed, rows + 2);
    assert_int_equal(ask(&h, "GET", "/metrics", "k", ""), 200);
    assert_true(says(&h, "banfad_denied_unrecorded_total 1\n"));
    assert_true(says(&h, "banfad_denied_total{reason=\"right\"} 2\n"));
    assert_true(says(&h, "banfad_denied_total{reason=\"unseen\"} 1\n"));
    pass(&h, 1);
    for (int i = 0; i < 70; i++)
        assert_int_equal(ask_as(&h, "GET", "/v1/clock", token), 403);
    assert_int_equal(h.service->committed, rows + 60 - 1); /* one had no room */
    pass(&h, 60);                                          /* one a minute comes back */
    assert_int_equal(ask_as(&h, "GET", "/v1/clock", token), 403);
    assert_int_equal(ask_as(&h, "GET", "/v1/clock", token), 403);
    assert_int_equal(h.service->committed, rows + 60);
    close_house(&h);
    demolish(&h);
}

static void test_a_store_that_fails_is_the_end(void **state) {
    static const enum bf_memory_fault faults[] = {BF_MEMORY_LOST, BF_MEMORY_DOUBTFUL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct house h;
        build(&h);
        assert_true(open_at(&h, T0));
        bf_memory_fail(h.memory, 0, faults[i]);
        struct bf_http_conn *waits = send_text(&h, "POST", "/v1/directory", "k1", PUT);
        turn(&h);
        assert_int_equal(h.dead, 1);
        assert_int_equal(bf_http_conn_output(waits).len, 0); /* told to nobody */
        assert_int_equal(ask(&h, "GET", "/healthz", "k", ""), 503);
        assert_int_equal(ask(&h, "GET", "/readyz", "k", ""), 503);
        assert_true(says(&h, "\"state\":\"dead\""));
        assert_int_equal(ask(&h, "GET", "/v1/clock", "k", ""), 503);
        bf_http_conn_free(waits);
        close_house(&h);
        assert_true(open_at(&h, T0)); /* recovery: lost or there, but once */
        assert_int_equal(h.service->committed, i);
        assert_int_equal(put(&h, "k1"), 200);
        assert_int_equal(h.service->committed, 1);
        close_house(&h);
        demolish(&h);
    }
}

static void tell_nothing(void *ctx, const struct bf_answer *a) {
    (void)ctx;
    assert_int_equal(a->kind, BF_ANSWER_DONE);
}

static void send_notice(struct house *h, enum bf_entry_kind kind, const char *data) {
    struct bf_notice n = {.kind = kind, .data = bf_str_of(data), .answer = tell_nothing};
    bf_engine_notice(h->service->engine, &n);
    turn(h);
}

static void test_settings_count_from_the_next_start_on(void **state) {
    struct house h;
    (void)state;
    build(&h);
    assert_true(open_at(&h, T0));
    send_notice(&h, BF_ENTRY_SETTING,
                "{\"id\":\"origin\",\"json\":{\"origin\":\"here\"},\"kind\":\"service\"}");
    send_notice(&h, BF_ENTRY_SETTING,
                "{\"id\":\"held\",\"json\":{\"held\":true},\"kind\":\"service\"}");
    close_house(&h);
    assert_true(open_at(&h, T0));
    assert_true(bf_str_eq(h.service->origin, BF_STR("here")));
    assert_true(h.service->holds_deliveries);
    send_notice(&h, BF_ENTRY_SETTING, "{\"id\":\"held\",\"json\":null,\"kind\":\"service\"}");
    close_house(&h);
    assert_true(open_at(&h, T0));
    assert_false(h.service->holds_deliveries);
    close_house(&h);
    demolish(&h);
}

static void test_a_policy_without_its_image_is_no_start(void **state) {
    struct house h;
    (void)state;
    build(&h);
    assert_true(open_at(&h, T0));
    send_notice(&h, BF_ENTRY_POLICY,
                "{\"active\":true,\"name\":\"p\",\"policy\":"
                "\"0000000000000000000000000000000000000000000000000000000000000000\"}");
    close_house(&h);
    assert_false(open_at(&h, T0));
    assert_true(strstr(h.why.text, "its image is not there") != NULL);
    close_house(&h);
    demolish(&h);
}

/* ---- memory ---- */
static bool start_and_stop(void *ctx) {
    struct house *h = ctx;
    bool fine = open_house(h);
    if (h->service)
        close_house(h);
    return fine;
}

static void test_a_start_without_memory_is_told(void **state) {
    struct house h;
    (void)state;
    build(&h);
    assert_true(open_at(&h, T0));
    assert_int_equal(put(&h, "k1"), 200);
    send_notice(&h, BF_ENTRY_SETTING,
                "{\"id\":\"origin\",\"json\":{\"origin\":\"here\"},\"kind\":\"service\"}");
    close_house(&h);
    fault_until_quiet(start_and_stop, &h);
    demolish(&h);
}

/* Whatever fails: 503, or no connection, or the service is dead; and the same request is done by whoever tries again. */
static bool write_once(void *ctx) {
    struct house *h = ctx;
    int status = put(h, "k1");
    if (status && status != 200 && status != 503 && status != 507 && !h->dead)
        fail_msg("%s", h->answer);
    return status == 200 && !h->dead;
}

static void test_a_write_without_memory_is_refused_or_the_end(void **state) {
    (void)state;
    for (long n = 0;; n++) {
        struct house h;
        struct fault f = {.left = n, .only_one = true};
        build(&h);
        assert_true(open_at(&h, T0));
        bf_mem_set_hook(fault_may, &f);
        write_once(&h);
        bf_mem_set_hook(NULL, NULL);
        if (h.dead) {
            close_house(&h);
            assert_true(open_at(&h, T0));
        }
        assert_int_equal(put(&h, "k1"), 200);
        assert_int_equal(h.service->committed, 1); /* once */
        close_house(&h);
        demolish(&h);
        if (!f.hit)
            break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clock_before_the_last_row_is_held),
        cmocka_unit_test(test_a_clock_that_steps_is_held_and_accepted),
        cmocka_unit_test(test_what_is_accepted_is_what_was_seen),
        cmocka_unit_test(test_a_start_long_after_the_last_row_is_held),
        cmocka_unit_test(test_a_full_disk_refuses_writes_and_goes_on),
        cmocka_unit_test(test_a_denial_is_recorded_where_there_is_room),
        cmocka_unit_test(test_a_store_that_fails_is_the_end),
        cmocka_unit_test(test_settings_count_from_the_next_start_on),
        cmocka_unit_test(test_a_policy_without_its_image_is_no_start),
        cmocka_unit_test(test_a_start_without_memory_is_told),
        cmocka_unit_test(test_a_write_without_memory_is_refused_or_the_end),
    };
    json_set_alloc_funcs(bf_malloc, bf_free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
