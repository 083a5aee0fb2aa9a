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

/* More room, for n bytes and a NUL. */
static bool grow(struct bf_buf *b, size_t n) {
    if (b->failed || n > UINT32_MAX - 1 - b->len) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + n + 1;
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

/* Is there room for them? */
static inline bool reserve(struct bf_buf *b, size_t n) {
    return (n < b->cap - b->len && !b->failed) || grow(b, n);
}

void bf_buf_put(struct bf_buf *b, const void *p, size_t n) {
    if (n == 0 || !reserve(b, n))
        return;
    memcpy(b->p + b->len, p, n);
    b->len += n;
}

void bf_buf_str(struct bf_buf *b, bf_str s) { bf_buf_put(b, s.p, s.len); }

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

/* In decimal, ending at `end`; where it begins. */
static char *digits_of(uint64_t u, char *end) {
    do
        *--end = (char)('0' + u % 10);
    while (u /= 10);
    return end;
}

static void put_number(struct bf_buf *b, bool negative, uint64_t u) {
    char digits[21], *end = digits + sizeof digits, *p = digits_of(u, end);
    if (negative)
        *--p = '-';
    bf_buf_put(b, p, (size_t)(end - p));
}

void bf_buf_int(struct bf_buf *b, int64_t n) {
    put_number(b, n < 0, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/* What JSON is made of: %s %c %.*s %d %u %ld %lu %lld %llu %zu %%. False: something else stands in the format. */
static bool is_plain(const char *fmt) {
    for (const char *p = strchr(fmt, '%'); p; p = strchr(p, '%')) {
        p++;
        if (p[0] == 'l' || p[0] == 'z')
            p += p[0] == 'l' && p[1] == 'l' ? 2 : 1;
        else if (p[0] == 's' || p[0] == 'c' || p[0] == '%' ||
                 (p[0] == '.' && p[1] == '*' && p[2] == 's')) {
            p += p[0] == '.' ? 3 : 1;
            continue;
        }
        if (*p != 'd' && *p != 'u')
            return false;
        p++;
    }
    return true;
}

_Static_assert(sizeof(long long) == sizeof(int64_t) && sizeof(size_t) == sizeof(long), "64 bits");

static void put_next_number(struct bf_buf *b, const char **fmt, va_list *ap) {
    const char *p = *fmt;
    bool wide = *p == 'l' || *p == 'z';
    while (*p == 'l' || *p == 'z')
        p++;
    if (*p == 'd')
        bf_buf_int(b, wide ? va_arg(*ap, long) : va_arg(*ap, int));
    else
        put_number(b, false, wide ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned));
    *fmt = p + 1;
}

/* Without vsnprintf, which would be a large part of what an answer costs. */
static void put_plain(struct bf_buf *b, const char *fmt, va_list *ap) {
    while (*fmt) {
        size_t n = strcspn(fmt, "%");
        bf_buf_put(b, fmt, n);
        fmt += n;
        if (!*fmt)
            return;
        fmt++;
        if (*fmt == 's') {
            bf_buf_z(b, va_arg(*ap, const char *));
            fmt++;
        } else if (*fmt == 'c') {
            bf_buf_char(b, (char)va_arg(*ap, int));
            fmt++;
        } else if (*fmt == '%') {
            bf_buf_char(b, *fmt++);
        } else if (*fmt == '.') {
            int most = va_arg(*ap, int);
            const char *s = va_arg(*ap, const char *);
            bf_buf_put(b, s, most < 0 ? strlen(s) : strnlen(s, (size_t)most));
            fmt += 3;
        } else {
            put_next_number(b, &fmt, ap);
        }
    }
}

void bf_buf_fmt(struct bf_buf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    if (is_plain(fmt)) {
        put_plain(b, fmt, &ap);
        va_end(ap);
        if (reserve(b, 0))
            b->p[b->len] = '\0'; /* as below */
        return;
    }
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
