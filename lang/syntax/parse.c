/* From a file's text to its tree. */
#include "lang/syntax/state.h"

#include <string.h>

#define SLAB_NODES 128

struct bf_node *bf_node_slab(struct bf_lexer *lx) {
    lx->slab = bf_new_array(lx->p->arena, struct bf_node, SLAB_NODES);
    lx->slab_end = lx->slab + SLAB_NODES;
    return lx->slab++;
}

/* flex's interface, as lexer.l names it */
struct yy_buffer_state;
int bf_yylex_init_extra(struct bf_lexer *lx, void **scanner);
struct yy_buffer_state *bf_yy_scan_buffer(char *text, size_t size, void *scanner);
int bf_yylex_destroy(void *scanner);

static bool ends_with(bf_str s, const char *z) {
    size_t n = strlen(z);
    return s.len >= n && !memcmp(s.p + s.len - n, z, n);
}

/* The text in a buffer of its own, without what no lexer should meet. False: it is no text. */
static bool admit(struct bf_lexer *lx, bf_str text, char *copy) {
    size_t bad = bf_utf8_check(text.p, text.len);
    const char *nul = memchr(text.p, 0, text.len);
    memcpy(copy, text.p, text.len);
    if (text.len >= 3 && !memcmp(copy, "\xef\xbb\xbf", 3))
        memset(copy, ' ', 3);
    if (bad < text.len) {
        struct bf_range at = {(uint32_t)bad, (uint32_t)bad};
        struct bf_diag *d =
            bf_lexer_error(lx, BF_E0000_UTF8, at, BF_ARGS(bf_arg_int((int64_t)bad)));
        bf_diag_hint(lx->p->diags, d, BF_T_UTF8_HINT, BF_NOARGS);
        return false;
    }
    if (nul) {
        struct bf_range at = {(uint32_t)(nul - text.p), (uint32_t)(nul - text.p) + 1};
        bf_lexer_error(lx, BF_E0020_NUL, at, BF_ARGS(bf_arg_int(at.start)));
        for (char *p = copy; (p = memchr(p, 0, (size_t)(copy + text.len - p))) != NULL;)
            *p = ' ';
    }
    return true;
}

struct bf_tree *bf_parse_file(struct bf_parse *p, uint32_t file) {
    const struct bf_source *source = &p->sources->file[file];
    uint32_t len = source->text.len;
    struct bf_tree *t = bf_new(p->arena, struct bf_tree);
    struct bf_lexer *lx = bf_new(p->arena, struct bf_lexer);
    char *copy = bf_arena_alloc(p->arena, (size_t)len + 2);
    copy[len] = copy[len + 1] = 0;
    t->file = file;
    t->literate = ends_with(source->name, ".md");
    lx->p = p;
    lx->names = p->names;
    lx->file = file;
    lx->base = copy;
    lx->len = len;
    t->root = lx->root = bf_node_make(lx, BF_N_FILE, (struct bf_range){0, len});
    if (!admit(lx, source->text, copy)) {
        bf_names_lose_any(p->names);
        return t;
    }
    if (t->literate)
        bf_literate(p->arena, copy, len, t);

    int failed = bf_yylex_init_extra(lx, &lx->scanner);
    BF_ASSERT(!failed);
    BF_ASSERT(bf_yy_scan_buffer(copy, (size_t)len + 2, lx->scanner));
    bf_yyparse(lx); /* 1 and 2: it gave up, and has said why */
    bf_yylex_destroy(lx->scanner);
    if (lx->fatal)
        bf_names_lose_any(p->names);

    t->trivia = lx->trivia;
    t->trivia_count = lx->trivia_count;
    t->module_zh = lx->zh > lx->en;
    return t;
}

bool bf_tree_heading(const struct bf_tree *t, uint32_t offset, struct bf_cite *cite) {
    uint32_t lo = 0, hi = t->heading_count; /* headings below lo begin at or before offset */
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (t->headings[mid].offset <= offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!lo || !t->headings[lo - 1].cite.article)
        return false;
    *cite = t->headings[lo - 1].cite;
    return true;
}
