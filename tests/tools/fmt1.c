/* Formats one file: fmt1 keep|en|zh FILE. For tests and for the curious. */
#include <stdio.h>
#include <string.h>

#include "lang/tools/fmt.h"

int main(int argc, char **argv) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_sources sources = {.arena = a};
    uint32_t file;
    struct bf_error e;
    if (!a || argc != 3)
        return 2;
    struct bf_parse p = {.arena = a, .sources = &sources, .names = bf_names_new(a), .next_id = 1};
    p.diags = bf_diags_new(a, &sources, 100);
    if (bf_source_read(&sources, argv[2], bf_str_of(argv[2]), &file, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 2;
    }
    struct bf_buf out;
    bf_buf_init(&out);
    enum bf_fmt_words words = !strcmp(argv[1], "en")   ? BF_FMT_EN
                              : !strcmp(argv[1], "zh") ? BF_FMT_ZH
                                                       : BF_FMT_KEEP;
    bool ok = bf_fmt(&p, bf_parse_file(&p, file), words, &out);
    if (ok)
        fwrite(out.p, 1, out.len, stdout);
    if (!ok) {
        struct bf_render how = {.lang = BF_LANG_EN, .ambiguous_width = 1};
        bf_diags_sort(p.diags);
        bf_diags_render(p.diags, &how, ~0u, &out);
        fwrite(out.p, 1, out.len, stderr);
    }
    bf_buf_fini(&out);
    bf_arena_free(a);
    return ok ? 0 : 1;
}
