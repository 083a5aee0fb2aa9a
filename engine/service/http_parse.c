/* From bytes to a request: our gate, then llhttp, line by line.
**
** llhttp knows the grammar; the gate in front of it refuses, byte by byte, what some other reader of the
** same bytes could see differently: a line that does not end in CR LF, a folded header, a space before
** a colon, control characters, whatever is not of HTTP/1.0 or 1.1. Framing is then decided once more,
** from the headers, in check_framing.
*/
#include <string.h>
#include <strings.h>

#include "engine/service/http_parts.h"

static int fault(struct bf_http_conn *c, int status, const char *text) {
    if (!c->fault) {
        c->fault = status;
        c->fault_text = text;
    }
    return -1;
}

static bf_str text_of(const struct request *r, struct span s) {
    return (bf_str){r->head.p + s.at, s.len};
}

static bool is(bf_str s, const char *lower) {
    return s.len == strlen(lower) && !strncasecmp(s.p, lower, s.len);
}

/* Headers of which a second one would let two readers disagree. */
static bool only_once(bf_str name) {
    static const char *const names[] = {"authorization", "content-length", "content-type",
                                        "expect",        "host",           "idempotency-key",
                                        "last-event-id", "traceparent",    "transfer-encoding",
                                        "if-match",      "if-none-match",  "content-encoding"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is(name, names[i]))
            return true;
    return false;
}

/* ---- what llhttp tells ---- */

static struct bf_http_conn *conn_of(llhttp_t *parser) { return parser->data; }

static int put(struct bf_http_conn *c, struct span *s, const char *p, size_t n, bool lower) {
    struct bf_buf *head = &c->tail->head;
    if (c->phase != PHASE_HEADER)
        return 0; /* a trailer: it is dropped */
    bf_buf_put(head, p, n);
    if (head->failed)
        return fault(c, 503, "out of memory");
    if (!s->len)
        s->at = (uint32_t)(head->len - n);
    s->len += (uint32_t)n;
    for (size_t i = head->len - n; lower && i < head->len; i++)
        if (head->p[i] >= 'A' && head->p[i] <= 'Z')
            head->p[i] = (char)(head->p[i] - 'A' + 'a');
    return 0;
}

static int on_field(llhttp_t *parser, const char *p, size_t n) {
    struct bf_http_conn *c = conn_of(parser);
    return put(c, &c->name, p, n, true);
}

static int on_value(llhttp_t *parser, const char *p, size_t n) {
    struct bf_http_conn *c = conn_of(parser);
    return put(c, &c->value, p, n, false);
}

static int on_value_complete(llhttp_t *parser) {
    struct bf_http_conn *c = conn_of(parser);
    struct request *r = c->tail;
    if (c->phase != PHASE_HEADER)
        return 0;
    struct pair header = {c->name, c->value};
    c->name = c->value = (struct span){0, 0};
    bf_str name = text_of(r, header.name), value = text_of(r, header.value);
    while (value.len && (value.p[value.len - 1] == ' ' || value.p[value.len - 1] == '\t'))
        value.len--;
    header.value.len = value.len;
    size_t count = r->headers.len / sizeof header;
    if (count >= c->shared->limits.headers)
        return fault(c, 431, "too many headers");
    if (bf_utf8_check(value.p, value.len) != value.len)
        return fault(c, 400, "a header is not UTF-8");
    const struct pair *all = (const struct pair *)(void *)r->headers.p;
    for (size_t i = 0; i < count && only_once(name); i++)
        if (bf_str_eq(text_of(r, all[i].name), name))
            return fault(c, 400, "a header that may come once comes twice");
    bf_buf_put(&r->headers, &header, sizeof header);
    return r->headers.failed ? fault(c, 503, "out of memory") : 0;
}

static int on_method_complete(llhttp_t *parser) {
    struct bf_http_conn *c = conn_of(parser);
    switch (llhttp_get_method(parser)) {
#define X(name) \
    case HTTP_##name: c->tail->pub.method = BF_HTTP_##name; return 0;
        BF_HTTP_METHODS(X)
#undef X
    }
    return fault(c, 501, "this method is not implemented");
}

