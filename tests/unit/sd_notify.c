/* sd_notify: what arrives at a socket bound as a service manager binds it. */
#include "tests/unit/test.h"

#include <unistd.h>

#include "engine/service/sd_notify.h"

/* A manager that listens at `name` ("@…" abstract). */
static int listen_at(const char *name) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(at.sun_path, name, len);
    if (name[0] == '@')
        at.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    return fd;
}

static void expect(int fd, const char *text) {
    char got[2048];
    ssize_t n = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);
    assert_true(n >= 0);
    got[n] = 0;
    assert_string_equal(got, text);
}

static void talk(const char *name) {
    int fd = listen_at(name);
    struct bf_error e = {0};
    struct bf_sd sd;
    assert_int_equal(bf_sd_open(&sd, name, &e), BF_OK);
    assert_true(bf_sd_ready(&sd));
    expect(fd, "READY=1");
    assert_true(bf_sd_reloading(&sd, 1234567));
    expect(fd, "RELOADING=1\nMONOTONIC_USEC=1234567");
    assert_true(bf_sd_watchdog(&sd));
    expect(fd, "WATCHDOG=1");
    assert_true(bf_sd_status(&sd, BF_STR("时钟停住\nREADY=1\xff")));
    expect(fd, "STATUS=时钟停住 READY=1 ");
    assert_true(bf_sd_stopping(&sd));
    expect(fd, "STOPPING=1");
    close(fd);
    assert_false(bf_sd_watchdog(&sd)); /* nobody there any more: told, not fatal */
    bf_sd_close(&sd);
}

static void test_both_kinds_of_socket(void **state) {
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "/tmp/banfa-notify-%ld", (long)getpid());
    unlink(name);
    talk(name);
    unlink(name);
    snprintf(name, sizeof name, "@banfa-notify-%ld", (long)getpid());
    talk(name);
}

static void test_a_full_queue_does_not_block(void **state) {
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "@banfa-notify-full-%ld", (long)getpid());
    int fd = listen_at(name);
    struct bf_error e;
    struct bf_sd sd;
    assert_int_equal(bf_sd_open(&sd, name, &e), BF_OK);
    int sent = 0;
    while (sent < 100000 && bf_sd_watchdog(&sd))
        sent++;
    assert_in_range(sent, 1, 99999);
    bf_sd_close(&sd);
    close(fd);
}

static void test_long_status_is_cut_between_characters(void **state) {
    (void)state;
    char name[64], long_text[3000];
    snprintf(name, sizeof name, "@banfa-notify-long-%ld", (long)getpid());
    int fd = listen_at(name);
    struct bf_error e;
    struct bf_sd sd;
    assert_int_equal(bf_sd_open(&sd, name, &e), BF_OK);
    for (size_t i = 0; i < sizeof long_text; i += 3)
        memcpy(long_text + i, "法", 3);
    assert_true(bf_sd_status(&sd, (bf_str){long_text, sizeof long_text}));
    char got[4096];
    ssize_t n = recv(fd, got, sizeof got, MSG_DONTWAIT);
    assert_in_range(n, 500, 512);
    assert_int_equal(bf_utf8_check(got, (size_t)n), n);
    bf_sd_close(&sd);
    close(fd);
}

static void test_no_socket_and_bad_ones(void **state) {
    (void)state;
    struct bf_error e;
    struct bf_sd sd;
    assert_int_equal(bf_sd_open(&sd, NULL, &e), BF_OK);
    assert_true(bf_sd_ready(&sd));
    bf_sd_close(&sd);
    char longer[200];
    memset(longer, 'a', sizeof longer);
    longer[0] = '/';
    longer[sizeof longer - 1] = 0;
    const char *bad[] = {"relative", "vsock:2:1", "@", "/", longer};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(bf_sd_open(&sd, bad[i], &e), BF_EFORMAT);
        bf_sd_close(&sd);
    }
}

static void test_watchdog_of_another_process(void **state) {
    (void)state;
    assert_int_equal(bf_sd_watchdog_us("30000000", NULL, 7), 30000000);
    assert_int_equal(bf_sd_watchdog_us("30000000", "7", 7), 30000000);
    assert_int_equal(bf_sd_watchdog_us("30000000", "8", 7), 0);
    assert_int_equal(bf_sd_watchdog_us(NULL, "7", 7), 0);
    assert_int_equal(bf_sd_watchdog_us("", NULL, 7), 0);
    assert_int_equal(bf_sd_watchdog_us("-1", NULL, 7), 0);
    assert_int_equal(bf_sd_watchdog_us("99999999999999999999", NULL, 7), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_kinds_of_socket),
        cmocka_unit_test(test_a_full_queue_does_not_block),
        cmocka_unit_test(test_long_status_is_cut_between_characters),
        cmocka_unit_test(test_no_socket_and_bad_ones),
        cmocka_unit_test(test_watchdog_of_another_process),
    };
    return cmocka_run_group_tests_name("sd_notify", tests, NULL, NULL);
}
