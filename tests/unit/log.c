/* log: lines whatever is logged (jansson reads them), what is dropped, tokens masked; traceparent by its grammar. */
#include "tests/unit/test.h"

#include <jansson.h>

#include "engine/service/auth.h"
#include "engine/service/log.h"

struct sink {
    char line[BF_LOG_LINE + 1];
    size_t len;
    int64_t now;
    bool full;
};
static int64_t now_ms(void *ctx) { return ((struct sink *)ctx)->now; }
static bool take(void *ctx, const char *line, size_t len) {
    struct sink *s = ctx;
    assert_true(len <= BF_LOG_LINE && line[len - 1] == '\n');
    if (s->full)
        return false;
    memcpy(s->line, line, len);
    s->line[s->len = len] = 0;
    return true;
}
static struct bf_log log_to(struct sink *s) {
    *s = (struct sink){.now = INT64_C(1795516838123)};
    return (struct bf_log){BF_LOG_INFO, now_ms, take, s, 0, 0};
}

static void test_a_line(void **state) {
    (void)state;
    struct sink s;
    struct bf_log log = log_to(&s);
    struct bf_trace t;
    assert_true(
        bf_trace_read(BF_STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), &t));
    struct bf_log_about about = {BF_STR("r-1"), &t};
    bf_log(&log, BF_LOG_DEBUG, "quiet", NULL, NULL, 0);
    assert_int_equal(s.len, 0);
    bf_log(&log, BF_LOG_INFO, "request_done", &about,
           BF_LOG_FIELDS(BF_LOG_STR("path", BF_STR("/a\"\\\n办件\xff\x7f")),
                         BF_LOG_INT("ms", INT64_MIN)));
    /* `date -u -d @1795516838` gives 2026-11-24 10:40:38 */
    assert_string_equal(
        s.line,
        "{\"time\":\"2026-11-24T10:40:38.123Z\",\"level\":\"info\",\"event\":\"request_done\","
        "\"request\":\"r-1\",\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\","
        "\"span_id\":\"b7ad6b7169203331\",\"path\":\"/a\\\"\\\\\\u000a办件\xEF\xBF\xBD\\u007f\","
        "\"ms\":-9223372036854775808}\n");
}

static void test_dropped_lines_are_counted_and_told(void **state) {
    (void)state;
    struct sink s;
    struct bf_log log = log_to(&s);
    s.full = true;
    for (int i = 0; i < 3; i++)
        bf_log(&log, BF_LOG_ERROR, "lost", NULL, NULL, 0);
    assert_int_equal(log.dropped, 3);
    s.full = false;
    bf_log(&log, BF_LOG_INFO, "back", NULL, NULL, 0);
    assert_non_null(strstr(s.line, "\"event\":\"back\",\"dropped\":3}\n"));
    bf_log(&log, BF_LOG_INFO, "again", NULL, NULL, 0);
    assert_null(strstr(s.line, "dropped"));
    assert_int_equal(log.dropped, 3);
}

static void test_any_bytes_and_no_token(void **state) {
    (void)state;
    struct sink s;
    struct bf_log log = log_to(&s);
    for (unsigned round = 0; round < test_rounds(3000); round++) {
        uint64_t seed = round;
        static char text[3000];
        uint32_t n = (uint32_t)(test_random(&seed) % sizeof text);
        unsigned mask = test_random(&seed) % 2 ? 0xFF : 0x7F;
        for (uint32_t i = 0; i < n; i++)
            text[i] = (char)(test_random(&seed) & mask);
        char token[BF_TOKEN_LEN + 1];
        uint8_t bits[32];
        for (int i = 0; i < 32; i++)
            bits[i] = (uint8_t)test_random(&seed);
        bf_token_print(bits, token);
        if (n > BF_TOKEN_LEN)
            memcpy(text + test_random(&seed) % (n - BF_TOKEN_LEN), token, BF_TOKEN_LEN);
        bf_str any = {text, n};
        bf_log(&log, BF_LOG_INFO, "any", &(struct bf_log_about){any, NULL},
               BF_LOG_FIELDS(BF_LOG_STR("a", any), BF_LOG_INT("n", n), BF_LOG_STR("b", any)));
        json_error_t e;
        json_t *j = json_loadb(s.line, s.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
        if (!json_is_object(j))
            fail_msg("round %u: %s", round, e.text);
        json_decref(j);
        token[20] = 0; /* not even the beginning of the secret */
        assert_null(strstr(s.line, token + 4));
    }
}

static void test_traceparent(void **state) {
    (void)state;
#define ID "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"00-" ID "-01", true},
        {"00-" ID "-00", true},
        {"00-" ID "-ff", true},
        {"00-" ID "-01-", false}, /* version 00 ends there */
        {"00-" ID "-01-x", false},
        {"01-" ID "-01", true},
        {"cc-" ID "-01-what-the-future-brings", true},
        {"cc-" ID "-01.what", false},
        {"cc-" ID "-0", false},
        {"ff-" ID "-01", false},
        {"FE-" ID "-01", false},
        {"00-" ID "-0G", false},
        {"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
        {"00-00000000000000000000000000000000-b7ad6b7169203331-01", false},
        {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false},
        {"00_" ID "-01", false},
        {" 00-" ID "-01", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bf_trace t;
        char out[BF_TRACE_TEXT];
        if (bf_trace_read(bf_str_of(rows[i].text), &t) != rows[i].valid)
            fail_msg("%s", rows[i].text);
        if (!rows[i].valid)
            continue;
        bf_trace_print(&t, out);
        assert_memory_equal(out + 3, ID, sizeof ID - 1);
        struct bf_trace again;
        assert_true(bf_trace_read(bf_str_of(out), &again));
        assert_memory_equal(&t, &again, sizeof t);
    }
    struct bf_trace t;
    char out[BF_TRACE_TEXT];
    bf_trace_start(&t, (const uint8_t[24]){0});
    assert_string_equal(bf_trace_print(&t, out),
                        "00-00000000000000000000000000000001-0000000000000001-00");
}

/* Every single byte changed to every other: valid if and only if the grammar, written out, says so. */
static void test_traceparent_byte_by_byte(void **state) {
    (void)state;
    for (size_t at = 0; at < 55; at++)
        for (int c = 0; c < 256; c++) {
            char text[] = "00-" ID "-01";
            text[at] = (char)c;
            bool dash = at == 2 || at == 35 || at == 52;
            bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            struct bf_trace t;
            assert_int_equal(bf_trace_read((bf_str){text, 55}, &t), dash ? c == '-' : hex);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line),
        cmocka_unit_test(test_dropped_lines_are_counted_and_told),
        cmocka_unit_test(test_any_bytes_and_no_token),
        cmocka_unit_test(test_traceparent),
        cmocka_unit_test(test_traceparent_byte_by_byte),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