/* One length, written one way; or one coding, which is chunked; or no body. */
static int check_framing(struct bf_http_conn *c, struct request *r, bool chunked, uint64_t length) {
    bf_str te = bf_http_header(&r->pub, "transfer-encoding");
    bf_str cl = bf_http_header(&r->pub, "content-length");
    if (te.p && cl.p)
        return fault(c, 400, "Content-Length and Transfer-Encoding together");
    if (te.p && r->pub.http10)
        return fault(c, 400, "Transfer-Encoding in HTTP/1.0");
    if (te.p && !is(te, "chunked"))
        return fault(c, 400, "Transfer-Encoding is not chunked alone");
    if ((te.p != NULL) != chunked)
        return fault(c, 400, "the framing is not clear");
    uint64_t said = 0;
    for (uint32_t i = 0; i < cl.len; i++) {
        if (cl.p[i] < '0' || cl.p[i] > '9' || i == 19)
            return fault(c, 400, "Content-Length is not a number");
        said = said * 10 + (uint64_t)(cl.p[i] - '0');
    }
    if (cl.p && !cl.len)
        return fault(c, 400, "Content-Length is not a number");
    if (!chunked && said != length)
        return fault(c, 400, "the framing is not clear");
    if (said > c->shared->limits.body_bytes)
        return fault(c, 413, "the body is too large");
    return 0;
}

static int check_head(struct bf_http_conn *c, struct request *r) {
    bf_str host = bf_http_header(&r->pub, "host");
    if (!host.p || !http_host_valid(host))
        return fault(c, 400, "one valid Host header is needed");
    if (bf_http_header(&r->pub, "upgrade").p)
        return fault(c, 400, "no other protocol is spoken here");
    bf_str expect = bf_http_header(&r->pub, "expect");
    if (expect.p && !is(expect, "100-continue"))
        return fault(c, 417, "this expectation is not known");
    bf_str line = {r->head.p, r->line_len};
    const char *start = memchr(line.p, ' ', line.len); /* both are there: check_line */
    bf_str target = {start + 1, (uint32_t)(line.p + line.len - start - 1 - 9)};
    const char *wrong = http_read_target(r, target, host, c->shared->limits.headers);
    if (r->target.failed || r->query.failed)
        return fault(c, 503, "out of memory");
    if (wrong)
        return fault(c, 400, wrong);
    r->want_continue = expect.p != NULL && !r->pub.http10;
    return 0;
}

static int on_headers_complete(llhttp_t *parser) {
    struct bf_http_conn *c = conn_of(parser);
    struct request *r = c->tail;
    bool chunked = (parser->flags & F_CHUNKED) != 0;
    if (c->phase != PHASE_HEADER)
        return fault(c, 400, "the framing is not clear");
    r->pub.http10 = llhttp_get_http_minor(parser) == 0;
    if (check_framing(c, r, chunked, parser->content_length) || check_head(c, r))
        return -1;
    r->close = r->close || !llhttp_should_keep_alive(parser);
    c->left = parser->content_length;
    c->phase = chunked ? PHASE_CHUNK_SIZE : PHASE_BODY;
    r->want_continue = r->want_continue && (chunked || c->left);
    c->head_len = 0; /* counts the trailers now */
    http_head_done(c);
    return 0;
}

static int on_body(llhttp_t *parser, const char *p, size_t n) {
    struct bf_http_conn *c = conn_of(parser);
    bf_buf_put(&c->tail->body, p, n);
    return c->tail->body.failed ? fault(c, 503, "out of memory") : 0;
}

static int on_chunk_header(llhttp_t *parser) {
    struct bf_http_conn *c = conn_of(parser);
    c->left = parser->content_length;
    if (c->left > c->shared->limits.body_bytes - c->tail->body.len)
        return fault(c, 413, "the body is too large");
    c->phase = c->left ? PHASE_CHUNK_DATA : PHASE_TRAILER;
    return 0;
}

static int on_chunk_complete(llhttp_t *parser) {
    struct bf_http_conn *c = conn_of(parser);
    if (c->phase == PHASE_CHUNK_END)
        c->phase = PHASE_CHUNK_SIZE;
    return 0;
}

static int on_message_complete(llhttp_t *parser) {
    conn_of(parser)->complete = true;
    return 0;
}

static llhttp_settings_t settings;

static const llhttp_settings_t *our_settings(void) {
    if (!settings.on_body) {
        llhttp_settings_init(&settings);
        settings.on_method_complete = on_method_complete;
        settings.on_header_field = on_field;
        settings.on_header_value = on_value;
        settings.on_header_value_complete = on_value_complete;
        settings.on_headers_complete = on_headers_complete;
        settings.on_chunk_header = on_chunk_header;
        settings.on_chunk_complete = on_chunk_complete;
        settings.on_message_complete = on_message_complete;
        settings.on_body = on_body;
    }
    return &settings;
}

static int status_of(enum llhttp_errno e) { return e == HPE_INVALID_VERSION ? 505 : 400; }

