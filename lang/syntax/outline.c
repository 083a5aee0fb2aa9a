/* Outline files: a regulation's skeleton, one line an article, paragraph or item. */
#include "lang/syntax/ast.h"

#include <stdlib.h>
#include <string.h>

#include "lang/syntax/lexer.h"

struct reader {
    struct bf_parse *p;
    struct bf_outline *o;
    uint32_t cap;
    struct bf_cite at;           /* of the line above */
    uint32_t article, paragraph; /* their entries, plus one; 0: none yet */
    bool malformed;              /* told */
};

static struct bf_outline_entry *add(struct reader *r, struct bf_cite cite, bf_str gist,
                                    bf_span span) {
    struct bf_outline *o = r->o;
    if (o->count == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 64;
        struct bf_outline_entry *e = bf_arena_alloc(r->p->arena, sizeof *e * r->cap);
        if (o->count)
            memcpy(e, o->entry, sizeof *e * o->count);
        o->entry = e;
    }
    o->entry[o->count] = (struct bf_outline_entry){.cite = cite, .gist = gist, .span = span};
    return &o->entry[o->count++];
}

static struct bf_diag *complain(struct reader *r, enum bf_diag_code code, bf_span at) {
    r->o->broken = true;
    return bf_diag(r->p->diags, code, at, BF_NOARGS);
}

static const char *skip(const char *p, const char *end) {
    for (;;) {
        if (p < end && (*p == ' ' || *p == '\t'))
            p++;
        else if (end - p >= 3 && !memcmp(p, "　", 3))
            p += 3;
        else
            return p;
    }
}

/* "Paragraph 2 gist", 第二款 gist: the number, and where the gist begins; NULL if it is not that. */
static const char *part(const char *p, const char *end, const char *en, const char *zh,
                        uint32_t *n) {
    size_t len = strlen(en);
    char *stop;
    if ((size_t)(end - p) > len && !memcmp(p, en, len) && p[len] == ' ') {
        unsigned long v = strtoul(p + len + 1, &stop, 10);
        *n = (uint32_t)v;
        return stop > p + len + 1 && stop <= end && v > 0 && v < 65536 ? stop : NULL;
    }
    if (end - p < 6 || memcmp(p, "第", 3))
        return NULL;
    const char *q = p + 3;
    bool paren = end - q > 3 && !memcmp(q, "（", 3);
    if (paren)
        q += 3;
    uint32_t used = bf_zh_number_read(q, end, n);
    if (used) {
        q += used;
    } else {
        *n = (uint32_t)strtoul(q, &stop, 10);
        q = stop;
    }
    if (paren)
        q = end - q >= 3 && !memcmp(q, "）", 3) ? q + 3 : end;
    if (!*n || *n > 65535 || end - q < 3 || memcmp(q, zh, 3))
        return NULL;
    return q + 3;
}

/* （一）gist, as the items of an article are printed. */
static const char *item(const char *p, const char *end, uint32_t *n) {
    if (end - p < 9 || memcmp(p, "（", 3))
        return part(p, end, "Item", "项", n);
    uint32_t used = bf_zh_number_read(p + 3, end, n);
    const char *q = p + 3 + used;
    return used && *n && *n < 65536 && end - q >= 3 && !memcmp(q, "）", 3) ? q + 3 : NULL;
}

static bool is_chapter(const char *p, const char *end) {
    uint32_t n = 0;
    return part(p, end, "Chapter", "章", &n) || part(p, end, "Section", "节", &n) ||
           part(p, end, "Part", "编", &n);
}

