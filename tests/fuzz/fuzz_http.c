/* fuzz: bytes of a client through connection and router. The first byte says how the rest is split;
** whatever the split, the same requests are seen and the same bytes sent, and time lets it end. */
#include <string.h>

#include "engine/service/router.h"
#include "tests/fuzz/fuzz.h"

struct side {
    struct bf_http_shared shared;
    struct bf_buf seen, sent;
};

static void on_request(void *ctx, struct bf_http_request *r) {
    struct side *s = ctx;
    struct bf_match m;
    bf_route_find(r->method, r->path, &m);
    bf_buf_fmt(&s->seen, "%s %d %u ", bf_http_method_name(r->method), m.status, (unsigned)m.route);
    bf_buf_str(&s->seen, r->path);
    FUZZ_CHECK(bf_utf8_check(r->path.p, r->path.len) == r->path.len);
    for (uint32_t i = 0; i < bf_http_query_count(r); i++) {
        bf_str name, value;
        bf_http_query_at(r, i, &name, &value);
        bf_buf_str(&s->seen, name);
        bf_buf_str(&s->seen, value);
    }
    bf_buf_str(&s->seen, r->body);
    FUZZ_CHECK(bf_http_header(r, "host").p);
    if (m.status != 200)
        bf_route_refuse(r, &m);
    else
        bf_http_answer(r, 200, "text/plain", bf_str_of(bf_route_template(m.route)));
}

static void on_gone(void *ctx, struct bf_http_request *r) {
    (void)ctx;
    (void)r;
    FUZZ_CHECK(!"every request was answered at once");
}

static void run(struct side *s, const char *p, size_t n, size_t step) {
    s->shared = (struct bf_http_shared){
        .limits = bf_http_limits_default, .ctx = s, .request = on_request, .gone = on_gone};
    s->shared.limits.body_bytes = 4096;
    bf_buf_init(&s->seen);
    bf_buf_init(&s->sent);
    struct bf_http_conn *c = bf_http_conn_new(&s->shared, NULL, 0);
    FUZZ_CHECK(c);
    for (size_t at = 0; at < n; at += step) {
        bf_http_conn_input(c, p + at, n - at < step ? n - at : step, 0);
        for (bf_str out; (out = bf_http_conn_output(c)).len;) {
            bf_buf_str(&s->sent, out);
            bf_http_conn_sent(c, out.len, 0);
            bf_http_conn_resume(c, 0);
        }
    }
    for (int i = 0; i < 4 && !bf_http_conn_done(c); i++) {
        int64_t now = bf_http_conn_deadline(c);
        bf_http_conn_tick(c, now);
        bf_http_conn_sent(c, bf_http_conn_output(c).len, now);
    }
    FUZZ_CHECK(bf_http_conn_done(c));
    bf_http_conn_free(c);
}

static bool same(const struct bf_buf *x, const struct bf_buf *y) {
    return x->len == y->len && (!x->len || !memcmp(x->p, y->p, x->len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    struct side whole, split;
    const char *p = (const char *)data + 1;
    run(&whole, p, size - 1, size);
    run(&split, p, size - 1, 1 + data[0] % 32);
    FUZZ_CHECK(same(&whole.seen, &split.seen) && same(&whole.sent, &split.sent));
    for (int i = 0; i < 2; i++) {
        bf_buf_fini(i ? &whole.seen : &split.seen);
        bf_buf_fini(i ? &whole.sent : &split.sent);
    }
    return 0;
}