static bool execute(struct bf_http_conn *c, const char *p, size_t n) {
    enum llhttp_errno e = n ? llhttp_execute(&c->parser, p, n) : HPE_OK;
    if (e == HPE_OK && !c->fault)
        return true;
    if (c->fault)
        http_refuse(c, c->fault, c->fault_text);
    else
        http_refuse(c, status_of(e), "the request is malformed");
    return false;
}

/* ---- the gate ---- */

static int gate_text(struct bf_http_conn *c, unsigned char byte) {
    bool line = c->phase == PHASE_LINE;
    if (byte < 0x20 && (byte != '\t' || line))
        return fault(c, 400, "a control character");
    if (byte == 0x7f || (line && byte > 0x7f))
        return fault(c, 400, "a character that may not stand here");
    if (line) {
        bf_buf_char(&c->tail->head, (char)byte);
        return c->tail->head.failed ? fault(c, 503, "out of memory") : 0;
    }
    if (c->phase == PHASE_CHUNK_END)
        return fault(c, 400, "a chunk is longer than it says");
    if (c->phase == PHASE_CHUNK_SIZE) {
        c->extension = c->extension || byte == ';';
        if (c->extension && ++c->extension_len > c->shared->limits.extension_bytes)
            return fault(c, 400, "too many chunk extensions");
        if (!c->extension && !memchr("0123456789abcdefABCDEF", byte, 22))
            return fault(c, 400, "the size of a chunk is not a number");
        return 0;
    }
    bool blank = byte == ' ' || byte == '\t';
    if (blank && !c->line_len)
        return fault(c, 400, "a folded header");
    if (blank && !c->colon)
        return fault(c, 400, "a space in a header's name");
    if (byte == ':' && !c->line_len)
        return fault(c, 400, "a header without a name");
    c->colon = c->colon || byte == ':';
    return 0;
}

static int gate_length(struct bf_http_conn *c) {
    const struct bf_http_limits *limits = &c->shared->limits;
    if (c->phase == PHASE_LINE && c->line_len > limits->line_bytes)
        return fault(c, 414, "the request line is too long");
    if (c->phase == PHASE_CHUNK_SIZE && c->line_len > limits->chunk_bytes)
        return fault(c, 400, "the line of a chunk is too long");
    if (c->phase != PHASE_CHUNK_SIZE && c->phase != PHASE_CHUNK_END &&
        ++c->head_len > limits->head_bytes)
        return fault(c, 431, "the headers are too large");
    return 0;
}

/* One byte of a line. */
static int gate(struct bf_http_conn *c, unsigned char byte) {
    if (byte == '\n' || c->cr) {
        if (byte != '\n' || !c->cr)
            return fault(c, 400, "a line does not end in CR LF");
    } else if (byte == '\r') {
        c->cr = true;
        if (c->phase == PHASE_CHUNK_SIZE && !c->line_len)
            return fault(c, 400, "the size of a chunk is missing");
        if (c->phase == PHASE_HEADER && c->line_len && !c->colon)
            return fault(c, 400, "a header without a colon");
    } else {
        if (gate_text(c, byte))
            return -1;
        c->line_len++;
    }
    return gate_length(c);
}

/* The next bytes that the gate lets pass whatever stands before them, in one go: of the request line, of a header's
** name, of its value. How many. */
static size_t gate_run(struct bf_http_conn *c, const char *p, size_t n) {
    const struct bf_http_limits *limits = &c->shared->limits;
    bool line = c->phase == PHASE_LINE, name = !line && !c->colon;
    if (c->cr || !(line || c->phase == PHASE_HEADER))
        return 0;
    size_t most = limits->head_bytes - c->head_len, run = 0;
    if (line && most > limits->line_bytes - c->line_len)
        most = limits->line_bytes - c->line_len;
    if (most > n)
        most = n;
    while (run < most && p[run] >= 0x20 && p[run] < 0x7f &&
           !(name && (p[run] == ':' || p[run] == ' ')))
        run++;
    if (line)
        bf_buf_put(&c->tail->head, p, run);
    if (line && c->tail->head.failed)
        return 0; /* the next byte meets it */
    c->line_len += (uint32_t)run;
    c->head_len += (uint32_t)run;
    return run;
}

