/* The connection: the queue of requests, what goes out, deadlines, the end. */
#include "engine/service/http_conn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/service/http_parts.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

/* Bytes of a request's head, or of an answer's; of the buffer that a connection keeps for its next answer. */
enum { HEAD_USUAL = 480, OUT_KEPT = 2048 };

const struct bf_http_limits bf_http_limits_default = {
    .line_bytes = 8192,
    .head_bytes = 16384,
    .headers = 64,
    .body_bytes = 1 << 20,
    .chunk_bytes = 256,
    .extension_bytes = 1024,
    .pipeline = 16,
    .out_bytes = 1 << 18,
    .stream_bytes = 1 << 20,
    .idle_ms = 75000,
    .head_ms = 10000,
    .body_ms = 60000,
    .body_grace_ms = 5000,
    .body_rate = 1024,
    .write_ms = 20000,
    .write_bytes = 4096,
    .linger_ms = 2000,
};

const char *bf_http_method_name(enum bf_http_method m) {
    switch (m) {
#define X(name) \
    case BF_HTTP_##name: return #name;
        BF_HTTP_METHODS(X)
#undef X
    }
    BF_ASSERT(false);
    return "";
}

const char *bf_http_reason(int status) {
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{200, "OK"},
                   {201, "Created"},
                   {202, "Accepted"},
                   {204, "No Content"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {406, "Not Acceptable"},
                   {408, "Request Timeout"},
                   {409, "Conflict"},
                   {412, "Precondition Failed"},
                   {413, "Content Too Large"},
                   {414, "URI Too Long"},
                   {415, "Unsupported Media Type"},
                   {417, "Expectation Failed"},
                   {422, "Unprocessable Content"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {501, "Not Implemented"},
                   {503, "Service Unavailable"},
                   {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

/* ---- the queue ---- */

static size_t unsent(const struct bf_http_conn *c) { return c->out.len - c->out_at; }

static bool reading(const struct bf_http_conn *c) { return c->phase != PHASE_START; }

bool http_may_parse(const struct bf_http_conn *c) {
    return !c->last && !c->dead && unsent(c) < c->shared->limits.out_bytes &&
           (reading(c) || c->requests < c->shared->limits.pipeline);
}

static void request_free(struct request *r) {
    struct bf_buf *const bufs[] = {&r->head, &r->headers, &r->target, &r->query,
                                   &r->body, &r->extra,   &r->out};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        bf_buf_fini(bufs[i]);
    bf_free(r);
}

static void abandon(struct bf_http_conn *c, struct request *r) {
    if (r->handed && !r->answered)
        c->shared->gone(c->shared->ctx, &r->pub);
    request_free(r);
}

static void pop(struct bf_http_conn *c) {
    struct request *r = c->first;
    c->first = r->next;
    if (!c->first)
        c->tail = NULL;
    c->requests--;
    abandon(c, r);
}

static void abandon_all(struct bf_http_conn *c) {
    while (c->first)
        pop(c);
}

struct request *http_begin(struct bf_http_conn *c) {
    struct request *r = bf_malloc(sizeof *r);
    if (!r) {
        c->last = true;
        if (!c->first)
            c->dead = true;
        return NULL;
    }
    *r = (struct request){.conn = c, .pub.id = c->shared->next_id++, .pub.peer = &c->peer};
    struct bf_buf *const bufs[] = {&r->head, &r->headers, &r->target, &r->query,
                                   &r->body, &r->extra,   &r->out};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        bf_buf_init(bufs[i]);
    bf_buf_reserve(&r->head, HEAD_USUAL);
    if (c->tail)
        c->tail->next = r;
    else
        c->first = r;
    c->tail = r;
    c->requests++;
    c->since_ms = c->now_ms;
    return r;
}

static struct bf_buf *out_of(struct request *r) {
    return r == r->conn->first ? &r->conn->out : &r->out;
}

/* Output was appended to what may have been empty. */
static void progress_from(struct bf_http_conn *c, bool was_empty) {
    if (was_empty && unsent(c)) {
        c->progress_ms = c->now_ms;
        c->progress = 0;
    }
    if (c->out.failed)
        c->dead = true;
}

static void continue_first(struct bf_http_conn *c) {
    struct request *r = c->first;
    if (r && r->want_continue && r == c->tail && reading(c)) {
        bool empty = !unsent(c);
        bf_buf_z(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
        progress_from(c, empty);
    }
    if (r)
        r->want_continue = false;
}

/* Lets go the requests whose answers are whole, and moves the next answer's bytes out. */
static void advance(struct bf_http_conn *c) {
    while (c->first && c->first->answered) {
        bool close = c->first->close;
        pop(c);
        if (close) {
            c->last = true;
            abandon_all(c);
            c->phase = PHASE_START;
        }
        struct request *next = c->first;
        if (!next)
            break;
        bool empty = !unsent(c);
        bf_buf_put(&c->out, next->out.p, next->out.len);
        c->out.failed = c->out.failed || next->out.failed;
        bf_buf_fini(&next->out);
        bf_buf_init(&next->out);
        progress_from(c, empty);
        continue_first(c);
    }
    if (!c->first) {
        c->since_ms = c->now_ms;
        c->shut = c->shut || c->last;
    }
}

static void settle(struct bf_http_conn *c) {
    progress_from(c, false);
    advance(c);
    if (!c->parsing && c->shared->wake)
        c->shared->wake(c->owner);
}

/* ---- answers ---- */

static void put_head(struct request *r, int status, const char *type, struct bf_buf *b) {
    const struct bf_http_shared *shared = r->conn->shared;
    bf_buf_fmt(b, "HTTP/1.1 %d %s\r\n", status, bf_http_reason(status));
    if (shared->date[0])
        bf_buf_fmt(b, "Date: %s\r\n", shared->date);
    if (type)
        bf_buf_fmt(b, "Content-Type: %s\r\n", type);
    bf_buf_z(b, "X-Request-Id: ");
    for (int shift = 60; shift >= 0; shift -= 4)
        bf_buf_char(b, "0123456789abcdef"[r->pub.id >> shift & 15]);
    bf_buf_z(b, "\r\n");
    bf_buf_str(b, bf_buf_view(&r->extra));
    b->failed = b->failed || r->extra.failed;
    if (r->close)
        bf_buf_z(b, "Connection: close\r\n");
    else if (r->pub.http10)
        bf_buf_z(b, "Connection: keep-alive\r\n");
}

static bool plain(bf_str s, bool name) {
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char byte = (unsigned char)s.p[i];
        if (byte < 0x20 || byte == 0x7f || (name && (byte == ':' || byte == ' ')))
            return false;
    }
    return !name || s.len;
}

bool bf_http_add_header(struct bf_http_request *pub, const char *name, bf_str value) {
    struct request *r = request_of(pub);
    if (!plain(bf_str_of(name), true) || !plain(value, false))
        return false;
    bf_buf_z(&r->extra, name);
    bf_buf_z(&r->extra, ": ");
    bf_buf_str(&r->extra, value);
    bf_buf_z(&r->extra, "\r\n");
    return true;
}

static void answer(struct request *r, int status, const char *type, bf_str body) {
    struct bf_buf *b = out_of(r);
    bool empty = !unsent(r->conn);
    BF_ASSERT(!r->answered && !r->streaming);
    bf_buf_reserve(b, HEAD_USUAL + r->extra.len + body.len);
    put_head(r, status, type, b);
    if (status != 204 && status != 304)
        bf_buf_fmt(b, "Content-Length: %" PRIu32 "\r\n", body.len);
    bf_buf_z(b, "\r\n");
    if (r->pub.method != BF_HTTP_HEAD && status != 204 && status != 304)
        bf_buf_str(b, body);
    r->answered = true;
    progress_from(r->conn, empty);
    settle(r->conn);
}

void bf_http_answer(struct bf_http_request *r, int status, const char *type, bf_str body) {
    answer(request_of(r), status, type, body);
}

static void put_json_text(struct bf_buf *b, bf_str s) {
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char byte = (unsigned char)s.p[i];
        if (byte < 0x20)
            bf_buf_fmt(b, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            bf_buf_fmt(b, "\\%c", byte);
        else
            bf_buf_char(b, (char)byte);
    }
}

void bf_http_problem(struct bf_http_request *pub, int status, bf_str detail) {
    struct request *r = request_of(pub);
    struct bf_buf b;
    bf_buf_init(&b);
    bf_buf_fmt(&b, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"",
               bf_http_reason(status), status);
    put_json_text(&b, detail);
    bf_buf_fmt(&b, "\",\"request_id\":\"%016" PRIx64 "\"}", pub->id);
    if (b.failed)
        answer(r, 503, "application/problem+json", BF_STR("{\"status\":503}"));
    else
        answer(r, status, "application/problem+json", bf_buf_view(&b));
    bf_buf_fini(&b);
}

bool bf_http_stream(struct bf_http_request *pub, int status, const char *type) {
    struct request *r = request_of(pub);
    struct bf_buf *b = out_of(r);
    bool empty = !unsent(r->conn);
    BF_ASSERT(!r->answered && !r->streaming);
    if (pub->http10)
        r->close = true;
    put_head(r, status, type, b);
    bf_buf_z(b, pub->http10 ? "\r\n" : "Transfer-Encoding: chunked\r\n\r\n");
    progress_from(r->conn, empty);
    r->answered = pub->method == BF_HTTP_HEAD;
    r->streaming = !r->answered;
    bool goes_on = r->streaming;
    settle(r->conn);
    return goes_on;
}

bool bf_http_stream_write(struct bf_http_request *pub, bf_str piece) {
    struct request *r = request_of(pub);
    struct bf_http_conn *c = r->conn;
    struct bf_buf *b = out_of(r);
    bool empty = !unsent(c);
    BF_ASSERT(r->streaming && !r->answered);
    if (b->len - (b == &c->out ? c->out_at : 0) + piece.len > c->shared->limits.stream_bytes)
        c->dead = true;
    if (c->dead) {
        settle(c);
        return false;
    }
    if (!piece.len)
        return true; /* an empty chunk would end the body */
    if (!pub->http10)
        bf_buf_fmt(b, "%" PRIx32 "\r\n", piece.len);
    bf_buf_str(b, piece);
    if (!pub->http10)
        bf_buf_z(b, "\r\n");
    progress_from(c, empty);
    settle(c);
    return !b->failed;
}

size_t bf_http_stream_unsent(const struct bf_http_request *pub) {
    const struct request *r = request_of(pub);
    return r == r->conn->first ? unsent(r->conn) : r->out.len;
}

static void end_stream(struct request *r) {
    bool empty = !unsent(r->conn);
    BF_ASSERT(r->streaming && !r->answered);
    if (!r->pub.http10)
        bf_buf_z(out_of(r), "0\r\n\r\n");
    r->answered = true;
    progress_from(r->conn, empty);
}

void bf_http_stream_end(struct bf_http_request *pub) {
    struct request *r = request_of(pub);
    end_stream(r);
    settle(r->conn);
}

/* ---- from the parser ---- */

void http_refuse(struct bf_http_conn *c, int status, const char *detail) {
    struct request *r = c->tail;
    c->last = c->refused = true;
    c->phase = PHASE_START;
    r->close = true;
    r->want_continue = false;
    c->shared->reached[BF_HTTP_LIMIT_BODY] += status == 413;
    c->shared->reached[BF_HTTP_LIMIT_HEAD] += status == 431 || status == 414;
    c->shared->reached[BF_HTTP_LIMIT_TIME] += status == 408;
    c->shared->reached[BF_HTTP_LIMIT_MEMORY] += status == 503;
    bf_http_problem(&r->pub, status, bf_str_of(detail));
}

void http_head_done(struct bf_http_conn *c) {
    c->since_ms = c->now_ms;
    if (c->first == c->tail)
        continue_first(c);
}

void http_deliver(struct bf_http_conn *c) {
    struct request *r = c->tail;
    c->phase = PHASE_START;
    c->complete = false;
    r->want_continue = false;
    r->pub.body = bf_buf_view(&r->body);
    if (r->close)
        c->last = true;
    r->handed = true;
    c->shared->request(c->shared->ctx, &r->pub);
}

/* ---- from the owner ---- */

struct bf_http_conn *bf_http_conn_new(struct bf_http_shared *shared, void *owner, int64_t now_ms) {
    struct bf_http_conn *c = bf_malloc(sizeof *c);
    if (!c)
        return NULL;
    *c = (struct bf_http_conn){
        .shared = shared, .owner = owner, .now_ms = now_ms, .since_ms = now_ms};
    bf_buf_init(&c->held);
    bf_buf_init(&c->out);
    return c;
}

void bf_http_conn_from(struct bf_http_conn *c, const struct bf_http_peer *peer) { c->peer = *peer; }

void bf_http_conn_free(struct bf_http_conn *c) {
    if (!c)
        return;
    c->parsing = true; /* nobody needs to look at it any more */
    abandon_all(c);
    bf_buf_fini(&c->held);
    bf_buf_fini(&c->out);
    bf_free(c);
}

/* The client's end, once all that came before it is read. */
static void end_of_input(struct bf_http_conn *c) {
    if (reading(c)) { /* half a request */
        struct request **at = &c->first, *before = NULL;
        while (*at != c->tail) {
            before = *at;
            at = &before->next;
        }
        request_free(*at);
        *at = NULL;
        c->tail = before;
        c->requests--;
        c->phase = PHASE_START;
    }
    c->last = true;
    if (c->first && c->first->streaming)
        c->dead = true;
}

static void parse(struct bf_http_conn *c, const char *p, size_t n) {
    c->parsing = true;
    size_t used = http_parse(c, p, n);
    if (used < n && !c->last)
        bf_buf_put(&c->held, p + used, n - used);
    if (c->held.failed)
        c->dead = true;
    if (c->eof && !c->held.len && !c->last)
        end_of_input(c);
    advance(c);
    c->parsing = false;
}

void bf_http_conn_resume(struct bf_http_conn *c, int64_t now_ms) {
    c->now_ms = now_ms;
    if ((!c->held.len && !c->eof) || !http_may_parse(c))
        return;
    struct bf_buf held = c->held;
    bf_buf_init(&c->held);
    parse(c, held.p, held.len);
    bf_buf_fini(&held);
}

void bf_http_conn_input(struct bf_http_conn *c, const char *p, size_t n, int64_t now_ms) {
    c->now_ms = now_ms;
    if (c->last || c->dead || c->eof)
        return;
    if (c->held.len) {
        bf_buf_put(&c->held, p, n);
        if (c->held.failed)
            c->dead = true;
        bf_http_conn_resume(c, now_ms);
    } else {
        parse(c, p, n);
    }
}

void bf_http_conn_eof(struct bf_http_conn *c, int64_t now_ms) {
    c->eof = true;
    if (c->first && c->first->streaming)
        c->dead = true;
    c->now_ms = now_ms;
    if (!c->held.len && !c->last && !c->dead)
        parse(c, NULL, 0);
}

bool bf_http_conn_wants_input(const struct bf_http_conn *c) {
    return !c->eof && !c->dead && (c->last || (!c->held.len && http_may_parse(c)));
}

bf_str bf_http_conn_output(const struct bf_http_conn *c) {
    if (c->dead || !unsent(c))
        return (bf_str){NULL, 0};
    return (bf_str){c->out.p + c->out_at, (uint32_t)unsent(c)};
}

void bf_http_conn_sent(struct bf_http_conn *c, size_t n, int64_t now_ms) {
    BF_ASSERT(n <= unsent(c));
    c->now_ms = now_ms;
    if (!n)
        return;
    c->out_at += n;
    c->progress += n;
    if (c->progress >= c->shared->limits.write_bytes) {
        c->progress_ms = now_ms;
        c->progress = 0;
    }
    if (!unsent(c)) {
        if (c->out.cap > OUT_KEPT)
            bf_buf_fini(&c->out);
        c->out.len = c->out_at = 0; /* the next answer is as long, as a rule */
        c->linger_ms = now_ms + c->shared->limits.linger_ms;
        if (!c->first)
            c->since_ms = now_ms;
    } else if (c->out_at > c->out.len / 2) {
        memmove(c->out.p, c->out.p + c->out_at, unsent(c));
        c->out.len -= c->out_at;
        c->out_at = 0;
    }
}

static int64_t read_deadline(const struct bf_http_conn *c) {
    const struct bf_http_limits *limits = &c->shared->limits;
    if (!reading(c))
        return c->first || unsent(c) ? INT64_MAX : c->since_ms + limits->idle_ms;
    if (c->phase == PHASE_LINE || c->phase == PHASE_HEADER)
        return c->since_ms + limits->head_ms;
    int64_t whole = c->since_ms + limits->body_ms;
    int64_t paid = (int64_t)c->tail->body.len * 1000 / limits->body_rate;
    int64_t rate = c->since_ms + limits->body_grace_ms + paid;
    return rate < whole ? rate : whole;
}

int64_t bf_http_conn_deadline(const struct bf_http_conn *c) {
    if (c->dead)
        return c->now_ms;
    int64_t at = c->last ? INT64_MAX : read_deadline(c);
    int64_t write = unsent(c) ? c->progress_ms + c->shared->limits.write_ms : INT64_MAX;
    if (c->shut && !unsent(c))
        at = c->refused ? c->linger_ms : c->now_ms;
    return write < at ? write : at;
}

void bf_http_conn_tick(struct bf_http_conn *c, int64_t now_ms) {
    c->now_ms = now_ms;
    if (c->dead || now_ms < bf_http_conn_deadline(c) || bf_http_conn_done(c))
        return;
    if (unsent(c) && now_ms >= c->progress_ms + c->shared->limits.write_ms) {
        c->dead = true;
    } else if (!c->shut && !reading(c)) {
        c->dead = true; /* it idled */
    } else if (!c->shut) {
        c->parsing = true;
        http_refuse(c, 408, "the request came too slowly");
        c->parsing = false;
    }
}

void bf_http_conn_drain(struct bf_http_conn *c) {
    c->parsing = true;
    for (struct request *r = c->first; r; r = r->next)
        if (r->streaming && !r->answered) {
            c->shared->gone(c->shared->ctx, &r->pub);
            end_stream(r);
        }
    if (reading(c) || (c->tail && !c->tail->answered))
        c->tail->close = true;
    if (!reading(c))
        c->last = true;
    advance(c);
    c->parsing = false;
}

bool bf_http_conn_idle(const struct bf_http_conn *c) {
    return !c->first && !unsent(c) && !c->dead && !c->shut;
}

bool bf_http_conn_half_closed(const struct bf_http_conn *c) {
    return c->shut && !unsent(c) && !c->dead;
}

bool bf_http_conn_done(const struct bf_http_conn *c) {
    return c->dead ||
           (c->shut && !unsent(c) && (!c->refused || c->eof || c->now_ms >= c->linger_ms));
}

/* ---- what a handler reads ---- */

bf_str bf_http_header(const struct bf_http_request *pub, const char *name) {
    const struct request *r = request_of(pub);
    const struct pair *all = (const struct pair *)(void *)r->headers.p;
    bf_str want = bf_str_of(name);
    for (size_t i = 0; i < r->headers.len / sizeof *all; i++)
        if (bf_str_eq((bf_str){r->head.p + all[i].name.at, all[i].name.len}, want))
            return (bf_str){r->head.p + all[i].value.at, all[i].value.len};
    return (bf_str){NULL, 0};
}

uint32_t bf_http_query_count(const struct bf_http_request *r) {
    return (uint32_t)(request_of(r)->query.len / sizeof(struct pair));
}

void bf_http_query_at(const struct bf_http_request *pub, uint32_t i, bf_str *name, bf_str *value) {
    const struct request *r = request_of(pub);
    const struct pair *pair = (const struct pair *)(void *)r->query.p + i;
    *name = (bf_str){r->target.p + pair->name.at, pair->name.len};
    *value = (bf_str){r->target.p + pair->value.at, pair->value.len};
}

bf_str bf_http_query(const struct bf_http_request *r, const char *name) {
    bf_str want = bf_str_of(name), at, value;
    for (uint32_t i = 0; i < bf_http_query_count(r); i++) {
        bf_http_query_at(r, i, &at, &value);
        if (bf_str_eq(at, want))
            return value;
    }
    return (bf_str){NULL, 0};
}
