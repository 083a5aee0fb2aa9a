/* Chinese numerals and citations: known spellings, and reading back what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lang/base/cite.h"

static void numerals(void **state) {
    (void)state;
    static const struct {
        uint32_t n;
        const char *zh;
    } known[] = {{1, "一"},
                 {10, "十"},
                 {11, "十一"},
                 {20, "二十"},
                 {31, "三十一"},
                 {100, "一百"},
                 {103, "一百零三"},
                 {110, "一百一十"},
                 {115, "一百一十五"},
                 {1001, "一千零一"},
                 {1010, "一千零一十"},
                 {1100, "一千一百"},
                 {10001, "一万零一"},
                 {12345, "一万二千三百四十五"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct bf_buf b;
        bf_buf_init(&b);
        bf_zh_number(&b, known[i].n);
        assert_true(bf_str_eq(bf_buf_view(&b), bf_str_of(known[i].zh)));
        bf_buf_fini(&b);
    }
}

static void numerals_read_back(void **state) {
    (void)state;
    for (uint32_t n = 0; n < 100000000; n += n < 20000 ? 1 : 9973) {
        struct bf_buf b;
        uint32_t back = n + 1;
        bf_buf_init(&b);
        bf_zh_number(&b, n);
        assert_int_equal(bf_zh_number_read(b.p, b.p + b.len, &back), b.len);
        assert_int_equal(back, n);
        bf_buf_fini(&b);
    }
    uint32_t n;
    bf_str s = BF_STR("二〇二一年");
    assert_int_equal(bf_zh_number_read(s.p, s.p + s.len, &n), 12);
    assert_int_equal(n, 2021);
    s = BF_STR("年内");
    assert_int_equal(bf_zh_number_read(s.p, s.p + s.len, &n), 0);
}

static void citations(void **state) {
    (void)state;
    struct bf_cite c = {15, 1, 2, 3};
    struct bf_buf b;
    bf_buf_init(&b);
    bf_cite_zh(&b, c);
    bf_buf_char(&b, ' ');
    bf_cite_en(&b, c);
    bf_buf_char(&b, ' ');
    bf_cite_code(&b, c);
    bf_buf_char(&b, ' ');
    bf_cite_code(&b, (struct bf_cite){31, 0, 1, 6});
    bf_buf_char(&b, ' ');
    bf_cite_code(&b, (struct bf_cite){16, 0, 0, 0});
    assert_true(bf_str_eq(bf_buf_view(&b),
                          BF_STR("第十五条之一第二款第三项 article 15a(2)(3) 15a.2.3 31.1.6 16")));
    bf_buf_fini(&b);
    struct bf_cite back = bf_cite_unpack(bf_cite_pack(c));
    assert_memory_equal(&back, &c, sizeof c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numerals),
                                       cmocka_unit_test(numerals_read_back),
                                       cmocka_unit_test(citations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
