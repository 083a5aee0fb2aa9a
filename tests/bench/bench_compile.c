/* bench_compile: compiling a large source into an image, all checks included, against lexing and parsing it with
** empty actions.
**
**   bench_compile [--bytes N] [--repeats N] [--print]
**
** --print writes the source instead. Memory is what the compilation's arena and heap held at most, a byte of
** source. The source itself (generate.c) uses every construct; that it has no mistake is checked first.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/mem.h"
#include "lang/base/stdlib.h"
#include "lang/image/compile.h"
#include "tests/bench/bench.h"
#include "tests/bench/generate.h"

struct bf_tree *bench_bare_parse_file(struct bf_parse *p, uint32_t file);

static struct bf_buf text;
static char path[] = "bench_compile.XXXXXX.banfa";
static char stdlib[BF_PATH_MAX];
static size_t arena_bytes, image_bytes;

static _Noreturn void stop(const char *what) {
    fprintf(stderr, "bench_compile: %s\n", what);
    unlink(path);
    exit(1);
}

struct compilation {
    struct bf_arena *arena;
    struct bf_sources sources;
    struct bf_parse parse;
};

static void begin(struct compilation *c) {
    c->arena = bf_arena_new(0);
    if (!c->arena)
        stop("out of memory");
    c->sources = (struct bf_sources){.arena = c->arena};
    c->parse = (struct bf_parse){c->arena, &c->sources, bf_diags_new(c->arena, &c->sources, 20),
                                 bf_names_new(c->arena), 1};
}

static void tell_errors(struct compilation *c) {
    struct bf_render how = {.lang = BF_LANG_EN, .ambiguous_width = 1};
    struct bf_buf out;
    bf_buf_init(&out);
    bf_diags_sort(c->parse.diags);
    bf_diags_render(c->parse.diags, &how, 1u << BF_SEV_ERROR, &out);
    fwrite(out.p, 1, out.len, stderr);
    stop("the generated source has mistakes");
}

static void compile(void *ctx) {
    struct compilation c;
    struct bf_program *p;
    struct bf_error e;
    const uint8_t *bytes;
    (void)ctx;
    begin(&c);
    if (bf_load_policy(&c.parse, path, stdlib, &p, &e))
        stop(e.text);
    bf_check(p);
    if (bf_diags_count(c.parse.diags, BF_SEV_ERROR) || !bf_lower(p, true, &bytes, &image_bytes))
        tell_errors(&c);
    arena_bytes = bf_arena_used(c.arena);
    bf_arena_free(c.arena);
}

static void parse_bare(void *ctx) {
    struct compilation c;
    struct bf_error e;
    uint32_t file;
    (void)ctx;
    begin(&c);
    if (bf_source_read(&c.sources, path, BF_STR("bare.banfa"), &file, &e))
        stop(e.text);
    bench_keep((uintptr_t)bench_bare_parse_file(&c.parse, file));
    if (bf_diags_count(c.parse.diags, BF_SEV_ERROR))
        tell_errors(&c);
    bf_arena_free(c.arena);
}

static void write_source(void) {
    int fd = mkstemps(path, 6);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!f || fwrite(text.p, 1, text.len, f) != text.len || fclose(f))
        stop("cannot write the source");
}

int main(int argc, char **argv) {
    size_t bytes = 50000000;
    int repeats = 3;
    bool print = false;
    struct bf_error e;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--bytes") && i + 1 < argc)
            bytes = strtoul(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--repeats") && i + 1 < argc)
            repeats = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--print"))
            print = true;
        else
            stop("usage: bench_compile [--bytes N] [--repeats N] [--print]");
    }
    bf_buf_init(&text);
    bench_generate(&text, bytes, 1);
    if (text.failed || bf_stdlib_dir(stdlib, &e))
        stop("no source, or no library");
    if (print)
        return fwrite(text.p, 1, text.len, stdout) == text.len ? 0 : 1;
    write_source();
    double size = (double)text.len;
    bf_buf_fini(&text);
    struct bench_side ours = {"compile", compile, NULL, size};
    struct bench_side bare = {"bare parser", parse_bare, NULL, size};
    struct bench_result r = bench_compare(&ours, &bare, repeats | 1);
    unlink(path);
    printf("compile: %.1f MB of source, %.1f bytes of arena and %.2f of image a byte\n", size / 1e6,
           (double)arena_bytes / size, (double)image_bytes / size);
    return bench_speed_at_least("compile, all checks", "byte", &r, 0.2) ? 0 : 1;
}
