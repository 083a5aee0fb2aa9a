/* The findings of flow, tables and coverage on the smallest sources that have them.
**
** tests/golden/flow/NAME.banfa (or a folder NAME with its outline) is checked, and what is found is
** held against NAME.expect, which was written by hand from docs/LANGUAGE.md and the message tables:
** after "[en]" and "[zh]" a line for each finding, then its labels and hints, indented. A place is
** written as its text, with #N if it is not the first occurrence in its file. */
#include <dirent.h>
#include <unistd.h>

#include "lang/base/stdlib.h"
#include "lang/check/coverage.h"
#include "lang/check/program.h"
#include "test.h"

static const char *folder(void) {
    static char path[BF_PATH_MAX];
    const char *srcdir = getenv("srcdir");
    snprintf(path, sizeof path, "%s/tests/golden/flow", srcdir ? srcdir : "..");
    return path;
}

static void put_place(struct bf_buf *out, const struct bf_sources *s, bf_span span) {
    bf_str text = s->file[span.file].text;
    uint32_t len = span.end - span.start, nth = 1;
    const char *line = memchr(text.p + span.start, '\n', len);
    for (uint32_t i = 0; i < span.start; i++)
        nth += memcmp(text.p + i, text.p + span.start, len) == 0;
    bf_buf_char(out, '[');
    bf_buf_put(out, text.p + span.start, line ? (size_t)(line - text.p) - span.start : len);
    bf_buf_z(out, line ? "…" : "");
    if (nth > 1)
        bf_buf_fmt(out, "#%u", nth);
    bf_buf_z(out, "] ");
}

static void put_finding(struct bf_buf *out, const struct bf_sources *s, const struct bf_diag *d,
                        enum bf_lang lang) {
    static const char *const text[][2] = {
#define DIAG(id, sev, en, zh) {en, zh},
#include "lang/defs/messages.def"
    };
    bf_buf_fmt(out, "%s ", bf_diag_code_z(d->code));
    put_place(out, s, d->span);
    /* A message is rendered as a label's text would be: with the same arguments. */
    for (const char *p = text[d->code][lang]; *p; p++) {
        int n = p[0] == '{' && p[2] == '}' ? p[1] - '0' : -1;
        if (n < 0 || n >= d->nargs) {
            bf_buf_char(out, *p);
            continue;
        }
        const bf_arg *a = &d->args[n];
        if (a->kind == BF_ARG_INT)
            bf_buf_int(out, a->i);
        else if (a->kind == BF_ARG_TEXT)
            bf_buf_z(out, bf_text_z(lang, a->text));
        else
            bf_buf_str(out, a->kind == BF_ARG_BOTH && lang == BF_LANG_ZH ? a->zh : a->s);
        p += 2;
    }
    bf_buf_char(out, '\n');
    for (const struct bf_diag_label *l = d->labels; l; l = l->next) {
        bf_buf_z(out, "  ");
        put_place(out, s, l->span);
        bf_text_render(out, lang, l->text, l->args, l->nargs);
        bf_buf_char(out, '\n');
    }
    for (const struct bf_diag_label *h = d->hints; h; h = h->next) {
        bf_buf_z(out, "  = ");
        bf_text_render(out, lang, h->text, h->args, h->nargs);
        bf_buf_char(out, '\n');
    }
}

struct checked {
    struct bf_arena *arena;
    struct bf_sources sources;
    struct bf_parse parse;
    struct bf_program *program;
};

static void check(struct checked *c, const char *path) {
    char stdlib[BF_PATH_MAX];
    struct bf_error e = {0};
    *c = (struct checked){.arena = bf_arena_new(0)};
    assert_non_null(c->arena);
    c->sources.arena = c->arena;
    c->parse = (struct bf_parse){.arena = c->arena, .sources = &c->sources, .next_id = 1};
    c->parse.diags = bf_diags_new(c->arena, &c->sources, 0);
    c->parse.names = bf_names_new(c->arena);
    if (bf_stdlib_dir(stdlib, &e) != BF_OK ||
        bf_load_policy(&c->parse, path, stdlib, &c->program, &e) != BF_OK)
        fail_msg("%s: %s", path, e.text);
    bf_check(c->program);
    bf_diags_sort(c->parse.diags);
}

static void compare(const char *name) {
    static const enum bf_lang langs[] = {BF_LANG_EN, BF_LANG_ZH};
    char path[BF_PATH_MAX + 300];
    struct checked c;
    struct bf_error e = {0};
    struct bf_buf out;
    bf_str expected;
    snprintf(path, sizeof path, "%s/%s", folder(), name);
    check(&c, path);
    bf_buf_init(&out);
    for (int i = 0; i < 2; i++) {
        bf_buf_z(&out, i ? "[zh]\n" : "[en]\n");
        for (uint32_t k = 0; k < bf_diags_shown(c.parse.diags); k++)
            put_finding(&out, &c.sources, bf_diags_get(c.parse.diags, k), langs[i]);
    }
    char *dot = strrchr(path, '.');
    strcpy(dot && dot > strrchr(path, '/') ? dot : path + strlen(path), ".expect");
    if (bf_file_read(c.arena, path, 1 << 20, &expected, &e) != BF_OK)
        fail_msg("%s", e.text);
    if (!bf_str_eq(expected, bf_buf_view(&out)))
        fail_msg("%s\n--- found ---\n%.*s--- expected ---\n%.*s", name, (int)out.len, out.p,
                 (int)expected.len, expected.p);
    bf_buf_fini(&out);
    bf_arena_free(c.arena);
}

