/* text: see text.h. Widths come from utf8proc, which counts the ambiguous characters of Unicode's
** East Asian Width as narrow; which ones are ambiguous is the table of ambiguous.def. */
#include "lang/base/text.h"

#include <string.h>
#include <utf8proc.h>

bf_str bf_str_of(const char *z) { return (bf_str){z, (uint32_t)strlen(z)}; }

bf_str bf_str_dup(struct bf_arena *a, bf_str s) { return (bf_str){bf_str_z(a, s), s.len}; }

char *bf_str_z(struct bf_arena *a, bf_str s) {
    char *z = bf_arena_alloc(a, (size_t)s.len + 1);
    if (s.len)
        memcpy(z, s.p, s.len);
    z[s.len] = 0;
    return z;
}

bool bf_str_eq(bf_str x, bf_str y) {
    return x.len == y.len && (x.len == 0 || memcmp(x.p, y.p, x.len) == 0);
}

int bf_str_cmp(bf_str x, bf_str y) {
    uint32_t n = x.len < y.len ? x.len : y.len;
    int c = n ? memcmp(x.p, y.p, n) : 0;
    return c ? c : (x.len > y.len) - (x.len < y.len);
}

bool bf_str_contains(bf_str s, bf_str part) {
    for (uint32_t i = 0; part.len <= s.len && i <= s.len - part.len; i++)
        if (memcmp(s.p + i, part.p, part.len) == 0)
            return true;
    return false;
}

bool bf_str_starts(bf_str s, bf_str prefix) {
    return s.len >= prefix.len && bf_str_eq((bf_str){s.p, prefix.len}, prefix);
}

/* FNV-1a: names are short. */
uint32_t bf_str_hash(bf_str s) {
    uint32_t h = 2166136261u;
    for (uint32_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.p[i]) * 16777619u;
    return h;
}

/* The well-formed sequences are those of the Unicode Standard, table 3-7: no overlong forms, no
** surrogates, nothing past U+10FFFF. */
int bf_utf8_decode(const char *p, const char *end, uint32_t *cp) {
    const unsigned char *s = (const unsigned char *)p;
    ptrdiff_t room = end - p;
    unsigned c = s[0];
    if (c < 0x80) {
        *cp = c;
        return 1;
    }
    if (c < 0xC2 || c > 0xF4)
        return 0;
    int n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (room < n)
        return 0;
    unsigned low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 0;
    uint32_t v = c & (0xFFu >> (n + 1));
    for (int i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        v = v << 6 | (s[i] & 0x3F);
    }
    *cp = v;
    return n;
}

/* Skips what most sources are made of: ASCII, and the three-byte characters that need no look at the
** bounds of their second byte (E1 to EC: all common Chinese ones). */
static const char *skip_common(const char *at, const char *end) {
    for (;;) {
        uint64_t eight;
        uint32_t four;
        while (end - at >= 8 && (memcpy(&eight, at, 8), !(eight & 0x8080808080808080u)))
            at += 8;
        while (at < end && !(*at & 0x80))
            at++;
        const char *chinese = at;
        while (end - at >= 4 && (unsigned char)*at >= 0xE1 && (unsigned char)*at <= 0xEC &&
               (memcpy(&four, at, 4), (four & 0x00C0C000) == 0x00808000))
            at += 3;
        if (at == chinese)
            return at;
    }
}

size_t bf_utf8_check(const char *p, size_t len) {
    if (len == 0) /* p may be NULL, as that of an empty buffer is */
        return 0;
    const char *at = p, *end = p + len;
    while ((at = skip_common(at, end)) < end) {
        uint32_t cp;
        int n = bf_utf8_decode(at, end, &cp);
        if (n == 0)
            break;
        at += n;
    }
    return (size_t)(at - p);
}

