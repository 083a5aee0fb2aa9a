/* buf: the growable buffer of text.h. It holds at most 4 GiB - 1, what a bf_str can view. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lang/base/mem.h"
#include "lang/base/text.h"

void bf_buf_init(struct bf_buf *b) { *b = (struct bf_buf){0}; }

void bf_buf_in(struct bf_buf *b, struct bf_arena *a) { *b = (struct bf_buf){.arena = a}; }

void bf_buf_fini(struct bf_buf *b) {
    if (!b->arena)
        bf_free(b->p);
    bf_buf_init(b);
}

/* Room for n more bytes and a NUL. */
static bool reserve(struct bf_buf *b, size_t n) {
    if (b->failed || n > UINT32_MAX - 1 - b->len) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + n + 1;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap * 2 : b->arena ? 48 : 256;
    if (cap < need)
        cap = need;
    char *p = b->arena ? bf_arena_alloc(b->arena, cap) : bf_realloc(b->p, cap);
    if (!p) {
        b->failed = true;
        return false;
    }
    if (b->arena && b->len)
        memcpy(p, b->p, b->len);
    b->p = p;
    b->cap = cap;
    return true;
}

void bf_buf_put(struct bf_buf *b, const void *p, size_t n) {
    if (n == 0 || !reserve(b, n))
        return;
    memcpy(b->p + b->len, p, n);
    b->len += n;
}

void bf_buf_str(struct bf_buf *b, bf_str s) { bf_buf_put(b, s.p, s.len); }

void bf_buf_z(struct bf_buf *b, const char *z) { bf_buf_put(b, z, strlen(z)); }

void bf_buf_char(struct bf_buf *b, char c) {
    if (b->len + 1 < b->cap && !b->failed)
        b->p[b->len++] = c;
    else
        bf_buf_put(b, &c, 1);
}

void bf_buf_quoted(struct bf_buf *b, const char *z) {
    size_t n = strlen(z);
    if (!reserve(b, n + 2))
        return;
    b->p[b->len] = '"';
    memcpy(b->p + b->len + 1, z, n);
    b->p[b->len + 1 + n] = '"';
    b->len += n + 2;
}

void bf_buf_reserve(struct bf_buf *b, size_t n) { (void)reserve(b, n); }

void bf_buf_int(struct bf_buf *b, int64_t n) {
    char digits[21], *p = digits + sizeof digits;
    uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        *--p = (char)('0' + u % 10);
    while (u /= 10);
    if (n < 0)
        *--p = '-';
    bf_buf_put(b, p, (size_t)(digits + sizeof digits - p));
}

void bf_buf_fmt(struct bf_buf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n <= 0 || !reserve(b, (size_t)n)) {
        b->failed |= n < 0;
        return;
    }
    va_start(ap, fmt);
    vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}
