/* Every route whose first written bytes are the path's is compared in turn: there are a few dozen. */
#include "engine/service/router.h"

#include <string.h>

#include "lang/base/assert.h"

static const struct {
    enum bf_http_method method;
    const char *template;
} routes[] = {
#define ROUTE(name, method, template, who, flags) {BF_HTTP_##method, template},
#include "engine/service/routes.def"
};

const char *bf_route_template(enum bf_route r) { return routes[r].template; }

enum bf_http_method bf_route_method(enum bf_route r) { return routes[r].method; }

/* Takes path apart by the template. Of two templates that match, the one whose first difference is
** written out wins: literal counts its written segments as bits, the first the highest. */
static bool fits(const char *t, bf_str path, struct bf_match *m, uint32_t *literal) {
    const char *p = path.p, *end = path.p + path.len;
    m->part_count = 0;
    *literal = 0;
    while (*t && p < end) {
        BF_ASSERT(*t == '/');
        if (*p++ != '/')
            return false;
        t++;
        size_t segment = strcspn(t, "/");
        const char *slash = memchr(p, '/', (size_t)(end - p));
        size_t len = (size_t)((slash ? slash : end) - p);
        *literal = *literal << 1;
        if (*t == '{') {
            BF_ASSERT(m->part_count < BF_ROUTE_PARTS);
            if (!len)
                return false;
            m->parts[m->part_count++] = (bf_str){p, (uint32_t)len};
        } else if (len == segment && !memcmp(p, t, len)) {
            *literal |= 1;
        } else {
            return false;
        }
        t += segment;
        p += len;
    }
    return !*t && p == end;
}

static void add_allow(struct bf_match *m, enum bf_http_method method) {
    const char *name = bf_http_method_name(method);
    size_t len = strlen(m->allow);
    BF_ASSERT(len + strlen(name) + 2 < sizeof m->allow);
    if (len)
        memcpy(m->allow + len, ", ", 3);
    strcat(m->allow, name);
    if (method == BF_HTTP_GET)
        add_allow(m, BF_HTTP_HEAD);
}

/* Does the path begin as the template does, before its first brace? */
static bool may_fit(const char *t, bf_str path) {
    for (uint32_t i = 0; t[i] && t[i] != '{'; i++)
        if (i == path.len || path.p[i] != t[i])
            return false;
    return true;
}

/* Of the routes of one method the one that fits, if any does. */
static void find_of(enum bf_http_method method, bf_str path, struct bf_match *m) {
    uint32_t best = 0;
    for (unsigned i = 0; i < BF_ROUTES; i++) {
        struct bf_match one = {.status = 200, .route = i};
        uint32_t literal;
        if (routes[i].method != method || !may_fit(routes[i].template, path) ||
            !fits(routes[i].template, path, &one, &literal))
            continue;
        if (m->status != 200 || literal > best) {
            best = literal;
            *m = one;
        }
    }
}

void bf_route_find(enum bf_http_method method, bf_str path, struct bf_match *m) {
    *m = (struct bf_match){.status = 404};
    find_of(method == BF_HTTP_HEAD ? BF_HTTP_GET : method, path, m);
    for (unsigned i = 0; i < BF_ROUTES && m->status != 200; i++) {
        struct bf_match other;
        uint32_t literal;
        if (!fits(routes[i].template, path, &other, &literal))
            continue;
        m->status = 405;
        add_allow(m, routes[i].method);
    }
}

void bf_route_refuse(struct bf_http_request *r, const struct bf_match *m) {
    if (m->status == 405) {
        bf_http_add_header(r, "Allow", bf_str_of(m->allow));
        bf_http_problem(r, 405, BF_STR("this resource has other methods"));
    } else {
        bf_http_problem(r, 404, BF_STR("there is no such resource"));
    }
}
