/* log: see log.h. */
#include "engine/service/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/service/auth.h"
#include "lang/base/assert.h"

enum { TAIL = 64 }; /* kept free for "dropped" and the end of the line */

struct line {
    char p[BF_LOG_LINE];
    size_t len;
};

const char *bf_log_level_word(enum bf_log_level level) {
    static const char *const words[] = {"debug", "info", "warning", "error"};
    BF_ASSERT(level <= BF_LOG_ERROR);
    return words[level];
}

static bool has_room(const struct line *l, size_t n) { return l->len + n <= BF_LOG_LINE - TAIL; }

static void put(struct line *l, const char *p, size_t n) {
    memcpy(l->p + l->len, p, n);
    l->len += n;
}

static void put_z(struct line *l, const char *z) { put(l, z, strlen(z)); }

static bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* How many bytes at p look like a token's secret part, after its prefix; 0: no token. Also what is left of one that
** was cut or mistyped. */
static size_t secret_at(const char *p, const char *end) {
    const size_t prefix = sizeof BF_TOKEN_PREFIX - 1;
    if ((size_t)(end - p) <= prefix || memcmp(p, BF_TOKEN_PREFIX, prefix) != 0)
        return 0;
    size_t n = prefix;
    while (p + n < end && is_alnum(p[n]))
        n++;
    return n - prefix;
}

/* One character as JSON; at most 6 bytes. */
static size_t escaped(const char *p, const char *end, char out[8], int *taken) {
    uint32_t cp;
    *taken = bf_utf8_decode(p, end, &cp);
    if (*taken == 0) {
        *taken = 1;
        memcpy(out, "\xEF\xBF\xBD", 3);
        return 3;
    }
    if (cp == '"' || cp == '\\') {
        out[0] = '\\', out[1] = (char)cp;
        return 2;
    }
    if (cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || cp == 0x2028 || cp == 0x2029)
        return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)cp);
    memcpy(out, p, (size_t)*taken);
    return (size_t)*taken;
}

/* Bytes at p that stand as they are and begin no token: most of what is logged. */
static size_t plain_run(const char *p, const char *end) {
    const char *q = p;
    while (q < end && *q >= 0x20 && *q < 0x7F && *q != '"' && *q != '\\' &&
           *q != BF_TOKEN_PREFIX[0])
        q++;
    return (size_t)(q - p);
}

/* A string, quotes included; the caller has seen that there is room for an empty one. */
static void put_string(struct line *l, bf_str s) {
    const char *p = s.p ? s.p : "", *end = p + s.len;
    put_z(l, "\"");
    while (p < end) {
        size_t plain = plain_run(p, end);
        if (plain) {
            size_t room = BF_LOG_LINE - TAIL - 1 - l->len;
            put(l, p, plain < room ? plain : room);
            p += plain;
            if (plain > room)
                break;
            continue;
        }
        size_t secret = secret_at(p, end);
        if (secret) {
            if (!has_room(l, sizeof BF_TOKEN_PREFIX + 4))
                break;
            put_z(l, BF_TOKEN_PREFIX "***");
            p += sizeof BF_TOKEN_PREFIX - 1 + secret;
            continue;
        }
        char out[8];
        int taken;
        size_t n = escaped(p, end, out, &taken);
        if (!has_room(l, n + 1))
            break;
        put(l, out, n);
        p += taken;
    }
    put_z(l, "\"");
}

static void put_int(struct line *l, int64_t i) {
    char digits[20], *end = digits + sizeof digits, *p = end;
    uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    do
        *--p = (char)('0' + u % 10);
    while (u /= 10);
    if (i < 0)
        put(l, "-", 1);
    put(l, p, (size_t)(end - p));
}

/* So many digits, and what stands behind them. */
static void put_digits(struct line *l, int n, int width, const char *behind) {
    char digits[4];
    for (int i = width; i-- > 0; n /= 10)
        digits[i] = (char)('0' + n % 10);
    put(l, digits, (size_t)width);
    put_z(l, behind);
}

static void put_key(struct line *l, const char *key) {
    put_z(l, ",\"");
    put_z(l, key);
    put_z(l, "\":");
}

static bool key_fits(const struct line *l, const char *key) {
    return has_room(l, strlen(key) + 32);
}

static void put_field(struct line *l, const struct bf_log_field *f) {
    if (!key_fits(l, f->key))
        return;
    put_key(l, f->key);
    if (f->is_int) {
        put_int(l, f->i);
    } else {
        put_string(l, f->s);
    }
}

