/* The target of a request: path and query, decoded once, here.
**
** Whatever two readers could take for different paths is refused: encoded slashes, dot segments,
** empty segments, control characters, bytes that are not UTF-8.
*/
#include <string.h>
#include <strings.h>

#include "engine/service/http_parts.h"

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Appends raw, decoded; false if it is no text. */
static bool decode(struct bf_buf *b, bf_str raw, bool query, struct span *at) {
    size_t start = b->len;
    for (uint32_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.p[i];
        if (c == '%') {
            int high = i + 2 < raw.len ? hex(raw.p[i + 1]) : -1;
            int low = high >= 0 ? hex(raw.p[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (unsigned char)(high * 16 + low);
            i += 2;
            if (c == '/' && !query)
                return false;
        } else if (c == '+' && query) {
            c = ' ';
        } else if (c == '#' || c == '\\') {
            return false;
        }
        if (c < 0x20 || c == 0x7f)
            return false;
        bf_buf_char(b, (char)c);
    }
    *at = (struct span){(uint32_t)start, (uint32_t)(b->len - start)};
    return b->failed || !at->len || bf_utf8_check(b->p + start, at->len) == at->len;
}

/* "/", or segments that are neither empty (but the last) nor dots. */
static bool path_valid(bf_str path) {
    if (!path.len || path.p[0] != '/')
        return false;
    uint32_t start = 1;
    for (uint32_t i = 1; i <= path.len; i++) {
        if (i < path.len && path.p[i] != '/')
            continue;
        uint32_t len = i - start;
        if (!len && i < path.len)
            return false;
        if (len && len <= 2 && !memcmp(path.p + start, "..", len))
            return false;
        start = i + 1;
    }
    return true;
}

static const char *read_query(struct request *r, bf_str raw, uint32_t parts_max) {
    uint32_t parts = 0;
    for (uint32_t at = 0; at < raw.len;) {
        const char *amp = memchr(raw.p + at, '&', raw.len - at);
        uint32_t end = amp ? (uint32_t)(amp - raw.p) : raw.len;
        bf_str part = {raw.p + at, end - at};
        at = end + 1;
        if (!part.len)
            continue;
        if (++parts > parts_max)
            return "the query has too many parts";
        const char *eq = memchr(part.p, '=', part.len);
        bf_str name = {part.p, eq ? (uint32_t)(eq - part.p) : part.len};
        bf_str value = {eq ? eq + 1 : part.p + part.len, eq ? part.len - name.len - 1 : 0};
        struct pair pair;
        if (!decode(&r->target, name, true, &pair.name) ||
            !decode(&r->target, value, true, &pair.value))
            return "the query cannot be decoded";
        bf_buf_put(&r->query, &pair, sizeof pair);
    }
    return NULL;
}

/* Of "http://HOST/path" what follows the host, which must be the one the Host header names. */
static bool cut_authority(bf_str *raw, bf_str host) {
    static const char scheme[] = "http://";
    uint32_t skip = sizeof scheme - 1;
    if (raw->len < skip || strncasecmp(raw->p, scheme, skip) != 0)
        return true;
    if (raw->len < skip + host.len || strncasecmp(raw->p + skip, host.p, host.len) != 0)
        return false;
    skip += host.len;
    *raw = (bf_str){raw->p + skip, raw->len - skip};
    if (!raw->len)
        *raw = BF_STR("/");
    return true;
}

const char *http_read_target(struct request *r, bf_str raw, bf_str host, uint32_t parts_max) {
    if (!cut_authority(&raw, host))
        return "the target names another host than the Host header";
    const char *mark = memchr(raw.p, '?', raw.len);
    bf_str path = {raw.p, mark ? (uint32_t)(mark - raw.p) : raw.len};
    struct span at;
    if (!decode(&r->target, path, false, &at))
        return "the path cannot be decoded";
    if (!r->target.failed && (!at.len || !path_valid((bf_str){r->target.p + at.at, at.len})))
        return "the path is not absolute and plain";
    if (mark) {
        const char *wrong = read_query(r, (bf_str){mark + 1, raw.len - path.len - 1}, parts_max);
        if (wrong)
            return wrong;
    }
    if (!r->target.failed)
        r->pub.path = (bf_str){r->target.p + at.at, at.len}; /* the buffer grows no more */
    return NULL;
}

static bool host_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* A name, an IPv4 address or an IPv6 address in brackets, and perhaps a port. */
bool http_host_valid(bf_str host) {
    uint32_t i = 0;
    if (host.len && host.p[0] == '[') {
        for (i = 1; i < host.len && (hex(host.p[i]) >= 0 || host.p[i] == ':' || host.p[i] == '.');)
            i++;
        if (i < 3 || i == host.len || host.p[i++] != ']')
            return false;
    } else {
        while (i < host.len && host_char(host.p[i]))
            i++;
        if (!i)
            return false;
    }
    if (i == host.len)
        return true;
    if (host.p[i++] != ':' || host.len - i > 5)
        return false;
    while (i < host.len && host.p[i] >= '0' && host.p[i] <= '9')
        i++;
    return i == host.len;
}
