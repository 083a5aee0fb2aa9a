/* config: which source wins, what each mistake is told as, and that printing and reading are inverse. */
#include "tests/unit/test.h"

#include <unistd.h>

#include "engine/service/config.h"

struct loaded {
    struct bf_arena *arena;
    struct bf_config_result r;
    struct bf_buf problems, printed;
};

static struct loaded load(const char *file, const char *const *env, const char *const *args,
                          int count) {
    struct loaded l = {.arena = bf_arena_new(0)};
    assert_non_null(l.arena);
    bf_config_load(
        l.arena,
        &(struct bf_config_input){BF_STR("banfad.conf"), bf_str_of(file), env, args, count}, &l.r);
    bf_buf_init(&l.problems);
    bf_buf_init(&l.printed);
    bf_config_problems_print(&l.r, BF_LANG_EN, &l.problems);
    bf_buf_char(&l.problems, 0);
    bf_config_print(&l.r.config, BF_LANG_EN, &l.printed);
    bf_buf_char(&l.printed, 0);
    return l;
}

static void unload(struct loaded *l) {
    bf_buf_fini(&l->problems);
    bf_buf_fini(&l->printed);
    bf_arena_free(l->arena);
}

static void test_defaults_are_sound(void **state) {
    (void)state;
    struct loaded l = load("", NULL, NULL, 0);
    assert_string_equal(l.problems.p, "");
    const struct bf_config *c = &l.r.config;
    assert_true(bf_str_eq(c->v[BF_CONFIG_LISTEN].host, BF_STR("127.0.0.1")));
    assert_int_equal(bf_config_int(c, BF_CONFIG_LISTEN), 8710);
    assert_int_equal(bf_config_int(c, BF_CONFIG_BODY_BYTES), 1048576);
    assert_int_equal(bf_config_int(c, BF_CONFIG_SCAN_INTERVAL), 30000);
    assert_int_equal(bf_config_int(c, BF_CONFIG_LOG_LEVEL), 1);
    unload(&l);
}

static void test_later_sources_win(void **state) {
    (void)state;
    const char *env[] = {"HOME=/", "BANFA_QUEUE_ROWS=2000", "BANFA_CONNECTIONS=20",
                         "BANFA_STDLIB=/x", NULL};
    const char *args[] = {"--connections=30"};
    struct loaded l = load("\xEF\xBB\xBF# a comment\r\n\r\n cache_cases = 1000 # or "
                           "so\r\nqueue_rows=1000\nconnections\t=10",
                           env, args, 1);
    assert_string_equal(l.problems.p, "");
    assert_int_equal(bf_config_int(&l.r.config, BF_CONFIG_CACHE_CASES), 1000);
    assert_int_equal(bf_config_int(&l.r.config, BF_CONFIG_QUEUE_ROWS), 2000);
    assert_int_equal(bf_config_int(&l.r.config, BF_CONFIG_CONNECTIONS), 30);
    assert_non_null(
        strstr(l.printed.p, "cache_cases         = 1000                  # banfad.conf:3\n"));
    assert_non_null(strstr(l.printed.p, "= 2000                  # BANFA_QUEUE_ROWS\n"));
    assert_non_null(strstr(l.printed.p, "= 30                    # flag\n"));
    assert_non_null(strstr(l.printed.p, "= 127.0.0.1:8710        # default\n"));
    unload(&l);
}