static void put_time(struct line *l, int64_t ms) {
    int64_t max = ((int64_t)BF_DAY_MAX + 1) * BF_DAY_SECONDS * 1000 - 1;
    ms = ms < 0 ? 0 : ms > max ? max : ms;
    int64_t second = ms / 1000 % BF_DAY_SECONDS;
    char day[BF_DAY_TEXT];
    put_z(l, "{\"time\":\"");
    put_z(l, bf_day_print((bf_day)(ms / 1000 / BF_DAY_SECONDS), day));
    put_z(l, "T");
    put_digits(l, (int)(second / 3600), 2, ":");
    put_digits(l, (int)(second / 60 % 60), 2, ":");
    put_digits(l, (int)(second % 60), 2, ".");
    put_digits(l, (int)(ms % 1000), 3, "Z\"");
}

static void put_about(struct line *l, const struct bf_log_about *about) {
    if (about->request.len)
        put_field(l, &BF_LOG_STR("request", about->request));
    if (about->trace) {
        char hex[33];
        bf_hex(about->trace->trace, sizeof about->trace->trace, hex);
        put_field(l, &BF_LOG_STR("trace_id", bf_str_of(hex)));
        bf_hex(about->trace->span, sizeof about->trace->span, hex);
        put_field(l, &BF_LOG_STR("span_id", bf_str_of(hex)));
    }
}

void bf_log(struct bf_log *log, enum bf_log_level level, const char *event,
            const struct bf_log_about *about, const struct bf_log_field *fields, int count) {
    if (level < log->level)
        return;
    struct line l = {.len = 0};
    put_time(&l, log->now_ms(log->ctx));
    put_field(&l, &BF_LOG_STR("level", bf_str_of(bf_log_level_word(level))));
    put_field(&l, &BF_LOG_STR("event", bf_str_of(event)));
    if (about)
        put_about(&l, about);
    for (int i = 0; i < count; i++)
        put_field(&l, &fields[i]);
    uint64_t untold = log->dropped - log->dropped_told;
    if (untold) {
        char text[48];
        snprintf(text, sizeof text, ",\"dropped\":%" PRIu64, untold);
        put_z(&l, text);
    }
    put_z(&l, "}\n");
    if (log->write(log->ctx, l.p, l.len))
        log->dropped_told += untold;
    else
        log->dropped++;
}

/* ---- traceparent: version "-" trace-id "-" parent-id "-" trace-flags ---- */
static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *p, uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(p[2 * i]), low = hex_digit(p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool all_zero(const uint8_t *p, size_t n) {
    while (n && !p[n - 1])
        n--;
    return n == 0;
}

/* A later version is read as far as version 00 goes, if what follows is set off by "-". */
bool bf_trace_read(bf_str h, struct bf_trace *t) {
    struct bf_trace got;
    uint8_t version;
    if (h.len < 55 || !read_hex(h.p, &version, 1) || version == 0xFF ||
        (version == 0 && h.len != 55) || (h.len > 55 && h.p[55] != '-') || h.p[2] != '-' ||
        h.p[35] != '-' || h.p[52] != '-' || !read_hex(h.p + 3, got.trace, 16) ||
        !read_hex(h.p + 36, got.span, 8) || !read_hex(h.p + 53, &got.flags, 1) ||
        all_zero(got.trace, 16) || all_zero(got.span, 8))
        return false;
    got.flags &= 1; /* the others are not defined: not to be passed on */
    *t = got;
    return true;
}

const char *bf_trace_print(const struct bf_trace *t, char out[BF_TRACE_TEXT]) {
    char trace[33], span[17];
    bf_hex(t->trace, 16, trace);
    bf_hex(t->span, 8, span);
    snprintf(out, BF_TRACE_TEXT, "00-%s-%s-%02x", trace, span, t->flags & 1u);
    return out;
}

void bf_trace_child(struct bf_trace *t, const uint8_t random[8]) {
    memcpy(t->span, random, 8);
    if (all_zero(t->span, 8))
        t->span[7] = 1; /* zero is no id */
}

void bf_trace_start(struct bf_trace *t, const uint8_t random[24]) {
    memcpy(t->trace, random, 16);
    if (all_zero(t->trace, 16))
        t->trace[15] = 1;
    bf_trace_child(t, random + 16);
    t->flags = 0;
}
