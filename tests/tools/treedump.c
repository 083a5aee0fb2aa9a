/* Prints the tree of each file named, after what the parser has to say about it (TREEDUMP_LANG=zh: in
** Chinese). */
#include <stdio.h>
#include <stdlib.h>

#include "lang/base/mem.h"
#include "lang/syntax/ast.h"

int main(int argc, char **argv) {
    struct bf_arena *a = bf_arena_new(0);
    if (!a)
        return 2;
    struct bf_sources sources = {.arena = a};
    struct bf_parse p = {.arena = a, .sources = &sources, .names = bf_names_new(a), .next_id = 1};
    p.diags = bf_diags_new(a, &sources, 100);
    struct bf_buf out;
    bf_buf_init(&out);
    for (int i = 1; i < argc; i++) {
        struct bf_error e;
        uint32_t file;
        if (bf_source_read(&sources, argv[i], bf_str_of(argv[i]), &file, &e)) {
            fprintf(stderr, "%s\n", e.text);
            return 2;
        }
        bf_node_dump(bf_parse_file(&p, file)->root, &out);
    }
    struct bf_render how = {.lang = BF_LANG_EN, .ambiguous_width = 1};
    struct bf_buf said;
    bf_buf_init(&said);
    const char *lang = getenv("TREEDUMP_LANG");
    if (lang && lang[0] == 'z')
        how.lang = BF_LANG_ZH;
    bf_diags_sort(p.diags);
    bf_diags_render(p.diags, &how, ~0u, &said);
    fwrite(said.p, 1, said.len, stderr);
    fwrite(out.p, 1, out.len, stdout);
    int status = bf_diags_count(p.diags, BF_SEV_ERROR) != 0;
    bf_buf_fini(&out);
    bf_buf_fini(&said);
    bf_arena_free(a);
    return status;
}