static void test_every_mistake_is_told(void **state) {
    (void)state;
    const char *env[] = {"BANFA_LISTEN=localhost:8710", "BANFA_LISTN=1",
                         "BANFA_PORT_8710_TCP=tcp://10.0.0.1", NULL};
    const char *args[] = {"--scan-interval=31s", "--cache_cases=5", "drain-time=1s",
                          "--drain-time"};
    struct loaded l = load("cache_case = 5\n"
                           "body_bytes = 1MB\n"
                           "colour = blue\n"
                           "log_level = loud\n"
                           "data =\n"
                           "what is this\n"
                           "queue_rows = 100\n"
                           "queue_rows = 200\n"
                           "database = caf\xE9\n",
                           env, args, 4);
    assert_string_equal(
        l.problems.p,
        "banfad.conf:1: error: there is no setting \"cache_case\"; the closest is \"cache_cases\"\n"
        "banfad.conf:2: error: \"body_bytes\" is \"1MB\": write bytes from 1KiB to 64MiB, like "
        "64KiB or 1MiB\n"
        "banfad.conf:3: error: there is no setting \"colour\"\n"
        "banfad.conf:4: error: \"log_level\" is \"loud\": write debug, info, warning or error\n"
        "banfad.conf:5: error: \"data\" needs a value\n"
        "banfad.conf:6: error: a line is name = value, not \"what is this\"\n"
        "banfad.conf:8: error: \"queue_rows\" is already set in line 7\n"
        "banfad.conf:9: error: this is not UTF-8 text\n"
        "BANFA_LISTEN: error: \"listen\" is \"localhost:8710\": write an address and a port from 1 "
        "to 65535, "
        "like 127.0.0.1:8710 or [::1]:8710\n"
        "BANFA_LISTN: error: there is no setting \"BANFA_LISTN\"; the closest is \"BANFA_LISTEN\"\n"
        "BANFA_PORT_8710_TCP: warning: there is no setting \"BANFA_PORT_8710_TCP\"\n"
        "--scan-interval: error: \"scan_interval\" is \"31s\": write a time from 100ms to 30s, "
        "like 500ms, 30s, 5min, 1h\n"
        "--cache_cases: error: there is no setting \"--cache_cases\"; the closest is "
        "\"--cache-cases\"\n"
        "drain-time: error: a setting is --name=value, not \"drain-time=1s\"\n"
        "--drain-time: error: a setting is --name=value, not \"--drain-time\"\n"
        "queue_rows: error: queue_rows (100) must not be less than batch_rows (256)\n");
    assert_int_equal(l.r.errors, 15);
    assert_int_equal(l.r.warnings, 1);
    unload(&l);
}

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum bf_config_id id;
        int64_t n; /* -1: wrong */
    } rows[] = {
        {"body_bytes = 1KiB", BF_CONFIG_BODY_BYTES, 1024},
        {"body_bytes = 67108864", BF_CONFIG_BODY_BYTES, 64 << 20},
        {"body_bytes = 67108865", BF_CONFIG_BODY_BYTES, -1},
        {"body_bytes = 1023", BF_CONFIG_BODY_BYTES, -1},
        {"body_bytes = 17179869185GiB", BF_CONFIG_BODY_BYTES,
         -1}, /* 2^34 + 1, of 2^30: past 64 bits */
        {"body_bytes = 99999999999999999999", BF_CONFIG_BODY_BYTES, -1},
        {"body_bytes = -5", BF_CONFIG_BODY_BYTES, -1},
        {"body_bytes = KiB", BF_CONFIG_BODY_BYTES, -1},
        {"body_bytes = 5 KiB", BF_CONFIG_BODY_BYTES, -1},
        {"drain_time = 0s", BF_CONFIG_DRAIN_TIME, 0},
        {"drain_time = 10min", BF_CONFIG_DRAIN_TIME, 600000},
        {"drain_time = 10", BF_CONFIG_DRAIN_TIME, -1}, /* of what? */
        {"drain_time = 1d", BF_CONFIG_DRAIN_TIME, -1},
        {"checkpoint_interval = 1d", BF_CONFIG_CHECKPOINT_INTERVAL, 86400000},
        {"cache_cases = 16", BF_CONFIG_CACHE_CASES, 16},
        {"cache_cases = 0x20", BF_CONFIG_CACHE_CASES, -1},
        {"listen = [::1]:1", BF_CONFIG_LISTEN, 1},
        {"listen = 0.0.0.0:65535", BF_CONFIG_LISTEN, 65535},
        {"listen = 0.0.0.0:65536", BF_CONFIG_LISTEN, -1},
        {"listen = ::1:80", BF_CONFIG_LISTEN, -1},
        {"listen = [127.0.0.1]:80", BF_CONFIG_LISTEN, -1},
        {"listen = 127.0.0.1", BF_CONFIG_LISTEN, -1},
        {"log_level = error", BF_CONFIG_LOG_LEVEL, 3},
        {"data = a#b", BF_CONFIG_DATA, 0},
        {"data = 数据 文件夹", BF_CONFIG_DATA, 0},
        {"data = a\x01"
         "b",
         BF_CONFIG_DATA, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct loaded l = load(rows[i].line, NULL, NULL, 0);
        if (l.r.errors != (rows[i].n < 0))
            fail_msg("%s: %s", rows[i].line, l.problems.p);
        if (rows[i].n >= 0)
            assert_int_equal(bf_config_int(&l.r.config, rows[i].id), rows[i].n);
        unload(&l);
    }
}

