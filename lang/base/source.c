/* source: see source.h. A byte order mark at the start is no part of the first line. */
#include "lang/base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum { SOURCE_MAX = 1 << 30, CHUNK = 1 << 16 };

static uint32_t new_file(struct bf_sources *s, bf_str name) {
    if (s->count == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 8;
        struct bf_source *file = bf_new_array(s->arena, struct bf_source, cap);
        if (s->count)
            memcpy(file, s->file, sizeof *file * s->count);
        s->file = file;
        s->cap = cap;
    }
    s->file[s->count] = (struct bf_source){.name = bf_str_dup(s->arena, name)};
    return s->count++;
}

uint32_t bf_source_add(struct bf_sources *s, bf_str name, bf_str text) {
    bf_str copy = bf_str_dup(s->arena, text);
    uint32_t file = new_file(s, name);
    s->file[file].text = copy;
    return file;
}

static enum bf_err cannot_read(const char *path, int why, struct bf_error *e) {
    return bf_fail(e, why == ENOENT ? BF_ENOENT : BF_EIO, "%s: %s", path, strerror(why));
}

/* Reads fd to its end into heap memory of *len bytes, which the caller frees. */
static enum bf_err read_all(int fd, const char *path, char **text, size_t *len,
                            struct bf_error *e) {
    struct stat st;
    size_t cap = CHUNK, n = 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < SOURCE_MAX)
        cap = (size_t)st.st_size + 1; /* one more, to meet the end without growing */
    char *p = bf_malloc(cap);
    enum bf_err err = p ? BF_OK : bf_fail(e, BF_ENOMEM, "%s: out of memory", path);
    while (!err) {
        ssize_t got = read(fd, p + n, cap - n);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            err = cannot_read(path, errno, e);
        n += got > 0 ? (size_t)got : 0;
        if (n > SOURCE_MAX)
            err = bf_fail(e, BF_ELIMIT, "%s: larger than 1 GiB", path);
        if (!err && n == cap) {
            char *more = bf_realloc(p, cap *= 2);
            err = more ? BF_OK : bf_fail(e, BF_ENOMEM, "%s: out of memory", path);
            p = more ? more : p;
        }
    }
    *text = p;
    *len = n;
    return err;
}

/* bf_source_add that comes back when the arena is exhausted: the caller has things to free. */
static bool add_or_fail(struct bf_sources *s, bf_str name, bf_str text, uint32_t *file) {
    jmp_buf full;
    jmp_buf *before = bf_arena_on_exhausted(s->arena, &full);
    if (setjmp(full)) {
        bf_arena_on_exhausted(s->arena, before);
        return false;
    }
    *file = bf_source_add(s, name, text);
    bf_arena_on_exhausted(s->arena, before);
    return true;
}

enum bf_err bf_source_read(struct bf_sources *s, const char *path, bf_str name, uint32_t *file,
                           struct bf_error *e) {
    bool in = strcmp(path, "-") == 0;
    int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_read(path, errno, e);
    char *text = NULL;
    size_t len = 0;
    enum bf_err err = read_all(fd, path, &text, &len, e);
    if (!in)
        close(fd);
    if (!err && !add_or_fail(s, name, (bf_str){text, (uint32_t)len}, file))
        err = bf_fail(e, BF_ENOMEM, "%s: out of memory", path);
    bf_free(text);
    return err;
}

static void index_lines(struct bf_sources *s, struct bf_source *f) {
    const char *p = f->text.p, *end = p + f->text.len;
    uint32_t count = 1;
    for (const char *nl = p; (nl = memchr(nl, '\n', (size_t)(end - nl))); nl++)
        count++;
    uint32_t *line = bf_arena_alloc(s->arena, sizeof *line * (size_t)count);
    bool bom = bf_str_starts(f->text, BF_STR("\xEF\xBB\xBF"));
    line[0] = bom ? 3 : 0;
    count = 1;
    for (const char *nl = p; (nl = memchr(nl, '\n', (size_t)(end - nl))); nl++)
        line[count++] = (uint32_t)(nl + 1 - p);
    f->lines = line;
    f->line_count = count;
}

static struct bf_source *with_lines(struct bf_sources *s, uint32_t file) {
    BF_ASSERT(file < s->count);
    struct bf_source *f = &s->file[file];
    if (!f->lines)
        index_lines(s, f);
    return f;
}

struct bf_place bf_source_place(struct bf_sources *s, uint32_t file, uint32_t offset) {
    struct bf_source *f = with_lines(s, file);
    if (offset > f->text.len)
        offset = f->text.len;
    uint32_t low = 0, high = f->line_count; /* the line is in [low, high) */
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (f->lines[mid] <= offset)
            low = mid;
        else
            high = mid;
    }
    uint32_t start = f->lines[low] < offset ? f->lines[low] : offset;
    bf_str before = {f->text.p + start, offset - start};
    return (struct bf_place){low + 1, bf_utf8_count(before) + 1};
}

bf_str bf_source_line(struct bf_sources *s, uint32_t file, uint32_t line) {
    struct bf_source *f = with_lines(s, file);
    BF_ASSERT(line >= 1 && line <= f->line_count);
    uint32_t start = f->lines[line - 1];
    uint32_t end = line < f->line_count ? f->lines[line] - 1 : f->text.len;
    if (end > start && f->text.p[end - 1] == '\r')
        end--;
    return (bf_str){f->text.p + start, end - start};
}
