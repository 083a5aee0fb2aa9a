/* json_read: see json_read.h. Strings without escapes, short keys, whole numbers of up to 18 digits. */
#include "engine/service/json_read.h"

#include <string.h>

enum { DEPTH_MAX = 32, KEY_MAX = 128, DIGITS_MAX = 18 };

struct quick {
    const char *p, *end;
};

static void skip_blanks(struct quick *q) {
    while (q->p < q->end && (*q->p == ' ' || *q->p == '\n' || *q->p == '\r' || *q->p == '\t'))
        q->p++;
}

static bool take(struct quick *q, char c) {
    if (q->p == q->end || *q->p != c)
        return false;
    q->p++;
    return true;
}

static bool word(struct quick *q, const char *z) {
    size_t n = strlen(z);
    if ((size_t)(q->end - q->p) < n || memcmp(q->p, z, n) != 0)
        return false;
    q->p += n;
    return true;
}

/* Behind its opening quote. */
static bool text(struct quick *q, bf_str *s) {
    *s = (bf_str){q->p, (uint32_t)bf_json_plain(q->p, (size_t)(q->end - q->p))};
    q->p += s->len;
    return take(q, '"') && bf_utf8_check(s->p, s->len) == s->len;
}

static json_t *integer(struct quick *q) {
    bool negative = take(q, '-');
    const char *first = q->p;
    json_int_t n = 0;
    for (; q->p < q->end && *q->p >= '0' && *q->p <= '9'; q->p++) {
        if (q->p - first == DIGITS_MAX)
            return NULL;
        n = n * 10 + (*q->p - '0');
    }
    if (q->p == first || (*first == '0' && q->p - first > 1) ||
        (q->p < q->end && (*q->p == '.' || *q->p == 'e' || *q->p == 'E')))
        return NULL;
    return json_integer(negative ? -n : n);
}

static json_t *value(struct quick *q, int depth);

static bool member(struct quick *q, json_t *object, int depth) {
    char key[KEY_MAX];
    bf_str name;
    skip_blanks(q);
    if (!take(q, '"') || !text(q, &name) || name.len >= KEY_MAX)
        return false;
    memcpy(key, name.p, name.len);
    key[name.len] = '\0';
    skip_blanks(q);
    if (!take(q, ':') || json_object_get(object, key))
        return false;
    json_t *v = value(q, depth);
    return v && json_object_set_new_nocheck(object, key, v) == 0;
}

static bool element(struct quick *q, json_t *list, int depth) {
    json_t *v = value(q, depth);
    return v && json_array_append_new(list, v) == 0;
}

/* Behind its opening bracket. */
static json_t *many(struct quick *q, int depth, bool object) {
    json_t *all = object ? json_object() : json_array();
    char close = object ? '}' : ']';
    skip_blanks(q);
    bool fine = all != NULL, empty = take(q, close);
    while (fine && !empty) {
        fine = object ? member(q, all, depth) : element(q, all, depth);
        skip_blanks(q);
        if (!fine || !take(q, ','))
            break;
    }
    if (fine && (empty || take(q, close)))
        return all;
    json_decref(all);
    return NULL;
}

static json_t *value(struct quick *q, int depth) {
    bf_str s;
    skip_blanks(q);
    if (q->p == q->end || depth == DEPTH_MAX)
        return NULL;
    switch (*q->p) {
    case '{':
    case '[': q->p++; return many(q, depth + 1, q->p[-1] == '{');
    case '"': q->p++; return text(q, &s) ? json_stringn_nocheck(s.p, s.len) : NULL;
    case 't': return word(q, "true") ? json_true() : NULL;
    case 'f': return word(q, "false") ? json_false() : NULL;
    case 'n': return word(q, "null") ? json_null() : NULL;
    default: return integer(q);
    }
}

json_t *bf_json_quick(bf_str s) {
    struct quick q = {s.p, s.p + s.len};
    skip_blanks(&q);
    if (q.p == q.end || (*q.p != '{' && *q.p != '['))
        return NULL;
    json_t *v = value(&q, 0);
    skip_blanks(&q);
    if (v && q.p == q.end)
        return v;
    json_decref(v);
    return NULL;
}

json_t *bf_json_read(bf_str s, json_error_t *why) {
    json_t *v = bf_json_quick(s);
    return v ? v : json_loadb(s.p, s.len, JSON_REJECT_DUPLICATES, why);
}
