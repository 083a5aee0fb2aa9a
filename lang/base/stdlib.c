/* Finding stdlib, and reading a file whole. */
#include "lang/base/stdlib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_dir(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* In the sources, and there only, stdlib has this file. */
#define SOURCE_MARK "stdlib.am"
#define INSTALLED "/share/banfa/stdlib"

/* A program in its build tree sits below the sources, or in a folder beside or below them; an installed one in
** PREFIX/bin, which may not be the prefix it was built for. */
static bool find_near_program(char out[BF_PATH_MAX]) {
    ssize_t len = readlink("/proc/self/exe", out, BF_PATH_MAX - 1);
    if (len <= 0)
        return false;
    out[len] = '\0';
    char mark[BF_PATH_MAX + 32];
    for (int up = 0; up < 6; up++) {
        char *slash = strrchr(out, '/');
        if (!slash)
            return false;
        *slash = '\0';
        snprintf(mark, sizeof mark, "%s/stdlib/" SOURCE_MARK, out);
        if (access(mark, R_OK) == 0 && strlen(out) + sizeof "/stdlib" <= BF_PATH_MAX) {
            strcat(out, "/stdlib");
            return true;
        }
        snprintf(mark, sizeof mark, "%s" INSTALLED, out);
        if (up == 1 && is_dir(mark) && strlen(mark) < BF_PATH_MAX) {
            snprintf(out, BF_PATH_MAX, "%.*s", BF_PATH_MAX - 1, mark);
            return true;
        }
    }
    return false;
}

enum bf_err bf_stdlib_dir(char out[BF_PATH_MAX], struct bf_error *e) {
    const char *asked = getenv("BANFA_STDLIB");
    if (asked && *asked) {
        if (strlen(asked) >= BF_PATH_MAX || !is_dir(asked))
            return bf_fail(e, BF_ENOENT, "BANFA_STDLIB: %s is not a folder", asked);
        snprintf(out, BF_PATH_MAX, "%s", asked);
        return BF_OK;
    }
    if (find_near_program(out))
        return BF_OK;
    if (!is_dir(BANFA_DATADIR "/stdlib"))
        return bf_fail(e, BF_ENOENT, "stdlib: not found in %s; set BANFA_STDLIB", BANFA_DATADIR);
    snprintf(out, BF_PATH_MAX, "%s", BANFA_DATADIR "/stdlib");
    return BF_OK;
}

static enum bf_err system_error(const char *path, struct bf_error *e) {
    return bf_fail(e, errno == ENOENT ? BF_ENOENT : BF_EIO, "%s: %s", path, strerror(errno));
}

/* The arena is asked first: running out of it leaves by a jump, and the file must not be open then. */
enum bf_err bf_file_read(struct bf_arena *a, const char *path, size_t max, bf_str *out,
                         struct bf_error *e) {
    struct stat st;
    if (stat(path, &st) != 0)
        return system_error(path, e);
    if (!S_ISREG(st.st_mode))
        return bf_fail(e, BF_EIO, "%s: not a file", path);
    if ((uint64_t)st.st_size > max)
        return bf_fail(e, BF_ELIMIT, "%s: larger than %zu bytes", path, max);
    char *p = bf_arena_alloc(a, (size_t)st.st_size + 1);
    FILE *f = fopen(path, "rb");
    if (!f)
        return system_error(path, e);
    size_t len = fread(p, 1, (size_t)st.st_size, f);
    enum bf_err err = ferror(f) ? system_error(path, e) : BF_OK;
    fclose(f);
    p[len] = '\0';
    if (!err)
        *out = (bf_str){p, (uint32_t)len};
    return err;
}
