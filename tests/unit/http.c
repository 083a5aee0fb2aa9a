/* The HTTP connection, over raw bytes and with a clock of the test's own. */
#include "engine/service/http_conn.h"
#include "tests/unit/fault.h"
#include "tests/unit/test.h"

/* One connection, its handler and what both left. */
struct bench {
    struct bf_http_shared shared;
    struct bf_http_conn *conn;
    struct bf_buf seen; /* a line a request */
    struct bf_buf sent;
    struct bf_http_request *kept[32]; /* of /later */
    unsigned kept_count, gone;
    int64_t now;
};

static void on_request(void *ctx, struct bf_http_request *r) {
    struct bench *b = ctx;
    bf_buf_fmt(&b->seen, "%s %.*s", bf_http_method_name(r->method), (int)r->path.len, r->path.p);
    for (uint32_t i = 0; i < bf_http_query_count(r); i++) {
        bf_str name, value;
        bf_http_query_at(r, i, &name, &value);
        bf_buf_fmt(&b->seen, " %.*s=%.*s", (int)name.len, name.p, (int)value.len, value.p);
    }
    bf_str extra = bf_http_header(r, "x-extra");
    bf_buf_fmt(&b->seen, " [%.*s] %.*s\n", (int)extra.len, extra.p ? extra.p : "", (int)r->body.len,
               r->body.p ? r->body.p : "");
    if (bf_str_starts(r->path, BF_STR("/later"))) {
        b->kept[b->kept_count++ % 32] = r;
    } else if (bf_str_starts(r->path, BF_STR("/stream"))) {
        if (bf_http_stream(r, 200, "text/event-stream"))
            b->kept[b->kept_count++ % 32] = r;
    } else {
        bf_http_answer(r, 200, "text/plain", r->path);
    }
}

static void on_gone(void *ctx, struct bf_http_request *r) {
    (void)r;
    ((struct bench *)ctx)->gone++;
}

static void open_bench(struct bench *b) {
    *b = (struct bench){.now = 1000};
    b->shared = (struct bf_http_shared){
        .limits = bf_http_limits_default, .ctx = b, .request = on_request, .gone = on_gone};
    bf_buf_init(&b->seen);
    bf_buf_init(&b->sent);
}

static void start_bench(struct bench *b) {
    open_bench(b);
    b->conn = bf_http_conn_new(&b->shared, NULL, b->now);
    assert_non_null(b->conn);
}

static void close_bench(struct bench *b) {
    bf_http_conn_free(b->conn);
    bf_buf_fini(&b->seen);
    bf_buf_fini(&b->sent);
}

/* Takes away all that goes out, in pieces of at most step bytes. */
static void drain_output(struct bench *b, uint32_t step) {
    for (;;) {
        bf_str out = bf_http_conn_output(b->conn);
        if (!out.len)
            return;
        out.len = out.len < step ? out.len : step;
        bf_buf_str(&b->sent, out);
        bf_http_conn_sent(b->conn, out.len, b->now);
        bf_http_conn_resume(b->conn, b->now);
    }
}

static void input(struct bench *b, const char *p, size_t n) {
    bf_http_conn_input(b->conn, p, n, b->now);
    drain_output(b, UINT32_MAX);
}

static void say(struct bench *b, const char *text) { input(b, text, strlen(text)); }

static const char *text_of(struct bf_buf *b) {
    bf_buf_char(b, '\0');
    assert_false(b->failed);
    b->len--;
    return b->p;
}

static bool sent_has(struct bench *b, const char *part) {
    return strstr(text_of(&b->sent), part) != NULL;
}

