/* One HTTP/1.1 connection without a socket: bytes in, requests out; answers in, bytes out.
**
** Its owner (the libuv glue, a test, the simulator, the fuzzer) brings bytes and the time and takes
** bytes away; the connection opens nothing, waits for nothing and reads no clock. What it promises:
**
**  1. The same bytes give the same requests and the same answers, however they are split.
**  2. A request that two parsers could read differently is refused, answered, and the last one read
**     on the connection: no byte after it is ever taken for a request.
**  3. A request reaches the handler whole, within every limit, or not at all.
**  4. Answers leave in the order of the requests, whatever the order they are given in.
**  5. Everything it holds is bounded by the limits; when memory runs out it answers 503 or closes.
**
** Life of a connection (who moves it):
**
**   open ──a refusal, `Connection: close`, drain, the client's end──▶ last ──all answered──▶ shut
**     shut ──sent; after a refusal also the client's end or linger_ms──▶ done (the owner closes)
**   any ──a write that stands still, a slow stream, no memory──▶ done
**
** Times are milliseconds of one clock that never goes back, whichever the owner likes.
*/
#ifndef BF_HTTP_CONN_H
#define BF_HTTP_CONN_H

#include "lang/base/error.h"
#include "lang/base/text.h"

#define BF_HTTP_METHODS(X) X(GET) X(HEAD) X(POST) X(PUT) X(PATCH) X(DELETE) X(OPTIONS)
enum bf_http_method {
#define X(name) BF_HTTP_##name,
    BF_HTTP_METHODS(X)
#undef X
};
const char *bf_http_method_name(enum bf_http_method m);

struct bf_http_limits {
    uint32_t line_bytes;      /* request line: 414 */
    uint32_t head_bytes;      /* request line and headers; trailers again: 431 */
    uint32_t headers;         /* how many; also parts of a query: 431, 400 */
    uint32_t body_bytes;      /* 413 */
    uint32_t chunk_bytes;     /* the line of a chunk with its extensions: 400 */
    uint32_t extension_bytes; /* all chunk extensions of a request: 400 */
    uint32_t pipeline;        /* requests read and not answered yet; then reading waits */
    uint32_t out_bytes;       /* answers not sent yet; then reading waits */
    uint32_t stream_bytes;    /* a stream that has more to send is cut */
    int64_t idle_ms;          /* without a byte of a next request */
    int64_t head_ms;          /* from the first byte of a request to the end of its head: 408 */
    int64_t body_ms;          /* from there to the end of the body: 408 */
    int64_t body_grace_ms;    /* a body may start so slowly, and must then have come */
    uint32_t body_rate;       /* with this many bytes a second: 408 */
    int64_t write_ms;         /* the client must take write_bytes (or all there is) in this time */
    uint32_t write_bytes;
    int64_t linger_ms; /* after a refusal: how long what still comes is thrown away */
};
extern const struct bf_http_limits bf_http_limits_default;

/* Where a connection comes from. */
struct bf_http_peer {
    bool local;          /* by the local socket */
    uint8_t address[16]; /* else, in network order */
    uint8_t address_len; /* 4, 16; 0: not known */
};

/* A request as the handler sees it. Its bytes live until it is answered or gone. All text is UTF-8. */
struct bf_http_request {
    enum bf_http_method method;
    bool http10;
    bf_str path; /* decoded; begins with '/', no empty, "." or ".." segment, no control character */
    bf_str body;
    uint64_t id; /* sent as X-Request-Id, in 16 hexadecimal digits */
    const struct bf_http_peer *peer;
    void *user; /* the handler's */
};

/* Which limit a refusal was of. */
enum bf_http_limit {
    BF_HTTP_LIMIT_BODY,
    BF_HTTP_LIMIT_HEAD,
    BF_HTTP_LIMIT_TIME,
    BF_HTTP_LIMIT_CONNECTIONS,
    BF_HTTP_LIMIT_MEMORY,
    BF_HTTP_LIMITS
};

