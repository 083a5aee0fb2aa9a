/* fuzz_diag: whatever a source holds and wherever a span points, the renderers come to an end and
** what they write is UTF-8 without control characters, of a bounded size. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lang/base/diag.h"

enum { SPANS = 3, HEAD = SPANS * 4, OUT_MAX = 16 << 10 };

/* Two bytes each; offsets may lie behind the text's end, as those of no producer should. */
static bf_span span_of(const uint8_t *p) {
    uint32_t start = (uint32_t)(p[0] | p[1] << 8);
    return (bf_span){0, start, start + (uint32_t)(p[2] | p[3] << 8)};
}

static void check_output(const struct bf_buf *out) {
    FUZZ_CHECK(!out->failed);
    FUZZ_CHECK(out->len < OUT_MAX);
    FUZZ_CHECK(bf_utf8_check(out->p, out->len) == out->len);
    for (size_t i = 0; i < out->len; i++)
        FUZZ_CHECK((unsigned char)out->p[i] >= 0x20 || out->p[i] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < HEAD || BF_DIAG_CODES == 0)
        return 0;
    bf_str text = {(const char *)data + HEAD, (uint32_t)(size - HEAD)};
    struct bf_arena *arena = bf_arena_new(0);
    FUZZ_CHECK(arena);
    struct bf_sources sources = {.arena = arena};
    bf_source_add(&sources, BF_STR("a.banfa"), text);
    struct bf_diags *ds = bf_diags_new(arena, &sources, 10);
    struct bf_diag *d = bf_diag(ds, (enum bf_diag_code)0, span_of(data),
                                BF_ARGS(bf_arg_str(text), bf_arg_str(text)));
    for (int i = 1; i < SPANS; i++)
        bf_diag_label(ds, d, span_of(data + 4 * i), BF_T_SEV_NOTE, BF_NOARGS);
    bf_diag_hint(ds, d, BF_T_MORE_NOT_SHOWN, BF_ARGS(bf_arg_str(text), bf_arg_int(1)));
    bf_diags_sort(ds);
    for (int how = 0; how < 4; how++) {
        struct bf_buf out;
        bf_buf_init(&out);
        bf_diags_render(ds,
                        &(struct bf_render){.lang = how & 1 ? BF_LANG_ZH : BF_LANG_EN,
                                            .ambiguous_width = 1 + (how & 1),
                                            .json = how & 2},
                        ~0u, &out);
        check_output(&out);
        bf_buf_fini(&out);
    }
    bf_arena_free(arena);
    return 0;
}
