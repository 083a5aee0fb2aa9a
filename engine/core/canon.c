/* canon: see canon.h. */
#include "engine/core/canon.h"

#include <string.h>

struct reader {
    struct bf_arena *a;
    const char *start, *p, *end;
    const char *wrong; /* what is, at p; NULL: nothing yet */
};

static bool wrong(struct reader *r, const char *what) {
    if (!r->wrong)
        r->wrong = what;
    return false;
}

static bool take(struct reader *r, char c) {
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

static bool word(struct reader *r, const char *z) {
    size_t n = strlen(z);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, z, n) != 0)
        return wrong(r, "no value");
    r->p += n;
    return true;
}

static bool integer(struct reader *r, int64_t *i) {
    bool negative = take(r, '-');
    int64_t v = 0;
    const char *first = r->p;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
        int digit = *r->p - '0';
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, negative ? -digit : digit, &v))
            return wrong(r, "a number past 64 bits");
    }
    if (r->p == first)
        return wrong(r, "no value");
    if (*first == '0' && (negative || r->p - first > 1))
        return wrong(r, "a number with a needless zero");
    if (r->p < r->end && (*r->p == '.' || *r->p == 'e' || *r->p == 'E'))
        return wrong(r, "a number that is not an integer");
    *i = v;
    return true;
}

/* Two hexadecimal digits of a control character, as bf_json_text prints them. */
static bool control(struct reader *r, char *c) {
    static const char hex[] = "0123456789abcdef";
    if (r->end - r->p < 5 || memcmp(r->p, "u00", 3) != 0 || (r->p[3] != '0' && r->p[3] != '1'))
        return wrong(r, "a needless escape");
    const char *low = memchr(hex, r->p[4], 16);
    if (!low)
        return wrong(r, "a needless escape");
    *c = (char)((r->p[3] - '0') * 16 + (low - hex));
    r->p += 5;
    return true;
}

/* Behind the opening quote: where the text ends, and whether anything in it is escaped. */
static bool text_end(struct reader *r, const char **end, bool *escaped) {
    *escaped = false;
    for (const char *p = r->p; p < r->end; p++) {
        if (*p == '"') {
            *end = p;
            return true;
        }
        if ((unsigned char)*p < 0x20) {
            r->p = p;
            return wrong(r, "a control character in a text");
        }
        if (*p == '\\') {
            *escaped = true;
            p++;
        }
    }
    return wrong(r, "a text without an end");
}

static bool text(struct reader *r, bf_str *s) {
    const char *end;
    bool escaped;
    if (!take(r, '"'))
        return wrong(r, "no text");
    if (!text_end(r, &end, &escaped))
        return false;
    *s = (bf_str){r->p, (uint32_t)(end - r->p)};
    if (escaped) {
        char *copy = bf_arena_alloc(r->a, s->len);
        uint32_t n = 0;
        while (r->p < end) {
            char c = *r->p++;
            if (c == '\\' && (*r->p == '"' || *r->p == '\\'))
                c = *r->p++;
            else if (c == '\\' && !control(r, &c))
                return false;
            copy[n++] = c;
        }
        *s = (bf_str){copy, n};
    }
    r->p = end + 1;
    return true;
}

static bool value(struct reader *r, int depth, struct bf_canon *v);

struct many {
    struct bf_canon *items;
    bf_str *keys;
    uint32_t count, cap;
};

static void room(struct reader *r, struct many *l, bool keys) {
    if (l->count < l->cap)
        return;
    uint32_t cap = l->cap ? l->cap * 2 : 4;
    struct bf_canon *items = bf_arena_alloc(r->a, cap * sizeof *items);
    bf_str *names = keys ? bf_arena_alloc(r->a, cap * sizeof *names) : NULL;
    if (l->count) {
        memcpy(items, l->items, l->count * sizeof *items);
        if (keys)
            memcpy(names, l->keys, l->count * sizeof *names);
    }
    *l = (struct many){items, names, l->count, cap};
}

static bool key(struct reader *r, struct many *l) {
    const char *at = r->p;
    if (!text(r, &l->keys[l->count]))
        return false;
    int order = l->count ? bf_str_cmp(l->keys[l->count - 1], l->keys[l->count]) : -1;
    if (order >= 0) {
        r->p = at;
        return wrong(r, order ? "a key out of order" : "a key written twice");
    }
    return take(r, ':') || wrong(r, "no colon after a key");
}

/* A list or an object, behind its opening bracket. */
static bool items(struct reader *r, int depth, struct bf_canon *v, bool keys) {
    char close = keys ? '}' : ']';
    struct many l = {0};
    v->kind = keys ? BF_CANON_OBJECT : BF_CANON_LIST;
    if (depth == BF_CANON_DEPTH)
        return wrong(r, "values too deep in one another");
    if (!take(r, close)) {
        do {
            room(r, &l, keys);
            if ((keys && !key(r, &l)) || !value(r, depth + 1, &l.items[l.count]))
                return false;
            l.count++;
        } while (take(r, ','));
        if (!take(r, close))
            return wrong(r,
                         keys ? "an object that goes on wrongly" : "a list that goes on wrongly");
    }
    v->items = l.items;
    v->keys = l.keys;
    v->count = l.count;
    return true;
}

static bool one(struct reader *r, int depth, struct bf_canon *v) {
    char c = r->p < r->end ? *r->p : '\0';
    switch (c) {
    case 'n': return word(r, "null");
    case 'f': v->kind = BF_CANON_FALSE; return word(r, "false");
    case 't': v->kind = BF_CANON_TRUE; return word(r, "true");
    case '"': v->kind = BF_CANON_TEXT; return text(r, &v->text);
    case '[':
    case '{': r->p++; return items(r, depth, v, c == '{');
    default: v->kind = BF_CANON_INT; return integer(r, &v->i);
    }
}

static bool value(struct reader *r, int depth, struct bf_canon *v) {
    const char *first = r->p;
    *v = (struct bf_canon){.kind = BF_CANON_NULL};
    if (!one(r, depth, v))
        return false;
    v->bytes = (bf_str){first, (uint32_t)(r->p - first)};
    return true;
}

enum bf_err bf_canon_read(struct bf_arena *a, bf_str bytes, struct bf_canon *out,
                          struct bf_error *e) {
    size_t good = bf_utf8_check(bytes.p, bytes.len);
    if (good < bytes.len)
        return bf_fail(e, BF_EFORMAT, "byte %zu: not UTF-8", good + 1);
    if (!bytes.p)
        bytes = (bf_str){"", 0};
    struct reader r = {.a = a, .start = bytes.p, .p = bytes.p, .end = bytes.p + bytes.len};
    if (value(&r, 0, out) && r.p != r.end)
        wrong(&r, "more than one value");
    if (!r.wrong)
        return BF_OK;
    return bf_fail(e, BF_EFORMAT, "byte %zu: %s", (size_t)(r.p - r.start) + 1, r.wrong);
}

const struct bf_canon *bf_canon_member(const struct bf_canon *object, const char *key) {
    bf_str k = bf_str_of(key);
    for (uint32_t i = 0; object->kind == BF_CANON_OBJECT && i < object->count; i++)
        if (bf_str_eq(object->keys[i], k))
            return &object->items[i];
    return NULL;
}

const bf_str *bf_canon_stranger(const struct bf_canon *object, const char *const *known) {
    for (uint32_t i = 0; object->kind == BF_CANON_OBJECT && i < object->count; i++) {
        const char *const *k = known;
        while (*k && !bf_str_eq(object->keys[i], bf_str_of(*k)))
            k++;
        if (!*k)
            return &object->keys[i];
    }
    return NULL;
}
