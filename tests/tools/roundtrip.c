/* Holds the formatter to its promises on each file named:
**   what it prints has the same tree; printing that again changes nothing;
**   in the other surface the tree is the same but for names; en -> zh -> en is the same, byte for byte.
** Files with errors must be refused. Exit 1 if a promise is broken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/mem.h"
#include "lang/tools/fmt.h"

struct text {
    struct bf_arena *arena;
    struct bf_sources sources;
    struct bf_parse p;
    struct bf_tree *tree;
};

static const char *shown;

static struct text *read_text(bf_str name, bf_str text) {
    struct bf_arena *a = bf_arena_new(0);
    if (!a)
        exit(2);
    struct text *t = bf_new(a, struct text);
    t->arena = a;
    t->sources = (struct bf_sources){.arena = a};
    t->p = (struct bf_parse){
        .arena = a, .sources = &t->sources, .names = bf_names_new(a), .next_id = 1};
    t->p.diags = bf_diags_new(a, &t->sources, 10);
    t->tree = bf_parse_file(&t->p, bf_source_add(&t->sources, name, text));
    return t;
}

static void say(struct text *t) {
    struct bf_render how = {.lang = BF_LANG_EN, .ambiguous_width = 1};
    struct bf_buf b;
    bf_buf_init(&b);
    bf_diags_sort(t->p.diags);
    bf_diags_render(t->p.diags, &how, ~0u, &b);
    fwrite(b.p, 1, b.len, stderr);
    bf_buf_fini(&b);
}

static int broken(const char *what, const struct bf_buf *x, const struct bf_buf *y) {
    size_t i = 0, line = 1, from = 0;
    fprintf(stderr, "%s: %s\n", shown, what);
    if (!x || !y)
        return 1;
    for (; i < x->len && i < y->len && x->p[i] == y->p[i]; i++)
        if (x->p[i] == '\n')
            line++, from = i + 1;
    fprintf(stderr, "  line %zu\n  < %.*s\n  > %.*s\n", line, (int)strcspn(x->p + from, "\n"),
            x->p + from, (int)strcspn(y->p + from, "\n"), y->p + from);
    return 1;
}

static bool format(struct text *t, enum bf_fmt_words words, struct bf_buf *out) {
    bool good = bf_fmt(&t->p, t->tree, words, out);
    bf_buf_char(out, 0);
    out->len--;
    return good;
}

static bool equal(const struct bf_buf *x, const struct bf_buf *y) {
    return x->len == y->len && !memcmp(x->p, y->p, x->len);
}

static int check(bf_str name, struct text *t) {
    static const char *const what[] = {"as it is", "in English", "in Chinese"};
    struct bf_buf once[3], twice, zh, back;
    int bad = 0;
    bf_buf_init(&twice);
    bf_buf_init(&zh);
    bf_buf_init(&back);
    for (int w = 0; w < 3; w++) {
        const struct bf_node *where = NULL;
        bf_buf_init(&once[w]);
        if (!format(t, (enum bf_fmt_words)w, &once[w]))
            bad |= broken("is not formatted", NULL, NULL);
        struct text *u = read_text(name, bf_buf_view(&once[w]));
        if (bf_diags_count(u->p.diags, BF_SEV_ERROR)) {
            say(u);
            bad |= broken(what[w], NULL, NULL);
        } else if (!bf_node_same(t->tree->root, u->tree->root, false, &where) ||
                   !bf_node_same(u->tree->root, t->tree->root, false, NULL)) {
            bad |= broken("another tree", NULL, NULL);
            fprintf(stderr, "  %s, at a %s at %u\n", what[w],
                    where ? bf_node_kind_z((enum bf_node_kind)where->kind) : "?",
                    where ? where->span.start : 0);
        }
        twice.len = 0;
        if (!bad && (!format(u, BF_FMT_KEEP, &twice) || !equal(&once[w], &twice)))
            bad |= broken("formatting twice changes it", &once[w], &twice);
        bf_arena_free(u->arena);
    }
    struct text *en = read_text(name, bf_buf_view(&once[BF_FMT_EN]));
    if (!bad && format(en, BF_FMT_ZH, &zh)) {
        struct text *u = read_text(name, bf_buf_view(&zh));
        if (!format(u, BF_FMT_EN, &back) || !equal(&once[BF_FMT_EN], &back))
            bad |= broken("en -> zh -> en is another text", &once[BF_FMT_EN], &back);
        bf_arena_free(u->arena);
    }
    bf_arena_free(en->arena);
    for (int w = 0; w < 3; w++)
        bf_buf_fini(&once[w]);
    bf_buf_fini(&twice);
    bf_buf_fini(&zh);
    bf_buf_fini(&back);
    return bad;
}

int main(int argc, char **argv) {
    int bad = 0;
    for (int i = 1; i < argc; i++) {
        struct bf_arena *a = bf_arena_new(0);
        struct bf_sources s = {.arena = a};
        struct bf_error e;
        uint32_t file;
        shown = argv[i];
        if (bf_source_read(&s, argv[i], bf_str_of(argv[i]), &file, &e)) {
            fprintf(stderr, "%s\n", e.text);
            return 2;
        }
        struct text *t = read_text(bf_str_of(argv[i]), s.file[file].text);
        if (bf_diags_count(t->p.diags, BF_SEV_ERROR)) {
            struct bf_buf none;
            bf_buf_init(&none);
            if (bf_fmt(&t->p, t->tree, BF_FMT_KEEP, &none) || none.len)
                bad |= broken("has errors, and was formatted", NULL, NULL);
            bf_buf_fini(&none);
            if (getenv("WANT_CLEAN")) {
                say(t);
                bad |= 1;
            }
        } else {
            bad |= check(bf_str_of(argv[i]), t);
        }
        bf_arena_free(t->arena);
        bf_arena_free(a);
    }
    return bad;
}
