/* The checker when the machine fails, and when the source does so very often. What it finds in a
** source is held against the sources of tests/golden/check. */
#include <stdbool.h>
#include <sys/stat.h>

#include "lang/base/stdlib.h"
#include "lang/check/program.h"
#include "tests/unit/fault.h"

struct job {
    const char *path;
    uint32_t max_shown, errors, shown;
    struct bf_arena *arena;
};

static bool work(void *ctx) {
    struct job *j = ctx;
    char stdlib[BF_PATH_MAX];
    struct bf_error e;
    struct bf_sources sources = {.arena = j->arena};
    struct bf_parse parse = {j->arena, &sources, bf_diags_new(j->arena, &sources, j->max_shown),
                             bf_names_new(j->arena), 1};
    struct bf_program *program;
    if (bf_stdlib_dir(stdlib, &e) || bf_load_policy(&parse, j->path, stdlib, &program, &e))
        return false;
    bf_check(program);
    bf_diags_sort(parse.diags);
    j->errors = bf_diags_count(parse.diags, BF_SEV_ERROR);
    j->shown = bf_diags_shown(parse.diags);
    return true;
}

static bool attempt(void *ctx) {
    struct job *j = ctx;
    j->arena = bf_arena_new(0);
    if (!j->arena)
        return false;
    bool ok = fault_guard(j->arena, work, j);
    bf_arena_free(j->arena);
    return ok;
}

static void test_faults(void **state) {
    static const char *const sources[] = {"golden/check/names.banfa",    "golden/check/types.banfa",
                                          "golden/check/scenario.banfa", "golden/check/cite",
                                          "golden/check/circle",         "golden/check/zh.banfa"};
    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        char path[BF_PATH_MAX];
        const char *srcdir = getenv("srcdir");
        struct job j = {.path = path, .max_shown = 100};
        snprintf(path, sizeof path, "%s/tests/%s", srcdir ? srcdir : "..", sources[i]);
        assert_true(fault_until_quiet(attempt, &j) > 0);
        assert_true(j.errors > 0);
    }
}

static struct job checked(const char *path) {
    struct job j = {.path = path, .max_shown = 100};
    assert_true(attempt(&j));
    remove(path);
    return j;
}

/* A mistake a line: all are counted, the first hundred kept. */
static void test_many_errors(void **state) {
    (void)state;
    unsigned n = test_rounds(100000);
    FILE *f = fopen("check-many.banfa", "w");
    assert_non_null(f);
    for (unsigned i = 0; i < n; i++)
        fprintf(f, "assume a%u : Foo%u = 1\n", i, i);
    assert_int_equal(fclose(f), 0);
    struct job j = checked("check-many.banfa");
    assert_int_equal(j.errors, n);
    assert_int_equal(j.shown, n < 100 ? n : 100);
}

/* Long chains take no stack: each record holds the one before it, each decision asks it. */
static void test_long_chains(void **state) {
    (void)state;
    FILE *f = fopen("check-records.banfa", "w");
    assert_non_null(f);
    unsigned n = test_rounds(100000);
    fputs("record R0 { a : Int }\ndecide d0 (x: Int): Int { otherwise x }\n", f);
    for (unsigned i = 1; i <= n; i++)
        fprintf(f, "record R%u { a : R%u }\ndecide d%u (x: Int): Int { otherwise d%u(x) }\n", i,
                i - 1, i, i - 1);
    assert_int_equal(fclose(f), 0);
    struct job j = checked("check-records.banfa");
    assert_int_equal(j.errors, 1); /* decisions nested deeper than the limit, told once */
}

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* What an outline lacks may stand in the line that could not be read: citations are not held against it. */
static void test_broken_outline(void **state) {
    static const struct {
        const char *outline;
        uint32_t errors;
    } outlines[] = {{"Article 2 a\n", 2}, {"Article 2 a\nfoo\n", 1}, {"Article 2 a\n\xff\n", 1}};
    (void)state;
    mkdir("check-outline", 0777);
    for (size_t i = 0; i < sizeof outlines / sizeof *outlines; i++) {
        struct job j = {.path = "check-outline", .max_shown = 100};
        write_file("check-outline/outline", outlines[i].outline);
        write_file("check-outline/a.banfa", "violation v @1\nviolation w @2.3\n");
        assert_true(attempt(&j));
        assert_int_equal(j.errors, outlines[i].errors);
    }
    remove("check-outline/outline");
    remove("check-outline/a.banfa");
    remove("check-outline");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_many_errors),
        cmocka_unit_test(test_long_chains),
        cmocka_unit_test(test_broken_outline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
