/* fuzz_config: whatever a config file holds, reading it ends with sound settings and a list of UTF-8 lines; what was
** read without errors is printed as a file that gives the same. */
#include "tests/fuzz/fuzz.h"

#include "engine/service/config.h"

static void load(struct bf_arena *a, bf_str file, struct bf_config_result *r) {
    bf_config_load(a, &(struct bf_config_input){.file_name = BF_STR("c"), .file = file}, r);
}

static void check_lines(const struct bf_buf *out) {
    FUZZ_CHECK(!out->failed);
    FUZZ_CHECK(bf_utf8_check(out->p, out->len) == out->len);
    for (size_t i = 0; i < out->len; i++)
        FUZZ_CHECK((unsigned char)out->p[i] >= 0x20 || out->p[i] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bf_arena *a = bf_arena_new(0);
    FUZZ_CHECK(a);
    struct bf_config_result r, again;
    load(a, (bf_str){(const char *)data, (uint32_t)size}, &r);
    struct bf_buf out;
    bf_buf_init(&out);
    bf_config_problems_print(&r, BF_LANG_ZH, &out);
    check_lines(&out);
    FUZZ_CHECK((r.errors + r.warnings == 0) == (out.len == 0));
    bf_buf_fini(&out);
    bf_config_print(&r.config, BF_LANG_EN, &out);
    check_lines(&out);
    if (r.errors == 0) {
        load(a, bf_buf_view(&out), &again);
        FUZZ_CHECK(again.errors == 0);
        for (int id = 0; id < BF_CONFIG_COUNT; id++)
            FUZZ_CHECK(r.config.v[id].n == again.config.v[id].n &&
                       bf_str_eq(r.config.v[id].text, again.config.v[id].text));
    }
    bf_buf_fini(&out);
    bf_arena_free(a);
    return 0;
}
