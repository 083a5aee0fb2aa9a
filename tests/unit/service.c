/* A service over a store in memory, with a clock that the test sets, asked by HTTP without a socket. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/service/audit.h"
#include "lang/base/mem.h"
#include "tests/service/site.h"
#include "tests/unit/fault.h"

enum { DAY = 86400 };
#define T0 INT64_C(1795000000) /* 2026-11-18T09:46:40Z */

static void build(struct site *t) {
    static const char *const flags[] = {"--data=/nonexistent", "--address-burst=1000000"};
    site_init(t, T0, flags, 2);
}

static bool start(struct site *t) {
    bool ready = site_start(t);
    assert_true(!t->service || t->ready + t->dead == 1);
    return ready;
}

static bool open_at(struct site *t, int64_t real_s) {
    t->clock.now.real_us = real_s * 1000000;
    return start(t);
}

/* What it did beside, too, is done. */
static int receive(struct site *t, struct bf_http_conn *c) {
    int status = site_take(t, c);
    if (!t->dead)
        site_rest(t);
    return status;
}

static int ask(struct site *t, const char *method, const char *path, const char *key,
               const char *body) {
    return receive(t, site_send(t, NULL, method, path, key, bf_str_of(body)));
}

/* Head included. */
static bool says(const struct site *t, const char *text) {
    return t->answer.len && strstr(t->answer.p, text) != NULL;
}

#define PUT "{\"rows\":[{\"id\":\"d1\",\"json\":{\"name\":\"one\"},\"kind\":\"department\"}]}"

static int put(struct site *t, const char *key) {
    return ask(t, "POST", "/v1/directory", key, PUT);
}

static void pass(struct site *t, int64_t seconds) {
    bf_clock_virtual_pass(&t->clock, seconds * 1000000);
}

static void step(struct site *t, int64_t seconds) {
    bf_clock_virtual_step(&t->clock, seconds * 1000000);
}

/* ---- the clock ---- */
static void test_a_clock_before_the_last_row_is_held(void **state) {
    struct site t;
    (void)state;
    build(&t);
    assert_true(open_at(&t, T0));
    assert_int_equal(put(&t, "k1"), 200);
    site_stop(&t);

    assert_true(open_at(&t, T0 - DAY)); /* it serves all the same */
    assert_int_equal(ask(&t, "GET", "/readyz", "k", ""), 200);
    assert_true(says(&t, "\"clock\":\"held\",\"clock_reason\":\"before-last\",\"disk\":\"fine\","
                         "\"state\":\"ready\""));
    assert_true(bf_service_now(t.service) >= T0);
    pass(&t, 100);
    assert_int_equal(put(&t, "k2"), 200);
    assert_int_equal(bf_service_now(t.service), T0 + 100); /* time passes */

    assert_int_equal(ask(&t, "POST", "/v1/clock/acceptance", "a1", ""), 200);
    assert_true(says(&t, "\"state\":\"standing\""));
    pass(&t, 3600);
    assert_int_equal(bf_service_now(t.service), T0 + 100); /* what was stamped is not left */
    pass(&t, DAY);
    assert_int_equal(bf_service_now(t.service),
                     T0 + 100 + 3600); /* the accepted time came up to it */
    assert_int_equal(ask(&t, "GET", "/v1/clock", "k", ""), 200);
    assert_true(says(&t, "\"state\":\"running\""));
    uint64_t rows = t.service->committed;
    assert_int_equal(ask(&t, "POST", "/v1/clock/acceptance", "a2", ""), 200);
    assert_int_equal(t.service->committed, rows); /* there was nothing to accept */
    site_stop(&t);
    site_fini(&t);
}

static void test_a_clock_that_steps_is_held_and_accepted(void **state) {
    struct site t;
    (void)state;
    build(&t);
    assert_true(open_at(&t, T0));
    step(&t, 1);
    assert_int_equal(ask(&t, "GET", "/readyz", "k", ""), 200);
    assert_true(says(&t, "\"clock\":\"running\""));
    step(&t, DAY - 1);
    assert_int_equal(ask(&t, "GET", "/readyz", "k", ""), 200);
    assert_true(says(&t, "\"clock\":\"held\",\"clock_reason\":\"forward\""));
    pass(&t, 10);
    assert_in_range(bf_service_now(t.service), T0 + 9, T0 + 11);
    uint64_t rows = t.service->committed;
    assert_int_equal(ask(&t, "POST", "/v1/clock/acceptance", "a1", ""), 200);
    assert_true(says(&t, "\"off_us\":0"));
    assert_in_range(bf_service_now(t.service), T0 + DAY + 9, T0 + DAY + 11);
    assert_int_equal(t.service->committed, rows + 1); /* it is in the journal */
    /* The same request again is the same acceptance, not another. */
    step(&t, DAY);
    assert_int_equal(ask(&t, "POST", "/v1/clock/acceptance", "a1", ""), 200);
    assert_true(says(&t, "Idempotency-Replayed: true"));
    assert_int_equal(ask(&t, "GET", "/v1/clock", "k", ""), 200);
    assert_true(says(&t, "\"state\":\"held\""));
    assert_int_equal(t.service->committed, rows + 1);
    site_stop(&t);
    site_fini(&t);
}

