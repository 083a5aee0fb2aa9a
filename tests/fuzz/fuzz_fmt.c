/* fuzz_fmt: a text that can be read is formatted into one with the same tree, formatting it again
** changes nothing, and from English to Chinese and back it is the same, byte for byte. The first byte
** chooses plain or literate, and the surface. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lang/tools/fmt.h"

struct reading {
    struct bf_arena *arena;
    struct bf_sources sources;
    struct bf_parse p;
    struct bf_tree *tree;
};

static void open_text(struct reading *r, bool literate, bf_str text) {
    *r = (struct reading){.arena = bf_arena_new(0)};
    FUZZ_CHECK(r->arena);
    r->sources.arena = r->arena;
    r->p = (struct bf_parse){.arena = r->arena, .sources = &r->sources, .next_id = 1};
    r->p.names = bf_names_new(r->arena);
    r->p.diags = bf_diags_new(r->arena, &r->sources, 20);
    r->tree = bf_parse_file(
        &r->p,
        bf_source_add(&r->sources, literate ? BF_STR("a.banfa.md") : BF_STR("a.banfa"), text));
}

/* Reads `from`, which must be without mistakes, and formats it into out. */
static void again(bool literate, const struct bf_buf *from, enum bf_fmt_words words,
                  struct bf_buf *out, const struct reading *like) {
    struct reading r;
    open_text(&r, literate, bf_buf_view(from));
    FUZZ_CHECK(!bf_diags_count(r.p.diags, BF_SEV_ERROR));
    if (like)
        FUZZ_CHECK(bf_node_same(r.tree->root, like->tree->root, false, NULL));
    bf_buf_init(out);
    FUZZ_CHECK(bf_fmt(&r.p, r.tree, words, out));
    bf_arena_free(r.arena);
}

static bool equal(const struct bf_buf *x, const struct bf_buf *y) {
    return x->len == y->len && (!x->len || !memcmp(x->p, y->p, x->len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    bool literate = data[0] & 1;
    enum bf_fmt_words words = (enum bf_fmt_words)(data[0] / 2 % 3);
    struct reading r;
    struct bf_buf once, twice, en, zh, back;
    open_text(&r, literate, (bf_str){(const char *)data + 1, (uint32_t)(size - 1)});
    bf_buf_init(&once);
    if (bf_fmt(&r.p, r.tree, words, &once)) {
        again(literate, &once, BF_FMT_KEEP, &twice, &r);
        FUZZ_CHECK(equal(&once, &twice));
        again(literate, &once, BF_FMT_EN, &en, &r);
        again(literate, &en, BF_FMT_ZH, &zh, &r);
        again(literate, &zh, BF_FMT_EN, &back, &r);
        FUZZ_CHECK(equal(&en, &back));
        bf_buf_fini(&twice);
        bf_buf_fini(&en);
        bf_buf_fini(&zh);
        bf_buf_fini(&back);
    } else {
        FUZZ_CHECK(!once.len);
        FUZZ_CHECK(literate || r.tree->root->flags & BF_F_BROKEN);
    }
    bf_buf_fini(&once);
    bf_arena_free(r.arena);
    return 0;
}