/* A byte eight times. Is a byte of a word below another? Not 0: one is. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
static uint64_t below(uint64_t word, uint64_t byte) {
    return (word - EACH(byte)) & ~word & EACH(0x80);
}

size_t bf_json_plain(const char *p, size_t len) {
    size_t n = 0;
    for (uint64_t word; len - n >= sizeof word; n += sizeof word) {
        memcpy(&word, p + n, sizeof word);
        if (below(word, 0x20) | below(word ^ EACH('"'), 1) | below(word ^ EACH('\\'), 1))
            break;
    }
    while (n < len && (unsigned char)p[n] >= 0x20 && p[n] != '"' && p[n] != '\\')
        n++;
    return n;
}

/* A malformed byte counts as one character, here and in widths. */
static int decode_any(const char *p, const char *end, uint32_t *cp) {
    int n = bf_utf8_decode(p, end, cp);
    if (n > 0)
        return n;
    *cp = '?';
    return 1;
}

uint32_t bf_utf8_count(bf_str s) {
    uint32_t count = 0, cp;
    for (const char *p = s.p ? s.p : "", *end = p + s.len; p < end; count++)
        p += decode_any(p, end, &cp);
    return count;
}

static bool is_ambiguous(uint32_t cp) {
    static const struct {
        uint32_t first, last;
    } range[] = {
#define RANGE(first, last) {first, last},
#include "lang/base/ambiguous.def"
#undef RANGE
    };
    size_t low = 0, high = sizeof range / sizeof *range;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (cp > range[mid].last)
            low = mid + 1;
        else
            high = mid;
    }
    return low < sizeof range / sizeof *range && cp >= range[low].first;
}

int bf_utf8_width(uint32_t cp, int ambiguous) {
    if (cp < 0x7F)
        return cp >= 0x20;
    int w = utf8proc_charwidth((utf8proc_int32_t)cp);
    return w == 1 && ambiguous == 2 && is_ambiguous(cp) ? 2 : w;
}

uint32_t bf_str_width(bf_str s, int ambiguous) {
    uint32_t width = 0, cp;
    for (const char *p = s.p ? s.p : "", *end = p + s.len; p < end;) {
        p += decode_any(p, end, &cp);
        width += (uint32_t)bf_utf8_width(cp, ambiguous);
    }
    return width;
}

enum { DISTANCE_MAX = 64 }; /* longer names are never near one another */

static uint32_t decode_name(bf_str s, uint32_t out[DISTANCE_MAX]) {
    uint32_t n = 0, cp;
    for (const char *p = s.p ? s.p : "", *end = p + s.len; p < end; n++) {
        if (n == DISTANCE_MAX)
            return DISTANCE_MAX + 1;
        p += decode_any(p, end, &cp);
        out[n] = cp;
    }
    return n;
}

static uint32_t min3(uint32_t a, uint32_t b, uint32_t c) {
    uint32_t m = a < b ? a : b;
    return m < c ? m : c;
}

uint32_t bf_str_distance(bf_str x, bf_str y, uint32_t max) {
    uint32_t a[DISTANCE_MAX], b[DISTANCE_MAX], row[DISTANCE_MAX + 1];
    if (bf_str_eq(x, y))
        return 0;
    uint32_t na = decode_name(x, a), nb = decode_name(y, b);
    uint32_t apart = na > nb ? na - nb : nb - na;
    if (na > DISTANCE_MAX || nb > DISTANCE_MAX || apart > max)
        return max + 1;
    for (uint32_t j = 0; j <= nb; j++)
        row[j] = j;
    for (uint32_t i = 1; i <= na; i++) {
        uint32_t diagonal = row[0], best = row[0] = i;
        for (uint32_t j = 1; j <= nb; j++) {
            uint32_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = min3(change, row[j] + 1, row[j - 1] + 1);
            if (row[j] < best)
                best = row[j];
        }
        if (best > max)
            return max + 1;
    }
    return row[nb] > max ? max + 1 : row[nb];
}
