/* Literate files: Markdown whose fenced blocks marked `banfa` are the source.
**
** The rest is overwritten with spaces, so that every position stays the file's own.
*/
#include <string.h>

#include "lang/syntax/lexer.h"

struct md {
    struct bf_arena *arena;
    struct bf_tree *tree;
    char *text;
    const char *end;
    uint32_t heading_cap, fence_cap;
    unsigned cite_level; /* of the heading whose article holds; 0: none */
};

static void add_heading(struct md *m, uint32_t offset, struct bf_cite cite) {
    struct bf_tree *t = m->tree;
    if (t->heading_count == m->heading_cap) {
        uint32_t cap = m->heading_cap ? m->heading_cap * 2 : 16;
        struct bf_heading *h = bf_arena_alloc(m->arena, sizeof *h * cap);
        if (t->heading_count)
            memcpy(h, t->headings, sizeof *h * t->heading_count);
        t->headings = h;
        m->heading_cap = cap;
    }
    t->headings[t->heading_count++] = (struct bf_heading){offset, cite};
}

static void add_fence(struct md *m, uint32_t start, uint32_t end) {
    struct bf_tree *t = m->tree;
    if (t->fence_count == m->fence_cap) {
        uint32_t cap = m->fence_cap ? m->fence_cap * 2 : 16;
        bf_span *f = bf_arena_alloc(m->arena, sizeof *f * cap);
        if (t->fence_count)
            memcpy(f, t->fences, sizeof *f * t->fence_count);
        t->fences = f;
        m->fence_cap = cap;
    }
    t->fences[t->fence_count++] = (bf_span){t->file, start, end};
}

/* `## 第十五条 …`, `# Article 15 …`. A heading without an article ends the one above, unless it is deeper. */
static void heading(struct md *m, const char *p, const char *end) {
    unsigned level = 0;
    const char *q = p;
    struct bf_cite cite = {0, 0, 0, 0};
    for (; q < end && *q == '#'; q++)
        level++;
    if (!level || level > 6 || q == end || (*q != ' ' && *q != '\t'))
        return;
    while (q < end && (*q == ' ' || *q == '\t'))
        q++;
    if (end - q > 8 && (!memcmp(q, "Article ", 8) || !memcmp(q, "article ", 8)))
        q += 8;
    if (bf_cite_read(q, end, &cite)) {
        m->cite_level = level;
    } else {
        if (level > m->cite_level)
            return;
        m->cite_level = 0;
    }
    add_heading(m, (uint32_t)(p - m->text), cite);
}

/* Length of a run of at least three ` or ~ that begins the line, at most three spaces before; 0: no fence. */
static unsigned fence_mark(const char *p, const char *end, char *mark, const char **rest) {
    unsigned n = 0;
    for (int i = 0; i < 3 && p < end && *p == ' '; i++)
        p++;
    if (p == end || (*p != '`' && *p != '~'))
        return 0;
    *mark = *p;
    for (; p < end && *p == *mark; p++)
        n++;
    *rest = p;
    return n >= 3 ? n : 0;
}

static bool says_banfa(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (end - p < 5 || memcmp(p, "banfa", 5))
        return false;
    p += 5;
    return p == end || *p == ' ' || *p == '\t' || *p == '\r' || *p == '{' || *p == ',';
}

static bool only_blank(const char *p, const char *end) {
    for (; p < end; p++)
        if (*p != ' ' && *p != '\t' && *p != '\r')
            return false;
    return true;
}

void bf_literate(struct bf_arena *a, char *text, uint32_t len, struct bf_tree *t) {
    struct md m = {.arena = a, .tree = t, .text = text, .end = text + len};
    unsigned open = 0; /* length of the fence we are in */
    char open_mark = 0, mark = 0;
    bool source = false;
    uint32_t begin = 0;
    for (char *p = text, *line; p < m.end; p = line) {
        char *eol = memchr(p, '\n', (size_t)(m.end - p));
        const char *rest;
        if (!eol)
            eol = text + len;
        line = eol < m.end ? eol + 1 : eol;
        unsigned n = fence_mark(p, eol, &mark, &rest);
        if (open && n >= open && mark == open_mark && only_blank(rest, eol)) {
            if (source)
                add_fence(&m, begin, (uint32_t)(p - text));
            open = 0;
            source = false;
        } else if (!open && n) {
            open = n;
            open_mark = mark;
            source = says_banfa(rest, eol);
            begin = (uint32_t)(line - text);
        } else if (source) {
            continue; /* kept as it is */
        } else if (!open) {
            heading(&m, p, eol);
        }
        memset(p, ' ', (size_t)(eol - p));
    }
    if (source)
        add_fence(&m, begin, len);
}
