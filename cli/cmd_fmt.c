/* banfa fmt [--check] [--keywords zh|en] PATH…: sources in their one layout, in place.
**
** "-" is standard input to standard output. A folder stands for all *.banfa and *.banfa.md below it.
** A file is written beside itself and then renamed, so that it is never half written; one with errors
** is left alone. --check writes nothing and lists the files that would change.
*/
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "engine/core/value.h"
#include "lang/tools/fmt.h"

#define SHOWN 100 /* diagnostics a file */
#define DEPTH 32  /* folders in folders */

struct run {
    const struct bf_cli *cli;
    enum bf_fmt_words words;
    bool check;
    int status;
};

static void worse(struct run *r, int status) {
    if (status > r->status)
        r->status = status;
}

static void world_failed(struct run *r, enum bf_err code, const char *what, const char *path) {
    struct bf_error e;
    bf_fail(&e, code, "%s %s: %s", what, path, strerror(errno));
    worse(r, bf_cli_fail(r->cli, &e));
}

static bool write_all(int fd, const struct bf_buf *b) {
    for (size_t at = 0; at < b->len;) {
        ssize_t n = write(fd, b->p + at, b->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

/* The new text under the old name, with the old file's rights; all of it or nothing. */
static void replace_file(struct run *r, const char *path, const struct bf_buf *text) {
    char real[PATH_MAX], temp[PATH_MAX + sizeof ".XXXXXX"];
    struct stat st;
    bool done = false;
    if (realpath(path, real) && !stat(real, &st)) { /* a link stays a link */
        snprintf(temp, sizeof temp, "%s.XXXXXX", real);
        int fd = mkstemp(temp);
        if (fd >= 0) {
            done = !fchmod(fd, st.st_mode & 07777) && write_all(fd, text) && !fsync(fd);
            done = !close(fd) && done;
            done = done && !rename(temp, real);
            if (!done)
                unlink(temp);
        }
    }
    if (!done)
        world_failed(r, BF_EIO, "write", path);
}

static void show_diagnostics(struct run *r, struct bf_diags *diags) {
    struct bf_render how = bf_cli_render(r->cli);
    struct bf_buf out;
    bf_buf_init(&out);
    bf_diags_sort(diags);
    bf_diags_render(diags, &how, ~0u, &out);
    if (!bf_cli_write(r->cli, &out))
        worse(r, BF_EXIT_USAGE);
    bf_buf_fini(&out);
}

static void settle(struct run *r, const char *path, bf_str old, const struct bf_buf *text) {
    bool same = old.len == text->len && !memcmp(old.p, text->p, old.len);
    if (r->check) {
        if (same)
            return;
        struct bf_buf line;
        bf_buf_init(&line);
        if (r->cli->json) {
            bf_buf_z(&line, "{\"file\":");
            bf_json_text(bf_str_of(path), &line);
            bf_buf_char(&line, '}');
        } else {
            bf_buf_z(&line, path);
        }
        bf_buf_char(&line, '\n');
        if (!bf_cli_write(r->cli, &line))
            worse(r, BF_EXIT_USAGE);
        bf_buf_fini(&line);
        worse(r, BF_EXIT_ERRORS);
    } else if (!strcmp(path, "-")) {
        if (!bf_cli_write(r->cli, text))
            worse(r, BF_EXIT_USAGE);
    } else if (!same) {
        replace_file(r, path, text);
    }
}

static void format_file(struct run *r, const char *path) {
    struct bf_arena *arena = bf_arena_new(0);
    struct bf_error e;
    uint32_t file;
    if (!arena) {
        errno = ENOMEM;
        world_failed(r, BF_ENOMEM, "read", path);
        return;
    }
    struct bf_sources sources = {.arena = arena};
    struct bf_parse p = {
        .arena = arena, .sources = &sources, .names = bf_names_new(arena), .next_id = 1};
    p.diags = bf_diags_new(arena, &sources, SHOWN);
    if (bf_source_read(&sources, path, bf_str_of(path), &file, &e)) {
        worse(r, bf_cli_fail(r->cli, &e));
    } else {
        struct bf_tree *tree = bf_parse_file(&p, file);
        struct bf_buf out;
        bf_buf_init(&out);
        bool formatted = bf_fmt(&p, tree, r->words, &out);
        if (formatted) {
            settle(r, path, sources.file[file].text, &out);
        } else if (bf_diags_count(p.diags, BF_SEV_ERROR)) {
            show_diagnostics(r, p.diags);
            worse(r, BF_EXIT_ERRORS);
        } else if (out.failed || !tree->literate) {
            errno = ENOMEM;
            world_failed(r, BF_ENOMEM, "format", path);
        } else {
            bf_diag(p.diags, BF_E0050_OVER_FENCE, (bf_span){file, 0, 0}, BF_NOARGS);
            show_diagnostics(r, p.diags);
            worse(r, BF_EXIT_ERRORS);
        }
        bf_buf_fini(&out);
    }
    bf_arena_free(arena);
}

static bool is_source(const char *name) {
    size_t n = strlen(name);
    return (n > 6 && !strcmp(name + n - 6, ".banfa")) ||
           (n > 9 && !strcmp(name + n - 9, ".banfa.md"));
}

static void format_path(struct run *r, const char *path, int depth);

static int by_name(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* The entries' paths in the order of names, so that --check lists them the same everywhere; NULL if
** the folder cannot be read. */
static const char **entries(struct bf_arena *a, const char *path, size_t *count) {
    size_t cap = 64;
    const char **list = bf_arena_alloc(a, sizeof *list * cap);
    DIR *dir = opendir(path);
    if (!dir)
        return NULL;
    *count = 0;
    for (struct dirent *d; (d = readdir(dir)) != NULL;) {
        if (d->d_name[0] == '.')
            continue;
        if (*count == cap) {
            const char **more = bf_arena_alloc(a, sizeof *list * cap * 2);
            memcpy(more, list, sizeof *list * cap);
            list = more;
            cap *= 2;
        }
        size_t size = strlen(path) + strlen(d->d_name) + 2;
        char *below = bf_arena_alloc(a, size);
        snprintf(below, size, "%s/%s", path, d->d_name);
        list[(*count)++] = below;
    }
    closedir(dir);
    qsort(list, *count, sizeof *list, by_name);
    return list;
}

static void format_folder(struct run *r, const char *path, int depth) {
    struct bf_arena *a = bf_arena_new(0);
    size_t count = 0;
    const char **list = NULL;
    if (!a)
        errno = ENOMEM;
    else if (depth == DEPTH)
        errno = ELOOP;
    else
        list = entries(a, path, &count);
    if (!list)
        world_failed(r, BF_EIO, "read", path);
    for (size_t i = 0; i < count; i++) {
        struct stat st;
        if (!lstat(list[i], &st) &&
            (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && is_source(list[i]))))
            format_path(r, list[i], depth + 1);
    }
    if (a)
        bf_arena_free(a);
}

static void format_path(struct run *r, const char *path, int depth) {
    struct stat st;
    if (strcmp(path, "-") && !stat(path, &st) && S_ISDIR(st.st_mode))
        format_folder(r, path, depth);
    else
        format_file(r, path);
}

int bf_cmd_fmt(struct bf_cli *cli, int argc, char **argv) {
    struct run r = {.cli = cli, .check = bf_cli_flag(&argc, argv, "--check")};
    const char *words = bf_cli_value(&argc, argv, "--keywords");
    if (!bf_cli_operands(cli, &argc, argv, 1, -1))
        return BF_EXIT_USAGE;
    if (words && !strcmp(words, "zh"))
        r.words = BF_FMT_ZH;
    else if (words && !strcmp(words, "en"))
        r.words = BF_FMT_EN;
    else if (words)
        return bf_cli_usage(cli, BF_T_FMT_KEYWORDS, BF_ARGS(bf_arg_str(bf_str_of(words))));
    for (int i = 1; i < argc; i++)
        format_path(&r, argv[i], 0);
    return r.status;
}