static void test_what_is_accepted_is_what_was_seen(void **state) {
    struct site t;
    (void)state;
    build(&t);
    assert_true(open_at(&t, T0));
    step(&t, DAY);
    struct bf_http_conn *c = site_send(&t, NULL, "POST", "/v1/clock/acceptance", "a1", BF_STR(""));
    step(&t, 300 * DAY); /* before the row is durable */
    assert_int_equal(receive(&t, c), 409);
    assert_true(says(&t, "/problems/clock-moved"));
    assert_in_range(bf_service_now(t.service), T0, T0 + 2);
    site_stop(&t);
    site_fini(&t);
}

static void test_a_start_long_after_the_last_row_is_held(void **state) {
    struct site t;
    (void)state;
    build(&t);
    assert_true(open_at(&t, T0));
    assert_int_equal(put(&t, "k1"), 200);
    site_stop(&t);
    assert_true(open_at(&t, T0 + 44 * DAY));
    assert_int_equal(t.service->clock.state, BF_CLOCK_RUNNING);
    site_stop(&t);
    assert_true(open_at(&t, T0 + 46 * DAY));
    assert_int_equal(t.service->clock.state, BF_CLOCK_HELD);
    assert_int_equal(t.service->clock.reason, BF_CLOCK_LONG_AFTER);
    site_stop(&t);
    site_fini(&t);
}

/* ---- the store ---- */
static void test_a_full_disk_refuses_writes_and_goes_on(void **state) {
    struct site t;
    (void)state;
    build(&t);
    assert_true(open_at(&t, T0));
    bf_memory_fail(t.disk, 0, BF_MEMORY_FULL);
    assert_int_equal(put(&t, "k1"), 507);
    assert_int_equal(ask(&t, "GET", "/readyz", "k", ""), 200);
    assert_true(says(&t, "\"disk\":\"full\""));
    assert_int_equal(ask(&t, "GET", "/metrics", "k", ""), 200);
    assert_true(says(&t, "\nbanfad_disk_full 1\n") && says(&t, "banfad_commits_refused_total 1\n"));
    assert_int_equal(put(&t, "k1"), 200); /* the same key: nothing of the first stayed */
    assert_false(says(&t, "Idempotency-Replayed"));
    assert_int_equal(ask(&t, "GET", "/readyz", "k", ""), 200);
    assert_true(says(&t, "\"disk\":\"fine\""));
    assert_int_equal(put(&t, "k1"), 200);
    assert_true(says(&t, "Idempotency-Replayed"));
    assert_int_equal(t.dead, 0);
    assert_false(t.service->writing);
    site_stop(&t);
    site_fini(&t);
}

/* Somebody signed in by a token of his own. */
static int ask_as(struct site *t, const char *method, const char *path, const char *token) {
    return receive(t, site_send(t, token, method, path, NULL, BF_STR("")));
}

/* A denied attempt is a row if there is room for one; the answer is the same. */
static void test_a_denial_is_recorded_where_there_is_room(void **state) {
    struct site t;
    char token[BF_TOKEN_LEN + 1];
    (void)state;
    build(&t);
    assert_true(open_at(&t, T0));
    assert_int_equal(ask(&t, "POST", "/v1/directory", "k1",
                         "{\"rows\":[{\"id\":\"eve\",\"json\":{\"active\":true,\"name\":\"Eve\","
                         "\"operator\":false},\"kind\":\"person\"}]}"),
                     200);
    assert_int_equal(ask(&t, "POST", "/v1/tokens", "k2", "{\"person\":\"eve\"}"), 201);
    snprintf(token, sizeof token, "%s", strstr(t.answer.p, BF_TOKEN_PREFIX));
    uint64_t rows = t.service->committed;
    assert_int_equal(ask_as(&t, "GET", "/v1/clock", token), 403);
    assert_int_equal(t.service->committed, rows + 1);
    assert_int_equal(ask_as(&t, "GET", "/v1/cases/7", token), 404);
    assert_int_equal(t.service->committed, rows + 2);
    bf_memory_fail(t.disk, 0, BF_MEMORY_FULL);
    assert_int_equal(ask_as(&t, "GET", "/v1/clock", token), 403);
    assert_int_equal(t.service->committed, rows + 2);
    assert_int_equal(ask(&t, "GET", "/metrics", "k", ""), 200);
    assert_true(says(&t, "banfad_denied_unrecorded_total 1\n"));
    assert_true(says(&t, "banfad_denied_total{reason=\"right\"} 2\n"));
    assert_true(says(&t, "banfad_denied_total{reason=\"unseen\"} 1\n"));
    pass(&t, 1);
    for (int i = 0; i < 70; i++)
        assert_int_equal(ask_as(&t, "GET", "/v1/clock", token), 403);
    assert_int_equal(t.service->committed, rows + 60 - 1); /* one had no room */
    pass(&t, 60);                                          /* one a minute comes back */
    assert_int_equal(ask_as(&t, "GET", "/v1/clock", token), 403);
    assert_int_equal(ask_as(&t, "GET", "/v1/clock", token), 403);
    assert_int_equal(t.service->committed, rows + 60);
    site_stop(&t);
    site_fini(&t);
}