static int by_name(const void *x, const void *y) {
    return strcmp(*(char *const *)x, *(char *const *)y);
}

static void test_golden(void **state) {
    char *names[200];
    int count = 0;
    const char *only = getenv("ONLY");
    DIR *dir = opendir(folder());
    (void)state;
    assert_non_null(dir);
    for (struct dirent *d; (d = readdir(dir));) {
        const char *dot = strrchr(d->d_name, '.');
        if (d->d_name[0] != '.' && (!dot || strcmp(dot, ".banfa") == 0) &&
            (!only || strcmp(only, d->d_name) == 0)) {
            assert_true(count < 200);
            names[count++] = strdup(d->d_name);
        }
    }
    closedir(dir);
    assert_true(count > 0);
    qsort(names, (size_t)count, sizeof *names, by_name);
    for (int i = 0; i < count; i++) {
        compare(names[i]);
        free(names[i]);
    }
}

/* The codes found in a source that is too long to keep. */
static bool finds(const struct bf_buf *text, const char *code) {
    char path[] = "/tmp/banfa-flow-XXXXXX.banfa";
    int fd = mkstemps(path, 6);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    struct checked c;
    bool found = false;
    assert_non_null(file);
    assert_false(text->failed);
    assert_int_equal(fwrite(text->p, 1, text->len, file), text->len);
    assert_int_equal(fclose(file), 0);
    check(&c, path);
    unlink(path);
    for (uint32_t i = 0; i < bf_diags_shown(c.parse.diags); i++)
        found |= strcmp(bf_diag_code_z(bf_diags_get(c.parse.diags, i)->code), code) == 0;
    bf_arena_free(c.arena);
    return found;
}

/* (a0 or b0) and (a1 or b1) …: 2 to the power of `pairs` alternatives. */
static void put_product(struct bf_buf *b, int pairs) {
    bf_buf_z(b, "decide d (");
    for (int i = 0; i < pairs; i++)
        bf_buf_fmt(b, "%sa%d: Bool, b%d: Bool", i ? ", " : "", i, i);
    bf_buf_z(b, "): Int {\n  when ");
    for (int i = 0; i < pairs; i++)
        bf_buf_fmt(b, "%s(a%d or b%d)", i ? " and " : "", i, i);
    bf_buf_z(b, " then 1\n}\n");
}

static void put_states(struct bf_buf *b, int states) {
    bf_buf_z(b, "procedure p {\n  party x : Department\n  starts by x\n");
    for (int i = 0; i < states; i++)
        bf_buf_fmt(b,
                   "  state s%d { x must go%d within 1 days { do%d -> s%d } otherwise -> done }\n",
                   i, i, i, (i + 1) % states);
    bf_buf_z(b, "  end done\n}\n");
}

static void test_limits(void **state) {
    struct bf_buf b;
    (void)state;
    for (int pairs = 10; pairs <= 12;
         pairs += 2) { /* 1,024 and 4,096 alternatives; 2,000 are allowed */
        bf_buf_init(&b);
        put_product(&b, pairs);
        assert_int_equal(finds(&b, "W0406"), pairs == 12);
        assert_int_equal(finds(&b, "E0403"), pairs == 10);
        bf_buf_fini(&b);
    }
    for (int states = 4095; states <= 4096; states++) { /* and the end */
        bf_buf_init(&b);
        put_states(&b, states);
        assert_int_equal(finds(&b, "E0514"), states == 4096);
        bf_buf_fini(&b);
    }
}

/* Thousands of rules are checked whole. */
static void test_many_rules(void **state) {
    struct bf_buf b;
    (void)state;
    bf_buf_init(&b);
    bf_buf_z(&b, "decide d (x: Text, n: Int): Int {\n");
    for (int i = 0; i < 2000; i++)
        bf_buf_fmt(&b, "  when x = \"k%d\" and n < %d then %d\n", i, i, i);
    bf_buf_z(&b, "  otherwise 0\n}\n");
    assert_false(finds(&b, "W0406"));
    assert_false(finds(&b, "E0401"));
    b.len -= strlen("  otherwise 0\n}\n");
    bf_buf_z(&b, "  when n = 5 then 7000\n  otherwise 0\n}\n");
    assert_true(finds(&b, "E0401")); /* x = "k6" and n = 5 */
    bf_buf_fini(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_many_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