static void test_printed_is_a_file(void **state) {
    (void)state;
    const char *args[] = {"--listen=[::]:80", "--data=/srv/数据 a#b", "--drain-time=0s",
                          "--body-bytes=2000"};
    struct loaded one = load("", NULL, args, 4);
    assert_int_equal(one.r.errors, 0);
    struct loaded two = load(one.printed.p, NULL, NULL, 0);
    assert_string_equal(two.problems.p, "");
    for (enum bf_config_id id = 0; id < BF_CONFIG_COUNT; id++) {
        assert_true(bf_str_eq(one.r.config.v[id].text, two.r.config.v[id].text));
        assert_int_equal(one.r.config.v[id].n, two.r.config.v[id].n);
        assert_int_equal(two.r.config.v[id].from, BF_CONFIG_FILE);
        assert_int_equal(two.r.config.v[id].line, id + 1);
    }
    unload(&one);
    unload(&two);
}

static void test_reload(void **state) {
    (void)state;
    struct loaded one = load("cache_cases = 100\nbody_bytes = 1MiB", NULL, NULL, 0);
    struct loaded two =
        load("cache_cases = 200\nlisten = 127.0.0.1:80\nbody_bytes = 1024KiB", NULL, NULL, 0);
    struct bf_config now = one.r.config;
    struct bf_config_reload r = bf_config_reload(&now, &two.r.config);
    assert_true(r.changed == UINT64_C(1) << BF_CONFIG_CACHE_CASES);
    assert_true(r.restart == UINT64_C(1) << BF_CONFIG_LISTEN);
    assert_int_equal(bf_config_int(&now, BF_CONFIG_CACHE_CASES), 200);
    assert_int_equal(bf_config_int(&now, BF_CONFIG_LISTEN), 8710);
    struct bf_buf out;
    bf_buf_init(&out);
    bf_config_reload_print(r, &one.r.config, &two.r.config, BF_LANG_EN, &out);
    bf_config_reload_print(r, &one.r.config, &two.r.config, BF_LANG_ZH, &out);
    bf_buf_char(&out, 0);
    assert_string_equal(out.p, "listen: 127.0.0.1:8710 -> 127.0.0.1:80 needs a restart\n"
                               "cache_cases: 100 -> 200\n"
                               "listen：由127.0.0.1:8710改为127.0.0.1:80，重启后才生效\n"
                               "cache_cases：由100改为200\n");
    bf_buf_fini(&out);
    unload(&one);
    unload(&two);
}

static void test_help_names_each_setting(void **state) {
    (void)state;
    for (int lang = 0; lang < 2; lang++) {
        struct bf_buf out;
        bf_buf_init(&out);
        bf_config_help((enum bf_lang)lang, &out);
        bf_buf_char(&out, 0);
        assert_int_equal(bf_utf8_check(out.p, out.len), out.len);
        char *at = out.p;
        for (enum bf_config_id id = 0; id < BF_CONFIG_COUNT; id++) {
            char flag[80];
            snprintf(flag, sizeof flag, "  --%s=", bf_config_name(id));
            for (char *p = flag; *p; p++)
                *p = *p == '_' ? '-' : *p;
            at = strstr(at, flag);
            assert_non_null(at);
        }
        bf_buf_fini(&out);
    }
}

static void test_reading_the_file(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct bf_error e;
    bf_str bytes;
    assert_int_equal(bf_config_read_file(a, "/nowhere/banfad.conf", &bytes, &e), BF_ENOENT);
    assert_int_equal(bf_config_read_file(a, "/", &bytes, &e), BF_EIO);
    assert_int_equal(bf_config_read_file(a, "/dev/zero", &bytes, &e), BF_ELIMIT);
    char name[64];
    snprintf(name, sizeof name, "/tmp/banfa-config-%ld", (long)getpid());
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_true(fputs("listen = 127.0.0.1:1\n", f) >= 0 && fclose(f) == 0);
    assert_int_equal(bf_config_read_file(a, name, &bytes, &e), BF_OK);
    assert_true(bf_str_eq(bytes, BF_STR("listen = 127.0.0.1:1\n")));
    unlink(name);
    bf_arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_sound),      cmocka_unit_test(test_later_sources_win),
        cmocka_unit_test(test_every_mistake_is_told),   cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_printed_is_a_file),       cmocka_unit_test(test_reload),
        cmocka_unit_test(test_help_names_each_setting), cmocka_unit_test(test_reading_the_file),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