/* What the connections of one server share. */
struct bf_http_shared {
    struct bf_http_limits limits;
    void *ctx;
    /* A request has come whole. The handler answers it now or later, exactly once, or is told that
    ** it is gone. It never frees the connection. */
    void (*request)(void *ctx, struct bf_http_request *r);
    /* The client has gone, or the server ends a stream: forget r, which dies with this call. */
    void (*gone)(void *ctx, struct bf_http_request *r);
    /* Something was answered outside of bf_http_conn_input: look at the connection soon. May be
    ** NULL. */
    void (*wake)(void *owner);
    uint64_t next_id;
    uint64_t reached[BF_HTTP_LIMITS]; /* so often */
    char date[32]; /* the Date header's value, kept by the owner; empty: none is sent */
};

struct bf_http_conn;
/* NULL when out of memory. */
struct bf_http_conn *bf_http_conn_new(struct bf_http_shared *shared, void *owner, int64_t now_ms);
/* Before any input; copied. */
void bf_http_conn_from(struct bf_http_conn *c, const struct bf_http_peer *peer);
void bf_http_conn_free(struct bf_http_conn *c); /* what is not answered is gone */

void bf_http_conn_input(struct bf_http_conn *c, const char *p, size_t n, int64_t now_ms);
void bf_http_conn_eof(struct bf_http_conn *c, int64_t now_ms);
/* Goes on with what back-pressure left unread. To call after bytes were sent or requests answered. */
void bf_http_conn_resume(struct bf_http_conn *c, int64_t now_ms);
bool bf_http_conn_wants_input(const struct bf_http_conn *c);

bf_str bf_http_conn_output(const struct bf_http_conn *c); /* until the next call that changes c */
void bf_http_conn_sent(struct bf_http_conn *c, size_t n, int64_t now_ms);

int64_t bf_http_conn_deadline(const struct bf_http_conn *c); /* INT64_MAX: none */
void bf_http_conn_tick(struct bf_http_conn *c, int64_t now_ms);

/* Finishes what is in flight, ends streams, reads no further request. */
void bf_http_conn_drain(struct bf_http_conn *c);
bool bf_http_conn_idle(const struct bf_http_conn *c);        /* between requests, nothing to send */
bool bf_http_conn_half_closed(const struct bf_http_conn *c); /* all is sent: end our direction */
bool bf_http_conn_done(const struct bf_http_conn *c);        /* close the socket and free c */

/* Of a request. A header's name is given in lower case; p is NULL where there is none. Headers that
** decide something (Authorization, Idempotency-Key, …) are never there twice. */
bf_str bf_http_header(const struct bf_http_request *r, const char *name);
bf_str bf_http_query(const struct bf_http_request *r,
                     const char *name); /* the first of that name */
uint32_t bf_http_query_count(const struct bf_http_request *r);
void bf_http_query_at(const struct bf_http_request *r, uint32_t i, bf_str *name, bf_str *value);

/* The answer. A header is added before it; false if it would break the message. */
bool bf_http_add_header(struct bf_http_request *r, const char *name, bf_str value);
void bf_http_answer(struct bf_http_request *r, int status, const char *type, bf_str body);
void bf_http_problem(struct bf_http_request *r, int status, bf_str detail); /* RFC 9457 */
/* An answer in pieces. False: there is no one to stream to (a HEAD), r is answered. */
bool bf_http_stream(struct bf_http_request *r, int status, const char *type);
bool bf_http_stream_write(struct bf_http_request *r, bf_str piece); /* false: cut, gone follows */
size_t bf_http_stream_unsent(const struct bf_http_request *r); /* bytes the client has not taken */
void bf_http_stream_end(struct bf_http_request *r);
const char *bf_http_reason(int status);

/* Whether the parser this program was linked with is as strict as it was written for. */
enum bf_err bf_http_self_test(struct bf_error *e);

#endif