/* The request line is METHOD SP target SP HTTP/1.x; llhttp speaks other protocols as well. */
static bool check_line(struct bf_http_conn *c) {
    struct request *r = c->tail;
    bf_str line = bf_buf_view(&r->head);
    uint32_t spaces = 0;
    for (uint32_t i = 0; i < line.len; i++)
        spaces += line.p[i] == ' ';
    r->line_len = line.len;
    if (spaces == 2 && line.len > 12 &&
        (!memcmp(line.p + line.len - 9, " HTTP/1.1", 9) ||
         !memcmp(line.p + line.len - 9, " HTTP/1.0", 9)))
        return true;
    http_refuse(c, 400, "the request line is not of HTTP/1.1");
    return false;
}

/* After LF: has the parser seen in this line what it had to see? */
static void line_done(struct bf_http_conn *c, enum phase was) {
    bool empty = !c->line_len;
    c->line_len = 0;
    c->cr = c->colon = c->extension = false;
    if (c->complete) {
        http_deliver(c);
    } else if (was == PHASE_LINE) {
        if (!empty && check_line(c))
            c->phase = PHASE_HEADER;
    } else if (c->phase == was && (empty || was == PHASE_CHUNK_SIZE || was == PHASE_CHUNK_END)) {
        http_refuse(c, 400, "the framing is not clear");
    }
}

static size_t feed_line(struct bf_http_conn *c, const char *p, size_t n) {
    enum phase was = c->phase;
    size_t take = 0;
    int wrong = 0;
    bool end = false;
    while (take < n && !end) {
        take += gate_run(c, p + take, n - take);
        if (take == n)
            break;
        wrong = gate(c, (unsigned char)p[take]);
        if (wrong)
            break;
        end = p[take++] == '\n';
    }
    int status = c->fault;
    const char *text = c->fault_text;
    c->fault = 0; /* what llhttp says of the bytes before it comes first, as if they came alone */
    if (!execute(c, p, take))
        return n;
    if (wrong) {
        http_refuse(c, status, text);
        return n;
    }
    if (end)
        line_done(c, was);
    return take;
}

static size_t feed_data(struct bf_http_conn *c, const char *p, size_t n) {
    size_t take = n < c->left ? n : (size_t)c->left;
    if (!execute(c, p, take))
        return n;
    c->left -= take;
    if (c->complete)
        http_deliver(c);
    else if (!c->left && c->phase == PHASE_BODY)
        http_refuse(c, 400, "the framing is not clear");
    else if (!c->left)
        c->phase = PHASE_CHUNK_END;
    return take;
}

static bool start(struct bf_http_conn *c) {
    if (!http_begin(c))
        return false;
    llhttp_init(&c->parser, HTTP_REQUEST, our_settings());
    c->parser.data = c;
    c->phase = PHASE_LINE;
    c->head_len = c->line_len = c->extension_len = 0;
    c->cr = c->colon = c->extension = c->complete = false;
    c->name = c->value = (struct span){0, 0};
    c->fault = 0;
    return true;
}

size_t http_parse(struct bf_http_conn *c, const char *p, size_t n) {
    size_t at = 0;
    while (at < n && http_may_parse(c)) {
        if (c->phase == PHASE_START && !start(c))
            return n;
        if (c->phase == PHASE_BODY || c->phase == PHASE_CHUNK_DATA)
            at += feed_data(c, p + at, n - at);
        else
            at += feed_line(c, p + at, n - at);
    }
    return at;
}

/* ---- the self-test ---- */

static bool parser_takes(const char *text) {
    llhttp_t parser;
    llhttp_settings_t none;
    llhttp_settings_init(&none);
    llhttp_init(&parser, HTTP_REQUEST, &none);
    return llhttp_execute(&parser, text, strlen(text)) == HPE_OK;
}

#define HEAD "POST / HTTP/1.1\r\nHost: a\r\n"
static const char *const must_refuse[] = {
    HEAD "Content Length: 1\r\n\r\n",
    HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
    HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    HEAD "Content-Length: +1\r\n\r\n",
    HEAD "Transfer-Encoding: chunked, gzip\r\n\r\n",
    HEAD "Transfer-Encoding: chunked\r\n\r\n0x1\r\n",
    HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    HEAD "Name\r\n\r\n",
    "GET / HTTP/1.1\rHost: a\r\n\r\n",
};

enum bf_err bf_http_self_test(struct bf_error *e) {
    if (!parser_takes(HEAD "Content-Length: 1\r\n\r\nx"))
        return bf_fail(e, BF_EFORMAT, "the HTTP parser refuses a plain request");
    for (size_t i = 0; i < sizeof must_refuse / sizeof *must_refuse; i++)
        if (parser_takes(must_refuse[i]))
            return bf_fail(e, BF_EFORMAT, "the HTTP parser is lenient (self-test %zu)", i + 1);
    return BF_OK;
}