static void test_a_store_that_fails_is_the_end(void **state) {
    static const enum bf_memory_fault faults[] = {BF_MEMORY_LOST, BF_MEMORY_DOUBTFUL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct site t;
        build(&t);
        assert_true(open_at(&t, T0));
        bf_memory_fail(t.disk, 0, faults[i]);
        struct bf_http_conn *waits =
            site_send(&t, NULL, "POST", "/v1/directory", "k1", BF_STR(PUT));
        for (int turns = 0; turns < 100; turns++)
            bf_service_turn(t.service);
        assert_int_equal(t.dead, 1);
        assert_int_equal(bf_http_conn_output(waits).len, 0); /* told to nobody */
        assert_int_equal(ask(&t, "GET", "/healthz", "k", ""), 503);
        assert_int_equal(ask(&t, "GET", "/readyz", "k", ""), 503);
        assert_true(says(&t, "\"state\":\"dead\""));
        assert_int_equal(ask(&t, "GET", "/v1/clock", "k", ""), 503);
        bf_http_conn_free(waits);
        site_stop(&t);
        assert_true(open_at(&t, T0)); /* recovery: lost or there, but once */
        assert_int_equal(t.service->committed, i);
        assert_int_equal(put(&t, "k1"), 200);
        assert_int_equal(t.service->committed, 1);
        site_stop(&t);
        site_fini(&t);
    }
}

static void tell_nothing(void *ctx, const struct bf_answer *a) {
    (void)ctx;
    assert_int_equal(a->kind, BF_ANSWER_DONE);
}

static void send_notice(struct site *t, enum bf_entry_kind kind, const char *data) {
    struct bf_notice n = {.kind = kind, .data = bf_str_of(data), .answer = tell_nothing};
    bf_engine_notice(t->service->engine, &n);
    site_rest(t);
}

static void test_settings_count_from_the_next_start_on(void **state) {
    struct site t;
    (void)state;
    build(&t);
    assert_true(open_at(&t, T0));
    send_notice(&t, BF_ENTRY_SETTING,
                "{\"id\":\"origin\",\"json\":{\"origin\":\"here\"},\"kind\":\"service\"}");
    send_notice(&t, BF_ENTRY_SETTING,
                "{\"id\":\"held\",\"json\":{\"held\":true},\"kind\":\"service\"}");
    site_stop(&t);
    assert_true(open_at(&t, T0));
    assert_true(bf_str_eq(t.service->origin, BF_STR("here")));
    assert_true(t.service->holds_deliveries);
    send_notice(&t, BF_ENTRY_SETTING, "{\"id\":\"held\",\"json\":null,\"kind\":\"service\"}");
    site_stop(&t);
    assert_true(open_at(&t, T0));
    assert_false(t.service->holds_deliveries);
    site_stop(&t);
    site_fini(&t);
}

static void test_a_policy_without_its_image_is_no_start(void **state) {
    struct site t;
    (void)state;
    build(&t);
    assert_true(open_at(&t, T0));
    send_notice(&t, BF_ENTRY_POLICY,
                "{\"active\":true,\"name\":\"p\",\"policy\":"
                "\"0000000000000000000000000000000000000000000000000000000000000000\"}");
    site_stop(&t);
    assert_false(open_at(&t, T0));
    assert_true(strstr(t.why.text, "its image is not there") != NULL);
    site_stop(&t);
    site_fini(&t);
}

/* ---- memory ---- */
static bool start_and_stop(void *ctx) {
    struct site *t = ctx;
    bool fine = start(t);
    if (t->service)
        site_stop(t);
    return fine;
}