/* One entry may come only where the outline stands: numbers rise, but inserted articles may skip. */
static void line(struct reader *r, const char *p, const char *end, bf_span span) {
    const char *q = skip(p, end);
    uint32_t n = 0;
    if (q == end || *q == '#')
        return;
    span.start += (uint32_t)(q - p);
    const char *gist;
    if ((gist = part(q, end, "Paragraph", "款", &n))) {
        if (!r->article || n != r->o->entry[r->article - 1].paragraphs + 1u) {
            complain(r, BF_E0041_OUTLINE_ORDER, span);
            return;
        }
        r->o->entry[r->article - 1].paragraphs = (uint16_t)n;
        r->at.paragraph = (uint16_t)n;
        r->at.item = 0;
        gist = skip(gist, end);
        add(r, r->at, (bf_str){gist, (uint32_t)(end - gist)}, span);
        r->paragraph = r->o->count;
    } else if ((gist = item(q, end, &n))) {
        /* items right below an article stand in its only paragraph */
        if (r->article && !r->paragraph) {
            struct bf_outline_entry *a = &r->o->entry[r->article - 1];
            a->paragraphs = 1;
            r->at.paragraph = 1;
            add(r, r->at, a->gist, a->span);
            r->paragraph = r->o->count;
        }
        if (!r->paragraph || n != r->o->entry[r->paragraph - 1].items + 1u) {
            complain(r, BF_E0041_OUTLINE_ORDER, span);
            return;
        }
        r->o->entry[r->paragraph - 1].items = (uint16_t)n;
        r->at.item = (uint16_t)n;
        gist = skip(gist, end);
        add(r, r->at, (bf_str){gist, (uint32_t)(end - gist)}, span);
    } else if (is_chapter(q, end)) {
        return;
    } else {
        struct bf_cite cite;
        const char *number = end - q > 8 && !memcmp(q, "Article ", 8) ? q + 8 : q;
        gist = bf_cite_read(number, end, &cite);
        if (!gist || gist > end || cite.paragraph || cite.item) {
            struct bf_diag *d = complain(r, BF_E0040_OUTLINE_LINE, span);
            bf_diag_hint(r->p->diags, d, BF_T_OUTLINE_FORM, BF_NOARGS);
            return;
        }
        if (cite.article < r->at.article ||
            (cite.article == r->at.article && cite.suffix <= r->at.suffix)) {
            complain(r, BF_E0041_OUTLINE_ORDER, span);
            return;
        }
        r->at = cite;
        gist = skip(gist, end);
        add(r, cite, (bf_str){gist, (uint32_t)(end - gist)}, span);
        r->article = r->o->count;
        r->paragraph = 0;
    }
}

/* Where the line is no text any more, or its end. The first such place is told: of a file in another
** encoding every line has one. */
static uint32_t readable(struct reader *r, bf_str text, uint32_t start, uint32_t end) {
    uint32_t at = start + (uint32_t)bf_utf8_check(text.p + start, end - start);
    if (at < end && !r->malformed) {
        r->malformed = true;
        r->o->broken = true;
        bf_diag(r->p->diags, BF_E0000_UTF8, (bf_span){r->o->file, at, at}, BF_ARGS(bf_arg_int(at)));
    }
    return at;
}

struct bf_outline *bf_outline_read(struct bf_parse *p, uint32_t file) {
    bf_str text = p->sources->file[file].text;
    struct reader r = {.p = p, .o = bf_new(p->arena, struct bf_outline)};
    r.o->file = file;
    uint32_t i = text.len >= 3 && !memcmp(text.p, "\xef\xbb\xbf", 3) ? 3 : 0;
    for (uint32_t next; i < text.len; i = next) {
        const char *eol = memchr(text.p + i, '\n', text.len - i);
        uint32_t end = eol ? (uint32_t)(eol - text.p) : text.len;
        next = end + 1;
        while (end > i && (text.p[end - 1] == '\r' || text.p[end - 1] == ' '))
            end--;
        uint32_t good = readable(&r, text, i, end);
        line(&r, text.p + i, text.p + good, (bf_span){file, i, good});
    }
    /* an article without paragraph lines has one paragraph */
    for (uint32_t k = 0; k < r.o->count; k++)
        if (!r.o->entry[k].cite.paragraph && !r.o->entry[k].paragraphs)
            r.o->entry[k].paragraphs = 1;
    return r.o;
}

static int compare(struct bf_cite x, struct bf_cite y) {
    if (x.article != y.article)
        return x.article < y.article ? -1 : 1;
    if (x.suffix != y.suffix)
        return x.suffix < y.suffix ? -1 : 1;
    if (x.paragraph != y.paragraph)
        return x.paragraph < y.paragraph ? -1 : 1;
    if (x.item != y.item)
        return x.item < y.item ? -1 : 1;
    return 0;
}

const struct bf_outline_entry *bf_outline_find(const struct bf_outline *o, struct bf_cite cite) {
    uint32_t lo = 0, hi = o->count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = compare(o->entry[mid].cite, cite);
        if (!c)
            return &o->entry[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}