static unsigned count_of(const char *text, const char *part) {
    unsigned n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST /p HTTP/1.1\r\nHost: a\r\n"
#define SECOND "GET /second HTTP/1.1\r\nHost: a\r\n\r\n"

/* Each is followed on the wire by SECOND, which must never be taken for a request. */
static const struct refused {
    const char *name;
    int status;
    const char *text;
    size_t len; /* 0: strlen */
} refused[] = {
    {"two lengths", 400, POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 0},
    {"two lengths that differ", 400, POST "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc", 0},
    {"a list of lengths", 400, POST "Content-Length: 3, 3\r\n\r\nabc", 0},
    {"a signed length", 400, POST "Content-Length: +3\r\n\r\nabc", 0},
    {"a negative length", 400, POST "Content-Length: -3\r\n\r\nabc", 0},
    {"a hexadecimal length", 400, POST "Content-Length: 0x3\r\n\r\nabc", 0},
    {"no length", 400, POST "Content-Length:\r\n\r\nabc", 0},
    {"a length past 64 bits", 400, POST "Content-Length: 18446744073709551619\r\n\r\nabc", 0},
    {"a length with a space in it", 400, POST "Content-Length: 1 3\r\n\r\nabc", 0},
    {"length and coding", 400,
     POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
    {"coding and length", 400,
     POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 0},
    {"a chain of codings", 400, POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0},
    {"chunked not last", 400, POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 0},
    {"chunked twice", 400, POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 0},
    {"two codings", 400,
     POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
    {"identity", 400, POST "Transfer-Encoding: identity\r\n\r\n", 0},
    {"xchunked", 400, POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 0},
    {"chunked with a tab in it", 400, POST "Transfer-Encoding: chunk\ted\r\n\r\n0\r\n\r\n", 0},
    {"an empty coding", 400, POST "Transfer-Encoding:\r\n\r\n0\r\n\r\n", 0},
    {"a quoted coding", 400, POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 0},
    {"a coding in 1.0", 400,
     "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
    {"bare LF after the line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n", 0},
    {"bare LF after a header", 400, GET "X: y\n\r\n", 0},
    {"bare LF at the end", 400, GET "X: y\r\n\n", 0},
    {"bare CR in a value", 400, GET "X: a\rb\r\n\r\n", 0},
    {"bare CR at the end", 400, GET "\rX", 0},
    {"two CR", 400, GET "X: a\r\r\n\r\n", 0},
    {"a space before the colon", 400, POST "Content-Length : 3\r\n\r\nabc", 0},
    {"a tab before the colon", 400, POST "Content-Length\t: 3\r\n\r\nabc", 0},
    {"a space before a name", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 0},
    {"a folded header", 400, GET "X: a\r\n b\r\n\r\n", 0},
    {"a length folded", 400, POST "Content-Length:\r\n 3\r\n\r\nabc", 0},
    {"a length folded in two", 400, POST "Content-Length: 1\r\n\t3\r\n\r\nabc", 0},
    {"a folded coding", 400, POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 0},
    {"no colon", 400, GET "Name\r\n\r\n", 0},
    {"no name", 400, GET ": v\r\n\r\n", 0},
    {"NUL in a value", 400, GET "X: a\0b\r\n\r\n", sizeof(GET "X: a\0b\r\n\r\n") - 1},
    {"NUL in a name", 400, GET "X\0: a\r\n\r\n", sizeof(GET "X\0: a\r\n\r\n") - 1},
    {"NUL in the target", 400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
     sizeof("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n") - 1},
    {"a bell in a value", 400, GET "X: a\ab\r\n\r\n", 0},
    {"a value that is not UTF-8", 400, GET "X: \xff\r\n\r\n", 0},
    {"two hosts", 400, GET "Host: b\r\n\r\n", 0},
    {"no host", 400, "GET / HTTP/1.1\r\n\r\n", 0},
    {"no host in 1.0", 400, "GET / HTTP/1.0\r\n\r\n", 0},
    {"an empty host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0},
    {"a host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0},
    {"a host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 0},
    {"a host with a word as port", 400, "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", 0},
    {"two hosts in one", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 0},
    {"two authorizations", 400, GET "Authorization: a\r\nAuthorization: b\r\n\r\n", 0},
    {"RTSP", 501, "DESCRIBE rtsp://a/ RTSP/1.0\r\nHost: a\r\n\r\n", 0},
    {"OPTIONS of RTSP", 400, "OPTIONS * RTSP/1.0\r\nHost: a\r\n\r\n", 0},
    {"RTSP with a method of ours", 400, "GET / RTSP/1.0\r\nHost: a\r\n\r\n", 0},
    {"ICE", 501, "SOURCE /radio ICE/1.0\r\nHost: a\r\n\r\n", 0},
    {"CONNECT", 501, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"TRACE", 501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"an unknown method", 400, "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a method in small letters", 400, "get / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"Upgrade", 400, GET "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", 0},
    {"Upgrade alone", 400, GET "Upgrade: h2c\r\n\r\n", 0},
    {"HTTP/2", 501, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
    {"HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 0},
    {"HTTP/0.9", 400, "GET /\r\n\r\n", 0},
    {"two spaces in the line", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a tab in the line", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a target without slash", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a fragment", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"dot segments", 400, "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"encoded dot segments", 400, "GET /a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"an encoded slash", 400, "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"an encoded NUL", 400, "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"half an escape", 400, "GET /a%4 HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a path that is not UTF-8", 400, "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"an empty segment", 400, "GET //a HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"another host in the target", 400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a host that the target's only begins with", 400, "GET http://ab/ HTTP/1.1\r\nHost: a\r\n\r\n",
     0},
    {"an unknown expectation", 417, POST "Expect: tea\r\nContent-Length: 3\r\n\r\nabc", 0},
    {"a chunk size that is none", 400, POST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 0},
    {"a chunk size with 0x", 400, POST "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n", 0},
    {"a signed chunk size", 400, POST "Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n", 0},
    {"no chunk size", 400, POST "Transfer-Encoding: chunked\r\n\r\n\r\n", 0},
    {"a chunk size and a space", 400, POST "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n", 0},
    {"a chunk size past 64 bits", 413,
     POST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\nabc\r\n", 0},
    {"a chunk longer than it says", 400, POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 0},
    {"a chunk with bare LF", 400, POST "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n", 0},
    {"a chunk's end with bare LF", 400, POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\n", 0},
    {"an extension with bare LF", 400, POST "Transfer-Encoding: chunked\r\n\r\n3;a\nabc\r\n", 0},
    {"an extension with bare CR", 400, POST "Transfer-Encoding: chunked\r\n\r\n3;a\rb\r\nabc\r\n",
     0},
    {"a trailer with bare LF", 400, POST "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n", 0},
    {"a folded trailer", 400, POST "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n z\r\n\r\n", 0},
};

static size_t len_of(const struct refused *r) { return r->len ? r->len : strlen(r->text); }

static void check_refused(struct bench *b, const struct refused *r) {
    char status[32];
    snprintf(status, sizeof status, "HTTP/1.1 %d ", r->status);
    const char *sent = text_of(&b->sent);
    if (strncmp(sent, status, strlen(status)) != 0)
        fail_msg("%s: wanted %d, got: %s", r->name, r->status, sent);
    if (b->seen.len)
        fail_msg("%s: the handler saw %s", r->name, text_of(&b->seen));
    if (count_of(sent, "HTTP/1.1 ") != 1 || !strstr(sent, "Connection: close\r\n") ||
        !strstr(sent, "application/problem+json") || !strstr(sent, "\"request_id\":\""))
        fail_msg("%s: not refused cleanly: %s", r->name, sent);
    assert_true(bf_http_conn_half_closed(b->conn));
    assert_int_equal(bf_http_conn_deadline(b->conn), b->now + b->shared.limits.linger_ms);
    b->now += b->shared.limits.linger_ms;
    bf_http_conn_tick(b->conn, b->now);
    assert_true(bf_http_conn_done(b->conn));
}

static void refuses(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct bench b;
        struct bf_buf wire;
        start_bench(&b);
        bf_buf_init(&wire);
        bf_buf_put(&wire, refused[i].text, len_of(&refused[i]));
        bf_buf_z(&wire, SECOND);
        input(&b, wire.p, wire.len);
        check_refused(&b, &refused[i]);
        bf_buf_fini(&wire);
        close_bench(&b);
    }
}

static const struct accepted {
    const char *text, *seen;
} accepted[] = {
    {GET "\r\n", "GET / [] \n"},
    {"\r\n" GET "\r\n", "GET / [] \n"},
    {"GET /a/b%20c?x=1&y=%E6%9D%8E+q&z HTTP/1.1\r\nHost: [::1]:8710\r\n\r\n",
     "GET /a/b c x=1 y=\xe6\x9d\x8e q z= [] \n"},
    {"GET http://A:1/x HTTP/1.1\r\nhOST: a:1\r\n\r\n", "GET /x [] \n"},
    {"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET / [] \n"},
    {GET "X-Extra: \t one two \t\r\n\r\n", "GET / [one two] \n"},
    {GET "X-Extra:\r\n\r\n", "GET / [] \n"},
    {POST "Content-Length: 3\r\n\r\nabc", "POST /p [] abc\n"},
    {POST "Content-Length: 0003\r\n\r\nabc", "POST /p [] abc\n"},
    {POST "Content-Length: 0\r\n\r\n", "POST /p [] \n"},
    {POST "Content-Length: 6\r\n\r\n\r\n\r\n\n\r", "POST /p [] \r\n\r\n\n\r\n"},
    {POST "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n00a;x=\"y\";z\r\n0123456789\r\n0\r\n\r\n",
     "POST /p [] abc0123456789\n"},
    {POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Extra: no\r\nHost: b\r\n\r\n",
     "POST /p [] a\n"},
    {POST "Transfer-Encoding: chunked\r\nX-Extra: yes\r\n\r\n0\r\nX-Extra: no\r\n\r\n",
     "POST /p [yes] \n"},
    {POST "Content-Length: 1\r\n\r\na" SECOND GET "Connection: close\r\n\r\n" SECOND,
     "POST /p [] a\nGET /second [] \nGET / [] \n"},
    {"GET / HTTP/1.0\r\nHost: a\r\n\r\n" SECOND, "GET / [] \n"},
    {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n" SECOND,
     "GET / [] \nGET /second [] \n"},
    {"HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n" SECOND, "HEAD /h [] \nGET /second [] \n"},
    {POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok", "POST /p [] ok\n"},
};

static void accepts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        struct bench b;
        start_bench(&b);
        say(&b, accepted[i].text);
        if (strcmp(text_of(&b.seen), accepted[i].seen) != 0)
            fail_msg("%s: saw %s (%s)", accepted[i].text, b.seen.p, text_of(&b.sent));
        close_bench(&b);
    }
}

/* The whole of the bytes, or split in two at every place, or byte by byte: all is the same. */
static void check_splits(const char *text, size_t len) {
    struct bench whole;
    start_bench(&whole);
    input(&whole, text, len);
    for (size_t at = 0; at <= len; at++) {
        struct bench b;
        start_bench(&b);
        if (at == 0) {
            for (size_t i = 0; i < len; i++)
                input(&b, text + i, 1);
        } else {
            input(&b, text, at);
            input(&b, text + at, len - at);
        }
        if (strcmp(text_of(&b.seen), text_of(&whole.seen)) != 0 ||
            strcmp(text_of(&b.sent), text_of(&whole.sent)) != 0)
            fail_msg("split at %zu: %.*s\n%s\n%s", at, (int)len, text, b.sent.p, whole.sent.p);
        assert_int_equal(bf_http_conn_half_closed(b.conn), bf_http_conn_half_closed(whole.conn));
        close_bench(&b);
    }
    close_bench(&whole);
}

static void splits(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
        check_splits(accepted[i].text, strlen(accepted[i].text));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check_splits(refused[i].text, len_of(&refused[i]));
}

static void answers_in_order(void **state) {
    (void)state;
    struct bench b;
    start_bench(&b);
    say(&b, "GET /later1 HTTP/1.1\r\nHost: a\r\n\r\nGET /now HTTP/1.1\r\nHost: a\r\n\r\n"
            "GET /later2 HTTP/1.1\r\nHost: a\r\n\r\n" POST "Expect: 100-continue\r\n"
            "Content-Length: 1\r\n\r\n");
    assert_int_equal(b.kept_count, 2);
    assert_int_equal(b.sent.len, 0);
    bf_http_answer(b.kept[1], 200, "text/plain", BF_STR("two"));
    drain_output(&b, 1);
    assert_int_equal(b.sent.len, 0);
    assert_true(bf_http_add_header(b.kept[0], "X-A", BF_STR("b")));
    assert_false(bf_http_add_header(b.kept[0], "X-A", BF_STR("b\r\nX-C: d")));
    bf_http_answer(b.kept[0], 201, "text/plain", BF_STR("one"));
    drain_output(&b, 1);
    const char *sent = text_of(&b.sent);
    const char *one = strstr(sent, "\r\n\r\none"), *now = strstr(sent, "\r\n\r\n/now"),
               *two = strstr(sent, "\r\n\r\ntwo"), *more = strstr(sent, "HTTP/1.1 100 Continue");
    assert_true(one && now && two && more && one < now && now < two && two < more);
    assert_non_null(strstr(sent, "X-A: b\r\n"));
    assert_null(strstr(sent, "X-C"));
    say(&b, "z");
    assert_non_null(strstr(text_of(&b.seen), "POST /p [] z\n"));
    close_bench(&b);
}

static void pipeline_is_bounded(void **state) {
    (void)state;
    struct bench b;
    start_bench(&b);
    b.shared.limits.pipeline = 4;
    for (int i = 0; i < 6; i++)
        say(&b, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(b.kept_count, 4);
    assert_false(bf_http_conn_wants_input(b.conn));
    for (int i = 0; i < 6; i++) {
        bf_http_answer(b.kept[i], 200, NULL, BF_STR(""));
        bf_http_conn_resume(b.conn, b.now);
    }
    drain_output(&b, UINT32_MAX);
    assert_int_equal(count_of(text_of(&b.sent), "HTTP/1.1 200"), 6);
    assert_true(bf_http_conn_idle(b.conn));
    close_bench(&b);
}

static void reading_waits_for_writing(void **state) {
    (void)state;
    struct bench b;
    start_bench(&b);
    b.shared.limits.out_bytes = 300;
    for (int i = 0; i < 50; i++)
        bf_http_conn_input(b.conn, GET "\r\n", strlen(GET "\r\n"), b.now);
    assert_false(bf_http_conn_wants_input(b.conn));
    assert_true(bf_http_conn_output(b.conn).len < 600);
    assert_true(count_of(text_of(&b.seen), "GET") < 8);
    drain_output(&b, 7);
    assert_int_equal(count_of(text_of(&b.seen), "GET"), 50);
    assert_true(bf_http_conn_wants_input(b.conn));
    close_bench(&b);
}

/* A limit holds at its value and not one past it. */
static void limits(void **state) {
    (void)state;
    static const struct {
        int status;
        const char *before, *fill, *after;
        unsigned fills; /* that pass */
    } cases[] = {
        {413, POST "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", "0\r\n\r\n", 8},
        {414, "GET /", "a", " HTTP/1.1\r\nHost: a\r\n\r\n", 50},
        {431, GET, "A: b\r\n", "\r\n", 4},
        {400, POST "Transfer-Encoding: chunked\r\n\r\n0;", "a", "\r\n\r\n", 30},
        {400, POST "Transfer-Encoding: chunked\r\n\r\n", "1;a=bcdefgh\r\na\r\n", "0\r\n\r\n", 4},
        {431, POST "Transfer-Encoding: chunked\r\n\r\n0\r\n", "T: trail\r\n", "\r\n", 19},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned past = 0; past < 2; past++) {
            struct bench b;
            start_bench(&b);
            b.shared.limits.body_bytes = 8;
            b.shared.limits.line_bytes = 50 + 14;
            b.shared.limits.head_bytes = 200;
            b.shared.limits.headers = 5;
            b.shared.limits.chunk_bytes = 32;
            b.shared.limits.extension_bytes = 40;
            say(&b, cases[i].before);
            for (unsigned k = 0; k < cases[i].fills + past; k++)
                say(&b, cases[i].fill);
            say(&b, cases[i].after);
            char status[32];
            snprintf(status, sizeof status, "HTTP/1.1 %d ", past ? cases[i].status : 200);
            if (strncmp(text_of(&b.sent), status, strlen(status)) != 0)
                fail_msg("limit %zu, past %u: %s", i, past, b.sent.p);
            close_bench(&b);
        }
    }
    struct bench b; /* a length that is too large is refused before a byte of the body, or a 100 */
    start_bench(&b);
    b.shared.limits.body_bytes = 8;
    say(&b, POST "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n");
    assert_int_equal(strncmp(text_of(&b.sent), "HTTP/1.1 413 ", 13), 0);
    close_bench(&b);
}

static void tick_to(struct bench *b, int64_t now) {
    b->now = now;
    bf_http_conn_tick(b->conn, now);
    drain_output(b, UINT32_MAX);
}

static void deadlines(void **state) {
    (void)state;
    struct bench b;
    start_bench(&b); /* idle: closed without a word */
    const struct bf_http_limits *l = &b.shared.limits;
    assert_int_equal(bf_http_conn_deadline(b.conn), 1000 + l->idle_ms);
    tick_to(&b, 1000 + l->idle_ms - 1);
    assert_false(bf_http_conn_done(b.conn));
    tick_to(&b, 1000 + l->idle_ms);
    assert_true(bf_http_conn_done(b.conn) && !b.sent.len);
    close_bench(&b);

    start_bench(&b); /* a head that drips: a byte a second does not help */
    int64_t start = b.now;
    for (const char *p = GET; *p && !b.sent.len; p++) {
        input(&b, p, 1);
        tick_to(&b, b.now + 1000);
    }
    assert_true(sent_has(&b, "HTTP/1.1 408 "));
    assert_int_equal(b.now, start + l->head_ms);
    close_bench(&b);

    start_bench(&b); /* a body that drips below the rate */
    say(&b, POST "Content-Length: 100000\r\n\r\n");
    start = b.now;
    while (!b.sent.len && b.now < start + 100000) {
        say(&b, "0123456789");
        tick_to(&b, b.now + 100); /* 100 bytes a second, of 1024 */
    }
    assert_true(sent_has(&b, "HTTP/1.1 408 "));
    assert_true(b.now >= start + l->body_grace_ms && b.now < start + l->body_grace_ms + 1000);
    close_bench(&b);

    start_bench(&b); /* a body that keeps the rate, but not the whole time */
    b.shared.limits.body_ms = 20000;
    say(&b, POST "Content-Length: 1000000\r\n\r\n");
    start = b.now;
    char block[2048];
    memset(block, 'x', sizeof block);
    while (!b.sent.len && b.now < start + 100000) {
        input(&b, block, sizeof block);
        tick_to(&b, b.now + 1000);
    }
    assert_true(sent_has(&b, "HTTP/1.1 408 "));
    assert_int_equal(b.now, start + 20000);
    close_bench(&b);

    start_bench(&b); /* an answer nobody takes */
    bf_http_conn_input(b.conn, GET "\r\n", strlen(GET "\r\n"), b.now);
    bf_http_conn_sent(b.conn, 1, b.now + 10);
    assert_int_equal(bf_http_conn_deadline(b.conn), b.now + l->write_ms);
    bf_http_conn_tick(b.conn, b.now + l->write_ms);
    assert_true(bf_http_conn_done(b.conn));
    close_bench(&b);

    start_bench(&b); /* a handler may take its time */
    say(&b, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(bf_http_conn_deadline(b.conn) == INT64_MAX);
    close_bench(&b);
    assert_int_equal(b.gone, 1);
}

static void head_has_no_body(void **state) {
    (void)state;
    struct bench b;
    start_bench(&b);
    say(&b, "HEAD /1234 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(sent_has(&b, "Content-Length: 5\r\n\r\n"));
    assert_memory_equal(b.sent.p + b.sent.len - 4, "\r\n\r\n", 4);
    say(&b, "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" SECOND);
    assert_int_equal(b.kept_count, 0);
    assert_true(sent_has(&b, "\r\n\r\n/second"));
    close_bench(&b);
}

static void streams(void **state) {
    (void)state;
    struct bench b;
    start_bench(&b);
    say(&b, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(bf_http_stream_write(b.kept[0], BF_STR("data: 1\n\n")));
    drain_output(&b, 3);
    assert_true(sent_has(&b, "\r\n\r\n9\r\ndata: 1\n\n\r\n"));
    bf_http_stream_end(b.kept[0]);
    say(&b, SECOND);
    assert_true(sent_has(&b, "\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));

    say(&b, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"); /* a slow reader is cut */
    b.shared.limits.stream_bytes = 1000;
    bool goes_on = true;
    for (int i = 0; i < 200 && goes_on; i++)
        goes_on = bf_http_stream_write(b.kept[1], BF_STR("data: 1\n\n"));
    assert_false(goes_on);
    assert_true(bf_http_conn_done(b.conn));
    assert_int_equal(b.gone, 0);
    close_bench(&b);
    assert_int_equal(b.gone, 1);

    start_bench(&b); /* HTTP/1.0 has no chunks: the end is the connection's */
    say(&b, "GET /stream HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    assert_true(bf_http_stream_write(b.kept[0], BF_STR("data: 1\n\n")));
    bf_http_stream_end(b.kept[0]);
    drain_output(&b, UINT32_MAX);
    assert_true(sent_has(&b, "Connection: close\r\n\r\ndata: 1\n\n"));
    assert_true(bf_http_conn_done(b.conn));
    close_bench(&b);

    start_bench(&b); /* the client goes */
    say(&b, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    bf_http_conn_eof(b.conn, b.now);
    assert_true(bf_http_conn_done(b.conn));
    close_bench(&b);
    assert_int_equal(b.gone, 1);
}

static void drains(void **state) {
    (void)state;
    struct bench b;
    start_bench(&b); /* between requests: at once */
    say(&b, SECOND);
    bf_http_conn_drain(b.conn);
    assert_true(bf_http_conn_done(b.conn));
    close_bench(&b);

    start_bench(&b); /* in flight: answered, then closed; a stream ends */
    say(&b, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    bf_http_conn_drain(b.conn);
    assert_int_equal(b.gone, 1);
    say(&b, SECOND);
    bf_http_answer(b.kept[1], 200, NULL, BF_STR("end"));
    drain_output(&b, UINT32_MAX);
    assert_true(sent_has(&b, "Connection: close\r\nContent-Length: 3\r\n\r\nend"));
    assert_false(sent_has(&b, "/second"));
    assert_true(bf_http_conn_done(b.conn));
    close_bench(&b);

    start_bench(&b); /* half read: read, answered, closed */
    say(&b, POST "Content-Length: 3\r\n\r\na");
    bf_http_conn_drain(b.conn);
    say(&b, "bc" SECOND);
    assert_string_equal(text_of(&b.seen), "POST /p [] abc\n");
    assert_true(sent_has(&b, "Connection: close\r\n") && bf_http_conn_done(b.conn));
    close_bench(&b);
}

static void client_ends(void **state) {
    (void)state;
    struct bench b;
    start_bench(&b); /* its last words are answered */
    say(&b, "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /ha");
    bf_http_conn_eof(b.conn, b.now);
    assert_false(bf_http_conn_done(b.conn));
    bf_http_answer(b.kept[0], 200, NULL, BF_STR("end"));
    drain_output(&b, UINT32_MAX);
    assert_true(sent_has(&b, "\r\n\r\nend") && bf_http_conn_done(b.conn));
    assert_int_equal(count_of(text_of(&b.sent), "HTTP/1.1"), 1);
    close_bench(&b);
}

/* Whatever allocation fails: answered or closed, and nothing is lost or left. */
static bool attempt(void *ctx) {
    struct bench b;
    (void)ctx;
    open_bench(&b);
    struct bf_buf *mine[] = {&b.seen, &b.sent};
    for (int i = 0; i < 2; i++) { /* what the test itself writes has room already */
        bf_buf_put(mine[i], (char[4000]){0}, 4000);
        mine[i]->len = 0;
    }
    b.conn = bf_http_conn_new(&b.shared, NULL, b.now);
    if (!b.conn || b.seen.failed || b.sent.failed) {
        close_bench(&b);
        return false;
    }
    say(&b, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n" POST "Transfer-Encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n0\r\n\r\nGET /q?a=b&c HTTP/1.1\r\nHost: a\r\nX-Extra: d\r\n\r\n");
    if (b.kept_count)
        bf_http_problem(b.kept[0], 409, BF_STR("a \"detail\""));
    drain_output(&b, UINT32_MAX);
    say(&b, SECOND);
    bool ok = sent_has(&b, "HTTP/1.1 409 ") && sent_has(&b, "\\\"detail\\\"") &&
              sent_has(&b, "\r\n\r\n/q") && sent_has(&b, "\r\n\r\n/second");
    assert_true(ok || bf_http_conn_done(b.conn) || bf_http_conn_half_closed(b.conn) ||
                sent_has(&b, "HTTP/1.1 503 "));
    close_bench(&b);
    return ok;
}

static void survives_no_memory(void **state) {
    (void)state;
    assert_true(fault_until_quiet(attempt, NULL) > 10);
}

static void self_test(void **state) {
    (void)state;
    struct bf_error e;
    assert_int_equal(bf_http_self_test(&e), BF_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(accepts),
        cmocka_unit_test(splits),
        cmocka_unit_test(answers_in_order),
        cmocka_unit_test(pipeline_is_bounded),
        cmocka_unit_test(reading_waits_for_writing),
        cmocka_unit_test(limits),
        cmocka_unit_test(deadlines),
        cmocka_unit_test(head_has_no_body),
        cmocka_unit_test(streams),
        cmocka_unit_test(drains),
        cmocka_unit_test(client_ends),
        cmocka_unit_test(survives_no_memory),
        cmocka_unit_test(self_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