static void test_a_start_without_memory_is_told(void **state) {
    struct site t;
    (void)state;
    build(&t);
    assert_true(open_at(&t, T0));
    assert_int_equal(put(&t, "k1"), 200);
    send_notice(&t, BF_ENTRY_SETTING,
                "{\"id\":\"origin\",\"json\":{\"origin\":\"here\"},\"kind\":\"service\"}");
    site_stop(&t);
    fault_until_quiet(start_and_stop, &t);
    site_fini(&t);
}

/* Whatever fails: 503, or no connection, or the service is dead; and the same request is done by whoever tries again. */
static bool write_once(void *ctx) {
    struct site *t = ctx;
    int status = put(t, "k1");
    if (status && status != 200 && status != 503 && status != 507 && !t->dead)
        fail_msg("%s", t->answer.p);
    return status == 200 && !t->dead;
}

static void test_a_write_without_memory_is_refused_or_the_end(void **state) {
    (void)state;
    for (long n = 0;; n++) {
        struct site t;
        struct fault f = {.left = n, .only_one = true};
        build(&t);
        assert_true(open_at(&t, T0));
        bf_mem_set_hook(fault_may, &f);
        write_once(&t);
        bf_mem_set_hook(NULL, NULL);
        if (t.dead) {
            site_stop(&t);
            assert_true(open_at(&t, T0));
        }
        assert_int_equal(put(&t, "k1"), 200);
        assert_int_equal(t.service->committed, 1); /* once */
        site_stop(&t);
        site_fini(&t);
        if (!f.hit)
            break;
    }
}

/* ---- the last checkpoint ---- */
struct signing {
    struct site t;
    char folder[32], note[64], before[BF_CHECKPOINT_MAX];
    size_t len;
};

static size_t read_note(const struct signing *s, char out[BF_CHECKPOINT_MAX]) {
    FILE *f = fopen(s->note, "rb");
    size_t n = f ? fread(out, 1, BF_CHECKPOINT_MAX, f) : 0;
    if (f)
        fclose(f);
    return n;
}

static void write_file(const char *path, const void *bytes, size_t n) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && close(fd) == 0);
}

/* Nothing else of the service runs. */
static void audit_alone(struct bf_service *s) {
    s->looked = BF_LOOKED_NOT;
    s->checkpointed = 0;
    bf_audit_turn(s, s->checkpointed_us + 3600 * INT64_C(1000000));
    for (int i = 0; i < 1000 && s->checkpointing; i++)
        bf_store_poll(s->store);
    assert_false(s->checkpointing);
}

static bool look_and_sign(void *ctx) {
    struct signing *s = ctx;
    char now[BF_CHECKPOINT_MAX];
    audit_alone(s->t.service);
    bool fine = s->t.service->looked == BF_LOOKED_GOES_ON &&
                s->t.service->checkpointed == s->t.service->committed;
    size_t len = read_note(s, now);
    bool same = len == s->len && memcmp(now, s->before, len) == 0;
    assert_true(same == !fine);
    write_file(s->note, s->before, s->len);
    return fine;
}

/* 600 rows are signed, 600 more are not: tiles of two levels, and pages of rows, are read to prove the one and hash the
** other. */
static void test_no_checkpoint_is_signed_without_memory(void **state) {
    struct signing s = {.folder = "/tmp/service_XXXXXX"};
    char key[64], data[64];
    const char *const flags[] = {data, "--checkpoint-interval=1h"};
    (void)state;
    assert_non_null(mkdtemp(s.folder));
    snprintf(key, sizeof key, "%s/signing.key", s.folder);
    snprintf(s.note, sizeof s.note, "%s/checkpoint", s.folder);
    snprintf(data, sizeof data, "--data=%s", s.folder);
    write_file(key, "0123456789abcdef0123456789abcdef", BF_SEED_LEN);
    site_init(&s.t, T0, flags, 2);
    assert_true(start(&s.t));
    send_notice(&s.t, BF_ENTRY_SETTING,
                "{\"id\":\"origin\",\"json\":{\"origin\":\"here\"},\"kind\":\"service\"}");
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < 600; i++)
            send_notice(&s.t, BF_ENTRY_SETTING,
                        "{\"id\":\"held\",\"json\":null,\"kind\":\"service\"}");
        if (half)
            break;
        site_stop(&s.t); /* with its origin there is a key */
        assert_true(start(&s.t));
        audit_alone(s.t.service);
        s.len = read_note(&s, s.before);
        assert_true(s.len > 0);
    }
    assert_true(look_and_sign(&s));
    assert_true(fault_until_quiet(look_and_sign, &s) > 10);
    site_stop(&s.t);
    site_fini(&s.t);
    assert_int_equal(unlink(key) | unlink(s.note) | rmdir(s.folder), 0);
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
        cmocka_unit_test(test_no_checkpoint_is_signed_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
