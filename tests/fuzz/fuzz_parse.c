/* fuzz_parse: whatever the bytes, reading them comes to an end, every node lies in the text and within
** its owner's file, ids are dense, and what could not be read is told. The first byte chooses plain or
** literate. */
#include "tests/fuzz/fuzz.h"

#include "lang/syntax/ast.h"

enum { NODES_PER_BYTE = 8, DEPTH_MAX = 1000 };

struct count {
    uint32_t nodes, file, len;
};

static void walk(const struct bf_node *n, struct count *c, int depth) {
    FUZZ_CHECK(depth < DEPTH_MAX);
    for (; n; n = n->next) {
        c->nodes++;
        FUZZ_CHECK(n->kind < BF_NODE_KINDS);
        FUZZ_CHECK(n->id);
        FUZZ_CHECK(n->span.file == c->file && n->span.start <= n->span.end &&
                   n->span.end <= c->len);
        if (n->kind == BF_N_NAME)
            FUZZ_CHECK(n->name && n->name->text.len);
        if (n->kind == BF_N_CITE) {
            FUZZ_CHECK(n->num || n->flags & BF_F_BROKEN);
            continue;
        }
        walk(n->a, c, depth + 1);
        walk(n->b, c, depth + 1);
        walk(n->c, c, depth + 1);
        walk(n->d, c, depth + 1);
        walk(n->e, c, depth + 1);
        walk(n->cites, c, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    bf_str text = {(const char *)data + 1, (uint32_t)(size - 1)};
    struct bf_arena *arena = bf_arena_new(0);
    FUZZ_CHECK(arena);
    struct bf_sources sources = {.arena = arena};
    struct bf_parse p = {.arena = arena, .sources = &sources, .next_id = 1};
    p.names = bf_names_new(arena);
    p.diags = bf_diags_new(arena, &sources, 20);
    uint32_t file =
        bf_source_add(&sources, data[0] & 1 ? BF_STR("a.banfa.md") : BF_STR("a.banfa"), text);
    struct bf_tree *t = bf_parse_file(&p, file);
    struct count c = {.file = file, .len = text.len};
    FUZZ_CHECK(t->root);
    walk(t->root, &c, 0);
    FUZZ_CHECK(c.nodes <= NODES_PER_BYTE * (text.len + 1));
    FUZZ_CHECK(!(t->root->flags & BF_F_BROKEN) == !bf_diags_count(p.diags, BF_SEV_ERROR));
    for (uint32_t i = 1; i < t->trivia_count; i++)
        FUZZ_CHECK(t->trivia[i - 1].end <= t->trivia[i].start);
    FUZZ_CHECK(bf_node_same(t->root, t->root, true, NULL));
    struct bf_buf dump;
    bf_buf_init(&dump);
    bf_node_dump(t->root, &dump);
    bf_buf_fini(&dump);
    bf_diags_sort(p.diags);
    bf_outline_read(&p, file);
    bf_arena_free(arena);
    return 0;
}
