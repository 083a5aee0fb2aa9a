/* Text: byte strings, UTF-8 and a growable buffer.
**
** A bf_str is a view: it owns nothing and is not terminated. Text inside Banfa is valid UTF-8
** (checked once, where it enters).
*/
#ifndef BF_TEXT_H
#define BF_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lang/base/arena.h"

typedef struct {
    const char *p;
    uint32_t len;
} bf_str;

#define BF_STR(literal) ((bf_str){(literal), sizeof(literal) - 1})
bf_str bf_str_of(const char *z);                 /* view of a C string */
bf_str bf_str_dup(struct bf_arena *a, bf_str s); /* copy, NUL after it */
char *bf_str_z(struct bf_arena *a, bf_str s);    /* NUL-terminated copy */
bool bf_str_eq(bf_str x, bf_str y);
int bf_str_cmp(bf_str x, bf_str y); /* byte order */
bool bf_str_starts(bf_str s, bf_str prefix);
bool bf_str_contains(bf_str s, bf_str part);
uint32_t bf_str_hash(bf_str s);

/* Decode one code point at p (end > p). Returns its length in bytes, or 0 if malformed. */
int bf_utf8_decode(const char *p, const char *end, uint32_t *cp);
/* Offset of the first malformed byte, or len if all is well. */
size_t bf_utf8_check(const char *p, size_t len);
uint32_t bf_utf8_count(bf_str s);              /* code points */
int bf_utf8_width(uint32_t cp, int ambiguous); /* terminal columns; ambiguous is 1 or 2 */
uint32_t bf_str_width(bf_str s, int ambiguous);
/* How many of the first bytes a JSON string holds as they are: up to a quote, a backslash or a control character. */
size_t bf_json_plain(const char *p, size_t len);
/* Edit distance in code points, at most max+1. */
uint32_t bf_str_distance(bf_str x, bf_str y, uint32_t max);

/* A growable buffer on the heap. Appending never fails halfway: once memory runs out, failed is
** set and what follows is dropped; check it once at the end. */
struct bf_buf {
    char *p;
    size_t len, cap;
    bool failed;
    struct bf_arena *arena; /* NULL: the heap */
};
void bf_buf_init(struct bf_buf *b);
/* A buffer in an arena: it never fails (the arena jumps) and needs no fini. For texts made where the arena
** may run out, since a jump would lose what the heap holds. */
void bf_buf_in(struct bf_buf *b, struct bf_arena *a);
void bf_buf_fini(struct bf_buf *b);
void bf_buf_put(struct bf_buf *b, const void *p, size_t n);
void bf_buf_str(struct bf_buf *b, bf_str s);
static inline void bf_buf_z(struct bf_buf *b, const char *z) { bf_buf_put(b, z, strlen(z)); }
static inline void bf_buf_char(struct bf_buf *b, char c) {
    if (b->len + 1 < b->cap && !b->failed)
        b->p[b->len++] = c;
    else
        bf_buf_put(b, &c, 1);
}
void bf_buf_int(struct bf_buf *b, int64_t n);
void bf_buf_quoted(struct bf_buf *b, const char *z); /* between double quotes, as it is */
void bf_buf_reserve(struct bf_buf *b, size_t n);     /* room for n more, all at once */
void bf_buf_fmt(struct bf_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline bf_str bf_buf_view(const struct bf_buf *b) {
    return (bf_str){b->p, (uint32_t)b->len};
}

#endif
